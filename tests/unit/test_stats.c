/* daemon/stats: every golden kind to the last digit that tests/golden/README.md asks for, and the
 * properties that hold for any data: order, symmetry, failures never lost, undefined never 0. */
#include "daemon/stats/agree.h"
#include "daemon/stats/cost.h"
#include "daemon/stats/dist.h"
#include "daemon/stats/mean.h"
#include "daemon/stats/multiple.h"
#include "daemon/stats/paired.h"
#include "daemon/stats/rank.h"
#include "daemon/stats/rating.h"
#include "daemon/stats/repeat.h"
#include "daemon/stats/resample.h"
#include "daemon/stats/seq.h"
#include "daemon/stats/strata.h"
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

static void assert_close(double ours, double expected)
{
    assert_true(fabs(ours - expected) <= 1e-12 + 1e-9 * fabs(expected));
}

static void assert_golden(const char *kind)
{
    struct golden_counts counts = {0};
    assert_int_equal(golden_check(FOLDER, kind, stderr, &counts, NULL), 0);
    assert_true(counts.equal > 0);
    assert_int_equal(counts.different, 0);
    assert_int_equal(counts.not_produced, 0);
}

#define GOLDEN_TEST(kind)                                             \
    static void test_golden_numbers_of_##kind##_are_met(void **state) \
    {                                                                 \
        (void)state;                                                  \
        assert_golden(#kind);                                         \
    }

GOLDEN_TEST(proportion_ci)
GOLDEN_TEST(power)
GOLDEN_TEST(paired)
GOLDEN_TEST(latency_cost)
GOLDEN_TEST(rng)
GOLDEN_TEST(agreement)
GOLDEN_TEST(krippendorff)
GOLDEN_TEST(ppi_paired_diff)
GOLDEN_TEST(rogan_gladen)
GOLDEN_TEST(bradley_terry)
GOLDEN_TEST(multiplicity)
GOLDEN_TEST(epochs)
GOLDEN_TEST(eprocess)
GOLDEN_TEST(group_sequential)
GOLDEN_TEST(cusum)
GOLDEN_TEST(composite)

static struct stats_case scored(double baseline, double candidate)
{
    return (struct stats_case){
        {baseline, STATS_SCORED}, {candidate, STATS_SCORED}, STATS_NO_CLUSTER, STATS_NO_STRATUM};
}

static struct stats_paired compare(const struct stats_case *cases, size_t n)
{
    struct stats_pairs pairs;
    assert_int_equal(stats_pairs_init(&pairs, cases, n, STATS_POLICY_ZERO), 0);
    struct stats_paired paired = stats_paired_of(&pairs, 0.05);
    stats_pairs_done(&pairs);
    return paired;
}

static void test_swapping_the_sides_mirrors_the_comparison(void **state)
{
    (void)state;
    const struct stats_case there[] = {scored(0.2, 0.9), scored(0.5, 0.4), scored(1, 1),
                                       scored(0.3, 0.8)};
    const struct stats_case back[] = {scored(0.9, 0.2), scored(0.4, 0.5), scored(1, 1),
                                      scored(0.8, 0.3)};
    struct stats_paired a = compare(there, 4);
    struct stats_paired b = compare(back, 4);
    assert_close(a.diff, -b.diff);
    assert_close(a.ci_low, -b.ci_high);
    assert_close(a.p, b.p);
    assert_int_equal(a.wins, b.losses);
}

static void test_differences_that_are_equal_in_decimal_tie(void **state)
{
    (void)state;
    const struct stats_case cases[] = {scored(0.2, 0.3), scored(0.1, 0.2), scored(0.7, 0.8)};
    struct stats_paired paired = compare(cases, 3);
    assert_true(paired.sd_diff == 0);
    assert_true(paired.se_clustered == 0);
    assert_true(isnan(stats_paired_t_of(&paired).t));
}

static void test_a_failed_call_scores_zero_and_a_missing_one_leaves_the_pairs(void **state)
{
    (void)state;
    struct stats_case cases[] = {scored(1, 1), scored(1, 1), scored(1, 1)};
    cases[1].candidate = (struct stats_score){0.7, STATS_FAILED};
    cases[2].candidate.state = STATS_MISSING;
    struct stats_pairs pairs;
    assert_int_equal(stats_pairs_init(&pairs, cases, 3, STATS_POLICY_ZERO), 0);
    assert_int_equal(pairs.n, 2);
    assert_int_equal(pairs.unpaired, 1);
    assert_int_equal(pairs.candidate_failed, 1);
    assert_int_equal(pairs.candidate_missing, 1);
    assert_true(pairs.candidate[1] == 0);
    stats_pairs_done(&pairs);
}

static void test_policy_drop_leaves_failed_calls_out_but_counts_them(void **state)
{
    (void)state;
    struct stats_case cases[] = {scored(1, 1), scored(1, 1)};
    cases[1].candidate.state = STATS_FAILED;
    struct stats_pairs pairs;
    assert_int_equal(stats_pairs_init(&pairs, cases, 2, STATS_POLICY_DROP), 0);
    assert_int_equal(pairs.n, 1);
    assert_int_equal(pairs.unpaired, 1);
    assert_int_equal(pairs.candidate_failed, 1);
    stats_pairs_done(&pairs);
}

static void test_a_score_outside_its_range_is_refused(void **state)
{
    (void)state;
    const double bad[] = {-0.01, 1.01, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        struct stats_case cases[] = {scored(1, bad[i])};
        struct stats_pairs pairs;
        assert_int_equal(stats_pairs_init(&pairs, cases, 1, STATS_POLICY_ZERO), AS_EINVAL);
    }
}

static void test_a_cluster_id_out_of_range_is_refused(void **state)
{
    (void)state;
    struct stats_case cases[] = {scored(1, 1), scored(1, 0)};
    cases[0].cluster = 2;
    struct stats_pairs pairs;
    assert_int_equal(stats_pairs_init(&pairs, cases, 2, STATS_POLICY_ZERO), AS_EINVAL);
}

static void test_without_pairs_nothing_is_defined_and_nothing_is_zero(void **state)
{
    (void)state;
    struct stats_paired paired = compare(NULL, 0);
    assert_true(isnan(paired.diff));
    assert_true(isnan(paired.ci_low));
    assert_true(isnan(paired.p));
    assert_true(isnan(paired.baseline.mean));
    assert_int_equal(paired.ni, STATS_NI_INSUFFICIENT);
}

static void test_one_case_per_cluster_equals_no_clusters(void **state)
{
    (void)state;
    struct stats_case cases[] = {scored(0.2, 0.9), scored(0.5, 0.4), scored(1, 1)};
    struct stats_paired plain = compare(cases, 3);
    for (int i = 0; i < 3; i++)
        cases[i].cluster = 2 - i;
    struct stats_paired clustered = compare(cases, 3);
    assert_true(plain.adj_se == clustered.adj_se);
    assert_true(plain.p == clustered.p);
}

static void test_cases_of_one_cluster_widen_the_interval(void **state)
{
    (void)state;
    struct stats_case cases[40];
    for (int i = 0; i < 40; i++)
        cases[i] = scored(0.5, i % 20 < 8 ? 1 : 0.5);
    struct stats_paired alone = compare(cases, 40);
    for (int i = 0; i < 40; i++)
        cases[i].cluster = i % 20;
    struct stats_paired together = compare(cases, 40);
    assert_true(together.n_clusters == 20);
    assert_true(together.adj_se > alone.adj_se);
}

static void test_without_a_margin_noninferiority_is_not_asked(void **state)
{
    (void)state;
    const struct stats_case cases[] = {scored(0, 1), scored(0, 1), scored(1, 1)};
    struct stats_pairs pairs;
    assert_int_equal(stats_pairs_init(&pairs, cases, 3, STATS_POLICY_ZERO), 0);
    struct stats_paired paired = stats_paired_of(&pairs, NAN);
    assert_int_equal(paired.ni, STATS_NI_NOT_ASKED);
    assert_true(isnan(paired.p_ni));
    stats_pairs_done(&pairs);
}

static void test_quantiles_lie_between_neighbours(void **state)
{
    (void)state;
    const double sorted[] = {1, 2, 4, 8};
    assert_close(stats_quantile(sorted, 4, 0), 1);
    assert_close(stats_quantile(sorted, 4, 0.5), 3);
    assert_close(stats_quantile(sorted, 4, 0.95), 7.4);
    assert_close(stats_quantile(sorted, 4, 1), 8);
    assert_close(stats_quantile(sorted, 1, 0.95), 1);
    assert_true(isnan(stats_quantile(sorted, 0, 0.5)));
}

static void test_summary_names_the_method_of_its_interval(void **state)
{
    (void)state;
    const double binary[] = {1, 0, 1, 1};
    const double graded[] = {1, 0.5, 0.25, 1};
    struct stats_sample passes = stats_sample_plain(binary, 4);
    struct stats_sample grades = stats_sample_plain(graded, 4);
    struct stats_summary summary = stats_summary_of(&passes, 0.5);
    assert_string_equal(stats_mean_method_name(summary.own.method), "wilson");
    assert_close(summary.own.mean, 0.75);
    summary = stats_summary_of(&grades, 0.5);
    assert_string_equal(stats_mean_method_name(summary.own.method), "plus4t");
    assert_close(summary.min, 0.25);
    assert_close(summary.median, 0.75);
    assert_close(summary.pass_share, 0.75);
    assert_true(summary.own.low > 0 && summary.own.high <= 1);
}

static void test_summary_of_nothing_is_undefined(void **state)
{
    (void)state;
    struct stats_sample none = stats_sample_plain(NULL, 0);
    struct stats_summary summary = stats_summary_of(&none, 0.5);
    assert_int_equal(summary.own.n, 0);
    assert_true(isnan(summary.own.mean) && isnan(summary.median) && isnan(summary.pass_share));
    assert_null(stats_mean_method_name(summary.own.method));
}

/* Published table values, not our own. */
static void test_quantiles_of_t_match_printed_tables(void **state)
{
    (void)state;
    assert_true(fabs(stats_t_critical(0.025, 1) - 12.7062) < 5e-5);
    assert_true(fabs(stats_t_critical(0.025, 10) - 2.2281) < 5e-5);
    assert_true(fabs(stats_t_critical(0.005, 30) - 2.7500) < 5e-5);
    assert_true(fabs(stats_t_critical(0.025, 1e6) - STATS_Z) < 1e-5);
}

static void test_tails_and_quantiles_are_inverse(void **state)
{
    (void)state;
    const double tails[] = {1e-12, 1e-6, 0.001, 0.025, 0.2, 0.4999};
    for (size_t i = 0; i < AS_COUNT(tails); i++) {
        assert_close(stats_t_upper(stats_t_critical(tails[i], 7), 7), tails[i]);
        assert_close(stats_normal_cdf(stats_normal_quantile(tails[i])), tails[i]);
    }
}

static void test_sign_test_counts_coin_tosses(void **state)
{
    (void)state;
    assert_close(stats_sign_test(5, 0), 2.0 / 32);
    assert_close(stats_sign_test(4, 1), 2.0 * 6 / 32);
    assert_true(stats_sign_test(3, 3) == 1);
    assert_true(stats_sign_test(0, 0) == 1);
}

/* Over all 2^n sign patterns of the ranks 1, 2, 3: W+ = 6 is one of eight. */
static void test_wilcoxon_is_exact_for_few_differences(void **state)
{
    (void)state;
    const double diffs[] = {0.1, 0.3, 0, 0.2};
    struct stats_wilcoxon test = stats_wilcoxon_of(diffs, 4);
    assert_int_equal(test.n_used, 3);
    assert_int_equal(test.n_zero, 1);
    assert_close(test.w_plus, 6);
    assert_close(test.p_exact, 0.25);
}

static void test_monte_carlo_sign_flip_is_near_the_exact_one(void **state)
{
    (void)state;
    const double values[] = {0.3, -0.1, 0.2, 0.4, 0.1, -0.2, 0.5, 0.3};
    struct stats_sample diffs = stats_sample_plain(values, 8);
    double exact = stats_signflip_exact(&diffs);
    assert_true(fabs(stats_signflip_mc(&diffs, 1, 20000) - exact) < 0.01);
}

static void test_bootstrap_of_equal_values_is_degenerate(void **state)
{
    (void)state;
    const double values[] = {0.25, 0.25, 0.25};
    struct stats_sample sample = stats_sample_plain(values, 3);
    struct stats_boot boot = stats_boot_mean(&sample, 1, 100);
    assert_true(boot.is_degenerate);
    assert_close(boot.percentile.low, 0.25);
    assert_true(isnan(boot.bca.low));
}

static void test_bootstrap_of_nothing_is_undefined(void **state)
{
    (void)state;
    struct stats_sample none = stats_sample_plain(NULL, 0);
    struct stats_boot boot = stats_boot_mean(&none, 1, 100);
    assert_true(isnan(boot.theta) && isnan(boot.se) && isnan(boot.percentile.low));
}

static void test_bootstrap_of_costs_leaves_unpriced_cases_out(void **state)
{
    (void)state;
    const double baseline[] = {1, NAN, 2, 3};
    const double candidate[] = {2, 5, 4, 6};
    struct stats_boot boot = stats_boot_cost_ratio(baseline, candidate, 4, 1, 100);
    assert_close(boot.theta, 2);
    assert_close(boot.percentile.high, 2);
}

static void test_unpriced_is_not_free(void **state)
{
    (void)state;
    const double costs[] = {NAN, NAN};
    assert_true(isnan(stats_cost_of(costs, 2, 1).total));
    assert_true(isnan(stats_cost_of(NULL, 2, 1).mean));
    assert_true(isnan(stats_cost_of(costs, 2, 0).per_success));
}

static void test_stratum_weights_decide_and_not_the_mix_of_cases(void **state)
{
    (void)state;
    struct stats_case cases[12];
    for (int i = 0; i < 12; i++) {
        cases[i] = scored(0.5, i < 10 ? 0.5 + 0.01 * (i % 2) : 1 - 0.01 * (i % 2));
        cases[i].stratum = i < 10 ? 0 : 1;
    }
    struct stats_pairs pairs;
    assert_int_equal(stats_pairs_init(&pairs, cases, 12, STATS_POLICY_ZERO), 0);
    const double weights[] = {0, 1};
    struct stats_stratum strata[2];
    struct stats_stratified result = stats_stratified_of(&pairs, weights, 2, strata);
    assert_close(result.diff, 0.495);
    assert_int_equal(strata[0].n, 10);
    stats_pairs_done(&pairs);
}

static void test_a_case_whose_answers_all_failed_is_a_failed_case(void **state)
{
    (void)state;
    const struct stats_score all[] = {{0, STATS_FAILED}, {0, STATS_MISSING}, {0, STATS_FAILED}};
    const struct stats_score some[] = {{1, STATS_SCORED}, {0, STATS_MISSING}, {0, STATS_FAILED}};
    const struct stats_score none[] = {{1, STATS_MISSING}};
    assert_int_equal(stats_case_score(all, 3).state, STATS_FAILED);
    assert_int_equal(stats_case_score(some, 3).state, STATS_SCORED);
    assert_close(stats_case_score(some, 3).value, 0.5);
    assert_int_equal(stats_case_score(none, 1).state, STATS_MISSING);
}

static void test_adjusted_p_values_may_overwrite_their_input(void **state)
{
    (void)state;
    double p[] = {0.01, NAN, 0.04};
    stats_holm(p, 3, p);
    assert_close(p[0], 0.02);
    assert_true(isnan(p[1]));
    assert_close(p[2], 0.04);
}

static void test_raters_who_always_agree_have_no_kappa_but_an_ac1(void **state)
{
    (void)state;
    const uint32_t same[] = {1, 1, 1};
    const struct stats_ratings ratings = {same, same, 3, 2};
    struct stats_agreement agreement = stats_agreement_of(&ratings);
    assert_true(isnan(agreement.kappa));
    assert_close(agreement.ac1, 1);
}

static void test_a_model_that_never_loses_has_no_finite_rating(void **state)
{
    (void)state;
    const double wins[] = {0, 3, 0, 0};
    struct stats_rating ratings[2];
    assert_int_equal(stats_rate_models(wins, 2, 0, ratings), AS_ESTATE);
    assert_int_equal(stats_rate_models(wins, 2, 2, ratings), AS_EINVAL);
    assert_int_equal(stats_rate_models(wins, STATS_RATING_MODELS_MAX + 1, 0, ratings), AS_ELIMIT);
}

static void test_odds_of_ten_are_four_hundred_points(void **state)
{
    (void)state;
    const double wins[] = {0, 1, 10, 0};
    struct stats_rating ratings[2];
    assert_int_equal(stats_rate_models(wins, 2, 0, ratings), 0);
    assert_close(ratings[0].elo, 1000);
    assert_close(ratings[1].elo, 1400);
}

static void test_sequential_bets_find_a_loss_and_only_that(void **state)
{
    (void)state;
    double losses[200];
    for (int i = 0; i < 200; i++)
        losses[i] = i % 3 ? -1 : 0;
    struct stats_eprocess worse = stats_eprocess_worse(losses, 200, 0.02);
    struct stats_eprocess not_worse = stats_eprocess_not_worse(losses, 200, 0.02);
    assert_true(worse.stop > 1 && worse.stop < 200);
    assert_true(isnan(not_worse.stop));
    assert_true(not_worse.p_anytime > 0.5);
}

static void test_looks_grow_to_the_planned_maximum(void **state)
{
    (void)state;
    const struct stats_look_plan plan = {.looks = 3, .n_max = 100, .margin = 0.02};
    assert_int_equal(stats_look_size(&plan, 1), 34);
    assert_int_equal(stats_look_size(&plan, 2), 67);
    assert_int_equal(stats_look_size(&plan, 3), 100);
}

/* Newcombe (1998), table II, example (a) by method 10: 56 of 70 against 48 of 80. */
static void test_the_difference_of_independent_shares_is_newcombes(void **state)
{
    (void)state;
    struct stats_interval of_a = stats_wilson(48, 80), of_b = stats_wilson(56, 70);
    struct stats_own_mean a = {.n = 80, .mean = 0.6, .low = of_a.low, .high = of_a.high};
    struct stats_own_mean b = {.n = 70, .mean = 0.8, .low = of_b.low, .high = of_b.high};
    struct stats_interval ci = stats_independent_difference(&a, &b);
    assert_true(fabs(ci.low - 0.0524) < 5e-5);
    assert_true(fabs(ci.high - 0.3339) < 5e-5);
    b.low = NAN;
    assert_true(isnan(stats_independent_difference(&a, &b).low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_difference_of_independent_shares_is_newcombes),
        cmocka_unit_test(test_golden_numbers_of_proportion_ci_are_met),
        cmocka_unit_test(test_golden_numbers_of_power_are_met),
        cmocka_unit_test(test_golden_numbers_of_paired_are_met),
        cmocka_unit_test(test_golden_numbers_of_latency_cost_are_met),
        cmocka_unit_test(test_golden_numbers_of_rng_are_met),
        cmocka_unit_test(test_golden_numbers_of_agreement_are_met),
        cmocka_unit_test(test_golden_numbers_of_krippendorff_are_met),
        cmocka_unit_test(test_golden_numbers_of_ppi_paired_diff_are_met),
        cmocka_unit_test(test_golden_numbers_of_rogan_gladen_are_met),
        cmocka_unit_test(test_golden_numbers_of_bradley_terry_are_met),
        cmocka_unit_test(test_golden_numbers_of_multiplicity_are_met),
        cmocka_unit_test(test_golden_numbers_of_epochs_are_met),
        cmocka_unit_test(test_golden_numbers_of_eprocess_are_met),
        cmocka_unit_test(test_golden_numbers_of_group_sequential_are_met),
        cmocka_unit_test(test_golden_numbers_of_cusum_are_met),
        cmocka_unit_test(test_golden_numbers_of_composite_are_met),
        cmocka_unit_test(test_swapping_the_sides_mirrors_the_comparison),
        cmocka_unit_test(test_differences_that_are_equal_in_decimal_tie),
        cmocka_unit_test(test_a_failed_call_scores_zero_and_a_missing_one_leaves_the_pairs),
        cmocka_unit_test(test_policy_drop_leaves_failed_calls_out_but_counts_them),
        cmocka_unit_test(test_a_score_outside_its_range_is_refused),
        cmocka_unit_test(test_a_cluster_id_out_of_range_is_refused),
        cmocka_unit_test(test_without_pairs_nothing_is_defined_and_nothing_is_zero),
        cmocka_unit_test(test_one_case_per_cluster_equals_no_clusters),
        cmocka_unit_test(test_cases_of_one_cluster_widen_the_interval),
        cmocka_unit_test(test_without_a_margin_noninferiority_is_not_asked),
        cmocka_unit_test(test_quantiles_lie_between_neighbours),
        cmocka_unit_test(test_summary_names_the_method_of_its_interval),
        cmocka_unit_test(test_summary_of_nothing_is_undefined),
        cmocka_unit_test(test_quantiles_of_t_match_printed_tables),
        cmocka_unit_test(test_tails_and_quantiles_are_inverse),
        cmocka_unit_test(test_sign_test_counts_coin_tosses),
        cmocka_unit_test(test_wilcoxon_is_exact_for_few_differences),
        cmocka_unit_test(test_monte_carlo_sign_flip_is_near_the_exact_one),
        cmocka_unit_test(test_bootstrap_of_equal_values_is_degenerate),
        cmocka_unit_test(test_bootstrap_of_nothing_is_undefined),
        cmocka_unit_test(test_bootstrap_of_costs_leaves_unpriced_cases_out),
        cmocka_unit_test(test_unpriced_is_not_free),
        cmocka_unit_test(test_stratum_weights_decide_and_not_the_mix_of_cases),
        cmocka_unit_test(test_a_case_whose_answers_all_failed_is_a_failed_case),
        cmocka_unit_test(test_adjusted_p_values_may_overwrite_their_input),
        cmocka_unit_test(test_raters_who_always_agree_have_no_kappa_but_an_ac1),
        cmocka_unit_test(test_a_model_that_never_loses_has_no_finite_rating),
        cmocka_unit_test(test_odds_of_ten_are_four_hundred_points),
        cmocka_unit_test(test_sequential_bets_find_a_loss_and_only_that),
        cmocka_unit_test(test_looks_grow_to_the_planned_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
