/* The case ids that an import has met, and the line where each stood first.
 *
 * Only a digest of an id is kept: 24 bytes a slot, 100 MB for the DATASET_CASES_MAX ids that an
 * import may bring. {0} is a valid empty set. */
#ifndef DAEMON_DATASET_SEEN_H
#define DAEMON_DATASET_SEEN_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen_slot;

struct seen {
    struct seen_slot *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t id_count;
    char **files; /* that ids came from, in order */
    size_t file_count;
};

struct seen_place {
    const char *file;
    uint64_t line; /* from 1; beyond 2^32 - 1 it is remembered as that */
};

/* False: the id is there already, and *ret_first is where it stood, borrowed from the set. */
bool seen_add(struct seen *seen, struct as_str id, struct seen_place place,
              struct seen_place *ret_first) AS_MUST_USE;
void seen_done(struct seen *seen);

#endif
