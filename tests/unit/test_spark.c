/* ctl/spark: a series on one line. */
#include "ctl/spark.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const double *values, size_t count, bool is_utf8, const char *want)
{
    struct as_buf text = {0};
    spark_add(&text, values, count, is_utf8);
    assert_string_equal(as_buf_str(&text).ptr, want);
    as_buf_done(&text);
}

static void test_the_lowest_and_the_highest_are_the_ends(void **state)
{
    static const double values[] = {0, .5, 1};
    (void)state;
    expect(values, 3, false, "059");
    expect(values, 3, true, "▁▅█");
}

static void test_equal_numbers_stand_in_the_middle_and_missing_ones_are_blank(void **state)
{
    static const double values[] = {.5, NAN, .5};
    (void)state;
    expect(values, 3, false, "5 5");
}

static void test_nothing_but_missing_numbers_is_blank(void **state)
{
    static const double values[] = {NAN, NAN};
    (void)state;
    expect(values, 2, true, "  ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_lowest_and_the_highest_are_the_ends),
        cmocka_unit_test(test_equal_numbers_stand_in_the_middle_and_missing_ones_are_blank),
        cmocka_unit_test(test_nothing_but_missing_numbers_is_blank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
