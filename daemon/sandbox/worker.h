/* One worker process, as the daemon sees it: its socket, the rows in flight to it, and the clock of
 * the current row.
 *
 * Private to daemon/sandbox. A worker is spawned with its plugin's source, becomes ready when it
 * has loaded it, answers rows in order, and ends: killed by us, or dead by itself. What it sends is
 * hostile: a frame that is not the expected next one dooms it. It decides nothing about queues,
 * blame counts or respawning: that is hosted.c, which it tells through struct worker_events. The
 * events fire from the loop only (socket, exit, worker_check), never from worker_send. */
#ifndef DAEMON_SANDBOX_WORKER_H
#define DAEMON_SANDBOX_WORKER_H

#include "daemon/core/child.h"
#include "daemon/sandbox/row.h"
#include "lib/buf.h"

#define WORKER_MAX_ROWS 10000u /* then it is spent: a fresh process takes over */
#define WORKER_MAX_CPU_US 60000000u
#define WORKER_BATCHES_AHEAD 2u /* in flight at most, so that it never waits for us */
#define WORKER_CHECK_MS 10u     /* how often a busy worker's clock is looked at */
#define WORKER_HARD_STOP_MS 25u /* from SIGUSR1 to SIGKILL */
#define WORKER_WALL_FACTOR 8u   /* wall-clock backstop, times the CPU deadline */

enum worker_state {
    WORKER_LOADING, /* spawned; the source is on its way or being loaded */
    WORKER_READY,   /* takes rows */
    WORKER_DOOMED,  /* killed; its exit has not been seen yet */
    WORKER_STATE_COUNT
};

struct hosted;
struct worker;

/* How it ended. JOB_OK: in peace, because we wanted it to. */
struct worker_end {
    enum job_status status;
    const char *reason;
    /* The row it died of, no longer in flight: the receiver's. NULL: it died of none. */
    struct sandbox_row *culprit;
    uint64_t cpu_us;
};

struct worker_events {
    void (*loaded)(struct worker *worker, const struct job_loaded *loaded);
    /* row is no longer in flight: the receiver's. worker->is_reply_stopped says whether a stop was
     * meant for this row. */
    void (*replied)(struct worker *worker, struct sandbox_row *row, const struct job_reply *reply);
    /* The receiver takes what is left of in_flight and unlinks the worker, which is freed when this
     * returns. */
    void (*ended)(struct worker *worker, const struct worker_end *end);
};

struct worker_setup {
    struct loop *loop;
    const char *path;
    uint32_t row_deadline_ms, load_deadline_ms;
    const struct worker_events *events;
};

struct worker {
    struct worker *next_in_pool, *next_of_plugin; /* lists of the sandbox and of the plugin */
    struct hosted *hosted;
    const struct worker_setup *setup;
    struct child *child;
    struct loop_poll *poll;
    int fd;
    int polled_events;
    enum worker_state state;
    bool is_spent;   /* answers what is in flight, gets no more */
    bool is_eof;     /* closed its end: dying, or lying */
    bool is_ignored; /* lied, or is being ended: what it sends does not count any more */
    struct as_buf in, out;
    size_t out_sent;
    struct row_queue in_flight;
    uint32_t batches_in_flight;
    uint64_t replies;        /* rows answered */
    uint64_t batch_begin_ns; /* when the batch of the current row began to be worked on */
    uint64_t idle_since_ms;
    /* Clock of the current row; see worker_check. */
    bool is_marked, is_stop_sent, is_reply_stopped;
    uint64_t mark_row, mark_cpu_us, mark_ns, stop_row, stop_ns;
    /* Why it was doomed, and the ordinal of the row that was condemned with it; 0 = none. */
    enum job_status end_status;
    char end_reason[160];
    uint64_t condemned_row;
};

/* Starts the process and sends it the source. */
int worker_spawn(const struct worker_setup *setup, struct hosted *hosted, struct as_str chunk_name,
                 struct as_str source, struct worker **ret_worker) AS_MUST_USE;
/* One batch from the front of waiting: at most max_rows rows and JOB_BATCH_MAX_BYTES, at least one
 * row. */
void worker_send(struct worker *worker, struct row_queue *waiting, uint32_t max_rows);
/* Kills it; ended fires when it is gone. JOB_OK is the peaceful end. The first doom decides the
 * reason. */
void worker_doom(struct worker *worker, enum job_status status, const char *reason);
bool worker_is_busy(const struct worker *worker); /* its clock runs: loading, or rows in flight */
/* Enforces the deadline; returns in how many milliseconds to look again. Only for a busy worker. */
uint32_t worker_check(struct worker *worker);
/* Kills and reaps without an event; rows in flight must have been taken before. */
void worker_free(struct worker *worker);

#endif
