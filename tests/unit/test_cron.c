/* lib/cron, lib/zone and lib/civil: when a cron line is due, the changes of the clock included. */
#include "lib/civil.h"
#include "lib/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t utc_of(const char *text) /* "2026-03-29 01:00" */
{
    struct as_civil at = {0};
    if (sscanf(text, "%d-%d-%d %d:%d", &at.year, &at.month, &at.day, &at.hour, &at.minute) != 5)
        fail_msg("no time: %s", text);
    return as_civil_seconds(&at);
}

static void text_of(int64_t utc_s, char text[32])
{
    struct as_civil at = as_civil_of(utc_s);
    snprintf(text, 32, "%04d-%02d-%02d %02d:%02d", at.year, at.month, at.day, at.hour, at.minute);
}

static struct as_zone *zone_of(const char *name)
{
    struct as_zone *zone = NULL;
    struct as_err err = {0};
    if (as_zone_open(name, &zone, &err))
        fail_msg("%s", err.msg);
    return zone;
}

struct due {
    const char *line, *zone, *after; /* after is UTC */
    const char *want[4];             /* UTC, one after the other; NULL ends them */
};

static void assert_due(const struct due *due)
{
    struct as_cron cron;
    struct as_err err = {0};
    struct as_zone *zone = zone_of(due->zone);
    int64_t at = utc_of(due->after);
    if (as_cron_parse(due->line, &cron, &err))
        fail_msg("%s", err.msg);
    for (int i = 0; i < 4 && due->want[i]; i++) {
        struct as_cron_due next;
        char got[32];
        assert_int_equal(as_cron_next(&cron, zone, at, &next), 0);
        text_of(next.utc_s, got);
        if (strcmp(got, due->want[i]) != 0)
            fail_msg("%s in %s after %s: time %d is %s, not %s", due->line, due->zone, due->after,
                     i + 1, got, due->want[i]);
        at = next.utc_s;
    }
    as_zone_free(zone);
}

static void test_lines_are_due_at_the_times_that_they_name(void **unused)
{
    static const struct due dues[] = {
        {"*/15 * * * *", "UTC", "2026-01-01 00:00", {"2026-01-01 00:15", "2026-01-01 00:30"}},
        {"0 0 1 1 *", "UTC", "2026-01-01 00:00", {"2027-01-01 00:00", "2028-01-01 00:00"}},
        {"@yearly", "UTC", "2026-01-01 00:00", {"2027-01-01 00:00"}},
        {"@Monthly", "UTC", "2026-01-31 12:00", {"2026-02-01 00:00"}},
        {"@weekly", "UTC", "2026-01-01 00:00", {"2026-01-04 00:00"}},
        {"@daily", "UTC", "2026-01-01 00:00", {"2026-01-02 00:00"}},
        {"@hourly", "UTC", "2026-01-01 00:00", {"2026-01-01 01:00"}},
        {"30 2 * * 1-5", "UTC", "2026-01-02 02:30", {"2026-01-05 02:30", "2026-01-06 02:30"}},
        {"0 9 * jan,Mar MON", "UTC", "2026-01-26 09:00", {"2026-03-02 09:00"}},
        {"0 0 * * fri-sun",
         "UTC",
         "2026-01-01 00:00",
         {"2026-01-02 00:00", "2026-01-03 00:00", "2026-01-04 00:00", "2026-01-09 00:00"}},
        {"0 0 * * 7", "UTC", "2026-01-01 00:00", {"2026-01-04 00:00"}},
        {"0 0 * * sun-sun", "UTC", "2026-01-01 00:00", {"2026-01-04 00:00", "2026-01-11 00:00"}},
        {"0 0 * * 0-0", "UTC", "2026-01-01 00:00", {"2026-01-04 00:00", "2026-01-11 00:00"}},
        {"5-59/20 1-9/4 * * *",
         "UTC",
         "2026-01-01 00:00",
         {"2026-01-01 01:05", "2026-01-01 01:25", "2026-01-01 01:45", "2026-01-01 05:05"}},
        {"0 0 29 2 *", "UTC", "2026-01-01 00:00", {"2028-02-29 00:00", "2032-02-29 00:00"}},
        {"0 0 29 2 *", "UTC", "2096-03-01 00:00", {"2104-02-29 00:00"}},
        {"\t0  0\t31 * *  ", "UTC", "2026-01-31 00:00", {"2026-03-31 00:00"}},
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(dues); i++)
        assert_due(&dues[i]);
}

