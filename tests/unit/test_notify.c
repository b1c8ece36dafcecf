/* daemon/notify as a whole, on a real loop, a real database, rules from files, and commands of the
 * shell: what arrives, in which order, and what a failure, a reload or an end in between changes.
 */
#include "daemon/notify/notify.h"
#include "daemon/store/sql.h"
#include "tests/unit/config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 60000u

struct scene {
    struct loop *loop;
    struct loop_timer *tick; /* so that a turn ends */
    struct db *db;
    struct events *events;
    struct notify *notify;
    struct config *config;
    size_t recoveries; /* that the bus has told of */
    size_t tested;
    int test_code;
    bool is_sql_done;
};

/* ---- the scene ---- */

static void on_tick(void *ctx)
{
    struct scene *scene = ctx;
    loop_timer_start(scene->tick, 5);
}

static void on_event(void *ctx, const struct event *event)
{
    struct scene *scene = ctx;
    scene->recoveries += event->kind == EVENT_RECOVERY;
}

/* RULES: the notify section of the eval "triage"; good until it is given a bad one. */
static void set_rules(struct scene *scene, const char *rules)
{
    struct as_buf text = {0};
    as_buf_addf(&text,
                "dataset: d\nbaseline: large\ncandidates: [small]\nscorers: [exact_match]\n%s",
                rules);
    fixture_write("evals/triage.yaml", text.ptr);
    as_buf_done(&text);
    struct eval_set *evals = fixture_load_evals(scene->config);
    notify_set(scene->notify, scene->config, evals);
    eval_set_unref(evals);
}

/* As assayd does at its start, but for the rules. */
static void open_scene(struct scene *scene)
{
    struct as_err err = {0};
    assert_int_equal(loop_new(&scene->loop), 0);
    scene->tick = loop_timer_new(scene->loop, on_tick, scene);
    loop_timer_start(scene->tick, 0);
    assert_int_equal(db_open(scene->loop, fixture_path("assay.db"), &scene->db, &err), 0);
    assert_int_equal(notify_new(scene->loop, scene->db, scene->config, &scene->notify, &err), 0);
    scene->events = events_new(scene->db);
    notify_observe(scene->notify, scene->events);
    events_observe(scene->events, on_event, scene);
}

static void close_scene(struct scene *scene)
{
    notify_stop(scene->notify);
    while (!notify_is_idle(scene->notify) || !db_is_idle(scene->db))
        loop_turn(scene->loop);
    notify_free(scene->notify);
    events_free(scene->events);
    db_close(scene->db);
    loop_timer_free(scene->tick);
    loop_free(scene->loop);
}

static int scene_setup(void **state)
{
    struct scene *scene = as_xcalloc(1, sizeof(*scene));
    *state = scene;
    if (fixture_setup(NULL))
        return -1;
    scene->config = fixture_load_with_evals();
    open_scene(scene);
    return 0;
}

static int scene_teardown(void **state)
{
    struct scene *scene = *state;
    close_scene(scene);
    config_unref(scene->config);
    free(scene);
    return fixture_teardown(NULL);
}

typedef bool (*claim_fn)(struct scene *scene);

static void await(struct scene *scene, claim_fn claim)
{
    uint64_t deadline_ms = loop_now_ms(scene->loop) + DEADLINE_MS;
    while (!claim(scene)) {
        loop_turn(scene->loop);
        if (loop_now_ms(scene->loop) > deadline_ms)
            fail_msg("it did not happen before the deadline");
    }
}

static void emit(struct scene *scene, enum event_kind kind, const char *subject, int64_t run)
{
    events_emit(
        scene->events,
        &(struct event){
            .kind = kind, .eval = "triage", .subject = subject, .run = run, .text = "it happened"});
}

/* ---- the database, as it is now ---- */

struct counting {
    struct scene *scene;
    const char *sql;
    int64_t value;
};

static void sql_work(struct store *store, void *ctx)
{
    struct counting *counting = ctx;
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, counting->sql, -1, &statement, NULL);
    AS_ASSERT(rc == SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW)
        counting->value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
}

static void sql_done(void *ctx)
{
    ((struct counting *)ctx)->scene->is_sql_done = true;
}

static bool is_sql_done(struct scene *scene)
{
    return scene->is_sql_done;
}

