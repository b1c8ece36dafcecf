/* One pass over a member's rows. */
#include "daemon/store/model_ids.h"

#include "daemon/store/sql.h"

int store_returned_ids(struct store *store, int64_t group_id, uint32_t member, uint32_t limit,
                       struct as_arena *arena, struct returned_id **ret_ids, size_t *ret_count,
                       int64_t *ret_distinct)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT model_id, count(*), count(*) OVER () FROM run_row"
                       " WHERE group_id = ? AND member = ? AND model_id IS NOT NULL"
                       " GROUP BY model_id ORDER BY count(*) DESC, model_id LIMIT ?");
    struct returned_id *ids = as_arena_alloc(arena, (limit + 1) * sizeof(*ids));
    size_t count = 0;
    int64_t distinct = 0;
    int rc;
    sql_put_int(sql, group_id);
    sql_put_int(sql, member);
    sql_put_int(sql, limit);
    while ((rc = sql_step(sql)) > 0) {
        ids[count++] = (struct returned_id){sql_text_dup(sql, 0, arena).ptr, sql_int(sql, 1)};
        distinct = sql_int(sql, 2);
    }
    if (rc)
        return rc;
    *ret_ids = ids;
    *ret_count = count;
    *ret_distinct = distinct;
    return 0;
}
