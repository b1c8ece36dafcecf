/* daemon/report: members of two groups compared case by case, and what is left out and adjusted. */
#include "tests/unit/report_fixture.h"

#include "daemon/report/compare.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PARTS 100

/* Cases c<from> ...; every second in cluster "twins", the first ten of stratum "few". */
static int64_t dataset_from(struct store_fixture *f, const char *name, size_t from, size_t count)
{
    struct case_record *cases = as_arena_alloc(&f->arena, count * sizeof(*cases));
    struct as_sha256 hash = as_sha256_of(name, strlen(name));
    struct dataset_info info;
    int64_t id = 0;
    bool is_new = false;
    for (size_t i = 0; i < count; i++) {
        cases[i] = fixture_case(&f->arena, (int64_t)(from + i));
        cases[i].seq = (int64_t)i;
        cases[i].cluster = i % 2 ? as_str_from("twins") : (struct as_str){NULL, 0};
        cases[i].stratum = as_str_from(from + i < 10 ? "few" : "many");
    }
    assert_int_equal(store_dataset_begin(f->store, name, &id), 0);
    assert_int_equal(store_dataset_add(f->store, id, cases, count), 0);
    assert_int_equal(
        store_dataset_finish(f->store, id, &hash, "cases", 1000, &f->arena, &info, &is_new), 0);
    return info.id;
}

struct two {
    struct group groups[2];
    struct table tables[2];
};

/* Group 0 has the cases 0 to 49, group 1 those from 20 to 69, two members each. */
static void two_init(struct two *two, struct store_fixture *f)
{
    two->groups[0] = report_group_of(f, 2, dataset_from(f, "old", 0, 50), 50);
    two->groups[1] = report_group_of(f, 2, dataset_from(f, "new", 20, 50), 50);
}

static void load(struct two *two)
{
    for (size_t i = 0; i < 2; i++) {
        struct group *group = &two->groups[i];
        struct as_err err = {0};
        group->spec.gate = &group->gate;
        if (table_load(group->f->store, &group->spec, &two->tables[i], &err))
            fail_msg("%s", err.msg);
    }
}

static void two_done(struct two *two)
{
    table_done(&two->tables[0]);
    table_done(&two->tables[1]);
}

static struct compare_side side_of(const struct two *two, size_t group, size_t member)
{
    return (struct compare_side){
        .table = &two->tables[group],
        .run = (int64_t)group + 1,
        .label = group ? "run 2" : "run 1",
        .name = member_names[member],
        .member = member,
        .metric = EXACT,
    };
}

static struct as_json *compare(const struct compare_sides *sides)
{
    struct as_json *json = NULL;
    struct as_err err = {0};
    if (compare_members(sides, &json, &err))
        fail_msg("%s", err.msg);
    return json;
}

static struct as_json *compare_across(const struct two *two, enum gate_policy policy)
{
    struct compare_sides sides = {side_of(two, 0, 0), side_of(two, 1, 0), policy, PARTS};
    return compare(&sides);
}

static void test_cases_of_two_groups_are_paired_by_their_ids(void **state)
{
    struct two two;
    two_init(&two, *state);
    for (int64_t i = 0; i < 50; i++) {
        report_add_score(&two.groups[0], 0, i, i >= 40 ? 0 : 1);
        report_add_score(&two.groups[1], 0, i, i < 30 ? 1 : 0); /* of the cases 20 to 49 */
    }
    load(&two);
    struct as_json *json = compare_across(&two, GATE_POLICY_ZERO);
    assert_num(json, "cases", 30);
    assert_num(json, "only_baseline", 20);
    assert_num(json, "only_candidate", 20);
    assert_num(json, "n_pairs", 30);
    assert_num(json, "unpaired", 0);
    assert_num(json, "baseline_mean", 20.0 / 30);
    assert_num(json, "candidate_mean", 1);
    assert_num(json, "baseline_passes", 20);
    assert_num(json, "candidate_passes", 30);
    assert_num(json, "wins", 10);
    assert_num(json, "clusters", 16); /* fifteen cases on their own, and the twins */
    as_json_free(json);
    two_done(&two);
}

