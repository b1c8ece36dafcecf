/* Reckoned in millionths of a dollar: the estimator takes a standard error below 1e-12 for rounding
 * noise, and answers of a cheap model differ by less than that in dollars. */
#include "daemon/report/expense.h"

#include "daemon/stats/cluster.h"
#include "daemon/stats/dist.h"

#include <math.h>
#include <stdlib.h>

#define MICRO 1e6

double *expense_by_case(const struct table *table, size_t member)
{
    const struct table_member *of = &table->members[member];
    double *usd = as_xcalloc(table->case_count + 1, sizeof(*usd));
    for (size_t i = 0; i < table->case_count; i++)
        usd[i] = of->priced[i] ? of->cost_usd[i] / of->priced[i] : NAN;
    return usd;
}

double *expense_differences(const struct table *table, const double *baseline,
                            const double *candidate)
{
    double *usd = as_xcalloc(table->case_count + 1, sizeof(*usd));
    for (size_t i = 0; i < table->case_count; i++)
        usd[i] = candidate[i] - baseline[i];
    return usd;
}

struct expense expense_of(const struct table *table, const double *usd)
{
    AS_CLEANUP_FREE double *micro = as_xcalloc(table->case_count + 1, sizeof(*micro));
    AS_CLEANUP_FREE uint32_t *cluster = as_xcalloc(table->case_count + 1, sizeof(*cluster));
    struct stats_numbering numbering;
    struct stats_clusters clusters;
    size_t n = 0;
    stats_numbering_init(&numbering, table->case_count);
    for (size_t i = 0; i < table->case_count; i++) {
        if (isnan(usd[i]))
            continue;
        micro[n] = usd[i] * MICRO;
        cluster[n++] = stats_numbering_get(&numbering, table->clusters[i]);
    }
    struct stats_sample sample = {micro, cluster, n, numbering.count};
    stats_clusters_init(&clusters, &sample);
    struct stats_estimate estimate = stats_estimate_of(&clusters, NULL, 0);
    struct stats_interval interval =
        stats_estimate_interval(&estimate, STATS_TAIL, -INFINITY, INFINITY);
    stats_clusters_done(&clusters);
    stats_numbering_done(&numbering);
    return (struct expense){n, estimate.mean / MICRO, interval.low / MICRO, interval.high / MICRO};
}
