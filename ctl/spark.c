/* Levels by place between the lowest and the highest. */
#include "ctl/spark.h"

#include "lib/err.h"

#include <math.h>

static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

void spark_add(struct as_buf *out, const double *values, size_t count, bool is_utf8)
{
    const char *const *signs = is_utf8 ? blocks : digits;
    double top = is_utf8 ? AS_COUNT(blocks) - 1 : AS_COUNT(digits) - 1;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        low = fmin(low, values[i]); /* fmin and fmax pass over NaN */
        high = fmax(high, values[i]);
    }
    for (size_t i = 0; i < count; i++) {
        double place = high > low ? (values[i] - low) / (high - low) : .5;
        as_buf_adds(out, isnan(values[i]) ? " " : signs[(size_t)floor(place * top + .5)]);
    }
}
