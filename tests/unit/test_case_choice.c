/* daemon/report/case_choice: the words of --where, and which sides of cases they take. */
#include "daemon/report/case_choice.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* One ok sample; a score below 0 is a sample that the model failed, NaN one that we did. */
static struct flip_side side_of(const struct gate_rules *rules, double score)
{
    struct flip_side side = {0};
    flip_side_add(&side, rules,
                  isnan(score) ? ROW_JUDGE_ERROR
                  : score < 0  ? ROW_MODEL_ERROR
                               : ROW_OK,
                  score < 0 ? NAN : score);
    return side;
}

static bool takes(const char *where, const struct gate_rules *rules, double score)
{
    struct case_choice choice;
    struct as_err err = {0};
    if (case_choice_parse(where, &choice, &err))
        fail_msg("%s", err.msg);
    struct flip_side side = side_of(rules, score);
    return case_choice_takes(&choice, &side, rules);
}

static struct gate_rules rules_of(enum gate_policy policy)
{
    struct gate_rules rules;
    gate_rules_init(&rules);
    rules.policy = policy;
    return rules;
}

static void test_a_score_is_held_against_the_bound(void **state)
{
    struct gate_rules rules = rules_of(GATE_POLICY_ZERO);
    static const struct {
        const char *where;
        bool below, at, above;
    } rows[] = {
        {"score<0.5", true, false, false},
        {"score<=0.5", true, true, false},
        {"score>0.5", false, false, true},
        {"score>=0.5", false, true, true},
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        assert_int_equal(takes(rows[i].where, &rules, 0.25), rows[i].below);
        assert_int_equal(takes(rows[i].where, &rules, 0.5), rows[i].at);
        assert_int_equal(takes(rows[i].where, &rules, 0.75), rows[i].above);
    }
}

static void test_failed_is_below_the_pass_threshold(void **state)
{
    struct gate_rules rules = rules_of(GATE_POLICY_ZERO);
    (void)state;
    rules.pass_threshold = 0.8;
    assert_true(takes("failed", &rules, 0.79));
    assert_false(takes("failed", &rules, 0.8));
}

static void test_a_models_own_failure_has_failed_whatever_the_policy(void **state)
{
    struct gate_rules zero = rules_of(GATE_POLICY_ZERO), drop = rules_of(GATE_POLICY_DROP);
    (void)state;
    assert_true(takes("failed", &zero, -1));
    assert_true(takes("failed", &drop, -1));
    assert_true(takes("score<0.5", &zero, -1));
    assert_false(takes("score<0.5", &drop, -1));
}

static void test_a_case_that_we_failed_to_score_is_never_taken(void **state)
{
    struct gate_rules rules = rules_of(GATE_POLICY_ZERO);
    static const char *const wheres[] = {"failed", "flipped", "score<1", "score>=0"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(wheres); i++)
        assert_false(takes(wheres[i], &rules, NAN));
}

static void test_what_is_not_understood_is_refused(void **state)
{
    static const char *const bad[] = {"",         "fail",     "failed ",    "score",
                                      "score=1",  "score<",   "score<x",    "score<1.5",
                                      "score<-1", "score<<1", "score<0.5 ", "score<nan"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct case_choice choice;
        struct as_err err = {0};
        assert_int_equal(case_choice_parse(bad[i], &choice, &err), AS_EINVAL);
        assert_non_null(strstr(err.msg, "failed, flipped and 'score<0.5'"));
    }
}

static void assert_described(const char *where, double score, enum gate_policy policy,
                             const char *want)
{
    struct gate_rules rules = rules_of(policy);
    struct case_choice choice;
    struct as_buf text = {0};
    assert_int_equal(case_choice_parse(where, &choice, NULL), 0);
    struct flip_side side = side_of(&rules, score);
    case_choice_describe(&choice, &side, &rules, "exact_match", "small", &text);
    assert_string_equal(text.ptr, want);
    as_buf_done(&text);
}

static void test_the_reason_names_metric_score_and_model(void **state)
{
    (void)state;
    assert_described("failed", 0.25, GATE_POLICY_ZERO, "exact_match: 0.25 for small, failed");
    assert_described("failed", -1, GATE_POLICY_ZERO,
                     "exact_match: 0 for small, the model itself failed");
    assert_described("failed", -1, GATE_POLICY_DROP,
                     "exact_match: none for small, the model itself failed");
    assert_described("score<=0.5", 0.5, GATE_POLICY_ZERO, "exact_match: 0.5 for small, score<=0.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_score_is_held_against_the_bound),
        cmocka_unit_test(test_failed_is_below_the_pass_threshold),
        cmocka_unit_test(test_a_models_own_failure_has_failed_whatever_the_policy),
        cmocka_unit_test(test_a_case_that_we_failed_to_score_is_never_taken),
        cmocka_unit_test(test_what_is_not_understood_is_refused),
        cmocka_unit_test(test_the_reason_names_metric_score_and_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
