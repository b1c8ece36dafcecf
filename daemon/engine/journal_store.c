/* Turns transport's keys and exchanges into the store's records and back. */
#include "daemon/engine/journal_store.h"
#include "daemon/store/reuse.h"

#include <stdlib.h>

struct journal_store {
    struct journal face;
    struct db *db;
    struct writer *writer;
    struct journal_tally tally;
};

struct lookup {
    struct journal_store *store;
    struct journal_key key;
    journal_found_fn found;
    void *found_ctx;
    struct as_arena arena;
    struct exchange_record record;
    bool is_reused; /* of another group, and to be kept as this one's too */
    int rc;
};

static struct row_key row_of(const struct journal_key *key)
{
    return (struct row_key){key->group_id, key->case_seq, key->member, key->sample};
}

struct exchange journal_exchange_of(const struct exchange_record *record)
{
    return (struct exchange){
        .attempt = record->attempt,
        .outcome = (enum exchange_outcome)record->outcome,
        .http_status = record->http_status,
        .paid_by = record->paid_by,
        .sent_ms = record->sent_ms,
        .connect_us = record->connect_us,
        .first_byte_us = record->first_byte_us,
        .total_us = record->total_us,
        .method = record->method,
        .url = record->url,
        .request_body = record->request_body,
        .response_headers = record->response_headers,
        .response_body = record->response_body,
        .error = record->error,
    };
}

/* The reply of another group becomes an exchange of this one, as if it had been the first attempt
 * now; when it was sent and how long it took stay. */
static int find_shared(struct store *store, struct lookup *lookup)
{
    const struct journal_key *key = &lookup->key;
    struct reuse_query query = {
        .identity = &key->identity,
        .role = key->role,
        .turn = key->turn,
        .group_id = key->group_id,
        .since_ms = key->shared_since_ms,
        .nth = key->shared_nth,
    };
    int rc = store_exchange_reuse(store, &query, &lookup->arena, &lookup->record);
    if (rc)
        return rc;
    lookup->is_reused = true;
    lookup->record.paid_by = lookup->record.row.group_id;
    lookup->record.row = row_of(key);
    lookup->record.attempt = 1;
    return 0;
}

static void find_work(struct store *store, void *ctx)
{
    struct lookup *lookup = ctx;
    struct row_key row = row_of(&lookup->key);
    lookup->rc = store_exchange_find(store, &row, lookup->key.role, lookup->key.turn,
                                     &lookup->key.identity, &lookup->arena, &lookup->record);
    if (lookup->rc == AS_ENOENT && lookup->key.is_shared)
        lookup->rc = find_shared(store, lookup);
}

static void give_found(struct lookup *lookup)
{
    struct exchange found = journal_exchange_of(&lookup->record);
    lookup->found(lookup->found_ctx, lookup->rc ? NULL : &found);
    as_arena_done(&lookup->arena);
    free(lookup);
}

/* When it could not be kept, the row cannot be either, which ends the group: a call made now would
 * be paid for in vain. */
static void on_reuse_kept(void *ctx, int rc)
{
    (void)rc;
    give_found(ctx);
}

static void find_done(void *ctx)
{
    struct lookup *lookup = ctx;
    if (lookup->is_reused)
        writer_add_exchange(lookup->store->writer, &lookup->record, on_reuse_kept, lookup);
    else
        give_found(lookup);
}

static void journal_find(void *ctx, const struct journal_key *key, journal_found_fn found,
                         void *found_ctx)
{
    struct journal_store *self = ctx;
    struct lookup *lookup = as_xcalloc(1, sizeof(*lookup));
    lookup->store = self;
    lookup->key = *key;
    lookup->found = found;
    lookup->found_ctx = found_ctx;
    db_read(self->db, find_work, find_done, lookup);
}

static struct store_intent intent_of(const struct journal_key *key, uint32_t attempt)
{
    return (struct store_intent){row_of(key), key->role, key->turn, attempt, key->request_bytes};
}

static void journal_intent(void *ctx, const struct journal_key *key, uint32_t attempt,
                           journal_done_fn done, void *done_ctx)
{
    struct journal_store *self = ctx;
    struct store_intent intent = intent_of(key, attempt);
    writer_add_intent(self->writer, &intent, done, done_ctx);
}

static void journal_withdraw(void *ctx, const struct journal_key *key, uint32_t attempt,
                             journal_done_fn done, void *done_ctx)
{
    struct journal_store *self = ctx;
    struct store_intent intent = intent_of(key, attempt);
    writer_add_withdrawal(self->writer, &intent, done, done_ctx);
}

static void journal_append(void *ctx, const struct journal_key *key,
                           const struct exchange *exchange, journal_done_fn done, void *done_ctx)
{
    struct journal_store *self = ctx;
    struct exchange_record record = {
        .row = row_of(key),
        .role = key->role,
        .turn = key->turn,
        .attempt = exchange->attempt,
        .identity = key->identity,
        .outcome = exchange->outcome,
        .paid_by = exchange->paid_by,
        .http_status = exchange->http_status,
        .sent_ms = exchange->sent_ms,
        .connect_us = exchange->connect_us,
        .first_byte_us = exchange->first_byte_us,
        .total_us = exchange->total_us,
        .method = exchange->method,
        .url = exchange->url,
        .request_body = exchange->request_body,
        .response_headers = exchange->response_headers,
        .response_body = exchange->response_body,
        .error = exchange->error,
    };
    self->tally.exchanges++;
    self->tally.bytes +=
        exchange->request_body.len + exchange->response_headers.len + exchange->response_body.len;
    writer_add_exchange(self->writer, &record, done, done_ctx);
}

struct journal_store *journal_store_new(struct db *db, struct writer *writer)
{
    struct journal_store *self = as_xcalloc(1, sizeof(*self));
    self->db = db;
    self->writer = writer;
    self->face =
        (struct journal){self, journal_find, journal_intent, journal_withdraw, journal_append};
    return self;
}

struct journal_tally journal_store_tally(const struct journal_store *store)
{
    return store->tally;
}

void journal_store_free(struct journal_store *store)
{
    free(store);
}

const struct journal *journal_store_face(const struct journal_store *store)
{
    return &store->face;
}
