/* The rules of the header, over one series. What NaN says never makes a drift: comparisons with it
 * are false. */
#include "daemon/report/drift.h"

#include "lib/arena.h"

#include <math.h>
#include <stdlib.h>

static void note_alarm(const struct drift_point *points, struct drift *drift)
{
    double low = drift->chart.alarm_low, high = drift->chart.alarm_high;
    drift->is_low = !isnan(low) && (isnan(high) || low <= high);
    double first = drift->is_low ? low : high;
    if (!isnan(first))
        drift->alarm_run = points[(size_t)first - 1].run;
}

#define NORMAL_95 1.959964

/* Of the newest points: how many standard errors their mean is off the first ones'. */
static double newest_off(const struct drift_point *points, const struct drift *drift)
{
    double sum = 0, variance = 0;
    for (size_t i = drift->runs - DRIFT_NEWEST; i < drift->runs; i++) {
        double error = (points[i].high - points[i].low) / (2 * NORMAL_95);
        sum += points[i].diff;
        variance += error * error / 2 / DRIFT_NEWEST;
    }
    return (sum / DRIFT_NEWEST - drift->chart.mean) /
           sqrt(variance * (1. / DRIFT_NEWEST + 1. / DRIFT_RUNS));
}

static bool is_slow(const struct drift_point *points, const struct drift *drift)
{
    double off = drift->runs >= DRIFT_RUNS + DRIFT_NEWEST ? newest_off(points, drift) : 0;
    return (drift->chart.final_low > DRIFT_LIMIT && off < -DRIFT_ERRORS) ||
           (drift->chart.final_high > DRIFT_LIMIT && off > DRIFT_ERRORS);
}

static void make_chart(const struct drift_point *points, struct drift *drift)
{
    const struct stats_cusum_plan plan = {DRIFT_RUNS, DRIFT_SLACK, DRIFT_LIMIT};
    double *diffs = as_xcalloc(drift->runs, sizeof(*diffs));
    for (size_t i = 0; i < drift->runs; i++)
        diffs[i] = points[i].diff;
    drift->chart = stats_cusum_of(&plan, diffs, drift->runs);
    free(diffs);
}

struct drift drift_of(const struct drift_point *points, size_t count)
{
    struct drift drift = {.runs = count};
    if (!count) {
        drift.reason = "no run can be compared with the reference";
        return drift;
    }
    const struct drift_point *last = &points[count - 1];
    make_chart(points, &drift);
    if (count <= DRIFT_RUNS)
        drift.reason = "the chart begins after the first 20 runs";
    else if (!drift.chart.is_defined)
        drift.reason = "the first 20 runs do not vary";
    else
        note_alarm(points, &drift);
    drift.is_sudden = last->p < DRIFT_P;
    drift.is_drifting = drift.is_sudden || (!drift.reason && is_slow(points, &drift));
    return drift;
}
