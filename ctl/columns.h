/* Texts wrapped to a width, and set side by side: how outputs are compared by eye. */
#ifndef CTL_COLUMNS_H
#define CTL_COLUMNS_H

#include "ctl/output.h"

#define COLUMNS_MAX 3
#define COLUMNS_MIN_WIDTH 36 /* of one; narrower ones are better read one under the other */

/* Appends text made safe and broken at spaces into lines of at most width columns; a longer word is
 * cut. Wide characters count as a terminal shows them. */
void columns_wrap(struct as_buf *out, struct as_str text, int width);

/* True when count texts fit beside each other. */
bool columns_fit(const struct output *out, size_t count);
void columns_print(const struct output *out, const struct as_str *texts, size_t count);

#endif
