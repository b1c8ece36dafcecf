/* Latency and money of one member, and of two members against each other (tests/golden/README.md,
 * section 6).
 *
 * Latency counts every row with a number, timeouts at their elapsed time. A price that is not known
 * is NaN, never 0: totals and means are taken over what is priced, ratios over what both sides
 * priced. */
#ifndef DAEMON_STATS_COST_H
#define DAEMON_STATS_COST_H

#include "daemon/stats/resample.h"

#include <stddef.h>

struct stats_latency {
    size_t n;
    double mean;
    double p50;
    double p95;
    double p99;
};

/* Values in any order, NaN = no number; takes a sorted copy. */
struct stats_latency stats_latency_of(const double *values_ms, size_t n);

struct stats_cost {
    size_t n;     /* rows with a price */
    double total; /* NaN when n is 0 */
    double mean;
    double per_success; /* total / successes; NaN without a success */
};

/* costs may be NULL: nothing is priced. */
struct stats_cost stats_cost_of(const double *costs, size_t n, size_t successes);

/* total candidate / total baseline over the cases that have both; NaN without any, or at a
 * total of 0. */
double stats_cost_ratio(const double *baseline, const double *candidate, size_t n);

/* Bootstrap over cases: of the cost ratio, and of the candidate's 95th percentile of latency less
 * the baseline's. One value per case and side; a case with a NaN on either is left out. */
struct stats_boot stats_boot_cost_ratio(const double *baseline, const double *candidate, size_t n,
                                        uint64_t seed, size_t replicates);
struct stats_boot stats_boot_p95_diff(const double *baseline_ms, const double *candidate_ms,
                                      size_t n, uint64_t seed, size_t replicates);

#endif
