/* A tour of the stored run groups, oldest first, in pieces of work that each let other readers in
 * between: how the journal is counted and verified. Private to daemon/engine. */
#ifndef DAEMON_ENGINE_JOURNAL_TOUR_H
#define DAEMON_ENGINE_JOURNAL_TOUR_H

#include "daemon/engine/engine.h"

struct tour_group {
    struct group_record record;
    struct pins *pins; /* without plugin versions */
};

/* On a pool thread. Positive: again for this group; 0: on to the next one; negative: the end, with
 * *err set or empty (then it is the store's). is_first: the group's first step. */
typedef int (*tour_step_fn)(struct store *store, void *ctx, const struct tour_group *group,
                            bool is_first, struct as_err *err);
/* On the loop, once, on a later turn. */
typedef void (*tour_end_fn)(void *ctx, int rc, const struct as_err *err);

/* run 0: all; else this one alone, or AS_ENOENT. */
void tour_start(struct engine *engine, int64_t run, tour_step_fn step, tour_end_fn end, void *ctx);

#endif
