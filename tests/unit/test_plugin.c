/* The registry against real folders and the real worker: what is dropped, broken, fixed, renamed,
 * replaced and deleted there. */
#include "pool_fixture.h"

#include "daemon/plugin/registry.h"
#include "daemon/plugin/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct pool_fixture pool;
static struct registry *registry;
static char folder[64];
static unsigned change_count;

static void on_change(void *ctx)
{
    (void)ctx;
    change_count++;
}

static int setup(void **state)
{
    struct as_err err = {0};
    const char *directories[] = {folder, NULL};
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/test_plugin.XXXXXX");
    assert_non_null(mkdtemp(folder));
    change_count = 0;
    pool_setup(&pool, &(struct sandbox_options){.worker_path = REAL_WORKER});
    struct registry_options options = {.directories = directories, .on_change = on_change};
    assert_int_equal(registry_new(pool.loop, pool.sandbox, &options, &registry, &err), 0);
    return 0;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    registry_free(registry);
    pool_teardown(&pool);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

/* Files */

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A scorer that always gives this score, and one example of it. */
static const char *scorer_text(const char *name, const char *version, double score)
{
    static char text[512];
    snprintf(text, sizeof(text),
             "return { api = 1, kind = \"scorer\", name = \"%s\", version = \"%s\",\n"
             "  score = function() return %g end,\n"
             "  examples = { { output = { text = \"\" }, score = %g } } }\n",
             name, version, score, score);
    return text;
}

static void write_scorer(const char *file, const char *name, const char *version, double score)
{
    write_text(file, scorer_text(name, version, score));
}

static void make_folder(const char *name)
{
    assert_int_equal(mkdir(path_of(name), 0755), 0);
}

static void remove_file(const char *name)
{
    assert_int_equal(unlink(path_of(name)), 0);
}

static void rename_file(const char *from, const char *to)
{
    char old[256];
    snprintf(old, sizeof(old), "%s", path_of(from));
    assert_int_equal(rename(old, path_of(to)), 0);
}

/* Looking */

static void set_flag(void *ctx)
{
    *(bool *)ctx = true;
}

static void scan(void)
{
    bool is_done = false;
    registry_scan(registry, set_flag, &is_done);
    assert_false(is_done);
    while (!is_done)
        loop_turn(pool.loop);
}

static struct plugin_version *find(const char *selector)
{
    struct plugin_version *version = NULL;
    struct as_err err = {0};
    if (registry_find(registry, PLUGIN_SCORER, selector, &version, &err))
        return NULL;
    plugin_version_unref(version); /* the registry still has it */
    return version;
}

static bool is_live(const char *selector)
{
    return find(selector) != NULL;
}

static void wait_live(const char *selector)
{
    while (!is_live(selector))
        loop_turn(pool.loop);
}

static void wait_gone(const char *selector)
{
    while (is_live(selector))
        loop_turn(pool.loop);
}

struct refusal_search {
    const char *name;
    char reason[1024];
};

static void match_refusal(void *ctx, const struct plugin_refusal *refusal)
{
    struct refusal_search *search = ctx;
    const char *slash = strrchr(refusal->path, '/');
    if (!strcmp(slash + 1, search->name))
        snprintf(search->reason, sizeof(search->reason), "%s", refusal->reason);
}

static const char *refusal_of(const char *name)
{
    static struct refusal_search search;
    search = (struct refusal_search){.name = name};
    registry_each_refusal(registry, match_refusal, &search);
    return *search.reason ? search.reason : NULL;
}

static void wait_refused(const char *name)
{
    while (!refusal_of(name))
        loop_turn(pool.loop);
}

static void wait_accepted(const char *name)
{
    while (refusal_of(name))
        loop_turn(pool.loop);
}

static void assert_has(const char *text, const char *part)
{
    assert_non_null(text);
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static double score_of(const struct plugin_version *version)
{
    struct kept_reply reply = pool_ask(&pool, version->sandbox_id, "x");
    assert_int_equal(reply.status, JOB_OK);
    return reply.score;
}

/* Version numbers and selectors */

static void test_numbers_are_three_plain_numbers(void **state)
{
    static const char *const good[] = {"0.0.0", "1.2.3", "10.200.999999999"};
    static const char *const bad[] = {"",       "1",      "1.2",    "1.2.3.4", "1.2.x",
                                      "1..2",   ".1.2",   "1.2.",   "01.2.3",  "1.2.3-rc1",
                                      "v1.2.3", " 1.2.3", "1.2.3 ", "-1.2.3",  "1.2.9999999999"};
    struct plugin_number number;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(plugin_number_parse(good[i], &number), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (plugin_number_parse(bad[i], &number) != AS_EINVAL)
            fail_msg("'%s' was taken", bad[i]);
}

static void test_numbers_are_ordered_as_numbers(void **state)
{
    static const char *const rising[] = {"0.0.1", "0.0.10", "0.2.0", "0.10.0", "1.0.0",
                                         "1.2.0", "1.10.0", "9.0.0", "10.0.0"};
    (void)state;
    for (size_t i = 0; i < sizeof(rising) / sizeof(rising[0]); i++) {
        for (size_t k = 0; k < sizeof(rising) / sizeof(rising[0]); k++) {
            struct plugin_number a, b;
            assert_int_equal(plugin_number_parse(rising[i], &a), 0);
            assert_int_equal(plugin_number_parse(rising[k], &b), 0);
            assert_int_equal(plugin_number_compare(&a, &b), i < k ? -1 : i > k);
        }
    }
}

static void test_a_selector_takes_the_versions_that_it_starts(void **state)
{
    static const struct {
        const char *selector, *number;
        bool is_taken;
    } cases[] = {
        {"exact_match", "0.1.0", true},        {"exact_match@1", "1.9.3", true},
        {"exact_match@1", "10.0.0", false},    {"exact_match@1.2", "1.2.7", true},
        {"exact_match@1.2", "1.20.0", false},  {"exact_match@1.2.0", "1.2.0", true},
        {"exact_match@1.2.0", "1.2.1", false}, {"a.b-c_9@0", "0.0.1", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct selector selector;
        struct plugin_number number;
        assert_int_equal(selector_parse(cases[i].selector, &selector, NULL), 0);
        assert_int_equal(plugin_number_parse(cases[i].number, &number), 0);
        assert_int_equal(selector_takes_number(&selector, &number), cases[i].is_taken);
    }
}

static void test_a_selector_by_hash_takes_a_prefix_of_eight_digits_or_more(void **state)
{
    struct as_sha256 hash = as_sha256_of("abc", 3); /* ba7816bf 8f01cfea ... */
    struct selector selector;
    (void)state;
    assert_int_equal(selector_parse("m@sha256:ba7816bf", &selector, NULL), 0);
    assert_true(selector_takes_hash(&selector, &hash));
    assert_int_equal(selector_parse("m@sha256:ba7816be", &selector, NULL), 0);
    assert_false(selector_takes_hash(&selector, &hash));
    assert_int_equal(selector_parse("m@sha256:ba7816b", &selector, NULL), AS_EINVAL);
}

static void test_a_malformed_selector_is_answered_with_the_forms_there_are(void **state)
{
    static const char *const bad[] = {
        "",      "@1", "a b", "a@", "a@x", "a@1.2.3.4", "a@1@2", "a@sha256:", "a@sha256:zzzzzzzz",
        "a@>=1", "a/b"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct selector selector;
        struct as_err err = {0};
        assert_int_equal(selector_parse(bad[i], &selector, &err), AS_EINVAL);
        assert_has(err.msg, "NAME@1.2.0");
    }
}

/* Dropping files */

static void test_a_dropped_file_goes_live_without_being_asked_for(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    wait_live("half");
    const struct plugin_version *version = find("half");
    assert_int_equal(version->kind, PLUGIN_SCORER);
    assert_string_equal(version->selector, "half@1.0.0");
    assert_string_equal(version->path, path_of("half.lua"));
    assert_int_equal(version->example_count, 1);
    assert_int_equal(version->state, PLUGIN_LIVE);
    assert_true(version->since_ms > 0);
    assert_string_equal(version->source, scorer_text("half", "1.0.0", 0.5));
    assert_float_equal(score_of(version), 0.5, 0);
    while (!change_count)
        loop_turn(pool.loop);
}

static void test_sub_folders_one_level_deep_are_looked_into_and_watched(void **state)
{
    (void)state;
    make_folder("scorers");
    make_folder("scorers/deeper");
    write_scorer("scorers/a.lua", "a", "1.0.0", 0.1);
    write_scorer("scorers/deeper/b.lua", "b", "1.0.0", 0.1);
    scan();
    assert_true(is_live("a"));
    assert_false(is_live("b"));
    write_scorer("scorers/c.lua", "c", "1.0.0", 0.1);
    wait_live("c");
    make_folder("later");
    write_scorer("later/d.lua", "d", "1.0.0", 0.1);
    wait_live("d");
}

static void test_hidden_files_backups_and_the_library_are_ignored(void **state)
{
    (void)state;
    make_folder("library");
    make_folder(".git");
    write_scorer("library/a.lua", "a", "1.0.0", 0.1);
    write_scorer(".git/b.lua", "b", "1.0.0", 0.1);
    write_scorer(".c.lua", "c", "1.0.0", 0.1);
    write_scorer("d.lua~", "d", "1.0.0", 0.1);
    write_text("README.md", "text");
    write_text(".lua", "text");
    scan();
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++)
        assert_false(is_live(names[i]));
    assert_null(refusal_of("README.md"));
    assert_null(refusal_of(".lua"));
}

static void test_fifty_files_at_once_all_go_live(void **state)
{
    char file[32], name[32];
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        snprintf(file, sizeof(file), "s%u.lua", i);
        snprintf(name, sizeof(name), "s%u", i);
        write_scorer(file, name, "1.0.0", 0.5);
    }
    scan();
    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), "s%u", i);
        assert_true(is_live(name));
    }
}

