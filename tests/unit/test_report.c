/* daemon/report: members and comparisons of a small group, against figures made by hand. */
#include "daemon/report/table.h"
#include "tests/unit/report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NEAR 1e-9

/* ---- one group of five cases ---- */

/* large: priced, all ok; small: without prices, two ok; tiny: none ok. */
static const struct fact five_cases[] = {
    {0, 0, ROW_OK, 1, 0.9, 100, 0.01, 0.001, 0, 0},
    {0, 1, ROW_OK, 1, 0.8, 200, 0.01, 0.001, 0, 0},
    {0, 2, ROW_OK, 0, 0.5, 300, 0.01, 0.001, 0, 0},
    {0, 3, ROW_OK, 1, NAN, 400, 0.01, 0.001, 0, 0},
    {0, 4, ROW_OK, 0, 0.2, 500, 0.01, 0.001, 0, 0},
    {1, 0, ROW_OK, 1, 0.7, 50, NAN, NAN, 0, 0},
    {1, 1, ROW_MODEL_ERROR, NAN, NAN, NAN, NAN, NAN, 0, 0},
    {1, 2, ROW_OK, 1, 0.5, 70, NAN, NAN, 0, 0},
    {1, 3, ROW_JUDGE_ERROR, NAN, NAN, 60, NAN, NAN, 0, 0},
    {1, 4, ROW_TIMEOUT, NAN, NAN, 1000, NAN, NAN, 0, 0},
    {2, 0, ROW_REFUSED, NAN, NAN, NAN, NAN, NAN, 0, 0},
    {2, 1, ROW_MODEL_ERROR, NAN, NAN, NAN, NAN, NAN, 0, 0},
    {2, 2, ROW_REFUSED, NAN, NAN, NAN, NAN, NAN, 0, 0},
    {2, 3, ROW_SKIPPED, NAN, NAN, NAN, NAN, NAN, 0, 0},
    {2, 4, ROW_CANCELLED, NAN, NAN, NAN, NAN, NAN, 0, 0},
};

static struct group group_of_five(struct store_fixture *f)
{
    struct group group = report_group(f, 3, 5);
    report_add_all(&group, five_cases, AS_COUNT(five_cases));
    group.gate.margin = 0.1;
    group.gate.max_failure_rate = 0.1;
    group.gate.critical = GATE_CRITICAL_NO_REGRESSION;
    return group;
}

static void test_a_member_is_counted_by_status(void **state)
{
    struct group group = group_of_five(*state);
    const struct as_json *result = report_make(&group);
    static const struct {
        const char *role, *statuses;
        double ok, failed, missing;
    } want[] = {
        {"baseline", "{\"ok\":5}", 5, 0, 0},
        {"candidate", "{\"judge_error\":1,\"model_error\":1,\"ok\":2,\"timeout\":1}", 2, 3, 0},
        {"candidate", "{\"cancelled\":1,\"model_error\":1,\"refused\":2,\"skipped\":1}", 0, 3, 2},
    };
    for (size_t i = 0; i < AS_COUNT(want); i++) {
        const struct as_json *member = member_of(result, i);
        assert_text(member, "model", member_names[i]);
        assert_text(member, "role", want[i].role);
        assert_num(member, "rows", 5);
        assert_num(member, "ok", want[i].ok);
        assert_num(member, "failed", want[i].failed);
        assert_num(member, "missing", want[i].missing);
        assert_written(member, "statuses", want[i].statuses);
    }
    report_done(&group);
}

static void test_a_members_scores_are_those_of_its_ok_rows(void **state)
{
    struct group group = group_of_five(*state);
    const struct as_json *result = report_make(&group);
    const struct as_json *large = metric_of(result, 0, EXACT), *small = metric_of(result, 1, EXACT);
    assert_text(large, "metric", "exact_match");
    assert_num(large, "n", 5);
    assert_num(large, "mean", 0.6);
    assert_num(large, "pass_rate", 0.6);
    assert_num(large, "min", 0);
    assert_num(large, "median", 1);
    assert_num(large, "max", 1);
    assert_text(large, "ci_method", "wilson");
    assert_interval(large, 0.23072, 0.88238, 5e-6); /* 3 of 5 */
    assert_num(small, "n", 2);
    assert_num(small, "mean", 1);
    assert_num(small, "pass_rate", 1);
    assert_interval(small, 0.34238, 1, 5e-6); /* 2 of 2: 2 / (2 + 1.95996^2) */
    report_done(&group);
}

