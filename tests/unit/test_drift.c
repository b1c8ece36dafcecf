/* daemon/report/drift: when a model is said to drift from the run that is pinned. */
#include "daemon/report/drift.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 60

/* Runs that vary by one point to either side, and from run `from` on by `shift` more. */
static size_t fill(struct drift_point points[MANY], size_t count, size_t from, double shift)
{
    for (size_t i = 0; i < count; i++) {
        double diff = (i % 2 ? .01 : -.01) + (i >= from ? shift : 0);
        points[i] = (struct drift_point){(int64_t)i + 1, diff, diff - .03, diff + .03, .2};
    }
    return count;
}

static void test_without_a_run_there_is_no_drift_and_a_reason(void **state)
{
    (void)state;
    struct drift drift = drift_of(NULL, 0);
    assert_false(drift.is_drifting);
    assert_non_null(drift.reason);
}

static void test_one_run_that_is_surely_other_is_drift_before_there_is_a_chart(void **state)
{
    struct drift_point points[MANY];
    (void)state;
    size_t count = fill(points, 3, MANY, 0);
    points[2].p = .0009;
    struct drift drift = drift_of(points, count);
    assert_true(drift.is_drifting);
    assert_true(drift.is_sudden);
    assert_non_null(drift.reason);
    points[2].p = .0011;
    assert_false(drift_of(points, count).is_drifting);
}

static void test_a_small_loss_that_stays_is_drift_by_the_chart_and_names_the_run(void **state)
{
    struct drift_point points[MANY];
    (void)state;
    struct drift drift = drift_of(points, fill(points, 40, 25, -.045));
    assert_null(drift.reason);
    assert_true(drift.is_drifting);
    assert_false(drift.is_sudden);
    assert_true(drift.is_low);
    assert_in_range(drift.alarm_run, 26, 30);
}

static void test_a_gain_is_drift_on_the_high_side(void **state)
{
    struct drift_point points[MANY];
    (void)state;
    struct drift drift = drift_of(points, fill(points, 40, 25, .05));
    assert_true(drift.is_drifting);
    assert_false(drift.is_low);
}

static void
test_a_chart_past_its_limit_is_no_drift_when_the_newest_runs_may_be_the_same(void **state)
{
    struct drift_point points[MANY];
    (void)state;
    struct drift drift = drift_of(points, fill(points, 40, 25, -.015));
    assert_true(drift.alarm_run > 0);
    assert_false(drift.is_drifting);
}

static void test_runs_that_do_not_vary_give_no_chart(void **state)
{
    struct drift_point points[MANY] = {{0}};
    (void)state;
    for (size_t i = 0; i < 30; i++)
        points[i].p = 1;
    struct drift drift = drift_of(points, 30);
    assert_non_null(drift.reason);
    assert_false(drift.is_drifting);
}

static void test_what_is_not_told_is_no_drift(void **state)
{
    struct drift_point points[MANY];
    (void)state;
    size_t count = fill(points, 40, 25, -.05);
    for (size_t i = 25; i < count; i++)
        points[i].p = points[i].low = points[i].high = NAN;
    assert_false(drift_of(points, count).is_drifting);
}

static void test_a_drift_is_over_after_three_runs_without_a_sign_of_it(void **state)
{
    struct drift_point points[MANY];
    (void)state;
    fill(points, MANY, MANY, 0);
    points[2].p = .0009;
    points[4].p = .19;
    for (size_t count = 3; count <= 7; count++) {
        struct drift drift = drift_of(points, count);
        assert_true(drift.is_drifting);
        assert_int_equal(drift.since_run, 3);
    }
    assert_false(drift_of(points, 8).is_drifting);
    points[8].p = .0009;
    assert_int_equal(drift_of(points, 9).since_run, 9);
}

static void
test_a_slow_drift_lasts_as_long_as_its_chart_says_whatever_one_run_looks_like(void **state)
{
    struct drift_point points[MANY];
    (void)state;
    fill(points, MANY, 25, -.045);
    struct drift drift = drift_of(points, MANY);
    assert_true(drift.is_drifting);
    assert_in_range(drift.since_run, 26, 30);
    for (size_t i = 35; i < MANY; i++) {
        points[i].diff += .045;
        points[i].low += .045;
        points[i].high += .045;
    }
    assert_true(drift_of(points, 38).is_drifting);
    assert_false(drift_of(points, 43).is_drifting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_run_there_is_no_drift_and_a_reason),
        cmocka_unit_test(test_one_run_that_is_surely_other_is_drift_before_there_is_a_chart),
        cmocka_unit_test(test_a_small_loss_that_stays_is_drift_by_the_chart_and_names_the_run),
        cmocka_unit_test(test_a_gain_is_drift_on_the_high_side),
        cmocka_unit_test(
            test_a_chart_past_its_limit_is_no_drift_when_the_newest_runs_may_be_the_same),
        cmocka_unit_test(test_runs_that_do_not_vary_give_no_chart),
        cmocka_unit_test(test_what_is_not_told_is_no_drift),
        cmocka_unit_test(test_a_drift_is_over_after_three_runs_without_a_sign_of_it),
        cmocka_unit_test(
            test_a_slow_drift_lasts_as_long_as_its_chart_says_whatever_one_run_looks_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