static void test_failed_and_missing_cases_are_counted_for_each_side(void **state)
{
    struct two two;
    two_init(&two, *state);
    const struct fact failed = {0, 0, ROW_MODEL_ERROR, NAN, NAN, NAN, NAN, NAN, 0, 0};
    for (int64_t i = 0; i < 50; i++)
        report_add_score(&two.groups[0], 0, i, 1);
    report_add(&two.groups[1], &failed);
    for (int64_t i = 1; i < 25; i++)
        report_add_score(&two.groups[1], 0, i, 1);
    load(&two);
    struct as_json *json = compare_across(&two, GATE_POLICY_ZERO);
    assert_num(json, "n_pairs", 25);
    assert_num(json, "unpaired", 5);
    assert_num(json, "candidate_failed", 1);
    assert_num(json, "candidate_missing", 5);
    assert_num(json, "baseline_missing", 0);
    assert_num(json, "diff", -1.0 / 25);
    assert_num(json, "diff_if_dropped", 0);
    as_json_free(json);
    json = compare_across(&two, GATE_POLICY_DROP);
    assert_num(json, "n_pairs", 24);
    assert_num(json, "diff", 0);
    as_json_free(json);
    two_done(&two);
}

static void test_a_stratum_of_few_pairs_is_not_tested(void **state)
{
    struct two two;
    two_init(&two, *state);
    for (int64_t i = 0; i < 50; i++) {
        report_add_score(&two.groups[0], 0, i, i % 3 ? 1 : 0);
        report_add_score(&two.groups[0], 1, i, i % 2 ? 1 : 0);
    }
    load(&two);
    struct compare_sides sides = {side_of(&two, 0, 0), side_of(&two, 0, 1), GATE_POLICY_ZERO,
                                  PARTS};
    struct as_json *json = compare(&sides);
    const struct as_json *few = as_json_at(as_json_get(json, "strata"), 0);
    const struct as_json *many = as_json_at(as_json_get(json, "strata"), 1);
    assert_text(few, "stratum", "few");
    assert_num(few, "n_pairs", 10);
    assert_num(few, "p_holm", NAN);
    assert_num(many, "n_pairs", 40);
    assert_num(many, "p_holm", as_json_get_num(many, "p", NAN));
    as_json_free(json);
    sides.parts_max = 1;
    json = compare(&sides);
    assert_int_equal(as_json_len(as_json_get(json, "strata")), 1);
    assert_num(json, "strata_left_out", 1);
    as_json_free(json);
    two_done(&two);
}

static void test_a_candidate_that_was_not_run_is_asked_about(void **state)
{
    struct two two;
    two_init(&two, *state);
    for (int64_t i = 0; i < 50; i++) {
        report_add_score(&two.groups[0], 0, i, i % 3 ? 1 : 0.5);
        report_add_score(&two.groups[1], 0, i, (i + 20) % 3 ? 1 : 0.5);
    }
    load(&two);
    struct as_json *json = compare_across(&two, GATE_POLICY_ZERO);
    const char *sentence = as_json_get_cstr(json, "sentence");
    assert_non_null(strstr(sentence, "'large' of run 2 against 'large' of run 1: "));
    assert_non_null(strstr(sentence, "was the candidate really run?"));
    assert_false(as_json_has(json, "mcnemar")); /* scores between 0 and 1 */
    as_json_free(json);
    two_done(&two);
}

static void test_groups_without_a_common_case_are_not_compared(void **state)
{
    struct store_fixture *f = *state;
    struct two two = {.groups = {report_group_of(f, 2, dataset_from(f, "old", 0, 5), 5),
                                 report_group_of(f, 2, dataset_from(f, "new", 5, 5), 5)}};
    load(&two);
    struct as_json *json = compare_across(&two, GATE_POLICY_ZERO);
    assert_num(json, "n_pairs", 0);
    assert_num(json, "diff", NAN);
    assert_num(json, "p", NAN);
    assert_text(json, "ci", NULL);
    as_json_free(json);
    two_done(&two);
}

static void test_comparisons_are_adjusted_for_their_number(void **unused)
{
    (void)unused;
    static const double p[] = {0.01, NAN, 0.04};
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < 3; i++) {
        struct as_json *json = as_json_object();
        as_json_set_num(json, "p", p[i]);
        as_json_push_take(list, json);
    }
    compare_adjust(list);
    assert_num(as_json_at(list, 0), "p_holm", 0.02);
    assert_num(as_json_at(list, 1), "p_holm", NAN);
    assert_num(as_json_at(list, 2), "p_holm", 0.04);
    as_json_free(list);
}

