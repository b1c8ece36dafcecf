/* Re-scoring: the stored outputs of run groups through another version of a scorer. No model is
 * called, and a group's own rows, scores and verdict stay as they are.
 *
 * A re-scoring of one run keeps what it finds as a score set beside the group's own scores (store,
 * score_sets.h); a shadow looks at the last groups that used the scorer and keeps nothing. Both
 * answer with what moved, and with the verdict as it was and as it would have been. Used by
 * daemon/control. Belongs to the loop's thread. */
#ifndef DAEMON_ENGINE_RESCORE_H
#define DAEMON_ENGINE_RESCORE_H

#include "daemon/engine/engine.h"

#define RESCORE_LIVE_MAX 4 /* at a time: each is a worker at full load */
#define RESCORE_SHADOW_GROUPS 10
#define RESCORE_PROGRESS_PER_S 5

/* How far one is; texts are borrowed for the call. */
struct rescore_progress {
    int64_t run;          /* 0: a shadow */
    const char *selector; /* whose scores they will be */
    const char *metric;   /* the one at hand */
    const char *requested_by;
    int64_t done, total;      /* rows; of a shadow, those of all its groups */
    double rows_per_s, eta_s; /* NaN before they are known */
};

/* Fires once, on a later turn. result is that of run.rescore or plugin.shadow; NULL: err says why.
 */
typedef void (*rescore_done_fn)(void *ctx, struct as_json *result_take, const struct as_err *err);

typedef void (*rescore_progress_fn)(void *ctx, const struct rescore_progress *progress);

struct rescore_request {
    int64_t run;          /* 0: a shadow */
    uint32_t group_count; /* of a shadow: the last that have a result and used the scorer */
    const char *selector; /* of a live scorer */
    const char *metric;   /* NULL: the only one of the group that the scorer made */
    struct actor actor;
    rescore_done_fn done;
    rescore_progress_fn on_progress; /* at most RESCORE_PROGRESS_PER_S a second, before done */
    void *ctx;
};
/* Refused (no such scorer, a rubric, too many under way): done never fires. *ret_id is for
 * engine_rescore_cancel. */
int engine_rescore(struct engine *engine, const struct rescore_request *request, uint64_t *ret_id,
                   struct as_err *err) AS_MUST_USE;
/* Those under way that have begun to score, the newest first. */
void engine_rescores_each(const struct engine *engine, rescore_progress_fn fn, void *ctx);

/* done fires with AS_ECANCELED; what was stored of the set is dropped. Unknown ids are passed over.
 */
void engine_rescore_cancel(struct engine *engine, uint64_t id);
void engine_rescore_stop(struct engine *engine); /* cancels all; for engine_stop */

#endif
