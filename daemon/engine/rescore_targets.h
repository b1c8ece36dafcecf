/* Which groups and metrics a re-scoring is about: those that a version of the same scorer made.
 * Private to daemon/engine; runs on a pool thread. */
#ifndef DAEMON_ENGINE_RESCORE_TARGETS_H
#define DAEMON_ENGINE_RESCORE_TARGETS_H

#include "daemon/engine/pins.h"

struct rescore_target {
    int64_t run, dataset_id, case_count;
    struct pins *pins; /* its own, without plugin versions */
    uint32_t metric;
};

struct rescore_targets { /* {0} is an empty list */
    struct rescore_target *at;
    size_t count;
};
void rescore_targets_done(struct rescore_targets *targets);

/* One target. metric may be NULL: the only one that the scorer made. AS_ENOENT, AS_ESTATE (the run
 * has not ended), AS_EINVAL (several). */
int rescore_targets_of_run(struct store *store, int64_t run, const char *plugin, const char *metric,
                           struct rescore_targets *targets, struct as_err *err) AS_MUST_USE;
/* Of the last group_count groups that are done and used the scorer, the newest first. */
int rescore_targets_of_last(struct store *store, const char *plugin, uint32_t group_count,
                            struct rescore_targets *targets, struct as_err *err) AS_MUST_USE;

#endif
