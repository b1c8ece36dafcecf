/* Promotion: a model is put in force for an eval by the evidence of one of its runs, or taken back.
 *
 * A run is evidence when it has ended, when its gate passed for that model, and when its pins are
 * what a run that started now would pin. What is not so is told in full, and keeps the model from
 * being promoted unless a person overrides it with a reason, which every report since repeats. The
 * row in the store is what holds; the pointer file (pointer_file.h) follows it, and is made again
 * from it at every start. */
#ifndef DAEMON_ENGINE_PROMOTE_H
#define DAEMON_ENGINE_PROMOTE_H

#include "daemon/engine/engine.h"
#include "daemon/store/promotions.h"

struct promote_request {         /* everything is copied */
    struct eval_set *evals;      /* a reference is taken */
    const struct eval_def *eval; /* one of them */
    int64_t run;
    const char *model;  /* a member of the run */
    const char *reason; /* of an override; NULL: nothing is overridden */
    struct actor actor;
};

/* answer is the callback's to free: {promoted, already, eval, model, run, outcome, override,
 * against: [sentence], file}; promoted false: against says why, and nothing was changed. NULL: err
 * says why: AS_ENOENT, AS_EINVAL (another eval's run, no member), AS_ESTATE (it has not ended), or
 * the store's and the file's own. */
typedef void (*promoted_fn)(void *ctx, struct as_json *answer, const struct as_err *err);
void engine_promote(struct engine *engine, const struct promote_request *request, promoted_fn done,
                    void *ctx);

/* The pointer file as the store has it. On a pool thread. */
int promote_point(struct store *store, const char *promoted_dir, const char *eval,
                  struct as_err *err) AS_MUST_USE;
/* The folder, and the same for every eval: a crash may have come between row and file. What fails
 * is logged. */
void promote_mend(struct db *db, const char *promoted_dir, void (*done)(void *ctx), void *ctx);

/* What the pointer file holds. */
struct as_json *promotion_pointer_json(const struct promotion *promotion);
/* "OVERRIDE: 'small' was promoted for support-triage with run 3 by uid 1000 on ...". */
const char *promotion_override_text(const struct promotion *promotion, struct as_arena *arena);

#endif
