/* One member's own numbers: a proportion or a mean with its 95 % interval, quantiles, and the
 * summary that a report prints for each member.
 *
 * Intervals of a mean come by one of two named methods: "wilson" when every score is 0 or 1 and no
 * two cases share a cluster, else "plus4t" (tests/golden/README.md, section 2). A report prints the
 * name. */
#ifndef DAEMON_STATS_MEAN_H
#define DAEMON_STATS_MEAN_H

#include "daemon/stats/cluster.h"

#include <stdbool.h>
#include <stddef.h>

/* Intervals of a proportion: x of n, at 95 %. NaN bounds when n is 0. */
struct stats_interval stats_wilson(double x, double n);
struct stats_interval stats_clopper_pearson(double x, double n); /* "exact"; never too narrow */
struct stats_interval stats_agresti_coull(double x, double n);
/* What the true share may still be (95 %, one-sided) when 0 of n were seen; NaN when n is 0. */
double stats_upper_if_zero(double n);

enum stats_mean_method { STATS_MEAN_NONE, STATS_MEAN_WILSON, STATS_MEAN_PLUS4T };
const char *stats_mean_method_name(enum stats_mean_method method); /* NULL for NONE */

struct stats_own_mean {
    size_t n;
    double mean;
    double se; /* cluster-robust */
    double low;
    double high;
    enum stats_mean_method method; /* NONE when n is 0 */
};

/* Scores lie in 0..1. */
struct stats_own_mean stats_own_mean_of(const struct stats_sample *sample);

/* Of the difference b - a of two independent means, at 95 %, from their own intervals (Zou and
 * Donner 2008; with Wilson intervals it is Newcombe's method 10). NaN where a bound is. */
struct stats_interval stats_independent_difference(const struct stats_own_mean *a,
                                                   const struct stats_own_mean *b);

/* Quantile type 7 (Hyndman and Fan 1996) of ascending values: linear between neighbours at
 * (n - 1) p. NaN for none. */
double stats_quantile(const double *sorted, size_t n, double p);

struct stats_summary {
    struct stats_own_mean own;
    double min;
    double p10;
    double median;
    double max;
    double pass_share; /* of scores at or above the threshold */
};

/* Takes a sorted copy for the quantiles. */
struct stats_summary stats_summary_of(const struct stats_sample *sample, double pass_threshold);

#endif
