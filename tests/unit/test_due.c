/* daemon/schedule/due: which times a schedule owes, and what becomes of those that nobody was there
 * for. */
#include "daemon/schedule/due.h"
#include "lib/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MINUTE_MS 60000ll
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

static struct due_time times[DUE_TIMES_MAX];
static size_t count;
static int64_t untold_ms;

/* What a look takes is counted in times that were asked of the cron line: the linker puts this
 * before the library's own. */
static size_t steps;
int __real_as_cron_next(const struct as_cron *cron, const struct as_zone *zone, int64_t after_s,
                        struct as_cron_due *ret_due);
int __wrap_as_cron_next(const struct as_cron *cron, const struct as_zone *zone, int64_t after_s,
                        struct as_cron_due *ret_due);
int __wrap_as_cron_next(const struct as_cron *cron, const struct as_zone *zone, int64_t after_s,
                        struct as_cron_due *ret_due)
{
    steps++;
    return __real_as_cron_next(cron, zone, after_s, ret_due);
}

static int64_t ms_of(const char *text)
{
    struct as_civil at = {0};
    if (sscanf(text, "%d-%d-%d %d:%d", &at.year, &at.month, &at.day, &at.hour, &at.minute) != 5)
        fail_msg("no time: %s", text);
    return as_civil_seconds(&at) * 1000;
}

static struct schedule_rules rules_of(const char *line)
{
    struct schedule_rules rules = {.name = "main", .line = line, .timezone = "UTC"};
    struct as_err err = {0};
    if (as_cron_parse(line, &rules.cron, &err))
        fail_msg("%s", err.msg);
    return rules;
}

static struct as_zone *zone_of(const char *name)
{
    struct as_zone *zone = NULL;
    struct as_err err = {0};
    assert_int_equal(as_zone_open(name, &zone, &err), 0);
    return zone;
}

static void look_at(const struct schedule_rules *rules, const struct as_zone *zone, int64_t seen_ms,
                    int64_t now_ms)
{
    struct due_look look = {"nightly/main", rules, zone, seen_ms, now_ms};
    steps = 0;
    count = due_collect(&look, times, &untold_ms);
}

static void look_in(const struct schedule_rules *rules, const char *zone_name, int64_t seen_ms,
                    int64_t now_ms)
{
    struct as_zone *zone = zone_of(zone_name);
    look_at(rules, zone, seen_ms, now_ms);
    as_zone_free(zone);
}

static void look(const struct schedule_rules *rules, const char *seen, const char *now)
{
    look_in(rules, "UTC", ms_of(seen), ms_of(now));
}

static void assert_time(size_t i, const char *due, enum due_action action, bool is_late)
{
    assert_true(i < count);
    if (times[i].due_ms != ms_of(due) || times[i].action != action || times[i].is_late != is_late)
        fail_msg("time %zu is %lld, %s, late %d", i, (long long)times[i].due_ms,
                 due_action_name(times[i].action), times[i].is_late);
}

static void test_nothing_is_owed_before_its_time_and_one_run_at_it(void **unused)
{
    struct schedule_rules rules = rules_of("30 2 * * *");
    (void)unused;
    look(&rules, "2026-11-21 02:30", "2026-11-22 02:29");
    assert_int_equal(count, 0);
    look(&rules, "2026-11-21 02:30", "2026-11-22 02:30");
    assert_int_equal(count, 1);
    assert_time(0, "2026-11-22 02:30", DUE_START, false);
    look(&rules, "2026-11-22 02:30", "2026-11-22 02:31");
    assert_int_equal(count, 0);
}

static void test_a_clock_that_was_set_back_owes_nothing_new(void **unused)
{
    struct schedule_rules rules = rules_of("* * * * *");
    (void)unused;
    look(&rules, "2026-11-22 02:30", "2026-11-22 01:30");
    assert_int_equal(count, 0);
}

static void test_missed_times_are_made_up_for_by_one_run(void **unused)
{
    struct schedule_rules rules = rules_of("0 * * * *");
    (void)unused;
    look(&rules, "2026-11-21 00:00", "2026-11-21 04:30");
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(times[i].action, DUE_MISSED);
    assert_time(3, "2026-11-21 04:00", DUE_START, true);
}

