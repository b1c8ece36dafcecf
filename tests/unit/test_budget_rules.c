/* An eval's caps: lowered by flags and never raised, through JSON and back, and the output limits
 * that vendors have names for. */
#include "daemon/model/budget_rules.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct budget_rules no_caps(void)
{
    struct budget_rules rules;
    budget_rules_init(&rules);
    return rules;
}

static void test_a_flag_sets_a_cap_or_lowers_it(void **unused)
{
    (void)unused;
    struct budget_rules rules = no_caps(), flags = no_caps();
    rules.max_cost_usd = 2;
    flags.max_cost_usd = 1;
    flags.max_requests = 10;
    assert_int_equal(budget_rules_lower(&rules, &flags, NULL), 0);
    assert_true(rules.max_cost_usd == 1);
    assert_int_equal(rules.max_requests, 10);
    assert_int_equal(rules.max_tokens, 0);
}

static void test_a_flag_does_not_raise_a_cap(void **unused)
{
    (void)unused;
    struct budget_rules rules = no_caps(), dollars = no_caps(), tokens = no_caps();
    struct as_err err = {0};
    rules.max_cost_usd = 2;
    rules.max_tokens = 100;
    dollars.max_cost_usd = 3;
    tokens.max_tokens = 101;
    assert_int_equal(budget_rules_lower(&rules, &dollars, &err), AS_EINVAL);
    assert_non_null(strstr(err.msg, "max_cost_usd 3 is above the eval's own 2"));
    assert_int_equal(budget_rules_lower(&rules, &tokens, &err), AS_EINVAL);
    assert_non_null(strstr(err.msg, "max_tokens 101 is above the eval's own 100"));
}

static void test_a_cap_of_nothing_is_refused(void **unused)
{
    (void)unused;
    struct budget_rules rules = no_caps(), flags = no_caps();
    flags.max_cost_usd = 0;
    assert_int_equal(budget_rules_lower(&rules, &flags, NULL), AS_EINVAL);
}

static void test_caps_come_back_from_json(void **unused)
{
    (void)unused;
    struct budget_rules rules = no_caps(), back;
    assert_null(budget_rules_to_json(&rules));
    rules.max_cost_usd = 1.25;
    rules.max_tokens = 7;
    rules.output_tokens = 99;
    AS_CLEANUP_JSON struct as_json *json = budget_rules_to_json(&rules);
    budget_rules_from_json(json, &back);
    assert_memory_equal(&back, &rules, sizeof(rules));
    budget_rules_from_json(NULL, &back);
    assert_false(budget_rules_is_set(&back));
}

static void test_an_output_limit_is_found_under_each_vendors_name(void **unused)
{
    (void)unused;
    assert_int_equal(budget_output_limit("{\"max_tokens\":64}"), 64);
    assert_int_equal(budget_output_limit("{\"max_completion_tokens\":65,\"n\":2}"), 130);
    assert_int_equal(budget_output_limit("{\"generationConfig\":{\"maxOutputTokens\":66}}"), 66);
    assert_int_equal(budget_output_limit("{\"max_tokens\":10,\"max_completion_tokens\":20}"), 20);
}

static void test_without_an_output_limit_it_is_0(void **unused)
{
    (void)unused;
    assert_int_equal(budget_output_limit("{\"temperature\":0}"), 0);
    assert_int_equal(budget_output_limit("{\"a\":{\"b\":{\"max_tokens\":5}}}"), 0);
    assert_int_equal(budget_output_limit(NULL), 0);
}

static void test_a_huge_output_limit_is_cut(void **unused)
{
    (void)unused;
    assert_int_equal(budget_output_limit("{\"max_tokens\":9000000000000000000,\"n\":9000000}"),
                     BUDGET_OUTPUT_TOKENS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flag_sets_a_cap_or_lowers_it),
        cmocka_unit_test(test_a_flag_does_not_raise_a_cap),
        cmocka_unit_test(test_a_cap_of_nothing_is_refused),
        cmocka_unit_test(test_caps_come_back_from_json),
        cmocka_unit_test(test_an_output_limit_is_found_under_each_vendors_name),
        cmocka_unit_test(test_without_an_output_limit_it_is_0),
        cmocka_unit_test(test_a_huge_output_limit_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
