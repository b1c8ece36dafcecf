/* A row a run. It goes when the run comes to another end (store_group_finish), and is then made
 * anew. */
#include "daemon/store/summaries.h"

#include "daemon/store/baselines.h"
#include "daemon/store/events.h"
#include "daemon/store/sql.h"

int store_summary_due(struct store *store, struct summary_due *ret_due)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT g.id, ifnull(p.run, 0), s.run IS NULL FROM run_group AS g"
                       " LEFT JOIN (SELECT eval, run FROM baseline_pin WHERE id IN"
                       "  (SELECT max(id) FROM baseline_pin WHERE kind = ?1 GROUP BY eval)) AS p"
                       "  ON p.eval = g.eval_name"
                       " LEFT JOIN run_summary AS s ON s.run = g.id"
                       " WHERE g.state = ?2 AND g.result IS NOT NULL"
                       " AND (s.run IS NULL OR (s.reference <> ifnull(p.run, 0) AND ?3 >"
                       "  (SELECT count(*) FROM run_group AS n WHERE n.eval_name = g.eval_name"
                       "   AND n.id > g.id AND n.state = ?2)))"
                       " ORDER BY g.id LIMIT 1");
    sql_put_int(sql, BASELINE_RUN);
    sql_put_int(sql, GROUP_DONE);
    sql_put_int(sql, SUMMARIES_RENEWED);
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    *ret_due = (struct summary_due){sql_int(sql, 0), sql_int(sql, 1), sql_int(sql, 2) != 0};
    return 0;
}

static int put(struct store *store, const struct summary_record *record)
{
    struct sql *sql = sql_use(store, "INSERT OR REPLACE INTO run_summary (run, reference, body)"
                                     " SELECT id, ?2, ?3 FROM run_group WHERE id = ?1");
    sql_put_int(sql, record->run);
    sql_put_int(sql, record->reference);
    sql_put_text(sql, as_str_from(record->body));
    return sql_run(sql);
}

int store_summary_put(struct store *store, const struct summary_record *record,
                      const struct event *events, size_t event_count)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = put(store, record);
    for (size_t i = 0; i < event_count && !rc; i++)
        rc = store_event_add(store, &events[i]);
    return sql_end(store, rc);
}

int store_summary_get(struct store *store, int64_t run, struct as_arena *arena,
                      struct summary_record *ret_record)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT run, reference, body FROM run_summary WHERE run = ?");
    sql_put_int(sql, run);
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    *ret_record =
        (struct summary_record){sql_int(sql, 0), sql_int(sql, 1), sql_cstr_dup(sql, 2, arena)};
    return 0;
}

int store_summaries_each(struct store *store, const char *eval, store_summary_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT s.run, s.reference, s.body, g.outcome, g.tag, g.created_ms,"
                       " g.ended_ms FROM run_group AS g JOIN run_summary AS s ON s.run = g.id"
                       " WHERE g.eval_name = ? AND g.state = ? ORDER BY g.id");
    sql_put_text(sql, as_str_from(eval));
    sql_put_int(sql, GROUP_DONE);
    struct as_arena arena = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct summary_row row = {
            .record = {sql_int(sql, 0), sql_int(sql, 1), sql_cstr_dup(sql, 2, &arena)},
            .outcome = sql_cstr_dup(sql, 3, &arena),
            .tag = sql_cstr_dup(sql, 4, &arena),
            .created_ms = sql_int(sql, 5),
            .ended_ms = sql_int(sql, 6),
        };
        fn(ctx, &row);
        as_arena_reset(&arena);
    }
    as_arena_done(&arena);
    return rc;
}
