/* The batched writer: what runs produce, gathered into few transactions.
 *
 * Intents, exchanges, usages and rows are handed in one by one and committed together,
 * WRITER_GATHER_MS after the first one, or as soon as the commit before has ended. Each but a usage
 * calls back when its transaction is on disk (synchronous=FULL) or failed. What they point to stays
 * alive until then. */
#ifndef DAEMON_ENGINE_WRITER_H
#define DAEMON_ENGINE_WRITER_H

#include "daemon/engine/db.h"
#include "daemon/store/calls.h"

#define WRITER_GATHER_MS 2
#define WRITER_BATCH_MAX 512

struct writer;

typedef void (*writer_done_fn)(void *ctx, int rc);

struct writer *writer_new(struct loop *loop, struct db *db);
void writer_free(struct writer *writer); /* only when idle */

/* The structures are copied, the bytes they point to are borrowed until done. */
void writer_add_intent(struct writer *writer, const struct store_intent *intent,
                       writer_done_fn done, void *ctx);
/* Of an intent that is committed, and whose attempt was not made. */
void writer_add_withdrawal(struct writer *writer, const struct store_intent *intent,
                           writer_done_fn done, void *ctx);
void writer_add_usage(struct writer *writer, const struct store_usage *usage);
void writer_add_exchange(struct writer *writer, const struct exchange_record *exchange,
                         writer_done_fn done, void *ctx);
void writer_add_row(struct writer *writer, const struct scored_row *row, writer_done_fn done,
                    void *ctx);
/* on_failed is told of every commit that failed, before those who wait for it are. */
typedef void (*writer_failed_fn)(void *ctx, const char *why);
void writer_watch(struct writer *writer, writer_failed_fn on_failed, void *ctx);
bool writer_is_idle(const struct writer *writer);
/* Why the last commit failed; "" when it did not. */
const char *writer_error(const struct writer *writer);
/* Rows that were already there: 0 in a healthy daemon. */
uint64_t writer_duplicates(const struct writer *writer);

#endif
