/* `run plan`: what a run would take, without a call: calls, tokens, dollars, time, what could be
 * reused, what so many cases can show, and what its budget says to that. */
#ifndef DAEMON_ENGINE_PLAN_H
#define DAEMON_ENGINE_PLAN_H

#include "daemon/engine/pins.h"
#include "daemon/engine/selection.h"

#define PLAN_PAST_RUNS 10 /* of the eval, the newest: where means are looked for */

struct plan_spec {
    const struct pins *pins;
    int64_t dataset_id;
    const struct selection *selection; /* of its cases */
    int64_t now_ms;
};

/* On a pool thread. The result is what run.plan answers. */
int plan_make(struct store *store, const struct plan_spec *spec, struct as_json **ret_plan,
              struct as_err *err) AS_MUST_USE;

#endif