static void test_a_judges_metric_leaves_out_what_it_does_not_apply_to(void **state)
{
    struct group group = group_of_five(*state);
    const struct as_json *result = report_make(&group);
    const struct as_json *large = metric_of(result, 0, JUDGE), *small = metric_of(result, 1, JUDGE);
    assert_text(large, "metric", "correctness");
    assert_num(large, "n", 4);
    assert_num(large, "na", 1);
    assert_num(large, "mean", 0.6);       /* (0.9 + 0.8 + 0.5 + 0.2) / 4 */
    assert_num(large, "pass_rate", 0.75); /* 0.5 is a pass */
    assert_num(large, "min", 0.2);
    assert_num(large, "p10", 0.29); /* 0.2 + 0.3 * (0.5 - 0.2) */
    assert_num(large, "median", 0.65);
    assert_num(large, "max", 0.9);
    assert_text(large, "ci_method", "plus4t");
    assert_int_equal(as_json_len(as_json_get(large, "ci")), 2);
    assert_num(small, "n", 2);
    assert_num(small, "na", 0);
    assert_num(small, "mean", 0.6);
    report_done(&group);
}

static void test_a_member_without_an_ok_row_has_no_mean(void **state)
{
    static const char *const keys[] = {"mean", "min", "p10", "median", "max", "pass_rate"};
    struct group group = group_of_five(*state);
    const struct as_json *result = report_make(&group);
    for (size_t m = 0; m < METRIC_COUNT; m++) {
        const struct as_json *metric = metric_of(result, 2, m);
        assert_num(metric, "n", 0);
        for (size_t i = 0; i < AS_COUNT(keys); i++)
            assert_num(metric, keys[i], NAN);
        assert_text(metric, "ci", NULL);
        assert_text(metric, "ci_method", NULL);
    }
    const struct as_json *member = member_of(result, 2);
    assert_num(member, "latency_n", 0);
    assert_num(member, "latency_p50_ms", NAN);
    assert_num(member, "latency_p95_ms", NAN);
    assert_num(member, "input_tokens", NAN);
    assert_num(member, "cost_usd", NAN);
    report_done(&group);
}

static void test_latency_is_that_of_every_row_with_one(void **state)
{
    struct group group = group_of_five(*state);
    const struct as_json *result = report_make(&group);
    assert_num(member_of(result, 0), "latency_n", 5);
    assert_num(member_of(result, 0), "latency_p50_ms", 300);
    assert_num(member_of(result, 0), "latency_p95_ms", 480); /* 400 + 0.8 * 100 */
    assert_num(member_of(result, 1), "latency_n", 4);        /* the timeout too */
    assert_num(member_of(result, 1), "latency_p50_ms", 65);
    assert_num(member_of(result, 1), "latency_p95_ms", 860.5); /* 70 + 0.85 * 930 */
    report_done(&group);
}

static void test_tokens_and_dollars_are_sums_and_unpriced_is_not_zero(void **state)
{
    struct group group = group_of_five(*state);
    const struct as_json *result = report_make(&group);
    const struct as_json *large = member_of(result, 0), *small = member_of(result, 1);
    assert_num(large, "input_tokens", 50);
    assert_num(large, "output_tokens", 100);
    assert_num(large, "cost_usd", 0.05);
    assert_num(large, "cost_per_pass_usd", 0.05 / 3);
    assert_num(large, "judge_cost_usd", 0.005);
    assert_num(small, "input_tokens", 20);
    assert_num(small, "output_tokens", 40);
    assert_num(small, "cost_usd", NAN);
    assert_num(small, "cost_per_pass_usd", NAN);
    assert_num(small, "judge_cost_usd", NAN);
    report_done(&group);
}

