/* Calls of unknown fate: intents that nobody came back for.
 *
 * An intent is committed before its call leaves and taken away with what came back (store_commit).
 * One that is left when the daemon starts, or when a group ends, stands for a call that may have
 * been made and paid for: it was answered too late to be kept, or was under way, or was only about
 * to leave. It becomes an unknown call, which stays with the group: counted in its unknown_fate and
 * named here. Conventions, threads and errors are those of store.h. */
#ifndef DAEMON_STORE_UNKNOWN_CALLS_H
#define DAEMON_STORE_UNKNOWN_CALLS_H

#include "daemon/store/store.h"

struct unknown_call {
    struct row_key row;
    uint32_t role, turn, attempt; /* as in struct store_intent */
    int64_t found_ms;             /* when it was found that nobody had come back */
    struct as_str case_id;
};

/* Makes unknown calls of the intents that the group has left. *ret_count = how many there were
 * now. */
int store_group_settle_intents(struct store *store, int64_t group_id, int64_t now_ms,
                               int64_t *ret_count) AS_MUST_USE;
/* The last limit of them, in the order in which they were found. */
int store_unknown_calls(struct store *store, int64_t group_id, uint32_t limit,
                        struct as_arena *arena, struct unknown_call **ret_calls,
                        size_t *ret_count) AS_MUST_USE;

#endif
