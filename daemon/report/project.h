/* What a model would cost in production, from what its answers cost in a run: so many requests a
 * day, a month of 30.44 days (365.25 / 12).
 *
 * The cases stand for production's requests: that they do is the caller's claim. The judge is paid
 * by evals alone and stands apart. Reads the group from the store; runs on a pool thread. */
#ifndef DAEMON_REPORT_PROJECT_H
#define DAEMON_REPORT_PROJECT_H

#include "daemon/report/table.h"
#include "lib/json.h"

#define PROJECT_MONTH_DAYS 30.44

struct project_question {
    double requests_per_day; /* above 0 */
    bool has_judge;          /* the run asked one */
};

/* Adds requests_per_day, days_per_month, members, judge and notes, shaped as
 * docs/control-protocol.md has them under run.project, to json. */
int report_project(struct store *store, const struct report_spec *spec,
                   const struct project_question *question, struct as_json *json,
                   struct as_err *err) AS_MUST_USE;

#endif
