/* Private to daemon/store: the hash chain over a group's exchanges. Each one's hash covers the one
 * before it, its own columns, and its body as it is stored; where the chain ends is kept with the
 * number of its links, so that a missing end is noticed too. It finds damage and careless edits;
 * who can write the file can also make a new chain.
 *
 * A batch begins with no chain in memory: the ends are read when they are first needed, written by
 * chain_flush, and forgotten whether the batch was committed or not. */
#ifndef DAEMON_STORE_CHAIN_H
#define DAEMON_STORE_CHAIN_H

#include "daemon/store/store.h"

struct chain_end {
    int64_t group_id, exchanges;
    struct as_sha256 hash;
};

/* body is the BLOB of codec.h. */
struct as_sha256 chain_hash(const struct as_sha256 *before, const struct exchange_record *exchange,
                            struct as_str body);
/* Where a group's chain ends; zeros for one without. */
int chain_read_end(struct store *store, int64_t group_id, struct chain_end *ret_end) AS_MUST_USE;

/* For the batch. */
int chain_append(struct store *store, const struct exchange_record *exchange, struct as_str body,
                 struct as_sha256 *ret_hash) AS_MUST_USE;
int chain_flush(struct store *store) AS_MUST_USE;
void chain_forget(struct store *store);

#endif
