/* Two tables: a mark a schedule, and a row a time, whose key is what makes it unique. */
#include "daemon/store/schedules.h"

#include "daemon/store/audit.h"
#include "daemon/store/events.h"
#include "daemon/store/sql.h"

#define TIME_COLUMNS "eval, schedule, due_ms, state, is_late, is_manual, run, at_ms, why"

const char *schedule_state_name(enum schedule_state state)
{
    static const char *const names[SCHEDULE_STATE_COUNT] = {
        [SCHEDULE_OWED] = "owed",         [SCHEDULE_STARTED] = "started",
        [SCHEDULE_SKIPPED] = "skipped",   [SCHEDULE_MISSED] = "missed",
        [SCHEDULE_BLACKOUT] = "blackout", [SCHEDULE_REPLACED] = "replaced",
        [SCHEDULE_FAILED] = "failed",
    };
    return names[state];
}

/* ---- marks ---- */

int store_schedule_mark_get(struct store *store, const char *eval, const char *schedule,
                            struct schedule_mark *ret_mark)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT seen_ms, is_disabled, was_off FROM schedule_mark"
                       " WHERE eval = ? AND schedule = ?");
    sql_put_text(sql, as_str_from(eval));
    sql_put_text(sql, as_str_from(schedule));
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    *ret_mark = (struct schedule_mark){
        .eval = eval,
        .schedule = schedule,
        .seen_ms = sql_int(sql, 0),
        .is_disabled = sql_int(sql, 1) != 0,
        .was_off = sql_int(sql, 2) != 0,
    };
    return 0;
}

static int put_mark(struct store *store, const struct schedule_mark *mark)
{
    struct sql *sql =
        sql_use(store, "INSERT OR REPLACE INTO schedule_mark (eval, schedule, seen_ms,"
                       " is_disabled, was_off) VALUES (?, ?, ?, ?, ?)");
    sql_put_text(sql, as_str_from(mark->eval));
    sql_put_text(sql, as_str_from(mark->schedule));
    sql_put_int(sql, mark->seen_ms);
    sql_put_int(sql, mark->is_disabled);
    sql_put_int(sql, mark->was_off);
    return sql_run(sql);
}

/* ---- times ---- */

static void put_slot(struct sql *sql, const struct schedule_slot *slot)
{
    sql_put_text(sql, as_str_from(slot->eval));
    sql_put_text(sql, as_str_from(slot->schedule));
    sql_put_int(sql, slot->due_ms);
}

static int add_time(struct store *store, const struct schedule_time *time, bool *ret_is_new)
{
    struct sql *sql = sql_use(store, "INSERT OR IGNORE INTO schedule_time (" TIME_COLUMNS ")"
                                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    put_slot(sql, &time->slot);
    sql_put_int(sql, time->state);
    sql_put_int(sql, time->is_late);
    sql_put_int(sql, time->is_manual);
    sql_put_int(sql, time->run);
    sql_put_int(sql, time->at_ms);
    sql_put_text(sql, as_str_from(time->why));
    int rc = sql_run(sql);
    if (!rc)
        *ret_is_new = sqlite3_changes(store->db) > 0;
    return rc;
}

int store_schedule_note(struct store *store, const struct schedule_note *note, bool *ret_is_new)
{
    bool has_missed = false;
    int rc = sql_begin(store);
    if (!rc)
        rc = put_mark(store, note->mark);
    for (size_t i = 0; i < note->count && !rc; i++) {
        bool is_new = false;
        rc = add_time(store, &note->times[i], &is_new);
        has_missed = has_missed || (is_new && note->times[i].state == SCHEDULE_MISSED);
        if (ret_is_new)
            ret_is_new[i] = is_new;
    }
    if (!rc && note->missed && has_missed)
        rc = store_event_add(store, note->missed);
    if (!rc && note->entry)
        rc = store_audit_add(store, note->entry);
    return sql_end(store, rc);
}

static int settle(struct store *store, const struct schedule_time *time)
{
    struct sql *sql = sql_use(store, "UPDATE schedule_time SET state = ?5, at_ms = ?6, why = ?7"
                                     " WHERE eval = ?1 AND schedule = ?2 AND due_ms = ?3"
                                     " AND state = ?4");
    put_slot(sql, &time->slot);
    sql_put_int(sql, SCHEDULE_OWED);
    sql_put_int(sql, time->state);
    sql_put_int(sql, time->at_ms);
    sql_put_text(sql, as_str_from(time->why));
    int rc = sql_run(sql);
    return rc ? rc : sqlite3_changes(store->db) ? 0 : AS_ENOENT;
}

int store_schedule_settle(struct store *store, const struct schedule_time *time,
                          const struct event *event)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = settle(store, time);
    if (!rc && event)
        rc = store_event_add(store, event);
    return sql_end(store, rc);
}

