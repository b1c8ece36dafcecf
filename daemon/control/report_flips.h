/* The flips of a report: for each candidate of a group against its baseline, by the primary metric.
 * Runs on a reader of the database; reads the numbers of the whole group, and the texts of those
 * cases that are shown, one after the other. */
#ifndef DAEMON_CONTROL_REPORT_FLIPS_H
#define DAEMON_CONTROL_REPORT_FLIPS_H

#include "daemon/report/render.h"

/* Into render->out. Nothing of a group without a comparison. */
int report_flips(struct store *store, const struct group_record *group,
                 const struct render *render) AS_MUST_USE;

#endif
