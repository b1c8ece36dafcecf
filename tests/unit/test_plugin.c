/* The registry against real folders and the real worker: what is dropped, broken, fixed, renamed,
 * replaced and deleted there. */
#include "tests/unit/registry_fixture.h"

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

/* Dropping files */

static void test_a_dropped_file_goes_live_without_being_asked_for(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_wait_live("half");
    const struct plugin_version *version = fixture_find("half");
    assert_int_equal(version->kind, PLUGIN_SCORER);
    assert_string_equal(version->selector, "half@1.0.0");
    assert_string_equal(version->path, fixture_path("half.lua"));
    assert_int_equal(version->example_count, 1);
    assert_int_equal(version->state, PLUGIN_LIVE);
    assert_true(version->since_ms > 0);
    assert_string_equal(version->source, fixture_scorer_text("half", "1.0.0", 0.5));
    assert_float_equal(fixture_score_of(version), 0.5, 0);
    while (!fixture.change_count)
        loop_turn(fixture.pool.loop);
}

static void test_sub_folders_one_level_deep_are_looked_into_and_watched(void **state)
{
    (void)state;
    fixture_make_folder("scorers");
    fixture_make_folder("scorers/deeper");
    fixture_write_scorer("scorers/a.lua", "a", "1.0.0", 0.1);
    fixture_write_scorer("scorers/deeper/b.lua", "b", "1.0.0", 0.1);
    fixture_scan();
    assert_true(fixture_is_live("a"));
    assert_false(fixture_is_live("b"));
    fixture_write_scorer("scorers/c.lua", "c", "1.0.0", 0.1);
    fixture_wait_live("c");
    fixture_make_folder("later");
    fixture_write_scorer("later/d.lua", "d", "1.0.0", 0.1);
    fixture_wait_live("d");
}

static void test_hidden_files_backups_and_the_library_are_ignored(void **state)
{
    (void)state;
    fixture_make_folder("library");
    fixture_make_folder(".git");
    fixture_write_scorer("library/a.lua", "a", "1.0.0", 0.1);
    fixture_write_scorer(".git/b.lua", "b", "1.0.0", 0.1);
    fixture_write_scorer(".c.lua", "c", "1.0.0", 0.1);
    fixture_write_scorer("d.lua~", "d", "1.0.0", 0.1);
    fixture_write("README.md", "text");
    fixture_write(".lua", "text");
    fixture_scan();
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++)
        assert_false(fixture_is_live(names[i]));
    assert_null(fixture_refusal_of("README.md"));
    assert_null(fixture_refusal_of(".lua"));
}

static void test_fifty_files_at_once_all_go_live(void **state)
{
    char file[32], name[32];
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        snprintf(file, sizeof(file), "s%u.lua", i);
        snprintf(name, sizeof(name), "s%u", i);
        fixture_write_scorer(file, name, "1.0.0", 0.5);
    }
    fixture_scan();
    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), "s%u", i);
        assert_true(fixture_is_live(name));
    }
}

static void test_a_file_with_an_error_is_refused_with_its_line(void **state)
{
    (void)state;
    fixture_write("bad.lua", "-- a comment\nreturn {\n  api = 1,,\n}\n");
    fixture_scan();
    assert_has(fixture_refusal_of("bad.lua"), "bad.lua:3:");
}

static void test_a_file_whose_example_fails_is_refused_and_the_example_named(void **state)
{
    (void)state;
    fixture_write("wrong.lua",
                  "return { api = 1, kind = \"scorer\", name = \"wrong\", version = \"1.0.0\",\n"
                  "  score = function(_, output) return output.text == \"x\" and 1 or 0 end,\n"
                  "  examples = { { output = { text = \"x\" }, score = 1 },\n"
                  "    { output = { text = \"y\" }, score = 1 },\n"
                  "    { output = { text = \"z\" }, score = 1 } } }\n");
    fixture_scan();
    assert_false(fixture_is_live("wrong"));
    assert_has(fixture_refusal_of("wrong.lua"), "2 of its 3 examples failed; example 2: ");
}

