/* The checks of the gate, one function each behind one table; gate.c runs the table.
 *
 * Inside daemon/gate only. A check reads the context and fills its own gate_check; what it measures
 * for the detail is already there (gate_measure). Nothing here allocates except the strata. */
#ifndef DAEMON_GATE_CHECK_H
#define DAEMON_GATE_CHECK_H

#include "daemon/gate/gate.h"

/* What every check may read. The verdict's counts, compare and detail are filled before checks
 * run. */
struct gate_context {
    const struct gate_rules *rules;
    const struct gate_input *input;
    const struct stats_pairs *pairs;
    enum stats_policy policy;
    struct gate_verdict *verdict;
};

void gate_run_check(const struct gate_context *context, enum gate_check_id id);

/* What checks are made of: their word and sentence, and their evidence. */
void gate_say(struct gate_check *check, enum gate_outcome outcome, const char *fmt, ...)
    AS_PRINTF(3, 4);
void gate_add_evidence(struct gate_check *check, size_t case_index);

#endif
