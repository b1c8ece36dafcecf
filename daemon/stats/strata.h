/* The comparison when the suite fixes how much each stratum weighs ("stratified" in section 2 of
 * tests/golden/README.md): the mix of the traffic decides, not the mix of the cases that happened
 * to be sampled. */
#ifndef DAEMON_STATS_STRATA_H
#define DAEMON_STATS_STRATA_H

#include "daemon/stats/pairs.h"

struct stats_stratum {
    size_t n;
    double diff;
    struct stats_interval ci; /* plus-two inside the stratum; NaN below two clusters */
    bool is_collapsed;        /* one cluster only: pooled with the others of its kind */
};

struct stats_stratified {
    double diff; /* sum of weight * mean difference; NaN when a weighted stratum has no pair */
    double se;
    double adj_center; /* plus-two */
    double adj_se;
    double df;
    struct stats_interval ci;
    double p;
};

/* weights and ret_strata: one per stratum id, n_strata of them; weights add up to 1. Pairs of a
 * stratum without a weight, or of none, take no part in diff and se. */
struct stats_stratified stats_stratified_of(const struct stats_pairs *pairs, const double *weights,
                                            size_t n_strata, struct stats_stratum *ret_strata);

#endif
