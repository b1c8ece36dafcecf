/* What statistics are made of: a group's numbers, streamed in case order without touching a
 * text. */
#include "daemon/store/reuse.h"
#include "daemon/store/scores.h"
#include "daemon/store/sql.h"

#include <math.h>
#include <stdlib.h>

/* Spreads the packed scores over the arrays by metric; a score whose metric the caller does not
 * know is left out. */
static int spread_scores(struct store *store, struct as_str packed, size_t metric_count,
                         struct row_value *values)
{
    struct as_reader in = as_reader_of(packed.ptr, packed.len);
    struct score_record score;
    for (size_t i = 0; i < metric_count; i++)
        values[i] = (struct row_value){.score = NAN, .pass = -1};
    while (scores_next(&in, &score)) {
        if (score.metric >= metric_count)
            continue;
        values[score.metric] = (struct row_value){
            .score = score.is_na ? NAN : score.score,
            .pass = score.is_na ? -1 : score.pass,
            .is_na = score.is_na,
        };
    }
    return as_reader_is_done(&in) ? 0 : sql_damaged(store, "the scores of a row");
}

static struct row_fact fact_of(struct sql *sql)
{
    return (struct row_fact){
        .case_seq = sql_int(sql, 0),
        .sample = (uint32_t)sql_int(sql, 1),
        .status = (enum row_status)sql_int(sql, 2),
        .latency_ms = sql_num(sql, 3),
        .cost_usd = sql_num(sql, 4),
        .judge_cost_usd = sql_num(sql, 5),
        .input_tokens = sql_int(sql, 6),
        .output_tokens = sql_int(sql, 7),
    };
}

static int each_fact(struct sql *sql, size_t metric_count, struct row_value *values,
                     store_fact_fn fn, void *ctx)
{
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct row_fact fact = fact_of(sql);
        if (fact.status >= ROW_STATUS_COUNT)
            return sql_damaged(sql->store, "the status of a row");
        rc = spread_scores(sql->store, sql_blob(sql, 8), metric_count, values);
        if (rc)
            return rc;
        fact.values = values;
        fact.metric_count = metric_count;
        fn(ctx, &fact);
    }
    return rc;
}

int store_facts_each(struct store *store, int64_t group_id, uint32_t member, size_t metric_count,
                     store_fact_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store,
        "SELECT case_seq, sample, status, latency_ms, cost_usd, judge_cost_usd, input_tokens,"
        " output_tokens, scores FROM run_row WHERE group_id = ? AND member = ?"
        " ORDER BY case_seq, sample");
    sql_put_int(sql, group_id);
    sql_put_int(sql, member);
    struct row_value *values = as_xcalloc(metric_count + 1, sizeof(*values));
    int rc = each_fact(sql, metric_count, values, fn, ctx);
    free(values);
    return rc;
}

int store_group_counts(struct store *store, int64_t group_id, uint32_t member_count,
                       int64_t *ret_counts)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT member, status FROM run_row WHERE group_id = ?");
    sql_put_int(sql, group_id);
    for (size_t i = 0; i < (size_t)member_count * ROW_STATUS_COUNT; i++)
        ret_counts[i] = 0;
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        int64_t member = sql_int(sql, 0), status = sql_int(sql, 1);
        if (member >= 0 && member < member_count && status >= 0 && status < ROW_STATUS_COUNT)
            ret_counts[member * ROW_STATUS_COUNT + status]++;
    }
    return rc;
}

int store_group_spending(struct store *store, int64_t group_id, double *ret_cost_usd,
                         double *ret_saved_usd)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT total(ifnull(cost_usd, 0) + ifnull(judge_cost_usd, 0)), total(saved_usd),"
               " count(cost_usd) + count(judge_cost_usd) FROM run_row WHERE group_id = ?");
    sql_put_int(sql, group_id);
    int rc = sql_step(sql);
    if (rc < 0)
        return rc;
    *ret_cost_usd = rc && sql_int(sql, 2) ? sql_num(sql, 0) : NAN;
    *ret_saved_usd = rc ? sql_num(sql, 1) : NAN;
    return 0;
}
