/* What the registry is asked: versions by name and by hash, lists, inspections of a source that is
 * not installed, and sources that a run group brings back. */
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

/* Finding */

static void test_a_name_means_the_highest_live_version_that_fits(void **state)
{
    static const struct {
        const char *selector, *version;
    } cases[] = {
        {"half", "2.0.0"}, {"half@1", "1.10.0"}, {"half@1.2", "1.2.9"}, {"half@1.2.1", "1.2.1"}};
    (void)state;
    fixture_write_scorer("a.lua", "half", "1.2.1", 0.5);
    fixture_write_scorer("b.lua", "half", "1.2.9", 0.5);
    fixture_write_scorer("c.lua", "half", "1.10.0", 0.5);
    fixture_write_scorer("d.lua", "half", "2.0.0", 0.5);
    fixture_scan();
    for (size_t i = 0; i < AS_COUNT(cases); i++)
        assert_string_equal(fixture_find(cases[i].selector)->version, cases[i].version);
}

static void test_what_is_not_found_is_answered_with_what_is_near(void **state)
{
    struct plugin_version *version;
    struct as_err err = {0};
    (void)state;
    fixture_write_scorer("a.lua", "exact_match", "1.2.0", 0.5);
    fixture_scan();
    assert_int_equal(registry_find(fixture.registry, PLUGIN_SCORER, "exct_match", &version, &err),
                     AS_ENOENT);
    assert_has(err.msg, "no scorer named 'exct_match': did you mean 'exact_match'?");
    assert_int_equal(
        registry_find(fixture.registry, PLUGIN_SCORER, "exact_match@2", &version, &err), AS_ENOENT);
    assert_has(err.msg, "there is 1.2.0");
    assert_int_equal(registry_find(fixture.registry, PLUGIN_RUBRIC, "exact_match", &version, &err),
                     AS_ENOENT);
    assert_int_equal(registry_find(fixture.registry, PLUGIN_SCORER, "exact match", &version, &err),
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
    fixture_write_scorer("1.lua", "b", "1.10.0", 0.5);
    fixture_write_scorer("2.lua", "b", "1.9.0", 0.5);
    fixture_write_scorer("3.lua", "a", "1.0.0", 0.5);
    fixture_write("z.lua", "oops");
    fixture_write("y.lua", "oops");
    fixture_scan();
    registry_each(fixture.registry, add_version, &versions);
    registry_each_refusal(fixture.registry, add_refusal, &refusals);
    assert_string_equal(versions.text, "a@1.0.0 b@1.9.0 b@1.10.0 ");
    assert_string_equal(refusals.text, "y.lua z.lua ");
}

/* Inspecting and adopting */

struct kept_report {
    bool is_there;
    enum job_status status;
    uint32_t run, failed;
    char text[512];
    uint32_t reasons; /* examples that say why they failed */
};

static void keep_report(void *ctx, const struct plugin_report *report)
{
    struct kept_report *kept = ctx;
    assert_false(kept->is_there);
    *kept = (struct kept_report){
        true, report->loaded->status, report->examples_run, report->examples_failed, "", 0};
    for (uint32_t i = 0; i < report->examples_run; i++)
        kept->reasons += report->examples[i].reason != NULL;
    assert_int_equal(kept->reasons, kept->run ? kept->failed : 0);
    if (report->first_failure)
        snprintf(kept->text, sizeof(kept->text), "%s", report->first_failure);
    else if (report->loaded->status != JOB_OK)
        snprintf(kept->text, sizeof(kept->text), "%.*s", (int)report->loaded->reason.len,
                 report->loaded->reason.ptr);
}

static struct kept_report inspect(const char *source)
{
    struct kept_report report = {0};
    registry_inspect(fixture.registry, "looked_at.lua", as_str_from(source), keep_report, &report);
    assert_false(report.is_there);
    while (!report.is_there)
        loop_turn(fixture.pool.loop);
    return report;
}

static void test_an_inspection_reports_and_installs_nothing(void **state)
{
    (void)state;
    struct kept_report good = inspect(fixture_scorer_text("half", "1.0.0", 0.5));
    assert_int_equal(good.status, JOB_OK);
    assert_int_equal(good.run, 1);
    assert_int_equal(good.failed, 0);
    assert_false(fixture_is_live("half"));
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
    registry_adopt(fixture.registry, "half@1.0.0", as_str_from(source), keep_adoption, &adoption);
    assert_false(adoption.is_there);
    while (!adoption.is_there)
        loop_turn(fixture.pool.loop);
    return adoption;
}

static void test_an_adopted_source_is_a_retired_version_without_a_file(void **state)
{
    (void)state;
    struct kept_adoption adoption = adopt(fixture_scorer_text("half", "1.0.0", 0.5));
    assert_non_null(adoption.version);
    assert_int_equal(adoption.version->state, PLUGIN_RETIRED);
    assert_null(adoption.version->path);
    assert_false(fixture_is_live("half"));
    assert_float_equal(fixture_score_of(adoption.version), 0.5, 0);
    plugin_version_unref(adoption.version);
}

static void test_adopting_the_bytes_of_a_live_version_gives_that_version(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    struct kept_adoption adoption = adopt(fixture_scorer_text("half", "1.0.0", 0.5));
    assert_ptr_equal(adoption.version, fixture_find("half"));
    plugin_version_unref(adoption.version);
}

static void test_a_group_gets_its_old_bytes_back_beside_a_live_version_of_that_number(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.75);
    fixture_scan();
    struct kept_adoption adoption = adopt(fixture_scorer_text("half", "1.0.0", 0.5));
    assert_non_null(adoption.version);
    assert_ptr_not_equal(adoption.version, fixture_find("half"));
    assert_float_equal(fixture_score_of(fixture_find("half@1.0.0")), 0.75, 0);
    plugin_version_unref(adoption.version);
}

static void test_a_file_with_adopted_bytes_makes_that_version_live(void **state)
{
    (void)state;
    struct kept_adoption adoption = adopt(fixture_scorer_text("half", "1.0.0", 0.5));
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_scan();
    assert_ptr_equal(fixture_find("half"), adoption.version);
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
    fixture_write("spin.lua", "while true do end");
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    registry_scan(fixture.registry, NULL, NULL);
    registry_inspect(fixture.registry, "x.lua", AS_STR("while true do end"), keep_report, &report);
    registry_adopt(fixture.registry, "y.lua", AS_STR("while true do end"), keep_adoption,
                   &adoption);
    for (unsigned i = 0; i < 10; i++)
        loop_turn(fixture.pool.loop);
    registry_scan(fixture.registry, NULL, NULL);
}

static void test_free_right_after_a_scan_began_leaves_nothing(void **state)
{
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    registry_scan(fixture.registry, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
