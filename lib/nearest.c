/* Edit distance over three rows (Damerau's variant in which a swapped pair is not edited again):
 * the names of tables and configurations are short, so no cleverer method is worth it. */
#include "lib/nearest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

size_t as_edit_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > AS_NEAREST_MAX_BYTES || b_len > AS_NEAREST_MAX_BYTES)
        return SIZE_MAX;
    size_t rows[3][AS_NEAREST_MAX_BYTES + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
    }
    return rows[a_len % 3][b_len];
}

void as_nearest_offer(struct as_nearest *nearest, const char *wanted, const char *name)
{
    size_t distance = as_edit_distance(wanted, name);
    size_t longer = strlen(wanted) > strlen(name) ? strlen(wanted) : strlen(name);
    if (distance > (longer + 2) / 3 || (nearest->best && distance >= nearest->distance))
        return;
    *nearest = (struct as_nearest){name, distance};
}
