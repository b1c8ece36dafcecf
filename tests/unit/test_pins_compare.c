/* What of two groups' pins matters for a comparison, what is only told, and how it is shown. */
#include "daemon/engine/pins_compare.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { EXACT, LENGTH, RUBRIC, METRICS };

struct two {
    struct pins a, b;
    struct pins_differences found;
    struct as_arena arena;
};

static struct pins pins_of(void)
{
    struct pins pins = {
        .eval_name = "support",
        .dataset_name = "tickets",
        .dataset_version = 1,
        .dataset_hash = as_sha256_of("d", 1),
        .member_count = 1,
        .metric_count = METRICS,
        .rubric = RUBRIC,
        .samples = 1,
    };
    static const char *const names[METRICS] = {"exact", "length", "tone"};
    for (size_t i = 0; i < METRICS; i++)
        pins.metrics[i] = (struct pin_metric){.name = names[i],
                                              .selector = names[i],
                                              .params_json = "{}",
                                              .hash = as_sha256_of(names[i], 2)};
    pins.members[0].spec = (struct model_spec){
        .name = "large", .id = "large-1", .plugin = "openai@1.0.0", .base_url = "http://h"};
    pins.judge.spec = (struct model_spec){
        .name = "judge", .id = "judge-1", .plugin = "openai@1.0.0", .base_url = "http://h"};
    gate_rules_init(&pins.gate);
    budget_rules_init(&pins.budget);
    return pins;
}

static void two_init(struct two *two)
{
    *two = (struct two){.a = pins_of(), .b = pins_of()};
}

static void compare(struct two *two, size_t metric)
{
    struct pins_view a = {&two->a, metric, 100}, b = {&two->b, metric, 100};
    pins_compare(&a, &b, &two->arena, &two->found);
}

/* The only difference is this one; remedy NULL: it does not matter. */
static void expect_one(struct two *two, const char *part, bool matters)
{
    assert_int_equal(two->found.count, 1);
    assert_string_equal(two->found.items[0].part, part);
    assert_int_equal(two->found.items[0].remedy != NULL, matters);
    assert_int_equal(two->found.matter_count, matters);
    as_arena_done(&two->arena);
}

static void test_equal_pins_do_not_differ(void **unused)
{
    (void)unused;
    struct two two;
    two_init(&two);
    compare(&two, RUBRIC);
    assert_int_equal(two.found.count, 0);
    as_arena_done(&two.arena);
}

static void test_what_changes_the_meaning_of_a_score_matters(void **unused)
{
    (void)unused;
    struct two two;
    two_init(&two);
    two.b.dataset_hash = as_sha256_of("e", 1);
    compare(&two, EXACT);
    expect_one(&two, "dataset", true);
    two_init(&two);
    two.b.metrics[EXACT].hash = as_sha256_of("other", 5);
    compare(&two, EXACT);
    expect_one(&two, "version of exact", true);
    two_init(&two);
    two.b.metrics[EXACT].params_json = "{\"trim\":false}";
    compare(&two, EXACT);
    expect_one(&two, "params of exact", true);
    two_init(&two);
    two.b.system = "Be brief.";
    compare(&two, EXACT);
    expect_one(&two, "system prompt", true);
    two_init(&two);
    two.b.samples = 3;
    compare(&two, EXACT);
    expect_one(&two, "samples", true);
    two_init(&two);
    two.b.gate.policy = GATE_POLICY_DROP;
    compare(&two, EXACT);
    expect_one(&two, "failure policy", true);
}

