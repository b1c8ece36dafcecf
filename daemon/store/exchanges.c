/* Reading the journal: what came back for a request, and every attempt that a row took. The order
 * of attempts is that of their bodies' numbers, which grow with time. Writing is part of the batch:
 * batch.c. */
#include "daemon/store/exchange_own.h"
#include "daemon/store/reuse.h"

#define EXCHANGE_COLUMNS EXCHANGE_HEAD ", b.body"
/* A requeue passes over what made a row fail. */
#define NOT_SUPERSEDED                                                        \
    "NOT EXISTS (SELECT 1 FROM superseded AS s WHERE s.group_id = e.group_id" \
    "  AND s.case_seq = e.case_seq AND s.sample = e.sample"                   \
    "  AND s.member = e.member AND s.role = e.role AND s.body_id >= e.body_id)"
#define EXCHANGE_TABLES "exchange AS e LEFT JOIN exchange_body AS b ON b.id = e.body_id"
#define EXCHANGE_OF_ROW "e.group_id = ? AND e.case_seq = ? AND e.sample = ? AND e.member = ?"

static int read_exchange(struct sql *sql, struct as_arena *arena,
                         struct exchange_record *ret_exchange)
{
    struct exchange_record exchange = exchange_head(sql);
    struct as_str blob = sql_blob(sql, EXCHANGE_HEAD_COLUMNS);
    if (exchange_texts(sql->store, blob, arena, &exchange))
        return sql_damaged(sql->store, "an exchange of the journal");
    *ret_exchange = exchange;
    return 0;
}

int store_exchange_find(struct store *store, const struct row_key *row, uint32_t role,
                        uint32_t turn, const struct as_sha256 *identity, struct as_arena *arena,
                        struct exchange_record *ret_exchange)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " EXCHANGE_COLUMNS " FROM " EXCHANGE_TABLES " WHERE " EXCHANGE_OF_ROW
                       " AND e.role = ? AND e.turn = ? AND e.identity = ? AND e.outcome = 0"
                       " AND " NOT_SUPERSEDED " ORDER BY e.body_id DESC LIMIT 1");
    sql_put_row_key(sql, row);
    sql_put_int(sql, role);
    sql_put_int(sql, turn);
    sql_put_hash(sql, identity);
    int rc = sql_step(sql);
    return rc > 0 ? read_exchange(sql, arena, ret_exchange) : rc ? rc : AS_ENOENT;
}

int store_exchange_last(struct store *store, const struct row_key *row, uint32_t role,
                        uint32_t turn, struct as_arena *arena, struct exchange_record *ret_exchange)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " EXCHANGE_COLUMNS " FROM " EXCHANGE_TABLES " WHERE " EXCHANGE_OF_ROW
                       " AND e.role = ? AND e.turn = ? ORDER BY e.body_id DESC LIMIT 1");
    sql_put_row_key(sql, row);
    sql_put_int(sql, role);
    sql_put_int(sql, turn);
    int rc = sql_step(sql);
    return rc > 0 ? read_exchange(sql, arena, ret_exchange) : rc ? rc : AS_ENOENT;
}

/* Within one stretch of the index; a row that ended because the reply could not be read
 * (1 = model_error, 4 = judge_error) has nothing to offer. */
static struct sql *reuse_candidates(struct store *store, const struct reuse_query *query,
                                    int64_t stretch)
{
    struct sql *sql = sql_use(
        store, "SELECT e.group_id, e.case_seq, e.sample, e.member, e.body_id FROM exchange AS e"
               " WHERE e.body_id / 4096 = ?6 AND substr(e.identity, 1, 4) = substr(?1, 1, 4)"
               " AND e.identity = ?1"
               " AND e.outcome = 0 AND e.http_status BETWEEN 200 AND 299 AND e.paid_by IS NULL"
               " AND e.role = ?2 AND e.turn = ?3 AND e.group_id <> ?4 AND e.sent_ms >= ?5"
               " AND NOT EXISTS (SELECT 1 FROM run_row AS r WHERE r.group_id = e.group_id"
               "  AND r.case_seq = e.case_seq AND r.sample = e.sample AND r.member = e.member"
               "  AND r.status = iif(e.role = 0, 1, 4))"
               " AND " NOT_SUPERSEDED " ORDER BY e.body_id DESC");
    sql_put_hash(sql, query->identity);
    sql_put_int(sql, query->role);
    sql_put_int(sql, query->turn);
    sql_put_int(sql, query->group_id);
    sql_put_int(sql, query->since_ms);
    sql_put_int(sql, stretch);
    return sql;
}

