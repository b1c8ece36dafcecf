/* daemon/store: conditions, decisions that are one transaction, and which deliveries come next. */
#include "daemon/store/alerts.h"
#include "daemon/store/sql.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t add_event(struct store_fixture *f, enum event_kind kind, const char *eval)
{
    struct event event = {.at_ms = 7000, .kind = kind, .eval = eval, .text = "it happened"};
    int64_t id = 0;
    assert_int_equal(store_event_add(f->store, &event), 0);
    assert_int_equal(store_event_last(f->store, &id), 0);
    return id;
}

static int64_t deliver_to(struct store_fixture *f, int64_t event, const char *eval,
                          const char *rule)
{
    struct delivery delivery = {.event_id = event, .eval = eval, .rule = rule, .made_ms = 8000};
    struct alert_decision decision = {.mark = event, .deliveries = &delivery, .delivery_count = 1};
    assert_int_equal(store_alert_decide(f->store, &decision), 0);
    return sqlite3_last_insert_rowid(f->store->db);
}

static void end_delivery(struct store_fixture *f, int64_t id, enum delivery_state state)
{
    struct delivery delivery = {
        .id = id, .state = state, .tries = 2, .ended_ms = 9000, .outcome = "HTTP 200"};
    assert_int_equal(store_delivery_end(f->store, &delivery), 0);
}

