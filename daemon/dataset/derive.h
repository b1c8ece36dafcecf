/* Cases taken from a run or from an inbox into a dataset: the case as it was, as an import takes
 * it, with a note of where it comes from. Pure. */
#ifndef DAEMON_DATASET_DERIVE_H
#define DAEMON_DATASET_DERIVE_H

#include "lib/json.h"

struct dataset_origin { /* borrowed */
    int64_t run;
    const char *dataset; /* that the run was of */
    uint32_t version;
    const char *why; /* a sentence */
};

/* A new case out of one of a dataset: the same members, and in the end of metadata.from_runs an
 * object {run, dataset: "name@version", why}. messages that were made from an input are left out:
 * the import makes them again. origin NULL: without a further note. Shares members with item, whose
 * metadata may change too. */
struct as_json *dataset_derive_case(struct as_json *item, const struct dataset_origin *origin);

/* A case that came through an inbox, with metadata.inbox = {file, taken_ms}: the rest as above. */
struct as_json *dataset_derive_taken(struct as_json *item, const char *file, int64_t taken_ms);
/* When it was taken in; 0: it came another way. */
int64_t dataset_taken_ms(const struct as_json *item);

#endif
