/* What a model API says before any plugin sees it: the lines of its head, and how long it asks us
 * to wait. They come from the network, so they may be anything. */
#include "tests/fuzz/fuzz.h"

#include "daemon/transport/http_text.h"
#include "daemon/transport/retry.h"
#include "daemon/transport/transport.h"
#include "daemon/transport/vendor_limits.h"

#include <string.h>

#define NOW_S 1760000000
#define DAY_MS 86400000u

/* The head as curl hands it over: a line at a time, the line end included. */
static void take_lines(struct as_str head, struct as_buf *lines)
{
    while (head.len) {
        const char *end = memchr(head.ptr, '\n', head.len);
        size_t len = end ? (size_t)(end - head.ptr) + 1 : head.len;
        http_reply_line_add(lines, head.ptr, len);
        head.ptr += len;
        head.len -= len;
    }
}

static void check_header(struct job_header header, struct as_str lines)
{
    AS_ASSERT(http_name_is_valid(header.name));
    for (size_t i = 0; i < header.name.len; i++)
        AS_ASSERT(header.name.ptr[i] < 'A' || header.name.ptr[i] > 'Z');
    for (size_t i = 0; i < header.value.len; i++)
        AS_ASSERT((unsigned char)header.value.ptr[i] >= ' ');
    char *name = as_xmemdup(header.name.ptr, header.name.len);
    AS_ASSERT(http_reply_header(lines, name).ptr);
    as_free_ptr(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct job_header headers[JOB_HEADERS_MAX];
    struct as_buf lines = {0};
    take_lines((struct as_str){(const char *)data, len}, &lines);
    uint32_t count = transport_headers_split(as_buf_str(&lines), headers);
    for (uint32_t i = 0; i < count; i++)
        check_header(headers[i], as_buf_str(&lines));
    struct exchange exchange = {.response_headers = as_buf_str(&lines),
                                .response_body = {(const char *)data, len}};
    AS_ASSERT(retry_after_ms(&exchange, NOW_S) <= RETRY_AFTER_MAX_MS);
    AS_ASSERT(vendor_exhausted_ms(as_buf_str(&lines), NOW_S * INT64_C(1000)) <= DAY_MS);
    as_buf_done(&lines);
    return 0;
}
