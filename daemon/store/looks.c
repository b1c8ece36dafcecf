/* A look is a row of its own, committed before the group goes on by it. */
#include "daemon/store/looks.h"

#include "daemon/store/sql.h"

int store_look_add(struct store *store, int64_t group_id, const struct look_record *look)
{
    struct sql *sql = sql_use(store, "INSERT INTO look (group_id, look, cases, is_last, is_kept,"
                                     " body) VALUES (?, ?, ?, ?, ?, ?)");
    sql_put_int(sql, group_id);
    sql_put_int(sql, look->look);
    sql_put_int(sql, look->cases);
    sql_put_int(sql, look->is_last);
    sql_put_int(sql, look->is_kept);
    sql_put_text(sql, as_str_from(look->json));
    return sql_run(sql);
}

int store_looks(struct store *store, int64_t group_id, struct as_arena *arena,
                struct look_record **ret_looks, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT look, cases, is_last, is_kept, body"
                                                 " FROM look WHERE group_id = ? ORDER BY look");
    sql_put_int(sql, group_id);
    struct as_buf looks = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct look_record look = {
            .look = (uint32_t)sql_int(sql, 0),
            .cases = sql_int(sql, 1),
            .is_last = sql_int(sql, 2) != 0,
            .is_kept = sql_int(sql, 3) != 0,
            .json = sql_cstr_dup(sql, 4, arena),
        };
        as_buf_add(&looks, &look, sizeof(look));
    }
    if (!rc)
        *ret_looks = sql_give_array(&looks, sizeof(**ret_looks), arena, ret_count);
    as_buf_done(&looks);
    return rc;
}

int store_looks_inherit(struct store *store, int64_t from_group, int64_t group_id)
{
    struct sql *sql =
        sql_use(store, "INSERT OR IGNORE INTO look (group_id, look, cases, is_last, is_kept, body)"
                       " SELECT ?2, look, cases, is_last, 1, body FROM look"
                       " WHERE group_id = ?1 AND is_kept");
    sql_put_int(sql, from_group);
    sql_put_int(sql, group_id);
    return sql_run(sql);
}

int store_looks_keep(struct store *store, int64_t group_id)
{
    struct sql *sql = sql_use(store, "DELETE FROM look WHERE group_id = ?1 AND is_last AND"
                                     " (SELECT state IN (?2, ?3) FROM run_group WHERE id = ?1)");
    sql_put_int(sql, group_id);
    sql_put_int(sql, GROUP_DONE);
    sql_put_int(sql, GROUP_CANCELLED);
    int rc = sql_run(sql);
    if (rc)
        return rc;
    sql = sql_use(store, "UPDATE look SET is_kept = 1 WHERE group_id = ?");
    sql_put_int(sql, group_id);
    return sql_run(sql);
}

int store_clustered_count(struct store *store, int64_t dataset_id, int64_t limit,
                          int64_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT count(cluster) FROM dataset_case WHERE dataset_id = ? AND seq < ?");
    sql_put_int(sql, dataset_id);
    sql_put_int(sql, limit);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_count = sql_int(sql, 0);
    return rc > 0 ? 0 : rc;
}

int store_cases_begun(struct store *store, int64_t group_id, int64_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT count(DISTINCT case_seq) FROM run_row WHERE group_id = ?");
    sql_put_int(sql, group_id);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_count = sql_int(sql, 0);
    return rc > 0 ? 0 : rc;
}
