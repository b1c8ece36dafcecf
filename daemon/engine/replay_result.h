/* Two results of the same exchanges, part by part: the stored one, and what is made of them today.
 *
 * A result that an older assayd made lacks what was added since. That is no difference: new members
 * of objects, checks by a new name, and further warnings are listed apart. What the stored one has
 * must be there and be the same, in value and in order. Pure. */
#ifndef DAEMON_ENGINE_REPLAY_RESULT_H
#define DAEMON_ENGINE_REPLAY_RESULT_H

#include "lib/arena.h"
#include "lib/json.h"

#define REPLAY_LIST_MAX 20 /* differences that an answer names, and new parts */

struct replay_result {
    struct as_json *differences; /* [{at, was, is}]: "members[0].ok" */
    struct as_json *added;       /* [part], each once: "comparisons[].p_holm" */
    struct as_arena arena;
};

/* Appends to both lists, which the caller has made and frees. */
void replay_result_compare(struct replay_result *result, const struct as_json *was,
                           const struct as_json *is);

#endif