static void test_a_file_with_an_error_is_refused_with_its_line(void **state)
{
    (void)state;
    write_text("bad.lua", "-- a comment\nreturn {\n  api = 1,,\n}\n");
    scan();
    assert_has(refusal_of("bad.lua"), "bad.lua:3:");
}

static void test_a_file_whose_example_fails_is_refused_and_the_example_named(void **state)
{
    (void)state;
    write_text("wrong.lua",
               "return { api = 1, kind = \"scorer\", name = \"wrong\", version = \"1.0.0\",\n"
               "  score = function(_, output) return output.text == \"x\" and 1 or 0 end,\n"
               "  examples = { { output = { text = \"x\" }, score = 1 },\n"
               "    { output = { text = \"y\" }, score = 1 },\n"
               "    { output = { text = \"z\" }, score = 1 } } }\n");
    scan();
    assert_false(is_live("wrong"));
    assert_has(refusal_of("wrong.lua"), "2 of its 3 examples failed; example 2: ");
}

static void test_what_is_no_plain_small_file_is_refused_unread(void **state)
{
    char *large = calloc(1, JOB_SOURCE_MAX_BYTES + 2);
    (void)state;
    memset(large, '-', JOB_SOURCE_MAX_BYTES + 1);
    write_text("large.lua", large);
    free(large);
    write_scorer("half.txt", "half", "1.0.0", 0.5);
    assert_int_equal(symlink("half.txt", path_of("link.lua")), 0);
    assert_int_equal(mkfifo(path_of("pipe.lua"), 0600), 0);
    make_folder("folder.lua");
    make_folder("folder.lua/inner.lua");
    write_text("two words.lua", "x");
    scan();
    assert_has(refusal_of("large.lua"), "larger than 256 KB");
    assert_has(refusal_of("link.lua"), "symbolic link");
    assert_has(refusal_of("pipe.lua"), "not a regular file");
    assert_has(refusal_of("inner.lua"), "not a regular file");
    assert_has(refusal_of("two words.lua"), "the file's name");
    assert_false(is_live("half"));
}

