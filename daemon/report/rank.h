/* Quality against cost and latency: which members of a run are on the Pareto front, who dominates
 * whom, and one number out of three where weights and ranges are declared
 * (tests/golden/README.md, section 10).
 *
 * Quality is the mean of the primary metric over the member's own cases, by the gate's failure
 * policy; cost that of one answer (expense.h); latency the 95th percentile. A member without a cost
 * or a latency, which others have, is not comparable: it neither dominates nor is dominated. What
 * no member has is no axis. Reads the group from the store; runs on a pool thread. */
#ifndef DAEMON_REPORT_RANK_H
#define DAEMON_REPORT_RANK_H

#include "daemon/model/rank_rules.h"
#include "daemon/report/table.h"
#include "lib/json.h"

struct rank_question {
    const struct rank_rules *rules; /* that weigh nothing: there is no composite */
    bool is_pinned; /* they are the group's own; else someone chose them later, which is said */
};

/* Adds axes, members, composite and notes, shaped as docs/control-protocol.md has them under
 * run.rank, to json. */
int report_rank(struct store *store, const struct report_spec *spec,
                const struct rank_question *question, struct as_json *json,
                struct as_err *err) AS_MUST_USE;

#endif