static void
test_a_fitting_day_of_either_kind_is_enough_unless_one_field_begins_with_a_star(void **unused)
{
    static const struct due dues[] = {
        {"0 0 13 * 5",
         "UTC",
         "2026-02-01 00:00",
         {"2026-02-06 00:00", "2026-02-13 00:00", "2026-02-20 00:00"}},
        {"0 0 13 * 5", "UTC", "2026-02-27 00:00", {"2026-03-06 00:00", "2026-03-13 00:00"}},
        {"0 0 */2 * 5", "UTC", "2026-02-01 00:00", {"2026-02-13 00:00", "2026-02-27 00:00"}},
        {"0 0 13 * */5",
         "UTC",
         "2026-01-01 00:00",
         {"2026-02-13 00:00", "2026-03-13 00:00", "2026-09-13 00:00"}},
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(dues); i++)
        assert_due(&dues[i]);
}

/* Berlin: at 01:00 UTC on 2026-03-29 02:00 becomes 03:00. */
static void test_a_time_that_does_not_exist_is_due_once_at_the_jump(void **unused)
{
    static const struct due dues[] = {
        {"30 2 * * *",
         "Europe/Berlin",
         "2026-03-28 12:00",
         {"2026-03-29 01:00", "2026-03-30 00:30"}},
        {"0,30 2,3 * * *",
         "Europe/Berlin",
         "2026-03-29 00:00",
         {"2026-03-29 01:00", "2026-03-29 01:30", "2026-03-30 00:00"}},
        {"15 2 29 3 *",
         "Europe/Berlin",
         "2026-01-01 00:00",
         {"2026-03-29 01:00", "2027-03-29 00:15"}},
        {"0 12 30 12 *",
         "Pacific/Apia",
         "2011-12-01 00:00",
         {"2011-12-30 10:00", "2012-12-29 22:00"}},
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(dues); i++)
        assert_due(&dues[i]);
}

/* Berlin: at 01:00 UTC on 2026-10-25 03:00 becomes 02:00. */
static void test_a_time_that_exists_twice_is_due_the_first_time(void **unused)
{
    static const struct due dues[] = {
        {"30 2 * * *",
         "Europe/Berlin",
         "2026-10-24 12:00",
         {"2026-10-25 00:30", "2026-10-26 01:30"}},
        {"30 2 * * *", "Europe/Berlin", "2026-10-25 01:10", {"2026-10-26 01:30"}},
        {"0 2,3 * * *",
         "Europe/Berlin",
         "2026-10-24 12:00",
         {"2026-10-25 00:00", "2026-10-25 02:00"}},
        {"45 1 5 4 *",
         "Australia/Lord_Howe",
         "2026-01-01 00:00",
         {"2026-04-04 14:45", "2027-04-04 15:15"}},
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(dues); i++)
        assert_due(&dues[i]);
}

static void test_a_rhythm_runs_through_both_passes_and_not_at_times_that_never_come(void **unused)
{
    static const struct due dues[] = {
        {"*/30 * * * *",
         "Europe/Berlin",
         "2026-10-25 00:00",
         {"2026-10-25 00:30", "2026-10-25 01:00", "2026-10-25 01:30", "2026-10-25 02:00"}},
        {"*/30 2 * * *",
         "Europe/Berlin",
         "2026-10-24 12:00",
         {"2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 01:00", "2026-10-25 01:30"}},
        {"*/30 * * * *",
         "Europe/Berlin",
         "2026-03-29 00:00",
         {"2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30"}},
        {"*/30 2 * * *", "Europe/Berlin", "2026-03-28 12:00", {"2026-03-30 00:00"}},
        {"0 * * * *",
         "Europe/Berlin",
         "2026-10-25 00:00",
         {"2026-10-25 01:00", "2026-10-25 02:00"}},
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(dues); i++)
        assert_due(&dues[i]);
}