static void test_of_two_judges_only_what_makes_them_others_differs(void **unused)
{
    (void)unused;
    struct two two;
    two_init(&two);
    two.b.dataset_hash = as_sha256_of("e", 1);
    two.b.samples = 3;
    two.b.metrics[EXACT].is_required = true;
    two.b.metrics[RUBRIC].name = "manners";
    pins_compare_judge(&two.a, &two.b, &two.arena, &two.found);
    assert_int_equal(two.found.count, 0);
    two.b.metrics[RUBRIC].hash = as_sha256_of("other", 5);
    pins_compare_judge(&two.a, &two.b, &two.arena, &two.found);
    expect_one(&two, "version of tone", true);
    two_init(&two);
    two.b.judge.spec.params_json = "{\"temperature\":1}";
    pins_compare_judge(&two.a, &two.b, &two.arena, &two.found);
    expect_one(&two, "params of the judge", true);
}

static void test_the_judge_matters_for_the_metric_that_it_makes(void **unused)
{
    (void)unused;
    struct two two;
    two_init(&two);
    two.b.judge.spec.id = "judge-2";
    compare(&two, RUBRIC);
    expect_one(&two, "judge", true);
    two_init(&two);
    two.b.judge.spec.params_json = "{\"temperature\":1}";
    compare(&two, RUBRIC);
    expect_one(&two, "params of the judge", true);
    two_init(&two);
    two.b.judge.provider_hash = as_sha256_of("other", 5);
    compare(&two, RUBRIC);
    expect_one(&two, "provider plugin of the judge", true);
    two_init(&two);
    two.b.metrics[EXACT].is_required = true;
    compare(&two, RUBRIC);
    expect_one(&two, "what the judge requires", true);
    two_init(&two);
    two.b.judge.spec.id = "judge-2";
    compare(&two, EXACT);
    assert_int_equal(two.found.count, 0);
    as_arena_done(&two.arena);
}

static void test_the_rest_is_told_and_does_not_matter(void **unused)
{
    (void)unused;
    struct two two;
    two_init(&two);
    two.b.metrics[LENGTH].params_json = "{\"max\":9}";
    compare(&two, EXACT);
    expect_one(&two, "other metrics", false);
    two_init(&two);
    two.b.gate.margin = 0.05;
    compare(&two, EXACT);
    expect_one(&two, "rest of the gate", false);
    two_init(&two);
    two.b.budget.max_requests = 7;
    compare(&two, EXACT);
    expect_one(&two, "budget", false);
    two_init(&two);
    two.b.primary = LENGTH;
    compare(&two, EXACT);
    expect_one(&two, "primary metric", false);
}

static void test_what_matters_comes_first(void **unused)
{
    (void)unused;
    struct two two;
    two_init(&two);
    two.b.eval_name = "other";
    two.b.samples = 2;
    compare(&two, EXACT);
    assert_int_equal(two.found.count, 2);
    assert_int_equal(two.found.matter_count, 1);
    assert_string_equal(two.found.items[0].part, "samples");
    assert_string_equal(two.found.items[0].a, "1");
    assert_string_equal(two.found.items[0].b, "2");
    as_arena_done(&two.arena);
}

static void test_a_member_that_is_another_model_by_the_same_name_is_told(void **unused)
{
    (void)unused;
    struct two two;
    two_init(&two);
    two.b.members[0].spec.id = "large-2";
    compare(&two, EXACT);
    pins_compare_member(&two.a.members[0], &two.b.members[0], &two.arena, &two.found);
    assert_string_equal(two.found.items[0].a, "large (large-1 at http://h)");
    assert_string_equal(two.found.items[0].b, "large (large-2 at http://h)");
    expect_one(&two, "model large", false);
    two_init(&two);
    two.b.members[0].spec.prices.input = 2;
    compare(&two, EXACT);
    pins_compare_member(&two.a.members[0], &two.b.members[0], &two.arena, &two.found);
    assert_int_equal(two.found.matter_count, 0);
    as_arena_done(&two.arena);
}

