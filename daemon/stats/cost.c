/* Latency quantiles and money, with "no number" (NaN) kept out of every sum. */
#include "daemon/stats/cost.h"

#include "daemon/stats/mean.h"
#include "daemon/stats/num.h"
#include "lib/err.h"

#include <math.h>

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
