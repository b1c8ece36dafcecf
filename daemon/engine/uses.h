/* Which plugin versions are in use by what is kept: run groups, by their pins, and score sets.
 *
 * It is how a version is known after its file has gone: its source is in the store under its hash.
 * Blocks, so it runs on a pool thread. */
#ifndef DAEMON_ENGINE_USES_H
#define DAEMON_ENGINE_USES_H

#include "daemon/store/store.h"
#include "lib/job.h"

struct plugin_use {
    enum plugin_kind kind;
    const char *name, *version; /* "exact_match", "1.2.0" */
    struct as_sha256 hash;
    int64_t runs;                /* groups that pinned it */
    int64_t first_run, last_run; /* 0: none */
    int64_t sets;                /* score sets that are made of it, and whole */
};

/* In the order of their first use, by a group before a set; texts and array are the arena's. */
int uses_read(struct store *store, struct as_arena *arena, struct plugin_use **ret_uses,
              size_t *ret_count) AS_MUST_USE;
/* After a use has gone: when it was the last, the stored source goes too. For the writing
 * connection, to which all uses come by turns. */
int uses_release(struct store *store, const struct as_sha256 *hash) AS_MUST_USE;

#endif
