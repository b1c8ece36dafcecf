/* daemon/report: verdicts, warnings, and what a damaged store leads to. */
#include "tests/unit/report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- verdicts ---- */

/* Both right on every case: the plus-two interval is that of two pseudo-cases at +1 and -1. */
static struct group group_of_ties(struct store_fixture *f, size_t member_count, int64_t case_count)
{
    struct group group = report_group(f, member_count, (size_t)case_count);
    for (int64_t i = 0; i < case_count; i++)
        for (uint32_t member = 0; member < member_count; member++)
            report_add_score(&group, member, i, 1);
    return group;
}

static void test_enough_pairs_without_a_loss_pass(void **state)
{
    struct group group = group_of_ties(*state, 2, 40);
    group.gate.margin = 0.1; /* ln(1 / 0.025) / 0.1: 37 pairs are needed */
    const struct as_json *result = report_make(&group);
    assert_string_equal(group.result.outcome, "pass");
    assert_text(verdict_of(result, 1), "outcome", "pass");
    assert_text(result, "headline", "small: pass");
    assert_num(check_of(verdict_of(result, 1), "sufficiency"), "limit", 37);
    assert_interval(comparison_of(result, 1, EXACT), -0.0689, 0.0689, 1e-3);
    report_done(&group);
}

static void test_too_few_pairs_are_undecided_and_say_so(void **state)
{
    struct group group = group_of_ties(*state, 2, 36);
    group.gate.margin = 0.1;
    const struct as_json *result = report_make(&group), *verdict = verdict_of(result, 1);
    assert_string_equal(group.result.outcome, "undecided");
    assert_text(check_of(verdict, "sufficiency"), "sentence", "36 pairs, and 37 are needed");
    assert_text(result, "headline", "small: undecided");
    assert_true(strlen(as_json_get_cstr(verdict, "sentence")) > 0);
    report_done(&group);
}

static void test_the_groups_outcome_is_that_of_its_worst_candidate(void **state)
{
    struct store_fixture *f = *state;
    struct group group = report_group(f, 3, 40);
    for (int64_t i = 0; i < 40; i++) {
        report_add_score(&group, 0, i, 1);
        report_add_score(&group, 1, i, i < 16 ? 0 : 1); /* loses 40 points */
        report_add_score(&group, 2, i, 1);
    }
    group.gate.margin = 0.1;
    const struct as_json *result = report_make(&group);
    assert_text(result, "headline", "small: fail; tiny: pass");
    assert_string_equal(group.result.outcome, "fail");
    report_done(&group);
    group.gate.margin = 0.3; /* 40 points, give or take 17: undecided now */
    result = report_make(&group);
    assert_text(result, "headline", "small: undecided; tiny: pass");
    assert_string_equal(group.result.outcome, "undecided");
    report_done(&group);
}

static void test_without_a_gate_nothing_passes(void **state)
{
    struct group group = group_of_ties(*state, 2, 3);
    const struct as_json *result = report_make(&group);
    assert_null(group.result.outcome);
    assert_text(result, "outcome", NULL);
    assert_text(verdict_of(result, 1), "outcome", NULL);
    assert_text(result, "headline", "small: no gate");
    const char *warning = as_json_cstr(as_json_at(as_json_get(result, "warnings"), 0));
    assert_non_null(strstr(warning, "no margin"));
    report_done(&group);
}

static void test_a_baseline_alone_has_no_verdict(void **state)
{
    struct group group = group_of_ties(*state, 1, 3); /* and no margin, which nobody asks for */
    const struct as_json *result = report_make(&group);
    assert_null(group.result.outcome);
    assert_int_equal(as_json_len(as_json_get(result, "members")), 1);
    assert_int_equal(as_json_len(as_json_get(result, "warnings")), 0);
    assert_int_equal(as_json_len(as_json_get(result, "comparisons")), 0);
    assert_int_equal(as_json_len(as_json_get(result, "verdicts")), 0);
    report_done(&group);
}

static void test_evidence_names_the_case_wherever_its_id_is_sorted(void **state)
{
    struct group group = report_group(*state, 2, 12); /* c10 and c11 are sorted before c2 */
    for (int64_t i = 0; i < 12; i++) {
        const struct fact failed = {1, i, ROW_MODEL_ERROR, NAN, NAN, NAN, NAN, NAN, 0, 0};
        report_add_score(&group, 0, i, 1);
        if (i == 2 || i == 11)
            report_add(&group, &failed);
        else
            report_add_score(&group, 1, i, 1);
    }
    group.gate.max_failure_rate = 0;
    const struct as_json *verdict = verdict_of(report_make(&group), 1);
    assert_written(check_of(verdict, "failure_rate"), "evidence", "[\"c11\",\"c2\"]");
    report_done(&group);
}

/* ---- clusters and strata ---- */

