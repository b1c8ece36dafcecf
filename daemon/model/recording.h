/* The names of members that are not called: their answers were recorded and stand in the cases.
 *
 * "recorded" is what production answered, a case's `recorded`.
 * "recorded:NAME" is the answer of that name in a case's `recordings`. Pure. */
#ifndef DAEMON_MODEL_RECORDING_H
#define DAEMON_MODEL_RECORDING_H

#include <stdbool.h>

#define RECORDING_PRODUCTION "recorded"
#define RECORDING_NAME_MAX_BYTES 64
#define RECORDING_NAME_MUST_BE \
    "a recording's name: letters, digits and ._:/-, a letter or digit first, at most 64"

/* NAME of "recorded:NAME", "" of "recorded"; NULL: a model that is called. Borrows from member. */
const char *recording_of(const char *member);
bool recording_name_is_valid(const char *name);

#endif
