/* A plugin's own examples: run like rows, compared with what they say should come out. */
#ifndef WORKER_EXAMPLES_H
#define WORKER_EXAMPLES_H

#include "worker/jobs.h"

/* Runs the example call->row->example_index (from 0). Raises with "expected ..., got ..." when it
 * does not come out. */
void examples_run(lua_State *L, struct call *call);

#endif
