/* Pairing. Differences are rounded to 1e-9 here, once, so that 0.3 - 0.2 and 0.2 - 0.1 tie
 * everywhere. */
#include "daemon/stats/pairs.h"

#include <math.h>
#include <stdlib.h>

#define DIFF_GRID 1e9

static bool score_is_valid(const struct stats_score *score)
{
    return score->state != STATS_SCORED || (score->value >= 0 && score->value <= 1);
}

static bool cases_are_valid(const struct stats_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!score_is_valid(&cases[i].baseline) || !score_is_valid(&cases[i].candidate))
            return false;
        if (cases[i].cluster >= 0 && (size_t)cases[i].cluster >= n)
            return false;
    }
    return true;
}

/* The score that a side has under the policy: *ret_value in 0..1, or false when it has none. */
static bool score_under(const struct stats_score *score, enum stats_policy policy,
                        double *ret_value)
{
    switch (score->state) {
    case STATS_SCORED: *ret_value = score->value; return true;
    case STATS_FAILED:
        if (policy == STATS_POLICY_DROP)
            return false;
        *ret_value = 0;
        return true;
    case STATS_MISSING: return false;
    }
    return false;
}

static void pairs_reserve(struct stats_pairs *pairs, size_t n)
{
    *pairs = (struct stats_pairs){
        .baseline = as_xcalloc(n + 1, sizeof(*pairs->baseline)),
        .candidate = as_xcalloc(n + 1, sizeof(*pairs->candidate)),
        .diff = as_xcalloc(n + 1, sizeof(*pairs->diff)),
        .cluster = as_xcalloc(n + 1, sizeof(*pairs->cluster)),
        .stratum = as_xcalloc(n + 1, sizeof(*pairs->stratum)),
        .case_index = as_xcalloc(n + 1, sizeof(*pairs->case_index)),
    };
}

static void pairs_push(struct stats_pairs *pairs, double baseline, double candidate,
                       uint32_t cluster, int32_t stratum, uint32_t case_index)
{
    size_t at = pairs->n++;
    pairs->baseline[at] = baseline;
    pairs->candidate[at] = candidate;
    pairs->diff[at] = rint((candidate - baseline) * DIFF_GRID) / DIFF_GRID;
    pairs->cluster[at] = cluster;
    pairs->stratum[at] = stratum;
    pairs->case_index[at] = case_index;
}

static void count_states(struct stats_pairs *pairs, const struct stats_case *row)
{
    pairs->n_cases++;
    pairs->baseline_failed += row->baseline.state == STATS_FAILED;
    pairs->candidate_failed += row->candidate.state == STATS_FAILED;
    pairs->baseline_missing += row->baseline.state == STATS_MISSING;
    pairs->candidate_missing += row->candidate.state == STATS_MISSING;
}

int stats_pairs_init(struct stats_pairs *pairs, const struct stats_case *cases, size_t n,
                     enum stats_policy policy)
{
    if (!cases_are_valid(cases, n))
        return AS_EINVAL;
    pairs_reserve(pairs, n);
    struct stats_numbering numbering;
    stats_numbering_init(&numbering, n);
    for (size_t i = 0; i < n; i++) {
        const struct stats_case *row = &cases[i];
        count_states(pairs, row);
        double baseline;
        double candidate;
        if (!score_under(&row->baseline, policy, &baseline) ||
            !score_under(&row->candidate, policy, &candidate))
            continue;
        pairs->has_clusters |= row->cluster >= 0;
        pairs_push(pairs, baseline, candidate, stats_numbering_get(&numbering, row->cluster),
                   row->stratum, (uint32_t)i);
    }
    pairs->n_clusters = numbering.count;
    pairs->unpaired = n - pairs->n;
    stats_numbering_done(&numbering);
    return 0;
}

void stats_pairs_init_some(struct stats_pairs *pairs, const struct stats_pairs *all,
                           const uint32_t *which, size_t n, struct stats_numbering *numbering)
{
    pairs_reserve(pairs, n);
    AS_CLEANUP_FREE uint32_t *ids = as_xcalloc(n + 1, sizeof(*ids));
    for (size_t i = 0; i < n; i++) {
        uint32_t at = which[i];
        ids[i] = all->cluster[at];
        pairs_push(pairs, all->baseline[at], all->candidate[at],
                   stats_numbering_get(numbering, (int32_t)ids[i]), all->stratum[at],
                   all->case_index[at]);
    }
    pairs->n_clusters = numbering->count;
    pairs->has_clusters = all->has_clusters;
    pairs->n_cases = n;
    stats_numbering_reset(numbering, ids, n);
}

void stats_pairs_init_stratum(struct stats_pairs *pairs, const struct stats_pairs *all,
                              int32_t stratum)
{
    AS_CLEANUP_FREE uint32_t *which = as_xcalloc(all->n + 1, sizeof(*which));
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (all->stratum[i] == stratum)
            which[n++] = (uint32_t)i;
    struct stats_numbering numbering;
    stats_numbering_init(&numbering, all->n_clusters);
    stats_pairs_init_some(pairs, all, which, n, &numbering);
    stats_numbering_done(&numbering);
}

void stats_pairs_done(struct stats_pairs *pairs)
{
    free(pairs->baseline);
    free(pairs->candidate);
    free(pairs->diff);
    free(pairs->cluster);
    free(pairs->stratum);
    free(pairs->case_index);
    *pairs = (struct stats_pairs){0};
}

static struct stats_sample view_of(const struct stats_pairs *pairs, const double *values)
{
    return (struct stats_sample){values, pairs->cluster, pairs->n, pairs->n_clusters};
}

struct stats_sample stats_pairs_diffs(const struct stats_pairs *pairs)
{
    return view_of(pairs, pairs->diff);
}

struct stats_sample stats_pairs_baseline(const struct stats_pairs *pairs)
{
    return view_of(pairs, pairs->baseline);
}

struct stats_sample stats_pairs_candidate(const struct stats_pairs *pairs)
{
    return view_of(pairs, pairs->candidate);
}

struct stats_sample stats_candidate_scores(const struct stats_case *cases, size_t n,
                                           enum stats_policy policy, double *values,
                                           uint32_t *cluster)
{
    struct stats_numbering numbering;
    stats_numbering_init(&numbering, n);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (!score_under(&cases[i].candidate, policy, &values[used]))
            continue;
        cluster[used++] = stats_numbering_get(&numbering, cases[i].cluster);
    }
    struct stats_sample sample = {values, cluster, used, numbering.count};
    stats_numbering_done(&numbering);
    return sample;
}
