/* One table that is only added to; what is in force is the newest row of its kind. */
#include "daemon/store/baselines.h"

#include "daemon/store/audit.h"
#include "daemon/store/events.h"
#include "daemon/store/sql.h"

#define PIN_COLUMNS "id, eval, kind, model, run, at_ms, who, why"

const char *baseline_kind_name(enum baseline_kind kind)
{
    static const char *const names[BASELINE_KIND_COUNT] = {
        [BASELINE_RUN] = "run", [BASELINE_MODEL] = "model", [BASELINE_RECORDED] = "recorded"};
    return names[kind];
}

int store_baseline_set(struct store *store, const struct baseline_pin *pin, int64_t *ret_id)
{
    struct sql *sql = sql_use(store, "INSERT INTO baseline_pin (eval, kind, model, run, at_ms, who,"
                                     " why) VALUES (?, ?, ?, nullif(?, 0), ?, ?, ?)");
    sql_put_text(sql, as_str_from(pin->eval));
    sql_put_int(sql, pin->kind);
    sql_put_text(sql, as_str_from(pin->model));
    sql_put_int(sql, pin->run);
    sql_put_int(sql, pin->at_ms);
    sql_put_text(sql, as_str_from(pin->who));
    sql_put_text(sql, as_str_from(pin->why));
    int rc = sql_run(sql);
    if (!rc)
        *ret_id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

int store_baseline_note(struct store *store, const struct baseline_pin *pin,
                        const struct audit_entry *entry, const struct event *event, int64_t *ret_id)
{
    int64_t id = 0;
    int rc = sql_begin(store);
    if (!rc)
        rc = store_baseline_set(store, pin, &id);
    if (!rc)
        rc = store_audit_add(store, entry);
    if (!rc)
        rc = store_event_add(store, event);
    rc = sql_end(store, rc);
    if (!rc)
        *ret_id = id;
    return rc;
}

static struct baseline_pin pin_of(struct sql *sql, struct as_arena *arena)
{
    return (struct baseline_pin){
        .id = sql_int(sql, 0),
        .eval = sql_cstr_dup(sql, 1, arena),
        .kind = (enum baseline_kind)sql_int(sql, 2),
        .model = sql_cstr_dup(sql, 3, arena),
        .run = sql_int(sql, 4),
        .at_ms = sql_int(sql, 5),
        .who = sql_cstr_dup(sql, 6, arena),
        .why = sql_cstr_dup(sql, 7, arena),
    };
}

static int newest(struct store *store, const char *eval, bool is_run, struct as_arena *arena,
                  struct baseline_pin *ret_pin)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " PIN_COLUMNS " FROM baseline_pin"
                       " WHERE eval = ? AND (kind = ?) = ? ORDER BY id DESC LIMIT 1");
    sql_put_text(sql, as_str_from(eval));
    sql_put_int(sql, BASELINE_RUN);
    sql_put_int(sql, is_run);
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    *ret_pin = pin_of(sql, arena);
    return 0;
}

int store_baseline_run(struct store *store, const char *eval, struct as_arena *arena,
                       struct baseline_pin *ret_pin)
{
    return newest(store, eval, true, arena, ret_pin);
}

int store_baseline_member(struct store *store, const char *eval, struct as_arena *arena,
                          struct baseline_pin *ret_pin)
{
    return newest(store, eval, false, arena, ret_pin);
}

int store_baseline_age(struct store *store, const char *eval, const char *who,
                       struct baseline_age *ret_age)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT g.id, g.ended_ms, ifnull((SELECT max(created_ms) FROM run_group"
                       "  WHERE eval_name = ?1 AND requested_by = ?3), 0)"
                       " FROM baseline_pin AS p JOIN run_group AS g ON g.id = p.run"
                       " WHERE p.eval = ?1 AND p.kind = ?2 ORDER BY p.id DESC LIMIT 1");
    sql_put_text(sql, as_str_from(eval));
    sql_put_int(sql, BASELINE_RUN);
    sql_put_text(sql, as_str_from(who));
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    *ret_age = (struct baseline_age){sql_int(sql, 0), sql_int(sql, 1), sql_int(sql, 2)};
    return 0;
}

int store_baseline_page(struct store *store, const char *eval, int64_t before_id, uint32_t limit,
                        struct as_arena *arena, struct baseline_pin **ret_pins, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " PIN_COLUMNS " FROM baseline_pin"
                       " WHERE eval = ? AND id < ? ORDER BY id DESC LIMIT ?");
    struct as_buf pins = {0};
    int rc;
    sql_put_text(sql, as_str_from(eval));
    sql_put_int(sql, before_id ? before_id : INT64_MAX);
    sql_put_int(sql, limit);
    while ((rc = sql_step(sql)) > 0) {
        struct baseline_pin pin = pin_of(sql, arena);
        as_buf_add(&pins, &pin, sizeof(pin));
    }
    if (!rc)
        *ret_pins = sql_give_array(&pins, sizeof(**ret_pins), arena, ret_count);
    as_buf_done(&pins);
    return rc;
}
