/* What a reader of the result should know before he believes it: answers or scores that are all the
 * same on both sides, a judge of the family that it judges, names of models that move. Adds to the
 * result's warnings, and to each member which ids its API returned. */
#ifndef DAEMON_REPORT_RESULT_WARNINGS_H
#define DAEMON_REPORT_RESULT_WARNINGS_H

#include "daemon/report/table.h"
#include "lib/json.h"

#define RESULT_IDS_MAX 20 /* returned ids that are told of a member */

int result_warn(struct store *store, const struct report_spec *spec, struct as_json *result,
                struct as_err *err) AS_MUST_USE;

#endif
