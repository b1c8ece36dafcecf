/* The part `tags` of the result: per tag the members' means of the primary metric, and each
 * candidate's comparison as the gate made it. In byte order. Of very many tags those that the gate
 * names are kept first, then those with the most cases; how many are left out is said. */
#ifndef DAEMON_REPORT_RESULT_TAGS_H
#define DAEMON_REPORT_RESULT_TAGS_H

#include "daemon/report/table.h"
#include "lib/json.h"

#define RESULT_TAGS_MAX 100
#define RESULT_TAG_COMPARISONS_MAX 600 /* tags x candidates: the result is one line of 1 MiB */

/* Borrows table and spec until result_tags_finish or _drop, which also give up what it holds. */
struct result_tags {
    const struct table *table;
    const struct report_spec *spec;
    size_t *shown; /* which of the table's tags, ascending */
    size_t shown_count;
    struct as_json *list;
};

void result_tags_init(struct result_tags *tags, const struct table *table,
                      const struct report_spec *spec);
void result_tags_add(struct result_tags *tags, size_t candidate,
                     const struct gate_verdict *verdict);
void result_tags_finish(struct result_tags *tags, struct as_json *result);
void result_tags_drop(struct result_tags *tags); /* there is no result */

#endif
