/* daemon/report: the Pareto table with its composite, and what a month would cost, of groups in a
 * real store; and the texts that give weights and ranges. */
#include "daemon/report/project.h"
#include "daemon/report/rank.h"
#include "tests/unit/report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CASES 40

/* What every answer of a member is like; a share of `wrong` of 8 cases is wrong. */
struct kind {
    int wrong;
    double latency_ms, cost_usd;
};

static struct group group_of(struct store_fixture *f, const struct kind *kinds, size_t count)
{
    struct group group = report_group(f, count, CASES);
    for (int64_t i = 0; i < CASES; i++)
        for (uint32_t m = 0; m < count; m++) {
            double score = i % 8 >= kinds[m].wrong;
            const struct fact fact = {
                m, i, ROW_OK, score, score, kinds[m].latency_ms, kinds[m].cost_usd, NAN, 0, 0};
            report_add(&group, &fact);
        }
    return group;
}

static struct as_json *rank_of(struct group *group, const struct rank_rules *rules, bool is_pinned)
{
    struct rank_question question = {rules, is_pinned};
    struct as_json *json = as_json_object();
    struct as_err err = {0};
    group->spec.gate = &group->gate;
    if (report_rank(group->f->store, &group->spec, &question, json, &err))
        fail_msg("%s", err.msg);
    return json;
}

static const struct as_json *of_model(const struct as_json *json, const char *model)
{
    const struct as_json *members = as_json_get(json, "members");
    for (size_t i = 0; i < as_json_len(members); i++)
        if (as_str_eq(as_json_get_str(as_json_at(members, i), "model"), model))
            return as_json_at(members, i);
    fail_msg("no member '%s'", model);
    return NULL;
}

static struct rank_rules no_rules(void)
{
    struct rank_rules rules;
    rank_rules_init(&rules);
    return rules;
}

/* ---- the front ---- */

static void test_who_is_worse_everywhere_is_dominated_by_name(void **state)
{
    static const struct kind kinds[] = {{1, 500, 0.02}, {1, 400, 0.01}, {2, 100, 0.001}};
    struct group group = group_of(*state, kinds, 3);
    struct rank_rules rules = no_rules();
    struct as_json *json = rank_of(&group, &rules, true);
    assert_written(of_model(json, "large"), "front", "false");
    assert_written(of_model(json, "small"), "front", "true");
    assert_written(of_model(json, "tiny"), "front", "true");
    const struct as_json *by = as_json_at(as_json_get(of_model(json, "large"), "dominated_by"), 0);
    assert_text(by, "model", "small");
    assert_num(by, "diff", 0);
    assert_text(by, "sentence",
                "'small' is as good or better on all: 0.0 points (95 % interval -6.9 to 6.9, n=40 "
                "pairs, no clear difference), at 0.50 times the cost, at 0.80 times the p95 "
                "latency");
    assert_num(of_model(json, "tiny"), "composite", NAN);
    assert_text(json, "composite", NULL);
    as_json_free(json);
}

static void test_the_unpriced_are_compared_with_nobody(void **state)
{
    static const struct kind kinds[] = {{1, 500, 0.02}, {0, 10, NAN}, {1, 400, 0.03}};
    struct group group = group_of(*state, kinds, 3);
    struct rank_rules rules = no_rules();
    struct as_json *json = rank_of(&group, &rules, true);
    const struct as_json *unpriced = of_model(json, "small");
    assert_text(unpriced, "front", NULL);
    assert_text(unpriced, "not_comparable", "unpriced");
    assert_num(unpriced, "cost_usd", NAN);
    assert_num(unpriced, "cost_n", 0);
    assert_written(of_model(json, "large"), "dominated_by", "[]");
    as_json_free(json);
}

static void test_what_nobody_has_is_no_axis(void **state)
{
    static const struct kind kinds[] = {{2, 500, NAN}, {1, 400, NAN}};
    struct group group = group_of(*state, kinds, 2);
    struct rank_rules rules = no_rules();
    struct as_json *json = rank_of(&group, &rules, true);
    assert_written(json, "axes", "[\"quality\",\"latency\"]");
    assert_written(json, "notes", "[\"no member has a cost: it is left out\"]");
    assert_written(of_model(json, "large"), "front", "false");
    assert_written(of_model(json, "small"), "front", "true");
    as_json_free(json);
}

static void test_a_models_own_failures_lower_its_quality(void **state)
{
    struct group group = report_group(*state, 1, 2);
    static const struct fact facts[] = {
        {0, 0, ROW_OK, 1, 1, 100, 0.01, NAN, 0, 0},
        {0, 1, ROW_MODEL_ERROR, NAN, NAN, 100, NAN, NAN, 0, 0},
    };
    report_add_all(&group, facts, AS_COUNT(facts));
    struct rank_rules rules = no_rules();
    struct as_json *json = rank_of(&group, &rules, true);
    assert_num(of_model(json, "large"), "quality", 0.5);
    assert_num(of_model(json, "large"), "n", 2);
    assert_num(of_model(json, "large"), "cost_usd", 0.01);
    as_json_free(json);
}