/* On the writing connection. */
static int64_t run_sql(struct scene *scene, const char *sql)
{
    struct counting counting = {.scene = scene, .sql = sql};
    scene->is_sql_done = false;
    db_write(scene->db, sql_work, sql_done, &counting);
    await(scene, is_sql_done);
    return counting.value;
}

static bool nothing_is_due(struct scene *scene)
{
    return run_sql(scene, "SELECT count(*) FROM delivery") > 0 &&
           !run_sql(scene, "SELECT count(*) FROM delivery WHERE state = 0") &&
           notify_is_idle(scene->notify);
}

static int64_t count_of_outcome(struct scene *scene, const char *state_and_outcome)
{
    char sql[200];
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM delivery WHERE state || ' ' || outcome = '%s'",
             state_and_outcome);
    return run_sql(scene, sql);
}

/* ---- what arrived ---- */

/* "gate_fail recovery ": the kinds of the messages in the file, which has one a line. */
static void read_kinds(const char *name, char *ret_kinds, size_t size)
{
    char line[2048];
    FILE *file = fopen(fixture_path(name), "r");
    ret_kinds[0] = '\0';
    while (file && fgets(line, sizeof(line), file)) {
        struct as_json *json = NULL;
        if (as_json_parse(line, strcspn(line, "\n"), &json, NULL))
            continue;
        size_t len = strlen(ret_kinds);
        snprintf(ret_kinds + len, size - len, "%s ", as_json_get_cstr_or(json, "kind", "?"));
        as_json_free(json);
    }
    if (file)
        fclose(file);
}

static void expect_kinds(const char *name, const char *want)
{
    char kinds[1024];
    read_kinds(name, kinds, sizeof(kinds));
    assert_string_equal(kinds, want);
}

static bool has_file(const char *name)
{
    return access(fixture_path(name), F_OK) == 0;
}

/* A rule's line: its command appends what it is given to the file, and does what more says. */
static const char *rule(const char *name, const char *on, const char *file, const char *more)
{
    static char text[8][600];
    static unsigned at;
    char *line = text[at++ % AS_COUNT(text)];
    snprintf(line, sizeof(text[0]),
             "  - {name: %s, on: [%s], to: {command: [/bin/sh, -c, 'cat >>%s/%s; echo >>%s/%s; "
             "cd %s; %s'], timeout: 30s}}\n",
             name, on, fixture_folder, file, fixture_folder, file, fixture_folder, more);
    return line;
}

static const char *rules_of(const char *one, const char *other)
{
    static char text[1300];
    snprintf(text, sizeof(text), "notify:\n%s%s", one, other);
    return text;
}

/* ---- order, and who waits for whom ---- */

static void
test_a_rules_messages_arrive_in_order_though_the_first_has_to_be_tried_again(void **state)
{
    struct scene *scene = *state;
    char text[600]; /* the first try of all fails, and says nothing */
    snprintf(text, sizeof(text),
             "notify: {on: [gate_fail, recovery], to: {command: [/bin/sh, -c,"
             " 'cd %s; if [ ! -e tried ]; then : >tried; exit 1; fi; cat >>told; echo >>told']}}\n",
             fixture_folder);
    set_rules(scene, text);
    emit(scene, EVENT_GATE_FAIL, "small", 1);
    emit(scene, EVENT_GATE_PASS, "small", 2);
    await(scene, nothing_is_due);
    expect_kinds("told", "gate_fail recovery ");
}

static bool quick_has_all(struct scene *scene)
{
    return run_sql(scene, "SELECT count(*) FROM delivery WHERE rule = 'quick' AND state = 1") == 24;
}

static void test_a_rule_that_hangs_is_in_no_others_way(void **state)
{
    struct scene *scene = *state;
    set_rules(scene, rules_of(rule("slow", "baseline_set", "slow", ": >begun; exec sleep 600"),
                              rule("quick", "baseline_set", "quick", ":")));
    for (int i = 0; i < 24; i++) /* more than may be under way */
        emit(scene, EVENT_BASELINE_SET, NULL, 0);
    await(scene, quick_has_all);
    assert_int_equal(run_sql(scene, "SELECT count(*) FROM delivery WHERE rule = 'slow'"
                                    " AND state = 0"),
                     24);
}

