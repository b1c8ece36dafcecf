/* One look-up a call on a reading connection; a miss is told with what was found in its place. */
#include "daemon/engine/journal_replay.h"

#include "daemon/engine/journal_store.h"
#include "daemon/store/calls.h"
#include "daemon/transport/budget.h"

#include <inttypes.h>
#include <stdlib.h>

struct replay_lookup {
    struct journal_key key;
    int64_t of_run;
    journal_replayed_fn done;
    void *ctx;
    struct exchange_record record;
    bool is_found; /* record is one */
    int rc;
    struct as_err err;
    struct as_arena arena;
};

/* An attempt that was turned down, and not made again, is no answer where the budget ended. */
static int check_budget(struct store *store, const struct row_key *row, int found,
                        struct replay_lookup *lookup)
{
    const struct exchange_record *record = &lookup->record;
    const char *why = NULL;
    bool is_answered = !found && budget_fate_of((enum exchange_outcome)record->outcome,
                                                record->http_status) == BUDGET_ANSWERED;
    int rc = is_answered ? AS_ENOENT : store_row_over_budget(store, row, &lookup->arena, &why);
    if (!rc)
        return as_err_set(&lookup->err, AS_ELIMIT, "%s", why ? why : "the budget is used up");
    return rc == AS_ENOENT ? found : rc;
}

/* The same row of that run, and there the same request. */
static int find_in_run(struct store *store, struct replay_lookup *lookup)
{
    const struct journal_key *key = &lookup->key;
    struct row_key row = {lookup->of_run, key->case_seq, key->member, key->sample};
    int rc =
        store_exchange_last(store, &row, key->role, key->turn, &lookup->arena, &lookup->record);
    const char *who = key->role == EXCHANGE_JUDGE ? "the judge" : "the model";
    lookup->is_found = !rc;
    if (!rc || rc == AS_ENOENT)
        rc = check_budget(store, &row, rc, lookup);
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
    if (lookup->rc && lookup->rc != AS_ENOENT && lookup->rc != AS_ELIMIT)
        as_err_set(&lookup->err, lookup->rc, "%s", store_error(store));
}

static void lookup_done(void *ctx)
{
    struct replay_lookup *lookup = ctx;
    struct exchange exchange = journal_exchange_of(&lookup->record);
    bool has_exchange = !lookup->rc || (lookup->rc == AS_ELIMIT && lookup->is_found);
    lookup->done(lookup->ctx, lookup->rc, has_exchange ? &exchange : NULL, lookup->err.msg);
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
