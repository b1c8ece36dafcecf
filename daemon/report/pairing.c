/* From columns of two members to pairs: one place, so that a table of ranks and the gate cannot
 * take a failure for two different things. */
#include "daemon/report/pairing.h"

#include "daemon/stats/dist.h"

#include <math.h>
#include <stdlib.h>

enum stats_policy pairing_policy(enum gate_policy policy)
{
    return policy == GATE_POLICY_ZERO ? STATS_POLICY_ZERO : STATS_POLICY_DROP;
}

struct stats_case *pairing_cases(const struct table *table, const struct pairing_of *of)
{
    size_t count = table->case_count + table->aside_count;
    struct stats_case *cases = as_xcalloc(count, sizeof(*cases));
    for (size_t i = 0; i < count; i++) {
        cases[i] = (struct stats_case){
            .baseline = table_score(table, of->baseline, of->metric, i, of->policy),
            .candidate = table_score(table, of->candidate, of->metric, i, of->policy),
            .cluster = table->clusters[i],
            .stratum = table->strata[i],
        };
    }
    return cases;
}

int pairing_compare(const struct table *table, const struct pairing_of *of,
                    struct pairing *ret_pairing)
{
    AS_CLEANUP_FREE struct stats_case *cases = pairing_cases(table, of);
    struct stats_pairs pairs;
    int rc = stats_pairs_init(&pairs, cases, table->case_count, pairing_policy(of->policy));
    if (rc)
        return rc;
    *ret_pairing = (struct pairing){
        .paired = stats_paired_at(&pairs, NAN, table->tail > 0 ? table->tail : STATS_TAIL),
        .unpaired = pairs.unpaired,
        .baseline_failed = pairs.baseline_failed,
        .candidate_failed = pairs.candidate_failed,
    };
    if (table->tail > 0)
        ret_pairing->paired.p = NAN;
    stats_pairs_done(&pairs);
    return 0;
}
