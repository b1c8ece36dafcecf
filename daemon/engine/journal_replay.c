/* One look-up a call on a reading connection; a miss is told with what was found in its place. */
#include "daemon/engine/journal_replay.h"

#include "daemon/engine/journal_store.h"

#include <inttypes.h>
#include <stdlib.h>

struct replay_lookup {
    struct journal_key key;
    int64_t of_run;
    journal_replayed_fn done;
    void *ctx;
    struct exchange_record record;
    int rc;
    struct as_err err;
    struct as_arena arena;
};

/* The same row of that run, and there the same request. */
static int find_in_run(struct store *store, struct replay_lookup *lookup)
{
    const struct journal_key *key = &lookup->key;
    struct row_key row = {lookup->of_run, key->case_seq, key->member, key->sample};
    int rc =
        store_exchange_last(store, &row, key->role, key->turn, &lookup->arena, &lookup->record);
    const char *who = key->role == EXCHANGE_JUDGE ? "the judge" : "the model";
    if (rc == AS_ENOENT)
        return as_err_set(&lookup->err, rc, "the journal of run %" PRId64 " has no answer of %s",
                          lookup->of_run, who);
    if (!rc && !as_sha256_eq(&lookup->record.identity, &key->identity))
        return as_err_set(&lookup->err, AS_ENOENT,
                          "run %" PRId64 " asked %s something else than is asked now",
                          lookup->of_run, who);
    return rc;
}

static void lookup_work(struct store *store, void *ctx)
{
    struct replay_lookup *lookup = ctx;
    lookup->rc = find_in_run(store, lookup);
    if (lookup->rc && lookup->rc != AS_ENOENT)
        as_err_set(&lookup->err, lookup->rc, "%s", store_error(store));
}

static void lookup_done(void *ctx)
{
    struct replay_lookup *lookup = ctx;
    struct exchange exchange = journal_exchange_of(&lookup->record);
    lookup->done(lookup->ctx, lookup->rc ? NULL : &exchange, lookup->err.msg);
    as_arena_done(&lookup->arena);
    free(lookup);
}

void journal_replay(struct db *db, const struct journal_key *key, int64_t of_run,
                    journal_replayed_fn done, void *ctx)
{
    struct replay_lookup *lookup = as_xcalloc(1, sizeof(*lookup));
    lookup->key = *key;
    lookup->of_run = of_run;
    lookup->done = done;
    lookup->ctx = ctx;
    db_read(db, lookup_work, lookup_done, lookup);
}