static void test_it_is_said_why_a_time_is_not_the_one_that_is_written(void **unused)
{
    struct as_zone *zone = zone_of("Europe/Berlin");
    struct as_cron_due due;
    struct as_cron cron;
    struct as_err err = {0};
    (void)unused;
    assert_int_equal(as_cron_parse("30 2 * * *", &cron, &err), 0);
    assert_int_equal(as_cron_next(&cron, zone, utc_of("2026-03-28 00:00"), &due), 0);
    assert_int_equal(due.shift, AS_CRON_AS_WRITTEN);
    assert_int_equal(as_cron_next(&cron, zone, utc_of("2026-03-28 12:00"), &due), 0);
    assert_int_equal(due.shift, AS_CRON_AT_JUMP);
    assert_int_equal(as_cron_next(&cron, zone, utc_of("2026-10-24 12:00"), &due), 0);
    assert_int_equal(due.shift, AS_CRON_FIRST_OF_TWO);
    as_zone_free(zone);
}

static void test_what_is_no_cron_line_is_refused_with_its_field(void **unused)
{
    static const struct {
        const char *line, *part;
    } cases[] = {
        {"", "0 of the five fields"},
        {"* * * *", "4 of the five fields"},
        {"* * * * * *", "goes on after its five fields"},
        {"60 * * * *", "minute \"60\": out of range"},
        {"* 24 * * *", "hour \"24\": out of range"},
        {"* * 0 * *", "day of month \"0\": out of range"},
        {"* * * 13 *", "month \"13\": out of range"},
        {"* * * * 8", "day of week \"8\": out of range"},
        {"* * * * MONDAY", "day of week \"MONDAY\": that cannot be read to its end"},
        {"*/0 * * * *", "minute \"*/0\": a step is a number from 1 on"},
        {"5/15 * * * *", "minute \"5/15\": a step needs a range"},
        {"9-5 * * * *", "minute \"9-5\": the range runs backwards"},
        {"1,,2 * * * *", "minute \"1,,2\": that is no number"},
        {"1, * * * *", "minute \"1,\": something is missing"},
        {"x * * * *", "minute \"x\": that is no number"},
        {"-1 * * * *", "minute \"-1\": that is no number"},
        {"99999999999999999999 * * * *", "out of range"},
        {"0 0 30 2 *", "is never due"},
        {"0 0 31 4,6,9,11 *", "is never due"},
        {"@reboot", "none of @hourly"},
        {"@dailyx", "none of @hourly"},
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        struct as_cron cron;
        struct as_err err = {0};
        assert_int_equal(as_cron_parse(cases[i].line, &cron, &err), AS_EINVAL);
        if (!strstr(err.msg, cases[i].part))
            fail_msg("\"%s\": \"%s\" is not in \"%s\"", cases[i].line, cases[i].part, err.msg);
    }
}

static void test_days_and_dates_are_each_others_inverse(void **unused)
{
    (void)unused;
    for (int64_t day = -719162; day < 2932896; day += 97) { /* years 1 to 9999 */
        struct as_civil at = as_civil_of(day * AS_DAY_S + 4711);
        assert_true(at.month >= 1 && at.month <= 12);
        assert_true(at.day >= 1 && at.day <= as_civil_month_days(at.year, at.month));
        assert_true(as_civil_days(at.year, at.month, at.day) == day);
        assert_true(as_civil_seconds(&at) == day * AS_DAY_S + 4711);
    }
    assert_int_equal(as_civil_days(1970, 1, 1), 0);
    assert_int_equal(as_civil_weekday(as_civil_days(2026, 11, 21)), 6);
}

