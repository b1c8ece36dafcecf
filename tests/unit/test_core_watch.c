/* daemon/core: a watched directory, its entries, and what may happen to the directory itself. */
#include "daemon/core/watch.h"
#include "tests/unit/core_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
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

struct watched {
    struct core_fixture *f;
    char home[64];
    char dir[96]; /* home/dir, the one that is watched */
    struct watch *watch;
    size_t changes;
    bool frees_in_callback;
};

static void on_change(void *ctx)
{
    struct watched *w = ctx;
    w->changes++;
    if (w->frees_in_callback)
        watch_free(w->watch);
}

static void count_change(void *ctx)
{
    ++*(size_t *)ctx;
}

static int setup(void **state)
{
    struct watched *w = as_xcalloc(1, sizeof(*w));
    void *f = NULL;
    if (core_fixture_setup(&f))
        return -1;
    w->f = f;
    strcpy(w->home, "/tmp/test_core.XXXXXX");
    if (!mkdtemp(w->home))
        return -1;
    snprintf(w->dir, sizeof(w->dir), "%s/dir", w->home);
    *state = w;
    return mkdir(w->dir, 0755);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about;
    (void)kind;
    (void)at;
    return remove(path);
}

static int teardown(void **state)
{
    struct watched *w = *state;
    void *f = w->f;
    int rc = nftw(w->home, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(w);
    return core_fixture_teardown(&f) ? -1 : rc;
}

static void start_watch(struct watched *w)
{
    w->watch = watch_new(w->f->loop, w->dir, on_change, w);
}

/* Until the callback came once more. */
static void await_change(struct watched *w)
{
    run_until_count(w->f, &w->changes, w->changes + 1);
}

/* Until what happened so far is certainly told, so that the next change is one of its own. */
static void settle(struct watched *w)
{
    run_for_ms(w->f, 2 * WATCH_QUIET_MS);
    w->changes = 0;
}

static const char *path_of(const struct watched *w, const char *name)
{
    static char path[2][160];
    static unsigned turn;
    char *made = path[turn++ % 2];
    snprintf(made, sizeof(path[0]), "%s/%s", w->home, name);
    return made;
}

static void write_file(const struct watched *w, const char *name, const char *text)
{
    FILE *file = fopen(path_of(w, name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* ---- entries ---- */

static void test_a_new_file_is_a_change(void **state)
{
    struct watched *w = *state;
    start_watch(w);
    write_file(w, "dir/a.lua", "return {}");
    await_change(w);
    watch_free(w->watch);
}

static void test_nothing_is_told_when_nothing_happens(void **state)
{
    struct watched *w = *state;
    write_file(w, "dir/a.lua", "return {}");
    start_watch(w);
    run_for_ms(w->f, 3 * WATCH_QUIET_MS);
    write_file(w, "beside.lua", "return {}"); /* not in the directory */
    run_for_ms(w->f, 3 * WATCH_QUIET_MS);
    assert_int_equal(w->changes, 0);
    watch_free(w->watch);
}

static void test_a_file_that_is_written_again_is_a_change(void **state)
{
    struct watched *w = *state;
    write_file(w, "dir/a.lua", "return {}");
    start_watch(w);
    write_file(w, "dir/a.lua", "return {1}");
    await_change(w);
    watch_free(w->watch);
}

static void test_a_file_that_is_renamed_over_another_is_a_change(void **state)
{
    struct watched *w = *state;
    write_file(w, "dir/a.lua", "return {}");
    write_file(w, "new.lua", "return {1}");
    start_watch(w);
    assert_int_equal(rename(path_of(w, "new.lua"), path_of(w, "dir/a.lua")), 0);
    await_change(w);
    watch_free(w->watch);
}

static void test_a_file_that_is_moved_away_is_a_change(void **state)
{
    struct watched *w = *state;
    write_file(w, "dir/a.lua", "return {}");
    start_watch(w);
    assert_int_equal(rename(path_of(w, "dir/a.lua"), path_of(w, "a.lua")), 0);
    await_change(w);
    watch_free(w->watch);
}

static void test_a_file_that_is_deleted_is_a_change(void **state)
{
    struct watched *w = *state;
    write_file(w, "dir/a.lua", "return {}");
    start_watch(w);
    assert_int_equal(unlink(path_of(w, "dir/a.lua")), 0);
    await_change(w);
    watch_free(w->watch);
}

static void test_each_change_after_a_quiet_time_is_told(void **state)
{
    struct watched *w = *state;
    start_watch(w);
    for (int i = 0; i < 3; i++) {
        write_file(w, "dir/a.lua", "return {}");
        await_change(w);
        settle(w);
    }
    watch_free(w->watch);
}

static void test_a_thousand_files_at_once_are_few_changes(void **state)
{
    struct watched *w = *state;
    char name[32];
    start_watch(w);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "dir/%d.lua", i);
        write_file(w, name, "return {}");
    }
    await_change(w);
    run_for_ms(w->f, 2 * WATCH_MAX_DELAY_MS);
    assert_in_range(w->changes, 1, 5);
    watch_free(w->watch);
}

struct busy_writer {
    struct watched *w;
    struct loop_timer *timer;
    unsigned writes;
};

static void write_again(void *ctx)
{
    struct busy_writer *writer = ctx;
    write_file(writer->w, "dir/log", "x");
    writer->writes++;
    loop_timer_start(writer->timer, WATCH_QUIET_MS / 4);
}

static void test_a_directory_that_never_rests_is_told_all_the_same(void **state)
{
    struct watched *w = *state;
    struct busy_writer writer = {.w = w};
    start_watch(w);
    writer.timer = loop_timer_new(w->f->loop, write_again, &writer);
    write_again(&writer);
    await_change(w);
    await_change(w);
    assert_true(writer.writes > w->changes);
    loop_timer_free(writer.timer);
    watch_free(w->watch);
}

static unsigned queue_max(void)
{
    unsigned most = 0;
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &most), 1);
    fclose(file);
    return most;
}

