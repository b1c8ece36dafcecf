/* What differs between two texts, line by line, as diff -u shows it. Pure. */
#ifndef CTL_TEXTDIFF_H
#define CTL_TEXTDIFF_H

#include "lib/buf.h"

#include <stdbool.h>

/* Appends hunks with three lines around every change, without the head lines that name files; a
 * last line without a newline is marked as diff does. False, and nothing appended, when the texts
 * are the same. Past some ten thousand changed lines a hunk may be larger than it need be. */
bool textdiff_unified(struct as_str before, struct as_str after, struct as_buf *out);

#endif