static void test_a_zone_knows_its_past_and_its_rule_for_the_future(void **unused)
{
    static const struct {
        const char *zone, *at;
        int32_t offset_s;
        bool is_dst;
    } cases[] = {
        {"Europe/Berlin", "2026-01-01 00:00", 3600, false},
        {"Europe/Berlin", "2026-03-29 00:59", 3600, false},
        {"Europe/Berlin", "2026-03-29 01:00", 7200, true},
        {"Europe/Berlin", "2099-07-01 00:00", 7200, true},
        {"Europe/Berlin", "1945-06-01 00:00", 10800, true},
        {"America/New_York", "2026-07-01 00:00", -14400, true},
        {"America/New_York", "2070-12-01 00:00", -18000, false},
        {"Asia/Kolkata", "2050-01-01 00:00", 19800, false},
        {"Australia/Lord_Howe", "2060-01-01 00:00", 39600, true},
        {"Pacific/Apia", "2011-12-30 09:59", -36000, true},
        {"Pacific/Apia", "2011-12-30 10:00", 50400, true},
        {"UTC", "2026-01-01 00:00", 0, false},
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        struct as_zone *zone = zone_of(cases[i].zone);
        struct as_zone_span span = as_zone_span_at(zone, utc_of(cases[i].at));
        assert_int_equal(span.offset_s, cases[i].offset_s);
        assert_int_equal(span.is_dst, cases[i].is_dst);
        assert_true(span.begin_s <= utc_of(cases[i].at) && utc_of(cases[i].at) < span.end_s);
        as_zone_free(zone);
    }
}

static void test_a_name_that_is_no_zone_is_refused(void **unused)
{
    static const char *const names[] = {
        "",       "Europe/Atlantis", "../../etc/passwd", "/etc/passwd",
        "Europe", "Europe/",         "tzdata.zi",        "a b"};
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        struct as_zone *zone = NULL;
        struct as_err err = {0};
        int rc = as_zone_open(names[i], &zone, &err);
        assert_true(rc == AS_ENOENT || rc == AS_ECORRUPT);
        assert_null(zone);
    }
}

/* Each prefix of a good file is a damaged one. */
static void test_a_cut_zone_file_is_refused(void **unused)
{
    uint8_t data[8192];
    FILE *file = fopen(AS_ZONE_FOLDER "/Europe/Berlin", "rb");
    (void)unused;
    assert_non_null(file);
    size_t size = fread(data, 1, sizeof(data), file);
    fclose(file);
    for (size_t cut = 0; cut < size; cut++) {
        struct as_zone *zone = NULL;
        struct as_err err = {0};
        char *exact = as_xmemdup(data, cut);
        assert_int_equal(as_zone_parse("cut", exact, cut, &zone, &err), AS_ECORRUPT);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_due_at_the_times_that_they_name),
        cmocka_unit_test(
            test_a_fitting_day_of_either_kind_is_enough_unless_one_field_begins_with_a_star),
        cmocka_unit_test(test_a_time_that_does_not_exist_is_due_once_at_the_jump),
        cmocka_unit_test(test_a_time_that_exists_twice_is_due_the_first_time),
        cmocka_unit_test(test_a_rhythm_runs_through_both_passes_and_not_at_times_that_never_come),
        cmocka_unit_test(test_it_is_said_why_a_time_is_not_the_one_that_is_written),
        cmocka_unit_test(test_what_is_no_cron_line_is_refused_with_its_field),
        cmocka_unit_test(test_days_and_dates_are_each_others_inverse),
        cmocka_unit_test(test_a_zone_knows_its_past_and_its_rule_for_the_future),
        cmocka_unit_test(test_a_name_that_is_no_zone_is_refused),
        cmocka_unit_test(test_a_cut_zone_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
