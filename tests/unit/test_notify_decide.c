/* daemon/notify: from events in a real store to deliveries, by the rules of assay.yaml and of an
 * eval. */
#include "daemon/notify/decide.h"
#include "daemon/store/sql.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ON(kind) (UINT64_C(1) << (kind))

/* assay.yaml: ops; triage: pager and chat; broken is the eval of a file that is refused. */
struct office {
    struct store_fixture *f;
    struct config config;
    struct eval_def triage, broken;
    struct eval_set evals, good;
    struct eval_refusal refusal;
    struct notify_sources sources;
};

static struct office open_office(struct store_fixture *f)
{
    struct office office = {
        .f = f,
        .config.notify = {.rules = {{.name = "ops",
                                     .on = ON(EVENT_GATE_FAIL) | ON(EVENT_CONFIG_RELOADED)}},
                          .count = 1},
        .triage = {.name = "triage",
                   .notify = {.rules = {{.name = "pager",
                                         .on = ON(EVENT_GATE_FAIL) | ON(EVENT_RECOVERY)},
                                        {.name = "chat", .on = ON(EVENT_BASELINE_SET)}},
                              .count = 2}},
        .broken = {.name = "broken",
                   .notify = {.rules = {{.name = "main", .on = ON(EVENT_GATE_FAIL)}}, .count = 1}},
        .refusal = {.path = "etc/evals/broken.yaml", .reason = "broken.yaml:1:1: no"},
    };
    return office;
}

/* The pointers inside, once it has its place. */
static void point(struct office *office)
{
    office->evals = (struct eval_set){.evals = &office->triage,
                                      .eval_count = 1,
                                      .refusals = &office->refusal,
                                      .refusal_count = 1};
    office->good = (struct eval_set){.evals = &office->broken, .eval_count = 1};
    office->sources = (struct notify_sources){.config = &office->config, .evals = &office->evals};
}

static void write_event(struct office *office, enum event_kind kind, const char *eval, int64_t run)
{
    struct event event = {.at_ms = 7000,
                          .kind = kind,
                          .eval = eval,
                          .subject = kind <= EVENT_GATE_UNDECIDED ? "small" : NULL,
                          .run = run,
                          .text = "it happened"};
    assert_int_equal(store_event_add(office->f->store, &event), 0);
}

/* From here on events are news. */
static void begin(struct office *office, struct store_fixture *f)
{
    *office = open_office(f);
    point(office);
    bool has_more = true;
    assert_int_equal(notify_decide(f->store, &office->sources, 8000, &has_more), 0);
    assert_false(has_more);
}

/* "eval/rule#event eval/rule#event": all deliveries that there are. */
static void expect_deliveries(struct office *office, const char *want)
{
    struct delivery *page = NULL;
    struct as_buf text = {0};
    size_t count = 0;
    as_buf_adds(&text, "");
    assert_int_equal(
        store_deliveries_page(office->f->store, NULL, 0, 99, &office->f->arena, &page, &count), 0);
    for (size_t i = 0; i < count; i++)
        as_buf_addf(&text, "%s%s/%s#%d", i ? " " : "", page[i].eval, page[i].rule,
                    (int)page[i].event_id);
    assert_string_equal(text.ptr, want);
    as_buf_done(&text);
}

static void decide(struct office *office)
{
    bool has_more = true;
    while (has_more)
        assert_int_equal(notify_decide(office->f->store, &office->sources, 8000, &has_more), 0);
}

static void test_what_was_before_the_first_time_is_old_news(void **state)
{
    struct office office = open_office(*state);
    point(&office);
    write_event(&office, EVENT_GATE_FAIL, "triage", 1);
    decide(&office);
    expect_deliveries(&office, "");
    write_event(&office, EVENT_GATE_FAIL, "triage", 2);
    decide(&office);
    expect_deliveries(&office, "/ops#2 triage/pager#2");
}

static void test_a_change_is_told_once_to_each_rule_that_wants_it_and_so_is_its_end(void **state)
{
    struct office office;
    begin(&office, *state);
    write_event(&office, EVENT_GATE_FAIL, "triage", 1);
    write_event(&office, EVENT_GATE_FAIL, "triage", 2);
    decide(&office);
    decide(&office);
    expect_deliveries(&office, "/ops#1 triage/pager#1");
    write_event(&office, EVENT_GATE_PASS, "triage", 3);
    decide(&office); /* event 4 is the recovery */
    decide(&office);
    expect_deliveries(&office, "/ops#1 triage/pager#1 triage/pager#4");
    struct event *events = NULL;
    size_t count = 0;
    struct event_filter recovery = {.kind = "recovery"};
    assert_int_equal(
        store_events_page(office.f->store, &recovery, false, 9, &office.f->arena, &events, &count),
        0);
    assert_int_equal(count, 1);
    assert_string_equal(events->text, "gate_fail is over, met 2 times for small: it happened");
    assert_string_equal(events->detail_json,
                        "{\"of\":\"gate_fail\",\"since_ms\":7000,\"since_run\":1,\"times\":2}");
}

