/* Reading the cases of a dataset: whole, by page or by id, and their heads alone by the thousand.
 * Writing them is part of an import: datasets.c. */
#include "daemon/store/looks.h"
#include "daemon/store/sql.h"

#define CASE_COLUMNS "c.seq, c.id, c.is_critical, c.cluster, c.stratum"
#define BODY_COLUMN 5 /* the first after CASE_COLUMNS */

/* CASE_COLUMNS; texts borrowed from the statement. */
static struct case_record head_of(struct sql *sql)
{
    return (struct case_record){
        .seq = sql_int(sql, 0),
        .id = sql_text(sql, 1),
        .is_critical = sql_int(sql, 2) != 0,
        .cluster = sql_text(sql, 3),
        .stratum = sql_text(sql, 4),
    };
}

/* CASE_COLUMNS and the body after them. */
static int read_case(struct sql *sql, struct as_arena *arena, struct case_record *ret_case)
{
    struct as_reader body;
    struct case_record record = head_of(sql);
    record.id = as_arena_dup(arena, record.id);
    record.cluster = as_arena_dup(arena, record.cluster);
    record.stratum = as_arena_dup(arena, record.stratum);
    int rc = codec_open(sql->store->codec, sql_blob(sql, BODY_COLUMN), arena, &body);
    if (!rc) {
        record.json = codec_get(&body);
        record.messages_json = codec_get(&body);
        record.recorded_json = codec_get(&body);
    }
    if (rc || !as_reader_is_done(&body))
        return sql_damaged(sql->store, "a case of a dataset");
    *ret_case = record;
    return 0;
}

static int collect_cases(struct sql *sql, struct as_arena *arena, struct as_buf *cases)
{
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct case_record record;
        rc = read_case(sql, arena, &record);
        if (rc)
            return rc;
        as_buf_add(cases, &record, sizeof(record));
    }
    return rc;
}

int store_cases_page(struct store *store, int64_t dataset_id, int64_t from_seq, uint32_t limit,
                     struct as_arena *arena, struct case_record **ret_cases, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " CASE_COLUMNS ", b.body FROM dataset_case AS c"
                       " LEFT JOIN case_body AS b ON b.id = c.body_id"
                       " WHERE c.dataset_id = ? AND c.seq >= ? ORDER BY c.seq LIMIT ?");
    sql_put_int(sql, dataset_id);
    sql_put_int(sql, from_seq);
    sql_put_int(sql, limit);
    struct as_buf cases = {0};
    int rc = collect_cases(sql, arena, &cases);
    if (!rc)
        *ret_cases = sql_give_array(&cases, sizeof(**ret_cases), arena, ret_count);
    as_buf_done(&cases);
    return rc;
}

int store_critical_page(struct store *store, int64_t dataset_id, int64_t from_seq, int64_t to_seq,
                        uint32_t limit, struct as_arena *arena, struct case_record **ret_cases,
                        size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " CASE_COLUMNS ", b.body FROM dataset_case AS c"
                       " LEFT JOIN case_body AS b ON b.id = c.body_id"
                       " WHERE c.dataset_id = ? AND c.seq >= ? AND c.seq < ? AND c.is_critical"
                       " ORDER BY c.seq LIMIT ?");
    sql_put_int(sql, dataset_id);
    sql_put_int(sql, from_seq);
    sql_put_int(sql, to_seq);
    sql_put_int(sql, limit);
    struct as_buf cases = {0};
    int rc = collect_cases(sql, arena, &cases);
    if (!rc)
        *ret_cases = sql_give_array(&cases, sizeof(**ret_cases), arena, ret_count);
    as_buf_done(&cases);
    return rc;
}

static int add_case_at(struct store *store, int64_t dataset_id, int64_t seq, struct as_arena *arena,
                       struct as_buf *cases)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " CASE_COLUMNS ", b.body FROM dataset_case AS c"
                       " LEFT JOIN case_body AS b ON b.id = c.body_id"
                       " WHERE c.dataset_id = ? AND c.seq = ?");
    sql_put_int(sql, dataset_id);
    sql_put_int(sql, seq);
    return collect_cases(sql, arena, cases);
}

int store_cases_at(struct store *store, int64_t dataset_id, const int64_t *seqs, size_t count,
                   struct as_arena *arena, struct case_record **ret_cases, size_t *ret_count)
{
    struct as_buf cases = {0};
    int rc = 0;
    for (size_t i = 0; i < count && !rc; i++)
        rc = add_case_at(store, dataset_id, seqs[i], arena, &cases);
    if (!rc)
        *ret_cases = sql_give_array(&cases, sizeof(**ret_cases), arena, ret_count);
    as_buf_done(&cases);
    return rc;
}

int store_case_find(struct store *store, int64_t dataset_id, const char *case_id,
                    struct as_arena *arena, struct case_record *ret_case)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT " CASE_COLUMNS ", b.body FROM dataset_case AS c"
               " LEFT JOIN case_body AS b ON b.id = c.body_id WHERE c.dataset_id = ? AND c.id = ?");
    sql_put_int(sql, dataset_id);
    sql_put_text(sql, as_str_from(case_id));
    int rc = sql_step(sql);
    return rc > 0 ? read_case(sql, arena, ret_case) : rc ? rc : AS_ENOENT;
}

int store_case_heads_each(struct store *store, int64_t dataset_id, int64_t limit, store_case_fn fn,
                          void *ctx)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT " CASE_COLUMNS " FROM dataset_case AS c"
                                                 " WHERE c.dataset_id = ? ORDER BY c.seq LIMIT ?");
    sql_put_int(sql, dataset_id);
    sql_put_int(sql, limit);
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct case_record record = head_of(sql);
        fn(ctx, &record);
    }
    return rc;
}
