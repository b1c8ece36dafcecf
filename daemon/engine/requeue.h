/* Rows that failed are done again: while their group is under way, or after it has ended, which
 * opens it again and makes its verdict anew.
 *
 * Rows that are ok stay. What was paid for and is good is reused from the journal; what made a row
 * fail is not (store/requeue.h). Used by daemon/control. Belongs to the loop's thread. */
#ifndef DAEMON_ENGINE_REQUEUE_H
#define DAEMON_ENGINE_REQUEUE_H

#include "daemon/engine/engine.h"

/* What a requeue means when nothing is said: everything that failed, and what a cancel gave up. */
#define REQUEUE_DEFAULT                                                                           \
    (1u << ROW_MODEL_ERROR | 1u << ROW_TIMEOUT | 1u << ROW_JUDGE_ERROR | 1u << ROW_SCORER_ERROR | \
     1u << ROW_CANCELLED)

struct requeue_request {
    int64_t run;
    unsigned statuses;   /* 1u << enum row_status, never ROW_OK */
    const char *model;   /* NULL = of any member */
    const char *case_id; /* NULL = of any case */
    int64_t sample;      /* -1 = any */
};

/* Fires once, on a later turn. rows are taken out and will be done again; with err (AS_ENOENT: none
 * is meant; AS_ESTATE, AS_EBUSY) none was, or the group cannot be taken up before a restart. */
typedef void (*engine_requeued_fn)(void *ctx, int64_t rows, const struct as_err *err);

void engine_requeue(struct engine *engine, const struct requeue_request *request,
                    const char *action, const struct actor *actor, engine_requeued_fn done,
                    void *ctx);

#endif