static void test_a_folder_that_is_not_there_is_said_and_looked_for(void **state)
{
    (void)state;
    scan();
    assert_int_equal(rmdir(folder), 0);
    wait_refused(strrchr(folder, '/') + 1);
    assert_int_equal(mkdir(folder, 0755), 0);
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    wait_live("half");
    wait_accepted(strrchr(folder, '/') + 1);
}

/* Changing files */

static void test_a_broken_rewrite_leaves_the_last_good_version_in_force(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    struct plugin_version *before = find("half");
    write_text("half.lua", "return {\n oops\n");
    wait_refused("half.lua");
    assert_ptr_equal(find("half"), before);
    assert_int_equal(before->state, PLUGIN_LIVE);
    assert_float_equal(score_of(before), 0.5, 0);
}

static void test_a_fix_with_a_new_version_replaces_the_old_one(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    write_text("half.lua", "return {\n oops\n");
    wait_refused("half.lua");
    write_scorer("half.lua", "half", "1.0.1", 0.25);
    wait_live("half@1.0.1");
    assert_null(refusal_of("half.lua"));
    assert_false(is_live("half@1.0.0"));
    assert_float_equal(score_of(find("half")), 0.25, 0);
}

static void test_going_back_to_the_bytes_in_force_clears_the_refusal(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    struct plugin_version *before = find("half");
    write_text("half.lua", "oops");
    wait_refused("half.lua");
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    wait_accepted("half.lua");
    assert_ptr_equal(find("half"), before);
}

