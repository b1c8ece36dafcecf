/* Golden kind "rng", and what the paired and latency kinds draw from it. */
#include "daemon/stats/resample.h"
#include "lib/rng.h"
#include "tests/golden/golden.h"

#include <inttypes.h>
#include <stdlib.h>

#define RNG_VALUES 4
#define RNG_DRAWS 12
#define MONTE_CARLO_REPLICATES 10000

struct as_json *golden_boot_json(const struct stats_boot *boot)
{
    struct as_json *out = as_json_object();
    as_json_set_int(out, "B", (int64_t)boot->replicates);
    as_json_set_int(out, "seed", (int64_t)boot->seed);
    as_json_set_bool(out, "degenerate", boot->is_degenerate);
    as_json_set_num(out, "theta", boot->theta);
    as_json_set_num(out, "se", boot->se);
    as_json_set_num(out, "pct_lo", boot->percentile.low);
    as_json_set_num(out, "pct_hi", boot->percentile.high);
    as_json_set_num(out, "bca_lo", boot->bca.low);
    as_json_set_num(out, "bca_hi", boot->bca.high);
    as_json_set_num(out, "z0", boot->z0);
    as_json_set_num(out, "a", boot->acceleration);
    return out;
}

/* Against another generator's replicates: any seed of ours will do. */
static struct as_json *monte_carlo_json(const struct stats_sample *diffs, uint64_t seed)
{
    struct stats_boot boot = stats_boot_mean(diffs, seed, MONTE_CARLO_REPLICATES);
    struct as_json *out = as_json_object();
    as_json_set_num(out, "pct_lo", boot.percentile.low);
    as_json_set_num(out, "pct_hi", boot.percentile.high);
    as_json_set_num(out, "se", boot.se);
    return out;
}

void golden_add_resampling(struct as_json *out, const struct stats_pairs *pairs,
                           const struct as_json *boot)
{
    if (!boot)
        return;
    uint64_t seed = (uint64_t)as_json_get_int(boot, "seed", 0);
    size_t replicates = (size_t)as_json_get_int(boot, "B", 0);
    struct stats_sample diffs = stats_pairs_diffs(pairs);
    struct stats_boot mean = stats_boot_mean(&diffs, seed, replicates);
    as_json_set_take(out, "bootstrap", golden_boot_json(&mean));
    as_json_set_take(out, "bootstrap_mc", monte_carlo_json(&diffs, seed));
    if (as_json_get_bool(boot, "strata", false)) {
        struct stats_boot stratified = stats_boot_mean_stratified(pairs, seed, replicates);
        as_json_set_take(out, "bootstrap_stratified", golden_boot_json(&stratified));
    }
    struct as_json *flips = as_json_object();
    as_json_set_int(flips, "B", (int64_t)replicates);
    as_json_set_int(flips, "seed", (int64_t)seed);
    as_json_set_num(flips, "p", stats_signflip_mc(&diffs, seed, replicates));
    as_json_set_take(out, "signflip_mc", flips);
}

/* A seed may be above INT64_MAX, which the number getters do not reach. */
static uint64_t read_u64(const struct as_json *value)
{
    struct as_buf text = {0};
    as_json_write(value, &text);
    uint64_t number = strtoull(text.ptr, NULL, 10);
    as_buf_done(&text);
    return number;
}

static struct as_json *stream_json(const struct as_json *given)
{
    uint64_t seed = read_u64(as_json_get(given, "seed"));
    uint64_t stream = read_u64(as_json_get(given, "stream"));
    struct as_json *out = as_json_object();
    struct as_json *values = as_json_array();
    struct as_json *draws = as_json_array();
    struct as_rng rng = as_rng_stream(seed, stream);
    for (int i = 0; i < RNG_VALUES; i++) {
        char text[24];
        snprintf(text, sizeof(text), "%" PRIu64, as_rng_next(&rng));
        as_json_push_take(values, as_json_new_str(as_str_from(text)));
    }
    rng = as_rng_stream(seed, stream);
    for (int i = 0; i < RNG_DRAWS; i++)
        as_json_push_take(draws, as_json_new_int((int64_t)as_rng_below(&rng, 10)));
    as_json_set_take(out, "seed", as_json_share(as_json_get(given, "seed")));
    as_json_set_take(out, "stream", as_json_share(as_json_get(given, "stream")));
    as_json_set_take(out, "u64", values);
    as_json_set_take(out, "below_10", draws);
    return out;
}

struct as_json *golden_rng(const struct golden_input *input)
{
    struct as_json *out = as_json_array();
    for (size_t i = 0; i < as_json_len(input->expect); i++)
        as_json_push_take(out, stream_json(as_json_at(input->expect, i)));
    return out;
}
