/* daemon/inbox/folder: which files of a real folder are seen, and where they go. */
#include "daemon/inbox/folder.h"

#include "lib/buf.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_holds(const char *name, const char *want)
{
    char text[64] = "";
    FILE *file = fopen(path_of(name), "r");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof(text) - 1, file), strlen(want));
    fclose(file);
    assert_string_equal(text, want);
}

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/test_inbox.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof(command), "rm -r '%s'", dir);
    return system(command);
}

static struct folder_file only_file(struct folder_listing *listing)
{
    struct as_err err = {0};
    *listing = (struct folder_listing){0};
    assert_int_equal(folder_list(dir, listing, &err), 0);
    assert_int_equal(listing->count, 1);
    return listing->files[0];
}

static int move(const struct folder_file *file, const char *bytes, const char *to,
                const char *reason)
{
    struct folder_place place = {
        .sub_folder = to, .hash = as_sha256_of(bytes, strlen(bytes)), .reason = reason};
    struct as_err err = {0};
    return folder_move(dir, file, &place, &err);
}

static void test_whole_files_are_seen_by_name_and_nothing_else(void **state)
{
    struct folder_listing listing = {0};
    struct as_err err = {0};
    (void)state;
    put("b.jsonl", "2");
    put("a.jsonl", "1");
    put(".hidden", "");
    put("c.tmp", "");
    assert_int_equal(mkdir(path_of("folder"), 0700), 0);
    assert_int_equal(symlink("a.jsonl", path_of("link")), 0);
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    assert_int_equal(folder_list(dir, &listing, &err), 0);
    assert_int_equal(listing.count, 2);
    assert_string_equal(listing.files[0].name, "a.jsonl");
    assert_string_equal(listing.files[1].name, "b.jsonl");
    folder_listing_done(&listing);
}

