/* The rules of the header, over one series. What NaN says never makes a drift: comparisons with it
 * are false. */
#include "daemon/report/drift.h"

#include <math.h>

#define NORMAL_95 1.959964

static const struct stats_cusum_plan plan = {DRIFT_RUNS, DRIFT_SLACK, DRIFT_LIMIT};

static struct stats_cusum begin_chart(const struct drift_point *points)
{
    double diffs[DRIFT_RUNS];
    for (size_t i = 0; i < DRIFT_RUNS; i++)
        diffs[i] = points[i].diff;
    return stats_cusum_of(&plan, diffs, DRIFT_RUNS);
}

static void note_alarm(const struct drift_point *points, struct drift *drift)
{
    double low = drift->chart.alarm_low, high = drift->chart.alarm_high;
    drift->is_low = !isnan(low) && (isnan(high) || low <= high);
    double first = drift->is_low ? low : high;
    if (!isnan(first))
        drift->alarm_run = points[(size_t)first - 1].run;
}

/* Of the newest of so many points: how many standard errors their mean is off the first ones'. */
static double newest_off(const struct drift_point *points, size_t count, double mean)
{
    double sum = 0, variance = 0;
    for (size_t i = count - DRIFT_NEWEST; i < count; i++) {
        double error = (points[i].high - points[i].low) / (2 * NORMAL_95);
        sum += points[i].diff;
        variance += error * error / 2 / DRIFT_NEWEST;
    }
    return (sum / DRIFT_NEWEST - mean) / sqrt(variance * (1. / DRIFT_NEWEST + 1. / DRIFT_RUNS));
}

static bool is_slow(const struct drift_point *points, size_t count, const struct stats_cusum *chart)
{
    bool is_judged = chart->is_defined && count >= DRIFT_RUNS + DRIFT_NEWEST;
    double off = is_judged ? newest_off(points, count, chart->mean) : 0;
    return (chart->final_low > DRIFT_LIMIT && off < -DRIFT_ERRORS) ||
           (chart->final_high > DRIFT_LIMIT && off > DRIFT_ERRORS);
}

/* The newest of so many points. *calm: how many before it, in a row, had no sign of a drift. */
static void add(const struct drift_point *points, size_t count, size_t *calm, struct drift *drift)
{
    const struct drift_point *newest = &points[count - 1];
    if (count == DRIFT_RUNS)
        drift->chart = begin_chart(points);
    else if (count > DRIFT_RUNS && drift->chart.is_defined)
        stats_cusum_add(&plan, &drift->chart, newest->diff, count);
    bool slow = is_slow(points, count, &drift->chart), sudden = newest->p < DRIFT_P;
    *calm = !slow && newest->p >= DRIFT_CALM_P ? *calm + 1 : 0;
    if (!drift->is_drifting && (sudden || slow)) {
        drift->is_drifting = true;
        drift->is_sudden = sudden;
        drift->since_run = newest->run;
    } else if (*calm >= DRIFT_CALM_RUNS) {
        drift->is_drifting = false;
    }
}

struct drift drift_of(const struct drift_point *points, size_t count)
{
    struct drift drift = {.runs = count};
    size_t calm = 0;
    for (size_t i = 0; i < count; i++)
        add(points, i + 1, &calm, &drift);
    if (!count)
        drift.reason = "no run can be compared with the reference";
    else if (count <= DRIFT_RUNS)
        drift.reason = "the chart begins after the first 20 runs";
    else if (!drift.chart.is_defined)
        drift.reason = "the first 20 runs do not vary";
    else
        note_alarm(points, &drift);
    return drift;
}
