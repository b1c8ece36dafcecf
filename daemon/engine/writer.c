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

/* Items of one kind, and who waits for each of them. */
struct items {
    void *list;
    struct waiter *waiters;
    size_t count, cap;
};

struct batch {
    struct items intents, exchanges, withdrawals, usages, rows;
};

struct writer {
    struct loop *loop;
    struct db *db;
    struct loop_timer *gather;
    struct batch filling, committing;
    bool is_committing;
    writer_failed_fn on_failed; /* may be NULL */
    void *failed_ctx;
    int commit_rc;
    size_t commit_duplicates;
    uint64_t duplicates;
    char error[AS_ERR_MSG_MAX];
};

static size_t batch_size(const struct batch *batch)
{
    return batch->intents.count + batch->exchanges.count + batch->withdrawals.count +
           batch->usages.count + batch->rows.count;
}

static void items_done(struct items *items)
{
    free(items->list);
    free(items->waiters);
}

static void batch_done(struct batch *batch)
{
    items_done(&batch->intents);
    items_done(&batch->exchanges);
    items_done(&batch->withdrawals);
    items_done(&batch->usages);
    items_done(&batch->rows);
}

/* Empties the list and tells everybody who waited. */
static void items_tell(struct items *items, int rc)
{
    for (size_t i = 0; i < items->count; i++)
        items->waiters[i].done(items->waiters[i].ctx, rc);
    items->count = 0;
}

static void commit_work(struct store *store, void *ctx)
{
    struct writer *writer = ctx;
    const struct batch *batch = &writer->committing;
    struct store_batch work = {
        .intents = batch->intents.list,
        .intent_count = batch->intents.count,
        .exchanges = batch->exchanges.list,
        .exchange_count = batch->exchanges.count,
        .withdrawals = batch->withdrawals.list,
        .withdrawal_count = batch->withdrawals.count,
        .usages = batch->usages.list,
        .usage_count = batch->usages.count,
        .rows = batch->rows.list,
        .row_count = batch->rows.count,
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
    if (writer->commit_rc && writer->on_failed)
        writer->on_failed(writer->failed_ctx, writer->error);
    items_tell(&batch->intents, writer->commit_rc);
    items_tell(&batch->exchanges, writer->commit_rc);
    items_tell(&batch->withdrawals, writer->commit_rc);
    items_tell(&batch->usages, writer->commit_rc);
    items_tell(&batch->rows, writer->commit_rc);
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

static void items_add(struct items *items, const void *item, size_t item_bytes,
                      struct waiter waiter)
{
    if (items->count == items->cap) {
        items->cap = items->cap ? items->cap * 2 : 64;
        items->list = as_xrealloc(items->list, items->cap * item_bytes);
        items->waiters = as_xrealloc(items->waiters, items->cap * sizeof(waiter));
    }
    memcpy((char *)items->list + items->count * item_bytes, item, item_bytes);
    items->waiters[items->count++] = waiter;
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

void writer_add_intent(struct writer *writer, const struct store_intent *intent,
                       writer_done_fn done, void *ctx)
{
    items_add(&writer->filling.intents, intent, sizeof(*intent), (struct waiter){done, ctx});
    added(writer);
}

static void tell_nobody(void *ctx, int rc)
{
    (void)ctx, (void)rc;
}

void writer_add_usage(struct writer *writer, const struct store_usage *usage)
{
    items_add(&writer->filling.usages, usage, sizeof(*usage), (struct waiter){tell_nobody, NULL});
    added(writer);
}

void writer_add_exchange(struct writer *writer, const struct exchange_record *exchange,
                         writer_done_fn done, void *ctx)
{
    items_add(&writer->filling.exchanges, exchange, sizeof(*exchange), (struct waiter){done, ctx});
    added(writer);
}

void writer_add_withdrawal(struct writer *writer, const struct store_intent *intent,
                           writer_done_fn done, void *ctx)
{
    items_add(&writer->filling.withdrawals, intent, sizeof(*intent), (struct waiter){done, ctx});
    added(writer);
}

void writer_add_row(struct writer *writer, const struct scored_row *row, writer_done_fn done,
                    void *ctx)
{
    items_add(&writer->filling.rows, row, sizeof(*row), (struct waiter){done, ctx});
    added(writer);
}

void writer_watch(struct writer *writer, writer_failed_fn on_failed, void *ctx)
{
    writer->on_failed = on_failed;
    writer->failed_ctx = ctx;
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
