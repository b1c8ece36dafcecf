/* One random stream a repetition. A case draws the same count of numbers whatever they decide, so
 * that samples of different losses differ only where the loss does. */
#include "tests/bench/simulated.h"

#include "lib/rng.h"

#define SHARED_CHANCE 0.5
#define COPY_CHANCE 0.5
#define GRADES 4 /* of a wrong answer: 0, 1/4, 2/4, 3/4 */
#define MEAN_WRONG_GRADE 0.375

static double grade(bool is_right, bool is_graded, double draw)
{
    if (is_right)
        return 1;
    return is_graded ? (double)(int)(draw * GRADES) / GRADES : 0;
}

static struct stats_case draw_case(const struct simulated *truth, struct as_rng *rng)
{
    double loss = truth->is_graded ? truth->loss / (1 - MEAN_WRONG_GRADE) : truth->loss;
    bool is_shared = as_rng_unit(rng) < SHARED_CHANCE;
    double baseline = as_rng_unit(rng), own = as_rng_unit(rng);
    double baseline_draw = as_rng_unit(rng), candidate_draw = as_rng_unit(rng);
    double candidate = is_shared ? baseline : own;
    return (struct stats_case){
        .baseline = {grade(baseline < truth->right, truth->is_graded, baseline_draw), STATS_SCORED},
        .candidate = {grade(candidate < truth->right - loss, truth->is_graded, candidate_draw),
                      STATS_SCORED},
        .cluster = STATS_NO_CLUSTER,
        .stratum = STATS_NO_STRATUM,
    };
}

void simulated_draw(const struct simulated *truth, uint64_t seed, uint64_t repetition, size_t n,
                    struct stats_case *ret_cases)
{
    struct as_rng rng = as_rng_stream(seed, repetition);
    for (size_t i = 0; i < n; i++) {
        struct stats_case drawn = draw_case(truth, &rng);
        bool is_copy = as_rng_unit(&rng) < COPY_CHANCE;
        size_t first = truth->cluster_size ? i - i % truth->cluster_size : i;
        ret_cases[i] = is_copy && first < i ? ret_cases[first] : drawn;
        if (truth->cluster_size)
            ret_cases[i].cluster = (int32_t)(i / truth->cluster_size);
    }
}

/* Where the difficulty is shared, equal models do the same. */
void simulated_draw_equal(const struct simulated *truth, uint64_t seed, uint64_t repetition,
                          uint64_t number, size_t n, struct stats_case *cases)
{
    struct as_rng rng = as_rng_stream(as_rng_mix64(seed) ^ number, repetition);
    for (size_t i = 0; i < n; i++) {
        bool is_shared = as_rng_unit(&rng) < SHARED_CHANCE;
        bool is_right = as_rng_unit(&rng) < truth->right;
        cases[i].candidate.value = is_shared ? cases[i].baseline.value : is_right;
    }
}
