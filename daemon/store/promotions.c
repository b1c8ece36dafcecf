/* One table. What is in force for an eval: its last row if that is a promotion; else the one before
 * the promotion that the last row took back. */
#include "daemon/store/promotions.h"

#include "daemon/model/recording.h"
#include "daemon/store/baselines.h"
#include "daemon/store/events.h"
#include "daemon/store/sql.h"

#include <stdio.h>

#define TEXT_BYTES 512
#define COLUMNS                                                                          \
    "id, is_demotion, eval, model, run, at_ms, who, why, outcome, reason, differences, " \
    "model_json,"                                                                        \
    " baseline, previous"
/* The row in force after the last of those rows l of the eval that the condition lets through. */
#define IN_FORCE_OF(eval, condition)                                        \
    "(SELECT CASE l.is_demotion WHEN 0 THEN l.id ELSE"                      \
    "  (SELECT q.previous FROM promotion AS q WHERE q.id = l.previous) END" \
    " FROM promotion AS l WHERE l.eval = " eval condition " ORDER BY l.id DESC LIMIT 1)"
#define IN_FORCE(condition) IN_FORCE_OF("?1", condition)

/* ---- reading ---- */

static struct promotion promotion_of(struct sql *sql, struct as_arena *arena)
{
    return (struct promotion){
        .id = sql_int(sql, 0),
        .is_demotion = sql_int(sql, 1) != 0,
        .eval = sql_cstr_dup(sql, 2, arena),
        .model = sql_cstr_dup(sql, 3, arena),
        .run = sql_int(sql, 4),
        .at_ms = sql_int(sql, 5),
        .who = sql_cstr_dup(sql, 6, arena),
        .why = sql_cstr_dup(sql, 7, arena),
        .outcome = sql_cstr_dup(sql, 8, arena),
        .reason = sql_cstr_dup(sql, 9, arena),
        .differences_json = sql_cstr_dup(sql, 10, arena),
        .model_json = sql_cstr_dup(sql, 11, arena),
        .baseline = sql_cstr_dup(sql, 12, arena),
        .previous = sql_int(sql, 13),
    };
}

static int read_all(struct sql *sql, struct as_arena *arena, struct promotion **ret_promotions,
                    size_t *ret_count)
{
    struct as_buf all = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct promotion promotion = promotion_of(sql, arena);
        as_buf_add(&all, &promotion, sizeof(promotion));
    }
    if (!rc)
        *ret_promotions = sql_give_array(&all, sizeof(**ret_promotions), arena, ret_count);
    as_buf_done(&all);
    return rc;
}

int store_promotion_in_force(struct store *store, const char *eval, struct as_arena *arena,
                             struct promotion *ret_promotion)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " COLUMNS " FROM promotion WHERE id = " IN_FORCE(""));
    sql_put_text(sql, as_str_from(eval));
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_promotion = promotion_of(sql, arena);
    return rc > 0 ? 0 : rc ? rc : AS_ENOENT;
}

int store_promotions_count(struct store *store, struct promotion_counts *ret_counts)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT count(*), count(p.reason)"
                       " FROM (SELECT DISTINCT eval AS name FROM promotion)"
                       " JOIN promotion AS p ON p.id = " IN_FORCE_OF("name", ""));
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_counts = (struct promotion_counts){.by_gate = sql_int(sql, 0) - sql_int(sql, 1),
                                                .by_override = sql_int(sql, 1)};
    return rc < 0 ? rc : 0;
}

int store_promotions_page(struct store *store, const char *eval, int64_t before_id, uint32_t limit,
                          struct as_arena *arena, struct promotion **ret_promotions,
                          size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " COLUMNS " FROM promotion WHERE eval = ? AND id < ?"
                       " ORDER BY id DESC LIMIT ?");
    sql_put_text(sql, as_str_from(eval));
    sql_put_int(sql, before_id ? before_id : INT64_MAX);
    sql_put_int(sql, limit);
    return read_all(sql, arena, ret_promotions, ret_count);
}

int store_promotion_evals(struct store *store, struct as_arena *arena, const char ***ret_evals,
                          size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT DISTINCT eval FROM promotion ORDER BY eval");
    struct as_buf evals = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        const char *eval = sql_cstr_dup(sql, 0, arena);
        as_buf_add(&evals, &eval, sizeof(eval));
    }
    if (!rc)
        *ret_evals = sql_give_array(&evals, sizeof(**ret_evals), arena, ret_count);
    as_buf_done(&evals);
    return rc;
}

