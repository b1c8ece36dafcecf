/* Repeated answers. pass@k and pass^k are the unbiased estimates from n counted answers with c
 * passes: the chance that k drawn without replacement hold a pass, or nothing else. */
#include "daemon/stats/repeat.h"

#include "daemon/stats/num.h"

#include <math.h>

struct tally {
    size_t counted;
    size_t failed;
    size_t passes;
    double mean;     /* NaN when none is counted */
    double variance; /* divisor counted - 1; NaN below two */
};

static double value_of(const struct stats_score *score)
{
    return score->state == STATS_SCORED ? score->value : 0;
}

static struct tally tally_of(const struct stats_score *scores, size_t samples)
{
    struct tally tally = {0};
    struct stats_sum sum = {0};
    for (size_t i = 0; i < samples; i++) {
        if (scores[i].state == STATS_MISSING)
            continue;
        tally.counted++;
        tally.failed += scores[i].state == STATS_FAILED;
        tally.passes += value_of(&scores[i]) >= STATS_PASS_THRESHOLD;
        stats_sum_add(&sum, value_of(&scores[i]));
    }
    tally.mean = tally.counted ? stats_sum_value(&sum) / (double)tally.counted : NAN;
    struct stats_sum squares = {0};
    for (size_t i = 0; i < samples; i++)
        if (scores[i].state != STATS_MISSING)
            stats_sum_add(&squares, pow(value_of(&scores[i]) - tally.mean, 2));
    tally.variance =
        tally.counted > 1 ? stats_sum_value(&squares) / (double)(tally.counted - 1) : NAN;
    return tally;
}

static struct tally tally_case(const struct stats_repeats *repeats, size_t index)
{
    return tally_of(repeats->scores + index * repeats->samples, repeats->samples);
}

struct stats_score stats_case_score(const struct stats_score *scores, size_t samples)
{
    struct tally tally = tally_of(scores, samples);
    if (tally.counted == 0)
        return (struct stats_score){0, STATS_MISSING};
    if (tally.failed == tally.counted)
        return (struct stats_score){0, STATS_FAILED};
    return (struct stats_score){tally.mean, STATS_SCORED};
}

double stats_within_variance(const struct stats_repeats *repeats)
{
    struct stats_sum sum = {0};
    size_t used = 0;
    for (size_t i = 0; i < repeats->n_cases; i++) {
        struct tally tally = tally_case(repeats, i);
        if (tally.counted < 2)
            continue;
        stats_sum_add(&sum, tally.variance);
        used++;
    }
    return used ? stats_sum_value(&sum) / (double)used : NAN;
}

/* Mean over the pairs of the variance that the mean of a case's answers has: the model's variance
 * between answers, over the number of answers that the case has. */
static double noise_of_side(const struct stats_repeats *repeats, const struct stats_pairs *pairs)
{
    double within = stats_within_variance(repeats);
    struct stats_sum sum = {0};
    for (size_t i = 0; i < pairs->n; i++)
        stats_sum_add(&sum, within / (double)tally_case(repeats, pairs->case_index[i]).counted);
    return pairs->n ? stats_sum_value(&sum) / (double)pairs->n : NAN;
}

struct stats_noise stats_noise_of(const struct stats_repeats *baseline,
                                  const struct stats_repeats *candidate,
                                  const struct stats_pairs *pairs)
{
    double noise = noise_of_side(baseline, pairs) + noise_of_side(candidate, pairs);
    double rest = stats_variance(pairs->diff, pairs->n) - noise;
    return (struct stats_noise){noise, rest < 0 ? 0 : rest};
}

/* C(marked, k) / C(n, k): all of k drawn are among the marked. */
static double all_marked(size_t marked, size_t n, size_t k)
{
    double chance = 1;
    for (size_t i = 0; i < k; i++)
        chance *= i < marked ? (double)(marked - i) / (double)(n - i) : 0;
    return chance;
}

struct stats_pass_k stats_pass_k_of(const struct stats_repeats *repeats, size_t k)
{
    struct stats_sum at = {0};
    struct stats_sum power = {0};
    struct stats_pass_k result = {0, NAN, NAN};
    for (size_t i = 0; i < repeats->n_cases; i++) {
        struct tally tally = tally_case(repeats, i);
        if (tally.counted < k || k == 0)
            continue;
        result.n_cases++;
        stats_sum_add(&at, 1 - all_marked(tally.counted - tally.passes, tally.counted, k));
        stats_sum_add(&power, all_marked(tally.passes, tally.counted, k));
    }
    if (result.n_cases) {
        result.pass_at = stats_sum_value(&at) / (double)result.n_cases;
        result.pass_pow = stats_sum_value(&power) / (double)result.n_cases;
    }
    return result;
}
