/* One line of a file, already JSON, into a case of our own: an object with id and messages, and
 * whatever else the line had to say, in the shapes that import.h promises to scripts. One function
 * a format; the line may be changed on the way.
 *
 * Each gives an object that the caller owns, or AS_EINVAL and a sentence that names the key. */
#ifndef DAEMON_DATASET_FORMATS_H
#define DAEMON_DATASET_FORMATS_H

#include "daemon/dataset/import.h"
#include "lib/json.h"

/* Which format a line looks like. *ret_is_sure is false where own cases and chat look alike
 * (messages that end with no answer): such a line is the same case in either and settles nothing.
 * DATASET_UNKNOWN: like none. */
enum dataset_format format_detect(const struct as_json *line, bool *ret_is_sure);
bool format_is_case_key(const char *key); /* of our own format */

int format_parse_case(struct as_json *line, struct as_json **ret_case,
                      struct as_err *err) AS_MUST_USE;
int format_parse_chat(struct as_json *line, struct as_json **ret_case,
                      struct as_err *err) AS_MUST_USE;
int format_parse_trainloop(struct as_json *line, struct as_json **ret_case,
                           struct as_err *err) AS_MUST_USE;

/* Puts the case's id: the line's own where it has one (a string, or a number), else the first 16
 * hex digits of the SHA-256 of the canonical line. */
int format_set_id(struct as_json *made, const struct as_json *line, struct as_err *err) AS_MUST_USE;
/* The same digits, of a text that stands for the line. */
void format_set_hashed_id(struct as_json *made, struct as_str text);

#endif