/* ---- the composite ---- */

static struct rank_rules rules_of(const char *const *weights, const char *const *ranges)
{
    struct rank_rules rules = no_rules();
    struct rank_problem problem;
    for (int i = 0; i < 3 && weights[i]; i++)
        assert_int_equal(rank_rules_add_weight(&rules, weights[i], NULL), 0);
    for (int i = 0; i < 3 && ranges[i]; i++)
        assert_int_equal(rank_rules_add_range(&rules, ranges[i], NULL), 0);
    assert_int_equal(rank_rules_check(&rules, &problem, NULL), 0);
    return rules;
}

static void test_the_composite_is_the_weighted_place_in_fixed_ranges(void **state)
{
    static const struct kind kinds[] = {{2, 2000, 0.005}, {4, 500, 0.02}};
    struct group group = group_of(*state, kinds, 2);
    struct rank_rules rules =
        rules_of((const char *[3]){"quality=2", "cost=1", "latency=1"},
                 (const char *[3]){"quality=0.5:1", "cost=0.01:0", "latency=4000:0"});
    struct as_json *json = rank_of(&group, &rules, true);
    assert_num(of_model(json, "large"), "composite", (2 * 0.5 + 0.5 + 0.5) / 4);
    /* dearer than the worst counts as the worst */
    assert_num(of_model(json, "small"), "composite", (0 + 0 + 0.875) / 4);
    assert_written(json, "notes", "[]");
    as_json_free(json);
}

static void test_an_unpriced_member_has_a_composite_only_without_a_weight_of_cost(void **state)
{
    static const struct kind kinds[] = {{0, 100, 0.01}, {0, 100, NAN}};
    struct group group = group_of(*state, kinds, 2);
    struct rank_rules rules = rules_of((const char *[3]){"quality=1", "cost=1", NULL},
                                       (const char *[3]){"quality=0:1", "cost=0.02:0", NULL});
    struct as_json *json = rank_of(&group, &rules, true);
    assert_num(of_model(json, "small"), "composite", NAN);
    assert_text(as_json_at(as_json_get(json, "members"), 0), "model", "large");
    as_json_free(json);
    rules = rules_of((const char *[3]){"quality=1", NULL}, (const char *[3]){"quality=0:1", NULL});
    json = rank_of(&group, &rules, false);
    assert_num(of_model(json, "small"), "composite", 1);
    assert_non_null(
        strstr(as_json_cstr(as_json_at(as_json_get(json, "notes"), 0)), "not pinned with the run"));
    as_json_free(json);
}

static void test_what_is_pinned_reads_back_as_it_was(void **state)
{
    (void)state;
    struct rank_rules rules = rules_of((const char *[3]){"cost=0.25", "latency=1e-1", NULL},
                                       (const char *[3]){"cost=0.01:0", "latency=5000:500", NULL});
    struct rank_rules back;
    struct as_json *json = rank_rules_to_json(&rules);
    assert_int_equal(rank_rules_from_json(json, &back), 0);
    assert_true(back.weights[RANK_COST] == 0.25 && back.weights[RANK_QUALITY] == 0);
    assert_true(back.ranges[RANK_LATENCY].worst == 5000 && back.ranges[RANK_LATENCY].best == 500);
    assert_true(isnan(back.ranges[RANK_QUALITY].worst));
    as_json_free(json);
    assert_int_equal(rank_rules_from_json(NULL, &back), 0);
    assert_false(rank_rules_are_set(&back));
    assert_null(rank_rules_to_json(&back));
}

static void test_texts_that_are_no_weight_or_range_are_told(void **state)
{
    static const struct {
        int (*add)(struct rank_rules *, const char *, struct as_err *);
        const char *text, *said;
    } cases[] = {
        {rank_rules_add_weight, "speed=1",
         "'speed=1' begins with none of quality=, cost= and latency="},
        {rank_rules_add_weight, "qual=1",
         "'qual=1' begins with none of quality=, cost= and latency="},
        {rank_rules_add_weight, "cost", "'cost' begins with none of quality=, cost= and latency="},
        {rank_rules_add_weight, "cost=much", "'cost=much' is no weight: like cost=0.7"},
        {rank_rules_add_weight, "cost=inf", "'cost=inf' is no weight: like cost=0.7"},
        {rank_rules_add_range, "cost=1", "'cost=1' is no range: cost=WORST:BEST"},
        {rank_rules_add_range, "cost=1:2:3", "'cost=1:2:3' is no range: cost=WORST:BEST"},
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        struct rank_rules rules = no_rules();
        struct as_err err = {0};
        assert_int_equal(cases[i].add(&rules, cases[i].text, &err), AS_EINVAL);
        assert_string_equal(err.msg, cases[i].said);
    }
}

/* ---- a month ---- */

static struct as_json *project_of(struct group *group, double requests_per_day, bool has_judge)
{
    struct project_question question = {requests_per_day, has_judge};
    struct as_json *json = as_json_object();
    struct as_err err = {0};
    group->spec.gate = &group->gate;
    if (report_project(group->f->store, &group->spec, &question, json, &err))
        fail_msg("%s", err.msg);
    return json;
}

