/* daemon/gate: each check and what it does to the verdict, on cases made by hand; then the golden
 * gates. */
#include "daemon/gate/gate.h"
#include "daemon/gate/sentence.h"
#include "daemon/stats/dist.h"
#include "tests/golden/golden.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER TESTS_DIR "/golden"
#define CASES 400

/* A gate over CASES cases on which both members score 1, to be spoilt by each test. */
struct fixture {
    struct gate_rules rules;
    struct stats_case cases[CASES];
    bool critical[CASES];
    double baseline_ms[CASES], candidate_ms[CASES];
    double baseline_usd[CASES], candidate_usd[CASES];
    struct gate_input input;
    struct gate_verdict verdict;
};

static int setup(void **state)
{
    struct fixture *f = as_xcalloc(1, sizeof(*f));
    gate_rules_init(&f->rules);
    f->rules.margin = 0.05;
    for (int i = 0; i < CASES; i++) {
        f->cases[i] = (struct stats_case){
            {1, STATS_SCORED}, {1, STATS_SCORED}, STATS_NO_CLUSTER, STATS_NO_STRATUM};
        f->baseline_ms[i] = f->candidate_ms[i] = 100 + i;
        f->baseline_usd[i] = f->candidate_usd[i] = 0.001;
    }
    f->input = (struct gate_input){
        .cases = f->cases,
        .is_critical = f->critical,
        .n = CASES,
        .baseline = {f->baseline_ms, CASES, f->baseline_usd},
        .candidate = {f->candidate_ms, CASES, f->candidate_usd},
    };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    gate_verdict_done(&f->verdict);
    free(f);
    return 0;
}

static const struct gate_check *evaluate(struct fixture *f, enum gate_check_id id)
{
    gate_verdict_done(&f->verdict);
    assert_int_equal(gate_evaluate(&f->rules, &f->input, &f->verdict), 0);
    return &f->verdict.checks[id];
}

static void lose(struct fixture *f, int first, int count)
{
    for (int i = first; i < first + count; i++)
        f->cases[i].candidate.value = 0;
}

static void win(struct fixture *f, int first, int count)
{
    for (int i = first; i < first + count; i++)
        f->cases[i].baseline.value = 0;
}

static void test_gate_passes_when_nothing_differs(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(evaluate(f, GATE_CHECK_NONINFERIORITY)->outcome, GATE_PASS);
    assert_int_equal(f->verdict.outcome, GATE_PASS);
    assert_int_equal(f->verdict.headline, -1);
    assert_string_equal(f->verdict.advice, "");
}

static void test_gate_fails_when_the_loss_exceeds_the_margin(void **state)
{
    struct fixture *f = *state;
    lose(f, 0, 60);
    const struct gate_check *check = evaluate(f, GATE_CHECK_NONINFERIORITY);
    assert_int_equal(check->outcome, GATE_FAIL);
    assert_int_equal(f->verdict.outcome, GATE_FAIL);
    assert_int_equal(f->verdict.headline, GATE_CHECK_NONINFERIORITY);
    assert_int_equal(check->evidence_total, 60);
    assert_int_equal(check->n_evidence, GATE_EVIDENCE_MAX);
    assert_int_equal(check->evidence[GATE_EVIDENCE_MAX - 1], GATE_EVIDENCE_MAX - 1);
}

static void test_gate_is_undecided_when_the_interval_straddles_the_margin(void **state)
{
    struct fixture *f = *state;
    lose(f, 0, 40);
    win(f, 40, 24);
    assert_int_equal(evaluate(f, GATE_CHECK_NONINFERIORITY)->outcome, GATE_INCONCLUSIVE);
    assert_int_equal(f->verdict.outcome, GATE_INCONCLUSIVE);
}

static void test_gate_undecided_says_how_many_more_cases_would_decide(void **state)
{
    struct fixture *f = *state;
    lose(f, 0, 40);
    win(f, 40, 24);
    evaluate(f, GATE_CHECK_NONINFERIORITY);
    assert_true(f->verdict.plan.more_if_equal >= 1);
    assert_true(f->verdict.plan.more_if_observed > f->verdict.plan.more_if_equal);
    assert_non_null(strstr(f->verdict.advice, "more cases"));
}

/* With so many pairs, of the same spread, the same interval just leaves the margin out four times
 * in five: the distance in standard errors is z of the tail plus z of the power. */
