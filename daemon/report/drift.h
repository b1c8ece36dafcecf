/* Does a model still answer as it did in the run that is pinned? Pure: from its differences to that
 * run, one a run, to a state.
 *
 * Two rules, either is enough. Sudden: the newest run differs from the reference with p below
 * DRIFT_P. Slow: the CUSUM over the differences (tests/golden/README.md section 9; its reference
 * are the first DRIFT_RUNS of them) is past its limit, and the mean of the last DRIFT_NEWEST is off
 * the mean of the first DRIFT_RUNS by more than DRIFT_ERRORS of its standard errors. The CUSUM
 * alone would not do: with a mean and a deviation out of so few runs it alarms by chance once in
 * some 100 runs, and stays where it is. A difference has the error of both its runs, so that of one
 * is the interval's by the root of two.
 *
 * It is over when DRIFT_CALM_RUNS in a row have no sign of it, neither p below DRIFT_CALM_P nor the
 * second rule: one run more or less beside the limit is no news.
 *
 * Over the same cases the differences differ from the means by a constant, and so give the same
 * chart; over other cases they are what can be compared. */
#ifndef DAEMON_REPORT_DRIFT_H
#define DAEMON_REPORT_DRIFT_H

#include "daemon/stats/seq.h"

#include <stdint.h>

#define DRIFT_RUNS 20
#define DRIFT_SLACK .5
#define DRIFT_LIMIT 5.
#define DRIFT_P .001
#define DRIFT_CALM_P .2
#define DRIFT_CALM_RUNS 3
#define DRIFT_NEWEST 5
#define DRIFT_ERRORS 4.

struct drift_point { /* a run that can be compared with the reference, or is it (difference 0) */
    int64_t run;
    double diff, low, high, p; /* NaN: not told */
};

struct drift {
    bool is_drifting;   /* at the newest point */
    bool is_sudden;     /* it began by the first rule */
    int64_t since_run;  /* where it began; of one that is over too; 0: none */
    const char *reason; /* why there is no chart; NULL: there is one */
    size_t runs;        /* points */
    struct stats_cusum chart;
    int64_t alarm_run; /* where the chart first passed its limit; 0: it did not */
    bool is_low;       /* on the low side */
};

/* The points from the reference run on, the oldest first. */
struct drift drift_of(const struct drift_point *points, size_t count);

#endif
