/* daemon/model/blackout: times in which a schedule starts nothing. */
#include "daemon/model/blackout.h"
#include "lib/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int64_t wall_of(const char *text)
{
    struct as_civil at = {0};
    if (sscanf(text, "%d-%d-%d %d:%d", &at.year, &at.month, &at.day, &at.hour, &at.minute) != 5)
        fail_msg("no time: %s", text);
    return as_civil_seconds(&at);
}

static void test_a_blackout_covers_what_it_says(void **unused)
{
    static const struct {
        const char *text, *at;
        bool is_covered;
    } cases[] = {
        {"22:00-06:00", "2026-11-21 21:59", false},
        {"22:00-06:00", "2026-11-21 22:00", true},
        {"22:00-06:00", "2026-11-21 05:59", true},
        {"22:00-06:00", "2026-11-21 06:00", false},
        {"09:00 - 17:00", "2026-11-21 09:00", true},
        {"09:00 - 17:00", "2026-11-21 17:00", false},
        {"00:00-24:00", "2026-11-21 12:00", true},
        {"Fri 18:00-Mon 06:00", "2026-11-20 17:59", false}, /* a Friday */
        {"Fri 18:00-Mon 06:00", "2026-11-20 18:00", true},
        {"fri 18:00 - mon 06:00", "2026-11-22 12:00", true},
        {"Fri 18:00-Mon 06:00", "2026-11-23 05:59", true},
        {"Fri 18:00-Mon 06:00", "2026-11-23 06:00", false},
        {"Tue 08:00-Tue 09:00", "2026-11-24 08:30", true},
        {"Tue 08:00-Tue 09:00", "2026-11-25 08:30", false},
        {"2026-12-24..2026-12-27", "2026-12-23 23:59", false},
        {"2026-12-24..2026-12-27", "2026-12-24 00:00", true},
        {"2026-12-24..2026-12-27", "2026-12-27 23:59", true},
        {"2026-12-24..2026-12-27", "2026-12-28 00:00", false},
        {"2026-12-24..2026-12-24", "2026-12-24 12:00", true},
        {"2026-12-24 12:00..2026-12-27 06:00", "2026-12-24 11:59", false},
        {"2026-12-24 12:00..2026-12-27 06:00", "2026-12-27 05:59", true},
        {"2026-12-24 12:00..2026-12-27 06:00", "2026-12-27 06:00", false},
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        struct blackout blackout;
        assert_int_equal(blackout_parse(cases[i].text, &blackout), 0);
        int64_t left_s = blackout_left_s(&blackout, wall_of(cases[i].at));
        assert_true(left_s <= 1 ||
                    blackout_left_s(&blackout, wall_of(cases[i].at) + left_s - 1) == 1);
        if ((left_s > 0) != cases[i].is_covered)
            fail_msg("%s at %s", cases[i].text, cases[i].at);
    }
}

static void test_what_is_no_blackout_is_refused(void **unused)
{
    static const char *const texts[] = {
        "",
        "22:00",
        "22:00-22:00",
        "25:00-06:00",
        "22:60-06:00",
        "Fri-Mon",
        "Fri 18:00-06:00",
        "Foo 18:00-Mon 06:00",
        "2026-12-24-2026-12-27",
        "2026-12-27..2026-12-24",
        "2026-02-30..2026-03-01",
        "2026-12-24..Mon 06:00",
        "22:00-06:00 and some more text that nobody can read as a time",
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(texts); i++) {
        struct blackout blackout;
        if (blackout_parse(texts[i], &blackout) != AS_EINVAL)
            fail_msg("'%s' was taken", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_blackout_covers_what_it_says),
        cmocka_unit_test(test_what_is_no_blackout_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
