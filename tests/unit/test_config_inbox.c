/* The section `inbox` of assay.yaml: what it means, and what is wrong with it. */
#include "tests/unit/config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct config *load_with(const char *section)
{
    struct as_buf text = {0};
    as_buf_addf(&text, "%s%s", section, fixture_good_config);
    struct config *config = fixture_load(text.ptr);
    as_buf_done(&text);
    return config;
}

static void test_an_inbox_has_what_its_section_says(void **state)
{
    (void)state;
    struct config *config =
        load_with("inbox: {dir: in, dataset: traffic, keep: 7d, max_cases: 500, quiet: 15m}\n");
    const struct inbox_rules *rules = &config->inboxes[0];
    assert_int_equal(config->inbox_count, 1);
    assert_string_equal(rules->dir, fixture_path("in"));
    assert_string_equal(rules->dataset, "traffic");
    assert_int_equal(rules->keep_ms, 7 * 24 * 3600 * 1000ll);
    assert_int_equal(rules->max_cases, 500);
    assert_int_equal(rules->quiet_ms, 900000);
    config_unref(config);
}

static void test_several_inboxes_are_a_list_and_have_modest_defaults(void **state)
{
    (void)state;
    struct config *config =
        load_with("inbox:\n  - {dir: a, dataset: one}\n  - {dir: b, dataset: two}\n");
    assert_int_equal(config->inbox_count, 2);
    assert_string_equal(config->inboxes[1].dataset, "two");
    assert_int_equal(config->inboxes[1].keep_ms, 0);
    assert_int_equal(config->inboxes[1].max_cases, 10000);
    assert_int_equal(config->inboxes[1].quiet_ms, 2000);
    config_unref(config);
}

static void test_without_the_section_there_is_none(void **state)
{
    (void)state;
    struct config *config = fixture_load(fixture_good_config);
    assert_int_equal(config->inbox_count, 0);
    config_unref(config);
}

static void note_key(void *ctx, const char *key, bool needs_restart)
{
    as_buf_addf(ctx, "%s%s ", key, needs_restart ? "!" : "");
}

static void test_each_part_of_an_inbox_is_seen_by_a_reload(void **state)
{
    static const char *const sections[] = {
        "inbox: {dir: in, dataset: traffic}\n",
        "inbox: {dir: in, dataset: traffic, redact: personal_data}\n",
        "inbox: {dir: in, dataset: traffic, redact: personal_data, redact_params: {keep: [a]}}\n",
        "inbox: {dir: in, dataset: traffic, keep: 1d}\n",
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(sections); i++)
        for (size_t j = 0; j < AS_COUNT(sections); j++) {
            struct config *from = load_with(sections[i]), *to = load_with(sections[j]);
            struct as_buf keys = {0};
            config_diff(from, to, note_key, &keys);
            assert_string_equal(keys.len ? keys.ptr : "", i == j ? "" : "inbox ");
            as_buf_done(&keys);
            config_unref(from);
            config_unref(to);
        }
}

static void test_what_is_wrong_with_an_inbox_is_said_with_its_place(void **state)
{
    static const struct bad_input cases[] = {
        {"inbox: in\n",
         "assay.yaml:1:8: inbox: expected an inbox, or a list of them, found 'in'\n"},
        {"inbox: {dir: in}\n", "assay.yaml:1:8: inbox: missing key 'dataset'\n"},
        {"inbox: {dir: in, dataset: traffic@2}\n",
         "assay.yaml:1:27: inbox.dataset: must be a dataset's name: letters, digits, "
         "'-', '_' and '.', which is not the first\n"},
        {"inbox: {dir: in, dataset: d, keep: soon}\n",
         "assay.yaml:1:36: inbox.keep: must be a length of time like 90s, 15m, 1h30m or 7d\n"},
        {"inbox: {dir: in, dataset: d, quiet: 2d}\n",
         "assay.yaml:1:37: inbox.quiet: must be a length of time like 90s, 15m, 1h30m or 7d, and "
         "24h at most\n"},
        {"inbox: {dir: in, dataset: d, kept: 7d}\n",
         "assay.yaml:1:30: inbox: unknown key 'kept': did you mean 'keep'?\n"},
        {"inbox: [{dir: a, dataset: d}, {dir: b, dataset: d}]\n",
         "assay.yaml:1:31: inbox[1]: a second inbox of the dataset 'd': give each its own\n"},
        {"inbox: [{dir: a, dataset: d}, {dir: a, dataset: e}]\n",
         "assay.yaml:1:31: inbox[1]: a second inbox in the same folder: give each its own\n"},
        {"inbox: [{dir: in, dataset: d}, {dir: ./in/, dataset: e}]\n",
         "assay.yaml:1:32: inbox[1]: a second inbox in the same folder: give each its own\n"},
        {"inbox: {dir: ., dataset: d}\n",
         "assay.yaml:1:8: inbox: its files are moved away, so dir cannot be the folder of "
         "assay.yaml: give it one of its own\n"},
        {"inbox: [{dir: in, dataset: d}, {dir: evals/, dataset: e}]\n",
         "assay.yaml:1:8: inbox[1]: its files are moved away, so dir cannot be eval_dir: give it "
         "one of its own\n"},
        {"inbox: {dir: plugins, dataset: d}\n",
         "assay.yaml:1:8: inbox: its files are moved away, so dir cannot be one of plugin_dirs: "
         "give it one of its own\n"},
    };
    (void)state;
    (void)mkdir(fixture_path("in"), 0700);
    (void)mkdir(fixture_path("evals"), 0700);
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        struct config *config = NULL;
        struct as_buf text = {0}, problems = {0};
        as_buf_addf(&text, "%s%s", cases[i].text, fixture_good_config);
        fixture_write("assay.yaml", text.ptr);
        assert_int_not_equal(config_load(fixture_path("assay.yaml"), &config, &problems), 0);
        assert_string_equal(fixture_without_folder(problems.ptr), cases[i].said);
        as_buf_done(&problems);
        as_buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(test_an_inbox_has_what_its_section_says),
        CONFIG_TEST(test_several_inboxes_are_a_list_and_have_modest_defaults),
        CONFIG_TEST(test_without_the_section_there_is_none),
        CONFIG_TEST(test_each_part_of_an_inbox_is_seen_by_a_reload),
        CONFIG_TEST(test_what_is_wrong_with_an_inbox_is_said_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
