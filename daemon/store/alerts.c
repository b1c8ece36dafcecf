/* Conditions, decisions and deliveries. Old deliveries that have ended go as new ones come, as
 * events do. */
#include "daemon/store/alerts.h"

#include "daemon/store/sql.h"

#define DELIVERIES_KEPT 10000
#define RECORD_COLUMNS "eval, subject, condition, kind, is_bad, since_ms, since_run, run, times"
#define DELIVERY_COLUMNS \
    "d.id, d.event_id, d.eval, d.rule, d.state, d.tries, d.made_ms, d.ended_ms, d.outcome"
#define EVENT_AT 9 /* the first column after them */

const char *delivery_state_name(enum delivery_state state)
{
    static const char *const names[DELIVERY_STATE_COUNT] = {"due", "delivered", "failed",
                                                            "dropped"};
    return names[state];
}

/* ---- conditions ---- */

static struct alert_record read_record(struct sql *sql, struct as_arena *arena)
{
    return (struct alert_record){
        .eval = sql_cstr_dup(sql, 0, arena),
        .subject = sql_cstr_dup(sql, 1, arena),
        .condition = sql_cstr_dup(sql, 2, arena),
        .kind = sql_cstr_dup(sql, 3, arena),
        .is_bad = sql_int(sql, 4) != 0,
        .since_ms = sql_int(sql, 5),
        .since_run = sql_int(sql, 6),
        .run = sql_int(sql, 7),
        .times = sql_int(sql, 8),
    };
}

int store_alert_mark(struct store *store, int64_t *ret_id)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT event_id FROM alert_mark");
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_id = sql_int(sql, 0);
    return rc < 0 ? rc : rc ? 0 : AS_ENOENT;
}

int store_alert_get(struct store *store, const struct alert_record *key, struct as_arena *arena,
                    struct alert_record *ret_record)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " RECORD_COLUMNS " FROM alert"
                       " WHERE eval = ? AND subject = ? AND condition = ?");
    sql_put_text(sql, as_str_from(key->eval));
    sql_put_text(sql, as_str_from(key->subject));
    sql_put_text(sql, as_str_from(key->condition));
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_record = read_record(sql, arena);
    return rc < 0 ? rc : rc ? 0 : AS_ENOENT;
}

int store_alerts_page(struct store *store, const char *eval, uint32_t limit, struct as_arena *arena,
                      struct alert_record **ret_records, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " RECORD_COLUMNS " FROM alert WHERE ?1 IS NULL OR eval = ?1"
                       " ORDER BY eval, subject, condition LIMIT ?2");
    struct as_buf records = {0};
    int rc;
    sql_put_text(sql, as_str_from(eval));
    sql_put_int(sql, limit);
    while ((rc = sql_step(sql)) > 0) {
        struct alert_record record = read_record(sql, arena);
        as_buf_add(&records, &record, sizeof(record));
    }
    if (!rc)
        *ret_records = sql_give_array(&records, sizeof(**ret_records), arena, ret_count);
    as_buf_done(&records);
    return rc;
}

int store_alerts_count(struct store *store, struct as_arena *arena, struct alert_count **ret_counts,
                       size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT condition, sum(is_bad) FROM alert GROUP BY condition");
    struct as_buf counts = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct alert_count count = {sql_cstr_dup(sql, 0, arena), sql_int(sql, 1)};
        as_buf_add(&counts, &count, sizeof(count));
    }
    if (!rc)
        *ret_counts = sql_give_array(&counts, sizeof(**ret_counts), arena, ret_count);
    as_buf_done(&counts);
    return rc;
}

/* ---- decisions ---- */

static int put_mark(struct store *store, int64_t event_id)
{
    struct sql *sql = sql_use(store, "INSERT OR REPLACE INTO alert_mark (id, event_id)"
                                     " VALUES (1, ?)");
    sql_put_int(sql, event_id);
    return sql_run(sql);
}

static int put_record(struct store *store, const struct alert_record *record)
{
    struct sql *sql = sql_use(store, "INSERT OR REPLACE INTO alert (" RECORD_COLUMNS ")"
                                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(sql, as_str_from(record->eval));
    sql_put_text(sql, as_str_from(record->subject));
    sql_put_text(sql, as_str_from(record->condition));
    sql_put_text(sql, as_str_from(record->kind));
    sql_put_int(sql, record->is_bad);
    sql_put_int(sql, record->since_ms);
    sql_put_int(sql, record->since_run);
    sql_put_int(sql, record->run);
    sql_put_int(sql, record->times);
    return sql_run(sql);
}

static int add_delivery(struct store *store, const struct delivery *delivery, int64_t event_id)
{
    struct sql *sql = sql_use(store, "INSERT INTO delivery (event_id, eval, rule, state, tries,"
                                     " made_ms, ended_ms) VALUES (?, ?, ?, ?, 0, ?, 0)");
    sql_put_int(sql, event_id);
    sql_put_text(sql, as_str_from(delivery->eval));
    sql_put_text(sql, as_str_from(delivery->rule));
    sql_put_int(sql, DELIVERY_DUE);
    sql_put_int(sql, delivery->made_ms);
    int rc = sql_run(sql);
    if (rc)
        return rc;
    sql = sql_use(store, "DELETE FROM delivery WHERE id <= ? AND state <> ?");
    sql_put_int(sql, sqlite3_last_insert_rowid(store->db) - DELIVERIES_KEPT);
    sql_put_int(sql, DELIVERY_DUE);
    return sql_run(sql);
}

int store_alert_decide(struct store *store, const struct alert_decision *decision)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = put_mark(store, decision->mark);
    for (size_t i = 0; i < decision->record_count && !rc; i++)
        rc = put_record(store, &decision->records[i]);
    for (size_t i = 0; i < decision->event_count && !rc; i++)
        rc = store_event_add(store, &decision->events[i]);
    for (size_t i = 0; i < decision->delivery_count && !rc; i++)
        rc = add_delivery(store, &decision->deliveries[i], decision->deliveries[i].event_id);
    return sql_end(store, rc);
}

