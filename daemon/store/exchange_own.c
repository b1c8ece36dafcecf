/* An exchange out of its row in two tables: the narrow one, which look-ups and sums go through, and
 * the body with the texts, packed into one BLOB. */
#include "daemon/store/exchange_own.h"

struct exchange_record exchange_head(struct sql *sql)
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
        .paid_by = sql_int(sql, 14),
    };
}

int exchange_texts(struct store *store, struct as_str blob, struct as_arena *arena,
                   struct exchange_record *exchange)
{
    struct exchange_record whole = *exchange;
    struct as_reader body;
    int rc = codec_open(store->codec, blob, arena, &body);
    if (rc)
        return rc;
    whole.method = codec_get(&body);
    whole.url = codec_get(&body);
    whole.request_body = codec_get(&body);
    whole.response_headers = codec_get(&body);
    whole.response_body = codec_get(&body);
    whole.error = codec_get(&body);
    if (!as_reader_is_done(&body))
        return AS_ECORRUPT;
    *exchange = whole;
    return 0;
}
