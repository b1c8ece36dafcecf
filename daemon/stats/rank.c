/* Exact where that is affordable: the binomial, the signed ranks of up to 50 differences by
 * counting sign patterns per rank sum (ranks doubled, so that mid-ranks are whole), and up to 2^20
 * sign flips in Gray-code order, one addition a pattern. Else the normal approximation with its tie
 * correction. */
#include "daemon/stats/rank.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Doubled ranks of n differences add up to n (n + 1). */
#define DOUBLED_SUM_MAX (STATS_WILCOXON_EXACT_MAX * (STATS_WILCOXON_EXACT_MAX + 1))
#define UNIT_GRID 1e9

double stats_sign_test(size_t wins, size_t losses)
{
    size_t fewer = wins < losses ? wins : losses;
    return wins == losses ? 1 : fmin(1, 2 * stats_binomial_half_cdf(fewer, wins + losses));
}

struct stats_mcnemar stats_mcnemar_of(size_t wins, size_t losses)
{
    size_t n = wins + losses;
    size_t fewer = wins < losses ? wins : losses;
    double distance = fabs((double)wins - (double)losses);
    struct stats_mcnemar test = {
        .exact = stats_sign_test(wins, losses),
        .midp = 1,
        .chi2 = n ? distance * distance / (double)n : NAN,
        .chi2_cc = n ? pow(fmax(0, distance - 1), 2) / (double)n : NAN,
    };
    if (wins != losses)
        test.midp = 2 * stats_binomial_half_cdf(fewer, n) - stats_binomial_half_pmf(fewer, n);
    test.chi2_p = stats_chi2_upper_1df(test.chi2);
    test.chi2_cc_p = stats_chi2_upper_1df(test.chi2_cc);
    return test;
}

struct ranked {
    double size; /* |difference| */
    bool is_plus;
    size_t doubled_rank;
};

static int compare_sizes(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    return (a->size > b->size) - (a->size < b->size);
}

/* Mid-ranks from first_rank on, over items sorted by size; returns the sum of t^3 - t over ties. */
static double give_ranks(struct ranked *items, size_t n, size_t first_rank)
{
    double ties = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && items[end].size - items[i].size <= STATS_TIE / 2)
            end++;
        for (size_t k = i; k < end; k++)
            items[k].doubled_rank = 2 * first_rank + i + end - 1;
        double t = (double)(end - i);
        ties += t * t * t - t;
        i = end;
    }
    return ties;
}

static double sum_of_ranks(const struct ranked *items, size_t n, bool is_plus)
{
    size_t doubled = 0;
    for (size_t i = 0; i < n; i++)
        if (items[i].is_plus == is_plus)
            doubled += items[i].doubled_rank;
    return 0.5 * (double)doubled;
}

/* Of N ranks, the z lowest belong to zeros and are out. With z = 0 this is the classic test. */
static double normal_p(double w_plus, double all, double zeros, double ties)
{
    double mean = (all * (all + 1) - zeros * (zeros + 1)) / 4;
    double variance =
        (all * (all + 1) * (2 * all + 1) - zeros * (zeros + 1) * (2 * zeros + 1) - ties / 2) / 24;
    return 2 * stats_normal_upper(fabs(w_plus - mean) / sqrt(variance));
}

/* P(W <= smaller) over all 2^n sign patterns, doubled; n is at most STATS_WILCOXON_EXACT_MAX, so
 * every count is a whole number below 2^53. */
static double exact_p(const struct ranked *items, size_t n, double smaller)
{
    double patterns[DOUBLED_SUM_MAX + 1] = {1}; /* by doubled rank sum */
    size_t top = 0;
    for (size_t i = 0; i < n; i++) {
        top += items[i].doubled_rank;
        for (size_t sum = top; sum >= items[i].doubled_rank; sum--)
            patterns[sum] += patterns[sum - items[i].doubled_rank];
    }
    double below = 0;
    for (size_t sum = 0; sum <= (size_t)(2 * smaller); sum++)
        below += patterns[sum];
    return fmin(1, 2 * ldexp(below, -(int)n));
}

static size_t collect_nonzero(const double *diffs, size_t n, struct ranked *ret_items)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        if (fabs(diffs[i]) > STATS_TIE)
            ret_items[used++] = (struct ranked){fabs(diffs[i]), diffs[i] > 0, 0};
    return used;
}

struct stats_wilcoxon stats_wilcoxon_of(const double *diffs, size_t n)
{
    AS_CLEANUP_FREE struct ranked *items = as_xcalloc(n + 1, sizeof(*items));
    size_t used = collect_nonzero(diffs, n, items);
    struct stats_wilcoxon test = {used, n - used, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (used == 0)
        return test;
    qsort(items, used, sizeof(*items), compare_sizes);
    double ties = give_ranks(items, used, 1);
    test.w_plus = sum_of_ranks(items, used, true);
    test.w_minus = sum_of_ranks(items, used, false);
    test.p_normal = normal_p(test.w_plus, (double)used, 0, ties);
    if (used <= STATS_WILCOXON_EXACT_MAX)
        test.p_exact = exact_p(items, used, fmin(test.w_plus, test.w_minus));
    test.p = isnan(test.p_exact) ? test.p_normal : test.p_exact;
    give_ranks(items, used, test.n_zero + 1);
    test.pratt_w_plus = sum_of_ranks(items, used, true);
    test.pratt_p_normal = normal_p(test.pratt_w_plus, (double)n, (double)test.n_zero, ties);
    return test;
}

size_t stats_signflip_units(const struct stats_sample *diffs, int64_t *ret_units)
{
    struct stats_clusters clusters;
    stats_clusters_init(&clusters, diffs);
    size_t count = 0;
    for (size_t g = 0; g < clusters.count; g++)
        if (fabs(clusters.sum[g]) > STATS_TIE)
            ret_units[count++] = llrint(clusters.sum[g] * UNIT_GRID);
    stats_clusters_done(&clusters);
    return count;
}

static double share_as_extreme(int64_t *units, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += units[i];
    int64_t limit = llabs(sum) - 1; /* 1e-9 forgiven */
    uint32_t patterns = 1u << count;
    uint32_t hits = llabs(sum) >= limit;
    for (uint32_t step = 1; step < patterns; step++) {
        int flipped = __builtin_ctz(step); /* the bit that changes in Gray code */
        sum -= 2 * units[flipped];
        units[flipped] = -units[flipped];
        hits += llabs(sum) >= limit;
    }
    return (double)hits / (double)patterns;
}

double stats_signflip_exact(const struct stats_sample *diffs)
{
    if (diffs->n == 0)
        return NAN;
    AS_CLEANUP_FREE int64_t *units = as_xcalloc(diffs->n_clusters, sizeof(*units));
    size_t count = stats_signflip_units(diffs, units);
    return count <= STATS_SIGNFLIP_EXACT_MAX ? share_as_extreme(units, count) : NAN;
}
