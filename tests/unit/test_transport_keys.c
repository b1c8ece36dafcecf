/* Where a key may go, and where nothing may go: origins, forged headers, unfit keys. */
#include "tests/unit/transport_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct fixture fixture;

static bool kept_anywhere(const struct fixture *f, const char *needle)
{
    for (unsigned i = 0; i < f->journal.appends; i++) {
        const struct exchange *e = &f->journal.kept[i];
        const struct as_str texts[] = {e->url, e->request_body, e->response_headers,
                                       e->response_body, e->error};
        for (size_t j = 0; j < AS_COUNT(texts); j++)
            if (texts[j].len && memmem(texts[j].ptr, texts[j].len, needle, strlen(needle)))
                return true;
    }
    return false;
}

static void test_the_key_is_in_no_exchange(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_overloaded);
    f->key = FIXTURE_KEY;
    fixture_get(f, "hello");
    f->spec.base_url = "http://127.0.0.1:1";
    fixture_lane(f);
    assert_int_equal(fixture_get(f, "hello")->exchange.outcome, EXCHANGE_CONNECT_FAILED);
    assert_int_equal(f->journal.appends, 6);
    assert_false(kept_anywhere(f, FIXTURE_KEY));
    fixture_stop(f);
}

static bool answer_with_key(struct http_peer *peer)
{
    const char *key = strstr(peer->text, FIXTURE_KEY) ? FIXTURE_KEY : "?";
    http_peer_printf(peer, "HTTP/1.1 401 No\r\nX-You-Sent: %s\r\nContent-Length: %zu\r\n\r\n<%s%s>",
                     key, 2 * strlen(key) + 2, key, key);
    return true;
}

static void test_a_key_that_the_server_repeats_is_masked(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_with_key);
    f->key = FIXTURE_KEY;
    assert_string_equal(fixture_get(f, "hello")->body, "<****************************>");
    assert_int_equal(f->journal.appends, 1);
    assert_false(kept_anywhere(f, FIXTURE_KEY));
    assert_true(kept_anywhere(f, "x-you-sent: **************"));
    fixture_stop(f);
}

/* In all forms that a key of such characters has. */
#define ODD_KEY "canary/AbC+9%\"x\\7"
static bool answer_with_forms(struct http_peer *peer)
{
    static const char text[] =
        "plain " ODD_KEY " json canary/AbC+9%\\\"x\\\\7 slash canary\\/AbC+9%\\\"x\\\\7 "
        "percent canary%2FAbC%2B9%25%22x%5C7 lower canary%2fAbC%2b9%25%22x%5c7 "
        "hex 63616e6172792f4162432b392522785c37 HEX 63616E6172792F4162432B392522785C37 "
        "base64 Y2FuYXJ5L0FiQys5JSJ4XDc= bearer QmVhcmVyIGNhbmFyeS9BYkMrOSUieFw3 "
        "basic OmNhbmFyeS9BYkMrOSUieFw3Og== colons OjpjYW5hcnkvQWJDKzklInhcNw==";
    http_peer_printf(peer, "HTTP/1.1 401 No\r\nX-You-Sent: %s\r\nContent-Length: %zu\r\n\r\n%s",
                     text, sizeof(text) - 1, text);
    return true;
}

static void test_a_key_that_the_server_repeats_in_another_form_is_masked(void **state)
{
    (void)state;
    static const char *const parts[] = {"canary",   "AbC",       "616e617279", "616E617279",
                                        "FuYXJ5L0", "hbmFyeS9B", "5hcnkvQ"};
    struct fixture *f = &fixture;
    fixture_start(f, answer_with_forms);
    f->key = ODD_KEY;
    fixture_get(f, "hello");
    assert_true(kept_anywhere(f, "base64 ***"));
    for (unsigned i = 0; i < AS_COUNT(parts); i++)
        if (kept_anywhere(f, parts[i]))
            fail_msg("'%s' was kept", parts[i]);
    fixture_stop(f);
}