static void test_the_same_version_with_other_bytes_is_refused(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    write_scorer("half.lua", "half", "1.0.0", 0.75);
    wait_refused("half.lua");
    assert_has(refusal_of("half.lua"), "half@1.0.0 exists with other bytes (sha256:");
    assert_has(refusal_of("half.lua"), "bump the version");
    assert_float_equal(score_of(find("half")), 0.5, 0);
}

static void test_of_two_files_that_claim_a_version_the_first_by_path_gets_it(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        write_scorer("b.lua", "half", "1.0.0", 0.75);
        write_scorer("a.lua", "half", "1.0.0", 0.5);
        scan();
        assert_string_equal(find("half")->path, path_of("a.lua"));
        assert_has(refusal_of("b.lua"), "exists with other bytes");
        remove_file("a.lua");
        remove_file("b.lua");
        wait_gone("half");
        wait_accepted("b.lua");
    }
}

static void test_a_file_refused_for_another_is_tried_again_when_the_other_is_gone(void **state)
{
    (void)state;
    write_scorer("a.lua", "half", "1.0.0", 0.5);
    write_scorer("b.lua", "half", "1.0.0", 0.75);
    scan();
    assert_non_null(refusal_of("b.lua"));
    remove_file("a.lua");
    wait_accepted("b.lua");
    wait_live("half");
    assert_string_equal(find("half")->path, path_of("b.lua"));
}

static void test_a_rename_keeps_the_version_and_its_workers(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    struct plugin_version *before = find("half");
    uint64_t id = before->sandbox_id;
    rename_file("half.lua", "renamed.lua");
    while (strcmp(find("half")->path, path_of("renamed.lua")))
        loop_turn(pool.loop);
    pool_turn_for_ms(&pool, 150);
    assert_ptr_equal(find("half"), before);
    assert_int_equal(before->sandbox_id, id);
}

