/* Score sets lie as rows do: a narrow table in the order of the rows' keys with the number and the
 * label packed, and the reason and details, which are long and seldom read, in a body. */
#include "daemon/store/score_sets.h"

#include "daemon/store/scores.h"
#include "daemon/store/sql.h"

#define SET_COLUMNS                                                            \
    "id, group_id, metric, metric_name, selector, hash, params, requested_by," \
    " created_ms, ended_ms, scored, errors"
#define SUMMARY_COLUMN 12 /* the first after SET_COLUMNS */

static int put_head(struct store *store, const struct score_set *set, int64_t *ret_id)
{
    struct sql *sql =
        sql_use(store, "INSERT INTO score_set (group_id, metric, metric_name, selector, hash,"
                       " params, requested_by, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_int(sql, set->group_id);
    sql_put_int(sql, set->metric);
    sql_put_text(sql, as_str_from(set->metric_name));
    sql_put_text(sql, as_str_from(set->selector));
    sql_put_hash(sql, &set->hash);
    sql_put_text(sql, as_str_from(set->params_json));
    sql_put_text(sql, as_str_from(set->requested_by));
    sql_put_int(sql, set->created_ms);
    int rc = sql_run(sql);
    if (!rc)
        *ret_id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

int store_set_begin(struct store *store, const struct score_set *set, struct as_str source,
                    int64_t *ret_id)
{
    int64_t id = 0;
    int rc = sql_begin(store);
    if (!rc)
        rc = store_source_put(store, &set->hash, set->selector, source);
    if (!rc)
        rc = put_head(store, set, &id);
    rc = sql_end(store, rc);
    if (!rc)
        *ret_id = id;
    return rc;
}

/* *ret_body_id is 0 when there are no texts. */
static int put_body(struct store *store, const struct set_score *scored, int64_t *ret_body_id)
{
    struct as_str blob;
    *ret_body_id = 0;
    if (!scores_have_texts(&scored->score, 1))
        return 0;
    codec_begin(store->codec);
    scores_put_texts(&scored->score, 1, store->codec);
    int rc = codec_seal(store->codec, &blob);
    if (rc)
        return as_err_set(&store->error, rc, "a score of case %lld is too large to be stored",
                          (long long)scored->row.case_seq);
    struct sql *sql = sql_use(store, "INSERT INTO set_score_body (body) VALUES (?)");
    sql_put_blob(sql, blob);
    rc = sql_run(sql);
    *ret_body_id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

/* *scratch is emptied and used for the packed score. */
static int put_score(struct store *store, int64_t set_id, const struct set_score *scored,
                     struct as_buf *scratch)
{
    int64_t body_id;
    int rc = put_body(store, scored, &body_id);
    if (rc)
        return rc;
    as_buf_reset(scratch);
    scores_pack(&scored->score, 1, scratch);
    struct sql *sql = sql_use(store, "INSERT INTO set_score (set_id, case_seq, sample, member,"
                                     " error_class, score, body_id) VALUES (?, ?, ?, ?, ?, ?, ?)");
    sql_put_int(sql, set_id);
    sql_put_int(sql, scored->row.case_seq);
    sql_put_int(sql, scored->row.sample);
    sql_put_int(sql, scored->row.member);
    sql_put_text(sql, scored->error_class);
    sql_put_blob(sql, as_buf_str(scratch));
    sql_put_int(sql, body_id);
    return sql_run(sql);
}

int store_set_add(struct store *store, int64_t set_id, const struct set_score *scores, size_t count)
{
    struct as_buf scratch = {0};
    int rc = sql_begin(store);
    for (size_t i = 0; !rc && i < count; i++)
        rc = put_score(store, set_id, &scores[i], &scratch);
    as_buf_done(&scratch);
    return sql_end(store, rc);
}

static int finish_head(struct store *store, int64_t set_id, struct as_str summary, int64_t now_ms)
{
    struct sql *sql = sql_use(
        store, "UPDATE score_set SET ended_ms = ?2, summary = ?3,"
               " scored = (SELECT count(*) FROM set_score WHERE set_id = ?1 AND error_class IS"
               " NULL),"
               " errors = (SELECT count(error_class) FROM set_score WHERE set_id = ?1)"
               " WHERE id = ?1");
    sql_put_int(sql, set_id);
    sql_put_int(sql, now_ms);
    sql_put_blob(sql, summary);
    int rc = sql_run(sql);
    return rc ? rc : sqlite3_changes(store->db) ? 0 : AS_ENOENT;
}

int store_set_finish(struct store *store, int64_t set_id, const char *summary_json,
                     const struct audit_entry *entry)
{
    struct as_str summary;
    codec_begin(store->codec);
    codec_put(store->codec, as_str_from(summary_json));
    int rc = codec_seal(store->codec, &summary);
    if (rc)
        return as_err_set(&store->error, rc, "the summary of a score set is too large");
    rc = sql_begin(store);
    if (!rc)
        rc = finish_head(store, set_id, summary, entry->at_ms);
    if (!rc)
        rc = store_audit_add(store, entry);
    return sql_end(store, rc);
}

static int run_for_set(struct sql *sql, int64_t set_id)
{
    sql_put_int(sql, set_id);
    return sql_run(sql);
}

static int delete_set(struct store *store, int64_t id)
{
    int rc = run_for_set(sql_use(store, "DELETE FROM set_score_body WHERE id IN"
                                        " (SELECT body_id FROM set_score WHERE set_id = ?)"),
                         id);
    if (!rc)
        rc = run_for_set(sql_use(store, "DELETE FROM set_score WHERE set_id = ?"), id);
    if (!rc)
        rc = run_for_set(sql_use(store, "DELETE FROM score_set WHERE id = ?"), id);
    return rc;
}

int store_set_drop(struct store *store, int64_t set_id)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = delete_set(store, set_id);
    return sql_end(store, rc);
}

static int expect_finished(struct store *store, int64_t set_id)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT 1 FROM score_set WHERE id = ? AND ended_ms");
    sql_put_int(sql, set_id);
    int rc = sql_step(sql);
    return rc > 0 ? 0 : rc ? rc : AS_ENOENT;
}

int store_set_delete(struct store *store, int64_t set_id, const struct audit_entry *entry)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = expect_finished(store, set_id);
    if (!rc)
        rc = delete_set(store, set_id);
    if (!rc)
        rc = store_audit_add(store, entry);
    return sql_end(store, rc);
}

