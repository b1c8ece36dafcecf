/* Makes the summary of each run that is done (store/summaries.h), and compares it, by all metrics,
 * with the run that is pinned for its eval.
 *
 * What is due is asked of the store, one run at a time, and written in a transaction of its own
 * with the events that it gives (drift, a returned model id that changed, a reference that cannot
 * be compared any more): after a crash it goes on where it was. A new pin makes the newest runs due
 * again, in silence. When nothing is due, and an anchor has been judged or other evals are in
 * force, the causes of drifts that are known now are told (engine/drift_event.h). Belongs to the
 * loop's thread; the work is done on the pool. */
#ifndef DAEMON_ENGINE_SUMMARIES_H
#define DAEMON_ENGINE_SUMMARIES_H

#include "daemon/config/config.h"
#include "daemon/engine/events.h"

struct summaries;

struct summaries *summaries_new(struct db *db, struct events *events);
void summaries_free(struct summaries *summaries); /* only when it is idle */
/* The evals in force, which name the anchors (engine/anchor.h) of what is made from now on. Nothing
 * is made before the first ones. */
void summaries_set_evals(struct summaries *summaries, struct eval_set *evals);
/* A run ended, or a pin was set: what is due now is made, on later turns. */
void summaries_look(struct summaries *summaries);
/* No further one is begun. */
void summaries_stop(struct summaries *summaries);
bool summaries_is_idle(const struct summaries *summaries);
/* Something is being made, or is to be: what the store has may lack the newest run. */
bool summaries_are_pending(const struct summaries *summaries);

#endif
