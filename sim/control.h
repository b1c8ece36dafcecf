/* The simulator's own endpoints, for tests and the curious:
 *   GET /_sim/stats          the counters as JSON
 *   POST /_sim/reset         counters back to zero, requests forgotten
 *   POST /_sim/fault         {"kind": "429", "rate": 0.1, "param": 2}: adds or replaces a fault
 *   DELETE /_sim/fault       no more faults
 *   POST, DELETE /_sim/model-faults   the faults that models have by their names: on, off
 *   POST /_sim/seed          {"seed": 17}: from now on the answers of that seed
 *   POST /_sim/quality       {"model": "sim-q90", "percent": 85}: it answers on, but less well
 *   DELETE /_sim/quality     all models are what their names say again
 * Any other path gives 404, a wrong method 405. */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include "sim/handler.h"

/* Changes the options' seed, faults and models. */
void control_answer(const struct handler_request *request, struct handler_options *options,
                    struct counters *counters, struct handler_reply *reply);

#endif
