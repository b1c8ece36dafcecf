/* Runs: starts, drives, resumes and cancels run groups, and tells observers how far they are.
 *
 * A group is made of pins and a dataset version; the engine feeds its rows through a bounded
 * window, drives each with model/fsm, and ends with a stored result. All of it survives a crash:
 * what is not final in the database is resumed by engine_resume. Used by daemon/control and app.
 * Belongs to the loop's thread; callbacks fire on later turns. */
#ifndef DAEMON_ENGINE_ENGINE_H
#define DAEMON_ENGINE_ENGINE_H

#include "daemon/config/config.h"
#include "daemon/engine/audit.h"
#include "daemon/engine/db.h"
#include "daemon/engine/pins.h"
#include "daemon/engine/writer.h"
#include "daemon/model/fsm.h"
#include "daemon/model/troubles.h"
#include "daemon/transport/transport.h"

struct engine;
struct events;

struct engine_options {
    struct loop *loop;
    struct db *db;
    struct events *events;
    struct writer *writer;
    struct sandbox *sandbox;
    struct registry *registry;
    struct transport *transport;
    const struct journal *journal; /* the one in front of transport */
    const char *promoted_dir;      /* borrowed for good */
    void *ctx;
    /* at most ENGINE_PROGRESS_PER_S a second and group */
    void (*on_progress)(void *ctx, int64_t run);
    void (*on_ended)(void *ctx, int64_t run); /* its result is stored */
};

#define ENGINE_PROGRESS_PER_S 5
#define ENGINE_WINDOW_MIN 512 /* rows under way: enough to keep commits and workers in batches */
#define ENGINE_WINDOW_MAX 8192
#define ENGINE_PAGE_CASES 128

struct engine *engine_new(const struct engine_options *options);
void engine_free(struct engine *engine); /* only when engine_is_idle after engine_stop */
/* Takes a reference of its own. */
void engine_set_config(struct engine *engine, struct config *config);

enum engine_drain {
    ENGINE_DRAINS_NOTHING,
    ENGINE_DRAINS_ROWS, /* those under way go on to their end */
    ENGINE_DRAINS_CALLS /* those on the wire do; no further one is sent */
};
/* From here on no row begins, and none whose first call was not sent yet: those wait for the next
 * start, and with the calls alone all others too. A group that has no others ends. engine_stop
 * comes next: when it is drained, or when it has taken too long. */
void engine_drain(struct engine *engine, enum engine_drain what);
bool engine_is_draining(const struct engine *engine);
bool engine_is_drained(const struct engine *engine);
size_t engine_rows_to_end(const struct engine *engine); /* under way still */

/* Drops what is in flight without recording it, for shutdown: a restart resumes. Ends when
 * engine_is_idle. */
void engine_stop(struct engine *engine);
bool engine_is_idle(const struct engine *engine);

/* Takes up every group that is not final. done fires when all run or were refused (logged); err is
 * the last refusal, or NULL. */
typedef void (*engine_resumed_fn)(void *ctx, const struct as_err *err);
void engine_resume(struct engine *engine, engine_resumed_fn done, void *ctx);
/* The same for one group, which is not live: it was opened again. */
void engine_resume_run(struct engine *engine, int64_t run, engine_resumed_fn done, void *ctx);

struct engine_request {
    struct eval_set *evals;      /* a reference is taken for as long as the start lasts */
    const struct eval_def *eval; /* one of them */
    struct run_overrides overrides;
    const char *requested_by;
    const char *tag;                  /* may be NULL */
    const char *why;                  /* for the audit log; may be NULL */
    const struct schedule_slot *slot; /* the time of a schedule that it starts for, which must be
                                         owed it (AS_EEXIST); may be NULL */
    /* What a person has to know of the start (another baseline than the file's), before the
     * callback that ends it, with its ctx; NULL: nobody asks. */
    void (*note)(void *ctx, const char *sentence);
};
/* run 0: err says why. */
typedef void (*engine_started_fn)(void *ctx, int64_t run, const struct as_err *err);
void engine_start(struct engine *engine, const struct engine_request *request,
                  engine_started_fn done, void *ctx);

/* What the run would take: plan.h. plan is the callback's to free; NULL: err says why. */
typedef void (*engine_planned_fn)(void *ctx, struct as_json *plan, const struct as_err *err);
void engine_plan(struct engine *engine, const struct engine_request *request,
                 engine_planned_fn planned, void *ctx);

/* What a person wants of a live group. */
struct engine_order {
    int64_t run;
    enum group_event event; /* GROUP_EV_CANCEL, _PAUSE, _HOLD or _RESUME */
    struct actor actor;     /* is noted in the audit log */
    audit_done_fn stored;   /* fires when the new state is on disk, or why it is not */
    void *ctx;
};
/* It is in force when this returns. A cancelled group ends once its rows in flight are given up.
 * Refused (stored never fires): AS_ENOENT: no such live group; AS_ESTATE: it makes no sense now.
 * *ret_state is the new one. */
int engine_steer(struct engine *engine, const struct engine_order *order,
                 enum group_state *ret_state, struct as_err *err) AS_MUST_USE;

/* The store could not keep what it was given: every group stands still, and sends nothing more,
 * until it is resumed. */
void engine_store_failed(struct engine *engine, const char *why);

struct run_progress {
    int64_t run;
    enum group_state state;
    int64_t done, total, ok, failed;
    int64_t in_flight;       /* rows under way */
    int64_t calls_in_flight; /* of theirs, on the wire */
    /* NaN when something was spent and none of it is priced. */
    double cost_usd;
    double rows_per_s, eta_s;        /* by the last half minute; NaN when they are not known */
    const struct troubles *troubles; /* of this life; borrowed until the next turn of the loop */
    const char *error;               /* why it stands still; "" */
};
/* AS_ENOENT: no such live group. */
int engine_progress(const struct engine *engine, int64_t run,
                    struct run_progress *ret_progress) AS_MUST_USE;
/* The books of a live group, to be freed; NULL: no such live group, or it has no budget. */
struct as_json *engine_budget(const struct engine *engine, int64_t run);
size_t engine_live_count(const struct engine *engine);

/* What became of all rows since the start. */
struct engine_totals {
    uint64_t rows[ROW_STATUS_COUNT];
    uint64_t unpriced_rows;
    double spent_usd; /* as far as it is known */
};
const struct engine_totals *engine_totals(const struct engine *engine);
size_t engine_rows_under_way(const struct engine *engine);

#endif
