/* What the report needs to know of a run group, out of its pins. For daemon/engine and
 * daemon/control. */
#ifndef DAEMON_ENGINE_PINNED_REPORT_H
#define DAEMON_ENGINE_PINNED_REPORT_H

#include "daemon/engine/pins.h"
#include "daemon/report/result.h"

/* spec borrows from the pins and from the struct itself, which therefore is not moved. */
struct pinned_report {
    struct report_spec spec;
    const char *member_names[PINS_MAX_MEMBERS];
    const char *member_ids[PINS_MAX_MEMBERS];
    const char *metric_names[PINS_MAX_METRICS];
};

void pinned_report_init(struct pinned_report *report, const struct pins *pins, int64_t group_id,
                        int64_t dataset_id, int64_t case_count);

#endif
