/* The little of Unicode that scorers need: code points, white space, punctuation, and case. Pure
 * functions without tables to load; no locale. Bytes that are not UTF-8 count as letters. */
#ifndef WORKER_UNICODE_H
#define WORKER_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNICODE_BAD UINT32_MAX

/* The code point at s, of left > 0 bytes, and its length; UNICODE_BAD and 1 for a byte that is no
 * UTF-8. */
uint32_t unicode_next(const char *s, size_t left, size_t *ret_len);

bool unicode_is_space(uint32_t c);
/* ASCII's, quotes, dashes, brackets; currency, arrows, symbols, emoji. */
bool unicode_is_punctuation(uint32_t c);
bool unicode_is_word(uint32_t c); /* neither of the two, and no control character */

/* Case, one character for one (unicode_case.c). A folded character may need a byte more in UTF-8.
 */
uint32_t unicode_fold(uint32_t c);  /* the same for all forms of a letter: for comparing */
uint32_t unicode_lower(uint32_t c); /* the small letter: for showing */

/* Writes 1 to 4 bytes; returns how many. */
size_t unicode_write(uint32_t c, char out[4]);

#endif