static void test_nothing_spent_is_zero_dollars_and_an_unknown_price_is_none(void **state)
{
    struct group group = report_group(*state, 3, 2);
    static const struct fact facts[] = {
        {0, 0, ROW_MODEL_ERROR, NAN, NAN, NAN, 0, 0, 0, 0},
        {0, 1, ROW_MODEL_ERROR, NAN, NAN, NAN, 0, 0, 0, 0},
        {1, 0, ROW_TIMEOUT, NAN, NAN, NAN, NAN, 0, 0, 0},
        {1, 1, ROW_OK, 1, 1, NAN, NAN, NAN, 0, 0},
        {2, 0, ROW_OK, 1, 1, NAN, 0.02, 0.01, 0, 0},
        {2, 1, ROW_OK, 1, 1, NAN, NAN, 0, 0, 0},
    };
    report_add_all(&group, facts, AS_COUNT(facts));
    const struct as_json *result = report_make(&group);
    assert_num(member_of(result, 0), "cost_usd", 0);
    assert_num(member_of(result, 0), "judge_cost_usd", 0);
    assert_num(member_of(result, 1), "cost_usd", NAN);
    assert_num(member_of(result, 1), "judge_cost_usd", NAN);
    assert_num(member_of(result, 2), "cost_usd", 0.02);
    assert_num(member_of(result, 2), "judge_cost_usd", 0.01);
    report_done(&group);
}

static void test_a_failure_that_cost_nothing_makes_no_case_cheap(void **state)
{
    struct group group = report_group(*state, 2, 2);
    static const struct fact facts[] = {
        {0, 0, ROW_OK, 1, 1, NAN, 0.01, 0, 0, 0},
        {0, 1, ROW_OK, 1, 1, NAN, 0.01, 0, 0, 0},
        {1, 0, ROW_OK, 1, 1, NAN, 0.04, 0, 0, 0},
        {1, 1, ROW_MODEL_ERROR, NAN, NAN, NAN, 0, 0, 0, 0},
    };
    group.gate.cost_mean_max = 1;
    report_add_all(&group, facts, AS_COUNT(facts));
    const struct as_json *check = check_of(verdict_of(report_make(&group), 1), "cost_mean");
    assert_num(check, "observed", 0.04);
    report_done(&group);
}

static void test_a_models_own_failure_loses_and_a_judges_is_no_pair(void **state)
{
    struct group group = group_of_five(*state);
    const struct as_json *compared = comparison_of(report_make(&group), 1, EXACT);
    assert_text(compared, "candidate", "small");
    assert_text(compared, "baseline", "large");
    assert_text(compared, "metric", "exact_match");
    assert_text(compared, "policy", "zero");
    assert_num(compared, "n_pairs", 4); /* c3: the judge failed */
    assert_num(compared, "unpaired", 1);
    assert_num(compared, "wins", 1);   /* c2 */
    assert_num(compared, "losses", 1); /* c1: 1 against a failed call */
    assert_num(compared, "ties", 2);
    assert_num(compared, "baseline_mean", 0.5);
    assert_num(compared, "candidate_mean", 0.5);
    assert_num(compared, "diff", 0);
    assert_num(compared, "diff_if_dropped", 0.5); /* c0 and c2 alone */
    assert_num(compared, "p", 1);
    assert_num(compared, "baseline_failed", 0);
    assert_num(compared, "candidate_failed", 2);
    const struct as_json *pair = as_json_get(compared, "ci");
    double low = as_json_num(as_json_at(pair, 0), NAN),
           high = as_json_num(as_json_at(pair, 1), NAN);
    assert_true(low < 0 && fabs(low + high) <= NEAR);
    report_done(&group);
}