static void test_more_cases_after_a_planned_look_are_by_the_looks_interval(void **state)
{
    struct fixture *f = *state;
    const double tails[] = {STATS_TAIL, 0.0047, 1e-6};
    lose(f, 0, 40);
    win(f, 40, 24);
    for (size_t i = 0; i < AS_COUNT(tails); i++) {
        f->input.tail = tails[i];
        evaluate(f, GATE_CHECK_NONINFERIORITY);
        const struct stats_paired *paired = &f->verdict.compare;
        double n = f->verdict.plan.n_if_observed, now = (double)paired->n;
        double spread = n * now * paired->se_clustered * paired->se_clustered +
                        2 * paired->scale * paired->scale;
        double distance = (paired->margin + paired->diff) * (n + 2) / sqrt(spread);
        double wanted = stats_normal_quantile(1 - tails[i]) + stats_normal_quantile(0.8);
        if (!(distance >= wanted && distance < wanted * 1.01))
            fail_msg("tail %g: %g more pairs are %g standard errors, not %g", tails[i], n, distance,
                     wanted);
    }
}

static void test_gate_counts_as_many_more_cases_as_min_pairs_asks(void **state)
{
    struct fixture *f = *state;
    f->rules.min_pairs = CASES + 100;
    assert_int_equal(evaluate(f, GATE_CHECK_SUFFICIENCY)->outcome, GATE_INCONCLUSIVE);
    assert_true(f->verdict.more_for_min_pairs == 100);
    assert_string_equal(f->verdict.advice, "100 more cases are needed");
}

static void test_gate_fails_on_one_critical_regression_though_better_overall(void **state)
{
    struct fixture *f = *state;
    win(f, 100, 80);
    lose(f, 7, 1);
    f->critical[7] = f->critical[8] = true;
    f->rules.critical = GATE_CRITICAL_NO_REGRESSION;
    const struct gate_check *check = evaluate(f, GATE_CHECK_CRITICAL);
    assert_int_equal(check->outcome, GATE_FAIL);
    assert_int_equal(check->evidence[0], 7);
    assert_int_equal(f->verdict.outcome, GATE_FAIL);
    assert_true(f->verdict.compare.ci_low > 0);
    assert_non_null(strstr(f->verdict.sentence, "critical cases: 1 regression of 2"));
}

static void test_gate_counts_a_failed_call_on_a_critical_case_as_a_regression(void **state)
{
    struct fixture *f = *state;
    f->critical[3] = true;
    f->cases[3].candidate.state = STATS_FAILED;
    f->rules.critical = GATE_CRITICAL_NO_REGRESSION;
    assert_int_equal(evaluate(f, GATE_CHECK_CRITICAL)->outcome, GATE_FAIL);
}

static void test_gate_is_undecided_when_a_critical_case_was_not_run(void **state)
{
    struct fixture *f = *state;
    f->critical[3] = true;
    f->cases[3].candidate.state = STATS_MISSING;
    f->rules.critical = GATE_CRITICAL_NO_REGRESSION;
    assert_int_equal(evaluate(f, GATE_CHECK_CRITICAL)->outcome, GATE_INCONCLUSIVE);
    assert_non_null(strstr(f->verdict.sentence, "(1 not run)"));
}

static void test_gate_must_pass_fails_on_what_both_models_fail(void **state)
{
    struct fixture *f = *state;
    f->critical[3] = true;
    lose(f, 3, 1);
    win(f, 3, 1);
    f->rules.critical = GATE_CRITICAL_NO_REGRESSION;
    assert_int_equal(evaluate(f, GATE_CHECK_CRITICAL)->outcome, GATE_PASS);
    f->rules.critical = GATE_CRITICAL_MUST_PASS;
    assert_int_equal(evaluate(f, GATE_CHECK_CRITICAL)->outcome, GATE_FAIL);
}

static void test_gate_puts_up_with_max_critical_regressions(void **state)
{
    struct fixture *f = *state;
    f->critical[3] = true;
    lose(f, 3, 1);
    f->rules.critical = GATE_CRITICAL_NO_REGRESSION;
    f->rules.max_critical = 1;
    assert_int_equal(evaluate(f, GATE_CHECK_CRITICAL)->outcome, GATE_PASS);
}

