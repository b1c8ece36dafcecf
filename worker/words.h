/* Texts cut into words, in the ways that the measures of likeness are defined on. Pure functions;
 * those that cut write the words with one blank between them, none at the ends, and return the
 * length. Bytes that are not UTF-8 count as letters and are copied as they are. The caller gives
 * room for WORDS_ROOM(length of the text) bytes, and the text does not overlap with it. */
#ifndef WORKER_WORDS_H
#define WORKER_WORDS_H

#include "lib/buf.h"

#include <stdbool.h>

#define WORDS_ROOM(len) (3 * (len) + 4)

/* Without the white space at both ends; a part of text. */
struct as_str words_trimmed(struct as_str text);

/* Cut at white space, case folded. A stripped mark does not end a word ("don't" is "dont"); the
 * articles are a, an and the. With both: the tokens of SQuAD's evaluation. */
size_t words_normalise(struct as_str text, bool no_punctuation, bool no_articles, char *out);

/* The runs of letters and digits, case folded. For ASCII: the tokens of Google's rouge-score. */
size_t words_letters(struct as_str text, char *out);

/* Cut at white space, marks stand alone, case kept: for ASCII the tokens of sacrebleu's "13a" (a
 * point or comma between digits, an apostrophe, and a hyphen that follows no digit stay inside).
 * Marks beyond ASCII stand alone, too. */
size_t words_and_marks(struct as_str text, char *out);

#endif
