/* A sealed document: a JSON object that carries the hash of each of its parts, and of itself.
 *
 * {NAME: {part: ...}, "parts": {part: hash}, "sha256": hash}, in canonical form on one line, so
 * that any changed byte shows, and of most changes in which part. It is no signature: whoever
 * changes a part can also make new hashes. Pure; used by the daemon, which seals, and by assayctl,
 * which checks without a daemon. */
#ifndef LIB_SEAL_H
#define LIB_SEAL_H

#include "lib/json.h"

/* NAME sorts before "parts". Takes the body, an object, and normalizes its numbers. */
struct as_json *as_seal(const char *name, struct as_json *body_take);
/* Appends the line, newline included. */
void as_seal_write(const struct as_json *sealed, struct as_buf *out);
/* Appends to problems a sentence for each thing that does not hold. *ret_sealed: what was read, or
 * NULL when it is no sealed document at all. */
void as_seal_check(struct as_str text, const char *name, struct as_json *problems,
                   struct as_json **ret_sealed);

#endif
