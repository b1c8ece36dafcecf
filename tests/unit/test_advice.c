/* daemon/report: the recommendation for a candidate, from real verdicts over cases made by hand;
 * and how much the best of several is overstated. */
#include "daemon/report/result_advice.h"
#include "daemon/stats/best_of.h"
#include "tests/unit/report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES 400

/* A candidate by what happens to it; what is 0 does not. */
struct made {
    int losses, wins;
    double margin;         /* 0: no margin */
    double max_cost_ratio; /* 0: not asked for */
    double cost, latency;  /* times the baseline's; 0: 1 */
    double tail;           /* of a planned look; 0: none */
    bool is_unpriced, is_superiority_asked;
    int cases; /* 0: CASES */
};

static struct advice_facts facts_of(const struct made *made)
{
    static struct stats_case cases[CASES];
    static double usd[2][CASES], ms[2][CASES];
    size_t n = made->cases ? (size_t)made->cases : CASES;
    struct gate_rules rules;
    gate_rules_init(&rules);
    rules.margin = made->margin > 0 ? made->margin : NAN;
    rules.cost_max_ratio = made->max_cost_ratio > 0 ? made->max_cost_ratio : NAN;
    rules.require_superiority = made->is_superiority_asked;
    for (int i = 0; i < (int)n; i++) {
        bool is_loss = i < made->losses, is_win = !is_loss && i < made->losses + made->wins;
        cases[i] = (struct stats_case){
            {!is_win, STATS_SCORED}, {!is_loss, STATS_SCORED}, STATS_NO_CLUSTER, STATS_NO_STRATUM};
        usd[0][i] = 0.01;
        usd[1][i] = made->is_unpriced ? NAN : made->cost > 0 ? made->cost * 0.01 : 0.01;
        ms[0][i] = 100;
        ms[1][i] = made->latency > 0 ? made->latency * 100 : 100;
    }
    struct gate_input input = {.cases = cases,
                               .n = n,
                               .tail = made->tail,
                               .baseline = {ms[0], n, usd[0]},
                               .candidate = {ms[1], n, usd[1]}};
    struct gate_verdict verdict;
    assert_int_equal(gate_evaluate(&rules, &input, &verdict), 0);
    bool is_asked = made->margin > 0 || made->max_cost_ratio > 0 || made->is_superiority_asked;
    struct advice_facts facts =
        advice_facts_of("small", is_asked ? verdict.outcome : GATE_SKIP, &verdict);
    gate_verdict_done(&verdict);
    return facts;
}

static void expect_of(const struct advice_run *run, const struct advice_facts *facts,
                      enum advice_action action, const char *part)
{
    struct as_buf sentence = {0};
    enum advice_action got = advice_decide(run, facts, &sentence);
    if (got != action || !strstr(sentence.ptr, part))
        fail_msg("%s: %s", advice_action_name(got), sentence.ptr);
    as_buf_done(&sentence);
}

static void expect_alone(const struct made *made, enum advice_action action, const char *part)
{
    struct advice_run run = {.baseline = "large", .candidate_count = 1};
    struct advice_facts facts = facts_of(made);
    expect_of(&run, &facts, action, part);
}

static void test_a_cheaper_candidate_that_is_not_worse_is_deployed(void **state)
{
    (void)state;
    expect_alone(
        &(struct made){.losses = 4, .wins = 4, .margin = 0.03, .cost = 0.2, .latency = 0.8},
        ADVICE_DEPLOY,
        "Deploy 'small' in place of 'large': it is not worse by more than the margin of "
        "3.0 points (difference 0.0 points, 95 % interval -1.5 to 1.5, n=400 pairs), at "
        "0.20 times the cost and 0.80 times the p95 latency.");
}

static void test_a_candidate_that_loses_is_not(void **state)
{
    (void)state;
    expect_alone(&(struct made){.losses = 60, .margin = 0.03, .cost = 0.2}, ADVICE_KEEP,
                 "Keep 'large': 'small' is worse by more than the margin of 3.0 points "
                 "(difference -15.0 points");
}

static void test_a_failed_check_is_named_with_what_it_saw(void **state)
{
    (void)state;
    expect_alone(&(struct made){.margin = 0.03, .cost = 3, .max_cost_ratio = 1.5}, ADVICE_KEEP,
                 "'small' fails the check cost_ratio, the ratio of costs is 3");
}