static void test_a_url_of_another_origin_is_refused_before_any_connection(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->key = FIXTURE_KEY;
    char same_prefix[128], with_user[128], other_scheme[128];
    snprintf(same_prefix, sizeof(same_prefix), "http://127.0.0.1:%d1/v1", f->server.port);
    snprintf(with_user, sizeof(with_user), "http://127.0.0.1:%d@127.0.0.1:%d/v1", f->server.port,
             f->server.port);
    snprintf(other_scheme, sizeof(other_scheme), "https://127.0.0.1:%d/v1", f->server.port);
    const char *const urls[] = {"http://localhost:1/v1", same_prefix, with_user, other_scheme,
                                "file:///etc/passwd",    ""};
    for (unsigned i = 0; i < 6; i++) {
        fixture_send_request(
            f, &(struct transport_request){.method = AS_STR("POST"), .url = as_str_from(urls[i])});
        fixture_wait(f, i + 1);
        assert_int_equal(f->results[i].exchange.outcome, EXCHANGE_CONNECT_FAILED);
        assert_int_equal(f->results[i].attempts, 1);
        assert_memory_equal(f->results[i].error, "not sent: ", 10);
    }
    assert_int_equal(f->server.connections, 0);
    assert_int_equal(f->journal.appends, 6);
    fixture_stop(f);
}

static void test_headers_that_are_ours_or_forged_are_refused(void **state)
{
    (void)state;
    const struct job_header forged[] = {
        {AS_STR("Host"), AS_STR("evil.example")}, {AS_STR("authorization"), AS_STR("Bearer mine")},
        {AS_STR("X"), AS_STR("a\r\nHost: evil")}, {AS_STR("Content-Length"), AS_STR("1")},
        {AS_STR("Bad Name"), AS_STR("x")},        {AS_STR(""), AS_STR("x")},
    };
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    struct as_str url = fixture_url(f, "/v1");
    for (unsigned i = 0; i < 6; i++) {
        fixture_send_request(
            f, &(struct transport_request){
                   .method = AS_STR("POST"), .url = url, .headers = &forged[i], .header_count = 1});
        fixture_wait(f, i + 1);
        assert_int_equal(f->results[i].exchange.outcome, EXCHANGE_CONNECT_FAILED);
    }
    fixture_send_request(
        f, &(struct transport_request){.method = AS_STR("GET /x HTTP/1.1"), .url = url});
    fixture_wait(f, 7);
    assert_int_equal(f->results[6].exchange.outcome, EXCHANGE_CONNECT_FAILED);
    assert_int_equal(f->server.connections, 0);
    fixture_stop(f);
}

static void test_a_queued_request_does_not_take_a_new_key_to_its_old_origin(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_never);
    f->spec.concurrency = 1;
    f->key = "old";
    uint64_t first = fixture_send(f, "a");
    fixture_send(f, "b");
    fixture_wait_requests(f, 1);
    f->spec.base_url = "http://127.0.0.1:1";
    f->key = FIXTURE_KEY;
    fixture_lane(f);
    transport_cancel(f->transport, first);
    fixture_wait(f, 2);
    assert_int_equal(f->results[1].exchange.outcome, EXCHANGE_CONNECT_FAILED);
    assert_int_equal(f->server.requests, 1);
    fixture_stop(f);
}

static void test_an_unfit_key_or_base_url_is_named_and_nothing_is_sent(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->key = FIXTURE_KEY "\r\nHost: evil";
    struct fixture_result *result = fixture_get(f, "hello");
    assert_non_null(strstr(result->error, "control character"));
    assert_null(strstr(result->error, "canary"));
    f->key = NULL;
    f->spec.base_url = "http://user:secret@127.0.0.1";
    fixture_lane(f);
    result = fixture_get(f, "hello");
    assert_non_null(strstr(result->error, "base_url"));
    assert_false(kept_anywhere(f, "canary"));
    assert_int_equal(f->server.connections, 0);
    fixture_stop(f);
}

int main(void)
{
    alarm(55);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_key_is_in_no_exchange),
        cmocka_unit_test(test_a_key_that_the_server_repeats_is_masked),
        cmocka_unit_test(test_a_key_that_the_server_repeats_in_another_form_is_masked),
        cmocka_unit_test(test_a_url_of_another_origin_is_refused_before_any_connection),
        cmocka_unit_test(test_headers_that_are_ours_or_forged_are_refused),
        cmocka_unit_test(test_a_queued_request_does_not_take_a_new_key_to_its_old_origin),
        cmocka_unit_test(test_an_unfit_key_or_base_url_is_named_and_nothing_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
