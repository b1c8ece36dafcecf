/* What the parts of run.compare share. Inside daemon/engine only. */
#ifndef DAEMON_ENGINE_COMPARE_OWN_H
#define DAEMON_ENGINE_COMPARE_OWN_H

#include "daemon/engine/compare_runs.h"
#include "daemon/engine/pinned_report.h"
#include "daemon/engine/pins_compare.h"

#define COMPARE_UNPAIRED                                                                          \
    "UNPAIRED: the report's run is not in this database, so means are compared and not cases; a " \
    "paired comparison would tell more. Failed calls are in neither mean"

struct compare_group { /* one of the two; texts in the arena */
    struct group_record group;
    const char *label; /* "run 3", "the report of run 3" */
    struct pins *pins;
    struct pinned_report report;
    struct table table;
    bool is_loaded;
    const struct as_json *summary; /* of its members, where there are no scores by case */
    struct as_json *result;        /* what summary borrows from; NULL: the request's report */
    size_t metric;
};

struct couple { /* members, by index */
    size_t baseline, candidate;
};

struct comparing {
    struct store *store;
    const struct compare_request *request;
    struct compare_group groups[2];
    struct compare_group *a, *b; /* the same one within a run */
    struct couple couples[PINS_MAX_MEMBERS];
    size_t couple_count;
    struct pins_differences differences;
    struct as_arena arena;
    struct as_err *err;
};

/* Reads a run that has ended. */
int compare_open_run(struct comparing *on, int64_t run,
                     struct compare_group *ret_group) AS_MUST_USE;
/* Both groups, when a report stands for the first: the run itself where it is in this database,
 * else what the report tells of it. */
int compare_open_report(struct comparing *on) AS_MUST_USE;
/* One comparison object from the groups' summaries. */
int compare_couple_summaries(struct comparing *on, const struct couple *couple,
                             struct as_json **ret_json) AS_MUST_USE;

#endif