static void test_the_judges_metric_is_compared_by_the_same_policy(void **state)
{
    struct group group = group_of_five(*state);
    const struct as_json *compared = comparison_of(report_make(&group), 1, JUDGE);
    assert_text(compared, "metric", "correctness");
    assert_num(compared, "n_pairs", 4);
    assert_num(compared, "wins", 0);
    assert_num(compared, "losses", 3); /* 0.9 > 0.7, 0.8 > 0, 0.2 > 0 */
    assert_num(compared, "ties", 1);
    assert_num(compared, "baseline_mean", 0.6);
    assert_num(compared, "candidate_mean", 0.3);
    assert_num(compared, "diff", -0.3);
    assert_false(as_json_has(compared, "diff_if_dropped"));
    report_done(&group);
}

static void test_what_was_never_run_is_missing_and_not_zero(void **state)
{
    struct group group = group_of_five(*state);
    const struct as_json *compared = comparison_of(report_make(&group), 2, EXACT);
    assert_num(compared, "n_pairs", 3); /* refused, failed, refused */
    assert_num(compared, "unpaired", 2);
    assert_num(compared, "wins", 0);
    assert_num(compared, "losses", 2);
    assert_num(compared, "ties", 1);
    assert_num(compared, "baseline_mean", 2.0 / 3);
    assert_num(compared, "candidate_mean", 0);
    assert_num(compared, "diff", -2.0 / 3);
    assert_num(compared, "diff_if_dropped", NAN); /* no pair is left */
    report_done(&group);
}

static void test_each_candidate_gets_its_verdict_and_the_group_the_worst(void **state)
{
    struct group group = group_of_five(*state);
    const struct as_json *result = report_make(&group);
    const struct as_json *small = verdict_of(result, 1), *tiny = verdict_of(result, 2);
    assert_text(small, "candidate", "small");
    assert_text(small, "outcome", "fail");
    const struct as_json *rate = check_of(small, "failure_rate");
    assert_text(rate, "outcome", "FAIL");
    assert_num(rate, "observed", 0.5); /* 2 of 4: of c3 nobody knows */
    assert_num(rate, "limit", 0.1);
    assert_written(rate, "evidence", "[\"c1\",\"c4\"]");
    assert_num(rate, "evidence_total", 2);
    assert_text(check_of(small, "critical"), "outcome", "PASS");
    assert_text(check_of(small, "noninferiority"), "outcome", "INCONCLUSIVE");
    assert_text(check_of(small, "latency_p95"), "outcome", "SKIP");
    assert_text(tiny, "outcome", "fail");
    assert_written(check_of(tiny, "critical"), "evidence", "[\"c0\"]");
    assert_text(result, "headline", "small: fail; tiny: fail");
    assert_text(result, "outcome", "fail");
    assert_string_equal(group.result.outcome, "fail");
    assert_text(result, "primary", "exact_match");
    report_done(&group);
}

static void test_rows_that_a_cancelled_run_never_made_are_missing(void **state)
{
    struct group group = report_group(*state, 2, 4);
    static const struct fact cancelled = {1, 1, ROW_CANCELLED, NAN, NAN, NAN, NAN, NAN, 0, 0};
    report_add_score(&group, 0, 0, 1);
    report_add_score(&group, 0, 1, 1);
    report_add_score(&group, 1, 0, 1);
    report_add(&group, &cancelled);
    const struct as_json *result = report_make(&group), *compared = comparison_of(result, 1, EXACT);
    assert_num(member_of(result, 0), "rows", 2);
    assert_num(member_of(result, 0), "missing", 2);
    assert_num(member_of(result, 1), "missing", 3);
    assert_num(member_of(result, 1), "failed", 0);
    assert_num(compared, "n_pairs", 1);
    assert_num(compared, "unpaired", 3);
    report_done(&group);
}

/* ---- policies, samples, passes ---- */

static void test_by_the_policy_drop_a_failed_call_is_no_pair(void **state)
{
    struct group group = group_of_five(*state);
    group.gate.policy = GATE_POLICY_DROP;
    const struct as_json *compared = comparison_of(report_make(&group), 1, EXACT);
    assert_text(compared, "policy", "drop");
    assert_num(compared, "n_pairs", 2);
    assert_num(compared, "unpaired", 3);
    assert_num(compared, "diff", 0.5);
    assert_num(compared, "candidate_failed", 2); /* told all the same */
    report_done(&group);
}

