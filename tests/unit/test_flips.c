/* daemon/report/flips: what a flip is, and which one is the surer. */
#include "daemon/report/flips.h"
#include "tests/unit/report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NEAR 1e-12

static struct gate_rules rules_of(enum gate_policy policy)
{
    struct gate_rules rules;
    gate_rules_init(&rules);
    rules.policy = policy;
    return rules;
}

/* A side of ok samples; a score below 0 is a sample that the model failed. */
static struct flip_side side_of(const struct gate_rules *rules, const double *scores, size_t count)
{
    struct flip_side side = {0};
    for (size_t i = 0; i < count; i++)
        flip_side_add(&side, rules, scores[i] < 0 ? ROW_TIMEOUT : ROW_OK,
                      scores[i] < 0 ? NAN : scores[i]);
    return side;
}

static struct flip flip_of(const struct gate_rules *rules, double before, double after)
{
    struct flip flip = {.baseline = side_of(rules, &before, 1),
                        .candidate = side_of(rules, &after, 1)};
    flip_between(&flip, rules);
    return flip;
}

static void
test_a_case_flips_when_one_side_reaches_the_threshold_and_the_other_does_not(void **state)
{
    (void)state;
    struct gate_rules rules = rules_of(GATE_POLICY_ZERO);
    assert_int_equal(flip_of(&rules, 1, 0).to, FLIP_TO_FAIL);
    assert_int_equal(flip_of(&rules, 0, 1).to, FLIP_TO_PASS);
    assert_int_equal(flip_of(&rules, 0.5, 0.49).to, FLIP_TO_FAIL);
    assert_int_equal(flip_of(&rules, 1, 0.5).to, FLIP_NONE);
    assert_int_equal(flip_of(&rules, 0.4, 0).to, FLIP_NONE);
    rules.pass_threshold = 0.9;
    assert_int_equal(flip_of(&rules, 1, 0.5).to, FLIP_TO_FAIL);
}

static void test_a_models_own_failure_is_wrong_or_missing_by_the_policy(void **state)
{
    (void)state;
    struct gate_rules zero = rules_of(GATE_POLICY_ZERO), drop = rules_of(GATE_POLICY_DROP);
    assert_int_equal(flip_of(&zero, 1, -1).to, FLIP_TO_FAIL);
    assert_int_equal(flip_of(&drop, 1, -1).to, FLIP_NOT_COMPARED);
}

static void test_a_score_that_we_failed_to_make_is_never_wrong(void **state)
{
    (void)state;
    struct gate_rules rules = rules_of(GATE_POLICY_ZERO);
    static const enum row_status ours[] = {ROW_JUDGE_ERROR, ROW_SCORER_ERROR, ROW_SKIPPED,
                                           ROW_CANCELLED};
    for (size_t i = 0; i < AS_COUNT(ours); i++) {
        struct flip flip = flip_of(&rules, 1, 0);
        flip.candidate = (struct flip_side){0};
        flip_side_add(&flip.candidate, &rules, ours[i], NAN);
        flip_between(&flip, &rules);
        assert_int_equal(flip.to, FLIP_NOT_COMPARED);
        assert_int_equal(flip.candidate.rows, 1);
    }
}

static void test_other_scores_of_a_row_whose_judge_failed_still_count(void **state)
{
    (void)state;
    struct gate_rules rules = rules_of(GATE_POLICY_ZERO);
    struct flip flip = flip_of(&rules, 1, 1);
    flip.candidate = (struct flip_side){0};
    flip_side_add(&flip.candidate, &rules, ROW_JUDGE_ERROR, 0);
    flip_between(&flip, &rules);
    assert_int_equal(flip.to, FLIP_TO_FAIL);
}

static void test_agreement_is_the_smaller_share_of_samples_that_say_as_their_case(void **state)
{
    (void)state;
    struct gate_rules rules = rules_of(GATE_POLICY_ZERO);
    static const double mostly_right[] = {1, 1, 1, 0}, wrong[] = {0, 0, -1};
    struct flip flip = {.baseline = side_of(&rules, mostly_right, 4),
                        .candidate = side_of(&rules, wrong, 3)};
    flip_between(&flip, &rules);
    assert_int_equal(flip.to, FLIP_TO_FAIL);
    assert_float_equal(flip.difference, -0.75, NEAR);
    assert_float_equal(flip.agreement, 0.75, NEAR);
    assert_int_equal(flip_side_samples(&flip.candidate, &rules), 3);
    assert_int_equal(flip_side_agreeing(&flip.candidate, &rules), 3);
}

static struct flip named(const char *id, double difference, double agreement)
{
    return (struct flip){
        .case_id = as_str_from(id), .difference = difference, .agreement = agreement};
}

static void test_the_surest_come_first(void **state)
{
    (void)state;
    struct flip flips[] = {
        named("d", 0.6, 1), named("c", -1, 0.5),        named("b", 1, 1),
        named("ab", -1, 1), named("e", 0.3 + 0.3, 0.9), named("a", -1, 1),
    };
    static const char *const want[] = {"a", "ab", "b", "c", "d", "e"};
    qsort(flips, AS_COUNT(flips), sizeof(flips[0]), flip_compare);
    for (size_t i = 0; i < AS_COUNT(want); i++)
        assert_string_equal(flips[i].case_id.ptr, want[i]);
}

