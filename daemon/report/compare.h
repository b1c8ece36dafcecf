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
    const char *label; /* of the run, for the sentence; NULL: both members are of one run */
    const char *name;  /* of the member */
    size_t member, metric;
};

struct compare_sides {
    struct compare_side baseline, candidate;
    enum gate_policy policy; /* what a model's own failed call counts as */
    size_t parts_max;        /* strata, and tags, that are given; the first in byte order */
};

/* AS_ECORRUPT: a stored score is out of range. */
int compare_members(const struct compare_sides *sides, struct as_json **ret_json,
                    struct as_err *err) AS_MUST_USE;

/* The same of two members of whom only a report is there: their objects in the result, of which the
 * means of the metric are compared as independent ones. */
struct compare_summary { /* borrowed */
    int64_t run;
    const char *label, *name, *metric;
    const struct as_json *member;
};
/* AS_EINVAL: the member has no such metric. */
int compare_summaries(const struct compare_summary *baseline,
                      const struct compare_summary *candidate, struct as_json **ret_json,
                      struct as_err *err) AS_MUST_USE;

/* Adds p_holm to each comparison: p adjusted for how many there are. */
void compare_adjust(struct as_json *comparisons);

#endif
