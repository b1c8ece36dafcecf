/* One row: arguments in, the script's function called, its results read and checked into a reply.
 *
 * The bodies run inside state_run and may raise. An error before is_reading is set is the script's
 * or its arguments' (script_error); after it, what the script returned is against its contract
 * (bad_result). The reply's texts are the Lua state's and not escaped yet; they last until the heap
 * is restored. */
#ifndef WORKER_JOBS_H
#define WORKER_JOBS_H

#include "lib/job.h"
#include "worker/manifest.h"

#include <lua.h>

struct call {
    const struct plugin *plugin;
    const struct job_row *row;
    struct job_reply *reply;
    bool is_reading;
};

/* The body for a row of any kind; its argument is a struct call. */
int jobs_body(lua_State *L);

/* Pushes the plugin's function of this name, for jobs_call below. [-0, +1] */
void jobs_push_function(lua_State *L, const char *name);

/* Calls the function below its count arguments and reads its first two results into call->reply.
 * They stay on the stack, because the reply borrows from them. [-(count + 1), +some] */
void jobs_call(lua_State *L, struct call *call, enum job_kind kind, int count);

/* The output table that scripts see. [-0, +1] */
void jobs_push_output(lua_State *L, const struct job_output *output);

#endif
