/* daemon/schedule/scheduler: what becomes of triggers, zones and owed times when something goes
 * wrong meanwhile. The engine is a fake, the clock and the zones are the test's (the linker puts
 * them before the real ones); loop, database and eval files are real. */
#include "daemon/schedule/scheduler.h"
#include "lib/log.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/core_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_MS 60000ll
#define NOON_MS 1795262400000ll /* 2026-11-21 12:00 UTC */
#define EVAL(schedule)                                                          \
    "dataset: d\nbaseline: large\ncandidates: [small]\nscorers: [json_valid]\n" \
    "schedule: " schedule "\n"

/* ---- what the test decides ---- */

static int64_t now_ms;
int64_t __wrap_clock_wall_ms(void);
int64_t __wrap_clock_wall_ms(void)
{
    return now_ms;
}

static bool zones_are_gone;
int __real_as_zone_open(const char *name, struct as_zone **ret_zone, struct as_err *err);
int __wrap_as_zone_open(const char *name, struct as_zone **ret_zone, struct as_err *err);
int __wrap_as_zone_open(const char *name, struct as_zone **ret_zone, struct as_err *err)
{
    return zones_are_gone ? as_err_set(err, AS_ENOENT, "there is no time zone \"%s\"", name)
                          : __real_as_zone_open(name, ret_zone, err);
}

static bool marks_are_gone;
int __real_store_schedule_mark_get(struct store *store, const char *eval, const char *schedule,
                                   struct schedule_mark *ret_mark);
int __wrap_store_schedule_mark_get(struct store *store, const char *eval, const char *schedule,
                                   struct schedule_mark *ret_mark);
int __wrap_store_schedule_mark_get(struct store *store, const char *eval, const char *schedule,
                                   struct schedule_mark *ret_mark)
{
    return marks_are_gone ? AS_EIO
                          : __real_store_schedule_mark_get(store, eval, schedule, ret_mark);
}

/* ---- the engine ---- */

struct engine { /* one for all tests */
    size_t asked;
    int64_t last_run;
    bool refuses;
    struct loop_timer *timer; /* a start is answered on a later turn */
    engine_started_fn started;
    void *ctx;
};
static struct engine engine;

static void answer_start(void *ctx)
{
    struct as_err err = {0};
    (void)ctx;
    as_err_set(&err, AS_EINVAL, "the dataset is not there");
    engine.started(engine.ctx, engine.refuses ? 0 : ++engine.last_run,
                   engine.refuses ? &err : NULL);
}

void engine_start(struct engine *self, const struct engine_request *request,
                  engine_started_fn started, void *ctx)
{
    (void)request;
    self->asked++;
    self->started = started;
    self->ctx = ctx;
    loop_timer_start(self->timer, 0);
}

int engine_progress(const struct engine *self, int64_t run, struct run_progress *ret_progress)
{
    (void)self, (void)run, (void)ret_progress;
    return AS_ENOENT;
}

int engine_steer(struct engine *self, const struct engine_order *order, enum group_state *ret_state,
                 struct as_err *err)
{
    (void)self, (void)order, (void)ret_state;
    return as_err_set(err, AS_ENOENT, "no such live group");
}

/* ---- the rest of a daemon ---- */

struct fixture {
    struct core_fixture *core;
    struct config *config;
    struct db *db;
    struct events *events;
    struct scheduler *scheduler;
};

static void start_scheduler(struct fixture *f)
{
    struct scheduler_options options = {
        .loop = f->core->loop, .db = f->db, .engine = &engine, .events = f->events};
    f->scheduler = scheduler_new(&options);
}

static void stop_scheduler(struct fixture *f)
{
    scheduler_stop(f->scheduler);
    while (!scheduler_is_idle(f->scheduler) || !db_is_idle(f->db))
        run_for_ms(f->core, 1);
    scheduler_free(f->scheduler);
}

