/* SplitMix64: one addition and one mix a number. Streams are told apart by mixing their number into
 * the start state; the golden-ratio increment is the one of the paper (Steele, Lea, Flood 2014).
 * The kernel's entropy is asked for here and nowhere else. */
#include "lib/rng.h"

#include "lib/err.h"

#include <sys/random.h>

#define GOLDEN_GAMMA 0x9E3779B97F4A7C15u

uint64_t as_rng_mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

struct as_rng as_rng_stream(uint64_t seed, uint64_t stream)
{
    return (struct as_rng){as_rng_mix64(seed ^ as_rng_mix64(stream + 1))};
}

uint64_t as_rng_next(struct as_rng *rng)
{
    rng->state += GOLDEN_GAMMA;
    return as_rng_mix64(rng->state);
}

uint64_t as_rng_below(struct as_rng *rng, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)as_rng_next(rng) * bound) >> 64);
}

double as_rng_unit(struct as_rng *rng)
{
    return (double)(as_rng_next(rng) >> 11) * 0x1.0p-53;
}

uint64_t as_rng_entropy(void)
{
    uint64_t seed = 0;
    ssize_t got = getrandom(&seed, sizeof(seed), 0);
    AS_ASSERT(got == (ssize_t)sizeof(seed));
    return seed;
}
