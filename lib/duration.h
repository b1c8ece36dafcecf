/* Lengths of time as people write them: "90s", "15m", "1h30m", "7d". For configuration, parameters
 * and command lines. */
#ifndef LIB_DURATION_H
#define LIB_DURATION_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

#define AS_DURATION_MUST_BE "a length of time like 90s, 15m, 1h30m or 7d"

/* Whole numbers with d, h, m or s; one without a unit is in seconds. 0 < *ret_ms, at most some
 * 30,000 years. AS_EINVAL for all else. */
int as_duration_parse(const char *text, int64_t *ret_ms) AS_MUST_USE;
/* Does it say what its last number counts? Files have to: 30 could be meant for days. */
bool as_duration_has_unit(const char *text);

#endif