static void test_a_change_that_another_directorys_flood_drowned_is_told(void **state)
{
    struct watched *w = *state;
    size_t flooded = 0;
    assert_int_equal(mkdir(path_of(w, "other"), 0755), 0);
    start_watch(w);
    struct watch *other = watch_new(w->f->loop, path_of(w, "other"), count_change, &flooded);
    for (unsigned i = 0; i <= queue_max() / 2; i++) {
        write_file(w, "other/a.lua", "");
        assert_int_equal(unlink(path_of(w, "other/a.lua")), 0);
    }
    write_file(w, "dir/a.lua", "return {}");
    await_change(w);
    run_until_count(w->f, &flooded, 1);
    watch_free(other);
    watch_free(w->watch);
}

/* ---- the directory itself ---- */

static void test_a_directory_that_is_not_there_is_found_when_it_is_made(void **state)
{
    struct watched *w = *state;
    assert_int_equal(rmdir(w->dir), 0);
    start_watch(w);
    assert_int_equal(mkdir(w->dir, 0755), 0);
    await_change(w);
    settle(w);
    write_file(w, "dir/a.lua", "return {}");
    await_change(w);
    watch_free(w->watch);
}

static void test_a_directory_that_is_deleted_is_told_and_looked_for(void **state)
{
    struct watched *w = *state;
    start_watch(w);
    assert_int_equal(rmdir(w->dir), 0);
    await_change(w);
    assert_int_equal(mkdir(w->dir, 0755), 0);
    await_change(w);
    settle(w);
    write_file(w, "dir/a.lua", "return {}");
    await_change(w);
    watch_free(w->watch);
}

static void test_a_directory_that_is_deleted_and_made_anew_at_once_is_still_watched(void **state)
{
    struct watched *w = *state;
    start_watch(w);
    assert_int_equal(rmdir(w->dir), 0);
    assert_int_equal(mkdir(w->dir, 0755), 0); /* it may well get the inode of the one before */
    await_change(w);
    settle(w);
    write_file(w, "dir/a.lua", "return {}");
    await_change(w);
    watch_free(w->watch);
}

