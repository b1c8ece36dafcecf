/* The simulator's own endpoints, for tests and the curious:
 *   GET /_sim/stats          the counters as JSON
 *   POST /_sim/reset         counters back to zero, requests forgotten
 *   POST /_sim/fault         {"kind": "429", "rate": 0.1, "param": 2}: adds or replaces a fault
 *   DELETE /_sim/fault       no more faults
 * Any other path gives 404, a wrong method 405. */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include "sim/handler.h"

void control_answer(const struct handler_request *request, struct fault_set *faults,
                    struct counters *counters, struct handler_reply *reply);

#endif
