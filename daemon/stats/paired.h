/* The paired comparison of a candidate with its baseline: the difference of means, its default
 * "plus-two" interval and p, and non-inferiority at a margin (tests/golden/README.md, section 2).
 *
 * Plus-two adds two pseudo-cases, one that the candidate wins by the largest difference seen and
 * one that it loses by it. The interval does not collapse when no case differs; for pass/fail
 * scores without clusters it is that of Bonett and Price (2012), with t in place of z. */
#ifndef DAEMON_STATS_PAIRED_H
#define DAEMON_STATS_PAIRED_H

#include "daemon/stats/mean.h"
#include "daemon/stats/pairs.h"

enum stats_ni {
    STATS_NI_NOT_ASKED,    /* no margin */
    STATS_NI_PASS,         /* the loss is smaller than the margin, and there are enough pairs */
    STATS_NI_FAIL,         /* the loss is larger */
    STATS_NI_INCONCLUSIVE, /* the data decide neither */
    STATS_NI_INSUFFICIENT  /* no interval: fewer than two clusters */
};
const char *stats_ni_name(enum stats_ni ni); /* "pass" ...; NULL for NOT_ASKED */

/* Undefined numbers are NaN (num.h). */
struct stats_paired {
    size_t n;
    size_t n_clusters;
    size_t wins, losses, ties;
    bool is_binary;   /* n > 0 and every score on both sides is 0 or 1 */
    size_t both_pass; /* of a binary comparison */
    size_t both_fail;

    double diff; /* mean of candidate - baseline */
    double sd_diff;
    double se_paired;   /* as if every case were its own cluster */
    double se_unpaired; /* what it would be without pairing */
    double corr;        /* between the sides */
    double se_clustered;
    double deff; /* (se_clustered / se_paired)^2 */

    double scale;      /* the largest |difference|, 1 when all are 0 */
    double adj_center; /* plus-two */
    double adj_se;
    double df;
    double tail; /* of the interval, each side: STATS_TAIL is 95 % */
    double ci_low, ci_high;
    double p; /* two-sided, of no difference */

    double margin; /* as given */
    double p_ni;   /* one-sided, of a loss of margin or more */
    double min_pairs_for_margin;
    enum stats_ni ni;

    struct stats_own_mean baseline; /* over the pairs */
    struct stats_own_mean candidate;
};

/* margin > 0, or NaN when non-inferiority is not asked for. A margin of 0 or less is never met. */
struct stats_paired stats_paired_of(const struct stats_pairs *pairs, double margin);
/* The same with another tail beyond each end of the interval, by which ni is decided too: that of a
 * planned look (seq.h). p stays what it is without looks. */
struct stats_paired stats_paired_at(const struct stats_pairs *pairs, double margin, double tail);

/* The scale of the pseudo-cases: the largest |difference|, 1 when all are 0; NaN without a pair. */
double stats_largest_difference(const struct stats_pairs *pairs);

/* ceil(ln(1/0.025) / margin): with fewer pairs, a loss as frequent as the margin might go
 * unseen. */
double stats_min_pairs_for_margin(double margin);

/* The plain t and z intervals from diff and se_clustered, on demand and unclipped. */
struct stats_paired_t {
    double t, p; /* NaN when the standard error is 0 */
    double low, high;
    double z_low, z_high;
};
struct stats_paired_t stats_paired_t_of(const struct stats_paired *paired);

#endif
