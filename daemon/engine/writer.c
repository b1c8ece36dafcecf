/* Two batches: one is being filled on the loop, the other belongs to the pool while it is
 * committed. */
#include "daemon/engine/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waiter {
    writer_done_fn done;
    void *ctx;
};

struct batch {
    struct store_intent *intents;
    struct exchange_record *exchanges;
    struct scored_row *rows;
    struct waiter *exchange_waiters;
    struct waiter *row_waiters;
    size_t intent_count, intent_cap;
    size_t exchange_count, exchange_cap;
    size_t row_count, row_cap;
};

struct writer {
    struct loop *loop;
    struct db *db;
    struct loop_timer *gather;
    struct batch filling, committing;
    bool is_committing;
    int commit_rc;
    size_t commit_duplicates;
    uint64_t duplicates;
    char error[AS_ERR_MSG_MAX];
};

static size_t batch_size(const struct batch *batch)
{
    return batch->intent_count + batch->exchange_count + batch->row_count;
}

static void batch_done(struct batch *batch)
{
    free(batch->intents);
    free(batch->exchanges);
    free(batch->rows);
    free(batch->exchange_waiters);
    free(batch->row_waiters);
}

static void batch_clear(struct batch *batch)
{
    batch->intent_count = batch->exchange_count = batch->row_count = 0;
}

static void commit_work(struct store *store, void *ctx)
{
    struct writer *writer = ctx;
    const struct batch *batch = &writer->committing;
    struct store_batch work = {
        .intents = batch->intents,
        .intent_count = batch->intent_count,
        .exchanges = batch->exchanges,
        .exchange_count = batch->exchange_count,
        .rows = batch->rows,
        .row_count = batch->row_count,
    };
    writer->commit_duplicates = 0;
    writer->commit_rc = store_commit(store, &work, &writer->commit_duplicates);
    if (writer->commit_rc)
        snprintf(writer->error, sizeof(writer->error), "%s", store_error(store));
}

static void commit_done(void *ctx);

static void start_commit(struct writer *writer)
{
    if (writer->is_committing || !batch_size(&writer->filling))
        return;
    struct batch spare = writer->committing;
    writer->committing = writer->filling;
    writer->filling = spare;
    writer->is_committing = true;
    loop_timer_stop(writer->gather);
    db_write(writer->db, commit_work, commit_done, writer);
}

/* The callbacks may add to the other batch, so the next commit starts only after them: it then
 * takes all they added. */
static void commit_done(void *ctx)
{
    struct writer *writer = ctx;
    struct batch *batch = &writer->committing;
    writer->duplicates += writer->commit_duplicates;
    for (size_t i = 0; i < batch->exchange_count; i++)
        batch->exchange_waiters[i].done(batch->exchange_waiters[i].ctx, writer->commit_rc);
    for (size_t i = 0; i < batch->row_count; i++)
        batch->row_waiters[i].done(batch->row_waiters[i].ctx, writer->commit_rc);
    batch_clear(batch);
    writer->is_committing = false;
    if (batch_size(&writer->filling) >= WRITER_BATCH_MAX)
        start_commit(writer);
    else if (batch_size(&writer->filling))
        loop_timer_start(writer->gather, WRITER_GATHER_MS);
}

static void on_gather(void *ctx)
{
    start_commit(ctx);
}

static void added(struct writer *writer)
{
    if (batch_size(&writer->filling) >= WRITER_BATCH_MAX)
        start_commit(writer);
    else if (!writer->is_committing && !loop_timer_is_active(writer->gather))
        loop_timer_start(writer->gather, WRITER_GATHER_MS);
}

static void *grow(void *array, size_t count, size_t *cap, size_t item_bytes)
{
    if (count < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 64;
    return as_xrealloc(array, *cap * item_bytes);
}

struct writer *writer_new(struct loop *loop, struct db *db)
{
    struct writer *writer = as_xcalloc(1, sizeof(*writer));
    writer->loop = loop;
    writer->db = db;
    writer->gather = loop_timer_new(loop, on_gather, writer);
    return writer;
}

void writer_free(struct writer *writer)
{
    if (!writer)
        return;
    AS_ASSERT(writer_is_idle(writer));
    loop_timer_free(writer->gather);
    batch_done(&writer->filling);
    batch_done(&writer->committing);
    free(writer);
}

void writer_add_intent(struct writer *writer, const struct store_intent *intent)
{
    struct batch *batch = &writer->filling;
    batch->intents = grow(batch->intents, batch->intent_count, &batch->intent_cap, sizeof(*intent));
    batch->intents[batch->intent_count++] = *intent;
    added(writer);
}

void writer_add_exchange(struct writer *writer, const struct exchange_record *exchange,
                         writer_done_fn done, void *ctx)
{
    struct batch *batch = &writer->filling;
    size_t cap = batch->exchange_cap;
    batch->exchanges =
        grow(batch->exchanges, batch->exchange_count, &batch->exchange_cap, sizeof(*exchange));
    batch->exchange_waiters =
        grow(batch->exchange_waiters, batch->exchange_count, &cap, sizeof(struct waiter));
    batch->exchanges[batch->exchange_count] = *exchange;
    batch->exchange_waiters[batch->exchange_count++] = (struct waiter){done, ctx};
    added(writer);
}

void writer_add_row(struct writer *writer, const struct scored_row *row, writer_done_fn done,
                    void *ctx)
{
    struct batch *batch = &writer->filling;
    size_t cap = batch->row_cap;
    batch->rows = grow(batch->rows, batch->row_count, &batch->row_cap, sizeof(*row));
    batch->row_waiters = grow(batch->row_waiters, batch->row_count, &cap, sizeof(struct waiter));
    batch->rows[batch->row_count] = *row;
    batch->row_waiters[batch->row_count++] = (struct waiter){done, ctx};
    added(writer);
}

bool writer_is_idle(const struct writer *writer)
{
    return !writer->is_committing && !batch_size(&writer->filling);
}

const char *writer_error(const struct writer *writer)
{
    return writer->error;
}

uint64_t writer_duplicates(const struct writer *writer)
{
    return writer->duplicates;
}
