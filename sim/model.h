/* The stand-in models: what a name promises, and whether a model gets a task right.
 *
 *   sim-q95, sim-q90, ... sim-qNN   right on NN % of all tasks
 *   sim-slow-q90                    the same, ten times as slow
 *   sim-echo, sim-empty, sim-refuse repeats the prompt; answers nothing; refuses
 *   sim-judge, sim-judge-q90        answers judge questions; right always, or 90 % of the time
 * "-xyz" behind a quality names a sibling of the same quality with other errors (sim-q90-b);
 * "+fault=KIND:RATE[:PARAM]" gives one model a fault of its own. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "lib/buf.h"
#include "sim/fault.h"

#include <stdbool.h>
#include <stdint.h>

enum model_kind { MODEL_SOLVER, MODEL_ECHO, MODEL_EMPTY, MODEL_REFUSE };

struct model {
    enum model_kind kind;
    unsigned quality_percent;
    bool is_slow, is_judge;
    uint64_t identity;  /* of the name without its fault */
    struct fault fault; /* FAULT_NONE: none of its own */
};

/* AS_ENOENT when there is no such model. */
int model_find(struct as_str name, struct model *ret_model) AS_MUST_USE;

/* Models that are no longer as good as their names say, as when a vendor changes one in silence. */
#define MODEL_CHANGES_MAX 8

struct model_changes {
    size_t count;
    struct {
        uint64_t identity;
        unsigned quality_percent;
    } items[MODEL_CHANGES_MAX];
};

/* A second change of a model replaces the first; AS_ELIMIT when the set is full. */
int model_changes_add(struct model_changes *changes, const struct model *model,
                      unsigned quality_percent) AS_MUST_USE;
void model_changes_apply(const struct model_changes *changes, struct model *model);

/* Right with probability quality_percent over tasks, and the same each time for one task. Two
 * models share a task's difficulty in about half of the cases, so that their errors come together
 * more often than by chance. */
bool model_is_right(const struct model *model, uint64_t seed, uint64_t task);
/* A number for what is free in an answer: which wrong one, how long the reasoning. */
uint64_t model_noise(const struct model *model, uint64_t seed, uint64_t task);

#endif
