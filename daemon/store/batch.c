/* The batched commit: intents, exchanges, usages, rows with their scores, in one transaction. It is
 * the hot path of the daemon: few prepared statements, one zstd frame an exchange and one a row,
 * one small index beside the keys. */
#include "daemon/store/calls.h"
#include "daemon/store/scores.h"
#include "daemon/store/sql.h"

static int put_intent(struct store *store, const struct store_intent *intent)
{
    struct sql *sql = sql_use(store, "INSERT OR REPLACE INTO intent"
                                     " (group_id, case_seq, sample, member, role, turn, attempt,"
                                     " request_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_row_key(sql, &intent->row);
    sql_put_int(sql, intent->role);
    sql_put_int(sql, intent->turn);
    sql_put_int(sql, intent->attempt);
    sql_put_int(sql, intent->request_bytes);
    return sql_run(sql);
}

/* This attempt's and those before it. */
static int take_intent(struct store *store, const struct store_intent *intent)
{
    struct sql *sql =
        sql_use(store, "DELETE FROM intent WHERE group_id = ? AND case_seq = ? AND sample = ?"
                       " AND member = ? AND role = ? AND turn = ? AND attempt <= ?");
    sql_put_row_key(sql, &intent->row);
    sql_put_int(sql, intent->role);
    sql_put_int(sql, intent->turn);
    sql_put_int(sql, intent->attempt);
    return sql_run(sql);
}

static int put_exchange_body(struct store *store, const struct exchange_record *exchange,
                             int64_t *ret_stored_bytes)
{
    struct as_str blob;
    codec_begin(store->codec);
    codec_put(store->codec, exchange->method);
    codec_put(store->codec, exchange->url);
    codec_put(store->codec, exchange->request_body);
    codec_put(store->codec, exchange->response_headers);
    codec_put(store->codec, exchange->response_body);
    codec_put(store->codec, exchange->error);
    int rc = codec_seal(store->codec, &blob);
    if (rc)
        return as_err_set(&store->error, rc, "an exchange of case %lld is too large to be stored",
                          (long long)exchange->row.case_seq);
    struct as_sha256 hash;
    *ret_stored_bytes = (int64_t)blob.len;
    rc = chain_append(store, exchange, blob, &hash);
    if (rc)
        return rc;
    struct sql *sql = sql_use(store, "INSERT INTO exchange_body (body, chain) VALUES (?, ?)");
    sql_put_blob(sql, blob);
    sql_put_hash(sql, &hash);
    return sql_run(sql);
}

static size_t raw_bytes(const struct exchange_record *exchange)
{
    return exchange->method.len + exchange->url.len + exchange->request_body.len +
           exchange->response_headers.len + exchange->response_body.len + exchange->error.len;
}

static int put_exchange(struct store *store, const struct exchange_record *exchange)
{
    int64_t stored_bytes = 0;
    int rc = put_exchange_body(store, exchange, &stored_bytes);
    if (rc)
        return rc;
    struct sql *sql = sql_use(
        store,
        "INSERT INTO exchange (group_id, case_seq, sample, member, body_id, role, turn, attempt,"
        " identity, outcome, http_status, sent_ms, connect_us, first_byte_us, total_us, paid_by,"
        " request_bytes, raw_bytes, stored_bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, ?, ?)");
    sql_put_row_key(sql, &exchange->row);
    sql_put_int(sql, sqlite3_last_insert_rowid(store->db));
    sql_put_int(sql, exchange->role);
    sql_put_int(sql, exchange->turn);
    sql_put_int(sql, exchange->attempt);
    sql_put_hash(sql, &exchange->identity);
    sql_put_int(sql, exchange->outcome);
    sql_put_int(sql, exchange->http_status);
    sql_put_int(sql, exchange->sent_ms);
    sql_put_int(sql, exchange->connect_us);
    sql_put_int(sql, exchange->first_byte_us);
    sql_put_int(sql, exchange->total_us);
    sql_put_int(sql, exchange->paid_by);
    sql_put_int(sql, (int64_t)exchange->request_body.len);
    sql_put_int(sql, (int64_t)raw_bytes(exchange));
    sql_put_int(sql, stored_bytes);
    rc = sql_run(sql);
    if (rc)
        return rc;
    struct store_intent intent = {.row = exchange->row,
                                  .role = exchange->role,
                                  .turn = exchange->turn,
                                  .attempt = exchange->attempt};
    return take_intent(store, &intent);
}

static int put_usage(struct store *store, const struct store_usage *usage)
{
    struct sql *sql =
        sql_use(store, "INSERT OR REPLACE INTO call_usage (group_id, case_seq, sample,"
                       " member, role, turn, sent_ms, tokens, usd_nano)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_row_key(sql, &usage->row);
    sql_put_int(sql, usage->role);
    sql_put_int(sql, usage->turn);
    sql_put_int(sql, usage->sent_ms);
    sql_put_int(sql, usage->tokens);
    sql_put_int(sql, usage->usd_nano);
    return sql_run(sql);
}

/* *ret_body_id is 0 when the row has no texts. */
static int put_row_body(struct store *store, const struct scored_row *scored, int64_t *ret_body_id)
{
    struct as_str blob;
    *ret_body_id = 0;
    if (!scored->row.text.ptr && !scored->row.tool_calls_json.ptr &&
        !scores_have_texts(scored->scores, scored->score_count))
        return 0;
    codec_begin(store->codec);
    codec_put(store->codec, scored->row.text);
    codec_put(store->codec, scored->row.tool_calls_json);
    scores_put_texts(scored->scores, scored->score_count, store->codec);
    int rc = codec_seal(store->codec, &blob);
    if (rc)
        return as_err_set(&store->error, rc, "a row of case %lld is too large to be stored",
                          (long long)scored->row.key.case_seq);
    struct sql *sql = sql_use(store, "INSERT INTO row_body (body) VALUES (?)");
    sql_put_blob(sql, blob);
    rc = sql_run(sql);
    *ret_body_id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

static void put_row_params(struct sql *sql, const struct row_record *row, struct as_str scores,
                           int64_t body_id)
{
    sql_put_row_key(sql, &row->key);
    sql_put_int(sql, row->status);
    sql_put_num(sql, row->latency_ms);
    sql_put_num(sql, row->cost_usd);
    sql_put_num(sql, row->judge_cost_usd);
    sql_put_int(sql, row->input_tokens);
    sql_put_int(sql, row->output_tokens);
    sql_put_blob(sql, scores);
    sql_put_int(sql, row->cached_tokens);
    sql_put_int(sql, row->reasoning_tokens);
    sql_put_int(sql, row->attempts);
    sql_put_int(sql, row->ended_ms);
    sql_put_text(sql, row->error_class);
    sql_put_text(sql, row->error);
    sql_put_text(sql, row->finish_reason);
    sql_put_text(sql, row->model_id);
    sql_put_int(sql, body_id);
    sql_put_num(sql, row->saved_usd);
}

static int drop_row_body(struct store *store, int64_t body_id)
{
    struct sql *sql = sql_use(store, "DELETE FROM row_body WHERE id = ?");
    sql_put_int(sql, body_id);
    return sql_run(sql);
}

/* *scratch is emptied and used for the packed scores. */
static int put_row(struct store *store, const struct scored_row *scored, struct as_buf *scratch,
                   size_t *duplicates)
{
    int64_t body_id;
    int rc = put_row_body(store, scored, &body_id);
    if (rc)
        return rc;
    as_buf_reset(scratch);
    scores_pack(scored->scores, scored->score_count, scratch);
    struct sql *sql =
        sql_use(store, "INSERT OR IGNORE INTO run_row (group_id, case_seq, sample, member, status,"
                       " latency_ms, cost_usd, judge_cost_usd, input_tokens, output_tokens, scores,"
                       " cached_tokens, reasoning_tokens, attempts, ended_ms, error_class, error,"
                       " finish_reason, model_id, body_id, saved_usd)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    put_row_params(sql, &scored->row, as_buf_str(scratch), body_id);
    rc = sql_run(sql);
    if (rc || sqlite3_changes(store->db))
        return rc;
    ++*duplicates;
    return body_id ? drop_row_body(store, body_id) : 0;
}

static int put_batch(struct store *store, const struct store_batch *batch, size_t *duplicates)
{
    struct as_buf scratch = {0};
    int rc = 0;
    for (size_t i = 0; !rc && i < batch->intent_count; i++)
        rc = put_intent(store, &batch->intents[i]);
    for (size_t i = 0; !rc && i < batch->exchange_count; i++)
        rc = put_exchange(store, &batch->exchanges[i]);
    for (size_t i = 0; !rc && i < batch->withdrawal_count; i++)
        rc = take_intent(store, &batch->withdrawals[i]);
    for (size_t i = 0; !rc && i < batch->usage_count; i++)
        rc = put_usage(store, &batch->usages[i]);
    for (size_t i = 0; !rc && i < batch->row_count; i++)
        rc = put_row(store, &batch->rows[i], &scratch, duplicates);
    if (!rc)
        rc = chain_flush(store);
    chain_forget(store);
    as_buf_done(&scratch);
    return rc;
}

int store_commit(struct store *store, const struct store_batch *batch, size_t *ret_duplicates)
{
    size_t duplicates = 0;
    int rc = sql_begin(store);
    if (!rc)
        rc = put_batch(store, batch, &duplicates);
    rc = sql_end(store, rc);
    if (!rc)
        *ret_duplicates = duplicates;
    return rc;
}