int store_alert_send(struct store *store, const struct event *event,
                     const struct delivery *deliveries, size_t count, int64_t *ret_event_id)
{
    int64_t event_id = 0;
    int rc = sql_begin(store);
    if (!rc)
        rc = store_event_add(store, event);
    if (!rc)
        rc = store_event_last(store, &event_id);
    for (size_t i = 0; i < count && !rc; i++)
        rc = add_delivery(store, &deliveries[i], event_id);
    rc = sql_end(store, rc);
    if (!rc)
        *ret_event_id = event_id;
    return rc;
}

/* ---- deliveries ---- */

static struct delivery read_delivery(struct sql *sql, struct as_arena *arena)
{
    return (struct delivery){
        .id = sql_int(sql, 0),
        .event_id = sql_int(sql, 1),
        .eval = sql_cstr_dup(sql, 2, arena),
        .rule = sql_cstr_dup(sql, 3, arena),
        .state = (enum delivery_state)sql_int(sql, 4),
        .tries = sql_int(sql, 5),
        .made_ms = sql_int(sql, 6),
        .ended_ms = sql_int(sql, 7),
        .outcome = sql_cstr_dup(sql, 8, arena),
    };
}

static int read_deliveries(struct sql *sql, bool has_events, struct as_arena *arena,
                           struct delivery **ret_deliveries, size_t *ret_count)
{
    struct as_buf deliveries = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct delivery delivery = read_delivery(sql, arena);
        delivery.has_event = has_events && sql_int(sql, EVENT_AT) &&
                             event_read(sql, EVENT_AT, arena, &delivery.event);
        as_buf_add(&deliveries, &delivery, sizeof(delivery));
    }
    if (!rc)
        *ret_deliveries = sql_give_array(&deliveries, sizeof(**ret_deliveries), arena, ret_count);
    as_buf_done(&deliveries);
    return rc;
}

/* state = 0, DELIVERY_DUE, is a literal: so the index is used that has those alone. */
int store_deliveries_next(struct store *store, uint32_t limit, struct as_arena *arena,
                          struct delivery **ret_deliveries, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " DELIVERY_COLUMNS ", e.id, e.at_ms, e.kind, e.is_over, e.eval,"
                       " e.subject, e.run, e.text, e.detail FROM"
                       " (SELECT min(w.id) AS first FROM delivery AS w"
                       "  LEFT JOIN event AS k ON k.id = w.event_id WHERE w.state = 0"
                       "  GROUP BY w.eval, w.rule, k.kind IS 'test')"
                       " JOIN delivery AS d ON d.id = first"
                       " LEFT JOIN event AS e ON e.id = d.event_id ORDER BY d.id LIMIT ?");
    sql_put_int(sql, limit);
    return read_deliveries(sql, true, arena, ret_deliveries, ret_count);
}

int store_deliveries_count_due(struct store *store, int64_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT count(*) FROM delivery WHERE state = 0");
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_count = sql_int(sql, 0);
    return rc < 0 ? rc : 0;
}

int store_delivery_end(struct store *store, const struct delivery *delivery)
{
    struct sql *sql = sql_use(store, "UPDATE delivery SET state = ?, tries = ?, ended_ms = ?,"
                                     " outcome = ? WHERE id = ?");
    sql_put_int(sql, delivery->state);
    sql_put_int(sql, delivery->tries);
    sql_put_int(sql, delivery->ended_ms);
    sql_put_text(sql, as_str_from(delivery->outcome));
    sql_put_int(sql, delivery->id);
    return sql_run(sql);
}

int store_deliveries_page(struct store *store, const char *eval, int64_t before_id, uint32_t limit,
                          struct as_arena *arena, struct delivery **ret_deliveries,
                          size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT * FROM (SELECT " DELIVERY_COLUMNS " FROM delivery AS d"
                       " LEFT JOIN event AS e ON e.id = d.event_id"
                       " WHERE d.id < ?1 AND (?2 IS NULL OR d.eval = ?2 OR e.eval = ?2)"
                       " ORDER BY d.id DESC LIMIT ?3) ORDER BY id");
    sql_put_int(sql, before_id ? before_id : INT64_MAX);
    sql_put_text(sql, as_str_from(eval));
    sql_put_int(sql, limit);
    return read_deliveries(sql, false, arena, ret_deliveries, ret_count);
}
