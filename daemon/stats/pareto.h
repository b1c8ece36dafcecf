/* Quality against cost and latency (tests/golden/README.md, section 10): who is dominated, and one
 * score by declared weights. Prefer fixed ranges: with ranges taken from the models at hand
 * (minmax), the order of two models can change because a third one joins. */
#ifndef DAEMON_STATS_PARETO_H
#define DAEMON_STATS_PARETO_H

#include <stdbool.h>
#include <stddef.h>

enum stats_axis { STATS_AXIS_QUALITY, STATS_AXIS_COST, STATS_AXIS_LATENCY, STATS_AXES };

struct stats_point {
    double value[STATS_AXES]; /* quality: more is better; cost, latency: less is better */
};

struct stats_axis_range {
    double worst;
    double best;
};

/* True when a is at least as good as b everywhere, and better somewhere. */
bool stats_dominates(const struct stats_point *a, const struct stats_point *b);

/* True when no other point is at least as good everywhere and better somewhere. */
bool stats_is_pareto(const struct stats_point *points, size_t n, size_t index);

/* The weighted mean of clip((x - worst) / (best - worst), 0, 1); 1 on an axis of no width. An axis
 * of weight 0 is not looked at: it may be NaN. */
double stats_composite(const struct stats_point *point, const struct stats_axis_range *ranges,
                       const double *weights);

/* The ranges that the points themselves span; STATS_AXES of them. */
void stats_ranges_of(const struct stats_point *points, size_t n,
                     struct stats_axis_range *ret_ranges);

#endif
