/* SplitMix64: one addition and one mix a number. Streams are told apart by mixing their number into
 * the start state; the golden-ratio increment is the one of the paper (Steele, Lea, Flood 2014).
 * The kernel's entropy is asked for here and nowhere else. */
#include "lib/rng.h"

#include "lib/err.h"

#include <string.h>
#include <sys/random.h>

#define GOLDEN_GAMMA 0x9E3779B97F4A7C15u
#define MIX_FIRST 0xBF58476D1CE4E5B9u
#define MIX_SECOND 0x94D049BB133111EBu

uint64_t as_rng_mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * MIX_FIRST;
    z = (z ^ (z >> 27)) * MIX_SECOND;
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

#if defined(__x86_64__)

#define LANES 8
#define WIDE __attribute__((target("avx512f,avx512dq")))

typedef uint64_t lanes __attribute__((vector_size(LANES * sizeof(uint64_t))));
typedef uint32_t half_lanes __attribute__((vector_size(LANES * sizeof(uint32_t))));

/* The state only counts up, so eight draws are independent of each other. As the bound is below
 * 2^32, the high half of the product is made of two products of 32 by 32 bits. Returns how many
 * were drawn: the last n % LANES are not. */
WIDE static size_t fill_wide(struct as_rng *rng, uint32_t bound, uint32_t *ret_numbers, size_t n)
{
    lanes state = rng->state + (lanes){1, 2, 3, 4, 5, 6, 7, 8} * GOLDEN_GAMMA;
    size_t at = 0;
    for (; at + LANES <= n; at += LANES) {
        lanes z = (state ^ (state >> 30)) * MIX_FIRST;
        z = (z ^ (z >> 27)) * MIX_SECOND;
        z ^= z >> 31;
        z = ((z >> 32) * bound + (((z & UINT32_MAX) * bound) >> 32)) >> 32;
        half_lanes drawn = __builtin_convertvector(z, half_lanes);
        memcpy(ret_numbers + at, &drawn, sizeof(drawn));
        state += LANES * GOLDEN_GAMMA;
    }
    rng->state += at * GOLDEN_GAMMA;
    return at;
}

static size_t fill_some(struct as_rng *rng, uint32_t bound, uint32_t *ret_numbers, size_t n)
{
    return __builtin_cpu_supports("avx512dq") ? fill_wide(rng, bound, ret_numbers, n) : 0;
}

#else

static size_t fill_some(struct as_rng *rng, uint32_t bound, uint32_t *ret_numbers, size_t n)
{
    (void)rng, (void)bound, (void)ret_numbers, (void)n;
    return 0;
}

#endif

void as_rng_fill_below(struct as_rng *rng, uint32_t bound, uint32_t *ret_numbers, size_t n)
{
    for (size_t i = fill_some(rng, bound, ret_numbers, n); i < n; i++)
        ret_numbers[i] = (uint32_t)as_rng_below(rng, bound);
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
