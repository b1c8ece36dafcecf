/* Two models whose true difference is known, as cases that the gate takes: pass/fail or graded
 * scores, alone or in clusters.
 *
 * The baseline is right on 90 % of the cases, the candidate on as much less as is asked for. As
 * with assay-sim's models, both meet a case with the same difficulty in half of the cases, so that
 * their errors come together. A seed and a repetition name a sample; the same pair gives the same
 * one. */
#ifndef TESTS_BENCH_SIMULATED_H
#define TESTS_BENCH_SIMULATED_H

#include "daemon/stats/pairs.h"

struct simulated {
    double right;        /* the baseline's share of right answers */
    double loss;         /* of the candidate's mean, as a share: 0.02 is two points */
    bool is_graded;      /* wrong answers get 0, 0.25, 0.5 or 0.75 */
    size_t cluster_size; /* 0: no clusters. Half of a cluster's cases go as its first one does */
};

/* Fills n cases. */
void simulated_draw(const struct simulated *truth, uint64_t seed, uint64_t repetition, size_t n,
                    struct stats_case *ret_cases);

/* Another candidate for the same cases, as good as the baseline: redraws the candidate's scores,
 * and the same number gives the same candidate. Pass/fail without clusters only. */
void simulated_draw_equal(const struct simulated *truth, uint64_t seed, uint64_t repetition,
                          uint64_t number, size_t n, struct stats_case *cases);

#endif
