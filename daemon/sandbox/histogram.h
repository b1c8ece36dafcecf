/* How long rows took, in buckets: quantiles without keeping the numbers.
 *
 * Private to daemon/sandbox, pure. Below 16 us a bucket is one microsecond wide, above it an eighth
 * of its power of two, so a quantile is at most 12.5 % too high and never too low. Adding allocates
 * nothing. {0} is an empty one. */
#ifndef DAEMON_SANDBOX_HISTOGRAM_H
#define DAEMON_SANDBOX_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_EXACT 16u /* values below have a bucket of their own */
#define HISTOGRAM_PER_OCTAVE 8u
#define HISTOGRAM_BUCKETS (HISTOGRAM_EXACT + 28u * HISTOGRAM_PER_OCTAVE)

struct histogram {
    uint64_t count, sum;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint32_t value);
/* The upper end of the bucket that holds the share's value (0.5 = the median); 0 when empty. */
uint32_t histogram_quantile(const struct histogram *histogram, double share);

#endif
