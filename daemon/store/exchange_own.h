/* Inside daemon/store: an exchange as the look-ups and the walk of the journal both read it. */
#ifndef DAEMON_STORE_EXCHANGE_OWN_H
#define DAEMON_STORE_EXCHANGE_OWN_H

#include "daemon/store/sql.h"
#include "daemon/store/store.h"

/* The columns of table exchange AS e that exchange_head reads, from 0 on, and how many they are. */
#define EXCHANGE_HEAD                                                                    \
    "e.group_id, e.case_seq, e.sample, e.member, e.role, e.turn, e.attempt, e.identity," \
    " e.outcome, e.http_status, e.sent_ms, e.connect_us, e.first_byte_us, e.total_us,"   \
    " e.paid_by"
#define EXCHANGE_HEAD_COLUMNS 15

/* All but the texts. */
struct exchange_record exchange_head(struct sql *sql);

/* The texts out of a stored body; they live in the arena. AS_ECORRUPT: it is damaged, and the
 * record is untouched. */
int exchange_texts(struct store *store, struct as_str blob, struct as_arena *arena,
                   struct exchange_record *exchange) AS_MUST_USE;

#endif
