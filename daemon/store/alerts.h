/* What alerts remember: how far the events were looked through, which conditions hold, and what was
 * sent to whom, with its outcome. Conventions, threads and errors are those of store.h.
 *
 * What is decided about an event is one transaction, the mark included: an event is decided once,
 * whatever happens, and a delivery that was decided is due until its end was written. */
#ifndef DAEMON_STORE_ALERTS_H
#define DAEMON_STORE_ALERTS_H

#include "daemon/store/events.h"

/* A condition of an eval and subject ("" where there is none), as it was told last. */
struct alert_record {
    const char *eval, *subject, *condition;
    const char *kind; /* of the event that brought it */
    bool is_bad;
    int64_t since_ms;       /* of the change to what it is */
    int64_t since_run, run; /* the runs that brought it, and that confirmed it last; 0 = none */
    int64_t times;          /* it was met so often since */
};

enum delivery_state {
    DELIVERY_DUE,       /* "due": not ended yet */
    DELIVERY_DELIVERED, /* "delivered" */
    DELIVERY_FAILED,    /* "failed": every try did */
    DELIVERY_DROPPED,   /* "dropped": its rule is in no file any more */
    DELIVERY_STATE_COUNT
};
const char *delivery_state_name(enum delivery_state state);

struct delivery {
    int64_t id, event_id;
    const char *eval; /* whose file has the rule; "" is assay.yaml */
    const char *rule;
    enum delivery_state state;
    int64_t tries;             /* of the life that ended it */
    int64_t made_ms, ended_ms; /* 0 = not yet */
    const char *outcome;       /* what came back; NULL: nothing yet */
    struct event event;        /* only of store_deliveries_next */
    bool has_event;            /* it is kept still, and of a kind that this assayd knows */
};

struct alert_decision {
    int64_t mark; /* events up to here are decided */
    const struct alert_record *records;
    size_t record_count;
    const struct event *events; /* more of them, that follow from it */
    size_t event_count;
    const struct delivery *deliveries; /* event_id, eval, rule and made_ms */
    size_t delivery_count;
};

/* AS_ENOENT: nothing was decided ever. */
int store_alert_mark(struct store *store, int64_t *ret_id) AS_MUST_USE;
/* By eval, subject and condition of *key. AS_ENOENT. */
int store_alert_get(struct store *store, const struct alert_record *key, struct as_arena *arena,
                    struct alert_record *ret_record) AS_MUST_USE;
int store_alert_decide(struct store *store, const struct alert_decision *decision) AS_MUST_USE;
/* An event and its deliveries, whose event_id is set. */
int store_alert_send(struct store *store, const struct event *event,
                     const struct delivery *deliveries, size_t count,
                     int64_t *ret_event_id) AS_MUST_USE;
/* eval NULL: all. By eval, subject, condition. */
int store_alerts_page(struct store *store, const char *eval, uint32_t limit, struct as_arena *arena,
                      struct alert_record **ret_records, size_t *ret_count) AS_MUST_USE;
/* How many are bad, of each condition that was ever met. */
struct alert_count {
    const char *condition;
    int64_t bad;
};
int store_alerts_count(struct store *store, struct as_arena *arena, struct alert_count **ret_counts,
                       size_t *ret_count) AS_MUST_USE;

/* Of what is due for each rule the oldest, and of its tests, which wait for nothing else, the
 * oldest too. By id. */
int store_deliveries_next(struct store *store, uint32_t limit, struct as_arena *arena,
                          struct delivery **ret_deliveries, size_t *ret_count) AS_MUST_USE;
int store_deliveries_count_due(struct store *store, int64_t *ret_count) AS_MUST_USE;
int store_delivery_end(struct store *store, const struct delivery *delivery) AS_MUST_USE;
/* The last of them with a lower id (0 = any), the oldest first; eval NULL: all; else those of the
 * eval's events. */
int store_deliveries_page(struct store *store, const char *eval, int64_t before_id, uint32_t limit,
                          struct as_arena *arena, struct delivery **ret_deliveries,
                          size_t *ret_count) AS_MUST_USE;

#endif
