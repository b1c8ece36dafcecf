/* What differs between the pins of two run groups, part by part, seen from one metric: asked before
 * their scores are compared.
 *
 * A part matters when it changes what the metric's scores mean: the dataset, the version and
 * parameters of what scores, the judge, the system prompt, samples, and what a failed call counts
 * as. All else (other metrics, prices, limits, the rest of the gate) is told and nothing more.
 * Pure. */
#ifndef DAEMON_ENGINE_PINS_COMPARE_H
#define DAEMON_ENGINE_PINS_COMPARE_H

#include "daemon/engine/pins.h"

#define PINS_DIFFERENCES_MAX 64

struct pins_view { /* borrowed */
    const struct pins *pins;
    size_t metric;      /* index of the metric that is compared */
    int64_t case_count; /* of the group: max_cases applied */
};

struct pins_difference {
    const char *part;   /* "dataset", "params of exact_match" */
    const char *a, *b;  /* its value on either side, cut to where they differ */
    const char *remedy; /* NULL: it does not matter for this comparison */
};

/* Those that matter first. Texts lie in the arena that pins_compare was given. */
struct pins_differences {
    struct pins_difference items[PINS_DIFFERENCES_MAX];
    size_t count, matter_count;
};

void pins_compare(const struct pins_view *a, const struct pins_view *b, struct as_arena *arena,
                  struct pins_differences *ret_differences);

/* Only what makes the judge another one: version and params of the rubric, the judge, its params
 * and its provider plugin. Both have a rubric, of whatever name. */
void pins_compare_judge(const struct pins *a, const struct pins *b, struct as_arena *arena,
                        struct pins_differences *ret_differences);

/* Adds, as what does not matter, how a member of the same name is another model than it was: that
 * is what is compared. */
void pins_compare_member(const struct pin_model *a, const struct pin_model *b,
                         struct as_arena *arena, struct pins_differences *differences);

/* What of a run's pins is another than in `now`, the pins of a run that started at present with the
 * run's candidate `member` as its only one: all that bears on the gate's word on that candidate,
 * each with a remedy. Budget, journal and priority do not. */
void pins_compare_current(const struct pins_view *run, size_t member, const struct pins_view *now,
                          struct as_arena *arena, struct pins_differences *ret_differences);

#endif
