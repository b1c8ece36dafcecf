/* Means by SQLite's avg, which passes over NULL and gives NULL for nothing: NaN here. */
#include "daemon/store/history.h"

#include "daemon/store/sql.h"

#include <math.h>

#define GOOD "outcome = 0 AND http_status BETWEEN 200 AND 299"

static int read_calls(struct store *store, int64_t group_id, int member, uint32_t role,
                      struct call_means *means)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT count(*), avg(nullif(request_bytes, 0)), avg(total_us) / 1000.0"
               " FROM exchange WHERE group_id = ?1 AND (?2 < 0 OR member = ?2) AND role = ?3"
               " AND " GOOD);
    sql_put_int(sql, group_id);
    sql_put_int(sql, member);
    sql_put_int(sql, role);
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc;
    means->calls = sql_int(sql, 0);
    means->request_bytes = sql_num(sql, 1);
    means->latency_ms = sql_num(sql, 2);
    return 0;
}

static int read_rows(struct store *store, int64_t group_id, int member, uint32_t role,
                     struct call_means *means)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT count(*), avg(CASE WHEN input_tokens >= 0 THEN input_tokens END),"
                       " avg(CASE WHEN output_tokens >= 0 THEN output_tokens END),"
                       " avg(cost_usd), sum(judge_cost_usd)"
                       " FROM run_row WHERE group_id = ?1 AND (?2 < 0 OR member = ?2)"
                       " AND status NOT IN (?3, ?4)");
    sql_put_int(sql, group_id);
    sql_put_int(sql, member);
    sql_put_int(sql, ROW_SKIPPED);
    sql_put_int(sql, ROW_CANCELLED);
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc;
    means->rows = sql_int(sql, 0);
    if (role == 0) {
        means->input_tokens = sql_num(sql, 1);
        means->output_tokens = sql_num(sql, 2);
        means->cost_usd = sql_num(sql, 3);
    } else if (means->calls) {
        means->cost_usd = sql_num(sql, 4) / (double)means->calls;
    }
    return 0;
}

static int read_usage(struct store *store, int64_t group_id, uint32_t role,
                      struct call_means *means)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT avg(tokens) FROM call_usage WHERE group_id = ? AND role = ?");
    sql_put_int(sql, group_id);
    sql_put_int(sql, role);
    int rc = sql_step(sql);
    if (rc > 0)
        means->tokens = sql_num(sql, 0);
    return rc > 0 ? 0 : rc;
}

int store_call_means(struct store *store, int64_t group_id, int member, uint32_t role,
                     struct call_means *ret_means)
{
    struct call_means means = {.request_bytes = NAN,
                               .latency_ms = NAN,
                               .input_tokens = NAN,
                               .output_tokens = NAN,
                               .tokens = NAN,
                               .cost_usd = NAN};
    int rc = read_calls(store, group_id, member, role, &means);
    if (!rc)
        rc = read_rows(store, group_id, member, role, &means);
    if (!rc && role != 0)
        rc = read_usage(store, group_id, role, &means);
    if (!rc)
        *ret_means = means;
    return rc;
}

/* A list of cases numbers them anew: they are found in the version by their ids. */
int store_reusable_each(struct store *store, const struct reusable_query *query,
                        store_reusable_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store,
        "SELECT CASE WHEN g.dataset_id = ?1 THEN e.case_seq ELSE"
        " ifnull((SELECT p.seq FROM dataset_case AS c JOIN dataset_case AS p ON p.id = c.id"
        "  WHERE c.dataset_id = g.dataset_id AND c.seq = e.case_seq AND p.dataset_id = ?1), -1)"
        " END"
        " FROM (SELECT DISTINCT group_id, case_seq, sample FROM exchange"
        "  WHERE group_id = ?2 AND sample < ?3 AND member = ?4 AND role = ?5 AND turn = 0"
        "  AND sent_ms >= ?6 AND paid_by IS NULL AND " GOOD ") AS e"
        " JOIN run_group AS g ON g.id = e.group_id");
    sql_put_int(sql, query->dataset_id);
    sql_put_int(sql, query->group_id);
    sql_put_int(sql, query->samples);
    sql_put_int(sql, query->member);
    sql_put_int(sql, query->role);
    sql_put_int(sql, query->since_ms);
    int rc;
    while ((rc = sql_step(sql)) > 0)
        fn(ctx, sql_int(sql, 0));
    return rc;
}
