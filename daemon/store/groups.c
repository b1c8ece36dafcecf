/* Run groups: created with their pins, moved through their states, finished with their result. What
 * was in flight when the daemon died is in unknown_calls.c. */
#include "daemon/store/sql.h"

#define GROUP_COLUMNS                                                                           \
    "id, eval_name, state, dataset_id, case_count, member_count, sample_count, outcome, error," \
    " requested_by, tag, created_ms, ended_ms, unknown_fate"
#define PINS_COLUMN 14 /* the first after GROUP_COLUMNS */

static int seal_text(struct store *store, const char *text, const char *what,
                     struct as_str *ret_blob)
{
    codec_begin(store->codec);
    codec_put(store->codec, as_str_from(text));
    int rc = codec_seal(store->codec, ret_blob);
    return rc ? as_err_set(&store->error, rc, "the group's %s are too large to be stored", what)
              : 0;
}

int store_group_create(struct store *store, const struct group_record *group, int64_t *ret_id)
{
    struct as_str pins;
    int rc = seal_text(store, group->pins_json, "pins", &pins);
    if (rc)
        return rc;
    struct sql *sql =
        sql_use(store, "INSERT INTO run_group (eval_name, state, dataset_id, case_count,"
                       " member_count, sample_count, requested_by, tag, created_ms, pins)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(sql, as_str_from(group->eval_name));
    sql_put_int(sql, group->state);
    sql_put_int(sql, group->dataset_id);
    sql_put_int(sql, group->case_count);
    sql_put_int(sql, group->member_count);
    sql_put_int(sql, group->sample_count);
    sql_put_text(sql, as_str_from(group->requested_by));
    sql_put_text(sql, as_str_from(group->tag));
    sql_put_int(sql, group->created_ms);
    sql_put_blob(sql, pins);
    rc = sql_run(sql);
    if (!rc)
        *ret_id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

/* For an UPDATE of one group. */
static int run_and_expect_one(struct store *store, struct sql *sql)
{
    int rc = sql_run(sql);
    return rc ? rc : sqlite3_changes(store->db) ? 0 : AS_ENOENT;
}

int store_group_set_state(struct store *store, int64_t id, enum group_state state)
{
    struct sql *sql = sql_use(store, "UPDATE run_group SET state = ? WHERE id = ?");
    sql_put_int(sql, state);
    sql_put_int(sql, id);
    return run_and_expect_one(store, sql);
}

/* What was derived of an earlier end of it; others that were compared with it are due again. */
static int forget_summaries(struct store *store, int64_t id)
{
    struct sql *own = sql_use(store, "DELETE FROM run_summary WHERE run = ?");
    sql_put_int(own, id);
    int rc = sql_run(own);
    if (rc)
        return rc;
    struct sql *others =
        sql_use(store, "UPDATE run_summary SET reference = -1 WHERE reference = ?");
    sql_put_int(others, id);
    return sql_run(others);
}

int store_group_finish(struct store *store, int64_t id, enum group_state state, const char *outcome,
                       const char *result_json, const char *error, int64_t now_ms)
{
    struct as_str result = {NULL, 0};
    int rc = forget_summaries(store, id);
    if (!rc && result_json)
        rc = seal_text(store, result_json, "results", &result);
    if (rc)
        return rc;
    struct sql *sql =
        sql_use(store, "UPDATE run_group SET state = ?, outcome = ?, result = ?, error = ?,"
                       " ended_ms = ? WHERE id = ?");
    sql_put_int(sql, state);
    sql_put_text(sql, as_str_from(outcome));
    sql_put_blob(sql, result);
    sql_put_text(sql, as_str_from(error));
    sql_put_int(sql, now_ms);
    sql_put_int(sql, id);
    return run_and_expect_one(store, sql);
}

static struct group_record head_of(struct sql *sql, struct as_arena *arena)
{
    return (struct group_record){
        .id = sql_int(sql, 0),
        .eval_name = sql_cstr_dup(sql, 1, arena),
        .state = (enum group_state)sql_int(sql, 2),
        .dataset_id = sql_int(sql, 3),
        .case_count = sql_int(sql, 4),
        .member_count = (uint32_t)sql_int(sql, 5),
        .sample_count = (uint32_t)sql_int(sql, 6),
        .outcome = sql_cstr_dup(sql, 7, arena),
        .error = sql_cstr_dup(sql, 8, arena),
        .requested_by = sql_cstr_dup(sql, 9, arena),
        .tag = sql_cstr_dup(sql, 10, arena),
        .created_ms = sql_int(sql, 11),
        .ended_ms = sql_int(sql, 12),
        .unknown_fate = sql_int(sql, 13),
    };
}

static int open_text(struct sql *sql, int column, struct as_arena *arena, const char **ret_text)
{
    struct as_str blob = sql_blob(sql, column);
    struct as_reader body;
    *ret_text = NULL;
    if (!blob.ptr)
        return 0;
    int rc = codec_open(sql->store->codec, blob, arena, &body);
    if (!rc)
        *ret_text = codec_get(&body).ptr;
    return rc || !as_reader_is_done(&body) ? sql_damaged(sql->store, "a run group's pins or result")
                                           : 0;
}

int store_group_get(struct store *store, int64_t id, struct as_arena *arena,
                    struct group_record *ret_group)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " GROUP_COLUMNS ", pins, result FROM run_group WHERE id = ?");
    sql_put_int(sql, id);
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    struct group_record group = head_of(sql, arena);
    rc = open_text(sql, PINS_COLUMN, arena, &group.pins_json);
    if (!rc)
        rc = open_text(sql, PINS_COLUMN + 1, arena, &group.result_json);
    if (!rc)
        *ret_group = group;
    return rc;
}

static int give_groups(struct sql *sql, bool has_pins, struct as_arena *arena,
                       struct group_record **ret_groups, size_t *ret_count)
{
    struct as_buf groups = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct group_record group = head_of(sql, arena);
        if (has_pins && (rc = open_text(sql, PINS_COLUMN, arena, &group.pins_json)))
            break;
        as_buf_add(&groups, &group, sizeof(group));
    }
    if (!rc)
        *ret_groups = sql_give_array(&groups, sizeof(**ret_groups), arena, ret_count);
    as_buf_done(&groups);
    return rc;
}

