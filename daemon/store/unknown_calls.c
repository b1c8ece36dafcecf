/* What moves an intent into the table of unknown calls is one transaction, so that no call is
 * counted twice and none is forgotten, whenever the daemon dies. */
#include "daemon/store/unknown_calls.h"

#include "daemon/store/sql.h"

static int copy_intents(struct store *store, int64_t group_id, int64_t now_ms, int64_t *ret_count)
{
    struct sql *sql = sql_use(
        store, "INSERT INTO unknown_call (group_id, case_seq, sample, member, role, turn,"
               " attempt, found_ms, request_bytes) SELECT group_id, case_seq, sample, member,"
               " role, turn, attempt, ?2, request_bytes FROM intent WHERE group_id = ?1"
               " ORDER BY case_seq, sample, member, role, turn");
    sql_put_int(sql, group_id);
    sql_put_int(sql, now_ms);
    int rc = sql_run(sql);
    if (!rc)
        *ret_count = sqlite3_changes(store->db);
    return rc;
}

static int drop_intents(struct store *store, int64_t group_id)
{
    struct sql *sql = sql_use(store, "DELETE FROM intent WHERE group_id = ?");
    sql_put_int(sql, group_id);
    return sql_run(sql);
}

static int add_to_count(struct store *store, int64_t group_id, int64_t count)
{
    struct sql *sql =
        sql_use(store, "UPDATE run_group SET unknown_fate = unknown_fate + ? WHERE id = ?");
    sql_put_int(sql, count);
    sql_put_int(sql, group_id);
    int rc = sql_run(sql);
    return rc ? rc : sqlite3_changes(store->db) ? 0 : AS_ENOENT;
}

int store_group_settle_intents(struct store *store, int64_t group_id, int64_t now_ms,
                               int64_t *ret_count)
{
    int64_t count = 0;
    int rc = sql_begin(store);
    if (!rc)
        rc = copy_intents(store, group_id, now_ms, &count);
    if (!rc)
        rc = drop_intents(store, group_id);
    if (!rc)
        rc = add_to_count(store, group_id, count);
    rc = sql_end(store, rc);
    if (!rc)
        *ret_count = count;
    return rc;
}

int store_unknown_calls(struct store *store, int64_t group_id, uint32_t limit,
                        struct as_arena *arena, struct unknown_call **ret_calls, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT u.group_id, u.case_seq, u.sample, u.member, u.role, u.turn, u.attempt,"
               " u.found_ms, c.id FROM (SELECT * FROM unknown_call WHERE group_id = ?1"
               " ORDER BY id DESC LIMIT ?2) AS u JOIN run_group AS g ON g.id = u.group_id"
               " JOIN dataset_case AS c ON c.dataset_id = g.dataset_id AND c.seq = u.case_seq"
               " ORDER BY u.id");
    sql_put_int(sql, group_id);
    sql_put_int(sql, limit);
    struct as_buf calls = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct unknown_call call = {
            .row = sql_row_key(sql, 0),
            .role = (uint32_t)sql_int(sql, 4),
            .turn = (uint32_t)sql_int(sql, 5),
            .attempt = (uint32_t)sql_int(sql, 6),
            .found_ms = sql_int(sql, 7),
            .case_id = sql_text_dup(sql, 8, arena),
        };
        as_buf_add(&calls, &call, sizeof(call));
    }
    if (!rc)
        *ret_calls = sql_give_array(&calls, sizeof(**ret_calls), arena, ret_count);
    as_buf_done(&calls);
    return rc;
}