static void test_an_atomic_replacement_by_the_same_bytes_changes_nothing(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    struct plugin_version *before = find("half");
    unsigned changes = change_count;
    write_scorer("half.tmp", "half", "1.0.0", 0.5);
    rename_file("half.tmp", "half.lua");
    scan();
    pool_turn_for_ms(&pool, 150);
    assert_ptr_equal(find("half"), before);
    assert_int_equal(change_count, changes);
}

static void test_a_file_removed_and_put_back_at_once_is_never_retired(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    struct plugin_version *before = find("half");
    remove_file("half.lua");
    scan();
    assert_ptr_equal(find("half"), before);
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    pool_turn_for_ms(&pool, 150);
    assert_ptr_equal(find("half"), before);
}

static void test_a_deleted_file_retires_its_version(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    remove_file("half.lua");
    wait_gone("half");
}

static void test_a_pinned_version_outlives_its_file_and_is_found_by_hash_alone(void **state)
{
    struct plugin_version *pinned = NULL;
    struct as_err err = {0};
    char hex[AS_SHA256_HEX_BYTES], selector[128];
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    assert_int_equal(registry_find(registry, PLUGIN_SCORER, "half", &pinned, &err), 0);
    remove_file("half.lua");
    wait_gone("half");
    assert_int_equal(pinned->state, PLUGIN_RETIRED);
    assert_int_equal(pinned->refs, 1);
    assert_float_equal(score_of(pinned), 0.5, 0);
    as_sha256_hex(&pinned->hash, hex);
    snprintf(selector, sizeof(selector), "half@sha256:%.10s", hex);
    assert_ptr_equal(find(selector), pinned);
    /* Other bytes cannot take its name and number while it is pinned, and can once it is not. */
    write_scorer("other.lua", "half", "1.0.0", 0.75);
    wait_refused("other.lua");
    plugin_version_unref(pinned);
    wait_live("half");
    assert_float_equal(score_of(find("half")), 0.75, 0);
}

static void test_a_retired_version_comes_back_with_its_bytes(void **state)
{
    struct plugin_version *pinned = NULL;
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    assert_int_equal(registry_find(registry, PLUGIN_SCORER, "half", &pinned, NULL), 0);
    remove_file("half.lua");
    wait_gone("half");
    write_scorer("again.lua", "half", "1.0.0", 0.5);
    wait_live("half");
    assert_ptr_equal(find("half"), pinned);
    assert_int_equal(pinned->state, PLUGIN_LIVE);
    plugin_version_unref(pinned);
}

static void test_two_files_with_the_same_bytes_are_one_version(void **state)
{
    (void)state;
    write_scorer("a.lua", "half", "1.0.0", 0.5);
    write_scorer("b.lua", "half", "1.0.0", 0.5);
    scan();
    struct plugin_version *version = find("half");
    assert_int_equal(version->refs, 2);
    assert_null(refusal_of("b.lua"));
    remove_file("a.lua");
    while (version->refs == 2)
        loop_turn(pool.loop);
    assert_ptr_equal(find("half"), version);
    assert_string_equal(version->path, path_of("b.lua"));
}

static void test_a_rewrite_within_the_same_time_stamp_is_noticed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        char version[32];
        snprintf(version, sizeof(version), "1.0.%u", 10 + i); /* same size every time */
        write_scorer("half.lua", "half", version, 0.5);
        scan();
        assert_string_equal(find("half")->version, version);
    }
}

static void test_a_file_rewritten_while_it_is_on_trial_is_judged_by_its_last_bytes(void **state)
{
    (void)state;
    write_text("half.lua", "while true do end");
    registry_scan(registry, NULL, NULL);
    for (unsigned i = 0; i < 20; i++)
        loop_turn(pool.loop);
    write_scorer("half.lua", "half", "2.0.0", 0.5);
    wait_live("half");
    pool_turn_for_ms(&pool, 700); /* past the deadline of what it was first */
    assert_null(refusal_of("half.lua"));
}

