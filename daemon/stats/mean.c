/* Proportions, own means, quantiles. At 0 of n and n of n the bounds of Wilson and Clopper-Pearson
 * are set to exactly 0 and 1, which the formulas give only up to rounding. */
#include "daemon/stats/mean.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"
#include "lib/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct stats_interval no_interval = {NAN, NAN};

struct stats_interval stats_wilson(double x, double n)
{
    if (!(n > 0))
        return no_interval;
    double share = x / n;
    double spread = STATS_Z * STATS_Z / n;
    double center = (share + spread / 2) / (1 + spread);
    double half = STATS_Z * sqrt((share * (1 - share) + spread / 4) / n) / (1 + spread);
    return (struct stats_interval){
        x <= 0 ? 0 : center - half,
        x >= n ? 1 : center + half,
    };
}

struct stats_interval stats_clopper_pearson(double x, double n)
{
    if (!(n > 0))
        return no_interval;
    return (struct stats_interval){
        x <= 0 ? 0 : stats_beta_quantile(STATS_TAIL, x, n - x + 1),
        x >= n ? 1 : stats_beta_quantile(1 - STATS_TAIL, x + 1, n - x),
    };
}

struct stats_interval stats_agresti_coull(double x, double n)
{
    if (!(n > 0))
        return no_interval;
    double square = STATS_Z * STATS_Z;
    double share = (x + square / 2) / (n + square);
    double half = STATS_Z * sqrt(share * (1 - share) / (n + square));
    return (struct stats_interval){stats_clip(share - half, 0, 1), stats_clip(share + half, 0, 1)};
}

double stats_upper_if_zero(double n)
{
    return n > 0 ? 1 - pow(1 - STATS_CONFIDENCE, 1 / n) : NAN;
}

const char *stats_mean_method_name(enum stats_mean_method method)
{
    static const char *const names[] = {
        [STATS_MEAN_NONE] = NULL,
        [STATS_MEAN_WILSON] = "wilson",
        [STATS_MEAN_PLUS4T] = "plus4t",
    };
    return names[method];
}

static bool is_pass_fail(const struct stats_sample *sample)
{
    for (size_t i = 0; i < sample->n; i++)
        if (sample->values[i] != 0 && sample->values[i] != 1)
            return false;
    return true;
}

static struct stats_interval plus4t(const struct stats_sample *sample,
                                    const struct stats_clusters *clusters)
{
    double low = sample->values[0];
    double high = sample->values[0];
    for (size_t i = 1; i < sample->n; i++) {
        low = fmin(low, sample->values[i]);
        high = fmax(high, sample->values[i]);
    }
    if (low == high) {
        low = 0;
        high = 1;
    }
    const double pseudo[] = {low, low, high, high};
    struct stats_estimate estimate = stats_estimate_of(clusters, pseudo, 4);
    return stats_estimate_interval(&estimate, STATS_TAIL, 0, 1);
}

struct stats_own_mean stats_own_mean_of(const struct stats_sample *sample)
{
    struct stats_own_mean own = {sample->n, NAN, NAN, NAN, NAN, STATS_MEAN_NONE};
    if (sample->n == 0)
        return own;
    struct stats_clusters clusters;
    stats_clusters_init(&clusters, sample);
    struct stats_estimate estimate = stats_estimate_of(&clusters, NULL, 0);
    own.mean = estimate.mean;
    own.se = estimate.se;
    bool is_wilson = sample->n_clusters == sample->n && is_pass_fail(sample);
    own.method = is_wilson ? STATS_MEAN_WILSON : STATS_MEAN_PLUS4T;
    struct stats_interval interval =
        is_wilson ? stats_wilson(stats_total(sample->values, sample->n), (double)sample->n)
                  : plus4t(sample, &clusters);
    own.low = interval.low;
    own.high = interval.high;
    stats_clusters_done(&clusters);
    return own;
}

struct stats_interval stats_independent_difference(const struct stats_own_mean *a,
                                                   const struct stats_own_mean *b)
{
    double diff = b->mean - a->mean;
    return (struct stats_interval){
        .low = diff - hypot(b->mean - b->low, a->high - a->mean),
        .high = diff + hypot(b->high - b->mean, a->mean - a->low),
    };
}

double stats_quantile(const double *sorted, size_t n, double p)
{
    if (n == 0)
        return NAN;
    double place = (double)(n - 1) * p;
    size_t below = (size_t)place;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

static double pass_share_of(const struct stats_sample *sample, double threshold)
{
    size_t passes = 0;
    for (size_t i = 0; i < sample->n; i++)
        passes += sample->values[i] >= threshold;
    return sample->n ? (double)passes / (double)sample->n : NAN;
}

struct stats_summary stats_summary_of(const struct stats_sample *sample, double pass_threshold)
{
    AS_CLEANUP_FREE double *sorted = as_xcalloc(sample->n + 1, sizeof(*sorted));
    if (sample->n)
        memcpy(sorted, sample->values, sample->n * sizeof(*sorted));
    stats_sort(sorted, sample->n);
    return (struct stats_summary){
        .own = stats_own_mean_of(sample),
        .min = stats_quantile(sorted, sample->n, 0),
        .p10 = stats_quantile(sorted, sample->n, 0.10),
        .median = stats_quantile(sorted, sample->n, 0.50),
        .max = stats_quantile(sorted, sample->n, 1),
        .pass_share = pass_share_of(sample, pass_threshold),
    };
}
