/* The pure parts of transport: URLs, headers, identity, and the rules of retry. */
#include "daemon/transport/http_text.h"
#include "daemon/transport/retry.h"
#include "daemon/transport/transport.h"
#include "daemon/transport/vendor_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_url_is_base_url_and_path(void **state)
{
    (void)state;
    struct as_buf url = {0};
    assert_int_equal(
        transport_url("https://api.example/v1", AS_STR("/chat/completions?a=%20"), &url, NULL), 0);
    assert_string_equal(url.ptr, "https://api.example/v1/chat/completions?a=%20");
    assert_int_equal(transport_url("http://[::1]:80", AS_STR("/models/g-1.5:generate"), &url, NULL),
                     0);
    assert_string_equal(url.ptr, "http://[::1]:80/models/g-1.5:generate");
    as_buf_done(&url);
}

static void test_paths_that_could_lead_elsewhere_are_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "x",
                                        "@evil.example/",
                                        ".evil.example/",
                                        ":80@evil/",
                                        "/a\r\nHost: evil",
                                        "/a b",
                                        "/a#b",
                                        "/a\\b",
                                        "/../admin",
                                        "/a/..",
                                        "/a/./b",
                                        "/caf\xC3\xA9",
                                        "/a\x7f"};
    for (size_t i = 0; i < AS_COUNT(paths); i++) {
        struct as_buf url = {0};
        struct as_err err = {0};
        assert_int_equal(transport_url("https://api.example", as_str_from(paths[i]), &url, &err),
                         AS_EINVAL);
        assert_true(err.msg[0] != '\0');
        assert_null(url.ptr);
    }
}

static void test_a_path_with_a_nul_is_refused(void **state)
{
    (void)state;
    struct as_buf url = {0};
    assert_int_equal(transport_url("https://api.example", AS_STR("/a\0b"), &url, NULL), AS_EINVAL);
}

static void test_dots_in_a_query_or_a_name_are_fine(void **state)
{
    (void)state;
    struct as_buf url = {0};
    assert_int_equal(
        transport_url("https://api.example", AS_STR("/a..b/.c/d.?x=/../y"), &url, NULL), 0);
    as_buf_done(&url);
}

static void test_base_urls_without_a_plain_host_are_refused(void **state)
{
    (void)state;
    static const char *const bases[] = {"",           "ftp://h",          "https://",
                                        "https:///x", "https://u:p@h",    "https://a b",
                                        "HTTPS://h",  "https://h\\@evil", "//h"};
    for (size_t i = 0; i < AS_COUNT(bases); i++) {
        struct as_buf url = {0};
        assert_int_equal(transport_url(bases[i], AS_STR("/x"), &url, NULL), AS_EINVAL);
    }
}

static void test_a_url_is_inside_its_origin_to_the_byte(void **state)
{
    (void)state;
    const char *origin = "https://api.example";
    assert_int_equal(http_url_check(AS_STR("https://api.example/v1"), origin, NULL), 0);
    assert_int_equal(http_url_check(AS_STR("https://api.example?x"), origin, NULL), 0);
    assert_int_equal(http_url_check(AS_STR("https://api.example.evil/v1"), origin, NULL),
                     AS_EINVAL);
    assert_int_equal(http_url_check(AS_STR("https://api.example:444/v1"), origin, NULL), AS_EINVAL);
    assert_int_equal(http_url_check(AS_STR("https://api.example@evil/"), origin, NULL), AS_EINVAL);
    assert_int_equal(http_url_check(AS_STR("http://api.example/v1"), origin, NULL), AS_EINVAL);
}

static void test_identity_differs_by_every_part(void **state)
{
    (void)state;
    struct as_sha256 base = transport_identity(AS_STR("POST"), AS_STR("u"), AS_STR("b"), 0);
    struct as_sha256 others[] = {
        transport_identity(AS_STR("PUT"), AS_STR("u"), AS_STR("b"), 0),
        transport_identity(AS_STR("POST"), AS_STR("ub"), AS_STR(""), 0),
        transport_identity(AS_STR("POST"), AS_STR("u"), AS_STR("c"), 0),
        transport_identity(AS_STR("POST"), AS_STR("u"), AS_STR("b"), 1),
    };
    struct as_sha256 same = transport_identity(AS_STR("POST"), AS_STR("u"), AS_STR("b"), 0);
    assert_true(as_sha256_eq(&base, &same));
    for (size_t i = 0; i < 4; i++)
        assert_false(as_sha256_eq(&base, &others[i]));
}

