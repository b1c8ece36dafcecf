/* The last errors of a run group, each told once with how often it came: what run.watch shows.
 *
 * Plain data, bounded; {0} is empty. Two errors are the same when status and class agree and their
 * sentences do but for the digits in them: a time, a size, a case's number. */
#ifndef DAEMON_MODEL_TROUBLES_H
#define DAEMON_MODEL_TROUBLES_H

#include "daemon/model/row.h"

#define TROUBLES_MAX 5
#define TROUBLE_TEXT_BYTES 200

struct trouble {
    enum row_status status;
    char error_class[32];
    char text[TROUBLE_TEXT_BYTES]; /* as it came last, cut, UTF-8 */
    int64_t count;
    int64_t last_ms; /* wall clock */
};

struct troubles {
    struct trouble items[TROUBLES_MAX]; /* the last first */
    size_t count;
    int64_t forgotten; /* errors that were pushed out by others */
};

/* Of a row that ended in one; ok and skipped rows are no trouble. */
void troubles_note(struct troubles *troubles, const struct row_record *row);

#endif