static void test_what_is_no_plain_small_file_is_refused_unread(void **state)
{
    char *large = calloc(1, JOB_SOURCE_MAX_BYTES + 2);
    (void)state;
    memset(large, '-', JOB_SOURCE_MAX_BYTES + 1);
    fixture_write("large.lua", large);
    free(large);
    fixture_write_scorer("half.txt", "half", "1.0.0", 0.5);
    assert_int_equal(symlink("half.txt", fixture_path("link.lua")), 0);
    assert_int_equal(mkfifo(fixture_path("pipe.lua"), 0600), 0);
    fixture_make_folder("folder.lua");
    fixture_make_folder("folder.lua/inner.lua");
    fixture_write("two words.lua", "x");
    fixture_scan();
    assert_has(fixture_refusal_of("large.lua"), "larger than 256 KB");
    assert_has(fixture_refusal_of("link.lua"), "symbolic link");
    assert_has(fixture_refusal_of("pipe.lua"), "not a regular file");
    assert_has(fixture_refusal_of("inner.lua"), "not a regular file");
    assert_has(fixture_refusal_of("two words.lua"), "the file's name");
    assert_false(fixture_is_live("half"));
}

static void test_a_folder_that_is_not_there_is_said_and_looked_for(void **state)
{
    (void)state;
    fixture_scan();
    assert_int_equal(rmdir(fixture.folder), 0);
    fixture_wait_refused(strrchr(fixture.folder, '/') + 1);
    assert_int_equal(mkdir(fixture.folder, 0755), 0);
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_wait_live("half");
    fixture_wait_accepted(strrchr(fixture.folder, '/') + 1);
}

/* Changing files */

static void test_a_broken_rewrite_leaves_the_last_good_version_in_force(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    struct plugin_version *before = fixture_find("half");
    fixture_write("half.lua", "return {\n oops\n");
    fixture_wait_refused("half.lua");
    assert_ptr_equal(fixture_find("half"), before);
    assert_int_equal(before->state, PLUGIN_LIVE);
    assert_float_equal(fixture_score_of(before), 0.5, 0);
}

static void test_a_fix_with_a_new_version_replaces_the_old_one(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    fixture_write("half.lua", "return {\n oops\n");
    fixture_wait_refused("half.lua");
    fixture_write_scorer("half.lua", "half", "1.0.1", 0.25);
    fixture_wait_live("half@1.0.1");
    assert_null(fixture_refusal_of("half.lua"));
    assert_false(fixture_is_live("half@1.0.0"));
    assert_float_equal(fixture_score_of(fixture_find("half")), 0.25, 0);
}

static void test_going_back_to_the_bytes_in_force_clears_the_refusal(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    struct plugin_version *before = fixture_find("half");
    fixture_write("half.lua", "oops");
    fixture_wait_refused("half.lua");
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_wait_accepted("half.lua");
    assert_ptr_equal(fixture_find("half"), before);
}

static void test_the_same_version_with_other_bytes_is_refused(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.75);
    fixture_wait_refused("half.lua");
    assert_has(fixture_refusal_of("half.lua"), "half@1.0.0 exists with other bytes (sha256:");
    assert_has(fixture_refusal_of("half.lua"), "bump the version");
    assert_float_equal(fixture_score_of(fixture_find("half")), 0.5, 0);
}

static void test_of_two_files_that_claim_a_version_the_first_by_path_gets_it(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        fixture_write_scorer("b.lua", "half", "1.0.0", 0.75);
        fixture_write_scorer("a.lua", "half", "1.0.0", 0.5);
        fixture_scan();
        assert_string_equal(fixture_find("half")->path, fixture_path("a.lua"));
        assert_has(fixture_refusal_of("b.lua"), "exists with other bytes");
        fixture_remove("a.lua");
        fixture_remove("b.lua");
        fixture_wait_gone("half");
        fixture_wait_accepted("b.lua");
    }
}

static void test_a_file_refused_for_another_is_tried_again_when_the_other_is_gone(void **state)
{
    (void)state;
    fixture_write_scorer("a.lua", "half", "1.0.0", 0.5);
    fixture_write_scorer("b.lua", "half", "1.0.0", 0.75);
    fixture_scan();
    assert_non_null(fixture_refusal_of("b.lua"));
    fixture_remove("a.lua");
    fixture_wait_accepted("b.lua");
    fixture_wait_live("half");
    assert_string_equal(fixture_find("half")->path, fixture_path("b.lua"));
}

static void test_a_rename_keeps_the_version_and_its_workers(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    struct plugin_version *before = fixture_find("half");
    uint64_t id = before->sandbox_id;
    fixture_rename("half.lua", "renamed.lua");
    while (strcmp(fixture_find("half")->path, fixture_path("renamed.lua")))
        loop_turn(fixture.pool.loop);
    pool_turn_for_ms(&fixture.pool, 150);
    assert_ptr_equal(fixture_find("half"), before);
    assert_int_equal(before->sandbox_id, id);
}

