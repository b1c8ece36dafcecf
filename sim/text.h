/* What the stand-in models can do with a text: find a line, a word, a number; compare loosely; take
 * a hash.
 *
 * Used by the task families and the judge. All functions are pure, never read past their argument
 * and accept any bytes; results borrow from the argument. ASCII letters compare without case.
 * Nothing here knows of a wire format. */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct as_str text_trim(struct as_str text);
bool text_is_blank(struct as_str text);
bool text_has_prefix(struct as_str text, const char *prefix); /* without case */
bool text_eq_nocase(struct as_str a, struct as_str b);

/* Takes the next line off *rest, without its line end. False at the end. */
bool text_next_line(struct as_str *rest, struct as_str *ret_line);
/* Takes the next item off a comma-separated *rest, trimmed; empty items are skipped. False at the
 * end. */
bool text_next_item(struct as_str *rest, struct as_str *ret_item);

/* Where needle stands, without case. False: nowhere. */
bool text_find(struct as_str text, const char *needle, size_t *ret_at);
bool text_has(struct as_str text, const char *needle);
/* True when a word of the text begins with stem: "crash" is in "It crashed", "bug" is not in
 * "debug". */
bool text_has_stem(struct as_str text, const char *stem);

/* The trimmed rest of the first line that begins with "KEY:" (without case, blanks before it
 * allowed). */
bool text_line_value(struct as_str text, struct as_str key, struct as_str *ret_value);

/* Reads an integer of at most 9 digits, with an optional minus, off the front of *rest, after
 * blanks. */
bool text_take_int(struct as_str *rest, int64_t *ret_number);
bool text_is_json_number(struct as_str text);

/* The same for texts that differ in white space only: the identity of a task. */
uint64_t text_hash(struct as_str text);

/* Appends the words of the text, lower case, one space before and after each. A word is letters,
 * digits and bytes above 127; a number keeps its minus and its decimal point and loses zeros at the
 * end of its fraction. */
void text_normalise(struct as_str text, struct as_buf *out);
/* True when the words of part stand in the text, side by side and in order. False when part has no
 * words. */
bool text_has_words(struct as_str text, struct as_str part);

/* Plain and quick where printf would cost as much as the rest of an answer. */
void text_add_int(int64_t number, struct as_buf *out);
void text_add_hex(uint64_t number, struct as_buf *out); /* 16 digits */

#endif
