/* The result of a run group: per member summaries, per candidate the paired comparison and the
 * gate's verdict, as the JSON that is stored with the group and shown by `run show` and `gate`. Its
 * shape is in docs/control-protocol.md under run.show. A number that is not defined is null. Runs
 * on a pool thread. */
#ifndef DAEMON_REPORT_RESULT_H
#define DAEMON_REPORT_RESULT_H

#include "daemon/report/table.h"
#include "lib/json.h"

struct report_result {
    const char *outcome; /* of the worst candidate: "pass", "fail", "undecided"; NULL: no gate */
    /* outcome, headline, primary, members, comparisons, verdicts, tags, warnings, recommendations,
     * best_of */
    struct as_json *json;
};

/* With looks, of the cases that they left to be compared (result_looks.h). */
int report_build(struct store *store, const struct report_spec *spec,
                 struct report_result *ret_result, struct as_err *err) AS_MUST_USE;
/* The same over the cases and at the interval that spec->looks says. */
int report_build_scoped(struct store *store, const struct report_spec *spec,
                        struct report_result *ret_result, struct as_err *err) AS_MUST_USE;

#endif
