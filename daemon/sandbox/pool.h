/* What the files of daemon/sandbox share: the sandbox itself and the plugins that it hosts.
 *
 * Private to daemon/sandbox. sandbox.c owns the table of ids, the timers and the turn in which work
 * is handed out (the flush); hosted.c owns one plugin: its source, its waiting rows, its workers,
 * its record of deaths. Everything that happens ends in sandbox_wake, and the flush on the next
 * turn gives rows to workers: so rows submitted in one turn share a batch, and no callback of a
 * caller runs inside a call of the caller. */
#ifndef DAEMON_SANDBOX_POOL_H
#define DAEMON_SANDBOX_POOL_H

#include "daemon/sandbox/backoff.h"
#include "daemon/sandbox/histogram.h"
#include "daemon/sandbox/worker.h"

enum hosted_state {
    HOSTED_LOADING, /* its first worker has not said what it thinks of the source */
    HOSTED_LIVE,
    HOSTED_FAILED,      /* did not load: rows are refused */
    HOSTED_QUARANTINED, /* killed too many workers: rows are refused */
    HOSTED_STATE_COUNT
};

struct hosted {
    struct hosted *next;        /* of all */
    struct hosted *next_active; /* of those that the next flush looks at */
    bool is_active;
    bool is_closed; /* its id is gone; it goes when it has nothing left to do */
    enum hosted_state state;
    struct sandbox *sandbox;
    char *chunk_name;
    struct as_str source;    /* owned */
    sandbox_load_fn on_load; /* NULL once told */
    void *load_ctx;
    struct row_queue waiting;
    struct worker *workers;
    struct backoff backoff;
    uint64_t not_before_ms;    /* no new worker before this */
    uint64_t crowded_since_ns; /* more rows wait than its workers can soon take; 0 = they do not */
    uint32_t row_us;           /* how long a row takes, smoothed: sizes the batches */
    /* What rows are told when FAILED or QUARANTINED. */
    enum job_status verdict;
    char reason[JOB_REASON_MAX_BYTES + 1];
    /* What it has done, examples not counted. */
    uint64_t calls, errors, kills, ended_cpu_us;
    uint32_t memory_kb;
    struct histogram times; /* of rows that a worker answered, in us */
};

struct hosted *hosted_new(struct sandbox *sandbox, const char *chunk_name, struct as_str source,
                          sandbox_load_fn on_load, void *ctx);
/* Kills what is left of its workers; its rows must be gone. */
void hosted_free(struct hosted *hosted);
/* Hands waiting rows to workers and starts workers; true when it wants to be asked again. */
bool hosted_dispatch(struct hosted *hosted);
bool hosted_is_over(const struct hosted *hosted); /* closed, and nothing left to do */
/* At the end of the app: everything that is due gets its callback, now. */
void hosted_shut_down(struct hosted *hosted);
uint32_t hosted_in_flight(const struct hosted *hosted);

extern const struct worker_events hosted_worker_events;

struct sandbox_slot {
    struct hosted *hosted; /* NULL: free */
    uint32_t generation;
};

struct sandbox_probe;

struct sandbox {
    struct loop *loop;
    char *worker_path;
    int worker_fd; /* of the program itself */
    char worker_exec[sizeof("/proc/self/fd/") +
                     10]; /* what is run: its path, whatever lies there now */
    struct worker_setup setup;
    uint32_t max_workers, idle_ms, cpu_count;
    event_emit_fn on_event; /* may be NULL */
    void *ctx;
    struct sandbox_slot *slots;
    uint32_t slot_count;
    struct hosted *all;
    struct hosted *active_head, **active_tail;
    struct worker *workers;   /* of all plugins, the doomed ones too */
    struct row_queue refused; /* rows that never reach a plugin */
    struct sandbox_probe *probes;
    struct as_buf scratch; /* a row being encoded */
    struct loop_timer *flush;
    struct loop_timer *tick; /* deadlines, idle workers, back-off */
    uint64_t tick_due_ms;
    bool is_flush_due, is_flushing;
    bool is_starved; /* a plugin waits for a slot: nobody gets a batch ahead */
    bool is_ending;
};

void sandbox_wake(struct sandbox *sandbox); /* a flush on the next turn */
/* The same, and it looks at this plugin. */
void sandbox_activate(struct sandbox *sandbox, struct hosted *hosted);
/* The next tick is no later than this. */
void sandbox_arm_tick(struct sandbox *sandbox, uint64_t delay_ms);
/* Ends an idle worker when the limit is reached; false when all are busy. */
bool sandbox_make_room(struct sandbox *sandbox);
uint32_t sandbox_count_busy(const struct sandbox *sandbox);

void probe_free_all(struct sandbox *sandbox);

#endif
