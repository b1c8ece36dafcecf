/* run.compare: members of one run group, or of two, compared on a metric, from what the store
 * holds.
 *
 * Two groups are compared only when what the metric's scores mean is the same in both
 * (pins_compare.h); else the refusal names what differs. Forced, what can be compared is, and the
 * answer says that it was forced, and past what. Members of the same name are compared when none is
 * named. A report of a run that is in the database stands for that run; of any other only the means
 * are there to be compared, without pairing. Runs on a pool thread. */
#ifndef DAEMON_ENGINE_COMPARE_RUNS_H
#define DAEMON_ENGINE_COMPARE_RUNS_H

#include "daemon/store/store.h"
#include "lib/json.h"

struct compare_request {
    int64_t run;
    int64_t other;                    /* 0, or the run itself: within the run */
    const char *metric;               /* NULL: the primary one of run */
    const char *baseline, *candidate; /* members of run and of other; NULL: see above */
    /* What run.show told of a run, in the place of the first one: then run is the second. NULL: it
     * is two runs, or one. */
    const struct as_json *report;
    bool is_forced;
};

/* AS_ENOENT: no such run; AS_EINVAL: no such member or metric; AS_ESTATE: one has not ended, or
 * they differ in what matters. *ret_json is the result of run.compare. */
int compare_runs(struct store *store, const struct compare_request *request,
                 struct as_json **ret_json, struct as_err *err) AS_MUST_USE;

#endif
