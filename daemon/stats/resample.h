/* Bootstrap and Monte-Carlo sign flip, reproducible to the last bit (tests/golden/README.md,
 * section 3).
 *
 * Replicate b of a seed has a random stream of its own (lib/rng.h), so neither the order of
 * replicates nor threads would change a result. Memory: one double per replicate and per unit,
 * taken before the loop; a statistic that needs scratch brings it in its context. */
#ifndef DAEMON_STATS_RESAMPLE_H
#define DAEMON_STATS_RESAMPLE_H

#include "daemon/stats/pairs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stats_boot {
    uint64_t seed;
    size_t replicates;
    double theta; /* the statistic of the data as they are */
    double se;
    struct stats_interval percentile;
    struct stats_interval bca; /* bias-corrected, accelerated (Efron 1987); NaN when degenerate */
    double z0;                 /* the bias correction; may be infinite */
    double acceleration;
    bool is_degenerate; /* every replicate is the same */
};

/* What is drawn, and what is computed from a draw of unit numbers 0 .. n - 1. */
struct stats_boot_plan {
    double (*value)(void *ctx, const uint32_t *units, size_t n);
    double (*without)(void *ctx, size_t unit); /* the value when one unit is left out */
    void *ctx;
    const uint32_t *run; /* sizes of runs of units (strata); each run draws its own size */
    size_t n_runs;
    uint64_t seed;
    size_t replicates;
};

/* All NaN when there is no unit, or when some draw has no value. */
struct stats_boot stats_boot_of(const struct stats_boot_plan *plan);

/* The mean of values, drawing whole clusters. Values are taken to the nearest 1e-9, where
 * differences lie already (pairs.h). */
struct stats_boot stats_boot_mean(const struct stats_sample *sample, uint64_t seed,
                                  size_t replicates);
/* The mean difference, drawing cases within each stratum. */
struct stats_boot stats_boot_mean_stratified(const struct stats_pairs *pairs, uint64_t seed,
                                             size_t replicates);

/* Two-sided p of no difference: signs of the cluster sums are tossed. */
double stats_signflip_mc(const struct stats_sample *diffs, uint64_t seed, size_t replicates);

#endif
