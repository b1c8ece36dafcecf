/* Dominance and composite scores over three axes, the last two of which are better when lower. A
 * point is compared with every other: models are few. In a composite a range may run downwards
 * (worst above best): that is how such an axis is turned round. */
#include "daemon/stats/pareto.h"

#include "daemon/stats/num.h"

#include <math.h>

/* The value turned so that more is better. */
static double goodness(const struct stats_point *point, int axis)
{
    return axis == STATS_AXIS_QUALITY ? point->value[axis] : -point->value[axis];
}

bool stats_dominates(const struct stats_point *a, const struct stats_point *b)
{
    bool is_better = false;
    for (int axis = 0; axis < STATS_AXES; axis++) {
        if (goodness(a, axis) < goodness(b, axis))
            return false;
        is_better |= goodness(a, axis) > goodness(b, axis);
    }
    return is_better;
}

bool stats_is_pareto(const struct stats_point *points, size_t n, size_t index)
{
    for (size_t i = 0; i < n; i++)
        if (stats_dominates(&points[i], &points[index]))
            return false;
    return true;
}

double stats_composite(const struct stats_point *point, const struct stats_axis_range *ranges,
                       const double *weights)
{
    double sum = 0;
    double total = 0;
    for (int axis = 0; axis < STATS_AXES; axis++) {
        if (weights[axis] == 0)
            continue;
        double width = ranges[axis].best - ranges[axis].worst;
        double share =
            width != 0 ? stats_clip((point->value[axis] - ranges[axis].worst) / width, 0, 1) : 1;
        sum += weights[axis] * share;
        total += weights[axis];
    }
    return total > 0 ? sum / total : NAN;
}

void stats_ranges_of(const struct stats_point *points, size_t n,
                     struct stats_axis_range *ret_ranges)
{
    for (int axis = 0; axis < STATS_AXES; axis++) {
        double low = NAN;
        double high = NAN;
        for (size_t i = 0; i < n; i++) {
            low = fmin(low, points[i].value[axis]);
            high = fmax(high, points[i].value[axis]);
        }
        bool is_more_better = axis == STATS_AXIS_QUALITY;
        ret_ranges[axis] = is_more_better ? (struct stats_axis_range){low, high}
                                          : (struct stats_axis_range){high, low};
    }
}
