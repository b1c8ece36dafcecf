/* Buckets of a fixed relative width. A value of 16 or more has its highest bit at place 4 to 31;
 * the three bits behind it choose one of eight buckets. */
#include "daemon/sandbox/histogram.h"

static uint32_t bucket_of(uint32_t value)
{
    if (value < HISTOGRAM_EXACT)
        return value;
    uint32_t top = 31 - (uint32_t)__builtin_clz(value);
    uint32_t eighth = (value >> (top - 3)) & 7;
    return HISTOGRAM_EXACT + (top - 4) * HISTOGRAM_PER_OCTAVE + eighth;
}

static uint32_t highest_of(uint32_t bucket)
{
    if (bucket < HISTOGRAM_EXACT)
        return bucket;
    uint32_t octave = (bucket - HISTOGRAM_EXACT) / HISTOGRAM_PER_OCTAVE;
    uint32_t eighth = (bucket - HISTOGRAM_EXACT) % HISTOGRAM_PER_OCTAVE;
    uint64_t width = UINT64_C(2) << octave;
    return (uint32_t)((8 + eighth + 1) * width - 1);
}

void histogram_add(struct histogram *histogram, uint32_t value)
{
    uint32_t *bucket = &histogram->buckets[bucket_of(value)];
    histogram->count++;
    histogram->sum += value;
    *bucket += *bucket < UINT32_MAX;
}

uint32_t histogram_quantile(const struct histogram *histogram, double share)
{
    double wanted = share * (double)histogram->count;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen && (double)seen >= wanted)
            return highest_of(i);
    }
    return 0;
}
