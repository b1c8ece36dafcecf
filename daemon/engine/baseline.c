/* The eval as its file has it is shared by all; what a start changes is a copy of the struct. */
#include "daemon/engine/baseline.h"

#include "daemon/model/recording.h"

#include <string.h>

bool baseline_apply(const struct eval_def *eval, const struct baseline_pin *pin,
                    struct eval_def *ret_eval)
{
    if (!strcmp(eval->baseline, pin->model))
        return false;
    *ret_eval = *eval;
    ret_eval->baseline = pin->model;
    ret_eval->candidate_count = 0;
    for (size_t i = 0; i < eval->candidate_count; i++)
        if (strcmp(eval->candidates[i], pin->model) != 0)
            ret_eval->candidates[ret_eval->candidate_count++] = eval->candidates[i];
    if (!ret_eval->candidate_count && strcmp(eval->baseline, RECORDING_PRODUCTION) != 0)
        ret_eval->candidates[ret_eval->candidate_count++] = eval->baseline;
    return true;
}

char *baseline_sentence(const struct eval_def *eval, const struct baseline_pin *pin,
                        const struct eval_def *changed, struct as_arena *arena)
{
    bool is_turned = eval->candidate_count && changed->candidate_count == 1 &&
                     !strcmp(changed->candidates[0], eval->baseline);
    return as_arena_printf(arena,
                           "the baseline is '%s', set by %s, in the place of '%s' of the file%s%s",
                           pin->model, pin->who, eval->baseline,
                           is_turned ? ", which is the candidate now, for no other is left" : "",
                           changed->candidate_count ? "" : "; no candidate is left beside it");
}
