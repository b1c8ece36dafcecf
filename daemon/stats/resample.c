/* The bootstrap: draw, sort, read off quantiles; then bias and skewness from the replicates and the
 * jackknife. Statistics are callbacks over unit numbers, so that clusters, strata, ratios and
 * percentiles share one loop. */
#include "daemon/stats/resample.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/mean.h"
#include "daemon/stats/num.h"
#include "daemon/stats/rank.h"
#include "lib/rng.h"

#include <math.h>
#include <stdlib.h>

#define SAME 1e-12
#define GRID 1e9

static size_t count_units(const struct stats_boot_plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n_runs; i++)
        n += plan->run[i];
    return n;
}

static void draw(const struct stats_boot_plan *plan, struct as_rng *rng, uint32_t *ret_units)
{
    size_t at = 0;
    for (size_t i = 0; i < plan->n_runs; i++) {
        size_t first = at;
        at += plan->run[i];
        as_rng_fill_below(rng, plan->run[i], ret_units + first, plan->run[i]);
        for (size_t k = first; first && k < at; k++)
            ret_units[k] += (uint32_t)first;
    }
}

/* False when some replicate has no value. */
static bool replicate(const struct stats_boot_plan *plan, uint32_t *units, size_t n,
                      double *ret_values)
{
    for (size_t b = 0; b < plan->replicates; b++) {
        struct as_rng rng = as_rng_stream(plan->seed, b);
        draw(plan, &rng, units);
        ret_values[b] = plan->value(plan->ctx, units, n);
        if (isnan(ret_values[b]))
            return false;
    }
    return true;
}

static double bias_correction(const double *values, size_t n, double theta)
{
    double below = 0;
    for (size_t i = 0; i < n; i++) {
        if (fabs(values[i] - theta) <= SAME)
            below += 0.5;
        else if (values[i] < theta)
            below += 1;
    }
    return stats_normal_quantile(below / (double)n);
}

/* From the skewness of the leave-one-out values; overwrites them. */
static double acceleration_of(double *left_out, size_t n)
{
    double mean = stats_mean(left_out, n);
    struct stats_sum squares = {0};
    struct stats_sum cubes = {0};
    for (size_t i = 0; i < n; i++) {
        double distance = mean - left_out[i];
        stats_sum_add(&squares, distance * distance);
        stats_sum_add(&cubes, distance * distance * distance);
    }
    double spread = stats_sum_value(&squares);
    return spread > 0 ? stats_sum_value(&cubes) / (6 * pow(spread, 1.5)) : 0;
}

static double bca_quantile(const struct stats_boot *boot, const double *sorted, double z)
{
    double shifted = boot->z0 + z;
    double p = stats_normal_cdf(boot->z0 + shifted / (1 - boot->acceleration * shifted));
    return stats_quantile(sorted, boot->replicates, p);
}

static void read_intervals(struct stats_boot *boot, double *values)
{
    size_t n = boot->replicates;
    boot->se = sqrt(stats_variance(values, n));
    stats_sort(values, n);
    boot->is_degenerate = values[n - 1] - values[0] <= SAME;
    boot->percentile.low = stats_quantile(values, n, STATS_TAIL);
    boot->percentile.high = stats_quantile(values, n, 1 - STATS_TAIL);
    boot->z0 = bias_correction(values, n, boot->theta);
    if (boot->is_degenerate)
        return;
    boot->bca = boot->percentile;
    if (isinf(boot->z0))
        return;
    boot->bca.low = bca_quantile(boot, values, -STATS_Z);
    boot->bca.high = bca_quantile(boot, values, STATS_Z);
}

struct stats_boot stats_boot_of(const struct stats_boot_plan *plan)
{
    struct stats_boot boot = {
        .seed = plan->seed,
        .replicates = plan->replicates,
        .theta = NAN,
        .se = NAN,
        .percentile = {NAN, NAN},
        .bca = {NAN, NAN},
        .z0 = NAN,
        .acceleration = NAN,
    };
    size_t n = count_units(plan);
    if (n == 0 || plan->replicates == 0)
        return boot;
    AS_CLEANUP_FREE uint32_t *units = as_xcalloc(n, sizeof(*units));
    AS_CLEANUP_FREE double *left_out = as_xcalloc(n, sizeof(*left_out));
    AS_CLEANUP_FREE double *values = as_xcalloc(plan->replicates, sizeof(*values));
    for (size_t i = 0; i < n; i++) {
        units[i] = (uint32_t)i;
        left_out[i] = plan->without(plan->ctx, i);
    }
    boot.theta = plan->value(plan->ctx, units, n);
    boot.acceleration = acceleration_of(left_out, n);
    if (replicate(plan, units, n, values))
        read_intervals(&boot, values);
    return boot;
}