static void test_gate_fails_above_the_error_cap_and_not_at_it(void **state)
{
    struct fixture *f = *state;
    f->rules.max_failure_rate = 0.01;
    for (int i = 0; i < 4; i++)
        f->cases[i].candidate.state = STATS_FAILED;
    assert_int_equal(evaluate(f, GATE_CHECK_FAILURE_RATE)->outcome, GATE_PASS);
    f->cases[4].candidate.state = STATS_FAILED;
    const struct gate_check *check = evaluate(f, GATE_CHECK_FAILURE_RATE);
    assert_int_equal(check->outcome, GATE_FAIL);
    assert_int_equal(check->evidence_total, 5);
}

static void test_gate_is_undecided_when_too_many_cases_have_no_pair(void **state)
{
    struct fixture *f = *state;
    f->rules.max_missing_rate = 0.01;
    for (int i = 10; i < 20; i++)
        f->cases[i].baseline.state = STATS_MISSING;
    const struct gate_check *check = evaluate(f, GATE_CHECK_MISSING);
    assert_int_equal(check->outcome, GATE_INCONCLUSIVE);
    assert_int_equal(check->evidence_total, 10);
    assert_int_equal(check->evidence[0], 10);
    assert_int_equal(f->verdict.headline, GATE_CHECK_MISSING);
}

static void test_gate_counts_a_pair_with_an_error_of_ours_as_missing(void **state)
{
    struct fixture *f = *state;
    bool is_incomplete[CASES] = {[3] = true, [12] = true};
    f->input.is_incomplete = is_incomplete;
    f->rules.max_missing_rate = 11.0 / CASES;
    for (int i = 10; i < 20; i++) /* the 12th is there once */
        f->cases[i].baseline.state = STATS_MISSING;
    assert_int_equal(evaluate(f, GATE_CHECK_MISSING)->outcome, GATE_PASS);
    is_incomplete[4] = true;
    const struct gate_check *check = evaluate(f, GATE_CHECK_MISSING);
    assert_int_equal(check->outcome, GATE_INCONCLUSIVE);
    assert_int_equal(check->evidence_total, 12);
    assert_int_equal(check->evidence[0], 3);
    assert_int_equal(f->verdict.counts.unpaired, 10);
    assert_int_equal(f->verdict.compare.n, CASES - 10);
}

static void test_gate_asks_for_clusters_only_where_cases_have_them(void **state)
{
    struct fixture *f = *state;
    f->rules.min_clusters = 10;
    for (int i = 0; i < CASES; i++)
        f->cases[i].cluster = i % 5;
    assert_int_equal(evaluate(f, GATE_CHECK_SUFFICIENCY)->outcome, GATE_INCONCLUSIVE);
    for (int i = 0; i < CASES; i++)
        f->cases[i].cluster = STATS_NO_CLUSTER;
    assert_int_equal(evaluate(f, GATE_CHECK_SUFFICIENCY)->outcome, GATE_PASS);
}

static void test_gate_floor_looks_at_the_interval_or_at_the_point(void **state)
{
    struct fixture *f = *state;
    lose(f, 0, 40);
    win(f, 0, 40);
    f->rules.floor = (struct gate_floor){0.89, GATE_FLOOR_CI};
    assert_int_equal(evaluate(f, GATE_CHECK_FLOOR)->outcome, GATE_INCONCLUSIVE);
    f->rules.floor.mode = GATE_FLOOR_POINT;
    assert_int_equal(evaluate(f, GATE_CHECK_FLOOR)->outcome, GATE_PASS);
    f->rules.floor.value = 0.91;
    assert_int_equal(evaluate(f, GATE_CHECK_FLOOR)->outcome, GATE_FAIL);
}

static void test_gate_superiority_needs_the_interval_above_zero(void **state)
{
    struct fixture *f = *state;
    f->rules.require_superiority = true;
    assert_int_equal(evaluate(f, GATE_CHECK_SUPERIORITY)->outcome, GATE_INCONCLUSIVE);
    win(f, 0, 30);
    assert_int_equal(evaluate(f, GATE_CHECK_SUPERIORITY)->outcome, GATE_PASS);
}