static void test_long_values_are_shown_from_where_they_part(void **unused)
{
    (void)unused;
    struct two two;
    two_init(&two);
    two.a.system = "You are a helpful assistant of the support team. You answer with one word, in "
                   "English, and never explain.";
    two.b.system = "You are a helpful assistant of the support team. You answer with one word, in "
                   "German, and never explain.";
    compare(&two, EXACT);
    assert_string_equal(two.found.items[0].a, "...ne word, in English, and never explain.");
    assert_string_equal(two.found.items[0].b, "...ne word, in German, and never explain.");
    two.a.system = "a much longer prompt that goes on for quite a while, and then some more words";
    two.b.system = "b";
    compare(&two, EXACT);
    assert_string_equal(two.found.items[0].a,
                        "a much longer prompt that goes on for quite a while, and...");
    as_arena_done(&two.arena);
}

static void test_cut_texts_stay_whole_characters(void **unused)
{
    (void)unused;
    struct two two;
    two_init(&two);
    two.a.system = "ääääääääääääääääääääääääääääääääääääääää x";
    two.b.system = "ääääääääääääääääääääääääääääääääääääääää ü";
    compare(&two, EXACT);
    for (size_t i = 0; i < 2; i++) {
        const char *shown = i ? two.found.items[0].b : two.found.items[0].a;
        assert_true(as_utf8_is_valid(shown, strlen(shown)));
    }
    as_arena_done(&two.arena);
}

/* The candidate is the second member of both. */
static void two_init_candidate(struct two *two)
{
    two_init(two);
    two->a.member_count = two->b.member_count = 2;
    two->a.members[1] = two->b.members[1] = two->a.members[0];
    two->a.members[1].spec.name = two->b.members[1].spec.name = "small";
}

static void compare_current(struct two *two)
{
    struct pins_view a = {&two->a, EXACT, 100}, b = {&two->b, EXACT, 100};
    pins_compare_current(&a, 1, &b, &two->arena, &two->found);
}

static void test_a_verdict_is_stale_by_all_that_bears_on_it(void **unused)
{
    (void)unused;
    struct two two;
    two_init_candidate(&two);
    compare_current(&two);
    assert_int_equal(two.found.count, 0);
    two.b.gate.margin = 0.5;
    two.b.members[0].spec.name = "huge";
    two.b.metrics[LENGTH].hash = as_sha256_of("2", 1);
    compare_current(&two);
    assert_int_equal(two.found.count, 3);
    assert_int_equal(two.found.matter_count, 3);
    assert_string_equal(two.found.items[2].part, "baseline");
    assert_string_equal(two.found.items[2].b, "huge");
    as_arena_done(&two.arena);
}

static void test_a_verdict_is_not_stale_by_a_budget(void **unused)
{
    (void)unused;
    struct two two;
    two_init_candidate(&two);
    two.b.budget.max_requests = 7;
    compare_current(&two);
    assert_int_equal(two.found.count, 0);
    as_arena_done(&two.arena);
}

static void test_a_verdict_is_stale_when_the_candidate_is_another_model(void **unused)
{
    (void)unused;
    struct two two;
    two_init_candidate(&two);
    two.b.members[1].spec.id = "large-2";
    compare_current(&two);
    expect_one(&two, "model small", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_pins_do_not_differ),
        cmocka_unit_test(test_what_changes_the_meaning_of_a_score_matters),
        cmocka_unit_test(test_of_two_judges_only_what_makes_them_others_differs),
        cmocka_unit_test(test_the_judge_matters_for_the_metric_that_it_makes),
        cmocka_unit_test(test_the_rest_is_told_and_does_not_matter),
        cmocka_unit_test(test_what_matters_comes_first),
        cmocka_unit_test(test_a_member_that_is_another_model_by_the_same_name_is_told),
        cmocka_unit_test(test_long_values_are_shown_from_where_they_part),
        cmocka_unit_test(test_cut_texts_stay_whole_characters),
        cmocka_unit_test(test_a_verdict_is_stale_by_all_that_bears_on_it),
        cmocka_unit_test(test_a_verdict_is_not_stale_by_a_budget),
        cmocka_unit_test(test_a_verdict_is_stale_when_the_candidate_is_another_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
