/* The house's one random generator: SplitMix64 streams, fixed for reproducible resampling.
 * A seed and a stream number name a sequence; the same pair gives the same numbers on every
 * machine. */
#ifndef LIB_RNG_H
#define LIB_RNG_H

#include <stddef.h>
#include <stdint.h>

struct as_rng {
    uint64_t state;
};

/* The SplitMix64 finaliser (Steele et al. 2014). */
uint64_t as_rng_mix64(uint64_t z);
/* state = mix64(seed ^ mix64(stream + 1)) */
struct as_rng as_rng_stream(uint64_t seed, uint64_t stream);
uint64_t as_rng_next(struct as_rng *rng);
uint64_t as_rng_below(struct as_rng *rng, uint64_t bound); /* 0 when bound is 0 */
/* The same n numbers as that many calls of as_rng_below, several at once where the processor can.
 */
void as_rng_fill_below(struct as_rng *rng, uint32_t bound, uint32_t *ret_numbers, size_t n);
double as_rng_unit(struct as_rng *rng); /* in [0, 1) */
uint64_t as_rng_entropy(void);          /* of the kernel, for seeds */

#endif
