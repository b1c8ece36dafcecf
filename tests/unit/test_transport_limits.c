/* Provider accounts on the wire: what lanes share, what a reply's headers and a plugin's classes
 * do, against a scripted server on loopback. */
#include "tests/unit/transport_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fixture fixture; /* large; one test at a time */

/* ---- what lanes share ---- */

static bool answer_slowly(struct http_peer *peer)
{
    http_peer_sleep_ms(10);
    return answer_ok(peer);
}

/* Forty requests on each of two lanes, of which one has the key. */
static void send_on_two_lanes(struct fixture *f, const char *second_key)
{
    f->key = FIXTURE_KEY;
    f->spec.account.concurrency = 3;
    for (unsigned i = 0; i < 40; i++)
        fixture_send(f, "a");
    f->spec.name = "other";
    f->key = second_key;
    fixture_lane(f);
    for (unsigned i = 0; i < 40; i++)
        fixture_send(f, "b");
    fixture_wait(f, 80);
}

static void test_lanes_with_the_same_address_and_key_share_their_limits(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_slowly);
    send_on_two_lanes(f, FIXTURE_KEY);
    assert_int_equal(f->server.busy_max, 3);
    fixture_stop(f);
}

static void test_another_key_is_another_account(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_slowly);
    send_on_two_lanes(f, "sk-another-4711");
    assert_int_equal(f->server.busy_max, 6);
    fixture_stop(f);
}

static void test_limits_that_are_set_live_hold_at_once_and_can_be_taken_back(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_slowly);
    f->spec.provider = "p";
    transport_limits_set(f->transport, "p", &(struct model_limits){.concurrency = 2});
    for (unsigned i = 0; i < 40; i++)
        fixture_send(f, "a");
    fixture_wait(f, 20);
    assert_int_equal(f->server.busy_max, 2);
    assert_int_equal(transport_limits_of(f->transport, "p")->concurrency, 2);
    transport_limits_set(f->transport, "p", NULL);
    assert_null(transport_limits_of(f->transport, "p"));
    fixture_wait(f, 40);
    assert_true(f->server.busy_max > 2);
    fixture_stop(f);
}

static void tell(void *ctx, const struct transport_provider *provider)
{
    *(struct transport_provider *)ctx = *provider;
    assert_int_equal(provider->name_count, 1);
    assert_string_equal(provider->names[0], "p");
}

static bool answer_limited_once(struct http_peer *peer)
{
    if (peer->request == 1)
        http_peer_reply(peer, 429, "Retry-After-Ms: 20\r\n", "slow down");
    else
        answer_ok(peer);
    return true;
}

static void test_an_account_tells_what_it_is_doing(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    struct transport_provider seen = {0};
    fixture_start(f, answer_limited_once);
    f->spec.provider = "p";
    f->spec.account = (struct model_limits){.concurrency = 5, .rpm = 60000};
    fixture_get(f, "a");
    transport_providers_each(f->transport, tell, &seen);
    assert_int_equal(seen.limits.concurrency, 5);
    assert_int_equal(seen.limits.rpm, 60000);
    assert_int_equal(seen.sent, 2);
    assert_int_equal(seen.refused, 1);
    assert_int_equal(seen.in_flight, 0);
    assert_int_equal(seen.window, 5);
    fixture_stop(f);
}

/* ---- headers ---- */

static bool answer_with_nothing_left(struct http_peer *peer)
{
    http_peer_reply(peer, 200,
                    peer->request == 1 ? "x-ratelimit-remaining-requests: 0\r\n"
                                         "x-ratelimit-reset-requests: 300ms\r\n"
                                       : "",
                    "ok");
    return true;
}

static void test_what_is_used_up_is_waited_for_before_it_is_refused(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_with_nothing_left);
    fixture_get(f, "first");
    uint64_t began = clock_now_ns();
    assert_string_equal(fixture_get(f, "second")->body, "ok");
    assert_true(clock_now_ns() - began >= 280000000ull);
    fixture_stop(f);
}

/* ---- classes ---- */

