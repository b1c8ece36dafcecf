/* daemon/store/schedules: what became of times of schedules; each is one row, and is started once.
 */
#include "daemon/store/audit.h"
#include "daemon/store/events.h"
#include "daemon/store/overview.h"
#include "daemon/store/sql.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct schedule_mark mark = {"nightly", "main", 5000, false, false};

static struct schedule_time time_of(int64_t due_ms, enum schedule_state state)
{
    return (struct schedule_time){
        .slot = {"nightly", "main", due_ms}, .state = state, .at_ms = due_ms + 1};
}

static int note(struct store_fixture *f, const struct schedule_mark *at,
                const struct schedule_time *times, size_t count, bool *ret_is_new)
{
    return store_schedule_note(
        f->store, &(struct schedule_note){.mark = at, .times = times, .count = count}, ret_is_new);
}

/* A group that starts for the time. */
static int start_for(struct store_fixture *f, int64_t due_ms, int64_t *ret_run)
{
    struct group_record group;
    int64_t like = store_fixture_group(f, 1);
    struct schedule_slot slot = {"nightly", "main", due_ms};
    struct audit_entry entry = {.at_ms = 1, .who = "schedule main", .action = "run.start"};
    assert_int_equal(store_group_get(f->store, like, &f->arena, &group), 0);
    return store_group_start(
        f->store, &(struct group_birth){.group = &group, .entry = &entry, .slot = &slot}, ret_run);
}

