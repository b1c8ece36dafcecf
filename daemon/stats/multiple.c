/* Both adjustments walk the p-values in order: Holm upwards keeping the maximum so far,
 * Benjamini-Hochberg downwards keeping the minimum. */
#include "daemon/stats/multiple.h"

#include "lib/err.h"

#include <math.h>
#include <stdlib.h>

struct ordered {
    double p;
    size_t place; /* in the caller's array */
};

static int compare_p(const void *left, const void *right)
{
    const struct ordered *a = left;
    const struct ordered *b = right;
    return (a->p > b->p) - (a->p < b->p);
}

/* Those that are defined, ascending; the others are copied through. Returns how many. */
static size_t put_in_order(const double *p, size_t n, double *ret_adjusted, struct ordered *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i]))
            ret_adjusted[i] = NAN;
        else
            ret[count++] = (struct ordered){p[i], i};
    }
    qsort(ret, count, sizeof(*ret), compare_p);
    return count;
}

void stats_holm(const double *p, size_t n, double *ret_adjusted)
{
    AS_CLEANUP_FREE struct ordered *order = as_xcalloc(n + 1, sizeof(*order));
    size_t count = put_in_order(p, n, ret_adjusted, order);
    double highest = 0;
    for (size_t i = 0; i < count; i++) {
        highest = fmax(highest, fmin(1, (double)(count - i) * order[i].p));
        ret_adjusted[order[i].place] = highest;
    }
}

void stats_benjamini_hochberg(const double *p, size_t n, double *ret_adjusted)
{
    AS_CLEANUP_FREE struct ordered *order = as_xcalloc(n + 1, sizeof(*order));
    size_t count = put_in_order(p, n, ret_adjusted, order);
    double lowest = 1;
    for (size_t i = count; i > 0; i--) {
        lowest = fmin(lowest, (double)count * order[i - 1].p / (double)i);
        ret_adjusted[order[i - 1].place] = lowest;
    }
}
