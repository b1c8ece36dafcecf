/* The section `notify` of eval files: what it means, and what is wrong with it. */
#include "tests/unit/config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EVAL_HEAD "dataset: d\nbaseline: large\ncandidates: [small]\nscorers: [json_valid]\n"

static void test_rules_have_what_their_section_says(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml", EVAL_HEAD
                  "notify:\n"
                  "  - {name: pager, on: [gate_fail, recovery], to: {command: [/bin/page, "
                  "-t, \"a b\"], timeout: 3s, retries: 0}}\n"
                  "  - {on: [drift], to: {webhook: \"https://h.example:8/x?t=1\", secret: "
                  "HOOK}}\n");
    struct eval_set *set = fixture_load_evals(config);
    const struct notify_rules *notify = &eval_set_find(set, "e")->notify;
    const struct notify_rule *pager = notify_rule_find(notify, "pager");
    const struct notify_rule *hook = notify_rule_find(notify, "main");
    struct as_buf text = {0};
    assert_int_equal(notify->count, 2);
    assert_true(notify_rule_wants(pager, EVENT_GATE_FAIL));
    assert_true(notify_rule_wants(pager, EVENT_RECOVERY));
    assert_false(notify_rule_wants(pager, EVENT_DRIFT));
    assert_string_equal(pager->to.argv[2], "a b");
    assert_null(pager->to.argv[3]);
    assert_int_equal(pager->to.timeout_ms, 3000);
    assert_int_equal(pager->to.retries, 0);
    assert_string_equal(hook->to.secret, "HOOK");
    assert_int_equal(hook->to.timeout_ms, NOTIFY_TIMEOUT_MS);
    assert_int_equal(hook->to.retries, 3);
    notify_target_text(&hook->to, &text);
    assert_string_equal(text.ptr, "webhook https://h.example:8/...");
    as_buf_done(&text);
    eval_set_unref(set);
    config_unref(config);
}

static void assert_refused(struct config *config, const char *section, const char *want)
{
    struct as_buf text = {0};
    as_buf_addf(&text, EVAL_HEAD "notify: %s\n", section);
    fixture_write("evals/e.yaml", as_buf_str(&text).ptr);
    struct eval_set *set = fixture_load_evals(config);
    const struct eval_refusal *refusal = eval_set_refusal(set, "e");
    assert_non_null(refusal);
    if (!strstr(refusal->reason, want))
        fail_msg("'%s' is not in: %s", want, refusal->reason);
    as_buf_done(&text);
    eval_set_unref(set);
}

static void test_what_is_wrong_with_a_rule_is_told_with_its_place(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    assert_refused(config, "{on: [gate_fial], to: {command: [/x]}}",
                   "e.yaml:5:15: notify.on: no kind of event 'gate_fial'; there is 'gate_fail'");
    assert_refused(config, "{on: [gate_fail, inbox_refused], to: {command: [/x]}}",
                   "e.yaml:5:26: notify.on: inbox_refused is of no eval: a rule for it stands "
                   "under `notify` of assay.yaml");
    assert_refused(config, "[{on: [plugin_live], to: {command: [/x]}}]",
                   "notify[0].on: plugin_live is of no eval");
    assert_refused(config, "{on: [recovery], to: {command: [/x]}}",
                   "recovery tells the end of what another kind told: name that kind too");
    assert_refused(config, "{on: [test], to: {command: [/x]}}", "no kind of event 'test'");
    assert_refused(config, "{on: [], to: {command: [/x]}}", "at least one kind");
    assert_refused(config, "{on: [drift], to: {command: [page]}}", "must be an absolute path");
    assert_refused(config, "{on: [drift], to: {command: []}}", "a program and up to 31 arguments");
    assert_refused(config, "{on: [drift], to: {retries: 1}}",
                   "give one of the two: command or webhook");
    assert_refused(config, "{on: [drift], to: {command: [/x], webhook: \"http://h/\"}}",
                   "give one of the two: command or webhook");
    assert_refused(config, "{on: [drift], to: {command: [/x], secret: K}}", "signs what a webhook");
    assert_refused(config, "{on: [drift], to: {webhook: \"ftp://h/\"}}", "http:// or https://");
    assert_refused(config, "{on: [drift], to: {webhook: \"http://u:p@h/\"}}", "without user");
    assert_refused(config, "{on: [drift], to: {command: [/x], timeout: 6m}}", "5m at most");
    assert_refused(config, "{on: [drift], to: {command: [/x], timeout: 10}}",
                   "5m at most: the unit is missing");
    assert_refused(config, "{on: [drift], to: {command: [/x], retries: 11}}", "retries");
    assert_refused(config,
                   "[{on: [drift], to: {command: [/x]}}, {on: [drift], to: {command: [/x]}}]",
                   "a second rule named 'main'");
    config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(test_rules_have_what_their_section_says),
        CONFIG_TEST(test_what_is_wrong_with_a_rule_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