static void test_a_directory_that_another_one_replaces_is_let_go(void **state)
{
    struct watched *w = *state;
    assert_int_equal(mkdir(path_of(w, "next"), 0755), 0);
    start_watch(w);
    assert_int_equal(rename(w->dir, path_of(w, "old")), 0);
    assert_int_equal(rename(path_of(w, "next"), w->dir), 0);
    await_change(w);
    settle(w);
    write_file(w, "old/a.lua", "return {}");
    run_for_ms(w->f, 3 * WATCH_QUIET_MS);
    assert_int_equal(w->changes, 0);
    write_file(w, "dir/a.lua", "return {}");
    await_change(w);
    watch_free(w->watch);
}

static void test_a_path_with_a_slash_at_its_end_is_watched_the_same(void **state)
{
    struct watched *w = *state;
    strcat(w->dir, "/");
    start_watch(w);
    assert_int_equal(rmdir(w->dir), 0);
    assert_int_equal(mkdir(w->dir, 0755), 0);
    await_change(w);
    settle(w);
    write_file(w, "dir/a.lua", "return {}");
    await_change(w);
    watch_free(w->watch);
}

static void test_a_file_is_no_directory_until_one_takes_its_place(void **state)
{
    struct watched *w = *state;
    assert_int_equal(rmdir(w->dir), 0);
    write_file(w, "dir", "a file");
    start_watch(w);
    write_file(w, "dir", "written again");
    run_for_ms(w->f, 3 * WATCH_QUIET_MS);
    assert_int_equal(w->changes, 0);
    assert_int_equal(unlink(w->dir), 0);
    assert_int_equal(mkdir(w->dir, 0755), 0);
    await_change(w);
    watch_free(w->watch);
}

/* ---- its end ---- */

static void test_a_watch_may_be_freed_in_its_own_callback(void **state)
{
    struct watched *w = *state;
    w->frees_in_callback = true;
    start_watch(w);
    write_file(w, "dir/a.lua", "return {}");
    await_change(w);
    write_file(w, "dir/b.lua", "return {}");
    run_for_ms(w->f, 3 * WATCH_QUIET_MS);
    assert_int_equal(w->changes, 1);
}

static void test_a_freed_watch_tells_nothing_of_what_happened_before(void **state)
{
    struct watched *w = *state;
    start_watch(w);
    write_file(w, "dir/a.lua", "return {}");
    watch_free(w->watch);
    run_for_ms(w->f, 3 * WATCH_QUIET_MS);
    assert_int_equal(w->changes, 0);
}

#define WATCH_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCH_TEST(test_a_new_file_is_a_change),
        WATCH_TEST(test_nothing_is_told_when_nothing_happens),
        WATCH_TEST(test_a_file_that_is_written_again_is_a_change),
        WATCH_TEST(test_a_file_that_is_renamed_over_another_is_a_change),
        WATCH_TEST(test_a_file_that_is_moved_away_is_a_change),
        WATCH_TEST(test_a_file_that_is_deleted_is_a_change),
        WATCH_TEST(test_each_change_after_a_quiet_time_is_told),
        WATCH_TEST(test_a_thousand_files_at_once_are_few_changes),
        WATCH_TEST(test_a_change_that_another_directorys_flood_drowned_is_told),
        WATCH_TEST(test_a_directory_that_never_rests_is_told_all_the_same),
        WATCH_TEST(test_a_directory_that_is_not_there_is_found_when_it_is_made),
        WATCH_TEST(test_a_directory_that_is_deleted_is_told_and_looked_for),
        WATCH_TEST(test_a_directory_that_is_deleted_and_made_anew_at_once_is_still_watched),
        WATCH_TEST(test_a_directory_that_another_one_replaces_is_let_go),
        WATCH_TEST(test_a_path_with_a_slash_at_its_end_is_watched_the_same),
        WATCH_TEST(test_a_file_is_no_directory_until_one_takes_its_place),
        WATCH_TEST(test_a_watch_may_be_freed_in_its_own_callback),
        WATCH_TEST(test_a_freed_watch_tells_nothing_of_what_happened_before),
    };
    return cmocka_run_group_tests(tests, core_fixture_group_setup, NULL);
}
