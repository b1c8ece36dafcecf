/* What a report says of a run that its budget stopped: how far it came, and that nothing is decided
 * by a part of the cases, whatever the gate made of it. */
#ifndef DAEMON_REPORT_STOPPED_H
#define DAEMON_REPORT_STOPPED_H

#include "lib/json.h"

#define STOPPED_OUTCOME "undecided"

/* Marks the result (as result.h has it): `stopped`, headline, outcome and every verdict's. Does
 * nothing when over_budget, the rows that were left out, is 0. */
void stopped_mark(struct as_json *result, int64_t over_budget, int64_t total_rows);

#endif
