/* Several answers of a model to the same case (samples: n): the case's score, and how much of the
 * spread is the model's own dice (tests/golden/README.md, section 5).
 *
 * Scores come as a matrix, `samples` entries for each case one after the other. A failed call
 * scores 0; a missing one is not counted. */
#ifndef DAEMON_STATS_REPEAT_H
#define DAEMON_STATS_REPEAT_H

#include "daemon/stats/pairs.h"

#define STATS_PASS_THRESHOLD 0.5

struct stats_repeats {
    const struct stats_score *scores; /* n_cases * samples */
    size_t n_cases;
    size_t samples;
};

/* The mean over the answers of one case; MISSING when none counts, FAILED when every one failed. */
struct stats_score stats_case_score(const struct stats_score *scores, size_t samples);

/* Mean over cases, of those with two counted answers or more, of the variance between answers. */
double stats_within_variance(const struct stats_repeats *repeats);

/* The part of the variance of paired differences that repeated answers explain, and the rest. */
struct stats_noise {
    double noise_part;
    double between_case_part; /* at least 0 */
};
struct stats_noise stats_noise_of(const struct stats_repeats *baseline,
                                  const struct stats_repeats *candidate,
                                  const struct stats_pairs *pairs);

/* Chance that one of k answers passes, and that all of k do, over the cases with k counted
 * answers. */
struct stats_pass_k {
    size_t n_cases;
    double pass_at;  /* NaN without such a case */
    double pass_pow; /* NaN without such a case */
};
struct stats_pass_k stats_pass_k_of(const struct stats_repeats *repeats, size_t k);

#endif