static void test_an_atomic_replacement_by_the_same_bytes_changes_nothing(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    struct plugin_version *before = fixture_find("half");
    unsigned changes = fixture.change_count;
    fixture_write_scorer("half.tmp", "half", "1.0.0", 0.5);
    fixture_rename("half.tmp", "half.lua");
    fixture_scan();
    pool_turn_for_ms(&fixture.pool, 150);
    assert_ptr_equal(fixture_find("half"), before);
    assert_int_equal(fixture.change_count, changes);
}

static void test_a_file_removed_and_put_back_at_once_is_never_retired(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    struct plugin_version *before = fixture_find("half");
    fixture_remove("half.lua");
    fixture_scan();
    assert_ptr_equal(fixture_find("half"), before);
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    pool_turn_for_ms(&fixture.pool, 150);
    assert_ptr_equal(fixture_find("half"), before);
}

static void test_a_deleted_file_retires_its_version(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    fixture_remove("half.lua");
    fixture_wait_gone("half");
}

static void test_a_pinned_version_outlives_its_file_and_is_found_by_hash_alone(void **state)
{
    struct plugin_version *pinned = NULL;
    struct as_err err = {0};
    char hex[AS_SHA256_HEX_BYTES], selector[128];
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    assert_int_equal(registry_find(fixture.registry, PLUGIN_SCORER, "half", &pinned, &err), 0);
    fixture_remove("half.lua");
    fixture_wait_gone("half");
    assert_int_equal(pinned->state, PLUGIN_RETIRED);
    assert_int_equal(pinned->refs, 1);
    assert_float_equal(fixture_score_of(pinned), 0.5, 0);
    as_sha256_hex(&pinned->hash, hex);
    snprintf(selector, sizeof(selector), "half@sha256:%.10s", hex);
    assert_ptr_equal(fixture_find(selector), pinned);
    /* Other bytes cannot take its name and number while it is pinned, and can once it is not. */
    fixture_write_scorer("other.lua", "half", "1.0.0", 0.75);
    fixture_wait_refused("other.lua");
    plugin_version_unref(pinned);
    fixture_wait_live("half");
    assert_float_equal(fixture_score_of(fixture_find("half")), 0.75, 0);
}

static void test_a_retired_version_comes_back_with_its_bytes(void **state)
{
    struct plugin_version *pinned = NULL;
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    assert_int_equal(registry_find(fixture.registry, PLUGIN_SCORER, "half", &pinned, NULL), 0);
    fixture_remove("half.lua");
    fixture_wait_gone("half");
    fixture_write_scorer("again.lua", "half", "1.0.0", 0.5);
    fixture_wait_live("half");
    assert_ptr_equal(fixture_find("half"), pinned);
    assert_int_equal(pinned->state, PLUGIN_LIVE);
    plugin_version_unref(pinned);
}

static void test_two_files_with_the_same_bytes_are_one_version(void **state)
{
    (void)state;
    fixture_write_scorer("a.lua", "half", "1.0.0", 0.5);
    fixture_write_scorer("b.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    struct plugin_version *version = fixture_find("half");
    assert_int_equal(version->refs, 2);
    assert_null(fixture_refusal_of("b.lua"));
    fixture_remove("a.lua");
    while (version->refs == 2)
        loop_turn(fixture.pool.loop);
    assert_ptr_equal(fixture_find("half"), version);
    assert_string_equal(version->path, fixture_path("b.lua"));
}

static void test_a_rewrite_within_the_same_time_stamp_is_noticed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        char version[32];
        snprintf(version, sizeof(version), "1.0.%u", 10 + i); /* same size every time */
        fixture_write_scorer("half.lua", "half", version, 0.5);
        fixture_scan();
        assert_string_equal(fixture_find("half")->version, version);
    }
}

static void test_a_file_rewritten_while_it_is_on_trial_is_judged_by_its_last_bytes(void **state)
{
    (void)state;
    fixture_write("half.lua", "while true do end");
    registry_scan(fixture.registry, NULL, NULL);
    for (unsigned i = 0; i < 20; i++)
        loop_turn(fixture.pool.loop);
    fixture_write_scorer("half.lua", "half", "2.0.0", 0.5);
    fixture_wait_live("half");
    pool_turn_for_ms(&fixture.pool, 700); /* past the deadline of what it was first */
    assert_null(fixture_refusal_of("half.lua"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
