/* The shuffled order of cases: every case once, both ways, fixed by its seed, and no longer sorted.
 */
#include "daemon/model/case_order.h"

#include "lib/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_every_case_has_one_place_at_any_count(void **state)
{
    (void)state;
    for (int64_t count = 1; count <= 300; count++) {
        struct case_order order;
        bool seen[300] = {false};
        case_order_init(&order, count, 7);
        for (int64_t place = 0; place < count; place++) {
            int64_t seq = case_order_seq(&order, place);
            assert_true(seq >= 0 && seq < count && !seen[seq]);
            seen[seq] = true;
            assert_int_equal(case_order_place(&order, seq), place);
        }
    }
}

static void test_a_million_cases_go_there_and_back(void **state)
{
    (void)state;
    struct case_order order;
    case_order_init(&order, 1000000, 3);
    for (int64_t place = 0; place < 1000000; place += 997)
        assert_int_equal(case_order_place(&order, case_order_seq(&order, place)), place);
}

static void test_all_zero_is_the_order_of_the_dataset(void **state)
{
    (void)state;
    const struct case_order order = {0};
    assert_int_equal(case_order_seq(&order, 41), 41);
    assert_int_equal(case_order_place(&order, 41), 41);
}

static size_t places_in_common(uint64_t seed_a, uint64_t seed_b)
{
    struct case_order a, b;
    size_t common = 0;
    case_order_init(&a, 1000, seed_a);
    case_order_init(&b, 1000, seed_b);
    for (int64_t place = 0; place < 1000; place++)
        common += case_order_seq(&a, place) == case_order_seq(&b, place);
    return common;
}

static void test_the_seed_alone_fixes_the_order(void **state)
{
    (void)state;
    assert_int_equal(places_in_common(5, 5), 1000);
    assert_true(places_in_common(5, 6) < 20);
}

/* Of 1,000 sorted cases the first 250 of the order are spread evenly over them: each quarter has
 * 62.5 expected, and by the hypergeometric law a standard deviation of 5.9. */
static void test_the_first_quarter_is_a_sample_of_a_sorted_dataset(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct case_order order;
        int in_quarter[4] = {0};
        case_order_init(&order, 1000, seed);
        for (int64_t place = 0; place < 250; place++)
            in_quarter[case_order_seq(&order, place) / 250]++;
        for (int quarter = 0; quarter < 4; quarter++)
            assert_in_range(in_quarter[quarter], 62 - 5 * 6, 63 + 5 * 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case_has_one_place_at_any_count),
        cmocka_unit_test(test_a_million_cases_go_there_and_back),
        cmocka_unit_test(test_all_zero_is_the_order_of_the_dataset),
        cmocka_unit_test(test_the_seed_alone_fixes_the_order),
        cmocka_unit_test(test_the_first_quarter_is_a_sample_of_a_sorted_dataset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
