/* The clockwork: starts the runs that the evals' schedules owe, each once.
 *
 * It looks at the wall clock at least once a second, so that a clock that is set, a machine that
 * slept and a daemon that was down are all the same to it: times have passed since it last looked
 * (due.h says what becomes of them). What it decides is on disk before it is acted upon
 * (store/schedules.h). One run of a schedule is under way at a time; those that are owed meanwhile
 * wait in their order. Belongs to the loop's thread; callbacks fire on later turns. */
#ifndef DAEMON_SCHEDULE_SCHEDULER_H
#define DAEMON_SCHEDULE_SCHEDULER_H

#include "daemon/engine/engine.h"
#include "daemon/engine/events.h"
#include "daemon/schedule/due.h"
#include "daemon/store/schedules.h"

struct scheduler;

struct scheduler_options {
    struct loop *loop;
    struct db *db;
    struct engine *engine;
    struct events *events;
};

struct scheduler *scheduler_new(const struct scheduler_options *options);
/* Starts nothing from here on, and no callback fires; free it when it is idle. */
void scheduler_stop(struct scheduler *scheduler);
bool scheduler_is_idle(const struct scheduler *scheduler);
void scheduler_free(struct scheduler *scheduler);

/* The evals whose schedules are in force: a reference is taken. A schedule that is new begins now;
 * one that was known goes on from where it was looked through, over a restart as well. */
void scheduler_set_evals(struct scheduler *scheduler, struct eval_set *evals);
/* The engine's observer: a run's result is stored. */
void scheduler_run_ended(struct scheduler *scheduler, int64_t run);
/* Another run is an eval's reference. */
void scheduler_pins_changed(struct scheduler *scheduler);
/* Looks at the clock now. */
void scheduler_look(struct scheduler *scheduler);

/* What a schedule is at. Borrowed for the call. */
struct schedule_view {
    const char *eval;
    const struct schedule_rules *rules;
    const struct as_zone *zone; /* NULL: it could not be read, and nothing starts */
    bool is_disabled;           /* by a person; rules->is_enabled is the file's word */
    int64_t live_run;           /* 0: none */
    size_t owed;                /* times that wait for it to end */
    bool is_busy;               /* a time is being decided, or its run is being started */
};
typedef void (*schedule_view_fn)(void *ctx, const struct schedule_view *view);
/* eval NULL: all. Returns how many there were. */
size_t scheduler_each(struct scheduler *scheduler, const char *eval, schedule_view_fn fn,
                      void *ctx);
/* The next times that it starts at: fewer than count when no more come. */
size_t scheduler_next(const struct schedule_view *view, int64_t now_ms, struct due_time *times,
                      size_t count);

/* What a person wants of a schedule. schedule NULL: the eval's only one. */
struct schedule_order {
    const char *eval, *schedule;
    struct actor actor;
    void *ctx;
};
/* stored fires when it is on disk, or why it is not. AS_ENOENT: there is no such schedule (err
 * names those that are); AS_EINVAL: the eval has several, and none is named. */
int scheduler_enable(struct scheduler *scheduler, const struct schedule_order *order,
                     bool is_enabled, audit_done_fn stored, struct as_err *err) AS_MUST_USE;
/* Starts a run now, whatever the clock says, of a disabled schedule as well. started is told
 * AS_ESTATE when one is under way, or when as many times are owed as can be kept. */
int scheduler_trigger(struct scheduler *scheduler, const struct schedule_order *order,
                      engine_started_fn started, struct as_err *err) AS_MUST_USE;

#endif