static int find_unfinished(struct store *store, int64_t *ret_id)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT ifnull(max(id), 0) FROM score_set WHERE ended_ms = 0");
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_id = sql_int(sql, 0);
    return rc < 0 ? rc : 0;
}

int store_sets_drop_unfinished(struct store *store)
{
    int64_t id = 0;
    int rc;
    while (!(rc = find_unfinished(store, &id)) && id) {
        rc = store_set_drop(store, id);
        if (rc)
            return rc;
    }
    return rc;
}

static struct score_set head_of(struct sql *sql, struct as_arena *arena)
{
    return (struct score_set){
        .id = sql_int(sql, 0),
        .group_id = sql_int(sql, 1),
        .metric = (uint32_t)sql_int(sql, 2),
        .metric_name = sql_cstr_dup(sql, 3, arena),
        .selector = sql_cstr_dup(sql, 4, arena),
        .hash = sql_hash(sql, 5),
        .params_json = sql_cstr_dup(sql, 6, arena),
        .requested_by = sql_cstr_dup(sql, 7, arena),
        .created_ms = sql_int(sql, 8),
        .ended_ms = sql_int(sql, 9),
        .scored = sql_int(sql, 10),
        .errors = sql_int(sql, 11),
    };
}

int store_sets_each(struct store *store, store_set_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " SET_COLUMNS " FROM score_set ORDER BY id");
    struct as_arena arena = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct score_set set = head_of(sql, &arena);
        fn(ctx, &set);
        as_arena_reset(&arena);
    }
    as_arena_done(&arena);
    return rc;
}

int store_set_get(struct store *store, int64_t group_id, int64_t set_id, struct as_arena *arena,
                  struct score_set *ret_set, const char **ret_summary_json)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT " SET_COLUMNS ", summary FROM score_set"
                                                 " WHERE id = ? AND group_id = ? AND ended_ms");
    sql_put_int(sql, set_id);
    sql_put_int(sql, group_id);
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    struct as_str blob = sql_blob(sql, SUMMARY_COLUMN), summary = {NULL, 0};
    struct as_reader body;
    if (blob.ptr) {
        rc = codec_open(store->codec, blob, arena, &body);
        summary = rc < 0 ? summary : codec_get(&body);
        if (rc < 0 || !as_reader_is_done(&body))
            return sql_damaged(store, "the summary of a score set");
    }
    *ret_set = head_of(sql, arena);
    *ret_summary_json = summary.ptr;
    return 0;
}

int store_sets_of_group(struct store *store, int64_t group_id, struct as_arena *arena,
                        struct score_set **ret_sets, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT " SET_COLUMNS " FROM score_set"
                                                 " WHERE group_id = ? AND ended_ms ORDER BY id");
    sql_put_int(sql, group_id);
    struct as_buf sets = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct score_set set = head_of(sql, arena);
        as_buf_add(&sets, &set, sizeof(set));
    }
    if (!rc)
        *ret_sets = sql_give_array(&sets, sizeof(**ret_sets), arena, ret_count);
    as_buf_done(&sets);
    return rc;
}

/* Columns: sample, member, error_class, score, body. */
static int read_score(struct sql *sql, struct as_arena *arena, struct set_score *scored)
{
    struct as_str packed = as_arena_dup(arena, sql_blob(sql, 3)), body = sql_blob(sql, 4);
    struct as_reader in = as_reader_of(packed.ptr, packed.len), texts;
    scored->error_class = sql_text_dup(sql, 2, arena);
    bool is_sound = scores_next(&in, &scored->score) && as_reader_is_done(&in);
    if (is_sound && body.ptr) {
        is_sound = !codec_open(sql->store->codec, body, arena, &texts);
        if (is_sound)
            scores_get_texts(&scored->score, 1, &texts);
        is_sound = is_sound && as_reader_is_done(&texts);
    }
    return is_sound ? 0 : sql_damaged(sql->store, "a score of a score set");
}

int store_set_scores_of_case(struct store *store, const struct score_set *set, int64_t case_seq,
                             struct as_arena *arena, struct set_score **ret_scores,
                             size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT s.sample, s.member, s.error_class, s.score, b.body FROM set_score AS s"
               " LEFT JOIN set_score_body AS b ON b.id = s.body_id"
               " WHERE s.set_id = ? AND s.case_seq = ? ORDER BY s.sample, s.member");
    sql_put_int(sql, set->id);
    sql_put_int(sql, case_seq);
    struct as_buf scores = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct set_score scored = {
            .row = {set->group_id, case_seq, (uint32_t)sql_int(sql, 1), (uint32_t)sql_int(sql, 0)}};
        if ((rc = read_score(sql, arena, &scored)))
            break;
        as_buf_add(&scores, &scored, sizeof(scored));
    }
    if (!rc)
        *ret_scores = sql_give_array(&scores, sizeof(**ret_scores), arena, ret_count);
    as_buf_done(&scores);
    return rc;
}
