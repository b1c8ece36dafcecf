/* model/pace: the rate of the last half minute and what is left at that rate. */
#include "daemon/model/pace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* per_s rows a second, evenly, for so many seconds. Returns how many are done then. */
static int64_t go_on(struct pace *pace, uint64_t *now_ms, int64_t done, int64_t per_s, int seconds)
{
    for (int64_t i = 0; i < per_s * seconds; i++) {
        *now_ms += (uint64_t)(1000 / per_s);
        pace_note(pace, *now_ms, ++done);
    }
    return done;
}

static void assert_near(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        fail_msg("%g is not within %g of %g", got, within, want);
}

static void test_nothing_is_said_at_once(void **state)
{
    (void)state;
    struct pace pace = {0};
    assert_true(isnan(pace_rate(&pace, 1000, 5)));
    pace_restart(&pace, 1000, 5);
    assert_true(isnan(pace_rate(&pace, 1000 + PACE_LEAST_MS - 1, 6)));
    assert_true(isnan(pace_rate(&pace, 5000, 5))); /* no row yet: slow, or stuck? */
}

static void test_an_even_pace_is_its_rate(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t now = 7000;
    pace_restart(&pace, now, 100);
    int64_t done = go_on(&pace, &now, 100, 10, 5);
    assert_near(pace_rate(&pace, now, done), 10, 0.01);
    done = go_on(&pace, &now, done, 10, 100);
    assert_near(pace_rate(&pace, now, done), 10, 0.4);
}

static void test_an_hour_of_haste_is_forgotten_in_half_a_minute(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t now = 0;
    pace_restart(&pace, now, 0);
    int64_t done = go_on(&pace, &now, 0, 100, 3600);
    done = go_on(&pace, &now, done, 2, 40);
    assert_near(pace_rate(&pace, now, done), 2, 0.2);
    assert_near(pace_eta_s(pace_rate(&pace, now, done), 120), 60, 6);
}

static void test_a_run_that_stands_still_slows_down_and_has_no_eta_then(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t now = 0;
    pace_restart(&pace, now, 0);
    int64_t done = go_on(&pace, &now, 0, 10, 20);
    assert_true(pace_rate(&pace, now + 5000, done) < 10);
    assert_near(pace_rate(&pace, now + 60000, done), 0, 0);
    assert_true(isnan(pace_eta_s(0, 5)));
}

static void test_slow_rows_have_a_rate_too(void **state)
{
    (void)state;
    struct pace pace = {0};
    pace_restart(&pace, 0, 0);
    for (int64_t row = 1; row <= 5; row++)
        pace_note(&pace, (uint64_t)row * 60000, row);
    assert_near(pace_rate(&pace, 300000, 5), 1.0 / 60, 0.001);
}

static void test_rows_that_are_taken_out_do_not_count_backwards(void **state)
{
    (void)state;
    struct pace pace = {0};
    pace_restart(&pace, 0, 100);
    assert_near(pace_rate(&pace, 1000, 50), 0, 0);
    pace_restart(&pace, 1000, 50);
    assert_near(pace_rate(&pace, 2000, 60), 10, 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_said_at_once),
        cmocka_unit_test(test_an_even_pace_is_its_rate),
        cmocka_unit_test(test_an_hour_of_haste_is_forgotten_in_half_a_minute),
        cmocka_unit_test(test_a_run_that_stands_still_slows_down_and_has_no_eta_then),
        cmocka_unit_test(test_slow_rows_have_a_rate_too),
        cmocka_unit_test(test_rows_that_are_taken_out_do_not_count_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