static void test_reply_headers_become_lines_and_split_again(void **state)
{
    (void)state;
    struct as_buf lines = {0};
    static const char *const wire[] = {"Content-Type: text/html; x=\"a:b\"\r\n",
                                       "EMPTY:\r\n",
                                       "no header\r\n",
                                       ": nameless\r\n",
                                       " folded: line\r\n",
                                       "X-Ctl: a\x01\x1b[b\r\n",
                                       "\r\n"};
    for (size_t i = 0; i < AS_COUNT(wire); i++)
        http_reply_line_add(&lines, wire[i], strlen(wire[i]));
    assert_string_equal(lines.ptr, "content-type: text/html; x=\"a:b\"\nempty: \nx-ctl: a  [b\n");
    struct job_header headers[JOB_HEADERS_MAX];
    assert_int_equal(transport_headers_split(as_buf_str(&lines), headers), 3);
    assert_true(as_str_eq(headers[0].name, "content-type"));
    assert_true(as_str_eq(headers[0].value, "text/html; x=\"a:b\""));
    assert_int_equal(headers[1].value.len, 0);
    as_buf_done(&lines);
}

static void test_split_stops_at_its_limit_and_at_nonsense(void **state)
{
    (void)state;
    struct as_buf lines = {0};
    struct job_header headers[JOB_HEADERS_MAX];
    for (unsigned i = 0; i < JOB_HEADERS_MAX + 5; i++)
        as_buf_addf(&lines, "h%u: v\n", i);
    assert_int_equal(transport_headers_split(as_buf_str(&lines), headers), JOB_HEADERS_MAX);
    assert_int_equal(transport_headers_split(AS_STR("a:\nb: c\n"), headers), 0);
    assert_int_equal(transport_headers_split(AS_STR("unfinished: line"), headers), 0);
    assert_int_equal(transport_headers_split((struct as_str){NULL, 0}, headers), 0);
    as_buf_done(&lines);
}

static void test_statuses_worth_a_retry(void **state)
{
    (void)state;
    static const int worth[] = {408, 409, 429, 500, 502, 503, 504, 529, 599};
    static const int not_worth[] = {0, 200, 204, 301, 400, 401, 403, 404, 413, 422, 600};
    for (size_t i = 0; i < AS_COUNT(worth); i++)
        assert_true(retry_status_is_worth_it(worth[i]));
    for (size_t i = 0; i < AS_COUNT(not_worth); i++)
        assert_false(retry_status_is_worth_it(not_worth[i]));
}

static void test_retry_after_reads_seconds_milliseconds_and_dates(void **state)
{
    (void)state;
    const int64_t now_s = 1445412480; /* Wed, 21 Oct 2015 07:28:00 GMT */
    const struct {
        const char *lines;
        uint32_t want_ms;
    } rows[] = {
        {"retry-after: 2\n", 2000},
        {"retry-after: 0.5\n", 500},
        {"retry-after: 0\n", 0},
        {"retry-after: 86400\n", RETRY_AFTER_MAX_MS},
        {"retry-after: 1e300\n", RETRY_AFTER_MAX_MS},
        {"retry-after: -5\n", 0},
        {"retry-after: soon\n", 0},
        {"retry-after: \n", 0},
        {"retry-after: Wed, 21 Oct 2015 07:28:30 GMT\n", 30000},
        {"retry-after: Wed, 21 Oct 2015 07:27:00 GMT\n", 0},
        {"retry-after: Thu, 22 Oct 2099 07:28:30 GMT\n", RETRY_AFTER_MAX_MS},
        {"retry-after: 9\nretry-after-ms: 1500\n", 1500},
        {"retry-after-ms: x\nretry-after: 1\n", 1000},
        {"other: 1\n", 0},
        {"", 0},
    };
    for (size_t i = 0; i < AS_COUNT(rows); i++)
        assert_int_equal(
            retry_after_ms(&(struct exchange){.response_headers = as_str_from(rows[i].lines)},
                           now_s),
            rows[i].want_ms);
}

static void test_a_wait_in_the_body_counts_where_no_header_has_one(void **state)
{
    (void)state;
    const struct {
        const char *headers, *body;
        uint32_t want_ms;
    } rows[] = {
        {"", "{\"details\":[{\"@type\":\"RetryInfo\",\"retryDelay\":\"34s\"}]}", 34000},
        {"", "{\"retryDelay\" : \"1.5s\"}", 1500},
        {"retry-after: 2\n", "{\"retryDelay\":\"34s\"}", 2000},
        {"", "{\"retryDelay\":\"99999s\"}", RETRY_AFTER_MAX_MS},
        {"", "{\"retryDelay\":\"soon\"}", 0},
        {"", "{\"retryDelay\":\"", 0},
        {"", "\"retryDelay\"", 0},
        {"", "{}", 0},
    };
    for (size_t i = 0; i < AS_COUNT(rows); i++)
        assert_int_equal(
            retry_after_ms(&(struct exchange){.response_headers = as_str_from(rows[i].headers),
                                              .response_body = as_str_from(rows[i].body)},
                           0),
            rows[i].want_ms);
}

static void expect_exhausted(const char *headers, uint64_t wait_ms)
{
    /* 2026-01-27T12:00:00Z */
    assert_int_equal(vendor_exhausted_ms(as_str_from(headers), 1769515200000), wait_ms);
}

