/* A group's calls as its budget sees them: every attempt of the journal, what its reply cost where
 * that was read, and the calls that a crash lost. The books of a group that is resumed, or looked
 * at after its end, are made from these alone. Conventions, threads and errors are those of
 * store.h. */
#ifndef DAEMON_STORE_CALLS_H
#define DAEMON_STORE_CALLS_H

#include "daemon/store/store.h"

/* What a reply cost: part of a batch, for groups with a budget. The exchange is named by its row,
 * role, turn and sent_ms; told twice, it is kept once. */
struct store_usage {
    struct row_key row;
    uint32_t role, turn;
    int64_t sent_ms;
    int64_t tokens, usd_nano;
};

struct call_fact {
    struct row_key row;
    uint32_t role, turn;
    bool is_lost;     /* of unknown fate: there is no exchange, the next two are 0 */
    uint32_t outcome; /* as in struct exchange_record */
    int http_status;
    int64_t sent_ms;
    int64_t request_bytes; /* of the body */
    bool has_usage;        /* false: tokens and usd_nano are 0 */
    int64_t tokens, usd_nano;
};
typedef void (*store_call_fn)(void *ctx, const struct call_fact *fact);
int store_calls_each(struct store *store, int64_t group_id, store_call_fn fn,
                     void *ctx) AS_MUST_USE;

/* How many rows of the group are skipped because its budget was used up. */
int store_rows_over_budget(struct store *store, int64_t group_id, int64_t *ret_count) AS_MUST_USE;

/* Why this row was left out, when its group's budget was used up; AS_ENOENT: it was not. */
int store_row_over_budget(struct store *store, const struct row_key *key, struct as_arena *arena,
                          const char **ret_why) AS_MUST_USE;

#endif
