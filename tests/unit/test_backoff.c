/* When a plugin whose worker died gets the next one, and when it gets none any more. */
#include "daemon/sandbox/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_backoff_delays_grow_after_three_deaths_and_end_in_quarantine(void **state)
{
    static const uint32_t delays[] = {0, 0, 0, 100};
    struct backoff backoff = {0};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        backoff_note_death(&backoff, true);
        assert_int_equal(backoff_delay_ms(&backoff), delays[i]);
        assert_false(backoff_is_hopeless(&backoff));
    }
    backoff_note_death(&backoff, true);
    assert_int_equal(backoff_delay_ms(&backoff), 200);
    assert_true(backoff_is_hopeless(&backoff));
    for (unsigned i = 0; i < 20; i++)
        backoff_note_death(&backoff, false);
    assert_int_equal(backoff_delay_ms(&backoff), BACKOFF_MAX_DELAY_MS);
}

static void test_backoff_counts_deadly_rows_among_the_last_hundred(void **state)
{
    struct backoff backoff = {0};
    (void)state;
    for (unsigned i = 0; i < 500; i++) { /* one in six: never 20 of 100 */
        if (i % 6 == 0)
            backoff_note_death(&backoff, true);
        else
            backoff_note_row(&backoff);
        assert_false(backoff_is_hopeless(&backoff));
    }
    /* One in four is too often. */
    for (unsigned i = 0; i < 100 && !backoff_is_hopeless(&backoff); i++) {
        if (i % 4 == 0)
            backoff_note_death(&backoff, true);
        else
            backoff_note_row(&backoff);
    }
    assert_true(backoff_is_hopeless(&backoff));
    assert_true(backoff.in_a_row < BACKOFF_DEATHS_IN_A_ROW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backoff_delays_grow_after_three_deaths_and_end_in_quarantine),
        cmocka_unit_test(test_backoff_counts_deadly_rows_among_the_last_hundred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