static int setup(void **state)
{
    struct fixture *f = as_xcalloc(1, sizeof(*f));
    struct as_err err = {0};
    void *core = NULL;
    if (core_fixture_setup(&core) || fixture_setup(state))
        return -1;
    f->core = core;
    f->config = fixture_load_with_evals();
    engine = (struct engine){.timer = loop_timer_new(f->core->loop, answer_start, NULL)};
    if (db_open(f->core->loop, fixture_path("assay.db"), &f->db, &err))
        return -1;
    f->events = events_new(f->db);
    now_ms = NOON_MS;
    zones_are_gone = marks_are_gone = false;
    as_log_set_level(AS_LOG_ERR);
    start_scheduler(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    void *core = f->core;
    stop_scheduler(f);
    events_free(f->events);
    db_close(f->db);
    loop_timer_free(engine.timer);
    config_unref(f->config);
    free(f);
    int rc = core_fixture_teardown(&core);
    return fixture_teardown(state) || rc ? -1 : 0;
}

/* The file e.yaml is this, or there is none. */
static void set_eval(struct fixture *f, const char *text)
{
    if (text)
        fixture_write("evals/e.yaml", text);
    else if (remove(fixture_path("evals/e.yaml")))
        fail_msg("no file e.yaml");
    struct eval_set *evals = fixture_load_evals(f->config);
    scheduler_set_evals(f->scheduler, evals);
    eval_set_unref(evals);
}

static struct schedule_view view;

static void keep_view(void *ctx, const struct schedule_view *seen)
{
    (void)ctx;
    view = *seen;
}

/* Until all that came due by now is decided, and what could be started is. */
static void settle(struct fixture *f)
{
    do {
        scheduler_look(f->scheduler);
        run_for_ms(f->core, 1);
        scheduler_each(f->scheduler, NULL, keep_view, NULL);
    } while (view.is_busy || !db_is_idle(f->db));
}

struct answer {
    bool is_there;
    int64_t run;
    int code;
};

static void on_started(void *ctx, int64_t run, const struct as_err *err)
{
    struct answer *answer = ctx;
    assert_false(answer->is_there);
    *answer = (struct answer){true, run, err ? err->code : 0};
}

static void trigger(struct fixture *f, struct answer *answer)
{
    struct schedule_order order = {.eval = "e", .actor = {.who = "me"}, .ctx = answer};
    struct as_err err = {0};
    *answer = (struct answer){0};
    assert_int_equal(scheduler_trigger(f->scheduler, &order, on_started, &err), 0);
}

/* ---- tests ---- */

static void test_a_trigger_starts_a_run(void **state)
{
    struct fixture *f = *state;
    struct answer answer;
    set_eval(f, EVAL("{cron: 30 2 * * *}"));
    settle(f);
    trigger(f, &answer);
    run_until(f->core, &answer.is_there);
    assert_int_equal(answer.run, 1);
    assert_int_equal(engine.asked, 1);
}

/* One is being written, the other still waits for that. */
static void trigger_twice(struct fixture *f, struct answer *written, struct answer *waiting)
{
    set_eval(f, EVAL("{cron: 30 2 * * *}"));
    settle(f);
    trigger(f, written);
    trigger(f, waiting);
    scheduler_look(f->scheduler);
}

static void test_triggers_whose_schedule_goes_are_answered(void **state)
{
    struct fixture *f = *state;
    struct answer written, waiting;
    trigger_twice(f, &written, &waiting);
    set_eval(f, NULL);
    run_until(f->core, &written.is_there);
    run_until(f->core, &waiting.is_there);
    assert_int_equal(written.code, AS_ECANCELED);
    assert_int_equal(waiting.code, AS_ECANCELED);
    assert_int_equal(engine.asked, 0);
}

static void test_triggers_are_answered_when_assayd_stops(void **state)
{
    struct fixture *f = *state;
    struct answer written, waiting;
    trigger_twice(f, &written, &waiting);
    stop_scheduler(f);
    assert_int_equal(written.code, AS_ECANCELED);
    assert_int_equal(waiting.code, AS_ECANCELED);
    start_scheduler(f);
}

/* The file was good when it was read; the zone's went a moment later. */
static void test_a_zone_that_cannot_be_read_starts_nothing_by_the_clock(void **state)
{
    struct fixture *f = *state;
    struct due_time next;
    struct answer answer;
    fixture_write("evals/e.yaml", EVAL("{cron: '* * * * *', timezone: Europe/Berlin}"));
    struct eval_set *evals = fixture_load_evals(f->config);
    zones_are_gone = true;
    scheduler_set_evals(f->scheduler, evals);
    settle(f);
    now_ms += 5 * MINUTE_MS;
    settle(f);
    assert_int_equal(engine.asked, 0);
    assert_null(view.zone);
    assert_int_equal(scheduler_next(&view, now_ms, &next, 1), 0);
    trigger(f, &answer);
    run_until(f->core, &answer.is_there);
    assert_int_equal(answer.run, 1);
    scheduler_run_ended(f->scheduler, 1);

    zones_are_gone = false;
    scheduler_set_evals(f->scheduler, evals);
    settle(f);
    assert_int_equal(engine.asked, 2);
    assert_int_equal(scheduler_next(&view, now_ms, &next, 1), 1);
    eval_set_unref(evals);
}

static void test_a_zone_that_can_no_longer_be_read_stays_in_force(void **state)
{
    struct fixture *f = *state;
    fixture_write("evals/e.yaml", EVAL("{cron: 30 13 * * *, timezone: Europe/Berlin}"));
    struct eval_set *evals = fixture_load_evals(f->config);
    scheduler_set_evals(f->scheduler, evals);
    settle(f);
    zones_are_gone = true;
    scheduler_set_evals(f->scheduler, evals);
    now_ms += 30 * MINUTE_MS;
    settle(f);
    assert_int_equal(engine.asked, 1);
    eval_set_unref(evals);
}

/* Its old line was looked through until the edit, by which the new one's times before were none. */
static void test_a_line_that_is_edited_begins_with_the_edit(void **state)
{
    struct fixture *f = *state;
    const char *edited = EVAL("{cron: 5 12 * * *}");
    set_eval(f, EVAL("{cron: 0 13 * * *}"));
    settle(f);
    now_ms += 10 * MINUTE_MS;
    settle(f);
    set_eval(f, edited);
    settle(f);
    assert_int_equal(engine.asked, 0);
    stop_scheduler(f);
    start_scheduler(f);
    set_eval(f, edited);
    settle(f);
    assert_int_equal(engine.asked, 0);
    now_ms += 24 * 60 * MINUTE_MS;
    settle(f);
    assert_int_equal(engine.asked, 1);
}

static void test_what_could_not_be_read_is_read_again(void **state)
{
    struct fixture *f = *state;
    struct answer answer;
    marks_are_gone = true;
    set_eval(f, EVAL("{cron: 30 12 * * *}"));
    settle(f);
    marks_are_gone = false;
    settle(f);
    trigger(f, &answer);
    run_until(f->core, &answer.is_there);
    assert_int_equal(answer.run, 1);
}

/* More than are kept in memory: the store has the rest, and they start after a restart. */
static void test_times_that_there_is_no_room_for_are_owed_over_a_restart(void **state)
{
    struct fixture *f = *state;
    const char *eval = EVAL("{cron: '* * * * *', on_missed: run_all, overlap: queue}");
    set_eval(f, eval);
    settle(f);
    now_ms += MINUTE_MS;
    settle(f);
    assert_int_equal(view.live_run, 1);
    for (int i = 0; i < 3; i++) {
        now_ms += 90 * MINUTE_MS;
        settle(f);
    }
    assert_int_equal(view.owed, 200);

    engine.refuses = true; /* each comes to its end at once */
    engine.asked = 0;
    scheduler_run_ended(f->scheduler, 1);
    settle(f);
    assert_int_equal(view.owed, 0);
    size_t started = engine.asked;
    stop_scheduler(f);
    start_scheduler(f);
    set_eval(f, eval);
    settle(f);
    assert_int_equal(started, 200);
    assert_int_equal(engine.asked, 3 * 90 + 1); /* the run of the first minute is in no store */
}

static char missed_text[512];

static void keep_missed(void *ctx, const struct event *event)
{
    (void)ctx;
    if (event->kind == EVENT_SCHEDULE_MISSED)
        snprintf(missed_text, sizeof(missed_text), "%s", event->text);
}

static void test_it_is_told_since_when_very_many_times_were_missed(void **state)
{
    struct fixture *f = *state;
    missed_text[0] = '\0';
    events_observe(f->events, keep_missed, NULL);
    set_eval(f, EVAL("{cron: '0-50 * * * *'}"));
    settle(f);
    now_ms += 55 * MINUTE_MS;
    settle(f);
    run_for_ms(f->core, 50);
    assert_string_equal(missed_text, "schedule main missed 49 of its times: assayd was not there");
    scheduler_run_ended(f->scheduler, 1);
    now_ms += 365 * 24 * 60 * MINUTE_MS;
    settle(f);
    run_for_ms(f->core, 50);
    assert_string_equal(missed_text, "schedule main missed very many of its times, from 2026-11-21 "
                                     "13:00 UTC on: assayd was not there");
}

#define SCHEDULER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCHEDULER_TEST(test_a_trigger_starts_a_run),
        SCHEDULER_TEST(test_triggers_whose_schedule_goes_are_answered),
        SCHEDULER_TEST(test_triggers_are_answered_when_assayd_stops),
        SCHEDULER_TEST(test_a_zone_that_cannot_be_read_starts_nothing_by_the_clock),
        SCHEDULER_TEST(test_a_zone_that_can_no_longer_be_read_stays_in_force),
        SCHEDULER_TEST(test_a_line_that_is_edited_begins_with_the_edit),
        SCHEDULER_TEST(test_what_could_not_be_read_is_read_again),
        SCHEDULER_TEST(test_it_is_told_since_when_very_many_times_were_missed),
        SCHEDULER_TEST(test_times_that_there_is_no_room_for_are_owed_over_a_restart),
    };
    return cmocka_run_group_tests(tests, core_fixture_group_setup, NULL);
}
