/* daemon/report/cause: whose a drift is. */
#include "daemon/report/cause.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct shift fall = {-.08, -.11, -.05};

/* An anchor that was judged, and what it shows. */
static struct judge_word word_of(double diff, double half, int64_t since_run)
{
    return (struct judge_word){
        .is_judged = true,
        .anchor = "check",
        .model = "recorded",
        .metric = "correctness",
        .run = 9,
        .reference = 7,
        .n = 200,
        .up = 3,
        .down = 5,
        .shift = {diff, diff - half, diff + half},
        .since_run = since_run,
    };
}

static void assert_cause(const struct shift *shift, bool is_recorded, const struct judge_word *word,
                         enum drift_cause kind, const char *why)
{
    struct as_arena arena = {0};
    struct cause cause = cause_of(shift, is_recorded, word, &arena);
    assert_string_equal(cause.why, why);
    assert_int_equal(cause.kind, kind);
    as_arena_done(&arena);
}

static void test_a_judge_that_holds_leaves_the_model(void **state)
{
    (void)state;
    struct judge_word word = word_of(-.004, .008, 0);
    assert_cause(&fall, false, &word, CAUSE_MODEL,
                 "the judge gives the anchor 'check' -0.4 points, 95% CI -1.2 to 0.4, n=200, 3 up "
                 "and 5 down (run 9 "
                 "against run 7); without that shift -7.6 points, 95% CI -10.7 to -4.5");
}

static void test_a_judge_that_drifts_is_the_cause_whatever_is_left(void **state)
{
    (void)state;
    struct judge_word word = word_of(-.07, .02, 8);
    assert_cause(
        &fall, false, &word, CAUSE_JUDGE,
        "the judge gives the anchor 'check' -7.0 points, 95% CI -9.0 to -5.0, n=200, 3 up and 5 "
        "down (run 9 "
        "against run 7) and drifts since run 8; without that shift -1.0 points, 95% CI -4.6 to "
        "2.6");
    word = word_of(.05, .02, 8);
    assert_cause(
        &fall, false, &word, CAUSE_JUDGE,
        "the judge gives the anchor 'check' +5.0 points, 95% CI 3.0 to 7.0, n=200, 3 up and 5 down "
        "(run 9 "
        "against run 7) and drifts since run 8; without that shift -13.0 points, 95% CI -16.6 "
        "to -9.4");
}

static void test_too_few_anchors_leave_it_unknown_with_their_interval(void **state)
{
    (void)state;
    struct judge_word word = word_of(-.01, .09, 0);
    word.n = 12;
    assert_cause(
        &fall, false, &word, CAUSE_UNKNOWN,
        "the judge gives the anchor 'check' -1.0 points, 95% CI -10.0 to 8.0, n=12, 3 up and 5 "
        "down (run 9 "
        "against run 7), which does not rule it out; without that shift -7.0 points, 95% CI "
        "-16.5 to 2.5");
    word.shift.low = word.shift.high = NAN;
    struct as_arena arena = {0};
    assert_int_equal(cause_of(&fall, false, &word, &arena).kind, CAUSE_UNKNOWN);
    as_arena_done(&arena);
}

static void test_a_run_without_a_clear_difference_is_nobodys(void **state)
{
    (void)state;
    const struct shift none = {-.01, -.04, .02};
    struct judge_word word = word_of(-.004, .008, 0);
    assert_cause(&none, false, &word, CAUSE_UNKNOWN,
                 "the newest run has no clear difference; the judge gives the anchor 'check' -0.4 "
                 "points, 95% CI -1.2 to 0.4, n=200, 3 up and 5 down (run 9 against run 7)");
}

static void test_an_anchor_that_was_judged_before_can_accuse_but_not_clear(void **state)
{
    (void)state;
    struct judge_word word = word_of(-.004, .008, 0);
    word.lag = "that was long ago";
    assert_cause(&fall, false, &word, CAUSE_UNKNOWN,
                 "the judge gives the anchor 'check' -0.4 points, 95% CI -1.2 to 0.4, n=200, 3 up "
                 "and 5 down (run 9 against run 7), but that was long ago");
    struct as_arena arena = {0};
    word.since_run = 8;
    assert_int_equal(cause_of(&fall, false, &word, &arena).kind, CAUSE_JUDGE);
    as_arena_done(&arena);
}

static void test_an_anchor_that_says_nothing_leaves_it_unknown_with_its_reason(void **state)
{
    (void)state;
    struct judge_word word = word_of(-.07, .02, 8);
    word.reason = "nobody was there";
    assert_cause(&fall, false, &word, CAUSE_UNKNOWN, "nobody was there");
}

static void test_what_no_judge_makes_is_the_models(void **state)
{
    (void)state;
    const struct judge_word none = {0};
    assert_cause(&fall, false, &none, CAUSE_MODEL, "no judge makes this metric");
    assert_cause(&fall, true, &none, CAUSE_UNKNOWN,
                 "neither the answers nor what scores them can have changed");
}

static void test_recorded_answers_do_not_change_so_it_is_the_judge(void **state)
{
    (void)state;
    struct judge_word word = {.is_judged = true, .reason = "no anchor is named"};
    assert_cause(&fall, true, &word, CAUSE_JUDGE, "the answers are recorded and do not change");
}

#define MANY 40

static void test_a_sudden_drift_is_seen_by_the_newest_run_a_slow_one_by_five(void **state)
{
    (void)state;
    struct drift_point points[MANY];
    for (size_t i = 0; i < MANY; i++) {
        double diff = (i % 2 ? .01 : -.01) + (i >= 25 ? -.045 : 0);
        points[i] = (struct drift_point){(int64_t)i + 1, diff, diff - .03, diff + .03, .2};
    }
    struct drift drift = drift_of(points, MANY);
    struct shift shift = cause_shift(points, MANY, &drift);
    assert_true(drift.is_drifting && !drift.is_sudden);
    assert_float_equal(shift.diff, -.043, 1e-9); /* three of the five are high */
    assert_float_equal(shift.high - shift.low, .06 / sqrt(2) * sqrt(.25), 1e-9);
    points[2].p = .0001;
    drift = drift_of(points, 3);
    assert_true(drift.is_sudden);
    shift = cause_shift(points, 3, &drift);
    assert_float_equal(shift.diff, -.01, 1e-9);
    assert_float_equal(shift.low, -.04, 1e-9);
    assert_true(isnan(cause_shift(points, 0, &drift).diff));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_judge_that_holds_leaves_the_model),
        cmocka_unit_test(test_a_judge_that_drifts_is_the_cause_whatever_is_left),
        cmocka_unit_test(test_too_few_anchors_leave_it_unknown_with_their_interval),
        cmocka_unit_test(test_a_run_without_a_clear_difference_is_nobodys),
        cmocka_unit_test(test_an_anchor_that_was_judged_before_can_accuse_but_not_clear),
        cmocka_unit_test(test_an_anchor_that_says_nothing_leaves_it_unknown_with_its_reason),
        cmocka_unit_test(test_what_no_judge_makes_is_the_models),
        cmocka_unit_test(test_recorded_answers_do_not_change_so_it_is_the_judge),
        cmocka_unit_test(test_a_sudden_drift_is_seen_by_the_newest_run_a_slow_one_by_five),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
