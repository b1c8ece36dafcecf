/* How many cases a question needs, and what a number of cases can show (tests/golden/README.md,
 * section 4).
 *
 * Counts are doubles, NaN where no number of cases would do. Deltas, margins and sigmas are on the
 * score scale (0..1); power is the chance to see the effect, 0.8 by default. */
#ifndef DAEMON_STATS_POWER_H
#define DAEMON_STATS_POWER_H

#include "daemon/stats/paired.h"

/* Pairs to show a true difference delta, when a single difference has the deviation sigma. */
double stats_pairs_for_superiority(double sigma, double delta, double power);
/* Pairs to show "not worse than margin" when the true difference is true_diff. */
double stats_pairs_for_noninferiority(double sigma, double margin, double true_diff, double power);
double stats_detectable_difference(double sigma, double n); /* with power 0.8 */
double stats_power_of(double sigma, double delta, double n);
/* Pairs for McNemar's test: psi is the share of discordant pairs, delta the difference. */
double stats_pairs_for_mcnemar(double psi, double delta);

/* Cases of repeated answers (Miller 2024): variance between cases, within cases of each model, and
 * the answers per case that each model gives. */
struct stats_repeat_design {
    double between_variance;
    double within_variance_a, within_variance_b;
    double samples_a, samples_b;
    double delta;
};
double stats_cases_for_repeats(const struct stats_repeat_design *design);

/* How many pairs would let a comparison pass its margin, with the spread that it has now, and at
 * the tail that its interval has: that of a planned look asks for more. */
struct stats_plan {
    double n_if_equal;    /* if the models are equal */
    double n_if_observed; /* if the difference seen is true; NaN when it is beyond the margin */
    double more_if_equal; /* that many more than now, at least 1 */
    double more_if_observed;
};
/* All NaN without a margin or a standard error. */
struct stats_plan stats_plan_of(const struct stats_paired *paired);

#endif
