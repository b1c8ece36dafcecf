/* How an eval weighs quality against cost and latency: the rank section of its file, or the options
 * of `run rank`.
 *
 * Plain data: config fills it from YAML, a run group pins it, daemon/report makes composite scores
 * of it. Weights are relative: a composite divides by their sum. A range is written worst first and
 * best second, so a range of cost or latency runs downwards: {worst 0.01, best 0}. Ranges are
 * fixed, never taken from the models at hand: then a third model could turn the order of two others
 * round (tests/golden/README.md, section 10). Quality is a share of 1, cost dollars of an answer,
 * latency milliseconds of the 95th percentile. */
#ifndef DAEMON_MODEL_RANK_RULES_H
#define DAEMON_MODEL_RANK_RULES_H

#include "lib/json.h"

enum rank_axis { RANK_QUALITY, RANK_COST, RANK_LATENCY, RANK_AXES };
const char *rank_axis_name(enum rank_axis axis); /* "quality", "cost", "latency" */

struct rank_range {
    double worst, best; /* NaN: not given */
};

struct rank_rules {
    double weights[RANK_AXES]; /* 0: the axis does not count */
    struct rank_range ranges[RANK_AXES];
};

void rank_rules_init(struct rank_rules *rules); /* nothing is weighed */
bool rank_rules_are_set(const struct rank_rules *rules);

/* What is wrong with them together. AS_EINVAL with a sentence, the axis that it is about
 * (RANK_AXES: all of them) and whether its range is; a caller names the key. */
struct rank_problem {
    enum rank_axis axis;
    bool is_range;
};
int rank_rules_check(const struct rank_rules *rules, struct rank_problem *ret_problem,
                     struct as_err *err) AS_MUST_USE;

/* "quality=0.7" into weights, "cost=0.01:0" into ranges. AS_EINVAL. */
int rank_rules_add_weight(struct rank_rules *rules, const char *text,
                          struct as_err *err) AS_MUST_USE;
int rank_rules_add_range(struct rank_rules *rules, const char *text,
                         struct as_err *err) AS_MUST_USE;

/* {weights: {axis: number}, ranges: {axis: [worst, best]}} of the axes that count; NULL when
 * nothing is weighed. */
struct as_json *rank_rules_to_json(const struct rank_rules *rules);
/* NULL, as groups of before have it, weighs nothing. AS_EINVAL: what to_json would not write. */
int rank_rules_from_json(const struct as_json *json, struct rank_rules *ret_rules) AS_MUST_USE;

#endif
