/* Answers to calls out of the journal of one run: what its replay has in place of transport, so
 * that it cannot call anything. Private to daemon/engine. */
#ifndef DAEMON_ENGINE_JOURNAL_REPLAY_H
#define DAEMON_ENGINE_JOURNAL_REPLAY_H

#include "daemon/engine/db.h"
#include "daemon/model/journal_rules.h"
#include "daemon/transport/journal.h"

/* rc 0: exchange. AS_ELIMIT: that run's budget was used up before it had an answer, why is what its
 * row says and exchange the last attempt, if there was one. Else the journal has none, and why says
 * so in a sentence without its subject. Borrowed for the call. */
typedef void (*journal_replayed_fn)(void *ctx, int rc, const struct exchange *exchange,
                                    const char *why);

/* The last attempt that run of_run made for the same row, role and turn, of any outcome; it must
 * have asked the same. done fires once, on the loop, never before this returned. */
void journal_replay(struct db *db, const struct journal_key *key, int64_t of_run,
                    journal_replayed_fn done, void *ctx);

#endif