static void test_vendors_headers_say_when_there_is_something_left_again(void **state)
{
    (void)state;
    expect_exhausted("", 0);
    expect_exhausted("x-ratelimit-remaining-requests: 1\nx-ratelimit-reset-requests: 1s\n", 0);
    expect_exhausted("x-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 1s\n", 1000);
    expect_exhausted("x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 6m0.5s\n", 360500);
    expect_exhausted("x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 1h2m\n", 3720000);
    expect_exhausted("x-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 20ms\n"
                     "x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 150ms\n",
                     150);
    expect_exhausted("anthropic-ratelimit-requests-remaining: 0\n"
                     "anthropic-ratelimit-requests-reset: 2026-01-27T12:00:30Z\n",
                     30000);
    expect_exhausted("anthropic-ratelimit-output-tokens-remaining: 0\n"
                     "anthropic-ratelimit-output-tokens-reset: 2026-01-27T14:00:02.25+02:00\n",
                     2000);
    expect_exhausted("anthropic-ratelimit-tokens-remaining: 0\n"
                     "anthropic-ratelimit-tokens-reset: 2026-01-27T11:59:00Z\n",
                     0);
    expect_exhausted("ratelimit-remaining: 0\nratelimit-reset: 7\n", 7000);
}

static void test_limit_headers_that_make_no_sense_say_nothing(void **state)
{
    (void)state;
    static const char *const resets[] = {"",  "soon", "-5s",  "5 apples", "1s1",
                                         "T", "5d5",  "2026", "nan",      "2026-01-27T12:00:30"};
    char headers[128];
    for (size_t i = 0; i < AS_COUNT(resets); i++) {
        snprintf(headers, sizeof(headers),
                 "x-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: %s\n", resets[i]);
        if (strcmp(resets[i], "2026")) /* seconds */
            expect_exhausted(headers, 0);
    }
    expect_exhausted("x-ratelimit-remaining-requests: none\nx-ratelimit-reset-requests: 1s\n", 0);
    expect_exhausted("x-ratelimit-remaining-requests: 0\n", 0);
    expect_exhausted("x-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 1e300s\n",
                     86400000);
}

static void test_back_off_doubles_with_full_jitter_and_a_cap(void **state)
{
    (void)state;
    struct exchange broken = {.outcome = EXCHANGE_BROKEN};
    struct as_rng rng = as_rng_stream(1, 1);
    const uint32_t most[] = {
        500, 1000, 2000, 4000, 8000, 16000, RETRY_BACKOFF_MAX_MS, RETRY_BACKOFF_MAX_MS};
    for (uint32_t failures = 1; failures <= 8; failures++) {
        uint32_t least_seen = UINT32_MAX, most_seen = 0;
        for (int i = 0; i < 2000; i++) {
            uint32_t wait = retry_wait_ms(&broken, 500, failures, 0, &rng);
            least_seen = wait < least_seen ? wait : least_seen;
            most_seen = wait > most_seen ? wait : most_seen;
        }
        assert_in_range(least_seen, 1, most[failures - 1] / 20);
        assert_in_range(most_seen, most[failures - 1] * 9 / 10, most[failures - 1]);
    }
    assert_in_range(retry_wait_ms(&broken, UINT32_MAX, 4000000000u, 0, &rng), 1,
                    RETRY_BACKOFF_MAX_MS);
}

static void test_retry_after_is_a_least_wait(void **state)
{
    (void)state;
    struct exchange limited = {.outcome = EXCHANGE_REPLY,
                               .http_status = 429,
                               .response_headers = AS_STR("retry-after: 3\n")};
    struct as_rng rng = as_rng_stream(1, 2);
    for (int i = 0; i < 100; i++)
        assert_in_range(retry_wait_ms(&limited, 500, 1, 0, &rng), 3000, 3500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url_is_base_url_and_path),
        cmocka_unit_test(test_paths_that_could_lead_elsewhere_are_refused),
        cmocka_unit_test(test_a_path_with_a_nul_is_refused),
        cmocka_unit_test(test_dots_in_a_query_or_a_name_are_fine),
        cmocka_unit_test(test_base_urls_without_a_plain_host_are_refused),
        cmocka_unit_test(test_a_url_is_inside_its_origin_to_the_byte),
        cmocka_unit_test(test_identity_differs_by_every_part),
        cmocka_unit_test(test_reply_headers_become_lines_and_split_again),
        cmocka_unit_test(test_split_stops_at_its_limit_and_at_nonsense),
        cmocka_unit_test(test_statuses_worth_a_retry),
        cmocka_unit_test(test_retry_after_reads_seconds_milliseconds_and_dates),
        cmocka_unit_test(test_a_wait_in_the_body_counts_where_no_header_has_one),
        cmocka_unit_test(test_vendors_headers_say_when_there_is_something_left_again),
        cmocka_unit_test(test_limit_headers_that_make_no_sense_say_nothing),
        cmocka_unit_test(test_back_off_doubles_with_full_jitter_and_a_cap),
        cmocka_unit_test(test_retry_after_is_a_least_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
