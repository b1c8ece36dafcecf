/* What a live group is doing now: its calls one by one, and what it waits for. Reads the rows under
 * way and changes nothing. Used by daemon/control. Belongs to the loop's thread. */
#ifndef DAEMON_ENGINE_LIVE_H
#define DAEMON_ENGINE_LIVE_H

#include "daemon/engine/engine.h"
#include "daemon/model/why.h"

struct live_call {
    struct as_str case_id; /* borrowed until the next turn of the loop, as is model */
    int64_t case_seq;
    const char *model; /* the member's name, for the judge's calls too */
    uint32_t sample;
    bool is_judge;
    struct transport_call call;
};

/* The calls that rows wait for, the oldest first, in the arena. AS_ENOENT: no such live group. */
int engine_calls(const struct engine *engine, int64_t run, struct as_arena *arena,
                 struct live_call **ret_calls, size_t *ret_count) AS_MUST_USE;

/* Sorted. Who paused it is for the caller to add. AS_ENOENT: no such live group. */
int engine_why(const struct engine *engine, int64_t run, struct why_facts *ret_facts) AS_MUST_USE;

#endif