static void test_a_case_counts_by_the_mean_of_its_samples(void **state)
{
    struct group group = report_group(*state, 2, 1);
    static const struct fact facts[] = {
        {0, 0, ROW_OK, 1.0, NAN, NAN, 0.1, NAN, 0, 0},
        {0, 0, ROW_OK, 0.5, NAN, NAN, 0.2, NAN, 1, 0},
        {1, 0, ROW_OK, 1.0, NAN, NAN, NAN, NAN, 0, 0},
        {1, 0, ROW_TIMEOUT, NAN, NAN, NAN, NAN, NAN, 1, 0},
        {1, 0, ROW_JUDGE_ERROR, NAN, NAN, NAN, NAN, NAN, 2, 0},
        {1, 0, ROW_OK, 0.2, NAN, NAN, NAN, NAN, 3, 0},
    };
    report_add_all(&group, facts, AS_COUNT(facts));
    const struct as_json *result = report_make(&group), *compared = comparison_of(result, 1, EXACT);
    assert_num(metric_of(result, 0, EXACT), "n", 1);
    assert_num(metric_of(result, 0, EXACT), "mean", 0.75);
    assert_num(member_of(result, 0), "cost_usd", 0.3);
    assert_num(metric_of(result, 1, EXACT), "mean", 0.6);
    assert_num(compared, "n_pairs", 1);
    assert_num(compared, "candidate_mean", 0.4); /* (1 + 0 + 0.2) / 3: the judge's error is out */
    assert_num(compared, "diff_if_dropped", 0.6 - 0.75);
    report_done(&group);
}

static void test_a_scorers_word_on_passing_goes_before_the_threshold(void **state)
{
    struct group group = report_group(*state, 1, 4);
    static const struct fact facts[] = {
        {0, 0, ROW_OK, 0.9, NAN, NAN, NAN, NAN, 0, 2}, /* says no */
        {0, 1, ROW_OK, 0.1, NAN, NAN, NAN, NAN, 0, 1}, /* says yes */
        {0, 2, ROW_OK, 0.7, NAN, NAN, NAN, NAN, 0, 0},
        {0, 3, ROW_OK, 0.6, NAN, NAN, NAN, NAN, 0, 0},
    };
    group.gate.pass_threshold = 0.7;
    report_add_all(&group, facts, AS_COUNT(facts));
    assert_num(metric_of(report_make(&group), 0, EXACT), "pass_rate", 0.5);
    report_done(&group);
}

static void test_a_metric_that_applies_to_no_case_has_no_pass_rate(void **state)
{
    struct group group = report_group(*state, 1, 1);
    static const struct fact fact = {0, 0, ROW_OK, 1, NAN, NAN, NAN, NAN, 0, 0};
    report_add(&group, &fact);
    const struct as_json *metric = metric_of(report_make(&group), 0, JUDGE);
    assert_num(metric, "n", 0);
    assert_num(metric, "na", 1);
    assert_num(metric, "pass_rate", NAN);
    assert_num(metric, "mean", NAN);
    report_done(&group);
}

/* A row that a plugin of ours failed; metric METRIC_COUNT: without any score. */
static void add_partial_of(const struct group *group, uint32_t member, int64_t case_seq,
                           uint32_t metric, double value)
{
    const struct score_record score = {.metric = metric, .score = value, .pass = -1};
    struct scored_row row =
        fixture_row((struct row_key){group->spec.group_id, case_seq, member, 0});
    row.row.status = ROW_SCORER_ERROR;
    row.scores = &score;
    row.score_count = metric < METRIC_COUNT;
    fixture_commit_row(group->f->store, row);
}

static void add_partial(const struct group *group, int64_t case_seq, uint32_t metric, double value)
{
    add_partial_of(group, 1, case_seq, metric, value);
}

static struct report_swapped swapped(double score)
{
    return (struct report_swapped){REPORT_SWAPPED, {score, -1, isnan(score)}};
}

