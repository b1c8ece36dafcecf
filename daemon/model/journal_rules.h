/* The journal section of an eval: whose exchanges may answer a run's calls.
 *
 * Plain data: config fills it from YAML, run.start may say otherwise, a run group pins it, engine
 * and transport go by it. */
#ifndef DAEMON_MODEL_JOURNAL_RULES_H
#define DAEMON_MODEL_JOURNAL_RULES_H

#include "lib/json.h"

#include <stdint.h>

enum journal_policy {
    JOURNAL_LIVE,  /* "live": this group's own alone; how a restart resumes */
    JOURNAL_CACHE, /* "cache": also good replies to the same request that another group paid for */
    JOURNAL_REPLAY /* "replay": as cache, but nothing is ever called: a miss ends the run */
};
const char *journal_policy_name(enum journal_policy policy);
int journal_policy_from(const char *name, enum journal_policy *ret_policy) AS_MUST_USE;

#define JOURNAL_CACHE_MAX_AGE_MS (7ll * 86400 * 1000) /* unless it is said otherwise */

struct journal_rules {
    enum journal_policy policy;
    int64_t max_age_ms; /* of a reused reply; 0 = any age */
    /* Only the exchanges of this run, row by row and whatever came of them: `run replay`. 0 = any
     * run's. */
    int64_t of_run;
};

struct as_json *journal_rules_to_json(const struct journal_rules *rules);
/* NULL, as groups of before have it, is live. AS_EINVAL: an unknown word. */
int journal_rules_from_json(const struct as_json *json,
                            struct journal_rules *ret_rules) AS_MUST_USE;

#endif