static void test_a_time_that_is_there_is_not_added_again(void **state)
{
    struct store_fixture *f = *state;
    struct schedule_time times[2] = {time_of(1000, SCHEDULE_MISSED), time_of(2000, SCHEDULE_OWED)};
    bool is_new[2];
    assert_int_equal(note(f, &mark, times, 1, is_new), 0);
    assert_true(is_new[0]);
    times[0].state = SCHEDULE_OWED;
    assert_int_equal(note(f, &mark, times, 2, is_new), 0);
    assert_false(is_new[0]);
    assert_true(is_new[1]);
    struct schedule_time *got = NULL;
    size_t count = 0;
    struct schedule_query all = {.limit = 10};
    assert_int_equal(store_schedule_page(f->store, &all, &f->arena, &got, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(got[0].slot.due_ms, 2000);
    assert_int_equal(got[1].state, SCHEDULE_MISSED);
}

/* Many schedules are due at 3 o'clock. */
static void test_pages_go_on_within_the_times_of_one_moment(void **state)
{
    struct store_fixture *f = *state;
    struct schedule_time times[4];
    struct schedule_query query = {.limit = 3};
    struct schedule_time *got = NULL;
    size_t count = 0;
    for (size_t i = 0; i < 4; i++)
        times[i] = time_of(i ? 2000 : 1000, SCHEDULE_MISSED);
    times[2].slot.schedule = "other";
    times[3].slot.eval = "a";
    assert_int_equal(note(f, &mark, times, 4, NULL), 0);
    assert_int_equal(store_schedule_page(f->store, &query, &f->arena, &got, &count), 0);
    assert_int_equal(count, 3);
    assert_string_equal(got[0].slot.eval, "a");
    assert_string_equal(got[1].slot.schedule, "main");
    query.after = got[1].slot;
    assert_int_equal(store_schedule_page(f->store, &query, &f->arena, &got, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(got[0].slot.schedule, "other");
    assert_int_equal(got[1].slot.due_ms, 1000);
}

static void test_a_mark_is_what_was_marked_last(void **state)
{
    struct store_fixture *f = *state;
    struct schedule_mark got, later = mark;
    assert_int_equal(store_schedule_mark_get(f->store, "nightly", "main", &got), AS_ENOENT);
    assert_int_equal(note(f, &mark, NULL, 0, NULL), 0);
    later.seen_ms = 9000;
    later.is_disabled = later.was_off = true;
    assert_int_equal(note(f, &later, NULL, 0, NULL), 0);
    store_fixture_reopen(f);
    assert_int_equal(store_schedule_mark_get(f->store, "nightly", "main", &got), 0);
    assert_int_equal(got.seen_ms, 9000);
    assert_true(got.is_disabled && got.was_off);
}

static void test_a_time_that_is_owed_is_started_once(void **state)
{
    struct store_fixture *f = *state;
    struct schedule_time owed = time_of(1000, SCHEDULE_OWED), *got = NULL;
    int64_t run = 0, again = 0, live = 0;
    size_t count = 0;
    assert_int_equal(note(f, &mark, &owed, 1, NULL), 0);
    assert_int_equal(start_for(f, 1000, &run), 0);
    assert_int_equal(start_for(f, 1000, &again), AS_EEXIST);
    assert_int_equal(start_for(f, 7000, &again), AS_EEXIST); /* nobody owes it */
    assert_int_equal(store_schedule_owed(f->store, "nightly", "main", &f->arena, &got, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(store_schedule_live_run(f->store, "nightly", "main", &live), 0);
    assert_int_equal(live, run);
    assert_int_equal(store_group_finish(f->store, run, GROUP_DONE, NULL, NULL, NULL, 1700000000000),
                     0);
    assert_int_equal(store_schedule_live_run(f->store, "nightly", "main", &live), 0);
    assert_int_equal(live, 0);
}

/* The group that could not have the time is not there either. */
static void test_a_start_that_is_not_owed_leaves_no_group(void **state)
{
    struct store_fixture *f = *state;
    struct group_record *groups = NULL;
    int64_t run = 0;
    size_t before = 0, after = 0;
    (void)store_fixture_group(f, 1);
    assert_int_equal(store_groups_page(f->store, NULL, 0, 100, &f->arena, &groups, &before), 0);
    assert_int_equal(start_for(f, 1000, &run), AS_EEXIST);
    assert_int_equal(store_groups_page(f->store, NULL, 0, 100, &f->arena, &groups, &after), 0);
    assert_int_equal(after, before + 1); /* the one that start_for copies */
    assert_int_equal(run, 0);
}

static void test_what_was_owed_can_come_to_nothing_once(void **state)
{
    struct store_fixture *f = *state;
    struct schedule_time owed = time_of(1000, SCHEDULE_OWED),
                         failed = time_of(1000, SCHEDULE_FAILED);
    struct schedule_time *got = NULL;
    size_t count = 0;
    failed.why = "no such dataset";
    assert_int_equal(note(f, &mark, &owed, 1, NULL), 0);
    assert_int_equal(store_schedule_settle(f->store, &failed, NULL), 0);
    assert_int_equal(store_schedule_settle(f->store, &failed, NULL), AS_ENOENT);
    assert_int_equal(store_schedule_latest(f->store, &f->arena, &got, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(got[0].state, SCHEDULE_FAILED);
    assert_string_equal(got[0].why, "no such dataset");
}

/* ---- what is told of it ---- */

static const struct event told = {.at_ms = 7000,
                                  .kind = EVENT_SCHEDULE_MISSED,
                                  .eval = "nightly",
                                  .subject = "main",
                                  .text = "it missed its time"};

static int64_t events_of(struct store_fixture *f)
{
    int64_t last = -1;
    assert_int_equal(store_event_last(f->store, &last), 0);
    return last;
}

static void run_sql(struct store_fixture *f, const char *sql)
{
    assert_int_equal(sqlite3_exec(f->store->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void test_what_was_missed_is_told_once_with_the_time_itself(void **state)
{
    struct store_fixture *f = *state;
    struct schedule_time times[2] = {time_of(1000, SCHEDULE_MISSED), time_of(2000, SCHEDULE_OWED)};
    struct schedule_note missed = {.mark = &mark, .times = times, .count = 2, .missed = &told};
    struct schedule_note on_time = {.mark = &mark, .times = times + 1, .count = 1, .missed = &told};
    assert_int_equal(store_schedule_note(f->store, &on_time, NULL), 0);
    assert_int_equal(events_of(f), 0);
    assert_int_equal(store_schedule_note(f->store, &missed, NULL), 0);
    assert_int_equal(events_of(f), 1);
    assert_int_equal(store_schedule_note(f->store, &missed, NULL), 0); /* the clock was set back */
    assert_int_equal(events_of(f), 1);
}

static void test_a_time_that_failed_is_told_once_with_the_time_itself(void **state)
{
    struct store_fixture *f = *state;
    struct schedule_time owed = time_of(1000, SCHEDULE_OWED),
                         failed = time_of(1000, SCHEDULE_FAILED);
    assert_int_equal(note(f, &mark, &owed, 1, NULL), 0);
    assert_int_equal(store_schedule_settle(f->store, &failed, &told), 0);
    assert_int_equal(store_schedule_settle(f->store, &failed, &told), AS_ENOENT);
    assert_int_equal(events_of(f), 1);
}

/* What a crash in between would leave: a state that nobody is ever told of. */
static void test_a_state_whose_event_cannot_be_written_is_not_written_either(void **state)
{
    struct store_fixture *f = *state;
    struct schedule_time owed = time_of(1000, SCHEDULE_OWED),
                         failed = time_of(1000, SCHEDULE_FAILED),
                         missed = time_of(2000, SCHEDULE_MISSED), *got = NULL;
    struct schedule_note of_missed = {.mark = &mark, .times = &missed, .count = 1, .missed = &told};
    size_t count = 0;
    assert_int_equal(note(f, &mark, &owed, 1, NULL), 0);
    run_sql(f, "CREATE TRIGGER no_event BEFORE INSERT ON event"
               " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    assert_true(store_schedule_note(f->store, &of_missed, NULL) < 0);
    assert_true(store_schedule_settle(f->store, &failed, &told) < 0);
    run_sql(f, "DROP TRIGGER no_event");
    assert_int_equal(store_schedule_owed(f->store, "nightly", "main", &f->arena, &got, &count), 0);
    assert_int_equal(count, 1);
    struct schedule_query all = {.limit = 10};
    assert_int_equal(store_schedule_page(f->store, &all, &f->arena, &got, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(got[0].state, SCHEDULE_OWED);
    assert_int_equal(store_schedule_note(f->store, &of_missed, NULL), 0);
    assert_int_equal(store_schedule_settle(f->store, &failed, &told), 0);
    assert_int_equal(events_of(f), 2);
}

#define STORE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

/* For metrics. What a person triggered has no time to be late for. */
static void test_the_overview_has_the_lateness_of_times_that_the_clock_started(void **state)
{
    struct store_fixture *f = *state;
    struct schedule_time times[4] = {
        time_of(1000, SCHEDULE_STARTED), time_of(2000, SCHEDULE_STARTED),
        time_of(3000, SCHEDULE_STARTED), time_of(4000, SCHEDULE_MISSED)};
    times[0].at_ms = 1500;
    times[1].at_ms = 4500;
    times[2].at_ms = 9000;
    times[2].is_manual = true;
    struct store_overview overview;
    assert_int_equal(note(f, &mark, times, 4, NULL), 0);
    (void)store_fixture_group(f, 1);
    assert_int_equal(store_overview(f->store, &overview), 0);
    assert_int_equal(overview.times[SCHEDULE_STARTED], 3);
    assert_int_equal(overview.times[SCHEDULE_MISSED], 1);
    assert_int_equal(overview.started, 2);
    assert_true(overview.late_s == 3.0);
    assert_int_equal(overview.groups[GROUP_PENDING] + overview.groups[GROUP_RUNNING], 1);
    assert_true(overview.database_bytes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_a_time_that_is_there_is_not_added_again),
        STORE_TEST(test_pages_go_on_within_the_times_of_one_moment),
        STORE_TEST(test_a_mark_is_what_was_marked_last),
        STORE_TEST(test_a_time_that_is_owed_is_started_once),
        STORE_TEST(test_a_start_that_is_not_owed_leaves_no_group),
        STORE_TEST(test_what_was_owed_can_come_to_nothing_once),
        STORE_TEST(test_what_was_missed_is_told_once_with_the_time_itself),
        STORE_TEST(test_a_time_that_failed_is_told_once_with_the_time_itself),
        STORE_TEST(test_a_state_whose_event_cannot_be_written_is_not_written_either),
        STORE_TEST(test_the_overview_has_the_lateness_of_times_that_the_clock_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
