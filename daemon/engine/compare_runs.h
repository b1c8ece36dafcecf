/* run.compare: members of one run group, or of two, compared on a metric, from what the store
 * holds.
 *
 * Which members, and whether they may be compared, is run_sides.h. Forced, the answer says so, and
 * past what. A report of a run that is in the database stands for that run; of any other only the
 * means are there to be compared, without pairing. Runs on a pool thread. */
#ifndef DAEMON_ENGINE_COMPARE_RUNS_H
#define DAEMON_ENGINE_COMPARE_RUNS_H

#include "daemon/engine/run_sides.h"
#include "lib/json.h"

struct compare_request { /* borrowed */
    struct sides_request sides;
    /* What run.show told of a run, in the place of the first one: then sides.run is the second.
     * NULL: it is two runs, or one. */
    const struct as_json *report;
};

/* AS_ENOENT: no such run; AS_EINVAL: no such member or metric; AS_ESTATE: one has not ended, or
 * they differ in what matters. *ret_json is the result of run.compare. */
int compare_runs(struct store *store, const struct compare_request *request,
                 struct as_json **ret_json, struct as_err *err) AS_MUST_USE;

#endif
