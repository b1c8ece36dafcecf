/* From a row per case to the pairs that a comparison is made of (section 1 of
 * tests/golden/README.md).
 *
 * The caller gives the cases sorted by case id as bytes, so that no result depends on file order;
 * pairs keep that order. Failures are counted before the policy applies. Nothing is dropped
 * silently: every case that does not become a pair is in `unpaired`. */
#ifndef DAEMON_STATS_PAIRS_H
#define DAEMON_STATS_PAIRS_H

#include "daemon/stats/cluster.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_NO_CLUSTER (-1)
#define STATS_NO_STRATUM (-1)

enum stats_state {
    STATS_SCORED,
    STATS_FAILED, /* the model was called and gave nothing usable; its score is not read */
    STATS_MISSING /* never run, or the judge or the harness failed; its score is not read */
};

/* What a model's own failed call counts as. */
enum stats_policy {
    STATS_POLICY_ZERO, /* it scores 0 */
    STATS_POLICY_DROP  /* it counts as missing */
};

struct stats_score {
    double value; /* 0..1 when scored */
    enum stats_state state;
};

struct stats_case {
    struct stats_score baseline;
    struct stats_score candidate;
    int32_t cluster; /* STATS_NO_CLUSTER, or an id below the number of cases */
    int32_t stratum; /* STATS_NO_STRATUM, or an id; the ids follow the byte order of the names */
};

struct stats_pairs {
    size_t n; /* pairs; the arrays have that many entries */
    double *baseline;
    double *candidate;
    double *diff;      /* candidate - baseline, on a grid of 1e-9 */
    uint32_t *cluster; /* 0 .. n_clusters - 1 in order of first appearance */
    int32_t *stratum;
    uint32_t *case_index; /* of the case that the pair came from */
    size_t n_clusters;
    bool has_clusters; /* some pair names a cluster */

    size_t n_cases;
    size_t unpaired;
    size_t baseline_failed;
    size_t candidate_failed;
    size_t baseline_missing;
    size_t candidate_missing;
};

/* AS_EINVAL: a score outside 0..1 (or NaN), or a cluster id out of range. Release with done. */
int stats_pairs_init(struct stats_pairs *pairs, const struct stats_case *cases, size_t n,
                     enum stats_policy policy) AS_MUST_USE;
/* The pairs of one stratum, as pairs of their own; the counters of cases are those pairs' alone. */
void stats_pairs_init_stratum(struct stats_pairs *pairs, const struct stats_pairs *all,
                              int32_t stratum);
/* The same of any of the pairs: which are ascending, each once. numbering is empty and has room for
 * all->n_clusters ids; it is empty again afterwards. */
void stats_pairs_init_some(struct stats_pairs *pairs, const struct stats_pairs *all,
                           const uint32_t *which, size_t n, struct stats_numbering *numbering);
void stats_pairs_done(struct stats_pairs *pairs);

/* Views that borrow from the pairs. */
struct stats_sample stats_pairs_diffs(const struct stats_pairs *pairs);
struct stats_sample stats_pairs_baseline(const struct stats_pairs *pairs);
struct stats_sample stats_pairs_candidate(const struct stats_pairs *pairs);

/* The own scores of one side over all its cases (not only the pairs), with clusters numbered anew.
 * Both arrays are the caller's, room for n entries each; the sample borrows them. */
struct stats_sample stats_candidate_scores(const struct stats_case *cases, size_t n,
                                           enum stats_policy policy, double *values,
                                           uint32_t *cluster);

#endif