/* Finding */

static void test_a_name_means_the_highest_live_version_that_fits(void **state)
{
    static const struct {
        const char *selector, *version;
    } cases[] = {
        {"half", "2.0.0"}, {"half@1", "1.10.0"}, {"half@1.2", "1.2.9"}, {"half@1.2.1", "1.2.1"}};
    (void)state;
    write_scorer("a.lua", "half", "1.2.1", 0.5);
    write_scorer("b.lua", "half", "1.2.9", 0.5);
    write_scorer("c.lua", "half", "1.10.0", 0.5);
    write_scorer("d.lua", "half", "2.0.0", 0.5);
    scan();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(find(cases[i].selector)->version, cases[i].version);
}

static void test_what_is_not_found_is_answered_with_what_is_near(void **state)
{
    struct plugin_version *version;
    struct as_err err = {0};
    (void)state;
    write_scorer("a.lua", "exact_match", "1.2.0", 0.5);
    scan();
    assert_int_equal(registry_find(registry, PLUGIN_SCORER, "exct_match", &version, &err),
                     AS_ENOENT);
    assert_has(err.msg, "no scorer named 'exct_match': did you mean 'exact_match'?");
    assert_int_equal(registry_find(registry, PLUGIN_SCORER, "exact_match@2", &version, &err),
                     AS_ENOENT);
    assert_has(err.msg, "there is 1.2.0");
    assert_int_equal(registry_find(registry, PLUGIN_RUBRIC, "exact_match", &version, &err),
                     AS_ENOENT);
    assert_int_equal(registry_find(registry, PLUGIN_SCORER, "exact match", &version, &err),
                     AS_EINVAL);
}

struct listing {
    char text[256];
};

static void add_version(void *ctx, const struct plugin_version *version)
{
    struct listing *listing = ctx;
    strcat(listing->text, version->selector);
    strcat(listing->text, " ");
}

static void add_refusal(void *ctx, const struct plugin_refusal *refusal)
{
    struct listing *listing = ctx;
    strcat(listing->text, strrchr(refusal->path, '/') + 1);
    strcat(listing->text, " ");
}

static void test_lists_are_ordered(void **state)
{
    struct listing versions = {{0}}, refusals = {{0}};
    (void)state;
    write_scorer("1.lua", "b", "1.10.0", 0.5);
    write_scorer("2.lua", "b", "1.9.0", 0.5);
    write_scorer("3.lua", "a", "1.0.0", 0.5);
    write_text("z.lua", "oops");
    write_text("y.lua", "oops");
    scan();
    registry_each(registry, add_version, &versions);
    registry_each_refusal(registry, add_refusal, &refusals);
    assert_string_equal(versions.text, "a@1.0.0 b@1.9.0 b@1.10.0 ");
    assert_string_equal(refusals.text, "y.lua z.lua ");
}

/* Inspecting and adopting */

struct kept_report {
    bool is_there;
    enum job_status status;
    uint32_t run, failed;
    char text[512];
};

static void keep_report(void *ctx, const struct plugin_report *report)
{
    struct kept_report *kept = ctx;
    assert_false(kept->is_there);
    *kept = (struct kept_report){true, report->loaded->status, report->examples_run,
                                 report->examples_failed, ""};
    if (report->first_failure)
        snprintf(kept->text, sizeof(kept->text), "%s", report->first_failure);
    else if (report->loaded->status != JOB_OK)
        snprintf(kept->text, sizeof(kept->text), "%.*s", (int)report->loaded->reason.len,
                 report->loaded->reason.ptr);
}

static struct kept_report inspect(const char *source)
{
    struct kept_report report = {0};
    registry_inspect(registry, "looked_at.lua", as_str_from(source), keep_report, &report);
    assert_false(report.is_there);
    while (!report.is_there)
        loop_turn(pool.loop);
    return report;
}