static void test_a_time_that_is_on_time_makes_up_for_those_before_it(void **unused)
{
    struct schedule_rules rules = rules_of("0 * * * *");
    (void)unused;
    look(&rules, "2026-11-21 00:00", "2026-11-21 03:01");
    assert_int_equal(count, 3);
    assert_time(0, "2026-11-21 01:00", DUE_MISSED, false);
    assert_time(1, "2026-11-21 02:00", DUE_MISSED, false);
    assert_time(2, "2026-11-21 03:00", DUE_START, false);
}

static void test_missed_times_may_be_left_out_or_all_be_made_up_for(void **unused)
{
    struct schedule_rules rules = rules_of("0 * * * *");
    (void)unused;
    rules.on_missed = SCHEDULE_MISSED_SKIP;
    look(&rules, "2026-11-21 00:00", "2026-11-21 02:30");
    assert_time(0, "2026-11-21 01:00", DUE_MISSED, false);
    assert_time(1, "2026-11-21 02:00", DUE_MISSED, false);
    look(&rules, "2026-11-21 00:00", "2026-11-21 02:01");
    assert_time(0, "2026-11-21 01:00", DUE_MISSED, false);
    assert_time(1, "2026-11-21 02:00", DUE_START, false);
    rules.on_missed = SCHEDULE_MISSED_RUN_ALL;
    look(&rules, "2026-11-21 00:00", "2026-11-21 02:30");
    assert_time(0, "2026-11-21 01:00", DUE_START, true);
    assert_time(1, "2026-11-21 02:00", DUE_START, true);
}

static void test_of_very_many_missed_times_the_latest_are_told(void **unused)
{
    struct schedule_rules rules = rules_of("* * * * *");
    (void)unused;
    rules.on_missed = SCHEDULE_MISSED_RUN_ALL;
    look(&rules, "2026-11-20 00:00", "2026-11-21 00:00");
    assert_int_equal(count, DUE_TIMES_MAX);
    assert_true(untold_ms == ms_of("2026-11-20 00:01"));
    assert_time(0, "2026-11-20 22:21", DUE_START, true);
    assert_time(DUE_TIMES_MAX - 1, "2026-11-21 00:00", DUE_START, false);
    look(&rules, "2026-11-20 22:20", "2026-11-21 00:00"); /* as many as there is room for */
    assert_int_equal(count, DUE_TIMES_MAX);
    assert_int_equal(untold_ms, 0);
}

static void test_a_year_away_takes_no_more_steps_than_a_day(void **unused)
{
    static const enum schedule_missed policies[] = {SCHEDULE_MISSED_RUN_ONCE, SCHEDULE_MISSED_SKIP,
                                                    SCHEDULE_MISSED_RUN_ALL};
    struct schedule_rules rules = rules_of("* * * * *");
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(policies); i++) {
        rules.on_missed = policies[i];
        for (int years = 1; years <= 36; years *= 6) {
            int64_t now_ms = ms_of("2026-11-21 00:00") + 3 * MINUTE_MS;
            look_in(&rules, "UTC", now_ms - years * 365 * DAY_MS, now_ms);
            assert_int_equal(count, DUE_TIMES_MAX);
            assert_time(DUE_TIMES_MAX - 1, "2026-11-21 00:03", DUE_START, false);
            assert_true(untold_ms == now_ms - years * 365 * DAY_MS + MINUTE_MS);
            assert_in_range(steps, DUE_TIMES_MAX, 35 * DUE_TIMES_MAX);
        }
    }
}

