/* Private to daemon/engine: a live run group, its feed of cases, and its rows. */
#ifndef DAEMON_ENGINE_GROUP_H
#define DAEMON_ENGINE_GROUP_H

#include "daemon/engine/engine.h"
#include "daemon/engine/looks.h"
#include "daemon/engine/spending.h"
#include "daemon/model/case_order.h"
#include "daemon/model/pace.h"

struct row;
struct rescore;

struct engine {
    struct engine_options on;
    struct config *config;
    struct group *groups;
    struct loop_timer *tick;  /* progress */
    struct rescore *rescores; /* under way, a list */
    uint64_t rescore_ids;     /* the last one given */
    struct engine_totals totals;
    size_t pending_starts; /* engine_start and resume steps that the pool still works on */
    enum engine_drain drain;
    bool is_stopping;
};

/* Cases of a group, read together; rows that use one of them hold the page. */
struct case_page {
    struct as_arena arena;
    struct case_record *cases;
    size_t count;
    int64_t from;               /* the place of the first */
    const struct row_key *done; /* rows of these cases that an earlier life finished, ordered */
    size_t done_count;
    unsigned refs;
};
struct case_page *case_page_ref(struct case_page *page);
void case_page_unref(struct case_page *page);

/* How far a group is, earlier lives included. */
struct group_tally {
    int64_t done, ok, failed;
    double cost_usd;   /* as far as it is known */
    bool has_unpriced; /* ... and some of it is not */
};

struct group {
    struct group *next;
    struct engine *engine;
    struct pins *pins;
    struct spending spending;
    char over_budget[AS_ERR_MSG_MAX]; /* why no more calls are made; "" */
    char *system_prefix;              /* `[{"role":"system",...}`, or NULL */
    int64_t id;
    int64_t dataset_id, case_count;
    enum group_state state;
    bool is_resumed;  /* an earlier life left exchanges or rows behind */
    bool is_reading;  /* a page is being read */
    bool is_looking;  /* a look is being made */
    bool is_given_up; /* failed for good: a restart would fare no better */
    bool is_ending;   /* given up, and its end is being stored; or faulted, and being revived */
    bool is_wanted;   /* faulted, and to be revived as soon as none of its rows is under way */
    struct case_page *page, *ahead;
    struct case_order order;    /* cases are fed by their place in it */
    struct look_progress looks; /* set before it begins */
    int64_t feed_end;           /* up to where they are fed for now: all, or those of a look */
    bool is_at_critical;        /* those are done; the critical ones beyond them, by number, now */
    int64_t read_at;            /* first place that was not asked for yet */
    int64_t rewind_at;          /* and from where once more, for rows that are done again; */
    bool has_rewind;            /* when there are such */
    unsigned requeues;          /* pieces of work that take rows out: it may not end meanwhile */
    size_t page_at;             /* cursor: case within page, */
    uint32_t sample_at, member_at; /* sample and member */
    struct row *rows;              /* under way, a list */
    size_t active, window;
    struct group_tally tally;
    uint64_t last_progress_ns;
    struct pace pace;
    struct troubles troubles;
    char error[AS_ERR_MSG_MAX];
};

/* group.c */
/* Of the record only what it is made of, nothing of a state; *pins become the group's. */
struct group *group_new(const struct group_record *record, struct pins **pins);
void group_begin(struct group *group); /* pins are whole: lanes are opened, the feed starts */
void group_feed(struct group *group);
void group_row_ended(struct group *group, struct row *row); /* frees the row */
/* It stands still, and sends nothing, until it is revived or assayd is started again. */
void group_fault(struct group *group, const char *why);
void group_apply_hold(const struct group *group);  /* tells transport which of its calls wait */
bool group_has_stopped(const struct group *group); /* faulted or given up: nothing is recorded */
void group_give_up(struct group *group, const char *why); /* fails for good, with what it has */
/* The order's event is permitted in its state. group_pause: any but GROUP_EV_CANCEL. */
void group_cancel(struct group *group, const struct engine_order *order);
void group_pause(struct group *group, const struct engine_order *order);
void group_free(struct group *group);

/* Rows of it were taken out of the store, of cases from this one on. */
void group_requeued(struct group *group, int64_t rows, int64_t first_seq);

/* revive.c: brings a faulted group back from the store, as after a restart. */
void group_revive(struct group *group, const struct engine_order *order);
void group_revive_now(struct group *group); /* none of its rows is under way */

/* finish.c: statistics, verdict and result, off the loop; then the group goes from the engine. */
void group_finish(struct group *group);

/* row.c */
void row_start(struct group *group, struct case_page *page, size_t case_at, uint32_t member,
               uint32_t sample);
void row_cancel(struct row *row); /* its next event, or transport's answer, ends it as cancelled */

/* engine.c */
void engine_add_group(struct engine *engine, struct group *group); /* lists it and begins it */
void engine_group_changed(struct group *group); /* tells observers, rate-limited */
void engine_group_ended(struct group *group);
void engine_drop_group(struct group *group);    /* frees it, and tells nobody */
void engine_group_faulted(struct group *group); /* tells observers */
struct group *engine_find_group(const struct engine *engine, int64_t run); /* NULL: not live */

#endif
