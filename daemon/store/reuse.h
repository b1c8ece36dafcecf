/* Replies that one group takes from another: finding them, and what they saved. Conventions,
 * threads and errors are those of store.h. */
#ifndef DAEMON_STORE_REUSE_H
#define DAEMON_STORE_REUSE_H

#include "daemon/store/store.h"

/* What a run with policy cache may take: whole 2xx replies to the same request that another group
 * got and paid for, and that its row could read. */
struct reuse_query {
    const struct as_sha256 *identity;
    uint32_t role, turn;
    int64_t group_id; /* whose own exchanges are not meant */
    int64_t since_ms; /* sent then or later */
    uint32_t nth;     /* 0 = the newest of them, 1 = the one before, ... */
};
/* With the row that it was made for. AS_ENOENT = a miss. */
int store_exchange_reuse(struct store *store, const struct reuse_query *query,
                         struct as_arena *arena, struct exchange_record *ret_exchange) AS_MUST_USE;
/* How many of a group's exchanges were reused, by the group that paid for them, and what those
 * calls cost there (NaN = not known). */
struct reuse_count {
    int64_t paid_by, exchanges;
};
int store_group_reuse(struct store *store, int64_t group_id, struct as_arena *arena,
                      struct reuse_count **ret_counts, size_t *ret_count) AS_MUST_USE;
/* Summed over the group's rows: what their answers and grades cost, and how much of it was saved by
 * reuse. NaN when nothing of it is known. */
int store_group_spending(struct store *store, int64_t group_id, double *ret_cost_usd,
                         double *ret_saved_usd) AS_MUST_USE;

#endif
