/* run replay: a finished run group is derived again from its own exchanges, cases and plugin
 * sources, all out of the store, and what came out is compared with what it was.
 *
 * The replay is a run group like any other, with the pins of the original and the journal rule
 * "replay, of that run": it is driven by the same engine, survives a restart and stays in the list.
 * It needs no key, no plugin file and no network. Belongs to the loop's thread. */
#ifndef DAEMON_ENGINE_REPLAY_H
#define DAEMON_ENGINE_REPLAY_H

#include "daemon/engine/engine.h"

struct replay_request {
    int64_t run;
    const char *requested_by, *why; /* why may be NULL */
};
/* AS_ENOENT: no such run; AS_ESTATE: it is not done, or a replay itself. */
void engine_replay(struct engine *engine, const struct replay_request *request,
                   engine_started_fn done, void *ctx);

/* result_take is run.replay_check's; NULL: err says why not. */
typedef void (*replay_checked_fn)(void *ctx, struct as_json *result_take, const struct as_err *err);
/* Compares every row with its scores, and the result. AS_ENOENT; AS_ESTATE: no replay, or it has
 * not ended. */
void engine_replay_check(struct engine *engine, int64_t run, replay_checked_fn done, void *ctx);

#endif
