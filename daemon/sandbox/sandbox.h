/* The worker pool: plugin code runs here, in jailed processes, and the daemon only sees replies.
 *
 * sandbox_open hands a plugin's source to a fresh worker; from then on rows can be submitted to it.
 * The pool spawns, batches, watches deadlines, kills, respawns and backs off; the caller sees
 * exactly one reply per row, with a status of the closed list in lib/job.h. A worker serves one
 * plugin version only; when one process cannot keep up a second one of the same version is started.
 * Used by daemon/plugin (load, inspect) and daemon/engine (rows). Lives from app start to app end.
 * It never retries the row that broke a worker, and never reads a file. Callbacks fire on the loop,
 * never before submit returned. */
#ifndef DAEMON_SANDBOX_SANDBOX_H
#define DAEMON_SANDBOX_SANDBOX_H

#include "daemon/core/loop.h"
#include "daemon/model/event.h"
#include "lib/job.h"

struct sandbox;

struct sandbox_options {
    /* the assay-worker binary; opened once, so that an upgrade of the file leaves a daemon that
     * runs with the workers that it began with */
    const char *worker_path;
    uint32_t row_deadline_ms;  /* CPU time of one row; 0 = 250; wall time may be 8 times that */
    uint32_t load_deadline_ms; /* CPU time of load; 0 = 500 */
    uint32_t max_workers;      /* processes at most; 0 = 64; idle ones are ended first */
    uint32_t idle_ms;          /* a worker without work is ended after this; 0 = 30000 */
    event_emit_fn on_event;    /* a plugin was quarantined; may be NULL */
    void *ctx;
};

int sandbox_new(struct loop *loop, const struct sandbox_options *options,
                struct sandbox **ret_sandbox, struct as_err *err) AS_MUST_USE;
/* Kills every worker; callbacks still due fire first, with JOB_CRASH and reason "shutting down". */
void sandbox_free(struct sandbox *sandbox);

/* Starts one worker that makes a forbidden system call and must die of it. rc 0: the jail holds. */
typedef void (*sandbox_probe_fn)(void *ctx, int rc, const char *what);
void sandbox_probe(struct sandbox *sandbox, sandbox_probe_fn done, void *ctx);

/* Loads a source (copied). done fires once with what the worker said of it; *loaded is borrowed for
 * the call. When its status is not JOB_OK the id is already closed. chunk_name is what error
 * messages call the file. */
typedef void (*sandbox_load_fn)(void *ctx, const struct job_loaded *loaded);
/* Returns the plugin's id, never 0. */
uint64_t sandbox_open(struct sandbox *sandbox, const char *chunk_name, struct as_str source,
                      sandbox_load_fn done, void *ctx);
/* No more rows; its workers end when the queue is empty. */
void sandbox_close(struct sandbox *sandbox, uint64_t plugin_id);

/* Queues one row (encoded now: nothing of *row is kept). done fires once; *reply is borrowed for
 * the call. */
typedef void (*sandbox_row_fn)(void *ctx, const struct job_reply *reply);
void sandbox_submit(struct sandbox *sandbox, uint64_t plugin_id, const struct job_row *row,
                    sandbox_row_fn done, void *ctx);

/* What a version has cost so far. Calls are rows with an answer, whatever it was; the examples of
 * its load are not among them. */
struct sandbox_stats {
    uint64_t calls, errors, kills;
    uint64_t cpu_us;          /* of the version's processes, ended and running */
    uint32_t workers;         /* processes now */
    uint32_t queued;          /* rows waiting or being worked on */
    uint32_t memory_kb;       /* highest arena use seen in a row */
    uint32_t p50_us, p99_us;  /* of a row in the worker, as the worker says; 0 before the first */
    uint64_t timed, total_us; /* rows that this is known of, and their times together */
    bool is_quarantined;
    const char *reason; /* why it is quarantined, borrowed until the loop turns; else NULL */
};
int sandbox_stats_of(const struct sandbox *sandbox, uint64_t plugin_id,
                     struct sandbox_stats *ret_stats) AS_MUST_USE;

#endif