static bool has_recovery(struct scene *scene)
{
    return scene->recoveries == 1;
}

static void test_the_bus_tells_of_a_recovery_at_once(void **state)
{
    struct scene *scene = *state;
    set_rules(scene, "");
    emit(scene, EVENT_GATE_FAIL, "small", 1);
    emit(scene, EVENT_GATE_PASS, "small", 2);
    await(scene, has_recovery);
}

/* ---- rules that change meanwhile ---- */

static bool has_tried(struct scene *scene)
{
    (void)scene;
    return has_file("tried");
}

static void fail_once(struct scene *scene)
{
    set_rules(scene, rules_of(rule("main", "gate_fail", "first", ": >tried; exit 1"), ""));
    emit(scene, EVENT_GATE_FAIL, "small", 1);
    await(scene, has_tried);
}

static bool has_begun(struct scene *scene)
{
    (void)scene;
    return has_file("begun");
}

static void test_the_next_try_goes_where_the_rule_points_by_then(void **state)
{
    struct scene *scene = *state;
    fail_once(scene);
    set_rules(scene, rules_of(rule("main", "gate_fail", "second", ":"), ""));
    await(scene, nothing_is_due);
    expect_kinds("first", "gate_fail ");
    expect_kinds("second", "gate_fail ");
}

static void test_a_rule_that_is_taken_away_is_not_tried_again(void **state)
{
    struct scene *scene = *state;
    fail_once(scene);
    set_rules(scene, rules_of(rule("other", "gate_fail", "second", ":"), ""));
    await(scene, nothing_is_due);
    assert_int_equal(count_of_outcome(scene, "3 its rule is in no file any more"), 1);
    expect_kinds("second", "");
}

static void test_the_rules_of_a_file_that_is_refused_hold_until_it_is_mended(void **state)
{
    struct scene *scene = *state;
    set_rules(scene, rules_of(rule("main", "gate_fail", "told", ":"), ""));
    set_rules(scene, "no_such_key: 1\n");
    set_rules(scene, "no_such_key: 2\n");
    emit(scene, EVENT_GATE_FAIL, "small", 1);
    await(scene, nothing_is_due);
    expect_kinds("told", "gate_fail ");
}

/* An end of assayd while somebody is being told, and its next start. */
static void cut_off_a_delivery(struct scene *scene)
{
    set_rules(scene, rules_of(rule("main", "gate_fail", "told", ": >begun; exec sleep 600"), ""));
    emit(scene, EVENT_GATE_FAIL, "small", 1);
    await(scene, has_begun);
    close_scene(scene);
    open_scene(scene);
}

static void test_what_is_due_for_a_file_that_was_never_good_waits_for_it(void **state)
{
    struct scene *scene = *state;
    cut_off_a_delivery(scene);
    set_rules(scene, "no_such_key: 1\n");
    emit(scene, EVENT_BASELINE_SET, NULL, 0);
    while (run_sql(scene, "SELECT event_id FROM alert_mark") < 2)
        loop_turn(scene->loop);
    assert_int_equal(run_sql(scene, "SELECT state FROM delivery"), DELIVERY_DUE);
    set_rules(scene, rules_of(rule("main", "gate_fail", "second", ":"), ""));
    await(scene, nothing_is_due);
    expect_kinds("second", "gate_fail ");
}

/* ---- an end in between, and a database that fails ---- */

static void test_what_an_end_cuts_off_is_told_at_the_next_start(void **state)
{
    struct scene *scene = *state;
    cut_off_a_delivery(scene);
    set_rules(scene, rules_of(rule("main", "gate_fail", "told", ":"), ""));
    await(scene, nothing_is_due);
    expect_kinds("told", "gate_fail gate_fail ");
    assert_int_equal(run_sql(scene, "SELECT count(*) FROM delivery"), 1);
    assert_int_equal(run_sql(scene, "SELECT times FROM alert"), 1);
}

