/* A report into a file or onto stdout: for `report` and for `run start --output`.
 *
 * A file is written beside its place and moved there when it is whole; until then what was there
 * stays. It is opened before anything that costs time or money, so that a place that cannot be
 * written is told at once. */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include "ctl/command.h"

struct report_file {
    FILE *stream;
    const char *path;
    char *partial; /* NULL: the stream is stdout */
};

/* path NULL or "-": stdout. AS_EINVAL. */
int report_file_open(const char *path, struct report_file *ret_file,
                     struct as_err *err) AS_MUST_USE;
/* Keeps the file when rc is 0, else takes what there is of it away. Returns rc, or its own. */
int report_file_close(struct report_file *file, int rc, struct as_err *err) AS_MUST_USE;

/* "html" and so on: as --format says, else by the name of the file, else text, or json where that
 * is asked for. AS_EINVAL: no such format; AS_EUSAGE: the name does not tell. */
int report_format(const char *format, const char *path, bool is_json, const char **ret_format,
                  struct as_err *err) AS_MUST_USE;

/* params: {run}. compared, what run.compare answered, is a part of text and json; NULL: nothing. */
int report_write(struct ctl *ctl, struct as_json *params, const char *format,
                 const struct as_json *compared, FILE *stream, struct as_err *err) AS_MUST_USE;

#endif
