/* A baseline that a person set, put in the place of the one of the eval's file. Pure. Private to
 * daemon/engine. */
#ifndef DAEMON_ENGINE_BASELINE_H
#define DAEMON_ENGINE_BASELINE_H

#include "daemon/model/eval.h"
#include "daemon/store/baselines.h"

/* *ret_eval is eval with that baseline, and without it among the candidates; when none is left, the
 * file's baseline is the candidate, unless it is what production answered, which cannot be one.
 * Borrows from both. False: the file has that baseline itself, and *ret_eval is not written. */
bool baseline_apply(const struct eval_def *eval, const struct baseline_pin *pin,
                    struct eval_def *ret_eval);
/* What that changed, in a sentence. changed is what baseline_apply gave. */
char *baseline_sentence(const struct eval_def *eval, const struct baseline_pin *pin,
                        const struct eval_def *changed, struct as_arena *arena);

#endif