int store_schedule_start(struct store *store, const struct schedule_slot *slot, int64_t run,
                         int64_t now_ms)
{
    struct sql *sql = sql_use(store, "UPDATE schedule_time SET state = ?5, run = ?6, at_ms = ?7"
                                     " WHERE eval = ?1 AND schedule = ?2 AND due_ms = ?3"
                                     " AND state = ?4");
    put_slot(sql, slot);
    sql_put_int(sql, SCHEDULE_OWED);
    sql_put_int(sql, SCHEDULE_STARTED);
    sql_put_int(sql, run);
    sql_put_int(sql, now_ms);
    int rc = sql_run(sql);
    return rc ? rc : sqlite3_changes(store->db) ? 0 : AS_EEXIST;
}

/* ---- reading ---- */

static int read_times(struct sql *sql, struct as_arena *arena, struct schedule_time **ret_times,
                      size_t *ret_count)
{
    struct as_buf times = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct schedule_time time = {
            .slot = {sql_cstr_dup(sql, 0, arena), sql_cstr_dup(sql, 1, arena), sql_int(sql, 2)},
            .state = (enum schedule_state)sql_int(sql, 3),
            .is_late = sql_int(sql, 4) != 0,
            .is_manual = sql_int(sql, 5) != 0,
            .run = sql_int(sql, 6),
            .at_ms = sql_int(sql, 7),
            .why = sql_cstr_dup(sql, 8, arena),
        };
        as_buf_add(&times, &time, sizeof(time));
    }
    if (!rc)
        *ret_times = sql_give_array(&times, sizeof(**ret_times), arena, ret_count);
    as_buf_done(&times);
    return rc;
}

int store_schedule_owed(struct store *store, const char *eval, const char *schedule,
                        struct as_arena *arena, struct schedule_time **ret_times, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " TIME_COLUMNS " FROM schedule_time"
                       " WHERE eval = ? AND schedule = ? AND state = ? ORDER BY due_ms");
    sql_put_text(sql, as_str_from(eval));
    sql_put_text(sql, as_str_from(schedule));
    sql_put_int(sql, SCHEDULE_OWED);
    return read_times(sql, arena, ret_times, ret_count);
}

int store_schedule_live_run(struct store *store, const char *eval, const char *schedule,
                            int64_t *ret_run)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT ifnull(max(t.run), 0) FROM schedule_time AS t"
                       " JOIN run_group AS g ON g.id = t.run"
                       " WHERE t.eval = ? AND t.schedule = ? AND t.state = ?"
                       " AND g.ended_ms = 0");
    sql_put_text(sql, as_str_from(eval));
    sql_put_text(sql, as_str_from(schedule));
    sql_put_int(sql, SCHEDULE_STARTED);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_run = sql_int(sql, 0);
    return rc < 0 ? rc : 0;
}

int store_schedule_latest(struct store *store, struct as_arena *arena,
                          struct schedule_time **ret_times, size_t *ret_count)
{
    /* SQLite takes the other columns from the row that has the maximum. */
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT eval, schedule, max(due_ms), state, is_late, is_manual, run, at_ms,"
                       " why FROM schedule_time GROUP BY eval, schedule");
    return read_times(sql, arena, ret_times, ret_count);
}

int store_schedule_page(struct store *store, const struct schedule_query *query,
                        struct as_arena *arena, struct schedule_time **ret_times, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " TIME_COLUMNS " FROM schedule_time"
                       " WHERE (?1 IS NULL OR eval = ?1) AND (?2 IS NULL OR schedule = ?2)"
                       " AND due_ms < ?3 AND due_ms <= ?4"
                       " AND (due_ms < ?4 OR (eval, schedule) > (?5, ?6))"
                       " ORDER BY due_ms DESC, eval, schedule LIMIT ?7");
    const struct schedule_slot *after = &query->after;
    sql_put_text(sql, as_str_from(query->eval));
    sql_put_text(sql, as_str_from(query->schedule));
    sql_put_int(sql, query->before_ms ? query->before_ms : INT64_MAX);
    sql_put_int(sql, after->due_ms ? after->due_ms : INT64_MAX);
    sql_put_text(sql, as_str_from(after->eval));
    sql_put_text(sql, as_str_from(after->schedule));
    sql_put_int(sql, query->limit);
    return read_times(sql, arena, ret_times, ret_count);
}
