/* What is told of a model's drift: that it begins or is over, and whose it is (report/cause.h).
 *
 * The newest run of the series is the one that is looked at. Where its anchor was judged before it,
 * a drift begins with its cause unknown; a later run of the anchor gives the cause an event of its
 * own. Private to daemon/engine; runs on a pool thread. */
#ifndef DAEMON_ENGINE_DRIFT_EVENT_H
#define DAEMON_ENGINE_DRIFT_EVENT_H

#include "daemon/config/config.h"
#include "daemon/model/event.h"
#include "daemon/report/series.h"

struct drift_sight {
    struct store *store;
    const struct eval_def *eval; /* as it is in force; NULL: it is not there any more */
    struct series_line line;     /* of one run at least */
};

/* Kind, subject, text and detail of the event, in the arena; all else is left to who tells it.
 * AS_ENOENT: the newest run changes nothing. */
int drift_event_make(const struct drift_sight *sight, struct as_arena *arena,
                     struct event *ret_event, struct as_err *err) AS_MUST_USE;

/* The events of causes that are known now, of all evals that name an anchor: of models that drift
 * by their newest runs and of which another cause was told, or an unknown one. In the arena. */
int drift_causes_find(struct store *store, const struct eval_set *evals, struct as_arena *arena,
                      struct event **ret_events, size_t *ret_count, struct as_err *err) AS_MUST_USE;

#endif