/* Two strata, and two clusters or none. */
static int64_t dataset_of_strata(struct store_fixture *f, size_t count, bool has_clusters)
{
    struct case_record *cases = as_arena_alloc(&f->arena, count * sizeof(*cases));
    struct as_sha256 hash = as_sha256_of("strata", 6);
    struct dataset_info info;
    int64_t id = 0;
    bool is_new = false;
    for (size_t i = 0; i < count; i++) {
        cases[i] = fixture_case(&f->arena, (int64_t)i);
        if (has_clusters)
            cases[i].cluster = i % 2 ? AS_STR("odd") : AS_STR("even");
        cases[i].stratum = i < count / 2 ? AS_STR("short") : AS_STR("long");
    }
    assert_int_equal(store_dataset_begin(f->store, "strata", &id), 0);
    assert_int_equal(store_dataset_add(f->store, id, cases, count), 0);
    assert_int_equal(
        store_dataset_finish(f->store, id, &hash, "cases", 1000, &f->arena, &info, &is_new), 0);
    return info.id;
}

static void test_cases_of_a_cluster_are_not_taken_for_independent(void **state)
{
    struct store_fixture *f = *state;
    struct group group = report_group_of(f, 1, dataset_of_strata(f, 8, true), 8);
    for (int64_t i = 0; i < 8; i++)
        report_add_score(&group, 0, i, i % 2 ? 1 : 0);
    const struct as_json *metric = metric_of(report_make(&group), 0, EXACT);
    assert_num(metric, "mean", 0.5);
    assert_text(metric, "ci_method", "plus4t"); /* wilson would take 8 cases for 8 */
    report_done(&group);
}

static void test_a_stratum_that_loses_is_named(void **state)
{
    struct store_fixture *f = *state;
    struct group group = report_group_of(f, 2, dataset_of_strata(f, 40, false), 40);
    for (int64_t i = 0; i < 40; i++) {
        report_add_score(&group, 0, i, 1);
        report_add_score(&group, 1, i, i < 20 ? 1 : 0);
    }
    group.gate.stratum_margin = 0.1;
    const struct as_json *check = check_of(verdict_of(report_make(&group), 1), "strata");
    assert_text(check, "outcome", "FAIL");
    assert_non_null(strstr(as_json_get_cstr(check, "sentence"), "worst of 2 strata: long,"));
    assert_num(check, "evidence_total", 20);
    report_done(&group);
}

/* ---- damage ---- */

static void expect_damage(struct group *group, const char *sentence)
{
    struct as_err err = {0};
    group->spec.gate = &group->gate;
    int rc = report_build(group->f->store, &group->spec, &group->result, &err);
    assert_int_equal(rc, AS_ECORRUPT);
    assert_string_equal(err.msg, sentence);
}

static void test_cases_that_are_gone_are_damage(void **state)
{
    struct group group = group_of_ties(*state, 2, 3);
    group.spec.case_count = 4;
    expect_damage(&group, "cannot read the results: cases are missing from the database");
}

static void test_a_score_out_of_range_is_damage_in_every_metric(void **state)
{
    struct store_fixture *f = *state;
    struct group exact = report_group(f, 2, 1);
    static const struct fact facts[] = {
        {0, 0, ROW_OK, 1, 1, NAN, NAN, NAN, 0, 0},
        {1, 0, ROW_OK, 2, 1, NAN, NAN, NAN, 0, 0},
    };
    report_add_all(&exact, facts, AS_COUNT(facts));
    expect_damage(&exact, "a stored score of 'small' is out of range");
    exact.spec.primary = JUDGE;
    expect_damage(&exact, "a stored score of 'small' is out of range");
}

static void test_a_score_far_below_the_range_is_damage_in_every_member(void **state)
{
    struct store_fixture *f = *state;
    for (uint32_t member = 0; member < 2; member++) {
        struct group group = report_group(f, 2, 1);
        report_add_score(&group, member, 0, -1e6);
        report_add_score(&group, 1 - member, 0, 1);
        expect_damage(&group, "a stored score of 'small' is out of range");
    }
}

static void test_a_run_of_no_case_has_members_without_numbers(void **state)
{
    struct store_fixture *f = *state;
    struct group group = report_group_of(f, 2, store_fixture_dataset(f, "tickets", 1), 0);
    group.gate.margin = 0.1;
    const struct as_json *result = report_make(&group);
    assert_num(metric_of(result, 0, EXACT), "n", 0);
    assert_num(metric_of(result, 0, EXACT), "mean", NAN);
    assert_string_equal(group.result.outcome, "undecided");
    report_done(&group);
}

#define REPORT_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_enough_pairs_without_a_loss_pass),
        REPORT_TEST(test_too_few_pairs_are_undecided_and_say_so),
        REPORT_TEST(test_the_groups_outcome_is_that_of_its_worst_candidate),
        REPORT_TEST(test_without_a_gate_nothing_passes),
        REPORT_TEST(test_a_baseline_alone_has_no_verdict),
        REPORT_TEST(test_evidence_names_the_case_wherever_its_id_is_sorted),
        REPORT_TEST(test_cases_of_a_cluster_are_not_taken_for_independent),
        REPORT_TEST(test_a_stratum_that_loses_is_named),
        REPORT_TEST(test_cases_that_are_gone_are_damage),
        REPORT_TEST(test_a_score_out_of_range_is_damage_in_every_metric),
        REPORT_TEST(test_a_score_far_below_the_range_is_damage_in_every_member),
        REPORT_TEST(test_a_run_of_no_case_has_members_without_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
