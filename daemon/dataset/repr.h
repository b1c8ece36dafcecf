/* Reads the text that Python's repr() makes of plain data, as JSON. One logger writes the answers
 * of an API that way:
 * "[{'type': 'text', 'text': 'it\'s'}]". */
#ifndef DAEMON_DATASET_REPR_H
#define DAEMON_DATASET_REPR_H

#include "lib/json.h"

/* Lists, dicts with string keys, strings, numbers, True, False, None; AS_EINVAL for anything else,
 * quietly. */
int repr_parse(struct as_str text, struct as_json **ret_value) AS_MUST_USE;

#endif
