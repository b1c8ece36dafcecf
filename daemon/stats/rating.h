/* Bradley-Terry strengths from pairwise wins (tests/golden/README.md, section 8):
 * P(i beats j) = 1 / (1 + exp(b_j - b_i)). A tie is half a win for each. */
#ifndef DAEMON_STATS_RATING_H
#define DAEMON_STATS_RATING_H

#include "lib/err.h"

#include <stddef.h>

#define STATS_RATING_MODELS_MAX 64

struct stats_rating {
    double beta; /* 0 for the base */
    double elo;  /* 1000 for the base, 400 points = odds of ten */
};

/* wins[i * n + j]: how often i beat j, ties as 0.5 on both sides; the diagonal is not read.
 * AS_ELIMIT: more than STATS_RATING_MODELS_MAX models. AS_EINVAL: base is no model. AS_ESTATE:
 * there is no finite answer, as some model cannot be reached from another through wins and ties. */
int stats_rate_models(const double *wins, size_t n, size_t base,
                      struct stats_rating *ret_ratings) AS_MUST_USE;

#endif
