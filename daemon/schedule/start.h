/* Inside daemon/schedule: the runs that an entry owes, started one after the other. */
#ifndef DAEMON_SCHEDULE_START_H
#define DAEMON_SCHEDULE_START_H

#include "daemon/schedule/entry.h"

/* decide.c: writes what became of the times that came due, and owes those that are to start. False:
 * none came due. */
bool entry_take_due(struct entry *entry, int64_t now_ms);

/* One more time that is owed a run; the order's goes before all others. */
void entry_owe(struct entry *entry, const struct owed_time *owed);
/* Starts the first of them, if nothing is in its way. */
void entry_start_next(struct entry *entry);
/* A later time takes the place of all that waits, and of the run that is under way. */
void entry_replace(struct entry *entry);
void order_free(struct order *order);

#endif
