/* Re-scoring: the stored outputs of run groups through another version of a scorer. No model is
 * called, and a group's own rows, scores and verdict stay as they are.
 *
 * engine_rescore keeps what it finds as a score set beside the group's own scores (store,
 * score_sets.h); engine_shadow looks at the last groups that used the scorer and keeps nothing.
 * Both answer with what moved, and with the verdict as it was and as it would have been. Used by
 * daemon/control. Belongs to the loop's thread. */
#ifndef DAEMON_ENGINE_RESCORE_H
#define DAEMON_ENGINE_RESCORE_H

#include "daemon/engine/engine.h"

#define RESCORE_LIVE_MAX 4 /* at a time: each is a worker at full load */
#define RESCORE_SHADOW_GROUPS 10

/* Fires once, on a later turn. result is that of run.rescore or plugin.shadow; NULL: err says why.
 */
typedef void (*rescore_done_fn)(void *ctx, struct as_json *result_take, const struct as_err *err);

struct rescore_request {
    int64_t run;
    const char *selector; /* of a live scorer */
    const char *metric;   /* NULL: the only one of the group that the scorer made */
    const char *requested_by;
};
/* Refused (no such scorer, a rubric, too many under way): done never fires. *ret_id is for
 * engine_rescore_cancel. */
int engine_rescore(struct engine *engine, const struct rescore_request *request,
                   rescore_done_fn done, void *ctx, uint64_t *ret_id,
                   struct as_err *err) AS_MUST_USE;

/* The last groups that have a result and used the scorer, the newest first. */
int engine_shadow(struct engine *engine, const char *selector, uint32_t group_count,
                  rescore_done_fn done, void *ctx, uint64_t *ret_id,
                  struct as_err *err) AS_MUST_USE;

/* done fires with AS_ECANCELED; what was stored of the set is dropped. Unknown ids are passed over.
 */
void engine_rescore_cancel(struct engine *engine, uint64_t id);
void engine_rescore_stop(struct engine *engine); /* cancels all; for engine_stop */

#endif