static int by_due(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* A long look tells the last of what many short ones tell. */
static void assert_long_look(const struct schedule_rules *rules, const struct as_zone *zone,
                             int64_t seen_ms, int64_t now_ms)
{
    static int64_t all[20000];
    size_t all_count = 0;
    for (int64_t at_ms = seen_ms; at_ms < now_ms; at_ms += 7 * MINUTE_MS) {
        int64_t to_ms = at_ms + 7 * MINUTE_MS;
        look_at(rules, zone, at_ms, to_ms < now_ms ? to_ms : now_ms);
        for (size_t i = 0; i < count; i++)
            all[all_count++] = times[i].due_ms;
    }
    qsort(all, all_count, sizeof(all[0]), by_due);
    look_at(rules, zone, seen_ms, now_ms);
    assert_int_equal(count, all_count < DUE_TIMES_MAX ? all_count : DUE_TIMES_MAX);
    for (size_t i = 0; i < count; i++)
        assert_true(times[i].due_ms == all[all_count - count + i]);
    assert_true(untold_ms == (count < all_count ? all[0] : 0));
}

static void test_a_long_look_tells_the_last_of_what_short_ones_tell(void **unused)
{
    static const char *const lines[] = {"* * * * *",         "*/7 1-3 * * *", "0,30 2 * * *",
                                        "* * 25 10 *",       "0 12 * * 0",    "* 2 * * *",
                                        "5-59/9 * 24-26 * *"};
    static const int64_t jitters_ms[] = {0, 90 * MINUTE_MS};
    struct as_zone *zone = zone_of("Europe/Berlin");
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(lines); i++) {
        struct schedule_rules rules = rules_of(lines[i]);
        for (size_t j = 0; j < AS_COUNT(jitters_ms); j++) {
            rules.jitter_ms = jitters_ms[j];
            for (int hours = 1; hours <= 250; hours += 83)
                assert_long_look(&rules, zone, ms_of("2026-10-26 01:00") - hours * HOUR_MS,
                                 ms_of("2026-10-26 01:00"));
        }
    }
    as_zone_free(zone);
}

static void
test_a_change_of_the_clock_while_assayd_was_down_loses_and_doubles_nothing(void **unused)
{
    struct schedule_rules rules = rules_of("30 2 * * *");
    (void)unused;
    rules.on_missed = SCHEDULE_MISSED_RUN_ALL;
    look_in(&rules, "Europe/Berlin", ms_of("2026-03-28 12:00"), ms_of("2026-03-30 12:00"));
    assert_int_equal(count, 2);
    assert_time(0, "2026-03-29 01:00", DUE_START, true);
    assert_int_equal(times[0].shift, AS_CRON_AT_JUMP);
    assert_time(1, "2026-03-30 00:30", DUE_START, true);
    look_in(&rules, "Europe/Berlin", ms_of("2026-10-24 12:00"), ms_of("2026-10-26 12:00"));
    assert_int_equal(count, 2);
    assert_time(0, "2026-10-25 00:30", DUE_START, true);
    assert_time(1, "2026-10-26 01:30", DUE_START, true);
}

static void test_a_blackout_is_by_the_clock_of_the_schedules_zone(void **unused)
{
    struct schedule_rules rules = rules_of("0 * * * *");
    (void)unused;
    assert_int_equal(blackout_parse("22:00-06:00", &rules.blackouts[rules.blackout_count++]), 0);
    look_in(&rules, "Europe/Berlin", ms_of("2026-11-21 19:30"), ms_of("2026-11-21 21:00"));
    assert_int_equal(count, 2);
    assert_time(0, "2026-11-21 20:00", DUE_START, true); /* 21:00 in Berlin */
    assert_time(1, "2026-11-21 21:00", DUE_BLACKOUT, false);
}

static void test_jitter_is_bounded_and_the_same_at_each_look(void **unused)
{
    struct schedule_rules rules = rules_of("0 * * * *");
    int64_t starts[24], least = DAY_MS, most = 0;
    (void)unused;
    rules.jitter_ms = 10 * MINUTE_MS;
    rules.on_missed = SCHEDULE_MISSED_RUN_ALL;
    look(&rules, "2026-11-21 00:30", "2026-11-22 00:30");
    assert_int_equal(count, 24);
    for (size_t i = 0; i < count; i++) {
        int64_t late = times[i].start_ms - times[i].due_ms;
        assert_true(late >= 0 && late <= rules.jitter_ms);
        least = late < least ? late : least;
        most = late > most ? late : most;
        starts[i] = times[i].start_ms;
    }
    assert_true(most - least > 5 * MINUTE_MS); /* they differ */
    /* A look at every minute owes each of them once, at the time that the long look told. */
    size_t seen = 0;
    for (int64_t at = ms_of("2026-11-21 00:30"); at < ms_of("2026-11-22 00:30"); at += MINUTE_MS) {
        look_in(&rules, "UTC", at, at + MINUTE_MS);
        for (size_t i = 0; i < count; i++)
            assert_true(times[i].start_ms == starts[seen++]);
    }
    assert_int_equal(seen, 24);
}