static struct as_json *member_with(const char *mean, const char *ci)
{
    struct as_buf text = {0};
    struct as_json *member = NULL;
    as_buf_addf(&text,
                "{\"failed\":2,\"missing\":0,\"metrics\":[{\"metric\":\"m\",\"n\":80,\"mean\":%s,"
                "\"ci\":%s}]}",
                mean, ci);
    assert_int_equal(as_json_parse(text.ptr, text.len, &member, NULL), 0);
    as_buf_done(&text);
    return member;
}

static void test_summaries_are_compared_as_independent_means(void **unused)
{
    (void)unused;
    struct as_json *a = member_with("0.6", "[0.490,0.700]"), *b = member_with("0.8", "[0.69,0.88]");
    struct compare_summary baseline = {1, "the report of run 1", "x", "m", a},
                           candidate = {2, "run 2", "y", "m", b};
    struct as_json *json = NULL;
    struct as_err err = {0};
    assert_int_equal(compare_summaries(&baseline, &candidate, &json, &err), 0);
    assert_num(json, "diff", 0.2);
    assert_num(json, "baseline_n", 80);
    assert_num(json, "candidate_failed", 2);
    assert_num(json, "p", NAN);
    assert_non_null(
        strstr(as_json_get_cstr(json, "sentence"),
               "'y' of run 2 against 'x' of the report of run 1, UNPAIRED: candidate is "
               "better by 20.0 points"));
    as_json_free(json);
    baseline.metric = "other";
    assert_int_equal(compare_summaries(&baseline, &candidate, &json, &err), AS_EINVAL);
    as_json_free(a);
    as_json_free(b);
}

static void test_a_small_difference_of_summaries_is_not_written_as_none(void **unused)
{
    (void)unused;
    struct as_json *a = member_with("0.6", "[0.49,0.7]"), *b = member_with("0.5996", "[0.49,0.7]");
    struct compare_summary baseline = {1, "the report of run 1", "x", "m", a},
                           candidate = {2, "run 2", "y", "m", b};
    struct as_json *json = NULL;
    struct as_err err = {0};
    assert_int_equal(compare_summaries(&baseline, &candidate, &json, &err), 0);
    assert_non_null(
        strstr(as_json_get_cstr(json, "sentence"), "no clear difference (-0.04 points"));
    as_json_free(json);
    as_json_free(a);
    as_json_free(b);
}

static void test_numbers_of_a_report_that_are_no_mean_are_not_compared(void **unused)
{
    (void)unused;
    static const char *const bad[][2] = {
        {"7", "[6,8]"}, {"0.5", "null"}, {"0.5", "[0.6,0.7]"}, {"\"x\"", "[0,1]"}, {"0.5", "7"}};
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct as_json *a = member_with(bad[i][0], bad[i][1]), *b = member_with("0.8", "[0.7,0.9]");
        struct compare_summary baseline = {1, "the report of run 1", "x", "m", a},
                               candidate = {2, "run 2", "y", "m", b};
        struct as_json *json = NULL;
        struct as_err err = {0};
        assert_int_equal(compare_summaries(&baseline, &candidate, &json, &err), 0);
        assert_num(json, "diff", NAN);
        assert_text(json, "ci", NULL);
        assert_non_null(strstr(as_json_get_cstr(json, "sentence"), "nothing to compare"));
        as_json_free(json);
        as_json_free(a);
        as_json_free(b);
    }
}

#define REPORT_TEST(test) \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_cases_of_two_groups_are_paired_by_their_ids),
        REPORT_TEST(test_failed_and_missing_cases_are_counted_for_each_side),
        REPORT_TEST(test_a_stratum_of_few_pairs_is_not_tested),
        REPORT_TEST(test_a_candidate_that_was_not_run_is_asked_about),
        REPORT_TEST(test_groups_without_a_common_case_are_not_compared),
        cmocka_unit_test(test_comparisons_are_adjusted_for_their_number),
        cmocka_unit_test(test_summaries_are_compared_as_independent_means),
        cmocka_unit_test(test_a_small_difference_of_summaries_is_not_written_as_none),
        cmocka_unit_test(test_numbers_of_a_report_that_are_no_mean_are_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