static void test_gate_fails_on_one_stratum_that_is_worse(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"legal", "other"};
    for (int i = 0; i < CASES; i++)
        f->cases[i].stratum = i >= 50;
    f->input.stratum_names = names;
    f->input.n_strata = 2;
    f->rules.stratum_margin = 0.05;
    win(f, 100, 100);
    lose(f, 0, 20);
    const struct gate_check *check = evaluate(f, GATE_CHECK_STRATA);
    assert_int_equal(check->outcome, GATE_FAIL);
    assert_non_null(strstr(check->text, "legal"));
    assert_int_equal(f->verdict.checks[GATE_CHECK_NONINFERIORITY].outcome, GATE_PASS);
}

static void test_gate_p95_needs_twenty_latencies(void **state)
{
    struct fixture *f = *state;
    f->rules.latency_p95_max_ms = 1000;
    f->input.candidate.n_latencies = 19;
    assert_int_equal(evaluate(f, GATE_CHECK_LATENCY_P95)->outcome, GATE_INCONCLUSIVE);
    f->input.candidate.n_latencies = 20;
    assert_int_equal(evaluate(f, GATE_CHECK_LATENCY_P95)->outcome, GATE_PASS);
}

static void test_gate_fails_above_a_latency_cap(void **state)
{
    struct fixture *f = *state;
    f->rules.latency_p50_max_ms = 200;
    assert_int_equal(evaluate(f, GATE_CHECK_LATENCY_P50)->outcome, GATE_FAIL);
    f->rules.latency_p95_max_ratio = 1;
    assert_int_equal(evaluate(f, GATE_CHECK_LATENCY_P95_RATIO)->outcome, GATE_PASS);
}

static void test_gate_fails_above_a_cost_cap(void **state)
{
    struct fixture *f = *state;
    f->rules.cost_max_ratio = 1.5;
    for (int i = 0; i < CASES; i++)
        f->candidate_usd[i] = 0.002;
    assert_int_equal(evaluate(f, GATE_CHECK_COST_RATIO)->outcome, GATE_FAIL);
}

static void test_every_cap_says_how_many_it_was_measured_on(void **state)
{
    static const struct {
        enum gate_check_id id;
        const char *says;
    } caps[] = {
        {GATE_CHECK_MISSING, "(n=400 cases)"},
        {GATE_CHECK_FAILURE_RATE, "(n=399 cases)"},
        {GATE_CHECK_LATENCY_P50, "(n=30 latencies)"},
        {GATE_CHECK_LATENCY_P95, "(n=30 latencies)"},
        {GATE_CHECK_LATENCY_P95_RATIO, "(n=25 latencies on each side at least)"},
        {GATE_CHECK_COST_MEAN, "(n=400 cases with a price)"},
        {GATE_CHECK_COST_RATIO, "(n=398 cases with both prices)"},
    };
    struct fixture *f = *state;
    f->rules.max_missing_rate = f->rules.max_failure_rate = f->rules.cost_mean_max = 1;
    f->rules.latency_p50_max_ms = f->rules.latency_p95_max_ms = 1e6;
    f->rules.latency_p95_max_ratio = f->rules.cost_max_ratio = 100;
    f->cases[0].candidate.state = STATS_MISSING;
    f->baseline_usd[1] = f->baseline_usd[2] = NAN;
    f->input.candidate.n_latencies = 30;
    f->input.baseline.n_latencies = 25;
    for (size_t i = 0; i < AS_COUNT(caps); i++) {
        const struct gate_check *check = evaluate(f, caps[i].id);
        if (!strstr(check->text, caps[i].says))
            fail_msg("'%s' does not say '%s'", check->text, caps[i].says);
    }
}

static void test_gate_never_takes_an_unknown_price_for_free(void **state)
{
    struct fixture *f = *state;
    f->rules.cost_mean_max = 0.01;
    f->input.candidate.cost_usd = NULL;
    assert_int_equal(evaluate(f, GATE_CHECK_COST_MEAN)->outcome, GATE_INCONCLUSIVE);
    assert_true(isnan(f->verdict.detail.cost_mean));
}

static void test_gate_fail_outranks_undecided_in_outcome_and_headline(void **state)
{
    struct fixture *f = *state;
    f->rules.min_pairs = CASES + 1;
    f->rules.latency_p50_max_ms = 1;
    evaluate(f, GATE_CHECK_LATENCY_P50);
    assert_int_equal(f->verdict.outcome, GATE_FAIL);
    assert_int_equal(f->verdict.headline, GATE_CHECK_LATENCY_P50);
}