static void test_the_next_time_is_the_next_that_starts(void **unused)
{
    struct schedule_rules rules = rules_of("0 * * * *");
    struct as_zone *zone = NULL;
    struct as_err err = {0};
    struct due_time next;
    (void)unused;
    assert_int_equal(as_zone_open("UTC", &zone, &err), 0);
    assert_int_equal(blackout_parse("22:00-06:00", &rules.blackouts[rules.blackout_count++]), 0);
    struct due_look look = {"nightly/main", &rules, zone, 0, ms_of("2026-11-21 21:00")};
    assert_int_equal(due_next(&look, false, &next), 0);
    assert_true(next.due_ms == ms_of("2026-11-22 06:00"));
    assert_int_equal(due_next(&look, true, &next), 0);
    assert_true(next.due_ms == ms_of("2026-11-21 22:00"));
    assert_int_equal(blackout_parse("06:00-22:00", &rules.blackouts[rules.blackout_count++]), 0);
    assert_int_equal(due_next(&look, false, &next), AS_ENOENT);
    as_zone_free(zone);
}

/* A blackout is passed over at once, not time by time. */
static void test_the_next_time_is_found_behind_a_long_blackout(void **unused)
{
    static const struct {
        const char *blackouts[2], *next;
    } cases[] = {
        {{"2026-01-01..2026-12-31", NULL}, "2026-12-31 23:00"}, /* midnight in Berlin */
        {{"Sun 00:00-Sat 23:58", NULL}, "2026-02-07 22:58"},
        {{"00:00-12:00", "12:01-24:00"}, "2026-02-01 11:00"},
        {{"00:00-12:00", "12:00-24:00"}, NULL},
    };
    struct as_zone *zone = zone_of("Europe/Berlin");
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        struct schedule_rules rules = rules_of("* * * * *");
        struct due_look look = {"nightly/main", &rules, zone, 0, ms_of("2026-02-01 01:30")};
        struct due_time next;
        for (size_t b = 0; b < 2 && cases[i].blackouts[b]; b++)
            if (blackout_parse(cases[i].blackouts[b], &rules.blackouts[rules.blackout_count++]))
                fail_msg("%s", cases[i].blackouts[b]);
        steps = 0;
        int rc = due_next(&look, false, &next);
        assert_in_range(steps, 1, 10000);
        assert_int_equal(rc, cases[i].next ? 0 : AS_ENOENT);
        if (cases[i].next)
            assert_int_equal(next.due_ms, ms_of(cases[i].next));
    }
    as_zone_free(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_owed_before_its_time_and_one_run_at_it),
        cmocka_unit_test(test_a_clock_that_was_set_back_owes_nothing_new),
        cmocka_unit_test(test_missed_times_are_made_up_for_by_one_run),
        cmocka_unit_test(test_a_time_that_is_on_time_makes_up_for_those_before_it),
        cmocka_unit_test(test_missed_times_may_be_left_out_or_all_be_made_up_for),
        cmocka_unit_test(test_of_very_many_missed_times_the_latest_are_told),
        cmocka_unit_test(test_a_year_away_takes_no_more_steps_than_a_day),
        cmocka_unit_test(test_a_long_look_tells_the_last_of_what_short_ones_tell),
        cmocka_unit_test(
            test_a_change_of_the_clock_while_assayd_was_down_loses_and_doubles_nothing),
        cmocka_unit_test(test_a_blackout_is_by_the_clock_of_the_schedules_zone),
        cmocka_unit_test(test_jitter_is_bounded_and_the_same_at_each_look),
        cmocka_unit_test(test_the_next_time_is_the_next_that_starts),
        cmocka_unit_test(test_the_next_time_is_found_behind_a_long_blackout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
