/* Counts by state. Both tables have a row for each run or time, not for each call, so that to go
 * through them is a matter of milliseconds for years of runs. */
#include "daemon/store/overview.h"

#include "daemon/store/sql.h"

#include <sys/stat.h>

static int count_groups(struct store *store, struct store_overview *overview)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT state, count(*) FROM run_group GROUP BY state");
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        int64_t state = sql_int(sql, 0);
        if (state < 0 || state >= GROUP_STATE_COUNT)
            return sql_damaged(store, "the state of a run");
        overview->groups[state] = sql_int(sql, 1);
    }
    return rc;
}

/* A time that a person triggered has no lateness. */
static int count_times(struct store *store, struct store_overview *overview)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT state, count(*), count(*) FILTER (WHERE is_manual = 0),"
               " total(max(at_ms - due_ms, 0)) FILTER (WHERE is_manual = 0) FROM schedule_time"
               " GROUP BY state");
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        int64_t state = sql_int(sql, 0);
        if (state < 0 || state >= SCHEDULE_STATE_COUNT)
            return sql_damaged(store, "the state of a schedule's time");
        overview->times[state] = sql_int(sql, 1);
        if (state != SCHEDULE_STARTED)
            continue;
        overview->started = sql_int(sql, 2);
        overview->late_s = sql_num(sql, 3) / 1000;
    }
    return rc;
}

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) ? 0 : (int64_t)st.st_size; /* a log that is not there is empty */
}

int store_overview(struct store *store, struct store_overview *ret_overview)
{
    struct store_overview overview = {.database_bytes = size_of(store->path)};
    struct as_buf wal = {0};
    as_buf_addf(&wal, "%s-wal", store->path);
    overview.wal_bytes = size_of(wal.ptr);
    as_buf_done(&wal);
    int rc = count_groups(store, &overview);
    if (!rc)
        rc = count_times(store, &overview);
    if (!rc)
        *ret_overview = overview;
    return rc;
}
