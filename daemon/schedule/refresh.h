/* Inside daemon/schedule: fresh runs for evals whose reference has grown old (`baseline_max_age`).
 *
 * When the run that is pinned ended longer ago than that, a run of the eval is started, and another
 * one each time that as much has passed again, until a newer run is pinned. The pin stays what a
 * person set: a reference that renewed itself would take over the drift that it is there to show.
 */
#ifndef DAEMON_SCHEDULE_REFRESH_H
#define DAEMON_SCHEDULE_REFRESH_H

#include "daemon/schedule/scheduler.h"

#define REFRESH_WHO "assayd (baseline_max_age)"

struct refresh;

struct refresh *refresh_new(struct scheduler *scheduler);
void refresh_free(struct refresh *refresh); /* only when it is idle */
/* The wall clock is looked at; the store only when something may be due. */
void refresh_look(struct refresh *refresh);
/* Evals or pins are others: the next look asks the store. */
void refresh_renew(struct refresh *refresh);
bool refresh_is_idle(const struct refresh *refresh);

#endif
