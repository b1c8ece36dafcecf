/* The journal of transport, over the store: intents and attempts go to the batched writer, look-ups
 * to a reading connection. */
#ifndef DAEMON_ENGINE_JOURNAL_STORE_H
#define DAEMON_ENGINE_JOURNAL_STORE_H

#include "daemon/engine/writer.h"
#include "daemon/transport/journal.h"

struct journal_store;

struct journal_store *journal_store_new(struct db *db, struct writer *writer);
void journal_store_free(struct journal_store *store);
/* Borrows the record's texts. */
struct exchange journal_exchange_of(const struct exchange_record *record);
/* What was handed to the journal since the start; bytes are those of request, headers and body. */
struct journal_tally {
    uint64_t exchanges, bytes;
};
struct journal_tally journal_store_tally(const struct journal_store *store);
/* For transport_options. */
const struct journal *journal_store_face(const struct journal_store *store);

#endif
