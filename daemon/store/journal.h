/* The journal as a whole: what it holds, whether it is what was written, and taking groups out of
 * it. Used by daemon/engine for journal.stats, .verify and .prune. Conventions, threads and errors
 * are those of store.h; each call is one bounded piece of work. */
#ifndef DAEMON_STORE_JOURNAL_H
#define DAEMON_STORE_JOURNAL_H

#include "daemon/store/audit.h"

/* ---- what there is ---- */

struct journal_sum { /* exchanges of a group that are alike */
    uint32_t member, role, outcome;
    bool is_reused; /* another group paid for them */
    int64_t exchanges;
    int64_t raw_bytes, stored_bytes; /* of those whose sizes are known */
    int64_t unsized;                 /* the others: kept before sizes were */
    int64_t oldest_ms, newest_ms;    /* when they were sent */
};
typedef void (*store_sum_fn)(void *ctx, const struct journal_sum *sum);
int store_journal_sums(struct store *store, int64_t group_id, store_sum_fn fn,
                       void *ctx) AS_MUST_USE;

/* ---- whether it is sound ---- */

enum journal_fault {
    JOURNAL_SOUND,
    JOURNAL_BODY_GONE,   /* its body is not there */
    JOURNAL_UNREADABLE,  /* its body does not decode */
    JOURNAL_OUT_OF_LINE, /* not what was chained, or what came before it is gone */
    JOURNAL_UNCHAINED    /* it should be in the chain and is not */
};

struct journal_link {
    struct exchange_record exchange; /* without texts when there is a fault */
    enum journal_fault fault;
};
/* Borrowed for the call. */
typedef void (*store_link_fn)(void *ctx, const struct journal_link *link);

struct journal_walk { /* begins as zeros and the group's id */
    int64_t group_id;
    int64_t after;              /* body_id of the last one */
    struct as_sha256 stored;    /* its hash as it is stored, */
    struct as_sha256 computed;  /* and as it should be */
    int64_t chained, unchained; /* so far; unchained: kept before there was a chain */
};
/* The next exchanges of the group in the order of writing, up to limit. *ret_count < limit: that
 * was the end. */
int store_journal_walk(struct store *store, struct journal_walk *walk, uint32_t limit,
                       store_link_fn fn, void *ctx, uint32_t *ret_count) AS_MUST_USE;
/* How many links the chain has by its own account. Asked before a walk: one that finds fewer of
 * them has missed some that are gone. */
/* Where the hash chain over a group's exchanges ends, and how many links it has. */
int store_journal_end(struct store *store, int64_t group_id, int64_t *ret_exchanges,
                      struct as_sha256 *ret_hash) AS_MUST_USE;
int store_journal_length(struct store *store, int64_t group_id, int64_t *ret_exchanges) AS_MUST_USE;

/* Rows whose record says that a call was made, and whose reply the journal does not have. */
typedef void (*store_row_key_fn)(void *ctx, const struct row_key *key);
int store_journal_bare_rows(struct store *store, int64_t group_id, store_row_key_fn fn,
                            void *ctx) AS_MUST_USE;

/* ---- taking groups out ---- */

struct prune_filter {
    int64_t ended_before_ms; /* INT64_MAX: whenever */
    uint32_t keep_last;      /* of each eval; 0 = none on that account */
};
/* Final groups that the filter means, but for those with a tag, those that are an eval's reference,
 * and those that a model was promoted by; the oldest first: ids into the arena. */
int store_prune_list(struct store *store, const struct prune_filter *filter, struct as_arena *arena,
                     int64_t **ret_ids, size_t *ret_count) AS_MUST_USE;
/* The group and its score sets are gone when this returns, whole or not at all; its rows and
 * exchanges lie about until store_prune_step has taken them. AS_ESTATE: it is not final any more,
 * or was tagged, pinned or promoted by since it was listed. */
int store_prune_group(struct store *store, int64_t group_id,
                      const struct audit_entry *entry) AS_MUST_USE;
/* Takes the rest of one pruned group a piece further; *ret_left false: no group has any. */
int store_prune_step(struct store *store, bool *ret_left) AS_MUST_USE;

#endif
