/* One candidate's verdict: the gate is asked with the table's numbers, and its word written down.
 * Inside daemon/report only. */
#ifndef DAEMON_REPORT_RESULT_VERDICT_H
#define DAEMON_REPORT_RESULT_VERDICT_H

#include "daemon/report/table.h"
#include "lib/json.h"

/* AS_EINVAL: a stored score is out of range. Release with gate_verdict_done. */
int result_judge(const struct table *table, const struct report_spec *spec, size_t candidate,
                 struct gate_verdict *ret_verdict) AS_MUST_USE;

/* NULL when the eval asks for no check at all: nothing was asked, so nothing passed. */
const char *result_outcome_of(const struct gate_verdict *verdict);
struct as_json *result_verdict_json(const struct table *table, const struct report_spec *spec,
                                    size_t candidate, const struct gate_verdict *verdict);

#endif
