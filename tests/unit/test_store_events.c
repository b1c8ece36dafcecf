/* daemon/store: events come back as they were written, in order, by page and by what they are of;
 * and a group ends with its events or not at all. */
#include "daemon/store/events.h"
#include "daemon/store/sql.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void write_event(struct store_fixture *f, enum event_kind kind, const char *eval)
{
    struct event event = {.at_ms = 7000, .kind = kind, .eval = eval, .text = "it happened"};
    assert_int_equal(store_event_add(f->store, &event), 0);
}

static size_t page_of(struct store_fixture *f, const struct event_filter *filter, bool is_newest,
                      uint32_t limit, struct event **ret_events)
{
    size_t count = 99;
    assert_int_equal(
        store_events_page(f->store, filter, is_newest, limit, &f->arena, ret_events, &count), 0);
    return count;
}

static void test_an_event_comes_back_as_it_was_written(void **state)
{
    struct store_fixture *f = *state;
    struct event event = {.at_ms = 7000,
                          .kind = EVENT_DRIFT,
                          .is_over = true,
                          .eval = "triage",
                          .subject = "small",
                          .run = 4,
                          .text = "the drift is over",
                          .detail_json = "{\"n\":40}"},
                 *got = NULL;
    int64_t last = 99;
    assert_int_equal(store_event_last(f->store, &last), 0);
    assert_int_equal(last, 0);
    assert_int_equal(store_event_add(f->store, &event), 0);
    assert_int_equal(store_event_last(f->store, &last), 0);
    assert_int_equal(last, 1);
    assert_int_equal(page_of(f, &(struct event_filter){0}, false, 10, &got), 1);
    assert_int_equal(got->id, 1);
    assert_int_equal(got->at_ms, 7000);
    assert_int_equal(got->kind, EVENT_DRIFT);
    assert_true(got->is_over);
    assert_string_equal(got->eval, "triage");
    assert_string_equal(got->subject, "small");
    assert_int_equal(got->run, 4);
    assert_string_equal(got->text, "the drift is over");
    assert_string_equal(got->detail_json, "{\"n\":40}");
}

static void test_pages_go_both_ways_and_are_in_order(void **state)
{
    struct store_fixture *f = *state;
    struct event *got = NULL;
    for (int i = 0; i < 5; i++)
        write_event(f, EVENT_RUN_ENDED, "triage");
    assert_int_equal(page_of(f, &(struct event_filter){.after_id = 1}, false, 2, &got), 2);
    assert_int_equal(got[0].id, 2);
    assert_int_equal(got[1].id, 3);
    assert_int_equal(page_of(f, &(struct event_filter){0}, true, 2, &got), 2);
    assert_int_equal(got[0].id, 4);
    assert_int_equal(got[1].id, 5);
    assert_int_equal(page_of(f, &(struct event_filter){.before_id = 4}, true, 2, &got), 2);
    assert_int_equal(got[0].id, 2);
}

static void test_events_are_found_by_eval_and_kind(void **state)
{
    struct store_fixture *f = *state;
    struct event *got = NULL;
    write_event(f, EVENT_GATE_FAIL, "triage");
    write_event(f, EVENT_GATE_PASS, "triage");
    write_event(f, EVENT_GATE_FAIL, "other");
    write_event(f, EVENT_CONFIG_RELOADED, NULL);
    assert_int_equal(page_of(f, &(struct event_filter){.eval = "triage"}, true, 10, &got), 2);
    assert_int_equal(page_of(f, &(struct event_filter){.kind = "gate_fail"}, true, 10, &got), 2);
    struct event_filter both = {.eval = "other", .kind = "gate_fail"};
    assert_int_equal(page_of(f, &both, true, 10, &got), 1);
    assert_int_equal(got->id, 3);
}

static void test_a_kind_that_nobody_knows_is_passed_over(void **state)
{
    struct store_fixture *f = *state;
    struct event *got = NULL;
    write_event(f, EVENT_GATE_FAIL, "triage");
    assert_int_equal(
        sqlite3_exec(f->store->db, "UPDATE event SET kind = 'of_tomorrow'", NULL, NULL, NULL),
        SQLITE_OK);
    write_event(f, EVENT_GATE_PASS, "triage");
    assert_int_equal(page_of(f, &(struct event_filter){0}, false, 10, &got), 1);
    assert_int_equal(got->id, 2);
}

static void test_old_events_go_as_new_ones_come(void **state)
{
    struct store_fixture *f = *state;
    struct event *got = NULL;
    write_event(f, EVENT_GATE_FAIL, "triage");
    write_event(f, EVENT_GATE_FAIL, "triage");
    char sql[80];
    snprintf(sql, sizeof(sql), "UPDATE event SET id = %d WHERE id = 2", EVENTS_KEPT);
    assert_int_equal(sqlite3_exec(f->store->db, sql, NULL, NULL, NULL), SQLITE_OK);
    write_event(f, EVENT_GATE_PASS, "triage");
    assert_int_equal(page_of(f, &(struct event_filter){0}, false, 10, &got), 2);
    assert_int_equal(got->id, EVENTS_KEPT);
}

static void test_a_group_ends_with_its_events_or_not_at_all(void **state)
{
    struct store_fixture *f = *state;
    struct group_record group;
    struct event *got = NULL;
    struct event event = {.at_ms = 9, .kind = EVENT_RUN_ENDED, .text = "run 1 done"};
    int64_t run = store_fixture_group(f, 3);
    struct group_end end = {.id = run,
                            .state = GROUP_DONE,
                            .outcome = "pass",
                            .result_json = "{}",
                            .now_ms = 9,
                            .events = &event,
                            .event_count = 1};
    struct group_end nowhere = end;
    nowhere.id = run + 1;
    assert_int_equal(store_group_end(f->store, &nowhere), AS_ENOENT);
    assert_int_equal(page_of(f, &(struct event_filter){0}, false, 10, &got), 0);
    assert_int_equal(store_group_end(f->store, &end), 0);
    assert_int_equal(page_of(f, &(struct event_filter){0}, false, 10, &got), 1);
    assert_int_equal(store_group_get(f->store, run, &f->arena, &group), 0);
    assert_int_equal(group.state, GROUP_DONE);
}

#define STORE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_an_event_comes_back_as_it_was_written),
        STORE_TEST(test_pages_go_both_ways_and_are_in_order),
        STORE_TEST(test_events_are_found_by_eval_and_kind),
        STORE_TEST(test_a_kind_that_nobody_knows_is_passed_over),
        STORE_TEST(test_old_events_go_as_new_ones_come),
        STORE_TEST(test_a_group_ends_with_its_events_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
