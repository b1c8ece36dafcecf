/* Sums, means and variances that do not lose digits: the ground under every estimate of this
 * folder.
 *
 * Convention of all of daemon/stats: a number that is not defined (no data, no variance, too few
 * clusters) is NaN, and so is every number derived from it; whole numbers that may be undefined are
 * doubles for that reason. The border (report, control) prints NaN as "n/a" and JSON null. Nothing
 * here reads a clock, a file or an environment; nothing here logs. */
#ifndef DAEMON_STATS_NUM_H
#define DAEMON_STATS_NUM_H

#include <stddef.h>

/* Two scores closer than this are the same score. */
#define STATS_TIE 1e-9

/* A compensated sum (Neumaier 1974): {0} is empty. */
struct stats_sum {
    double high;
    double low;
};

void stats_sum_add(struct stats_sum *sum, double value);
double stats_sum_value(const struct stats_sum *sum);

double stats_total(const double *values, size_t n);    /* 0 for none */
double stats_mean(const double *values, size_t n);     /* NaN for none */
double stats_variance(const double *values, size_t n); /* divisor n - 1; NaN below two values */
/* Divisor n - 1; NaN below two values. */
double stats_covariance(const double *a, const double *b, size_t n);
double stats_correlation(const double *a, const double *b, size_t n); /* NaN without variance */

double stats_clip(double value, double low, double high); /* NaN stays NaN */
/* A count of cases: ceil, with 1e-9 forgiven so that a whole number is not pushed up by
 * rounding. */
double stats_ceil(double value);
/* 0 for what is rounding noise around 0 (below 1e-12), else the value itself. */
double stats_denoise(double value);
void stats_sort(double *values, size_t n); /* ascending; values must not be NaN */

#endif
