/* The paired comparison, put together from the cluster estimator (cluster.h) with and without the
 * two pseudo-cases. Formulas: tests/golden/README.md, section 2. */
#include "daemon/stats/paired.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"

#include <math.h>

const char *stats_ni_name(enum stats_ni ni)
{
    static const char *const names[] = {
        [STATS_NI_NOT_ASKED] = NULL,
        [STATS_NI_PASS] = "pass",
        [STATS_NI_FAIL] = "fail",
        [STATS_NI_INCONCLUSIVE] = "inconclusive",
        [STATS_NI_INSUFFICIENT] = "insufficient",
    };
    return names[ni];
}

double stats_min_pairs_for_margin(double margin)
{
    return isnan(margin) ? NAN : ceil(log(1 / STATS_TAIL) / fmax(margin, 0));
}

static void count_wins(struct stats_paired *paired, const struct stats_pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++) {
        if (pairs->diff[i] > STATS_TIE)
            paired->wins++;
        else if (pairs->diff[i] < -STATS_TIE)
            paired->losses++;
        else
            paired->ties++;
    }
}

static bool is_pass_fail(double score)
{
    return score == 0 || score == 1;
}

static void count_binary(struct stats_paired *paired, const struct stats_pairs *pairs)
{
    paired->is_binary = pairs->n > 0;
    for (size_t i = 0; i < pairs->n && paired->is_binary; i++) {
        paired->is_binary = is_pass_fail(pairs->baseline[i]) && is_pass_fail(pairs->candidate[i]);
        paired->both_pass += pairs->baseline[i] == 1 && pairs->candidate[i] == 1;
        paired->both_fail += pairs->baseline[i] == 0 && pairs->candidate[i] == 0;
    }
    if (!paired->is_binary)
        paired->both_pass = paired->both_fail = 0;
}

static void describe_difference(struct stats_paired *paired, const struct stats_pairs *pairs,
                                const struct stats_clusters *clusters)
{
    double n = (double)pairs->n;
    double variance_baseline = stats_variance(pairs->baseline, pairs->n);
    double variance_candidate = stats_variance(pairs->candidate, pairs->n);
    struct stats_estimate plain = stats_estimate_of(clusters, NULL, 0);
    paired->diff = plain.mean;
    paired->sd_diff = sqrt(stats_variance(pairs->diff, pairs->n));
    paired->se_paired = paired->sd_diff / sqrt(n);
    paired->se_unpaired = sqrt((variance_baseline + variance_candidate) / n);
    paired->corr = stats_correlation(pairs->baseline, pairs->candidate, pairs->n);
    paired->se_clustered = plain.se;
    double ratio = paired->se_paired > 0 ? plain.se / paired->se_paired : NAN;
    paired->deff = ratio * ratio;
}

double stats_largest_difference(const struct stats_pairs *pairs)
{
    if (pairs->n == 0)
        return NAN;
    double largest = 0;
    for (size_t i = 0; i < pairs->n; i++)
        largest = fmax(largest, fabs(pairs->diff[i]));
    return largest > 0 ? largest : 1;
}

static void estimate_plus_two(struct stats_paired *paired, const struct stats_clusters *clusters)
{
    const double pseudo[] = {paired->scale, -paired->scale};
    struct stats_estimate plus_two = stats_estimate_of(clusters, pseudo, 2);
    if (isnan(plus_two.se))
        plus_two.mean = NAN; /* a center without its error is not reported */
    struct stats_interval interval = stats_estimate_interval(&plus_two, paired->tail, -1, 1);
    paired->adj_center = plus_two.mean;
    paired->adj_se = plus_two.se;
    paired->df = plus_two.df;
    paired->ci_low = interval.low;
    paired->ci_high = interval.high;
    paired->p = stats_estimate_p(&plus_two);
}

static enum stats_ni decide_margin(const struct stats_paired *paired)
{
    if (isnan(paired->margin))
        return STATS_NI_NOT_ASKED;
    if (isnan(paired->ci_low))
        return STATS_NI_INSUFFICIENT;
    if (paired->ci_low > -paired->margin && (double)paired->n >= paired->min_pairs_for_margin)
        return STATS_NI_PASS;
    return paired->ci_high < -paired->margin ? STATS_NI_FAIL : STATS_NI_INCONCLUSIVE;
}

struct stats_paired stats_paired_at(const struct stats_pairs *pairs, double margin, double tail)
{
    struct stats_sample baseline = stats_pairs_baseline(pairs);
    struct stats_sample candidate = stats_pairs_candidate(pairs);
    struct stats_sample diffs = stats_pairs_diffs(pairs);
    struct stats_paired paired = {
        .n = pairs->n,
        .n_clusters = pairs->n_clusters,
        .margin = margin,
        .tail = tail,
        .scale = stats_largest_difference(pairs),
        .min_pairs_for_margin = stats_min_pairs_for_margin(margin),
        .baseline = stats_own_mean_of(&baseline),
        .candidate = stats_own_mean_of(&candidate),
    };
    struct stats_clusters clusters;
    stats_clusters_init(&clusters, &diffs);
    count_wins(&paired, pairs);
    count_binary(&paired, pairs);
    describe_difference(&paired, pairs, &clusters);
    estimate_plus_two(&paired, &clusters);
    stats_clusters_done(&clusters);
    paired.p_ni = stats_t_upper((paired.adj_center + margin) / paired.adj_se, paired.df);
    paired.ni = decide_margin(&paired);
    return paired;
}

struct stats_paired stats_paired_of(const struct stats_pairs *pairs, double margin)
{
    return stats_paired_at(pairs, margin, STATS_TAIL);
}

struct stats_paired_t stats_paired_t_of(const struct stats_paired *paired)
{
    double se = paired->se_clustered;
    double t = se > 0 ? paired->diff / se : NAN;
    double half = stats_t_critical(STATS_TAIL, paired->df) * se;
    return (struct stats_paired_t){
        .t = t,
        .p = 2 * stats_t_upper(fabs(t), paired->df),
        .low = paired->diff - half,
        .high = paired->diff + half,
        .z_low = paired->diff - STATS_Z * se,
        .z_high = paired->diff + STATS_Z * se,
    };
}
