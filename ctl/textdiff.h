/* What differs between two texts: line by line, as diff -u shows it, or word by word. Pure. */
#ifndef CTL_TEXTDIFF_H
#define CTL_TEXTDIFF_H

#include "lib/buf.h"

#include <stdbool.h>

/* Appends hunks with three lines around every change, without the head lines that name files; a
 * last line without a newline is marked as diff does. False, and nothing appended, when the texts
 * are the same. Past some ten thousand changed lines a hunk may be larger than it need be. */
bool textdiff_unified(struct as_str before, struct as_str after, struct as_buf *out);

/* Word by word, for answers, which may be one long line: the pieces of both texts in their order,
 * what went before what came in its place; white space is a piece as well. False, and nothing
 * handed out, when the texts are the same, when one is longer than that, or when less than half of
 * the words stand in both: such texts are better read one after the other. */
#define TEXTDIFF_WORDS_MAX_BYTES 8192u
enum textdiff_kind { TEXTDIFF_SAME, TEXTDIFF_GONE, TEXTDIFF_NEW };
typedef void (*textdiff_fn)(void *ctx, enum textdiff_kind kind, struct as_str piece);
bool textdiff_words(struct as_str before, struct as_str after, textdiff_fn fn, void *ctx);

#endif