/* 1: found, and counted down to; 0: not here. */
static int find_in_stretch(struct store *store, const struct reuse_query *query, int64_t stretch,
                           uint32_t *left, struct row_key *ret_row, int64_t *ret_body_id)
{
    SQL_CLEANUP struct sql *sql = reuse_candidates(store, query, stretch);
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        if ((*left)--)
            continue;
        *ret_row = sql_row_key(sql, 0);
        *ret_body_id = sql_int(sql, 4);
        return 1;
    }
    return rc;
}

static int read_stretches(struct store *store, int64_t *ret_first, int64_t *ret_last)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT ifnull((SELECT min(id) FROM exchange_body), 1) / 4096,"
                       " ifnull((SELECT max(id) FROM exchange_body), 0) / 4096");
    int rc = sql_step(sql);
    if (rc < 0)
        return rc;
    *ret_first = sql_int(sql, 0);
    *ret_last = sql_int(sql, 1);
    return 0;
}

int store_exchange_reuse(struct store *store, const struct reuse_query *query,
                         struct as_arena *arena, struct exchange_record *ret_exchange)
{
    int64_t first = 0, stretch = 0, body_id = 0;
    uint32_t left = query->nth;
    struct row_key row;
    int rc = read_stretches(store, &first, &stretch);
    while (!rc && stretch >= first)
        rc = find_in_stretch(store, query, stretch--, &left, &row, &body_id);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT " EXCHANGE_COLUMNS " FROM " EXCHANGE_TABLES
                                                 " WHERE " EXCHANGE_OF_ROW " AND e.body_id = ?");
    sql_put_row_key(sql, &row);
    sql_put_int(sql, body_id);
    rc = sql_step(sql);
    return rc > 0 ? read_exchange(sql, arena, ret_exchange) : rc ? rc : AS_ENOENT;
}

int store_group_reuse(struct store *store, int64_t group_id, struct as_arena *arena,
                      struct reuse_count **ret_counts, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT paid_by, count(*) FROM exchange WHERE group_id = ?"
                       " AND paid_by IS NOT NULL GROUP BY paid_by ORDER BY paid_by");
    sql_put_int(sql, group_id);
    struct as_buf counts = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct reuse_count count = {sql_int(sql, 0), sql_int(sql, 1)};
        as_buf_add(&counts, &count, sizeof(count));
    }
    if (!rc)
        *ret_counts = sql_give_array(&counts, sizeof(**ret_counts), arena, ret_count);
    as_buf_done(&counts);
    return rc;
}

int store_exchanges_of_row(struct store *store, const struct row_key *row, struct as_arena *arena,
                           struct exchange_record **ret_exchanges, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT " EXCHANGE_COLUMNS " FROM " EXCHANGE_TABLES
                                                 " WHERE " EXCHANGE_OF_ROW " ORDER BY e.body_id");
    sql_put_row_key(sql, row);
    struct as_buf exchanges = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct exchange_record exchange;
        if ((rc = read_exchange(sql, arena, &exchange)))
            break;
        as_buf_add(&exchanges, &exchange, sizeof(exchange));
    }
    if (!rc)
        *ret_exchanges = sql_give_array(&exchanges, sizeof(**ret_exchanges), arena, ret_count);
    as_buf_done(&exchanges);
    return rc;
}
