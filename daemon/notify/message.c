/* The signature covers the time, so that a receiver can turn down what was sent long ago, and the
 * body, so that nobody can change it. */
#include "daemon/notify/message.h"

#include <inttypes.h>
#include <stdio.h>

void message_body(const struct delivery *delivery, struct as_buf *body)
{
    AS_CLEANUP_JSON struct as_json *json = event_to_json(&delivery->event);
    as_json_set_int(json, "delivery", delivery->id);
    as_json_set_str(json, "rule", delivery->rule);
    as_json_write(json, body);
}

static void sign(int64_t now_s, struct as_str key, struct as_str body,
                 char ret_hex[AS_SHA256_HEX_BYTES])
{
    struct as_buf text = {0};
    as_buf_addf(&text, "%" PRId64 ".", now_s);
    as_buf_add(&text, body.ptr, body.len);
    struct as_sha256 signature = as_hmac_sha256(key, as_buf_str(&text));
    as_sha256_hex(&signature, ret_hex);
    as_buf_done(&text);
}

size_t message_headers(const struct delivery *delivery, int64_t now_s, struct as_str key,
                       struct as_str body, char lines[MESSAGE_HEADERS][MESSAGE_HEADER_BYTES])
{
    size_t count = 0;
    snprintf(lines[count++], MESSAGE_HEADER_BYTES, "Content-Type: application/json");
    snprintf(lines[count++], MESSAGE_HEADER_BYTES, "X-Assay-Event: %" PRId64, delivery->event_id);
    snprintf(lines[count++], MESSAGE_HEADER_BYTES, "X-Assay-Delivery: %" PRId64, delivery->id);
    snprintf(lines[count++], MESSAGE_HEADER_BYTES, "X-Assay-Timestamp: %" PRId64, now_s);
    if (key.len) {
        char hex[AS_SHA256_HEX_BYTES];
        sign(now_s, key, body, hex);
        snprintf(lines[count++], MESSAGE_HEADER_BYTES, "X-Assay-Signature: sha256=%s", hex);
    }
    return count;
}
