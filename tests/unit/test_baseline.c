/* daemon/engine/baseline: what an eval is with another baseline than its file's. */
#include "daemon/engine/baseline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct eval_def eval = {
    .name = "e", .baseline = "old", .candidates = {"new", "other"}, .candidate_count = 2};

static struct baseline_pin pin_of(const char *model)
{
    return (struct baseline_pin){.kind = BASELINE_MODEL, .model = model, .who = "uid 7"};
}

static void test_the_files_own_baseline_changes_nothing(void **state)
{
    struct eval_def changed;
    struct baseline_pin pin = pin_of("old");
    (void)state;
    assert_false(baseline_apply(&eval, &pin, &changed));
}

static void test_a_candidate_that_became_the_baseline_is_no_candidate(void **state)
{
    struct eval_def changed;
    struct baseline_pin pin = pin_of("new");
    (void)state;
    assert_true(baseline_apply(&eval, &pin, &changed));
    assert_string_equal(changed.baseline, "new");
    assert_int_equal(changed.candidate_count, 1);
    assert_string_equal(changed.candidates[0], "other");
}

static void test_a_baseline_from_outside_keeps_all_candidates(void **state)
{
    struct eval_def changed;
    struct baseline_pin pin = pin_of("third");
    (void)state;
    assert_true(baseline_apply(&eval, &pin, &changed));
    assert_int_equal(changed.candidate_count, 2);
}

static void test_when_no_candidate_is_left_the_files_baseline_is_one_and_it_is_said(void **state)
{
    struct eval_def changed, one = eval;
    struct baseline_pin pin = pin_of("new");
    struct as_arena arena = {0};
    (void)state;
    one.candidate_count = 1;
    assert_true(baseline_apply(&one, &pin, &changed));
    assert_int_equal(changed.candidate_count, 1);
    assert_string_equal(changed.candidates[0], "old");
    assert_string_equal(baseline_sentence(&one, &pin, &changed, &arena),
                        "the baseline is 'new', set by uid 7, in the place of 'old' of the file, "
                        "which is the candidate now, for no other is left");
    as_arena_done(&arena);
}

static void test_what_production_answered_is_never_a_candidate(void **state)
{
    struct eval_def changed, recorded = eval;
    struct baseline_pin pin = pin_of("new");
    (void)state;
    recorded.baseline = "recorded";
    recorded.candidate_count = 1;
    assert_true(baseline_apply(&recorded, &pin, &changed));
    assert_int_equal(changed.candidate_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_files_own_baseline_changes_nothing),
        cmocka_unit_test(test_a_candidate_that_became_the_baseline_is_no_candidate),
        cmocka_unit_test(test_a_baseline_from_outside_keeps_all_candidates),
        cmocka_unit_test(test_when_no_candidate_is_left_the_files_baseline_is_one_and_it_is_said),
        cmocka_unit_test(test_what_production_answered_is_never_a_candidate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
