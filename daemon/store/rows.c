/* Rows as listings want them: pages in the order of the key, with their scores, and with texts
 * where asked for. The score filter is applied here while stepping, since scores are packed; the
 * limit therefore is too. */
#include "daemon/store/scores.h"
#include "daemon/store/sql.h"

#define ROW_COLUMNS                                                                         \
    "r.group_id, r.case_seq, r.sample, r.member, r.status, r.latency_ms, r.cost_usd,"       \
    " r.judge_cost_usd, r.input_tokens, r.output_tokens, r.scores, r.cached_tokens,"        \
    " r.reasoning_tokens, r.attempts, r.ended_ms, r.error_class, r.error, r.finish_reason," \
    " r.model_id, r.body_id, c.id, r.saved_usd"
#define ROW_TABLES                                               \
    "run_row AS r LEFT JOIN run_group AS g ON g.id = r.group_id" \
    " LEFT JOIN dataset_case AS c ON c.dataset_id = g.dataset_id AND c.seq = r.case_seq"
#define SCORES_COLUMN 10
#define BODY_ID_COLUMN 19

int store_rows_done(struct store *store, int64_t group_id, int64_t from_seq, int64_t to_seq,
                    struct as_arena *arena, struct row_key **ret_keys, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT group_id, case_seq, sample, member FROM run_row WHERE group_id = ?"
                       " AND case_seq >= ? AND case_seq < ? ORDER BY case_seq, sample, member");
    sql_put_int(sql, group_id);
    sql_put_int(sql, from_seq);
    sql_put_int(sql, to_seq);
    struct as_buf keys = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct row_key key = sql_row_key(sql, 0);
        as_buf_add(&keys, &key, sizeof(key));
    }
    if (!rc)
        *ret_keys = sql_give_array(&keys, sizeof(**ret_keys), arena, ret_count);
    as_buf_done(&keys);
    return rc;
}

static struct row_record row_of(struct sql *sql, struct as_arena *arena)
{
    return (struct row_record){
        .key = sql_row_key(sql, 0),
        .status = (enum row_status)sql_int(sql, 4),
        .latency_ms = sql_num(sql, 5),
        .cost_usd = sql_num(sql, 6),
        .judge_cost_usd = sql_num(sql, 7),
        .input_tokens = sql_int(sql, 8),
        .output_tokens = sql_int(sql, 9),
        .cached_tokens = sql_int(sql, 11),
        .reasoning_tokens = sql_int(sql, 12),
        .attempts = (uint32_t)sql_int(sql, 13),
        .ended_ms = sql_int(sql, 14),
        .error_class = sql_text_dup(sql, 15, arena),
        .error = sql_text_dup(sql, 16, arena),
        .finish_reason = sql_text_dup(sql, 17, arena),
        .model_id = sql_text_dup(sql, 18, arena),
        .saved_usd = sql_num(sql, 21),
    };
}

static int read_scores(struct sql *sql, struct as_arena *arena, struct row_listing *listing)
{
    struct as_str packed = as_arena_dup(arena, sql_blob(sql, SCORES_COLUMN));
    struct as_reader in = as_reader_of(packed.ptr, packed.len);
    struct as_buf scores = {0};
    struct score_record score;
    while (scores_next(&in, &score))
        as_buf_add(&scores, &score, sizeof(score));
    listing->scores = sql_give_array(&scores, sizeof(score), arena, &listing->score_count);
    as_buf_done(&scores);
    return as_reader_is_done(&in) ? 0 : sql_damaged(sql->store, "the scores of a row");
}

