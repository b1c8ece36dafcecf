/* Retry rules. Exponential back-off with full jitter after M. Brooker, "Exponential Backoff And
 * Jitter" (AWS, 2015): of the jitters compared there it makes the fewest calls. Retry-After as RFC
 * 9110 section 10.2.3 has it. */
#include "daemon/transport/retry.h"

#include "daemon/transport/http_text.h"
#include "daemon/transport/vendor_limits.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

bool retry_status_is_worth_it(int http_status)
{
    return http_status == 408 || http_status == 409 || http_status == 429 ||
           (http_status >= 500 && http_status <= 599);
}

/* What the classes of errors mean for a retry; the plugin guide tells authors of providers. */
static const struct {
    const char *name;
    bool is_worth_it;
} classes[] = {
    {"rate_limit", true},      {"overloaded", true},   {"server", true},
    {"quota", false},          {"auth", false},        {"context_length", false},
    {"content_filter", false}, {"bad_request", false}, {"not_found", false},
};

bool retry_is_worth_it(const struct exchange *exchange, const char *error_class)
{
    for (size_t i = 0; error_class && i < AS_COUNT(classes); i++)
        if (!strcmp(classes[i].name, error_class))
            return classes[i].is_worth_it;
    switch (exchange->outcome) {
    case EXCHANGE_REPLY: return retry_status_is_worth_it(exchange->http_status);
    case EXCHANGE_CONNECT_FAILED:
    case EXCHANGE_TIMEOUT:
    case EXCHANGE_BROKEN: return true;
    case EXCHANGE_TOO_LARGE:
    case EXCHANGE_OUTCOME_COUNT: break;
    }
    return false;
}

/* A whole non-negative decimal number, scaled and capped; -1 when the text is no such number. */
static int64_t scaled_number(const char *text, double scale)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return -1;
    double value = strtod(text, &end) * scale;
    if (*end)
        return -1;
    return value < RETRY_AFTER_MAX_MS ? (int64_t)value : RETRY_AFTER_MAX_MS;
}

static bool header_text(struct as_str lines, const char *name, char ret_text[64])
{
    struct as_str value = http_reply_header(lines, name);
    if (!value.len || value.len >= 64)
        return false;
    memcpy(ret_text, value.ptr, value.len);
    ret_text[value.len] = '\0';
    return true;
}

uint32_t retry_after_ms(const struct exchange *exchange, int64_t now_s)
{
    struct as_str response_headers = exchange->response_headers;
    char text[64];
    int64_t wait = -1;
    if (header_text(response_headers, "retry-after-ms", text))
        wait = scaled_number(text, 1);
    if (wait < 0 && header_text(response_headers, "retry-after", text)) {
        wait = scaled_number(text, 1000);
        time_t date = wait < 0 ? curl_getdate(text, NULL) : -1;
        if (date > now_s)
            wait = date - now_s < RETRY_AFTER_MAX_MS / 1000 ? (date - now_s) * 1000
                                                            : RETRY_AFTER_MAX_MS;
    }
    if (wait < 0)
        wait = (int64_t)vendor_retry_delay_ms(exchange->response_body);
    if (wait > RETRY_AFTER_MAX_MS)
        wait = RETRY_AFTER_MAX_MS;
    return wait > 0 ? (uint32_t)wait : 0;
}

uint32_t retry_wait_ms(const struct exchange *exchange, uint32_t backoff_ms, uint32_t failures,
                       int64_t now_s, struct as_rng *rng)
{
    uint32_t asked = exchange->outcome == EXCHANGE_REPLY ? retry_after_ms(exchange, now_s) : 0;
    if (asked)
        return asked + (uint32_t)as_rng_below(rng, (uint64_t)backoff_ms + 1);
    uint64_t most = backoff_ms;
    for (uint32_t i = 1; i < failures && most < RETRY_BACKOFF_MAX_MS; i++)
        most *= 2;
    most = most < RETRY_BACKOFF_MAX_MS ? most : RETRY_BACKOFF_MAX_MS;
    return (uint32_t)as_rng_below(rng, most) + 1;
}
