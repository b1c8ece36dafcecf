/* A series of numbers on one line: the lowest as the lowest sign, the highest as the highest;
 * blocks where the terminal shows them, else digits from 0 to 9. A number that is not there is a
 * blank. Pure. */
#ifndef CTL_SPARK_H
#define CTL_SPARK_H

#include "lib/buf.h"

#include <stdbool.h>

/* NaN: not there. When all are equal they stand in the middle. */
void spark_add(struct as_buf *out, const double *values, size_t count, bool is_utf8);

#endif