static int read_texts(struct store *store, int64_t body_id, struct as_arena *arena,
                      struct row_listing *listing)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT body FROM row_body WHERE id = ?");
    sql_put_int(sql, body_id);
    struct as_reader body;
    int rc = sql_step(sql);
    if (rc < 0)
        return rc;
    rc = rc ? codec_open(store->codec, sql_blob(sql, 0), arena, &body) : AS_ECORRUPT;
    if (!rc) {
        listing->row.text = codec_get(&body);
        listing->row.tool_calls_json = codec_get(&body);
        scores_get_texts(listing->scores, listing->score_count, &body);
    }
    return rc || !as_reader_is_done(&body) ? sql_damaged(store, "the texts of a row") : 0;
}

static bool score_is_wanted(const struct row_filter *filter, struct as_str packed)
{
    struct as_reader in = as_reader_of(packed.ptr, packed.len);
    struct score_record score;
    while (scores_next(&in, &score))
        if ((int)score.metric == filter->metric && !score.is_na)
            return score.score >= filter->score_min && score.score <= filter->score_max;
    return false;
}

static int read_listing(struct sql *sql, bool with_text, struct as_arena *arena,
                        struct row_listing *ret_listing)
{
    struct row_listing listing = {.row = row_of(sql, arena),
                                  .case_id = sql_text_dup(sql, 20, arena)};
    int64_t body_id = sql_int(sql, BODY_ID_COLUMN);
    int rc = read_scores(sql, arena, &listing);
    if (!rc && with_text && body_id)
        rc = read_texts(sql->store, body_id, arena, &listing);
    if (!rc)
        *ret_listing = listing;
    return rc;
}

/* Steps through rows and gives those that the filter wants, limit at most. */
static int give_listings(struct sql *sql, const struct row_filter *filter, struct as_arena *arena,
                         struct row_listing **ret_rows, size_t *ret_count)
{
    struct as_buf rows = {0};
    int rc = 0;
    while (rows.len / sizeof(**ret_rows) < filter->limit && (rc = sql_step(sql)) > 0) {
        struct row_listing listing;
        if (filter->metric >= 0 && !score_is_wanted(filter, sql_blob(sql, SCORES_COLUMN)))
            continue;
        if ((rc = read_listing(sql, filter->with_text, arena, &listing)))
            break;
        as_buf_add(&rows, &listing, sizeof(listing));
    }
    rc = rc < 0 ? rc : 0;
    if (!rc)
        *ret_rows = sql_give_array(&rows, sizeof(**ret_rows), arena, ret_count);
    as_buf_done(&rows);
    return rc;
}

int store_rows_page(struct store *store, const struct row_filter *filter, struct as_arena *arena,
                    struct row_listing **ret_rows, size_t *ret_count)
{
    struct row_key after = filter->after ? *filter->after : (struct row_key){.case_seq = -1};
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " ROW_COLUMNS " FROM " ROW_TABLES " WHERE r.group_id = ?1"
                       " AND (r.case_seq, r.sample, r.member) > (?2, ?3, ?4)"
                       " AND (?5 < 0 OR r.status = ?5) AND (?6 < 0 OR r.member = ?6)"
                       " ORDER BY r.case_seq, r.sample, r.member");
    sql_put_int(sql, filter->group_id);
    sql_put_int(sql, after.case_seq);
    sql_put_int(sql, after.sample);
    sql_put_int(sql, after.member);
    sql_put_int(sql, filter->status);
    sql_put_int(sql, filter->member);
    return give_listings(sql, filter, arena, ret_rows, ret_count);
}

int store_rows_of_case(struct store *store, int64_t group_id, int64_t case_seq,
                       struct as_arena *arena, struct row_listing **ret_rows, size_t *ret_count)
{
    struct row_filter filter = {.metric = -1, .limit = UINT32_MAX, .with_text = true};
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT " ROW_COLUMNS " FROM " ROW_TABLES
                                                 " WHERE r.group_id = ? AND r.case_seq = ?"
                                                 " ORDER BY r.sample, r.member");
    sql_put_int(sql, group_id);
    sql_put_int(sql, case_seq);
    return give_listings(sql, &filter, arena, ret_rows, ret_count);
}
