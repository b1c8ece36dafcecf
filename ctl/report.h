/* A report onto a stream: for `report` and for `run start --output`. Its file is opened before
 * anything that costs time or money, so that a place that cannot be written is told at once. */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include "ctl/command.h"

/* "html" and so on: as --format says, else by the name of the file, else text, or json where that
 * is asked for. AS_EINVAL: no such format; AS_EUSAGE: the name does not tell. */
int report_format(const char *format, const char *path, bool is_json, const char **ret_format,
                  struct as_err *err) AS_MUST_USE;

/* The earlier run that one is compared with: what run.compare is asked, and what it answered. Both
 * NULL: there is none; no answer: they cannot be compared. Borrowed. */
struct report_compared {
    const struct as_json *params, *result;
};
/* params: {run}. */
int report_write(struct ctl *ctl, struct as_json *params, const char *format,
                 const struct report_compared *compared, FILE *stream,
                 struct as_err *err) AS_MUST_USE;

#endif