/* Of c1 the small model's exact score is missing, of c2 both are: its provider failed. */
static void test_a_failed_scorer_costs_its_score_and_no_other(void **state)
{
    struct group group = report_group(*state, 2, 3);
    for (int64_t i = 0; i < 3; i++)
        report_add_score(&group, 0, i, 1);
    report_add_score(&group, 1, 0, 1);
    add_partial(&group, 1, JUDGE, 0.5);
    add_partial(&group, 2, METRIC_COUNT, 0);
    const struct as_json *result = report_make(&group);
    assert_written(member_of(result, 1), "statuses", "{\"ok\":1,\"scorer_error\":2}");
    assert_num(member_of(result, 1), "ok", 1);
    assert_num(member_of(result, 1), "failed", 2);
    assert_num(metric_of(result, 1, EXACT), "n", 1);
    assert_num(metric_of(result, 1, EXACT), "mean", 1);
    assert_num(metric_of(result, 1, EXACT), "pass_rate", 1);
    assert_num(metric_of(result, 1, EXACT), "errors", 2);
    assert_num(metric_of(result, 1, JUDGE), "n", 2);
    assert_num(metric_of(result, 1, JUDGE), "mean", 0.75);
    assert_num(metric_of(result, 1, JUDGE), "errors", 1);
    assert_num(metric_of(result, 1, JUDGE), "na", 0);
    assert_num(comparison_of(result, 1, EXACT), "n_pairs", 1);
    assert_num(comparison_of(result, 1, JUDGE), "n_pairs", 2);
    report_done(&group);
}

static void test_a_row_with_an_error_of_ours_is_missing_for_the_gates_cap(void **state)
{
    struct group group = report_group(*state, 2, 4);
    group.gate.max_missing_rate = 0.2;
    for (int64_t i = 0; i < 4; i++)
        report_add_score(&group, 0, i, 1);
    for (int64_t i = 1; i < 4; i++)
        report_add_score(&group, 1, i, 1);
    add_partial(&group, 0, EXACT, 1); /* its primary score is there */
    const struct as_json *result = report_make(&group);
    const struct as_json *check = check_of(verdict_of(result, 1), "missing");
    assert_num(comparison_of(result, 1, EXACT), "n_pairs", 4);
    assert_num(comparison_of(result, 1, EXACT), "unpaired", 0);
    assert_num(check, "observed", 0.25);
    assert_text(check, "outcome", "INCONCLUSIVE");
    assert_written(check, "evidence", "[\"c0\"]");
    assert_non_null(strstr(as_json_get_cstr(check, "sentence"), "an error of ours"));
    report_done(&group);
}

static void test_another_sample_that_is_whole_keeps_the_case_from_being_missing(void **state)
{
    struct group group = report_group(*state, 2, 1);
    group.gate.max_missing_rate = 0;
    const struct fact second = {1, 0, ROW_OK, 1, 1, NAN, NAN, NAN, 1, 0};
    report_add_score(&group, 0, 0, 1);
    report_add(&group, &second);
    add_partial(&group, 0, JUDGE, 1);
    const struct as_json *result = report_make(&group);
    assert_text(check_of(verdict_of(result, 1), "missing"), "outcome", "PASS");
    assert_num(metric_of(result, 1, EXACT), "errors", 1);
    report_done(&group);
}

static void test_a_swapped_score_that_was_the_only_one_missing_makes_the_row_ok(void **state)
{
    struct group group = report_group(*state, 1, 3);
    report_add_score(&group, 0, 0, 1);
    add_partial_of(&group, 0, 1, JUDGE, 0.5); /* the exact score is missing */
    add_partial_of(&group, 0, 2, METRIC_COUNT, 0);
    const struct report_swapped rows[] = {{.as = REPORT_NOT_SWAPPED}, swapped(0), swapped(1)};
    const struct report_swap swap = {EXACT, 1, rows};
    group.spec.swap = &swap;
    const struct as_json *result = report_make(&group);
    assert_written(member_of(result, 0), "statuses", "{\"ok\":2,\"scorer_error\":1}");
    assert_num(metric_of(result, 0, EXACT), "n", 3);
    assert_num(metric_of(result, 0, EXACT), "errors", 0);
    assert_num(metric_of(result, 0, JUDGE), "n", 2);
    assert_num(metric_of(result, 0, JUDGE), "errors", 1);
    report_done(&group);
}

