/* Reading the journal: what came back for a request, and every attempt that a row took. The order
 * of attempts is that of their bodies' numbers, which grow with time. Writing is part of the batch:
 * batch.c. */
#include "daemon/store/sql.h"

#define EXCHANGE_COLUMNS                                                                 \
    "e.group_id, e.case_seq, e.sample, e.member, e.role, e.turn, e.attempt, e.identity," \
    " e.outcome, e.http_status, e.sent_ms, e.connect_us, e.first_byte_us, e.total_us, b.body"
#define EXCHANGE_TABLES "exchange AS e LEFT JOIN exchange_body AS b ON b.id = e.body_id"
#define EXCHANGE_OF_ROW "e.group_id = ? AND e.case_seq = ? AND e.sample = ? AND e.member = ?"

static struct exchange_record head_of(struct sql *sql)
{
    return (struct exchange_record){
        .row = sql_row_key(sql, 0),
        .role = (uint32_t)sql_int(sql, 4),
        .turn = (uint32_t)sql_int(sql, 5),
        .attempt = (uint32_t)sql_int(sql, 6),
        .identity = sql_hash(sql, 7),
        .outcome = (uint32_t)sql_int(sql, 8),
        .http_status = (int)sql_int(sql, 9),
        .sent_ms = sql_int(sql, 10),
        .connect_us = sql_int(sql, 11),
        .first_byte_us = sql_int(sql, 12),
        .total_us = sql_int(sql, 13),
    };
}

static int read_exchange(struct sql *sql, struct as_arena *arena,
                         struct exchange_record *ret_exchange)
{
    struct exchange_record exchange = head_of(sql);
    struct as_reader body;
    int rc = codec_open(sql->store->codec, sql_blob(sql, 14), arena, &body);
    if (!rc) {
        exchange.method = codec_get(&body);
        exchange.url = codec_get(&body);
        exchange.request_body = codec_get(&body);
        exchange.response_headers = codec_get(&body);
        exchange.response_body = codec_get(&body);
        exchange.error = codec_get(&body);
    }
    if (rc || !as_reader_is_done(&body))
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
                       " ORDER BY e.body_id DESC LIMIT 1");
    sql_put_row_key(sql, row);
    sql_put_int(sql, role);
    sql_put_int(sql, turn);
    sql_put_hash(sql, identity);
    int rc = sql_step(sql);
    return rc > 0 ? read_exchange(sql, arena, ret_exchange) : rc ? rc : AS_ENOENT;
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
