/* One Lua state in its arena, and the one place that calls into it.
 *
 * A worker has one state for its whole life; it is never closed, because closing runs a script's
 * code. All work happens in bodies: C functions that state_run calls under the worker's only
 * lua_pcall, and that may raise. Errors become text without asking the error value: a hostile
 * __tostring never runs. SIGUSR1 asks the running body to stop: from then on every Lua instruction
 * raises, so no pcall of the script can hold it. A C function that does not return is stopped by
 * the daemon's SIGKILL alone. */
#ifndef WORKER_STATE_H
#define WORKER_STATE_H

#include "lib/job.h"
#include "lib/rng.h"
#include "worker/arena.h"

#include <lua.h>
#include <signal.h>

#define STATE_REASON_BYTES 1024u /* before escaping */

struct state {
    lua_State *L;
    struct arena *arena;
    struct as_rng random; /* math.random and assay.rng, seeded for every row */
    struct as_rng fence;  /* assay.fence: a stream of its own, so that it does not move the other */
    volatile sig_atomic_t is_running;
    bool was_stopped; /* the soft stop raised in this body */
    char reason[STATE_REASON_BYTES];
    size_t reason_len;
};

/* Makes the state with the libraries that scripts see, and installs the SIGUSR1 handler. False: no
 * memory. */
bool state_open(struct state *state) AS_MUST_USE;

/* The state that a Lua function belongs to. Never raises. */
struct state *state_of(lua_State *L);

void state_seed(struct state *state, uint64_t seed);

/* Calls body with arg as its only argument (a light userdata). JOB_OK, JOB_SCRIPT_ERROR, JOB_MEMORY
 * or JOB_TIMEOUT; except for JOB_OK, reason says why. The stack is as before: what the body leaves
 * to its caller goes through arg. Strings of the state stay valid until the next state_run or
 * snapshot_restore. */
enum job_status state_run(struct state *state, lua_CFunction body, void *arg) AS_MUST_USE;

#endif