static void test_an_inspection_reports_and_installs_nothing(void **state)
{
    (void)state;
    struct kept_report good = inspect(scorer_text("half", "1.0.0", 0.5));
    assert_int_equal(good.status, JOB_OK);
    assert_int_equal(good.run, 1);
    assert_int_equal(good.failed, 0);
    assert_false(is_live("half"));
    struct kept_report broken = inspect("return {\n");
    assert_int_equal(broken.status, JOB_LOAD_ERROR);
    assert_has(broken.text, "looked_at.lua:");
    struct kept_report wrong =
        inspect("return { api = 1, kind = \"scorer\", name = \"w\", version = \"1.0.0\",\n"
                " score = function() return 1 end, examples = { { score = 0 } } }");
    assert_int_equal(wrong.failed, 1);
    assert_has(wrong.text, "example 1: ");
}

static void test_an_inspection_of_a_script_that_never_ends_is_a_timeout(void **state)
{
    (void)state;
    struct kept_report report = inspect("while true do end");
    assert_int_equal(report.status, JOB_TIMEOUT);
}

struct kept_adoption {
    bool is_there;
    struct plugin_version *version;
    char reason[512];
};

static void keep_adoption(void *ctx, struct plugin_version *version, const char *reason)
{
    struct kept_adoption *kept = ctx;
    assert_false(kept->is_there);
    kept->is_there = true;
    kept->version = version;
    snprintf(kept->reason, sizeof(kept->reason), "%s", reason ? reason : "");
}

static struct kept_adoption adopt(const char *source)
{
    struct kept_adoption adoption = {0};
    registry_adopt(registry, "half@1.0.0", as_str_from(source), keep_adoption, &adoption);
    assert_false(adoption.is_there);
    while (!adoption.is_there)
        loop_turn(pool.loop);
    return adoption;
}

static void test_an_adopted_source_is_a_retired_version_without_a_file(void **state)
{
    (void)state;
    struct kept_adoption adoption = adopt(scorer_text("half", "1.0.0", 0.5));
    assert_non_null(adoption.version);
    assert_int_equal(adoption.version->state, PLUGIN_RETIRED);
    assert_null(adoption.version->path);
    assert_false(is_live("half"));
    assert_float_equal(score_of(adoption.version), 0.5, 0);
    plugin_version_unref(adoption.version);
}

static void test_adopting_the_bytes_of_a_live_version_gives_that_version(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    struct kept_adoption adoption = adopt(scorer_text("half", "1.0.0", 0.5));
    assert_ptr_equal(adoption.version, find("half"));
    plugin_version_unref(adoption.version);
}

static void test_a_group_gets_its_old_bytes_back_beside_a_live_version_of_that_number(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.75);
    scan();
    struct kept_adoption adoption = adopt(scorer_text("half", "1.0.0", 0.5));
    assert_non_null(adoption.version);
    assert_ptr_not_equal(adoption.version, find("half"));
    assert_float_equal(score_of(find("half@1.0.0")), 0.75, 0);
    plugin_version_unref(adoption.version);
}

static void test_a_file_with_adopted_bytes_makes_that_version_live(void **state)
{
    (void)state;
    struct kept_adoption adoption = adopt(scorer_text("half", "1.0.0", 0.5));
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    scan();
    assert_ptr_equal(find("half"), adoption.version);
    plugin_version_unref(adoption.version);
}

static void test_a_source_that_does_not_load_is_not_adopted_and_says_why(void **state)
{
    (void)state;
    struct kept_adoption adoption = adopt("return {");
    assert_null(adoption.version);
    assert_has(adoption.reason, "half@1.0.0");
}

/* Ending */