/* Its place is after those of the checks with an id. */
static void test_a_check_of_another_metric_is_named_too(void **state)
{
    (void)state;
    struct gate_check tone = {
        .name = "tone.floor", .outcome = GATE_FAIL, .text = "it is 10 points"};
    struct gate_verdict verdict = {.outcome = GATE_FAIL,
                                   .headline = GATE_CHECK_COUNT,
                                   .metric_checks = &tone,
                                   .n_metric_checks = 1};
    struct advice_run run = {.baseline = "large", .candidate_count = 1};
    struct advice_facts facts = advice_facts_of("small", GATE_FAIL, &verdict);
    expect_of(&run, &facts, ADVICE_KEEP, "'small' fails the check tone.floor, it is 10 points");
}

static void test_what_a_margin_leaves_open_is_undecided_with_what_would_decide(void **state)
{
    (void)state;
    expect_alone(&(struct made){.losses = 10, .wins = 8, .margin = 0.02}, ADVICE_UNDECIDED,
                 "Undecided between 'large' and 'small': a loss of 2.0 points or more cannot be "
                 "ruled out");
    expect_alone(&(struct made){.losses = 10, .wins = 8, .margin = 0.02}, ADVICE_UNDECIDED,
                 "more cases would decide");
}

static void test_too_few_pairs_are_undecided(void **state)
{
    (void)state;
    expect_alone(&(struct made){.cases = 30, .margin = 0.02}, ADVICE_UNDECIDED,
                 "the check sufficiency is open, 30 pairs, and 185 are needed");
}

static void test_dearer_and_no_better_is_kept_away_although_it_passes(void **state)
{
    (void)state;
    expect_alone(&(struct made){.margin = 0.03, .cost = 2}, ADVICE_KEEP,
                 "'small' passes, but nothing is gained by it");
    expect_alone(&(struct made){.margin = 0.03, .cost = 2, .latency = 0.5}, ADVICE_DEPLOY,
                 "at 2.00 times the cost and 0.50 times the p95 latency");
    expect_alone(&(struct made){.wins = 40, .margin = 0.03, .cost = 2}, ADVICE_DEPLOY,
                 "it is better (difference 10.0 points");
}

static void test_an_unknown_cost_is_said_and_not_taken_for_a_loss(void **state)
{
    (void)state;
    expect_alone(&(struct made){.margin = 0.03, .is_unpriced = true}, ADVICE_DEPLOY,
                 "at an unknown ratio of cost and 1.00 times the p95 latency.");
    expect_alone(&(struct made){.margin = 0.03, .is_unpriced = true, .latency = 1.5},
                 ADVICE_UNDECIDED,
                 "'small' passes, but it is slower and what it costs is not known");
}

static void test_a_loss_within_the_margin_is_called_one(void **state)
{
    (void)state;
    expect_alone(&(struct made){.losses = 12, .margin = 0.1, .cost = 0.5}, ADVICE_DEPLOY,
                 "it is worse, by less than the margin of 10.0 points");
}

static void test_without_a_margin_only_a_clear_difference_decides(void **state)
{
    (void)state;
    expect_alone(&(struct made){.losses = 4, .wins = 4, .cost = 0.2}, ADVICE_UNDECIDED,
                 "no difference is shown, and the gate has no margin");
    expect_alone(&(struct made){.wins = 40}, ADVICE_DEPLOY, "it is better");
    expect_alone(&(struct made){.losses = 40}, ADVICE_KEEP, "Keep 'large': 'small' is worse (");
}

static void test_better_was_asked_for_and_is_not_shown(void **state)
{
    (void)state;
    expect_alone(&(struct made){.wins = 3, .is_superiority_asked = true}, ADVICE_UNDECIDED,
                 "the gate asks for better, and that is not shown");
    expect_alone(&(struct made){.losses = 40, .is_superiority_asked = true}, ADVICE_KEEP,
                 "'small' is worse, and the gate asks for better");
}

static void test_a_stopped_run_recommends_nothing(void **state)
{
    (void)state;
    struct advice_run run = {.baseline = "large", .candidate_count = 1, .is_stopped = true};
    struct advice_facts facts = facts_of(&(struct made){.wins = 40, .margin = 0.03});
    expect_of(&run, &facts, ADVICE_UNDECIDED, "the budget stopped the run");
}

