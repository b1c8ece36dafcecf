/* Can a case be kept as it was given, and read again? What is stored is JSON that scripts and
 * reports parse later: no deeper than the parsers go, and with numbers that survive. */
#ifndef DAEMON_DATASET_STORABLE_H
#define DAEMON_DATASET_STORABLE_H

#include "lib/err.h"
#include "lib/json.h"

/* Of a whole case, or of one value of it. AS_EINVAL and a sentence about the first that cannot. */
int storable_check(const struct as_json *value, struct as_err *err) AS_MUST_USE;

#endif
