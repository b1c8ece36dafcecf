/* daemon/gate: the checks over tags and over other metrics than the primary one, and the rules that
 * ask for them, as JSON and back. */
#include "daemon/gate/gate.h"
#include "daemon/model/gate_json.h"
#include "daemon/stats/seq.h"
#include "lib/buf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES 200

/* Tags over the cases 0..99, 100..159 and 190..199, on all of which both members score 1; and a
 * second metric, the same. */
struct fixture {
    struct gate_rules rules;
    struct stats_case cases[CASES], other[CASES];
    uint32_t numbers[CASES];
    struct gate_tag tags[3];
    struct gate_metric metrics[1];
    struct gate_metric_rules metric_rules;
    struct gate_input input;
    struct gate_verdict verdict;
};

static int setup(void **state)
{
    struct fixture *f = as_xcalloc(1, sizeof(*f));
    gate_rules_init(&f->rules);
    for (uint32_t i = 0; i < CASES; i++) {
        f->numbers[i] = i;
        f->cases[i] = f->other[i] = (struct stats_case){
            {1, STATS_SCORED}, {1, STATS_SCORED}, STATS_NO_CLUSTER, STATS_NO_STRATUM};
    }
    f->tags[0] = (struct gate_tag){"long", f->numbers, 100};
    f->tags[1] = (struct gate_tag){"prod-failure", f->numbers + 100, 60};
    f->tags[2] = (struct gate_tag){"rare", f->numbers + 190, 10};
    f->metrics[0] = (struct gate_metric){"tone", f->other};
    f->metric_rules = gate_metric_rules_of("tone");
    f->input = (struct gate_input){
        .cases = f->cases,
        .n = CASES,
        .tags = f->tags,
        .n_tags = 3,
        .metrics = f->metrics,
        .n_metrics = 1,
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

/* The check of the second metric with this name. */
static const struct gate_check *metric_check(struct fixture *f, const char *name)
{
    f->rules.metrics = &f->metric_rules;
    f->rules.metric_count = 1;
    evaluate(f, GATE_CHECK_MISSING);
    for (size_t i = GATE_CHECK_COUNT; i < gate_verdict_check_count(&f->verdict); i++)
        if (!strcmp(gate_verdict_check(&f->verdict, i)->name, name))
            return gate_verdict_check(&f->verdict, i);
    fail_msg("no check '%s'", name);
    return NULL;
}

static void lose(struct stats_case *cases, int first, int count)
{
    for (int i = first; i < first + count; i++)
        cases[i].candidate.value = 0;
}

static void assert_says(const struct gate_check *check, const char *part)
{
    if (!strstr(check->text, part))
        fail_msg("'%s' does not say '%s'", check->text, part);
}

/* ---- names ---- */

static void assert_whole_texts(const struct fixture *f)
{
    const struct gate_verdict *verdict = &f->verdict;
    assert_true(as_utf8_is_valid(verdict->advice, strlen(verdict->advice)));
    assert_true(as_utf8_is_valid(verdict->sentence, strlen(verdict->sentence)));
    for (size_t i = 0; i < gate_verdict_check_count(verdict); i++) {
        const struct gate_check *check = gate_verdict_check(verdict, i);
        if (!as_utf8_is_valid(check->text, strlen(check->text)) ||
            !as_utf8_is_valid(check->advice, strlen(check->advice)) ||
            !as_utf8_is_valid(check->name, strlen(check->name)))
            fail_msg("%s: '%s', '%s'", check->name, check->text, check->advice);
    }
}

/* Wherever a text ends for lack of room, it ends between two characters. */
static void test_long_names_of_wide_letters_are_cut_between_them(void **state)
{
    struct fixture *f = *state;
    struct gate_need needs[3];
    for (size_t before = 0; before < 4; before++) {
        char name[3][700] = {{0}};
        for (size_t i = 0; i < 3; i++) {
            memset(name[i], 'a' + (int)i, before);
            for (size_t at = before; at + 4 < sizeof(name[i]); at += 3)
                memcpy(name[i] + at, "\u20AC", 3);
            f->tags[i].name = name[i];
            needs[i] = (struct gate_need){name[i], CASES};
        }
        const char *stratum = name[0];
        f->metrics[0].name = f->metric_rules.metric = name[0];
        f->input.stratum_names = &stratum;
        f->input.n_strata = 1;
        for (size_t i = 0; i < CASES; i++)
            f->cases[i].stratum = 0;
        f->rules.stratum_margin = 0.01;
        f->rules.metrics = &f->metric_rules;
        f->rules.metric_count = 1;
        f->rules.needs = needs;
        f->rules.need_count = 3;
        f->rules.tags.margin = 0.3;
        evaluate(f, GATE_CHECK_TAGS);
        assert_whole_texts(f);
        f->rules.tags.min_n = CASES;
        evaluate(f, GATE_CHECK_TAGS);
        assert_whole_texts(f);
        /* a long name hides neither the n nor the check */
        assert_says(&f->verdict.checks[GATE_CHECK_STRATA], "n=200");
        assert_non_null(
            strstr(gate_verdict_check(&f->verdict, GATE_CHECK_COUNT)->name, ".missing"));
    }
}

/* ---- require_tag ---- */

static void test_enough_compared_cases_with_a_tag_pass(void **state)
{
    struct fixture *f = *state;
    const struct gate_need needs[] = {{"prod-failure", 60}, {"rare", 10}};
    f->rules.needs = needs;
    f->rules.need_count = 2;
    const struct gate_check *check = evaluate(f, GATE_CHECK_REQUIRE_TAG);
    assert_int_equal(check->outcome, GATE_PASS);
    assert_string_equal(check->text, "enough compared cases carry each tag that is asked for: "
                                     "prod-failure (60 of 60), rare (10 of 10)");
    assert_int_equal(f->verdict.outcome, GATE_PASS);
}

static void test_too_few_compared_cases_with_a_tag_are_undecided_and_counted(void **state)
{
    struct fixture *f = *state;
    const struct gate_need needs[] = {{"long", 50}, {"prod-failure", 60}, {"never", 1}};
    f->rules.needs = needs;
    f->rules.need_count = 3;
    f->cases[110].candidate.state = STATS_MISSING;
    f->cases[150].baseline.state = STATS_MISSING;
    const struct gate_check *check = evaluate(f, GATE_CHECK_REQUIRE_TAG);
    assert_int_equal(check->outcome, GATE_INCONCLUSIVE);
    assert_string_equal(check->text, "too few compared cases carry tags that are asked for: "
                                     "prod-failure (58 of 60), never (0 of 1)");
    assert_int_equal(check->evidence_total, 2); /* those that carry it and are no pair */
    assert_int_equal(check->evidence[0], 110);
    assert_int_equal(check->evidence[1], 150);
    assert_float_equal(check->observed, 58, 0);
    assert_float_equal(check->limit, 60, 0);
    assert_float_equal(check->more, 2, 0);
    assert_string_equal(f->verdict.advice,
                        "2 more compared cases with the tag 'prod-failure' are needed");
    assert_int_equal(f->verdict.headline, GATE_CHECK_REQUIRE_TAG);
}

/* ---- tags ---- */

static void test_tags_that_do_not_lose_pass_when_all_have_enough_pairs(void **state)
{
    struct fixture *f = *state;
    f->rules.tags.margin = 0.1;
    f->rules.tags.min_n = 10;
    const struct gate_check *check = evaluate(f, GATE_CHECK_TAGS);
    assert_int_equal(check->outcome, GATE_PASS);
    assert_says(check, "none of 3 tags is shown to be worse by more than 10.0 points");
    assert_int_equal(check->n_evidence, 0);
    assert_int_equal(f->verdict.tags[2].outcome, GATE_PASS);
}

/* Strict limits would let a tag pass that has clearly lost. */
static void test_after_a_planned_look_tags_are_judged_as_without_looks(void **state)
{
    struct fixture *f = *state;
    f->rules.tags.margin = 0.1;
    f->rules.tags.min_n = 10;
    lose(f->cases, 100, 18); /* of the 60 of prod-failure */
    const struct gate_check *check = evaluate(f, GATE_CHECK_TAGS);
    double p_holm = f->verdict.tags[1].p_holm, low = f->verdict.tags[1].paired.ci_low;
    assert_int_equal(check->outcome, GATE_FAIL);
    f->input.tail = stats_look_tail(4, 1);
    check = evaluate(f, GATE_CHECK_TAGS);
    assert_int_equal(check->outcome, GATE_FAIL);
    assert_says(check, "95% CI");
    assert_float_equal(check->limit, 0.025, 1e-9);
    assert_float_equal(f->verdict.tags[1].p_holm, p_holm, 0);
    assert_float_equal(f->verdict.tags[1].paired.ci_low, low, 0);
    assert_true(isnan(f->verdict.compare.p)); /* the comparison itself has none */
}

static void test_a_tag_with_too_few_pairs_is_said_and_never_green(void **state)
{
    struct fixture *f = *state;
    f->rules.tags.margin = 0.1;
    lose(f->cases, 195, 2);
    const struct gate_check *check = evaluate(f, GATE_CHECK_TAGS);
    assert_int_equal(check->outcome, GATE_INCONCLUSIVE);
    assert_string_equal(check->text,
                        "too few pairs for a test in 1 tag: rare (10 of 20); none of the other 2 "
                        "is shown to be worse by more than 10.0 points");
    assert_int_equal(check->evidence_total, 2);
    assert_int_equal(check->evidence[0], 195);
    assert_float_equal(check->more, 10, 0);
    assert_string_equal(f->verdict.advice, "10 more compared cases with the tag 'rare' are needed");
    assert_int_equal(f->verdict.outcome, GATE_INCONCLUSIVE);
}

static void test_a_tag_that_loses_beyond_the_margin_fails_with_its_losses(void **state)
{
    struct fixture *f = *state;
    f->rules.tags.margin = 0.1;
    lose(f->cases, 100, 30);
    lose(f->cases, 170, 5); /* of no tag */
    const struct gate_check *check = evaluate(f, GATE_CHECK_TAGS);
    assert_int_equal(check->outcome, GATE_FAIL);
    assert_says(check, "worse by more than 10.0 points in 1 of 2 tags tested: prod-failure (-50.0");
    assert_says(check, "; too few pairs for a test: rare (10 of 20)");
    assert_int_equal(check->evidence_total, 30);
    assert_int_equal(check->evidence[0], 100);
    assert_true(check->observed < check->limit);
    assert_int_equal(f->verdict.tags[0].outcome, GATE_PASS);
    assert_int_equal(f->verdict.tags[1].outcome, GATE_FAIL);
    assert_int_equal(f->verdict.tags[2].outcome, GATE_INCONCLUSIVE);
    assert_int_equal(f->verdict.outcome, GATE_FAIL);
}

static void test_only_the_tags_that_are_named_are_asked_about(void **state)
{
    struct fixture *f = *state;
    static const char *const only[] = {"long"};
    f->rules.tags = (struct gate_tag_rules){0.1, 20, only, 1};
    lose(f->cases, 100, 30);
    const struct gate_check *check = evaluate(f, GATE_CHECK_TAGS);
    assert_int_equal(check->outcome, GATE_PASS);
    assert_int_equal(f->verdict.tags[1].outcome, GATE_SKIP);
    assert_true(isnan(f->verdict.tags[1].p_holm));
}

static void test_a_named_tag_that_no_case_carries_is_undecided(void **state)
{
    struct fixture *f = *state;
    static const char *const only[] = {"long", "refunds"};
    f->rules.tags = (struct gate_tag_rules){0.1, 20, only, 2};
    const struct gate_check *check = evaluate(f, GATE_CHECK_TAGS);
    assert_int_equal(check->outcome, GATE_INCONCLUSIVE);
    assert_says(check, "1 tag: refunds (0 of 20)");
}

static void test_cases_without_a_tag_leave_the_check_undecided(void **state)
{
    struct fixture *f = *state;
    f->rules.tags.margin = 0.1;
    f->input.n_tags = 0;
    const struct gate_check *check = evaluate(f, GATE_CHECK_TAGS);
    assert_int_equal(check->outcome, GATE_INCONCLUSIVE);
    assert_string_equal(check->text, "no case carries a tag");
}

static void test_a_tag_of_one_cluster_cannot_be_tested(void **state)
{
    struct fixture *f = *state;
    static const char *const only[] = {"long"};
    f->rules.tags = (struct gate_tag_rules){0.1, 20, only, 1};
    for (int i = 0; i < 100; i++)
        f->cases[i].cluster = 7;
    const struct gate_check *check = evaluate(f, GATE_CHECK_TAGS);
    assert_int_equal(check->outcome, GATE_INCONCLUSIVE);
    assert_says(check, "long (all of one cluster)");
}

static void test_more_tags_ask_for_more_proof(void **state)
{
    struct fixture *f = *state;
    static const char *const only[] = {"prod-failure", "long"};
    lose(f->cases, 100, 18);
    f->rules.tags = (struct gate_tag_rules){0.17, 20, only, 1};
    evaluate(f, GATE_CHECK_TAGS);
    double alone = f->verdict.tags[1].p_worse_holm;
    f->rules.tags.margin = 0.17;
    f->rules.tags.only_count = 2;
    evaluate(f, GATE_CHECK_TAGS);
    assert_float_equal(f->verdict.tags[1].p_worse_holm, 2 * alone, 1e-12);
}

/* 18 losses of 60: at a margin of 15.6 points p is 1.8 %, which is enough for one test at 2.5 % and
 * not for two. */
static void test_holm_decides_whether_a_tag_fails(void **state)
{
    struct fixture *f = *state;
    static const char *const only[] = {"prod-failure", "long"};
    lose(f->cases, 100, 18);
    f->rules.tags = (struct gate_tag_rules){0.156, 20, only, 1};
    assert_int_equal(evaluate(f, GATE_CHECK_TAGS)->outcome, GATE_FAIL);
    f->rules.tags.only_count = 2;
    assert_int_equal(evaluate(f, GATE_CHECK_TAGS)->outcome, GATE_PASS);
}

/* ---- other metrics ---- */

static void test_a_metric_without_rules_has_no_checks(void **state)
{
    struct fixture *f = *state;
    evaluate(f, GATE_CHECK_MISSING);
    assert_int_equal(gate_verdict_check_count(&f->verdict), GATE_CHECK_COUNT);
}

static void test_a_metric_that_loses_beyond_its_margin_fails_the_gate(void **state)
{
    struct fixture *f = *state;
    f->metric_rules.margin = 0.05;
    lose(f->other, 10, 40);
    const struct gate_check *check = metric_check(f, "tone.noninferiority");
    assert_int_equal(check->outcome, GATE_FAIL);
    assert_says(check, "tone: difference -20.0 points");
    assert_int_equal(check->evidence_total, 40);
    assert_int_equal(check->evidence[0], 10);
    assert_int_equal(f->verdict.outcome, GATE_FAIL);
    assert_string_equal(gate_verdict_check(&f->verdict, (size_t)f->verdict.headline)->name,
                        "tone.noninferiority");
}

static void test_a_metric_is_judged_where_cases_have_strata_too(void **state)
{
    static const char *const names[] = {"short", "long"};
    struct fixture *f = *state;
    f->input.stratum_names = names;
    f->input.n_strata = 2;
    for (int i = 0; i < CASES; i++)
        f->cases[i].stratum = f->other[i].stratum = i % 2;
    f->metric_rules.floor.value = 0.7;
    assert_int_equal(metric_check(f, "tone.floor")->outcome, GATE_PASS);
}

static void test_a_metric_below_its_floor_fails_and_one_around_it_is_undecided(void **state)
{
    struct fixture *f = *state;
    f->metric_rules.floor.value = 0.9;
    lose(f->other, 0, 60);
    assert_int_equal(metric_check(f, "tone.floor")->outcome, GATE_FAIL);
    f->metric_rules.floor.value = 0.7;
    assert_int_equal(metric_check(f, "tone.floor")->outcome, GATE_INCONCLUSIVE);
    f->metric_rules.floor.mode = GATE_FLOOR_POINT;
    assert_int_equal(metric_check(f, "tone.floor")->outcome, GATE_PASS);
    assert_int_equal(metric_check(f, "tone.noninferiority")->outcome, GATE_SKIP);
}

static void test_a_metrics_own_caps_on_missing_and_failed_cases(void **state)
{
    struct fixture *f = *state;
    f->metric_rules.max_missing_rate = 0.1;
    f->metric_rules.max_failure_rate = 0.1;
    for (int i = 0; i < 30; i++)
        f->other[i].candidate.state = STATS_MISSING;
    assert_int_equal(metric_check(f, "tone.missing")->outcome, GATE_INCONCLUSIVE);
    assert_int_equal(metric_check(f, "tone.failure_rate")->outcome, GATE_PASS);
    for (int i = 0; i < 30; i++)
        f->other[i].candidate.state = STATS_FAILED;
    assert_int_equal(metric_check(f, "tone.missing")->outcome, GATE_PASS);
    assert_int_equal(metric_check(f, "tone.failure_rate")->outcome, GATE_FAIL);
}

static void test_an_undecided_metric_says_how_many_more_cases_would_decide(void **state)
{
    struct fixture *f = *state;
    f->metric_rules.margin = 0.05;
    lose(f->other, 0, 8);
    const struct gate_check *check = metric_check(f, "tone.noninferiority");
    assert_int_equal(check->outcome, GATE_INCONCLUSIVE);
    assert_true(check->more > 0);
    assert_non_null(strstr(f->verdict.advice, "tone: about "));
}

static void test_a_metric_out_of_range_is_refused(void **state)
{
    struct fixture *f = *state;
    f->rules.metrics = &f->metric_rules;
    f->rules.metric_count = 1;
    f->other[3].baseline.value = 1.5;
    assert_int_equal(gate_evaluate(&f->rules, &f->input, &f->verdict), AS_EINVAL);
}

/* ---- the rules ---- */

static void test_rules_are_the_same_after_a_way_through_json(void **state)
{
    struct fixture *f = *state;
    static const char *const only[] = {"a", "b"};
    const struct gate_need needs[] = {{"prod-failure", 20}};
    f->rules.margin = 0.02;
    f->rules.needs = needs;
    f->rules.need_count = 1;
    f->rules.tags = (struct gate_tag_rules){0.1, 30, only, 2};
    f->metric_rules.floor = (struct gate_floor){0.9, GATE_FLOOR_POINT};
    f->rules.metrics = &f->metric_rules;
    f->rules.metric_count = 1;
    struct as_arena arena = {0};
    struct gate_rules back;
    struct as_buf first = {0}, second = {0};
    AS_CLEANUP_JSON struct as_json *json = gate_rules_to_json(&f->rules);
    assert_int_equal(gate_rules_from_json(json, &arena, &back), 0);
    AS_CLEANUP_JSON struct as_json *again = gate_rules_to_json(&back);
    as_json_write_canonical(json, &first);
    as_json_write_canonical(again, &second);
    assert_string_equal(first.ptr, second.ptr);
    assert_string_equal(back.needs[0].tag, "prod-failure");
    assert_string_equal(back.tags.only[1], "b");
    assert_int_equal(back.metrics[0].floor.mode, GATE_FLOOR_POINT);
    assert_true(isnan(back.metrics[0].margin));
    as_buf_done(&first);
    as_buf_done(&second);
    as_arena_done(&arena);
}

static void test_rules_of_before_these_keys_ask_nothing_of_tags(void **state)
{
    static const char text[] = "{\"policy\":\"zero\",\"critical\":\"off\",\"floor_mode\":\"ci\"}";
    struct as_arena arena = {0};
    struct gate_rules rules;
    AS_CLEANUP_JSON struct as_json *json = NULL;
    (void)state;
    assert_int_equal(as_json_parse(text, strlen(text), &json, NULL), 0);
    assert_int_equal(gate_rules_from_json(json, &arena, &rules), 0);
    assert_true(isnan(rules.tags.margin));
    assert_int_equal(rules.need_count + rules.metric_count, 0);
    as_arena_done(&arena);
}

#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(test_long_names_of_wide_letters_are_cut_between_them),
        GATE_TEST(test_enough_compared_cases_with_a_tag_pass),
        GATE_TEST(test_too_few_compared_cases_with_a_tag_are_undecided_and_counted),
        GATE_TEST(test_tags_that_do_not_lose_pass_when_all_have_enough_pairs),
        GATE_TEST(test_after_a_planned_look_tags_are_judged_as_without_looks),
        GATE_TEST(test_a_tag_with_too_few_pairs_is_said_and_never_green),
        GATE_TEST(test_a_tag_that_loses_beyond_the_margin_fails_with_its_losses),
        GATE_TEST(test_only_the_tags_that_are_named_are_asked_about),
        GATE_TEST(test_a_named_tag_that_no_case_carries_is_undecided),
        GATE_TEST(test_cases_without_a_tag_leave_the_check_undecided),
        GATE_TEST(test_a_tag_of_one_cluster_cannot_be_tested),
        GATE_TEST(test_more_tags_ask_for_more_proof),
        GATE_TEST(test_holm_decides_whether_a_tag_fails),
        GATE_TEST(test_a_metric_without_rules_has_no_checks),
        GATE_TEST(test_a_metric_that_loses_beyond_its_margin_fails_the_gate),
        GATE_TEST(test_a_metric_is_judged_where_cases_have_strata_too),
        GATE_TEST(test_a_metric_below_its_floor_fails_and_one_around_it_is_undecided),
        GATE_TEST(test_a_metrics_own_caps_on_missing_and_failed_cases),
        GATE_TEST(test_an_undecided_metric_says_how_many_more_cases_would_decide),
        GATE_TEST(test_a_metric_out_of_range_is_refused),
        GATE_TEST(test_rules_are_the_same_after_a_way_through_json),
        cmocka_unit_test(test_rules_of_before_these_keys_ask_nothing_of_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