/* p is 0.039 for one: enough alone, and not for the best of three. */
static void test_what_is_significant_alone_may_not_be_among_several(void **state)
{
    (void)state;
    struct advice_run run = {.baseline = "large", .candidate_count = 3};
    struct advice_facts facts[3];
    facts[0] = facts_of(&(struct made){.wins = 14, .losses = 4});
    facts[1] = facts[2] = facts_of(&(struct made){.wins = 4, .losses = 4});
    assert_true(facts[0].compare.p < 0.05);
    advice_adjust(facts, 3);
    assert_true(fabs(facts[0].p_holm - 3 * facts[0].compare.p) < 1e-12);
    assert_true(facts[1].p_holm == 1);
    expect_of(&run, &facts[0], ADVICE_UNDECIDED, "it is one of 3 candidates");
}

static void test_ruling_out_a_loss_is_adjusted_too(void **state)
{
    (void)state;
    struct advice_run run = {.baseline = "large", .candidate_count = 3};
    struct advice_facts facts[3];
    struct made made = {.losses = 6, .wins = 6, .margin = 0.0185, .cost = 0.5};
    for (int i = 0; i < 3; i++)
        facts[i] = facts_of(&made);
    assert_int_equal(facts[0].outcome, GATE_PASS);
    expect_of(&run, &facts[0], ADVICE_DEPLOY, "not worse");
    advice_adjust(facts, 3);
    expect_of(&run, &facts[0], ADVICE_UNDECIDED, "by Holm's correction");
}

static void test_a_planned_look_is_corrected_at_its_own_level(void **state)
{
    (void)state;
    struct advice_run run = {.baseline = "large", .candidate_count = 3};
    struct advice_facts facts[3];
    struct made made = {.losses = 6, .wins = 6, .margin = 0.024, .cost = 0.5, .tail = 0.01};
    for (int i = 0; i < 3; i++)
        facts[i] = facts_of(&made);
    assert_int_equal(facts[0].outcome, GATE_PASS);
    assert_true(isnan(facts[0].compare.p));
    advice_adjust(facts, 3);
    assert_true(3 * facts[0].compare.p_ni < 0.025); /* and yet above a third of 0.01 */
    expect_of(&run, &facts[0], ADVICE_UNDECIDED, "by Holm's correction");
    facts[0] = facts_of(&(struct made){.wins = 40, .margin = 0.022, .tail = 0.01});
    advice_adjust(facts, 3);
    expect_of(&run, &facts[0], ADVICE_DEPLOY, "it is better (difference 10.0 points, 98 %");
}

/* ---- the best of several ---- */

#define K_MAX 15

/* k candidates whose errors are independent, each of that standard deviation. */
static double optimism_of(const double *means, size_t k, double sd)
{
    double variances[K_MAX * K_MAX] = {0};
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            variances[i * k + j] = i == j ? 0 : 2 * sd * sd;
    return stats_optimism_of_best(means, variances, k);
}

static void assert_near(double ours, double expected)
{
    if (!(fabs(ours - expected) <= 0.025 * expected))
        fail_msg("%.6f, not %.6f", ours, expected);
}

/* The expected largest of k standard normals, as tables of order statistics print it. */
static void test_the_best_of_equals_is_overstated_by_the_largest_of_k_errors(void **state)
{
    static const double equal[K_MAX] = {0};
    (void)state;
    assert_near(optimism_of(equal, 2, 1), 0.56419);
    assert_near(optimism_of(equal, 3, 1), 0.84628);
    assert_near(optimism_of(equal, 10, 1), 1.53875);
    assert_near(optimism_of(equal, 15, 0.1), 0.173591);
}

static void test_who_is_far_ahead_is_not_overstated(void **state)
{
    (void)state;
    assert_true(fabs(optimism_of((double[]){0.9, 0.5, 0.5}, 3, 0.02)) < 0.001);
    /* sqrt(2) sd phi(1 / sqrt(2)), when two are a standard deviation apart */
    assert_near(optimism_of((double[]){0.52, 0.5}, 2, 0.02), 0.02 * 0.439391);
}

static void test_two_candidates_that_answer_alike_count_once(void **state)
{
    const double v = 2, variances[] = {0, 0, v, 0, 0, v, v, v, 0};
    (void)state;
    assert_near(stats_optimism_of_best((double[]){0, 0, 0}, variances, 3), 0.56419);
}

