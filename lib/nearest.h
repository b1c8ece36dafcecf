/* "did you mean ...?": the name that was probably meant. For error sentences about keys, methods,
 * commands and models. */
#ifndef LIB_NEAREST_H
#define LIB_NEAREST_H

#include <stddef.h>

#define AS_NEAREST_MAX_BYTES 64 /* longer names are near to nothing */

/* Edits from one to the other: insert, delete, replace or swap two neighbours, each one step. */
size_t as_edit_distance(const char *a, const char *b);

/* Keep the best of several: start with {0}, offer each name, read best (NULL: none is near enough,
 * that is within a third of the length). Names are borrowed. The first of equals wins. */
struct as_nearest {
    const char *best;
    size_t distance;
};
void as_nearest_offer(struct as_nearest *nearest, const char *wanted, const char *name);

#endif
