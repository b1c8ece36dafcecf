/* The database at a glance, for metrics: few numbers that are cheap to have. Conventions, threads
 * and errors are those of store.h. */
#ifndef DAEMON_STORE_OVERVIEW_H
#define DAEMON_STORE_OVERVIEW_H

#include "daemon/store/schedules.h"

struct store_overview {
    int64_t groups[GROUP_STATE_COUNT];
    int64_t times[SCHEDULE_STATE_COUNT]; /* of schedules */
    int64_t started;                     /* those of them that the clock started a run for, */
    double late_s;                       /* and how long after their time, in all */
    int64_t database_bytes, wal_bytes;
};
int store_overview(struct store *store, struct store_overview *ret_overview) AS_MUST_USE;

#endif