static void test_one_candidate_is_no_choice(void **state)
{
    (void)state;
    assert_true(optimism_of((double[]){0.7}, 1, 0.1) == 0);
    assert_true(isnan(optimism_of((double[]){0.7, 0.7}, 2, NAN)));
}

static void add_noisy_rows(const struct group *group, size_t member_count, int64_t case_count)
{
    for (int64_t i = 0; i < case_count; i++)
        for (uint32_t member = 0; member < member_count; member++)
            report_add_score(group, member, i, (i + member) % 5 < 4);
}

static void test_a_result_says_by_how_much_the_best_is_overstated(void **state)
{
    struct group group = report_group(*state, 3, 50);
    add_noisy_rows(&group, 3, 50);
    const struct as_json *result = report_make(&group);
    const char *sentence = as_json_get_cstr(result, "best_of");
    assert_non_null(sentence);
    assert_non_null(strstr(sentence, "2 candidates were tried and 'small' has the highest mean"));
    /* 20 of 50 differences are 1 or -1: sqrt(0.4 / 49) phi(0) */
    assert_non_null(strstr(sentence, "by 3.6 should they all be equally good"));
    report_done(&group);
}

static void test_a_single_candidate_has_no_best_of(void **state)
{
    struct group group = report_group(*state, 2, 10);
    add_noisy_rows(&group, 2, 10);
    const struct as_json *result = report_make(&group);
    assert_text(result, "best_of", NULL);
    assert_num(comparison_of(result, 1, EXACT), "p_holm",
               as_json_get_num(comparison_of(result, 1, EXACT), "p", NAN));
    assert_false(as_json_has(comparison_of(result, 1, JUDGE), "p_holm"));
    report_done(&group);
}

static void test_every_candidate_has_a_recommendation(void **state)
{
    struct group group = report_group(*state, 3, 50);
    add_noisy_rows(&group, 3, 50);
    group.gate.margin = 0.05;
    const struct as_json *list = as_json_get(report_make(&group), "recommendations");
    assert_int_equal(as_json_len(list), 2);
    assert_text(as_json_at(list, 0), "candidate", "small");
    assert_text(as_json_at(list, 1), "candidate", "tiny");
    assert_text(as_json_at(list, 1), "action", "undecided");
    assert_num(as_json_at(list, 1), "n", 50);
    report_done(&group);
}

#define REPORT_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cheaper_candidate_that_is_not_worse_is_deployed),
        cmocka_unit_test(test_a_candidate_that_loses_is_not),
        cmocka_unit_test(test_a_failed_check_is_named_with_what_it_saw),
        cmocka_unit_test(test_a_check_of_another_metric_is_named_too),
        cmocka_unit_test(test_what_a_margin_leaves_open_is_undecided_with_what_would_decide),
        cmocka_unit_test(test_too_few_pairs_are_undecided),
        cmocka_unit_test(test_dearer_and_no_better_is_kept_away_although_it_passes),
        cmocka_unit_test(test_an_unknown_cost_is_said_and_not_taken_for_a_loss),
        cmocka_unit_test(test_a_loss_within_the_margin_is_called_one),
        cmocka_unit_test(test_without_a_margin_only_a_clear_difference_decides),
        cmocka_unit_test(test_better_was_asked_for_and_is_not_shown),
        cmocka_unit_test(test_a_stopped_run_recommends_nothing),
        cmocka_unit_test(test_what_is_significant_alone_may_not_be_among_several),
        cmocka_unit_test(test_ruling_out_a_loss_is_adjusted_too),
        cmocka_unit_test(test_a_planned_look_is_corrected_at_its_own_level),
        cmocka_unit_test(test_the_best_of_equals_is_overstated_by_the_largest_of_k_errors),
        cmocka_unit_test(test_who_is_far_ahead_is_not_overstated),
        cmocka_unit_test(test_two_candidates_that_answer_alike_count_once),
        cmocka_unit_test(test_one_candidate_is_no_choice),
        REPORT_TEST(test_a_result_says_by_how_much_the_best_is_overstated),
        REPORT_TEST(test_a_single_candidate_has_no_best_of),
        REPORT_TEST(test_every_candidate_has_a_recommendation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