/* Sums lie on the grid of 1e-9 that differences lie on, so they are added as whole numbers: exact,
 * in any order, and an addition a draw. */
struct cluster_context {
    const int64_t *sum; /* in 1e-9 */
    const double *size; /* NULL: every cluster has one value */
    int64_t total;
    double n;
};

static double mean_of_clusters(void *ctx, const uint32_t *units, size_t n)
{
    const struct cluster_context *context = ctx;
    int64_t sum = 0;
    double size = context->size ? 0 : (double)n;
    for (size_t i = 0; i < n; i++)
        sum += context->sum[units[i]];
    for (size_t i = 0; context->size && i < n; i++)
        size += context->size[units[i]];
    return (double)sum / GRID / size;
}

static double mean_without_cluster(void *ctx, size_t unit)
{
    const struct cluster_context *context = ctx;
    double left = context->n - (context->size ? context->size[unit] : 1);
    return (double)(context->total - context->sum[unit]) / GRID / left;
}

static struct stats_boot boot_clusters(const struct stats_sample *sample, const uint32_t *run,
                                       size_t n_runs, uint64_t seed, size_t replicates)
{
    struct stats_clusters clusters;
    stats_clusters_init(&clusters, sample);
    AS_CLEANUP_FREE int64_t *sum = as_xcalloc(clusters.count + 1, sizeof(*sum));
    struct cluster_context context = {
        .sum = sum,
        .size = clusters.count < clusters.n ? clusters.size : NULL,
        .n = (double)clusters.n,
    };
    for (size_t g = 0; g < clusters.count; g++)
        context.total += sum[g] = llrint(clusters.sum[g] * GRID);
    struct stats_boot_plan plan = {
        .value = mean_of_clusters,
        .without = mean_without_cluster,
        .ctx = &context,
        .run = run,
        .n_runs = n_runs,
        .seed = seed,
        .replicates = replicates,
    };
    struct stats_boot boot = stats_boot_of(&plan);
    stats_clusters_done(&clusters);
    return boot;
}

struct stats_boot stats_boot_mean(const struct stats_sample *sample, uint64_t seed,
                                  size_t replicates)
{
    uint32_t all = (uint32_t)sample->n_clusters;
    return boot_clusters(sample, &all, 1, seed, replicates);
}

struct stats_boot stats_boot_mean_stratified(const struct stats_pairs *pairs, uint64_t seed,
                                             size_t replicates)
{
    int32_t highest = STATS_NO_STRATUM;
    for (size_t i = 0; i < pairs->n; i++)
        highest = pairs->stratum[i] > highest ? pairs->stratum[i] : highest;
    size_t n_runs = (size_t)(highest - STATS_NO_STRATUM) + 1;
    AS_CLEANUP_FREE uint32_t *run = as_xcalloc(n_runs, sizeof(*run));
    AS_CLEANUP_FREE double *values = as_xcalloc(pairs->n + 1, sizeof(*values));
    size_t at = 0;
    for (int32_t stratum = STATS_NO_STRATUM; stratum <= highest; stratum++)
        for (size_t i = 0; i < pairs->n; i++)
            if (pairs->stratum[i] == stratum) {
                run[stratum - STATS_NO_STRATUM]++;
                values[at++] = pairs->diff[i];
            }
    struct stats_sample sample = stats_sample_plain(values, pairs->n);
    return boot_clusters(&sample, run, n_runs, seed, replicates);
}

double stats_signflip_mc(const struct stats_sample *diffs, uint64_t seed, size_t replicates)
{
    if (diffs->n == 0)
        return NAN;
    AS_CLEANUP_FREE int64_t *units = as_xcalloc(diffs->n_clusters, sizeof(*units));
    size_t n = stats_signflip_units(diffs, units);
    int64_t seen = 0;
    for (size_t i = 0; i < n; i++)
        seen += units[i];
    size_t hits = 0;
    for (size_t b = 0; b < replicates; b++) {
        struct as_rng rng = as_rng_stream(seed, b);
        int64_t sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += as_rng_next(&rng) >> 63 ? -units[i] : units[i];
        hits += llabs(sum) >= llabs(seen) - 1; /* 1e-9 forgiven */
    }
    return (1 + (double)hits) / ((double)replicates + 1);
}