static const char *class_to_give; /* of every error reply; NULL: the plugin has none */
static unsigned classified;
static bool is_answering;
static uint64_t asked_about;

struct later {
    struct loop_timer *timer;
    uint64_t id;
};

static void answer_class(void *ctx)
{
    struct later *later = ctx;
    transport_classified(fixture.transport, later->id, class_to_give);
    loop_timer_free(later->timer);
    free(later);
}

static void classify(void *ctx, uint64_t id, const struct exchange *exchange)
{
    (void)ctx;
    assert_true(exchange->http_status >= 400);
    classified++;
    asked_about = id;
    if (!is_answering)
        return;
    struct later *later = as_xmalloc(sizeof(*later));
    *later = (struct later){loop_timer_new(fixture.loop, answer_class, later), id};
    loop_timer_start(later->timer, 0);
}

static uint64_t send_classified(struct fixture *f, const char *error_class)
{
    class_to_give = error_class;
    classified = 0;
    is_answering = true;
    return fixture_send_request(f, &(struct transport_request){.method = AS_STR("POST"),
                                                               .url = fixture_url(f, "/v1/x"),
                                                               .body = AS_STR("b"),
                                                               .skip_find = true,
                                                               .classify = classify});
}

static bool answer_429(struct http_peer *peer)
{
    http_peer_reply(peer, 429, "", "{}");
    return true;
}

static bool answer_400(struct http_peer *peer)
{
    http_peer_reply(peer, 400, "", "{}");
    return true;
}

static void expect_attempts(http_answer_fn answer, const char *error_class, unsigned attempts)
{
    struct fixture *f = &fixture;
    fixture_start(f, answer);
    send_classified(f, error_class);
    fixture_wait(f, 1);
    assert_int_equal(f->results[0].attempts, attempts);
    assert_int_equal(classified, attempts);
    assert_int_equal(f->journal.appends, attempts);
    fixture_stop(f);
}

static void test_a_plugins_class_decides_over_a_retry(void **state)
{
    (void)state;
    expect_attempts(answer_429, "quota", 1);
    expect_attempts(answer_429, "rate_limit", 3);
    expect_attempts(answer_overloaded, "overloaded", 3);
    expect_attempts(answer_overloaded, "auth", 1);
    expect_attempts(answer_400, "context_length", 1);
    expect_attempts(answer_400, "content_filter", 1);
    expect_attempts(answer_400, "rate_limit", 3);
}

static void test_without_a_known_class_the_status_decides(void **state)
{
    (void)state;
    expect_attempts(answer_429, NULL, 3);
    expect_attempts(answer_429, "a word of its own", 3);
    expect_attempts(answer_400, NULL, 1);
}

static void test_an_answer_is_not_asked_about(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    send_classified(f, "quota");
    fixture_wait(f, 1);
    assert_int_equal(classified, 0);
    fixture_stop(f);
}

static void test_cancel_while_an_error_is_being_read_keeps_the_reply(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_429);
    uint64_t id = send_classified(f, "rate_limit");
    is_answering = false;
    while (!classified)
        fixture_wait_ms(f, 1);
    transport_cancel(f->transport, id);
    transport_classified(f->transport, asked_about, "rate_limit"); /* too late */
    fixture_wait(f, 1);
    assert_int_equal(f->results[0].rc, AS_ECANCELED);
    assert_int_equal(f->journal.appends, 1);
    fixture_stop(f);
}

int main(void)
{
    alarm(50);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lanes_with_the_same_address_and_key_share_their_limits),
        cmocka_unit_test(test_another_key_is_another_account),
        cmocka_unit_test(test_limits_that_are_set_live_hold_at_once_and_can_be_taken_back),
        cmocka_unit_test(test_an_account_tells_what_it_is_doing),
        cmocka_unit_test(test_what_is_used_up_is_waited_for_before_it_is_refused),
        cmocka_unit_test(test_a_plugins_class_decides_over_a_retry),
        cmocka_unit_test(test_without_a_known_class_the_status_decides),
        cmocka_unit_test(test_an_answer_is_not_asked_about),
        cmocka_unit_test(test_cancel_while_an_error_is_being_read_keeps_the_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
