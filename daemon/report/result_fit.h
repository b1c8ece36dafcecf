/* A result that is told in one line of the protocol: of very many candidates and checks with long
 * names, what there is no room for is left out of the telling, the least important first. The store
 * keeps all of it, and the reports that come in pages show it. */
#ifndef DAEMON_REPORT_RESULT_FIT_H
#define DAEMON_REPORT_RESULT_FIT_H

#include "lib/json.h"

/* Leaves out of the verdicts' checks what is needed to get the run's JSON below max_bytes: those
 * that were not asked for, then those that passed, then the evidence, then those that are undecided
 * where others fail, then all but the first ones. So the outcome of a verdict follows from the
 * checks that are left, where any is. A verdict says how many it lacks: `checks_left_out`. Its
 * outcome, its sentence and its advice stay. */
void result_fit(struct as_json *run, size_t max_bytes);

#endif
