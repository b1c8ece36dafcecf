/* Reading calls: exchanges with their usage, then intents that no exchange has taken away. Of
 * these, the ones that a restart found are kept among the unknown calls. */
#include "daemon/store/calls.h"

#include "daemon/store/sql.h"

static int each_exchange(struct store *store, int64_t group_id, store_call_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT e.group_id, e.case_seq, e.sample, e.member, e.role, e.turn, e.outcome,"
               " e.http_status, e.sent_ms, e.request_bytes, u.group_id, u.tokens, u.usd_nano"
               " FROM exchange AS e LEFT JOIN call_usage AS u ON u.group_id = e.group_id"
               " AND u.case_seq = e.case_seq AND u.sample = e.sample AND u.member = e.member"
               " AND u.role = e.role AND u.turn = e.turn AND u.sent_ms = e.sent_ms"
               " WHERE e.group_id = ? AND e.paid_by IS NULL");
    sql_put_int(sql, group_id);
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct call_fact fact = {
            .row = sql_row_key(sql, 0),
            .role = (uint32_t)sql_int(sql, 4),
            .turn = (uint32_t)sql_int(sql, 5),
            .outcome = (uint32_t)sql_int(sql, 6),
            .http_status = (int)sql_int(sql, 7),
            .sent_ms = sql_int(sql, 8),
            .request_bytes = sql_int(sql, 9),
            .has_usage = sql_int(sql, 10) != 0,
            .tokens = sql_int(sql, 11),
            .usd_nano = sql_int(sql, 12),
        };
        fn(ctx, &fact);
    }
    return rc;
}

static int each_lost(struct store *store, int64_t group_id, store_call_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store,
        "SELECT group_id, case_seq, sample, member, role, turn, request_bytes FROM unknown_call"
        " WHERE group_id = ?1 UNION ALL"
        " SELECT group_id, case_seq, sample, member, role, turn, request_bytes FROM intent"
        " WHERE group_id = ?1");
    sql_put_int(sql, group_id);
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct call_fact fact = {
            .row = sql_row_key(sql, 0),
            .role = (uint32_t)sql_int(sql, 4),
            .turn = (uint32_t)sql_int(sql, 5),
            .is_lost = true,
            .request_bytes = sql_int(sql, 6),
        };
        fn(ctx, &fact);
    }
    return rc;
}

int store_calls_each(struct store *store, int64_t group_id, store_call_fn fn, void *ctx)
{
    int rc = each_exchange(store, group_id, fn, ctx);
    return rc ? rc : each_lost(store, group_id, fn, ctx);
}

int store_rows_over_budget(struct store *store, int64_t group_id, int64_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT count(*) FROM run_row WHERE group_id = ? AND status = ?"
                       " AND error_class = '" ROW_OVER_BUDGET "'");
    sql_put_int(sql, group_id);
    sql_put_int(sql, ROW_SKIPPED);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_count = sql_int(sql, 0);
    return rc > 0 ? 0 : rc;
}

int store_row_over_budget(struct store *store, const struct row_key *key, struct as_arena *arena,
                          const char **ret_why)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT error FROM run_row WHERE group_id = ? AND case_seq = ?"
                       " AND sample = ? AND member = ? AND error_class = '" ROW_OVER_BUDGET "'"
                       " AND status = ?");
    sql_put_row_key(sql, key);
    sql_put_int(sql, ROW_SKIPPED);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_why = sql_cstr_dup(sql, 0, arena);
    return rc > 0 ? 0 : rc ? rc : AS_ENOENT;
}
