/* Weighted strata. A stratum with one cluster has no variance of its own, so all of these are
 * pooled into one stratum that carries the sum of their weights. */
#include "daemon/stats/strata.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"
#include "daemon/stats/paired.h"

#include <math.h>
#include <stdlib.h>

#define POOL_STRATUM INT32_MAX

struct weighted {
    double diff;
    double variance;
    double df;
};

static void add_stratum(struct weighted *total, double weight, const struct stats_pairs *inside)
{
    struct stats_sample diffs = stats_pairs_diffs(inside);
    struct stats_clusters clusters;
    stats_clusters_init(&clusters, &diffs);
    struct stats_estimate estimate = stats_estimate_of(&clusters, NULL, 0);
    stats_clusters_done(&clusters);
    total->diff += weight * estimate.mean;
    total->variance += weight * weight * estimate.se * estimate.se;
    total->df += estimate.df;
}

static struct stats_stratum describe(const struct stats_pairs *inside)
{
    struct stats_paired paired = stats_paired_of(inside, NAN);
    return (struct stats_stratum){
        .n = inside->n,
        .diff = paired.diff,
        .ci = {paired.ci_low, paired.ci_high},
        .is_collapsed = inside->n_clusters == 1,
    };
}

/* The pairs with every collapsed stratum renamed to the pool. */
static void init_pool(struct stats_pairs *pool, const struct stats_pairs *pairs,
                      const struct stats_stratum *strata, size_t n_strata)
{
    struct stats_pairs renamed = *pairs; /* borrows all but the strata */
    AS_CLEANUP_FREE int32_t *stratum = as_xcalloc(pairs->n + 1, sizeof(*stratum));
    for (size_t i = 0; i < pairs->n; i++) {
        int32_t id = pairs->stratum[i];
        bool is_pooled = id >= 0 && (size_t)id < n_strata && strata[id].is_collapsed;
        stratum[i] = is_pooled ? POOL_STRATUM : id;
    }
    renamed.stratum = stratum;
    stats_pairs_init_stratum(pool, &renamed, POOL_STRATUM);
}

static struct weighted weigh(const struct stats_pairs *pairs, const double *weights,
                             size_t n_strata, struct stats_stratum *ret_strata)
{
    struct weighted total = {0, 0, 0};
    double pool_weight = 0;
    for (size_t stratum = 0; stratum < n_strata; stratum++) {
        struct stats_pairs inside;
        stats_pairs_init_stratum(&inside, pairs, (int32_t)stratum);
        ret_strata[stratum] = describe(&inside);
        if (ret_strata[stratum].is_collapsed)
            pool_weight += weights[stratum];
        else if (weights[stratum] > 0)
            add_stratum(&total, weights[stratum], &inside);
        stats_pairs_done(&inside);
    }
    if (pool_weight > 0) {
        struct stats_pairs pool;
        init_pool(&pool, pairs, ret_strata, n_strata);
        add_stratum(&total, pool_weight, &pool);
        stats_pairs_done(&pool);
    }
    return total;
}

struct stats_stratified stats_stratified_of(const struct stats_pairs *pairs, const double *weights,
                                            size_t n_strata, struct stats_stratum *ret_strata)
{
    struct weighted total = weigh(pairs, weights, n_strata, ret_strata);
    double n = (double)pairs->n;
    double scale = stats_largest_difference(pairs);
    struct stats_estimate plus_two = {.mean = n * total.diff / (n + 2), .df = total.df};
    double pseudo = pow(scale - plus_two.mean, 2) + pow(scale + plus_two.mean, 2);
    plus_two.se = sqrt(n * n * total.variance + pseudo) / (n + 2);
    return (struct stats_stratified){
        .diff = total.diff,
        .se = sqrt(total.variance),
        .adj_center = plus_two.mean,
        .adj_se = plus_two.se,
        .df = total.df,
        .ci = stats_estimate_interval(&plus_two, STATS_TAIL, -1, 1),
        .p = stats_estimate_p(&plus_two),
    };
}