static void test_a_file_that_somebody_writes_is_open(void **state)
{
    struct folder_listing listing;
    (void)state;
    put("a", "1");
    assert_false(only_file(&listing).is_open);
    folder_listing_done(&listing);
    int fd = open(path_of("a"), O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(only_file(&listing).is_open);
    folder_listing_done(&listing);
    close(fd);
    assert_false(only_file(&listing).is_open);
    folder_listing_done(&listing);
}

static void test_a_file_that_changed_is_another_one(void **state)
{
    struct folder_listing listing, later;
    struct as_sha256 hash;
    struct as_err err = {0};
    (void)state;
    put("a", "1");
    struct folder_file file = only_file(&listing);
    put("a", "12");
    struct folder_file changed = only_file(&later);
    assert_false(folder_file_is_same(&file, &changed));
    assert_int_equal(folder_hash(dir, &file, &hash, &err), AS_ENOENT);
    assert_int_equal(move(&file, "1", "done", NULL), AS_ENOENT);
    assert_int_equal(access(path_of("a"), F_OK), 0);
    assert_int_equal(folder_hash(dir, &changed, &hash, &err), 0);
    struct as_sha256 want = as_sha256_of("12", 2);
    assert_true(as_sha256_eq(&hash, &want));
    folder_listing_done(&listing);
    folder_listing_done(&later);
}

static void test_a_file_moves_with_the_reason_beside_it(void **state)
{
    struct folder_listing listing;
    (void)state;
    put("a", "odd");
    struct folder_file file = only_file(&listing);
    assert_int_equal(move(&file, "odd", "bad", "a:1: no JSON\n"), 0);
    assert_holds("bad/a", "odd");
    assert_holds("bad/a.reason", "a:1: no JSON\n");
    assert_int_not_equal(access(path_of("a"), F_OK), 0);
    folder_listing_done(&listing);
}

static void test_no_file_takes_the_place_of_another(void **state)
{
    struct folder_listing listing;
    char name[64];
    char hex[AS_SHA256_HEX_BYTES];
    struct as_sha256 hash = as_sha256_of("2", 1);
    (void)state;
    put("a", "1");
    struct folder_file file = only_file(&listing);
    assert_int_equal(move(&file, "1", "done", NULL), 0);
    folder_listing_done(&listing);
    put("a", "2");
    file = only_file(&listing);
    assert_int_equal(move(&file, "2", "done", NULL), 0);
    folder_listing_done(&listing);
    as_sha256_hex(&hash, hex);
    snprintf(name, sizeof(name), "done/a.%.12s", hex);
    assert_holds("done/a", "1");
    assert_holds(name, "2");
}

/* Who may write into the inbox must not make assayd write elsewhere. */
static void test_a_link_in_the_place_of_a_sub_folder_is_not_followed(void **state)
{
    struct folder_listing listing;
    (void)state;
    put("a", "evil");
    struct folder_file file = only_file(&listing);
    assert_int_equal(mkdir(path_of("elsewhere"), 0700), 0);
    assert_int_equal(symlink("elsewhere", path_of("bad")), 0);
    assert_int_not_equal(move(&file, "evil", "bad", "a:1: no JSON\n"), 0);
    assert_holds("a", "evil");
    assert_int_not_equal(access(path_of("elsewhere/a"), F_OK), 0);
    assert_int_not_equal(access(path_of("elsewhere/a.reason"), F_OK), 0);
    folder_listing_done(&listing);
}

/* Opening a FIFO would wait for its reader, for ever. */
static void test_a_reason_is_written_over_nothing(void **state)
{
    struct folder_listing listing;
    char name[64], hex[AS_SHA256_HEX_BYTES];
    struct as_sha256 hash = as_sha256_of("odd", 3);
    (void)state;
    put("a", "odd");
    struct folder_file file = only_file(&listing);
    assert_int_equal(mkdir(path_of("bad"), 0700), 0);
    put("bad/a.reason", "data of this name");
    as_sha256_hex(&hash, hex);
    snprintf(name, sizeof(name), "bad/a.%.12s.reason", hex);
    assert_int_equal(mkfifo(path_of(name), 0600), 0);
    assert_int_equal(move(&file, "odd", "bad", "a:1: no JSON\n"), 0);
    assert_holds("bad/a.reason", "data of this name");
    assert_holds(name, "a:1: no JSON\n");
    folder_listing_done(&listing);
}

static void test_the_longest_name_has_its_reason_too(void **state)
{
    struct folder_listing listing;
    char name[256], beside[300];
    (void)state;
    memset(name, 'n', 255);
    name[255] = '\0';
    for (int i = 0; i < 2; i++) { /* the second goes by its hash */
        const char *bytes = i ? "b" : "a";
        put(name, bytes);
        struct folder_file file = only_file(&listing);
        assert_int_equal(move(&file, bytes, "bad", "a reason\n"), 0);
        folder_listing_done(&listing);
    }
    snprintf(beside, sizeof(beside), "bad/%.248s.reason", name);
    assert_holds(beside, "a reason\n");
    struct as_sha256 hash = as_sha256_of("b", 1);
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(&hash, hex);
    snprintf(beside, sizeof(beside), "bad/%.235s.%.12s.reason", name, hex);
    assert_holds(beside, "a reason\n");
}

static void test_a_file_that_may_be_read_now_is_another_one(void **state)
{
    struct folder_listing listing, later;
    (void)state;
    put("a", "1");
    struct folder_file file = only_file(&listing);
    struct folder_file readable;
    bool is_same;
    do { /* the clock of the file system ticks a few times in a hundredth of a second */
        assert_int_equal(chmod(path_of("a"), 0640), 0);
        readable = only_file(&later);
        is_same = folder_file_is_same(&file, &readable);
        if (is_same)
            folder_listing_done(&later);
    } while (is_same);
    folder_listing_done(&listing);
    folder_listing_done(&later);
}

static void test_a_file_that_is_too_large_is_seen_and_not_opened(void **state)
{
    struct folder_listing listing;
    struct as_sha256 hash;
    struct as_err err = {0};
    (void)state;
    put("a", "1");
    assert_int_equal(truncate(path_of("a"), FOLDER_FILE_MAX_BYTES + 1), 0);
    struct folder_file file = only_file(&listing);
    assert_int_equal(folder_hash(dir, &file, &hash, &err), AS_ELIMIT);
    folder_listing_done(&listing);
}

static void test_a_folder_that_is_not_there_is_an_error_that_names_it(void **state)
{
    struct folder_listing listing = {0};
    struct as_err err = {0};
    (void)state;
    assert_int_equal(folder_list(path_of("nowhere"), &listing, &err), AS_ENOENT);
    assert_non_null(strstr(err.msg, "/nowhere/: the inbox cannot be read: No such file"));
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_whole_files_are_seen_by_name_and_nothing_else),
        FOLDER_TEST(test_a_file_that_somebody_writes_is_open),
        FOLDER_TEST(test_a_file_that_changed_is_another_one),
        FOLDER_TEST(test_a_file_moves_with_the_reason_beside_it),
        FOLDER_TEST(test_no_file_takes_the_place_of_another),
        FOLDER_TEST(test_a_link_in_the_place_of_a_sub_folder_is_not_followed),
        FOLDER_TEST(test_a_reason_is_written_over_nothing),
        FOLDER_TEST(test_the_longest_name_has_its_reason_too),
        FOLDER_TEST(test_a_file_that_may_be_read_now_is_another_one),
        FOLDER_TEST(test_a_file_that_is_too_large_is_seen_and_not_opened),
        FOLDER_TEST(test_a_folder_that_is_not_there_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
