/* Small whole files: configuration, evals, secrets. Blocking; used at start and at reload only. */
#ifndef DAEMON_CONFIG_FILE_H
#define DAEMON_CONFIG_FILE_H

#include "lib/buf.h"
#include "lib/err.h"

/* Appends the file to *ret_text. AS_ENOENT: no such file. AS_EINVAL: not a regular file.
 * AS_ELIMIT: longer than max_bytes. AS_EDENIED: not readable, or, where it must be private,
 * readable by group or others. err (may be NULL) has the sentence, without the path. */
int file_read(const char *path, size_t max_bytes, bool must_be_private, struct as_buf *ret_text,
              struct as_err *err) AS_MUST_USE;

#endif
