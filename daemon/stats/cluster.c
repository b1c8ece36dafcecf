/* Cluster sums, and the estimator with pseudo-values. The sums of differences lie on a grid of
 * 1e-9, so a standard error below 1e-12 is rounding noise and counts as 0. */
#include "daemon/stats/cluster.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"
#include "lib/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOT_SEEN UINT32_MAX

void stats_numbering_init(struct stats_numbering *numbering, size_t n_ids)
{
    numbering->number_of = as_xcalloc(n_ids + 1, sizeof(*numbering->number_of));
    memset(numbering->number_of, 0xff, (n_ids + 1) * sizeof(*numbering->number_of));
    numbering->count = 0;
}

uint32_t stats_numbering_get(struct stats_numbering *numbering, int32_t id)
{
    if (id < 0)
        return numbering->count++;
    uint32_t *number = &numbering->number_of[id];
    if (*number == NOT_SEEN)
        *number = numbering->count++;
    return *number;
}

void stats_numbering_reset(struct stats_numbering *numbering, const uint32_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        numbering->number_of[ids[i]] = NOT_SEEN;
    numbering->count = 0;
}

void stats_numbering_done(struct stats_numbering *numbering)
{
    free(numbering->number_of);
    *numbering = (struct stats_numbering){0};
}

struct stats_sample stats_sample_plain(const double *values, size_t n)
{
    return (struct stats_sample){.values = values, .n = n, .n_clusters = n};
}

void stats_clusters_init(struct stats_clusters *clusters, const struct stats_sample *sample)
{
    *clusters = (struct stats_clusters){
        .sum = as_xcalloc(sample->n_clusters + 1, sizeof(double)),
        .size = as_xcalloc(sample->n_clusters + 1, sizeof(double)),
        .count = sample->n_clusters,
        .n = sample->n,
    };
    for (size_t i = 0; i < sample->n; i++) {
        size_t g = sample->cluster ? sample->cluster[i] : i;
        clusters->sum[g] += sample->values[i];
        clusters->size[g] += 1;
    }
}

void stats_clusters_done(struct stats_clusters *clusters)
{
    free(clusters->sum);
    free(clusters->size);
    *clusters = (struct stats_clusters){0};
}

static double squared_distances(const struct stats_clusters *clusters, const double *pseudo,
                                size_t n_pseudo, double mean)
{
    struct stats_sum sum = {0};
    for (size_t g = 0; g < clusters->count; g++) {
        double distance = clusters->sum[g] - clusters->size[g] * mean;
        stats_sum_add(&sum, distance * distance);
    }
    for (size_t i = 0; i < n_pseudo; i++)
        stats_sum_add(&sum, (pseudo[i] - mean) * (pseudo[i] - mean));
    return stats_sum_value(&sum);
}

struct stats_estimate stats_estimate_of(const struct stats_clusters *clusters, const double *pseudo,
                                        size_t n_pseudo)
{
    struct stats_estimate estimate = {NAN, NAN, NAN};
    double n = (double)(clusters->n + n_pseudo);
    if (n == 0)
        return estimate;
    double total = stats_total(clusters->sum, clusters->count) + stats_total(pseudo, n_pseudo);
    estimate.mean = total / n;
    if (clusters->count < 2)
        return estimate;
    estimate.df = (double)(clusters->count - 1);
    double square = squared_distances(clusters, pseudo, n_pseudo, estimate.mean);
    estimate.se = stats_denoise(sqrt((double)clusters->count / estimate.df * square) / n);
    return estimate;
}

struct stats_interval stats_estimate_interval(const struct stats_estimate *estimate, double tail,
                                              double low, double high)
{
    double half = stats_t_critical(tail, estimate->df) * estimate->se;
    return (struct stats_interval){
        stats_clip(estimate->mean - half, low, high),
        stats_clip(estimate->mean + half, low, high),
    };
}

double stats_estimate_p(const struct stats_estimate *estimate)
{
    if (!(estimate->se > 0))
        return NAN;
    return 2 * stats_t_upper(fabs(estimate->mean) / estimate->se, estimate->df);
}
