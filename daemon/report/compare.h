/* One member's scores against another's, case by case, as an object of run.compare: members of one
 * run group, or of two. Across groups cases are paired by their ids; what only one group has is
 * counted and left out.
 *
 * Scores come from tables (table.h), so that the numbers are those of the stored results. Runs on a
 * pool thread. */
#ifndef DAEMON_REPORT_COMPARE_H
#define DAEMON_REPORT_COMPARE_H

#include "daemon/report/table.h"
#include "lib/json.h"

struct compare_side { /* borrowed */
    const struct table *table;
    int64_t run;
    const char *name; /* of the member */
    size_t member, metric;
};

struct compare_sides {
    struct compare_side baseline, candidate;
    enum gate_policy policy; /* what a model's own failed call counts as */
};

/* AS_ECORRUPT: a stored score is out of range. */
int compare_members(const struct compare_sides *sides, struct as_json **ret_json,
                    struct as_err *err) AS_MUST_USE;

/* Adds p_holm to each comparison: p adjusted for how many there are. */
void compare_adjust(struct as_json *comparisons);

#endif
