/* A file that is written whole or not at all: beside its place first, and moved there in the end.
 */
#ifndef CTL_WHOLE_FILE_H
#define CTL_WHOLE_FILE_H

#include "lib/err.h"

#include <stdio.h>

struct whole_file {
    FILE *stream;
    const char *path; /* borrowed */
    char *partial;    /* NULL: the stream is stdout */
};

/* A path of NULL or "-" is stdout. AS_EINVAL: it cannot be written there. */
int whole_file_open(const char *path, struct whole_file *ret_file, struct as_err *err) AS_MUST_USE;
/* Keeps the file when rc is 0, else takes what there is of it away: what stood at its place before
 * stays. Returns rc, or its own. */
int whole_file_close(struct whole_file *file, int rc, struct as_err *err) AS_MUST_USE;

#endif