static void run_sql(struct store_fixture *f, const char *sql)
{
    assert_int_equal(sqlite3_exec(f->store->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* "1 3": the ids of what comes next. */
static void expect_next(struct store_fixture *f, uint32_t limit, const char *want)
{
    struct delivery *next = NULL;
    struct as_buf ids = {0};
    size_t count = 0;
    assert_int_equal(store_deliveries_next(f->store, limit, &f->arena, &next, &count), 0);
    as_buf_adds(&ids, "");
    for (size_t i = 0; i < count; i++)
        as_buf_addf(&ids, "%s%d", i ? " " : "", (int)next[i].id);
    assert_string_equal(ids.ptr, want);
    as_buf_done(&ids);
}

/* ---- decisions ---- */

static const struct alert_record bad_gate = {.eval = "triage",
                                             .subject = "small",
                                             .condition = "gate",
                                             .kind = "gate_fail",
                                             .is_bad = true,
                                             .since_ms = 7000,
                                             .since_run = 4,
                                             .run = 5,
                                             .times = 2};

static void test_a_decision_comes_back_as_it_was_made(void **state)
{
    struct store_fixture *f = *state;
    struct delivery delivery = {.event_id = 1, .eval = "triage", .rule = "pager", .made_ms = 8000};
    struct event recovery = {.at_ms = 7000, .kind = EVENT_RECOVERY, .text = "over"};
    struct alert_decision decision = {.mark = 1,
                                      .records = &bad_gate,
                                      .record_count = 1,
                                      .events = &recovery,
                                      .event_count = 1,
                                      .deliveries = &delivery,
                                      .delivery_count = 1};
    struct alert_record got = {0};
    int64_t mark = 0, last = 0;
    assert_int_equal(store_alert_mark(f->store, &mark), AS_ENOENT);
    assert_int_equal(store_alert_get(f->store, &bad_gate, &f->arena, &got), AS_ENOENT);
    add_event(f, EVENT_GATE_FAIL, "triage");
    assert_int_equal(store_alert_decide(f->store, &decision), 0);
    assert_int_equal(store_alert_mark(f->store, &mark), 0);
    assert_int_equal(mark, 1);
    assert_int_equal(store_event_last(f->store, &last), 0);
    assert_int_equal(last, 2);
    assert_int_equal(store_alert_get(f->store, &bad_gate, &f->arena, &got), 0);
    assert_string_equal(got.kind, "gate_fail");
    assert_true(got.is_bad);
    assert_int_equal(got.since_run, 4);
    assert_int_equal(got.run, 5);
    assert_int_equal(got.times, 2);
    struct delivery *next = NULL;
    size_t count = 0;
    assert_int_equal(store_deliveries_next(f->store, 9, &f->arena, &next, &count), 0);
    assert_int_equal(count, 1);
    assert_string_equal(next->eval, "triage");
    assert_string_equal(next->rule, "pager");
    assert_int_equal(next->state, DELIVERY_DUE);
    assert_true(next->has_event);
    assert_int_equal(next->event.kind, EVENT_GATE_FAIL);
    assert_int_equal(next->event.id, 1);
}

static void test_a_decision_that_fails_leaves_nothing(void **state)
{
    struct store_fixture *f = *state;
    struct delivery deliveries[] = {{.event_id = 1, .eval = "triage", .rule = "pager"},
                                    {.event_id = 1, .eval = "triage", .rule = NULL}};
    struct event recovery = {.at_ms = 7000, .kind = EVENT_RECOVERY, .text = "over"};
    struct alert_decision decision = {.mark = 1,
                                      .records = &bad_gate,
                                      .record_count = 1,
                                      .events = &recovery,
                                      .event_count = 1,
                                      .deliveries = deliveries,
                                      .delivery_count = 2};
    struct alert_record got;
    int64_t mark = 0, last = 0;
    add_event(f, EVENT_GATE_FAIL, "triage");
    assert_true(store_alert_decide(f->store, &decision) < 0);
    assert_int_equal(store_alert_mark(f->store, &mark), AS_ENOENT);
    assert_int_equal(store_alert_get(f->store, &bad_gate, &f->arena, &got), AS_ENOENT);
    assert_int_equal(store_event_last(f->store, &last), 0);
    assert_int_equal(last, 1);
    expect_next(f, 9, "");
}

static void test_a_condition_is_one_of_its_eval_and_subject(void **state)
{
    struct store_fixture *f = *state;
    struct alert_record records[3] = {bad_gate, bad_gate, bad_gate}, *got = NULL;
    size_t count = 0;
    records[1].is_bad = false; /* in the place of the first */
    records[1].kind = "gate_pass";
    records[2].subject = "tiny";
    struct alert_decision decision = {.mark = 1, .records = records, .record_count = 3};
    assert_int_equal(store_alert_decide(f->store, &decision), 0);
    assert_int_equal(store_alerts_page(f->store, "triage", 9, &f->arena, &got, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(got[0].kind, "gate_pass");
    assert_string_equal(got[1].subject, "tiny");
    assert_int_equal(store_alerts_page(f->store, "other", 9, &f->arena, &got, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(store_alerts_page(f->store, NULL, 1, &f->arena, &got, &count), 0);
    assert_int_equal(count, 1);
}

static void test_what_is_sent_as_a_test_has_an_event_of_its_own(void **state)
{
    struct store_fixture *f = *state;
    struct event event = {.at_ms = 7000, .kind = EVENT_TEST, .eval = "triage", .text = "a test"};
    struct delivery deliveries[] = {{.eval = "", .rule = "ops"},
                                    {.eval = "triage", .rule = "main"}};
    int64_t id = 0;
    add_event(f, EVENT_GATE_FAIL, "triage");
    assert_int_equal(store_alert_send(f->store, &event, deliveries, 2, &id), 0);
    assert_int_equal(id, 2);
    expect_next(f, 9, "1 2");
}

/* ---- what comes next ---- */

static void test_of_each_rule_the_oldest_comes_next(void **state)
{
    struct store_fixture *f = *state;
    int64_t event = add_event(f, EVENT_GATE_FAIL, "triage");
    for (int i = 0; i < 2; i++) {
        deliver_to(f, event, "triage", "pager"); /* 1, 4 */
        deliver_to(f, event, "triage", "chat");  /* 2, 5 */
        deliver_to(f, event, "", "pager");       /* 3, 6 */
    }
    expect_next(f, 9, "1 2 3");
    expect_next(f, 2, "1 2");
    end_delivery(f, 1, DELIVERY_DELIVERED);
    end_delivery(f, 3, DELIVERY_FAILED);
    expect_next(f, 9, "2 4 6");
    end_delivery(f, 2, DELIVERY_DROPPED);
    end_delivery(f, 5, DELIVERY_DELIVERED);
    expect_next(f, 9, "4 6");
}

static void test_a_test_waits_for_nothing_but_a_test(void **state)
{
    struct store_fixture *f = *state;
    deliver_to(f, add_event(f, EVENT_GATE_FAIL, "triage"), "triage", "pager");
    deliver_to(f, add_event(f, EVENT_GATE_PASS, "triage"), "triage", "pager");
    int64_t test = add_event(f, EVENT_TEST, "triage");
    deliver_to(f, test, "triage", "pager");
    deliver_to(f, test, "triage", "pager");
    expect_next(f, 9, "1 3");
}

static void test_one_whose_event_has_gone_comes_next_without_it(void **state)
{
    struct store_fixture *f = *state;
    struct delivery *next = NULL;
    size_t count = 0;
    deliver_to(f, add_event(f, EVENT_GATE_FAIL, "triage"), "triage", "pager");
    deliver_to(f, add_event(f, EVENT_GATE_FAIL, "triage"), "triage", "chat");
    deliver_to(f, add_event(f, EVENT_GATE_FAIL, "triage"), "triage", "mail");
    run_sql(f, "DELETE FROM event WHERE id = 1;"
               "UPDATE event SET kind = 'of_tomorrow' WHERE id = 2");
    assert_int_equal(store_deliveries_next(f->store, 9, &f->arena, &next, &count), 0);
    assert_int_equal(count, 3);
    assert_false(next[0].has_event);
    assert_false(next[1].has_event);
    assert_true(next[2].has_event);
}

/* Of ten thousand that have ended nobody wants to read each time. */
static void test_only_what_is_due_is_looked_through(void **state)
{
    struct store_fixture *f = *state;
    struct as_buf plan = {0};
    expect_next(f, 9, ""); /* its statement is the last one */
    sqlite3_stmt *statement = f->store->statements[f->store->statement_count - 1].stmt, *explain;
    struct as_buf sql = {0};
    as_buf_addf(&sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(statement));
    assert_int_equal(sqlite3_prepare_v2(f->store->db, sql.ptr, -1, &explain, NULL), SQLITE_OK);
    while (sqlite3_step(explain) == SQLITE_ROW)
        as_buf_addf(&plan, "%s\n", sqlite3_column_text(explain, 3));
    sqlite3_finalize(explain);
    if (!strstr(plan.ptr, "INDEX delivery_that_is_due") || strstr(plan.ptr, "SCAN d\n"))
        fail_msg("%s", plan.ptr);
    as_buf_done(&sql);
    as_buf_done(&plan);
}

static void test_what_is_due_and_what_is_bad_is_counted(void **state)
{
    struct store_fixture *f = *state;
    struct alert_record records[] = {bad_gate, bad_gate, bad_gate, bad_gate};
    struct alert_count *counts = NULL;
    size_t count = 0;
    int64_t due = 99;
    records[1].subject = "tiny";
    records[2].eval = "other";
    records[2].is_bad = false;
    records[3].condition = "drift";
    records[3].is_bad = false;
    struct alert_decision decision = {.mark = 1, .records = records, .record_count = 4};
    assert_int_equal(store_alert_decide(f->store, &decision), 0);
    assert_int_equal(store_alerts_count(f->store, &f->arena, &counts, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(counts[0].condition, "drift");
    assert_int_equal(counts[0].bad, 0);
    assert_string_equal(counts[1].condition, "gate");
    assert_int_equal(counts[1].bad, 2);
    assert_int_equal(store_deliveries_count_due(f->store, &due), 0);
    assert_int_equal(due, 0);
    int64_t event = add_event(f, EVENT_GATE_FAIL, "triage");
    for (int i = 0; i < 3; i++)
        deliver_to(f, event, "triage", "pager");
    end_delivery(f, 1, DELIVERY_DELIVERED);
    assert_int_equal(store_deliveries_count_due(f->store, &due), 0);
    assert_int_equal(due, 2);
}

/* ---- what was ---- */

static size_t page_of(struct store_fixture *f, const char *eval, int64_t before, uint32_t limit,
                      struct delivery **ret_page)
{
    size_t count = 99;
    assert_int_equal(
        store_deliveries_page(f->store, eval, before, limit, &f->arena, ret_page, &count), 0);
    return count;
}

static void test_pages_are_of_the_rules_eval_and_of_the_events(void **state)
{
    struct store_fixture *f = *state;
    struct delivery *page = NULL;
    deliver_to(f, add_event(f, EVENT_GATE_FAIL, "triage"), "triage", "pager");
    deliver_to(f, add_event(f, EVENT_GATE_FAIL, "triage"), "", "ops");
    deliver_to(f, add_event(f, EVENT_GATE_FAIL, "other"), "", "ops");
    end_delivery(f, 2, DELIVERY_FAILED);
    assert_int_equal(page_of(f, NULL, 0, 9, &page), 3);
    assert_int_equal(page[1].state, DELIVERY_FAILED);
    assert_int_equal(page[1].tries, 2);
    assert_int_equal(page[1].ended_ms, 9000);
    assert_string_equal(page[1].outcome, "HTTP 200");
    assert_null(page[2].outcome);
    assert_int_equal(page_of(f, "triage", 0, 9, &page), 2);
    assert_int_equal(page_of(f, NULL, 3, 1, &page), 1);
    assert_int_equal(page[0].id, 2);
}

static void test_old_deliveries_go_as_new_ones_come_but_for_those_that_are_due(void **state)
{
    struct store_fixture *f = *state;
    struct delivery *page = NULL;
    int64_t event = add_event(f, EVENT_GATE_FAIL, "triage");
    for (int i = 0; i < 3; i++)
        deliver_to(f, event, "triage", "pager");
    end_delivery(f, 1, DELIVERY_DELIVERED);
    end_delivery(f, 3, DELIVERY_DELIVERED);
    run_sql(f, "UPDATE delivery SET id = 10002 WHERE id = 3");
    deliver_to(f, event, "triage", "pager"); /* 10003 */
    assert_int_equal(page_of(f, NULL, 0, 9, &page), 3);
    assert_int_equal(page[0].id, 2);
    assert_int_equal(page[1].id, 10002);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_decision_comes_back_as_it_was_made),
        TEST(test_a_decision_that_fails_leaves_nothing),
        TEST(test_a_condition_is_one_of_its_eval_and_subject),
        TEST(test_what_is_sent_as_a_test_has_an_event_of_its_own),
        TEST(test_of_each_rule_the_oldest_comes_next),
        TEST(test_a_test_waits_for_nothing_but_a_test),
        TEST(test_one_whose_event_has_gone_comes_next_without_it),
        TEST(test_only_what_is_due_is_looked_through),
        TEST(test_what_is_due_and_what_is_bad_is_counted),
        TEST(test_pages_are_of_the_rules_eval_and_of_the_events),
        TEST(test_old_deliveries_go_as_new_ones_come_but_for_those_that_are_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
