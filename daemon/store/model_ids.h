/* Which models answered a group: the ids that the API returned with the replies, by member.
 * Conventions, threads and errors are those of store.h. */
#ifndef DAEMON_STORE_MODEL_IDS_H
#define DAEMON_STORE_MODEL_IDS_H

#include "daemon/store/store.h"

struct returned_id {
    const char *id;
    int64_t rows;
};

/* The most frequent first, at most limit; *ret_distinct is how many there are. Rows without an id
 * are left out. */
int store_returned_ids(struct store *store, int64_t group_id, uint32_t member, uint32_t limit,
                       struct as_arena *arena, struct returned_id **ret_ids, size_t *ret_count,
                       int64_t *ret_distinct) AS_MUST_USE;

#endif
