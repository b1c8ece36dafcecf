/* Events, kept in the order of writing. The newest EVENTS_KEPT are; older ones go as new ones come.
 *
 * Kinds are kept by name, so that a number may come to mean another one. Conventions, threads and
 * errors are those of store.h. */
#ifndef DAEMON_STORE_EVENTS_H
#define DAEMON_STORE_EVENTS_H

#include "daemon/model/event.h"
#include "daemon/store/store.h"

#define EVENTS_KEPT 100000

/* In the transaction that is open, or one of its own. at_ms is set. */
int store_event_add(struct store *store, const struct event *event) AS_MUST_USE;
/* All of them or none. */
int store_events_add(struct store *store, const struct event *events, size_t count) AS_MUST_USE;
/* 0: there is none. */
int store_event_last(struct store *store, int64_t *ret_id) AS_MUST_USE;

/* Which ones are asked for. */
struct event_filter {
    const char *eval;            /* NULL: of all, and of none */
    const char *kind;            /* NULL: every kind */
    int64_t after_id, before_id; /* exclusive; before_id 0: no end */
};
/* The first limit of them, or (is_newest) the last; the oldest first either way. */
int store_events_page(struct store *store, const struct event_filter *filter, bool is_newest,
                      uint32_t limit, struct as_arena *arena, struct event **ret_events,
                      size_t *ret_count) AS_MUST_USE;

/* The end of a group, as store_group_finish has it, and the events of it, in one transaction. */
struct group_end {
    int64_t id;
    enum group_state state;
    const char *outcome, *result_json, *error;
    int64_t now_ms;
    const struct event *events;
    size_t event_count;
};
int store_group_end(struct store *store, const struct group_end *end) AS_MUST_USE;

#endif
