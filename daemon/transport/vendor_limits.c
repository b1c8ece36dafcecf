/* A table of header pairs and the two ways to write a time. What cannot be read counts as not said:
 * a provider that makes a mistake here loses us nothing but a hint. */
#include "daemon/transport/vendor_limits.h"

#include "daemon/transport/http_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX_BYTES 64
#define RESET_MAX_MS 86400000.0
#define BODY_LOOK_BYTES 16384u /* of an error's body */

/* "1s", "6m0s", "20ms", "1h2m3.5s", and a bare number of seconds; -1: none of them. */
static double duration_ms(const char *text)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"ms", 1}, {"h", 3600e3}, {"m", 60e3}, {"s", 1e3}, {"", 1e3}};
    const char *begin = text;
    double sum = 0;
    do {
        char *end;
        if (*text < '0' || *text > '9')
            return -1;
        double value = strtod(text, &end);
        size_t i = 0, len = strspn(end, "hms");
        while (i < AS_COUNT(units) &&
               (strlen(units[i].unit) != len || strncmp(units[i].unit, end, len)))
            i++;
        if (i == AS_COUNT(units) || (!len && text != begin))
            return -1;
        sum += value * units[i].ms;
        text = end + len;
    } while (*text);
    return sum;
}

/* 2026-01-27T12:00:30Z, with an offset instead of the Z, and with a fraction that is passed over;
 * -1: no such date. */
static double until_date_ms(const char *text, int64_t now_ms)
{
    struct tm tm = {0};
    int used = 0, sign_at = 0, hours = 0, minutes = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &used) != 6)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    text += used;
    text += *text == '.' ? 1 + strspn(text + 1, "0123456789") : 0;
    if (*text == '+' || *text == '-') {
        if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &sign_at) != 2)
            return -1;
        hours = *text == '-' ? -hours : hours;
        minutes = *text == '-' ? -minutes : minutes;
    } else if (strcmp(text, "Z")) {
        return -1;
    }
    double at_ms = ((double)timegm(&tm) - hours * 3600.0 - minutes * 60.0) * 1000;
    return at_ms > (double)now_ms ? at_ms - (double)now_ms : 0;
}

static bool header_text(struct as_str lines, const char *name, char ret_text[TEXT_MAX_BYTES])
{
    struct as_str value = http_reply_header(lines, name);
    if (!value.len || value.len >= TEXT_MAX_BYTES)
        return false;
    memcpy(ret_text, value.ptr, value.len);
    ret_text[value.len] = '\0';
    return true;
}

static bool is_zero(const char *text)
{
    char *end;
    return *text >= '0' && *text <= '9' && strtod(text, &end) <= 0 && !*end;
}

uint64_t vendor_exhausted_ms(struct as_str response_headers, int64_t now_ms)
{
    static const struct {
        const char *remaining, *reset;
    } pairs[] = {
        {"x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"},
        {"x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"},
        {"anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"},
        {"anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"},
        {"anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"},
        {"anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"},
        {"ratelimit-remaining", "ratelimit-reset"},
    };
    double longest = 0;
    for (size_t i = 0; i < AS_COUNT(pairs); i++) {
        char text[TEXT_MAX_BYTES];
        if (!header_text(response_headers, pairs[i].remaining, text) || !is_zero(text) ||
            !header_text(response_headers, pairs[i].reset, text))
            continue;
        double wait = strchr(text, 'T') ? until_date_ms(text, now_ms) : duration_ms(text);
        longest = wait > longest ? wait : longest;
    }
    return (uint64_t)(longest < RESET_MAX_MS ? longest : RESET_MAX_MS);
}

uint64_t vendor_retry_delay_ms(struct as_str response_body)
{
    static const char key[] = "\"retryDelay\"";
    size_t len = response_body.len < BODY_LOOK_BYTES ? response_body.len : BODY_LOOK_BYTES;
    const char *at = len ? memmem(response_body.ptr, len, key, sizeof(key) - 1) : NULL;
    if (!at)
        return 0;
    const char *end = response_body.ptr + len, *from = at + sizeof(key) - 1;
    while (from < end && strchr(" \t\r\n:\"", *from))
        from++;
    const char *to = memchr(from, '"', (size_t)(end - from));
    char text[TEXT_MAX_BYTES];
    if (!to || to - from >= TEXT_MAX_BYTES)
        return 0;
    memcpy(text, from, (size_t)(to - from));
    text[to - from] = '\0';
    double wait = duration_ms(text);
    return wait > 0 ? (uint64_t)(wait < RESET_MAX_MS ? wait : RESET_MAX_MS) : 0;
}
