/* What the parts of run.compare share. Inside daemon/engine only. */
#ifndef DAEMON_ENGINE_COMPARE_OWN_H
#define DAEMON_ENGINE_COMPARE_OWN_H

#include "daemon/engine/compare_runs.h"

#define COMPARE_UNPAIRED                                                                          \
    "UNPAIRED: the report's run is not in this database, so means are compared and not cases; a " \
    "paired comparison would tell more. Failed calls are in neither mean"

struct comparing {
    struct store *store;
    const struct compare_request *request;
    struct run_sides sides;
    struct table tables[2]; /* of a and b */
    bool is_loaded[2];
    /* Of the members of a and b, where there are no scores by case. */
    const struct as_json *summaries[2];
    struct as_json *result; /* what that of b borrows from */
    struct as_err *err;
};

/* Both sides, when a report stands for the first: the run itself where it is in this database, else
 * what the report tells of it. */
int compare_open_report(struct comparing *on) AS_MUST_USE;
/* One comparison object from the summaries. */
int compare_couple_summaries(struct comparing *on, const struct run_couple *couple,
                             struct as_json **ret_json) AS_MUST_USE;

#endif
