/* The tags of a table's cases: which cases carry each. Read from the cases themselves, page by
 * page. A tag of more than TABLE_TAG_MAX_BYTES, which nobody would select by, is left out. */
#ifndef DAEMON_REPORT_TABLE_TAGS_H
#define DAEMON_REPORT_TABLE_TAGS_H

#include "daemon/report/table.h"

#define TABLE_TAG_MAX_BYTES 256

/* Fills the table's tags; its cases are there. */
int table_load_tags(struct store *store, const struct report_spec *spec,
                    struct table *table) AS_MUST_USE;

#endif
