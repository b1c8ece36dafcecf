/* What became of the times of schedules, and how far each schedule was looked through. Conventions,
 * threads and errors are those of store.h.
 *
 * A time of a schedule is one row for ever: a time that is there is not added again, whatever the
 * clock does; and a time that is owed is started in the transaction that creates its run group, so
 * that a crash neither loses nor doubles a run. */
#ifndef DAEMON_STORE_SCHEDULES_H
#define DAEMON_STORE_SCHEDULES_H

#include "daemon/store/store.h"

struct audit_entry;
struct event;

enum schedule_state {
    SCHEDULE_OWED,     /* "owed": a run will start as soon as it may */
    SCHEDULE_STARTED,  /* "started": there is a run */
    SCHEDULE_SKIPPED,  /* "skipped": the run before was still under way */
    SCHEDULE_MISSED,   /* "missed": nobody was there */
    SCHEDULE_BLACKOUT, /* "blackout" */
    SCHEDULE_REPLACED, /* "replaced": it was owed, and a later time took its place */
    SCHEDULE_FAILED,   /* "failed": the run could not be started */
    SCHEDULE_STATE_COUNT
};
const char *schedule_state_name(enum schedule_state state);

struct schedule_slot { /* a time of a schedule */
    const char *eval, *schedule;
    int64_t due_ms;
};

struct schedule_time {
    struct schedule_slot slot;
    enum schedule_state state;
    bool is_late;    /* it makes up for a time that was missed */
    bool is_manual;  /* a person triggered it */
    int64_t run;     /* 0 = none */
    int64_t at_ms;   /* when that was decided */
    const char *why; /* NULL: nothing to tell */
};

struct schedule_mark {
    const char *eval, *schedule;
    int64_t seen_ms;  /* times that start up to here were looked at */
    bool is_disabled; /* by a person */
    bool was_off;     /* it was disabled, or not enabled by its file, when it was marked */
};

/* AS_ENOENT: it was never marked. */
int store_schedule_mark_get(struct store *store, const char *eval, const char *schedule,
                            struct schedule_mark *ret_mark) AS_MUST_USE;

/* What is written of a schedule at once. */
struct schedule_note {
    const struct schedule_mark *mark;
    const struct schedule_time *times; /* those that are there already are left as they are */
    size_t count;
    const struct audit_entry *entry; /* NULL: none */
    const struct event *missed;      /* written if one that is new was missed; NULL: none */
};
/* In one transaction. ret_is_new: for each time whether it was added; NULL: nobody asks. */
int store_schedule_note(struct store *store, const struct schedule_note *note,
                        bool *ret_is_new) AS_MUST_USE;
/* A time that was owed comes to something else than a run, and the event, if there is one (NULL:
 * none), is written with that. AS_ENOENT: it was not owed, and nothing is written. */
int store_schedule_settle(struct store *store, const struct schedule_time *time,
                          const struct event *event) AS_MUST_USE;
/* Inside the transaction of store_group_start. AS_EEXIST: it is not owed (any more). */
int store_schedule_start(struct store *store, const struct schedule_slot *slot, int64_t run,
                         int64_t now_ms) AS_MUST_USE;

/* The times that are owed, the earliest first. */
int store_schedule_owed(struct store *store, const char *eval, const char *schedule,
                        struct as_arena *arena, struct schedule_time **ret_times,
                        size_t *ret_count) AS_MUST_USE;
/* The newest run that it started and that has not ended; 0: there is none. */
int store_schedule_live_run(struct store *store, const char *eval, const char *schedule,
                            int64_t *ret_run) AS_MUST_USE;
/* The latest time of each schedule that there ever was. */
int store_schedule_latest(struct store *store, struct as_arena *arena,
                          struct schedule_time **ret_times, size_t *ret_count) AS_MUST_USE;
/* Which times, the latest first; those of one moment by eval and schedule. */
struct schedule_query {
    const char *eval, *schedule; /* only of it; NULL: of all */
    int64_t before_ms;           /* only earlier ones; 0 = all */
    struct schedule_slot after;  /* the last of the page before; due_ms 0: from the first */
    uint32_t limit;
};
int store_schedule_page(struct store *store, const struct schedule_query *query,
                        struct as_arena *arena, struct schedule_time **ret_times,
                        size_t *ret_count) AS_MUST_USE;

#endif
