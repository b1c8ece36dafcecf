/* Times in buckets, and the quantiles that are read from them. */
#include "daemon/sandbox/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_an_empty_one_has_the_quantile_0(void **state)
{
    struct histogram none = {0};
    (void)state;
    assert_int_equal(histogram_quantile(&none, 0.5), 0);
}

static void test_small_values_are_exact(void **state)
{
    struct histogram times = {0};
    (void)state;
    for (uint32_t us = 1; us <= 10; us++)
        histogram_add(&times, us);
    assert_int_equal(histogram_quantile(&times, 0.5), 5);
    assert_int_equal(histogram_quantile(&times, 1), 10);
}

static void test_a_quantile_is_never_too_low_and_at_most_an_eighth_too_high(void **state)
{
    (void)state;
    for (uint64_t value = 1; value <= UINT32_MAX; value = value * 5 / 4 + 1) {
        struct histogram times = {0};
        histogram_add(&times, (uint32_t)value);
        uint32_t got = histogram_quantile(&times, 0.99);
        assert_true(got >= value && got - value <= value / 8);
    }
}

static void test_the_highest_value_has_a_bucket(void **state)
{
    struct histogram times = {0};
    (void)state;
    histogram_add(&times, UINT32_MAX);
    assert_int_equal(histogram_quantile(&times, 0.5), UINT32_MAX);
}

static void test_the_99th_percentile_sees_a_rare_slow_row_but_the_median_does_not(void **state)
{
    struct histogram times = {0};
    (void)state;
    for (int i = 0; i < 196; i++)
        histogram_add(&times, 8);
    for (int i = 0; i < 4; i++)
        histogram_add(&times, 250000);
    assert_int_equal(histogram_quantile(&times, 0.5), 8);
    assert_true(histogram_quantile(&times, 0.99) >= 250000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_one_has_the_quantile_0),
        cmocka_unit_test(test_small_values_are_exact),
        cmocka_unit_test(test_a_quantile_is_never_too_low_and_at_most_an_eighth_too_high),
        cmocka_unit_test(test_the_highest_value_has_a_bucket),
        cmocka_unit_test(test_the_99th_percentile_sees_a_rare_slow_row_but_the_median_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
