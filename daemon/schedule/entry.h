/* Inside daemon/schedule: one schedule, what is known of it, and its writes.
 *
 * An entry does one thing at a time: it is loaded, writes, or starts a run (is_busy); what comes
 * meanwhile waits for the next look. */
#ifndef DAEMON_SCHEDULE_ENTRY_H
#define DAEMON_SCHEDULE_ENTRY_H

#include "daemon/schedule/scheduler.h"

#define ENTRY_OWED_MAX (2 * DUE_TIMES_MAX)
/* Of one write: those of a look, and the first of those that it had no room for. */
#define ENTRY_TIMES_MAX (DUE_TIMES_MAX + 1)

struct scheduler {
    struct scheduler_options on;
    struct eval_set *evals;
    struct entry *entries;
    struct loop_timer *timer;
    struct refresh *refresh;
    bool is_stopping;
};

struct owed_time {
    int64_t due_ms;
    bool is_late;
    struct order *order; /* of one that a person triggered; else NULL. The entry's */
};

/* What a person asked for, until it is answered. */
struct order {
    struct order *next;
    enum { ORDER_ENABLE, ORDER_DISABLE, ORDER_TRIGGER } kind;
    char *who, *why;
    audit_done_fn stored;      /* of the first two */
    engine_started_fn started; /* of the last */
    void *ctx;
};

struct entry {
    struct entry *next;
    struct scheduler *scheduler;
    const struct eval_def *eval; /* of the scheduler's evals, like rules */
    const struct schedule_rules *rules;
    struct as_zone *zone; /* NULL: it could not be read, and nothing starts by the clock */
    char *eval_name, *name, *seed;
    bool is_loaded, is_busy;
    bool is_unreadable; /* what is known of it: told once, and tried again at each look */
    bool is_gone;       /* no file has it any more: freed as soon as it is not busy */
    bool is_edited;     /* its times are others than when it was marked */
    struct schedule_mark mark;
    int64_t looked_ms; /* what started up to here was taken; mark.seen_ms may be older */
    int64_t next_ms;   /* nothing starts before; 0 = not known */
    int64_t live_run;
    struct owed_time owed[ENTRY_OWED_MAX];
    size_t owed_count;
    struct order *orders; /* that wait, the oldest first */
};

struct entry *entry_new(struct scheduler *scheduler, const struct eval_def *eval,
                        const struct schedule_rules *rules);
/* Frees it, or lets it be freed when it is not busy any more. */
void entry_drop(struct entry *entry);
/* The same schedule as its file has it now. Other times are those from the last look on: before it
 * the schedule was another one. */
void entry_renew(struct entry *entry, const struct eval_def *eval,
                 const struct schedule_rules *rules);
bool entry_is_off(const struct entry *entry);
/* Does the next thing that there is to do, if it is not busy: an order, what came due, a run that
 * is owed. */
void entry_look(struct entry *entry);
/* A run that it waited for has ended. */
void entry_run_ended(struct entry *entry);
/* The order is the entry's from here on. */
void entry_order_take(struct entry *entry, struct order *order);
/* Answers the orders that still wait: assayd is stopping, or the schedule is gone. */
void entry_refuse_orders(struct entry *entry);

/* Writes the mark with times and an audit entry (times and entry may be absent), and the event of
 * times that were missed, then done on the loop, with the entry no longer busy; all is copied but
 * ctx. err NULL: it is on disk, and the mark is the entry's. */
typedef void (*entry_noted_fn)(struct entry *entry, const struct schedule_time *times,
                               const bool *is_new, size_t count, const struct as_err *err,
                               void *ctx);
struct entry_note {
    struct schedule_mark mark; /* was_off and the names are filled in */
    const struct schedule_time *times;
    size_t count;
    bool has_untold; /* the first is missed, and so are all between it and the second */
    const struct audit_entry *audit;
    entry_noted_fn done;
    void *ctx;
};
void entry_write(struct entry *entry, const struct entry_note *note);

#endif