static void test_what_cannot_be_decided_now_is_decided_later_without_another_event(void **state)
{
    struct scene *scene = *state;
    run_sql(scene, "CREATE TRIGGER no_decision BEFORE INSERT ON delivery"
                   " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    set_rules(scene, rules_of(rule("main", "gate_fail", "told", ":"), ""));
    emit(scene, EVENT_GATE_FAIL, "small", 1);
    while (!run_sql(scene, "SELECT count(*) FROM event"))
        loop_turn(scene->loop);
    while (!notify_is_idle(scene->notify)) /* it was tried, in vain */
        loop_turn(scene->loop);
    run_sql(scene, "DROP TRIGGER no_decision");
    await(scene, nothing_is_due);
    expect_kinds("told", "gate_fail ");
}

static bool has_told(struct scene *scene)
{
    (void)scene;
    return has_file("told");
}

static void test_one_whose_end_cannot_be_stored_is_not_told_again_in_this_life(void **state)
{
    struct scene *scene = *state;
    run_sql(scene, "CREATE TRIGGER no_end BEFORE UPDATE ON delivery"
                   " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    set_rules(scene, rules_of(rule("main", "gate_fail, gate_pass", "told", ":"), ""));
    emit(scene, EVENT_GATE_FAIL, "small", 1);
    await(scene, has_told);
    emit(scene, EVENT_GATE_PASS, "small", 2);
    while (run_sql(scene, "SELECT count(*) FROM delivery") < 2)
        loop_turn(scene->loop);
    run_sql(scene, "DROP TRIGGER no_end");
    await(scene, nothing_is_due);
    expect_kinds("told", "gate_fail gate_pass ");
}

/* ---- tests that people make ---- */

static void on_tested(void *ctx, int64_t event_id, const struct as_err *err)
{
    struct scene *scene = ctx;
    scene->tested++;
    scene->test_code = err ? err->code : 0;
    assert_int_equal(!err, event_id > 0);
}

static bool is_tested(struct scene *scene)
{
    return scene->tested == 1;
}

static void test_a_test_waits_for_nothing_that_is_due(void **state)
{
    struct scene *scene = *state;
    set_rules(scene,
              rules_of(rule("main", "gate_fail", "told",
                            "if grep -q test told; then exit 0; fi; : >begun; exec sleep 600"),
                       rule("other", "drift", "other", ":")));
    emit(scene, EVENT_GATE_FAIL, "small", 1);
    await(scene, has_begun);
    notify_test(scene->notify, "triage", "uid 0", on_tested, scene);
    await(scene, is_tested);
    assert_int_equal(scene->test_code, 0);
    expect_kinds("told", "gate_fail test ");
    expect_kinds("other", "test ");
}

static void test_a_test_of_no_rule_is_told_so(void **state)
{
    struct scene *scene = *state;
    set_rules(scene, "");
    notify_test(scene->notify, "triage", "uid 0", on_tested, scene);
    await(scene, is_tested);
    assert_int_equal(scene->test_code, AS_ENOENT);
}

static void test_a_test_under_way_is_answered_at_the_end(void **state)
{
    struct scene *scene = *state;
    set_rules(scene, rules_of(rule("main", "gate_fail", "told", ": >begun; exec sleep 600"), ""));
    notify_test(scene->notify, "triage", "uid 0", on_tested, scene);
    await(scene, has_begun);
    close_scene(scene);
    assert_int_equal(scene->tested, 1);
    assert_int_equal(scene->test_code, AS_ECANCELED);
    open_scene(scene);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_rules_messages_arrive_in_order_though_the_first_has_to_be_tried_again),
        TEST(test_a_rule_that_hangs_is_in_no_others_way),
        TEST(test_the_bus_tells_of_a_recovery_at_once),
        TEST(test_the_next_try_goes_where_the_rule_points_by_then),
        TEST(test_a_rule_that_is_taken_away_is_not_tried_again),
        TEST(test_the_rules_of_a_file_that_is_refused_hold_until_it_is_mended),
        TEST(test_what_is_due_for_a_file_that_was_never_good_waits_for_it),
        TEST(test_what_an_end_cuts_off_is_told_at_the_next_start),
        TEST(test_what_cannot_be_decided_now_is_decided_later_without_another_event),
        TEST(test_one_whose_end_cannot_be_stored_is_not_told_again_in_this_life),
        TEST(test_a_test_waits_for_nothing_that_is_due),
        TEST(test_a_test_of_no_rule_is_told_so),
        TEST(test_a_test_under_way_is_answered_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