static void test_free_while_everything_is_under_way_leaves_nothing(void **state)
{
    static struct kept_report report;
    static struct kept_adoption adoption;
    (void)state;
    write_text("spin.lua", "while true do end");
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    registry_scan(registry, NULL, NULL);
    registry_inspect(registry, "x.lua", AS_STR("while true do end"), keep_report, &report);
    registry_adopt(registry, "y.lua", AS_STR("while true do end"), keep_adoption, &adoption);
    for (unsigned i = 0; i < 10; i++)
        loop_turn(pool.loop);
    registry_scan(registry, NULL, NULL);
}

static void test_free_right_after_a_scan_began_leaves_nothing(void **state)
{
    (void)state;
    write_scorer("half.lua", "half", "1.0.0", 0.5);
    registry_scan(registry, NULL, NULL);
}

#define with_registry(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_three_plain_numbers),
        cmocka_unit_test(test_numbers_are_ordered_as_numbers),
        cmocka_unit_test(test_a_selector_takes_the_versions_that_it_starts),
        cmocka_unit_test(test_a_selector_by_hash_takes_a_prefix_of_eight_digits_or_more),
        cmocka_unit_test(test_a_malformed_selector_is_answered_with_the_forms_there_are),
        with_registry(test_a_dropped_file_goes_live_without_being_asked_for),
        with_registry(test_sub_folders_one_level_deep_are_looked_into_and_watched),
        with_registry(test_hidden_files_backups_and_the_library_are_ignored),
        with_registry(test_fifty_files_at_once_all_go_live),
        with_registry(test_a_file_with_an_error_is_refused_with_its_line),
        with_registry(test_a_file_whose_example_fails_is_refused_and_the_example_named),
        with_registry(test_what_is_no_plain_small_file_is_refused_unread),
        with_registry(test_a_folder_that_is_not_there_is_said_and_looked_for),
        with_registry(test_a_broken_rewrite_leaves_the_last_good_version_in_force),
        with_registry(test_a_fix_with_a_new_version_replaces_the_old_one),
        with_registry(test_going_back_to_the_bytes_in_force_clears_the_refusal),
        with_registry(test_the_same_version_with_other_bytes_is_refused),
        with_registry(test_of_two_files_that_claim_a_version_the_first_by_path_gets_it),
        with_registry(test_a_file_refused_for_another_is_tried_again_when_the_other_is_gone),
        with_registry(test_a_rename_keeps_the_version_and_its_workers),
        with_registry(test_an_atomic_replacement_by_the_same_bytes_changes_nothing),
        with_registry(test_a_file_removed_and_put_back_at_once_is_never_retired),
        with_registry(test_a_deleted_file_retires_its_version),
        with_registry(test_a_pinned_version_outlives_its_file_and_is_found_by_hash_alone),
        with_registry(test_a_retired_version_comes_back_with_its_bytes),
        with_registry(test_two_files_with_the_same_bytes_are_one_version),
        with_registry(test_a_rewrite_within_the_same_time_stamp_is_noticed),
        with_registry(test_a_file_rewritten_while_it_is_on_trial_is_judged_by_its_last_bytes),
        with_registry(test_a_name_means_the_highest_live_version_that_fits),
        with_registry(test_what_is_not_found_is_answered_with_what_is_near),
        with_registry(test_lists_are_ordered),
        with_registry(test_an_inspection_reports_and_installs_nothing),
        with_registry(test_an_inspection_of_a_script_that_never_ends_is_a_timeout),
        with_registry(test_an_adopted_source_is_a_retired_version_without_a_file),
        with_registry(test_adopting_the_bytes_of_a_live_version_gives_that_version),
        with_registry(test_a_group_gets_its_old_bytes_back_beside_a_live_version_of_that_number),
        with_registry(test_a_file_with_adopted_bytes_makes_that_version_live),
        with_registry(test_a_source_that_does_not_load_is_not_adopted_and_says_why),
        with_registry(test_free_while_everything_is_under_way_leaves_nothing),
        with_registry(test_free_right_after_a_scan_began_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