static void test_gate_skips_what_is_not_configured(void **state)
{
    struct fixture *f = *state;
    gate_rules_init(&f->rules);
    evaluate(f, GATE_CHECK_MISSING);
    for (int id = 0; id < GATE_CHECK_COUNT; id++)
        assert_int_equal(f->verdict.checks[id].outcome, GATE_SKIP);
}

static void test_gate_without_cases_is_undecided(void **state)
{
    struct fixture *f = *state;
    f->input.n = 0;
    f->rules.max_failure_rate = 0.02;
    evaluate(f, GATE_CHECK_NONINFERIORITY);
    assert_int_equal(f->verdict.outcome, GATE_INCONCLUSIVE);
    assert_string_equal(f->verdict.sentence, "too little to compare (n=0 pairs, 0 independent)");
}

static void test_gate_refuses_a_stratum_that_has_no_name(void **state)
{
    struct fixture *f = *state;
    f->cases[0].stratum = 0;
    assert_int_equal(gate_evaluate(&f->rules, &f->input, &f->verdict), AS_EINVAL);
}

static void test_points_show_more_decimals_before_they_read_as_zero(void **state)
{
    (void)state;
    assert_string_equal(gate_points(0.0307).text, "3.1");
    assert_string_equal(gate_points(0.0003).text, "0.03");
    assert_string_equal(gate_points(-0.00003).text, "-0.003");
    assert_string_equal(gate_points(-0.0000001).text, "0.000");
    assert_string_equal(gate_points(0).text, "0.0");
    assert_string_equal(gate_points(NAN).text, "n/a");
}

static void test_golden_gates_give_their_outcomes_numbers_and_sentences(void **state)
{
    (void)state;
    struct golden_counts counts = {0};
    assert_int_equal(golden_check(FOLDER, "gate", stderr, &counts, NULL), 0);
    assert_true(counts.equal > 900);
    assert_int_equal(counts.different, 0);
    assert_int_equal(counts.not_produced, 0);
}

#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(test_gate_passes_when_nothing_differs),
        GATE_TEST(test_gate_fails_when_the_loss_exceeds_the_margin),
        GATE_TEST(test_gate_is_undecided_when_the_interval_straddles_the_margin),
        GATE_TEST(test_gate_undecided_says_how_many_more_cases_would_decide),
        GATE_TEST(test_more_cases_after_a_planned_look_are_by_the_looks_interval),
        GATE_TEST(test_gate_counts_as_many_more_cases_as_min_pairs_asks),
        GATE_TEST(test_gate_fails_on_one_critical_regression_though_better_overall),
        GATE_TEST(test_gate_counts_a_failed_call_on_a_critical_case_as_a_regression),
        GATE_TEST(test_gate_is_undecided_when_a_critical_case_was_not_run),
        GATE_TEST(test_gate_must_pass_fails_on_what_both_models_fail),
        GATE_TEST(test_gate_puts_up_with_max_critical_regressions),
        GATE_TEST(test_gate_fails_above_the_error_cap_and_not_at_it),
        GATE_TEST(test_gate_is_undecided_when_too_many_cases_have_no_pair),
        GATE_TEST(test_gate_counts_a_pair_with_an_error_of_ours_as_missing),
        GATE_TEST(test_gate_asks_for_clusters_only_where_cases_have_them),
        GATE_TEST(test_gate_floor_looks_at_the_interval_or_at_the_point),
        GATE_TEST(test_gate_superiority_needs_the_interval_above_zero),
        GATE_TEST(test_gate_fails_on_one_stratum_that_is_worse),
        GATE_TEST(test_gate_p95_needs_twenty_latencies),
        GATE_TEST(test_gate_fails_above_a_latency_cap),
        GATE_TEST(test_gate_fails_above_a_cost_cap),
        GATE_TEST(test_every_cap_says_how_many_it_was_measured_on),
        GATE_TEST(test_gate_never_takes_an_unknown_price_for_free),
        GATE_TEST(test_gate_fail_outranks_undecided_in_outcome_and_headline),
        GATE_TEST(test_gate_skips_what_is_not_configured),
        GATE_TEST(test_gate_without_cases_is_undecided),
        GATE_TEST(test_gate_refuses_a_stratum_that_has_no_name),
        cmocka_unit_test(test_points_show_more_decimals_before_they_read_as_zero),
        cmocka_unit_test(test_golden_gates_give_their_outcomes_numbers_and_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
