/* Latency quantiles and money, with "no number" (NaN) kept out of every sum. The bootstraps draw
 * cases that both sides have, so that the two sides of a case stay together; the quantile without
 * one value, which the jackknife asks for n times, is read off the sorted values in place. */
#include "daemon/stats/cost.h"

#include "daemon/stats/mean.h"
#include "daemon/stats/num.h"
#include "lib/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t keep_numbers(const double *values, size_t n, double *ret_kept)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            ret_kept[kept++] = values[i];
    return kept;
}

struct stats_latency stats_latency_of(const double *values_ms, size_t n)
{
    AS_CLEANUP_FREE double *sorted = as_xcalloc(n + 1, sizeof(*sorted));
    size_t kept = keep_numbers(values_ms, n, sorted);
    stats_sort(sorted, kept);
    return (struct stats_latency){
        .n = kept,
        .mean = stats_mean(sorted, kept),
        .p50 = stats_quantile(sorted, kept, 0.50),
        .p95 = stats_quantile(sorted, kept, 0.95),
        .p99 = stats_quantile(sorted, kept, 0.99),
    };
}

struct stats_cost stats_cost_of(const double *costs, size_t n, size_t successes)
{
    struct stats_sum sum = {0};
    size_t priced = 0;
    for (size_t i = 0; costs && i < n; i++) {
        if (isnan(costs[i]))
            continue;
        stats_sum_add(&sum, costs[i]);
        priced++;
    }
    double total = priced ? stats_sum_value(&sum) : NAN;
    return (struct stats_cost){
        .n = priced,
        .total = total,
        .mean = total / (double)priced,
        .per_success = successes ? total / (double)successes : NAN,
    };
}

double stats_cost_ratio(const double *baseline, const double *candidate, size_t n)
{
    struct stats_sum below = {0};
    struct stats_sum above = {0};
    for (size_t i = 0; baseline && candidate && i < n; i++) {
        if (isnan(baseline[i]) || isnan(candidate[i]))
            continue;
        stats_sum_add(&below, baseline[i]);
        stats_sum_add(&above, candidate[i]);
    }
    double total = stats_sum_value(&below);
    return total > 0 ? stats_sum_value(&above) / total : NAN;
}

/* The cases with a number on both sides. Owned: both arrays are one block at baseline. */
struct both_sides {
    double *baseline;
    double *candidate;
    uint32_t n;
};

static struct both_sides keep_both(const double *baseline, const double *candidate, size_t n)
{
    struct both_sides both = {.baseline = as_xcalloc(2 * n + 1, sizeof(double))};
    both.candidate = both.baseline + n;
    for (size_t i = 0; i < n; i++) {
        if (isnan(baseline[i]) || isnan(candidate[i]))
            continue;
        both.baseline[both.n] = baseline[i];
        both.candidate[both.n++] = candidate[i];
    }
    return both;
}

struct ratio_context {
    const double *baseline;
    const double *candidate;
    double baseline_total;
    double candidate_total;
};

static double ratio_of_draw(void *ctx, const uint32_t *units, size_t n)
{
    const struct ratio_context *context = ctx;
    struct stats_sum below = {0};
    struct stats_sum above = {0};
    for (size_t i = 0; i < n; i++) {
        stats_sum_add(&below, context->baseline[units[i]]);
        stats_sum_add(&above, context->candidate[units[i]]);
    }
    double total = stats_sum_value(&below);
    return total > 0 ? stats_sum_value(&above) / total : NAN;
}

static double ratio_without(void *ctx, size_t unit)
{
    const struct ratio_context *context = ctx;
    return (context->candidate_total - context->candidate[unit]) /
           (context->baseline_total - context->baseline[unit]);
}

struct stats_boot stats_boot_cost_ratio(const double *baseline, const double *candidate, size_t n,
                                        uint64_t seed, size_t replicates)
{
    struct both_sides both = keep_both(baseline, candidate, n);
    struct ratio_context context = {both.baseline, both.candidate,
                                    stats_total(both.baseline, both.n),
                                    stats_total(both.candidate, both.n)};
    struct stats_boot_plan plan = {
        .value = ratio_of_draw,
        .without = ratio_without,
        .ctx = &context,
        .run = &both.n,
        .n_runs = 1,
        .seed = seed,
        .replicates = replicates,
    };
    struct stats_boot boot = stats_boot_of(&plan);
    free(both.baseline);
    return boot;
}

struct p95_side {
    const double *values;
    double *sorted;  /* all values */
    double *scratch; /* of a draw */
    size_t n;
};

static void p95_side_init(struct p95_side *side, const double *values, size_t n)
{
    *side = (struct p95_side){
        .values = values,
        .sorted = as_xcalloc(n + 1, sizeof(double)),
        .scratch = as_xcalloc(n + 1, sizeof(double)),
        .n = n,
    };
    memcpy(side->sorted, values, n * sizeof(double));
    stats_sort(side->sorted, n);
}

static void p95_side_done(struct p95_side *side)
{
    free(side->sorted);
    free(side->scratch);
}

static double p95_of_side(struct p95_side *side, const uint32_t *units, size_t n)
{
    for (size_t i = 0; i < n; i++)
        side->scratch[i] = side->values[units[i]];
    stats_sort(side->scratch, n);
    return stats_quantile(side->scratch, n, 0.95);
}

static size_t rank_in(const double *sorted, size_t n, double value)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The quantile of the sorted values without the one at the rank, without copying them. */
static double p95_of_side_without(const struct p95_side *side, size_t unit)
{
    if (side->n < 2)
        return NAN;
    size_t rank = rank_in(side->sorted, side->n, side->values[unit]);
    double place = (double)(side->n - 2) * 0.95;
    size_t below = (size_t)place;
    size_t above = below + 2 < side->n ? below + 1 : below;
    double low = side->sorted[below + (below >= rank)];
    double high = side->sorted[above + (above >= rank)];
    return low + (place - (double)below) * (high - low);
}

static double p95_diff_of_draw(void *ctx, const uint32_t *units, size_t n)
{
    struct p95_side *sides = ctx; /* baseline, candidate */
    return p95_of_side(&sides[1], units, n) - p95_of_side(&sides[0], units, n);
}

static double p95_diff_without(void *ctx, size_t unit)
{
    const struct p95_side *sides = ctx;
    return p95_of_side_without(&sides[1], unit) - p95_of_side_without(&sides[0], unit);
}

struct stats_boot stats_boot_p95_diff(const double *baseline_ms, const double *candidate_ms,
                                      size_t n, uint64_t seed, size_t replicates)
{
    struct both_sides both = keep_both(baseline_ms, candidate_ms, n);
    struct p95_side sides[2];
    p95_side_init(&sides[0], both.baseline, both.n);
    p95_side_init(&sides[1], both.candidate, both.n);
    struct stats_boot_plan plan = {
        .value = p95_diff_of_draw,
        .without = p95_diff_without,
        .ctx = sides,
        .run = &both.n,
        .n_runs = 1,
        .seed = seed,
        .replicates = replicates,
    };
    struct stats_boot boot = stats_boot_of(&plan);
    p95_side_done(&sides[0]);
    p95_side_done(&sides[1]);
    free(both.baseline);
    return boot;
}