int store_groups_page(struct store *store, const char *eval_name, int64_t before_id, uint32_t limit,
                      struct as_arena *arena, struct group_record **ret_groups, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        eval_name ? sql_use(store, "SELECT " GROUP_COLUMNS
                                   " FROM run_group WHERE id < ?1 AND eval_name = ?3"
                                   " ORDER BY id DESC LIMIT ?2")
                  : sql_use(store, "SELECT " GROUP_COLUMNS " FROM run_group WHERE id < ?1"
                                   " ORDER BY id DESC LIMIT ?2");
    sql_put_int(sql, before_id ? before_id : INT64_MAX);
    sql_put_int(sql, limit);
    if (eval_name)
        sql_put_text(sql, as_str_from(eval_name));
    return give_groups(sql, false, arena, ret_groups, ret_count);
}

int store_groups_unfinished(struct store *store, struct as_arena *arena,
                            struct group_record **ret_groups, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT " GROUP_COLUMNS ", pins FROM run_group"
                                                 " WHERE state NOT IN (?, ?, ?) ORDER BY id");
    sql_put_int(sql, GROUP_DONE);
    sql_put_int(sql, GROUP_FAILED);
    sql_put_int(sql, GROUP_CANCELLED);
    return give_groups(sql, true, arena, ret_groups, ret_count);
}

int store_pins_each(struct store *store, store_pins_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT id, pins FROM run_group ORDER BY id");
    struct as_arena arena = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        const char *pins;
        if ((rc = open_text(sql, 1, &arena, &pins)))
            break;
        fn(ctx, sql_int(sql, 0), pins);
        as_arena_reset(&arena);
    }
    as_arena_done(&arena);
    return rc;
}
