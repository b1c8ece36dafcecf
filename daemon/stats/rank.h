/* Tests of "no difference" that assume less than the mean does: McNemar and the sign test,
 * Wilcoxon's signed ranks, and the exact sign flip (tests/golden/README.md, section 2). On demand,
 * beside the default p.
 *
 * They take the pairs' differences; clusters count only for the sign flip. All p are two-sided. */
#ifndef DAEMON_STATS_RANK_H
#define DAEMON_STATS_RANK_H

#include "daemon/stats/paired.h"

#define STATS_WILCOXON_EXACT_MAX 50 /* non-zero differences */
#define STATS_SIGNFLIP_EXACT_MAX 20 /* non-zero clusters: 2^20 sign patterns */

/* min(1, 2 P(Bin(wins + losses, 1/2) <= min(wins, losses))). */
double stats_sign_test(size_t wins, size_t losses);

/* Only meaningful when every score is 0 or 1. */
struct stats_mcnemar {
    double exact;
    double midp;
    double chi2, chi2_p;       /* NaN without a discordant pair */
    double chi2_cc, chi2_cc_p; /* with continuity correction */
};
struct stats_mcnemar stats_mcnemar_of(size_t wins, size_t losses);

/* All NaN when no difference is left; p_exact is NaN above STATS_WILCOXON_EXACT_MAX. */
struct stats_wilcoxon {
    size_t n_used;
    size_t n_zero;
    double w_plus, w_minus;
    double p; /* the exact one where there is one */
    double p_exact;
    double p_normal;
    double pratt_w_plus; /* zeros ranked, then dropped */
    double pratt_p_normal;
};
struct stats_wilcoxon stats_wilcoxon_of(const double *diffs, size_t n);

/* The share of sign patterns of the cluster sums that are as extreme as what was seen; NaN above
 * STATS_SIGNFLIP_EXACT_MAX non-zero clusters and without any pair. */
double stats_signflip_exact(const struct stats_sample *diffs);

/* The non-zero cluster sums on a grid of 1e-9, so that their sums are exact whole numbers.
 * ret_units has room for every cluster; returns how many were written. */
size_t stats_signflip_units(const struct stats_sample *diffs, int64_t *ret_units);

#endif