/* Costs 0.01, 0.02, 0.03 and 0.04: mean 0.025, se 0.0064550, t(3) 3.18245. */
static void test_a_month_is_the_mean_cost_times_requests_with_its_interval(void **state)
{
    struct group group = report_group(*state, 2, 4);
    for (int64_t i = 0; i < 4; i++) {
        double usd = 0.01 * (double)(i + 1);
        const struct fact facts[] = {{0, i, ROW_OK, 1, 1, 10, usd, 0.001, 0, 0},
                                     {1, i, ROW_OK, i > 0, 1, 10, usd / 2, 0.001, 0, 0}};
        report_add_all(&group, facts, AS_COUNT(facts));
    }
    struct as_json *json = project_of(&group, 100, true);
    const struct as_json *large = of_model(json, "large"), *small = of_model(json, "small");
    assert_num(json, "days_per_month", 30.44);
    assert_num(large, "cost_usd", 0.025);
    assert_num(large, "month_usd", 0.025 * 3044);
    const struct as_json *ci = as_json_get(large, "month_ci");
    assert_true(fabs(as_json_num(as_json_at(ci, 0), NAN) - 3044 * (0.025 - 0.0205426)) < 1e-3);
    assert_false(as_json_has(large, "difference_month_usd"));
    assert_num(small, "difference_month_usd", -0.0125 * 3044);
    assert_num(small, "difference_n", 4);
    assert_num(small, "passes", 3);
    assert_num(small, "cost_per_pass_usd", 0.05 / 3);
    assert_num(as_json_get(json, "judge"), "run_usd", 0.008);
    assert_num(as_json_get(json, "judge"), "answer_usd", 0.001);
    as_json_free(json);
}

static void test_samples_of_a_case_do_not_multiply_its_cost(void **state)
{
    struct group group = report_group(*state, 1, 1);
    for (uint32_t sample = 0; sample < 3; sample++) {
        const struct fact fact = {0, 0, ROW_OK, 1, 1, 10, 0.01, NAN, sample, 0};
        report_add(&group, &fact);
    }
    struct as_json *json = project_of(&group, 1, false);
    assert_num(of_model(json, "large"), "cost_usd", 0.01);
    assert_text(of_model(json, "large"), "month_ci", NULL); /* one case has no spread */
    assert_text(json, "judge", NULL);
    as_json_free(json);
}

static void test_a_month_of_the_unpriced_is_not_known(void **state)
{
    static const struct kind kinds[] = {{0, 100, 0.01}, {0, 100, NAN}};
    struct group group = group_of(*state, kinds, 2);
    struct as_json *json = project_of(&group, 1000, false);
    const struct as_json *unpriced = of_model(json, "small");
    assert_num(unpriced, "n", 0);
    assert_num(unpriced, "month_usd", NAN);
    assert_num(unpriced, "difference_month_usd", NAN);
    assert_num(unpriced, "cost_per_pass_usd", NAN);
    assert_non_null(strstr(as_json_cstr(as_json_at(as_json_get(json, "notes"), 0)), "unpriced"));
    as_json_free(json);
}

static void test_cases_that_failed_before_they_cost_anything_are_named(void **state)
{
    struct group group = report_group(*state, 1, 2);
    static const struct fact facts[] = {
        {0, 0, ROW_OK, 1, 1, 10, 0.01, NAN, 0, 0},
        {0, 1, ROW_TIMEOUT, NAN, NAN, 10, 0, NAN, 0, 0},
    };
    report_add_all(&group, facts, AS_COUNT(facts));
    struct as_json *json = project_of(&group, 1000, false);
    assert_num(of_model(json, "large"), "month_usd", 0.01 * 30440);
    assert_non_null(
        strstr(as_json_cstr(as_json_at(as_json_get(json, "notes"), 0)), "is of 1 of 2 cases"));
    as_json_free(json);
}

#define REPORT_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_who_is_worse_everywhere_is_dominated_by_name),
        REPORT_TEST(test_the_unpriced_are_compared_with_nobody),
        REPORT_TEST(test_what_nobody_has_is_no_axis),
        REPORT_TEST(test_a_models_own_failures_lower_its_quality),
        REPORT_TEST(test_the_composite_is_the_weighted_place_in_fixed_ranges),
        REPORT_TEST(test_an_unpriced_member_has_a_composite_only_without_a_weight_of_cost),
        cmocka_unit_test(test_what_is_pinned_reads_back_as_it_was),
        cmocka_unit_test(test_texts_that_are_no_weight_or_range_are_told),
        REPORT_TEST(test_a_month_is_the_mean_cost_times_requests_with_its_interval),
        REPORT_TEST(test_samples_of_a_case_do_not_multiply_its_cost),
        REPORT_TEST(test_a_month_of_the_unpriced_is_not_known),
        REPORT_TEST(test_cases_that_failed_before_they_cost_anything_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
