/* Texts wrapped to the terminal's width, alone or side by side: how outputs are compared by eye.
 *
 * A line is broken at spaces; a word that is longer than a line is cut. What a line begins with,
 * spaces and bars, its further lines begin with too: "  | text" stays quoted all the way down.
 * Wide characters count as a terminal shows them. Where there is no terminal nothing is wrapped. */
#ifndef CTL_WRAP_H
#define CTL_WRAP_H

#include "ctl/output.h"

#define WRAP_COLUMNS_MAX 3
#define WRAP_COLUMN_MIN_WIDTH 36 /* narrower ones are better read one under the other */

/* The last line needs no newline. */
void wrap_print(const struct output *out, enum style style, struct as_str text);

/* The same of a string with something before it; nothing when it is empty. */
void wrap_print_after(const struct output *out, enum style style, const char *before,
                      const char *text);

struct wrap_column {
    struct as_buf title; /* one line */
    enum style style;    /* of the title */
    struct as_buf text;
};

/* How many texts can stand beside each other: 1 at least, WRAP_COLUMNS_MAX at most. */
size_t wrap_columns_fit(const struct output *out);
/* count: as many as fit. */
void wrap_columns_print(const struct output *out, const struct wrap_column *columns, size_t count);
void wrap_column_done(struct wrap_column *column);

#endif