static void test_what_has_no_condition_is_told_each_time(void **state)
{
    struct office office;
    begin(&office, *state);
    write_event(&office, EVENT_BASELINE_SET, "triage", 0);
    write_event(&office, EVENT_BASELINE_SET, "triage", 0);
    decide(&office);
    expect_deliveries(&office, "triage/chat#1 triage/chat#2");
}

static void test_what_is_of_no_eval_goes_to_the_rules_of_assay_yaml(void **state)
{
    struct office office;
    begin(&office, *state);
    write_event(&office, EVENT_CONFIG_RELOADED, NULL, 0);
    write_event(&office, EVENT_GATE_FAIL, "of no file", 1);
    decide(&office);
    expect_deliveries(&office, "/ops#1 /ops#2");
}

static void test_the_rules_of_a_refused_file_are_those_of_when_it_was_good(void **state)
{
    struct office office;
    begin(&office, *state);
    assert_true(notify_is_unknown(&office.sources, "broken"));
    assert_false(notify_is_unknown(&office.sources, "triage"));
    assert_false(notify_is_unknown(&office.sources, "of no file"));
    assert_false(notify_is_unknown(&office.sources, ""));
    office.sources.good = &office.good;
    assert_false(notify_is_unknown(&office.sources, "broken"));
    assert_non_null(notify_rule_of(&office.sources, "broken", "main"));
    assert_null(notify_rule_of(&office.sources, "broken", "other"));
    office.good.evals = &office.triage; /* an eval that is gone is not taken from there */
    assert_null(notify_rule_of(&office.sources, "broken", "main"));
    write_event(&office, EVENT_GATE_FAIL, "broken", 1);
    office.good.evals = &office.broken;
    decide(&office);
    expect_deliveries(&office, "/ops#1 broken/main#1");
}

static void test_what_could_not_be_written_is_decided_again_and_told_once(void **state)
{
    struct office office;
    begin(&office, *state);
    write_event(&office, EVENT_BASELINE_SET, "triage", 0);
    write_event(&office, EVENT_GATE_FAIL, "triage", 1);
    sqlite3 *db = office.f->store->db;
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER full BEFORE INSERT ON delivery"
                                  " WHEN new.rule = 'pager' BEGIN SELECT RAISE(ABORT, 'full'); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    bool has_more;
    assert_true(notify_decide(office.f->store, &office.sources, 8000, &has_more) < 0);
    expect_deliveries(&office, "triage/chat#1");
    assert_int_equal(sqlite3_exec(db, "DROP TRIGGER full", NULL, NULL, NULL), SQLITE_OK);
    decide(&office);
    expect_deliveries(&office, "triage/chat#1 /ops#2 triage/pager#2");
}

static void test_more_events_than_a_page_are_all_decided(void **state)
{
    struct office office;
    begin(&office, *state);
    for (int i = 0; i < 150; i++)
        write_event(&office, EVENT_RUN_STARTED, "triage", i + 1);
    write_event(&office, EVENT_GATE_FAIL, "triage", 150);
    decide(&office);
    expect_deliveries(&office, "/ops#151 triage/pager#151");
}

/* A newer assayd was here. */
static void test_kinds_that_nobody_knows_hold_nothing_up(void **state)
{
    struct office office;
    begin(&office, *state);
    for (int i = 0; i < 150; i++)
        write_event(&office, EVENT_RUN_STARTED, "triage", i + 1);
    assert_int_equal(sqlite3_exec(office.f->store->db, "UPDATE event SET kind = 'of_tomorrow'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    write_event(&office, EVENT_GATE_FAIL, "triage", 150);
    decide(&office);
    expect_deliveries(&office, "/ops#151 triage/pager#151");
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_before_the_first_time_is_old_news),
        TEST(test_a_change_is_told_once_to_each_rule_that_wants_it_and_so_is_its_end),
        TEST(test_what_has_no_condition_is_told_each_time),
        TEST(test_what_is_of_no_eval_goes_to_the_rules_of_assay_yaml),
        TEST(test_the_rules_of_a_refused_file_are_those_of_when_it_was_good),
        TEST(test_what_could_not_be_written_is_decided_again_and_told_once),
        TEST(test_more_events_than_a_page_are_all_decided),
        TEST(test_kinds_that_nobody_knows_hold_nothing_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