static void test_swapped_scores_stand_in_for_the_metrics_own(void **state)
{
    struct group group = report_group(*state, 2, 3);
    for (int64_t i = 0; i < 3; i++) {
        report_add_score(&group, 0, i, 1);
        report_add_score(&group, 1, i, 1);
    }
    const struct report_swapped rows[] = {
        swapped(1),   swapped(0.5), swapped(0),                    /* the baseline's */
        swapped(0.5), swapped(NAN), {.as = REPORT_SWAPPED_ERROR}}; /* n/a, failed */
    const struct report_swap swap = {EXACT, 1, rows};
    group.spec.swap = &swap;
    const struct as_json *result = report_make(&group);
    assert_num(metric_of(result, 0, EXACT), "mean", 0.5);
    assert_num(metric_of(result, 0, JUDGE), "mean", 1);
    assert_num(metric_of(result, 1, EXACT), "n", 1);
    assert_num(metric_of(result, 1, EXACT), "mean", 0.5);
    assert_num(metric_of(result, 1, EXACT), "na", 1);
    assert_written(member_of(result, 1), "statuses", "{\"ok\":2,\"scorer_error\":1}");
    report_done(&group);
}

static void test_a_table_that_cannot_be_read_leaves_the_old_one_alone(void **state)
{
    struct group group = report_group(*state, 1, 1);
    struct table table = {.case_count = 42};
    struct as_err err = {0};
    group.spec.gate = &group.gate;
    group.spec.case_count = 2; /* one more than there are */
    assert_int_equal(table_load(group.f->store, &group.spec, &table, &err), AS_ECORRUPT);
    assert_non_null(strstr(err.msg, "cases are missing"));
    assert_int_equal(table.case_count, 42);
    assert_null(table.position);
    assert_int_equal(table.member_count, 0);
}

#define REPORT_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_a_member_is_counted_by_status),
        REPORT_TEST(test_a_members_scores_are_those_of_its_ok_rows),
        REPORT_TEST(test_a_judges_metric_leaves_out_what_it_does_not_apply_to),
        REPORT_TEST(test_a_member_without_an_ok_row_has_no_mean),
        REPORT_TEST(test_latency_is_that_of_every_row_with_one),
        REPORT_TEST(test_tokens_and_dollars_are_sums_and_unpriced_is_not_zero),
        REPORT_TEST(test_nothing_spent_is_zero_dollars_and_an_unknown_price_is_none),
        REPORT_TEST(test_a_failure_that_cost_nothing_makes_no_case_cheap),
        REPORT_TEST(test_a_models_own_failure_loses_and_a_judges_is_no_pair),
        REPORT_TEST(test_the_judges_metric_is_compared_by_the_same_policy),
        REPORT_TEST(test_what_was_never_run_is_missing_and_not_zero),
        REPORT_TEST(test_each_candidate_gets_its_verdict_and_the_group_the_worst),
        REPORT_TEST(test_rows_that_a_cancelled_run_never_made_are_missing),
        REPORT_TEST(test_by_the_policy_drop_a_failed_call_is_no_pair),
        REPORT_TEST(test_a_case_counts_by_the_mean_of_its_samples),
        REPORT_TEST(test_a_scorers_word_on_passing_goes_before_the_threshold),
        REPORT_TEST(test_a_metric_that_applies_to_no_case_has_no_pass_rate),
        REPORT_TEST(test_a_failed_scorer_costs_its_score_and_no_other),
        REPORT_TEST(test_a_row_with_an_error_of_ours_is_missing_for_the_gates_cap),
        REPORT_TEST(test_another_sample_that_is_whole_keeps_the_case_from_being_missing),
        REPORT_TEST(test_a_swapped_score_that_was_the_only_one_missing_makes_the_row_ok),
        REPORT_TEST(test_swapped_scores_stand_in_for_the_metrics_own),
        REPORT_TEST(test_a_table_that_cannot_be_read_leaves_the_old_one_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
