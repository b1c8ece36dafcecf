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
        .mean = .9,
        .moves = {200, 3, 5},
        .churn = {.04, false},
        .shift = {diff, diff - half, diff + half},
        .since_run = since_run,
    };
}

static struct cause_subject subject_of(const struct shift *shift, bool is_recorded)
{
    return (struct cause_subject){.shift = *shift, .mean = .9, .is_recorded = is_recorded};
}

static void assert_cause(const struct shift *shift, bool is_recorded, const struct judge_word *word,
                         enum drift_cause kind, const char *why)
{
    struct as_arena arena = {0};
    const struct cause_subject subject = subject_of(shift, is_recorded);
    struct cause cause = cause_of(&subject, word, &arena);
    assert_string_equal(cause.why, why);
    assert_int_equal(cause.kind, kind);
    as_arena_done(&arena);
}

static enum drift_cause kind_of(const struct shift *shift, const struct judge_word *word)
{
    struct as_arena arena = {0};
    const struct cause_subject subject = subject_of(shift, false);
    enum drift_cause kind = cause_of(&subject, word, &arena).kind;
    as_arena_done(&arena);
    return kind;
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
        "against run 7) and drifts since run 8");
    word = word_of(.05, .02, 8);
    assert_cause(
        &fall, false, &word, CAUSE_JUDGE,
        "the judge gives the anchor 'check' +5.0 points, 95% CI 3.0 to 7.0, n=200, 3 up and 5 down "
        "(run 9 "
        "against run 7) and drifts since run 8");
}

static void
test_a_judge_that_moves_more_than_before_is_the_cause_though_its_mean_holds(void **state)
{
    (void)state;
    struct judge_word word = word_of(.005, .03, 0);
    word.moves = (struct judge_moves){200, 41, 40};
    word.churn = (struct judge_churn){.02, true};
    assert_cause(&fall, false, &word, CAUSE_JUDGE,
                 "the judge gives the anchor 'check' +0.5 points, 95% CI -2.5 to 3.5, n=200, 41 up "
                 "and 40 down (run 9 against run 7), and moved only 2.0 % of it before");
}

static void test_before_its_chance_is_known_all_that_a_judge_moved_must_be_ruled_out(void **state)
{
    (void)state;
    struct judge_word word = word_of(.005, .01, 0);
    word.moves = (struct judge_moves){200, 9, 5}; /* Wilson: at most 5.7 % down, 8.3 % up */
    word.churn.before = NAN;
    const struct shift deep = {-.09, -.12, -.06}, flat = {-.08, -.11, -.055};
    assert_int_equal(kind_of(&deep, &word), CAUSE_MODEL);
    assert_cause(&flat, false, &word, CAUSE_UNKNOWN,
                 "the judge gives the anchor 'check' +0.5 points, 95% CI -0.5 to 1.5, n=200, 9 up "
                 "and 5 down (run 9 against run 7), and no run before tells how many it moves by "
                 "chance");
    const struct shift rise = {.09, .06, .12};
    assert_int_equal(kind_of(&rise, &word), CAUSE_UNKNOWN);
    word.churn.before = .07;
    assert_int_equal(kind_of(&rise, &word), CAUSE_MODEL);
}

static void test_a_run_is_held_against_those_before_that_did_not_move_more(void **state)
{
    (void)state;
    struct judge_moves runs[] = {{200, 3, 3},   {200, 5, 4},   {200, 6, 7},
                                 {200, 30, 31}, {200, 29, 30}, {200, 4, 4}};
    assert_true(isnan(cause_churn(runs, 1).before));
    assert_false(cause_churn(runs, 3).is_more);
    assert_float_equal(cause_churn(runs, 3).before, 15. / 400, 1e-9);
    assert_true(cause_churn(runs, 4).is_more);
    assert_true(cause_churn(runs, 5).is_more);
    assert_float_equal(cause_churn(runs, 5).before, 28. / 600, 1e-9);
    assert_false(cause_churn(runs, 6).is_more);
    const struct judge_moves still[] = {{200, 0, 0}, {200, 0, 0}, {0, 0, 0}};
    assert_false(cause_churn(still, 2).is_more);
    assert_false(cause_churn(still, 3).is_more);
    assert_true(isnan(cause_churn(NULL, 0).before));
}

static void test_a_shift_counts_more_where_the_eval_has_more_of_what_it_moves(void **state)
{
    (void)state;
    struct judge_word word = word_of(-.02, .02, 0);
    assert_int_equal(kind_of(&fall, &word), CAUSE_MODEL);
    word.mean = .5;
    assert_cause(&fall, false, &word, CAUSE_UNKNOWN,
                 "the judge gives the anchor 'check' -2.0 points, 95% CI -4.0 to 0.0, n=200, 3 up "
                 "and 5 down (run 9 against run 7), which does not rule it out; without 1.8 times "
                 "that shift -4.4 points, 95% CI -9.1 to 0.3");
    const struct shift rise = {.08, .05, .11}; /* of bad answers the eval has fewer */
    word = word_of(.02, .02, 0);
    word.mean = .5;
    assert_int_equal(kind_of(&rise, &word), CAUSE_MODEL);
    word.mean = .98;
    assert_int_equal(kind_of(&rise, &word), CAUSE_UNKNOWN);
    word.mean = NAN;
    assert_int_equal(kind_of(&rise, &word), CAUSE_MODEL);
}

static void test_too_few_anchors_leave_it_unknown_with_their_interval(void **state)
{
    (void)state;
    struct judge_word word = word_of(-.01, .09, 0);
    word.moves.n = 12;
    assert_cause(
        &fall, false, &word, CAUSE_UNKNOWN,
        "the judge gives the anchor 'check' -1.0 points, 95% CI -10.0 to 8.0, n=12, 3 up and 5 "
        "down (run 9 "
        "against run 7), which does not rule it out; without that shift -7.0 points, 95% CI "
        "-16.5 to 2.5");
    word.shift.low = word.shift.high = NAN;
    struct as_arena arena = {0};
    assert_int_equal(kind_of(&fall, &word), CAUSE_UNKNOWN);
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
    assert_int_equal(kind_of(&fall, &word), CAUSE_JUDGE);
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
        cmocka_unit_test(
            test_a_judge_that_moves_more_than_before_is_the_cause_though_its_mean_holds),
        cmocka_unit_test(test_before_its_chance_is_known_all_that_a_judge_moved_must_be_ruled_out),
        cmocka_unit_test(test_a_run_is_held_against_those_before_that_did_not_move_more),
        cmocka_unit_test(test_a_shift_counts_more_where_the_eval_has_more_of_what_it_moves),
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