int store_overrides_of_run(struct store *store, const struct group_record *group,
                           struct as_arena *arena, struct promotion **ret_promotions,
                           size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " COLUMNS " FROM promotion WHERE eval = ?1 AND is_demotion = 0"
                       " AND reason IS NOT NULL"
                       " AND (run = ?2 OR id = " IN_FORCE(" AND l.at_ms <= ?3") ") ORDER BY id");
    sql_put_text(sql, as_str_from(group->eval_name));
    sql_put_int(sql, group->id);
    sql_put_int(sql, group->created_ms);
    return read_all(sql, arena, ret_promotions, ret_count);
}

/* ---- writing ---- */

static int add_row(struct store *store, struct promotion *promotion)
{
    struct sql *sql = sql_use(store, "INSERT INTO promotion (is_demotion, eval, model, run, at_ms,"
                                     " who, why, outcome, reason, differences, model_json,"
                                     " baseline, previous)"
                                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_int(sql, promotion->is_demotion);
    sql_put_text(sql, as_str_from(promotion->eval));
    sql_put_text(sql, as_str_from(promotion->model));
    sql_put_int(sql, promotion->run);
    sql_put_int(sql, promotion->at_ms);
    sql_put_text(sql, as_str_from(promotion->who));
    sql_put_text(sql, as_str_from(promotion->why));
    sql_put_text(sql, as_str_from(promotion->outcome));
    sql_put_text(sql, as_str_from(promotion->reason));
    sql_put_text(sql, as_str_from(promotion->differences_json));
    sql_put_text(sql, as_str_from(promotion->model_json));
    sql_put_text(sql, as_str_from(promotion->baseline));
    sql_put_int(sql, promotion->previous);
    int rc = sql_run(sql);
    if (!rc)
        promotion->id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

static int add_entry(struct store *store, const struct promotion *promotion,
                     const struct audit_entry *entry)
{
    char target[AUDIT_TARGET_BYTES];
    struct audit_entry placed = *entry;
    audit_target_of_run(promotion->run, target);
    placed.target = target;
    return store_audit_add(store, &placed);
}

static int set_baseline(struct store *store, const struct promotion *promotion)
{
    const char *model = promotion->is_demotion ? promotion->baseline : promotion->model;
    char why[TEXT_BYTES];
    int64_t id;
    snprintf(why, sizeof(why), "%s by run %lld was %s", promotion->model, (long long)promotion->run,
             promotion->is_demotion ? "demoted" : "promoted");
    struct baseline_pin pin = {.eval = promotion->eval,
                               .kind = recording_of(model) ? BASELINE_RECORDED : BASELINE_MODEL,
                               .model = model,
                               .at_ms = promotion->at_ms,
                               .who = promotion->who,
                               .why = why};
    return store_baseline_set(store, &pin, &id);
}

static int add_event(struct store *store, const struct promotion *promotion)
{
    char text[TEXT_BYTES];
    snprintf(text, sizeof(text), "%s %s %s with run %lld%s", promotion->who,
             promotion->is_demotion ? "took back" : "promoted", promotion->model,
             (long long)promotion->run,
             promotion->reason ? ", OVERRIDING the evidence against it" : "");
    struct event event = {.at_ms = promotion->at_ms,
                          .kind = promotion->is_demotion ? EVENT_DEMOTED : EVENT_PROMOTED,
                          .eval = promotion->eval,
                          .subject = promotion->model,
                          .run = promotion->run,
                          .text = text};
    return store_event_add(store, &event);
}

static int add_all(struct store *store, struct promotion *promotion,
                   const struct audit_entry *entry)
{
    int rc = add_row(store, promotion);
    if (!rc)
        rc = add_entry(store, promotion, entry);
    if (!rc)
        rc = set_baseline(store, promotion);
    return rc ? rc : add_event(store, promotion);
}

int store_promotion_add(struct store *store, struct promotion *promotion,
                        const struct audit_entry *entry)
{
    struct as_arena arena = {0};
    struct promotion before = {0};
    int rc = sql_begin(store);
    if (!rc)
        rc = store_promotion_in_force(store, promotion->eval, &arena, &before);
    rc = rc == AS_ENOENT ? 0 : rc;
    promotion->previous = before.id;
    if (!rc)
        rc = add_all(store, promotion, entry);
    as_arena_done(&arena);
    return sql_end(store, rc);
}

int store_promotion_demote(struct store *store, struct promotion *demotion, struct as_arena *arena,
                           const struct audit_entry *entry)
{
    struct promotion taken;
    int rc = sql_begin(store);
    if (!rc)
        rc = store_promotion_in_force(store, demotion->eval, arena, &taken);
    if (!rc) {
        demotion->is_demotion = true;
        demotion->model = taken.model;
        demotion->run = taken.run;
        demotion->baseline = taken.baseline;
        demotion->previous = taken.id;
        rc = add_all(store, demotion, entry);
    }
    return sql_end(store, rc);
}
