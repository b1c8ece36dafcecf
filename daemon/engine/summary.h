/* One run's summary, as daemon/report/series.h has it, and the events that it gives. Private to
 * daemon/engine; runs on a pool thread. */
#ifndef DAEMON_ENGINE_SUMMARY_H
#define DAEMON_ENGINE_SUMMARY_H

#include "daemon/config/config.h"
#include "daemon/model/event.h"
#include "daemon/store/summaries.h"

struct summary {
    const char *eval;
    struct summary_record record;
    struct event *events;
    size_t event_count;
};

/* evals are those in force, which name anchors. Everything lies in the arena. Only the store's
 * failures are errors. */
int summary_make(struct store *store, const struct eval_set *evals, const struct summary_due *due,
                 struct as_arena *arena, struct summary *ret_summary,
                 struct as_err *err) AS_MUST_USE;

#endif