static void test_differences_that_rounding_parts_are_the_same(void **state)
{
    (void)state;
    struct flip one = named("b", 0.1 + 0.2, 1), other = named("a", 0.3, 1);
    assert_true(one.difference != other.difference);
    assert_int_equal(flip_compare(&one, &other), 1);
    assert_int_equal(flip_compare(&other, &one), -1);
}

/* ---- from the store ---- */

static struct flip_source source_of(const struct group *group, uint32_t member)
{
    return (struct flip_source){
        .group_id = group->spec.group_id,
        .dataset_id = group->spec.dataset_id,
        .case_count = group->spec.case_count,
        .member = member,
        .metric = EXACT,
        .metric_count = METRIC_COUNT,
    };
}

static struct flip_list load(const struct group *group, const struct group *other,
                             struct as_arena *arena)
{
    struct flip_list list = {0};
    const struct flip_spec spec = {source_of(group, 0), source_of(other, 1), &group->gate};
    assert_int_equal(flips_load(group->f->store, &spec, arena, &list), 0);
    return list;
}

static void test_a_groups_flips_are_found_counted_and_sorted(void **state)
{
    struct group group = report_group(*state, 2, 6);
    struct as_arena arena = {0};
    static const double scores[][2] = {{1, 1}, {1, 0.25}, {0, 1}, {1, 0}, {0, 0.4}};
    for (size_t i = 0; i < AS_COUNT(scores); i++)
        for (uint32_t member = 0; member < 2; member++)
            report_add_score(&group, member, (int64_t)i, scores[i][member]);
    report_add_score(&group, 0, 5, 1);
    struct flip_list list = load(&group, &group, &arena);
    static const char *const want[] = {"c2", "c3", "c1"};
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < AS_COUNT(want); i++)
        assert_string_equal(list.flips[i].case_id.ptr, want[i]);
    assert_int_equal(list.compared, 5);
    assert_int_equal(list.not_compared, 1);
    assert_int_equal(list.to_pass, 1);
    assert_int_equal(list.to_fail, 2);
    as_arena_done(&arena);
}

static int64_t dataset_of(struct store_fixture *f, const char *const *ids, size_t count)
{
    struct case_record cases[8];
    struct as_sha256 hash = as_sha256_of("others", 6);
    struct dataset_info info;
    int64_t id = 0;
    bool is_new = false;
    for (size_t i = 0; i < count; i++) {
        cases[i] = fixture_case(&f->arena, (int64_t)i);
        cases[i].id = as_str_from(ids[i]);
    }
    assert_int_equal(store_dataset_begin(f->store, "others", &id), 0);
    assert_int_equal(store_dataset_add(f->store, id, cases, count), 0);
    assert_int_equal(
        store_dataset_finish(f->store, id, &hash, "cases", 1000, &f->arena, &info, &is_new), 0);
    return info.id;
}

/* The other group has the cases c1, c2, c9 alone, as a list of its own may have them. */
static void test_cases_of_two_groups_are_paired_by_their_ids(void **state)
{
    struct store_fixture *f = *state;
    static const char *const ids[] = {"c9", "c2", "c1"};
    struct group group = report_group(f, 2, 3);
    struct group other = report_group_of(f, 2, dataset_of(f, ids, 3), 3);
    struct as_arena arena = {0};
    for (int64_t i = 0; i < 3; i++) {
        report_add_score(&group, 0, i, 1);
        report_add_score(&other, 1, i, i == 1 ? 0 : 1);
    }
    struct flip_list list = load(&group, &other, &arena);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.flips[0].case_id.ptr, "c2");
    assert_int_equal(list.flips[0].case_seq, 2);
    assert_int_equal(list.flips[0].candidate_seq, 1);
    assert_int_equal(list.compared, 2);
    assert_int_equal(list.not_compared, 2);
    as_arena_done(&arena);
}

static void test_a_group_without_rows_has_no_flip(void **state)
{
    struct group group = report_group(*state, 2, 3);
    struct as_arena arena = {0};
    struct flip_list list = load(&group, &group, &arena);
    assert_int_equal(list.count, 0);
    assert_int_equal(list.compared, 0);
    assert_int_equal(list.not_compared, 0);
    as_arena_done(&arena);
}

#define STORE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_case_flips_when_one_side_reaches_the_threshold_and_the_other_does_not),
        cmocka_unit_test(test_a_models_own_failure_is_wrong_or_missing_by_the_policy),
        cmocka_unit_test(test_a_score_that_we_failed_to_make_is_never_wrong),
        cmocka_unit_test(test_other_scores_of_a_row_whose_judge_failed_still_count),
        cmocka_unit_test(test_agreement_is_the_smaller_share_of_samples_that_say_as_their_case),
        cmocka_unit_test(test_the_surest_come_first),
        cmocka_unit_test(test_differences_that_rounding_parts_are_the_same),
        STORE_TEST(test_a_groups_flips_are_found_counted_and_sorted),
        STORE_TEST(test_cases_of_two_groups_are_paired_by_their_ids),
        STORE_TEST(test_a_group_without_rows_has_no_flip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
