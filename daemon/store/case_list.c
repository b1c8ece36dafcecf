/* Case lists: rows of the dataset's own tables, so that every reader of cases serves them too. */
#include "daemon/store/case_list.h"

#include "daemon/store/sql.h"

static int add_head(struct store *store, int64_t dataset_id, int64_t count, int64_t *ret_id)
{
    struct sql *sql =
        sql_use(store, "INSERT INTO dataset (name, hash, format, created_ms, parent_id, case_count)"
                       " SELECT name, hash, format, created_ms, id, ? FROM dataset"
                       " WHERE id = ? AND version IS NOT NULL");
    sql_put_int(sql, count);
    sql_put_int(sql, dataset_id);
    int rc = sql_run(sql);
    if (!rc && !sqlite3_changes(store->db))
        return as_err_set(&store->error, AS_ENOENT, "the dataset version is not there any more");
    if (!rc)
        *ret_id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

static int add_case(struct store *store, int64_t list_id, int64_t at, int64_t dataset_id,
                    int64_t seq)
{
    struct sql *sql =
        sql_use(store, "INSERT INTO dataset_case"
                       " (dataset_id, seq, id, is_critical, cluster, stratum, body_id)"
                       " SELECT ?, ?, id, is_critical, cluster, stratum, body_id"
                       " FROM dataset_case WHERE dataset_id = ? AND seq = ?");
    sql_put_int(sql, list_id);
    sql_put_int(sql, at);
    sql_put_int(sql, dataset_id);
    sql_put_int(sql, seq);
    int rc = sql_run(sql);
    return rc ? rc : sqlite3_changes(store->db) ? 0 : sql_damaged(store, "a dataset's list");
}

int case_list_create(struct store *store, int64_t dataset_id, const int64_t *seqs, int64_t count,
                     int64_t *ret_id)
{
    int64_t id = 0;
    int rc = add_head(store, dataset_id, count, &id);
    for (int64_t i = 0; i < count && !rc; i++)
        rc = add_case(store, id, i, dataset_id, seqs[i]);
    if (!rc)
        *ret_id = id;
    return rc;
}

#define UNUSED                                        \
    "SELECT id FROM dataset WHERE parent_id NOT NULL" \
    " AND id NOT IN (SELECT dataset_id FROM run_group)"

int case_lists_drop_unused(struct store *store)
{
    int rc = sql_run(sql_use(store, "DELETE FROM dataset_case WHERE dataset_id IN (" UNUSED ")"));
    return rc ? rc : sql_run(sql_use(store, "DELETE FROM dataset WHERE id IN (" UNUSED ")"));
}
