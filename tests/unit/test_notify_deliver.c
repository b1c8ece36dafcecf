/* daemon/notify: one delivery, to a real receiver or by a real command: which ends are tried again,
 * when, and what is kept of each. */
#include "daemon/notify/deliver.h"
#include "tests/unit/http_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct round {
    struct http_server server;
    struct loop *loop;
    struct poster *poster;
    struct config config; /* its rules, and where keys are, alone */
    struct notify_sources sources;
    struct courier *courier;
    unsigned fired;
    enum delivery_state state;
    int64_t tries;
    char outcome[1024];
    char url[128];
};
static struct round round_of;

static void begin_with(struct round *r, http_answer_fn answer)
{
    struct as_err err = {0};
    memset(r, 0, sizeof(*r));
    http_server_start(&r->server, &(struct http_server_options){.answer = answer});
    snprintf(r->url, sizeof(r->url), "%s/hook", r->server.base_url);
    assert_int_equal(loop_new(&r->loop), 0);
    assert_int_equal(poster_new(r->loop, NULL, &r->poster, &err), 0);
    r->sources.config = &r->config;
    r->config.secrets.use_environment = true;
    r->config.notify.count = 1;
    r->config.notify.rules[0] = (struct notify_rule){
        .name = "main", .to = {.url = r->url, .timeout_ms = 20000, .retries = 1}};
}

static void end_round(struct round *r)
{
    poster_free(r->poster);
    loop_free(r->loop);
    http_server_stop(&r->server);
}

static struct notify_target *target_of(struct round *r)
{
    return &r->config.notify.rules[0].to;
}

static void on_done(void *ctx, const struct delivery *delivery)
{
    struct round *r = ctx;
    r->fired++;
    r->state = delivery->state;
    r->tries = delivery->tries;
    snprintf(r->outcome, sizeof(r->outcome), "%s", delivery->outcome);
    assert_true(delivery->ended_ms > 0);
}

static void send_event(struct round *r, enum event_kind kind, bool has_event)
{
    struct courier_options options = {
        .loop = r->loop, .poster = r->poster, .sources = &r->sources, .done = on_done, .ctx = r};
    struct delivery delivery = {
        .id = 9,
        .event_id = 7,
        .eval = "",
        .rule = "main",
        .has_event = has_event,
        .event = {.id = 7, .kind = kind, .eval = "triage", .text = "it happened"},
    };
    r->courier = courier_start(&options, &delivery);
    assert_int_equal(r->fired, 0);
}

static void deliver(struct round *r, enum event_kind kind)
{
    send_event(r, kind, true);
    while (!r->fired)
        loop_turn(r->loop);
    assert_int_equal(r->fired, 1);
}

static void expect_end(const struct round *r, enum delivery_state state, int64_t tries,
                       const char *outcome)
{
    assert_string_equal(r->outcome, outcome);
    assert_int_equal(r->state, state);
    assert_int_equal(r->tries, tries);
}

/* ---- a webhook ---- */

static atomic_int answered_status;

static bool answer_status(struct http_peer *peer)
{
    http_peer_reply(peer, atomic_load(&answered_status), "Location: /x\r\n", "so it is\nand more");
    return true;
}

static void test_what_is_final_is_tried_once(void **state)
{
    static const struct {
        int status;
        enum delivery_state state;
        const char *outcome;
    } rows[] = {
        {200, DELIVERY_DELIVERED, "HTTP 200"},
        {299, DELIVERY_DELIVERED, "HTTP 299"},
        {301, DELIVERY_FAILED, "HTTP 301, a redirect, which is not followed"},
        {400, DELIVERY_FAILED, "HTTP 400: \"so it is\""},
        {404, DELIVERY_FAILED, "HTTP 404: \"so it is\""},
        {410, DELIVERY_FAILED, "HTTP 410: \"so it is\""},
    };
    struct round *r = &round_of;
    (void)state;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        begin_with(r, answer_status);
        atomic_store(&answered_status, rows[i].status);
        deliver(r, EVENT_GATE_FAIL);
        expect_end(r, rows[i].state, 1, rows[i].outcome);
        assert_int_equal(r->server.requests, 1);
        end_round(r);
    }
}

static bool answer_after_one(struct http_peer *peer)
{
    int first = atomic_load(&answered_status);
    http_peer_reply(peer, peer->request == 1 ? first : 200, "", "");
    return true;
}

static void test_what_may_be_better_next_time_is_tried_again(void **state)
{
    static const int statuses[] = {408, 429, 503};
    struct round *r = &round_of;
    (void)state;
    for (size_t i = 0; i < AS_COUNT(statuses); i++) {
        begin_with(r, answer_after_one);
        atomic_store(&answered_status, statuses[i]);
        deliver(r, EVENT_GATE_FAIL);
        expect_end(r, DELIVERY_DELIVERED, 2, "HTTP 200");
        end_round(r);
    }
}

static void test_the_last_try_is_told_as_such(void **state)
{
    struct round *r = &round_of;
    (void)state;
    begin_with(r, answer_status);
    atomic_store(&answered_status, 503);
    deliver(r, EVENT_GATE_FAIL);
    expect_end(r, DELIVERY_FAILED, 2, "HTTP 503: \"so it is\"; that was try 2");
    end_round(r);
}

static void test_a_test_is_tried_once(void **state)
{
    struct round *r = &round_of;
    (void)state;
    begin_with(r, answer_status);
    atomic_store(&answered_status, 503);
    deliver(r, EVENT_TEST);
    expect_end(r, DELIVERY_FAILED, 1, "HTTP 503: \"so it is\"");
    end_round(r);
}

static bool answer_slow_down(struct http_peer *peer)
{
    http_peer_reply(peer, peer->request == 1 ? 429 : 200, "Retry-After: 2\r\n", "");
    return true;
}

static void test_a_receiver_is_left_alone_for_as_long_as_it_asks(void **state)
{
    struct round *r = &round_of;
    (void)state;
    begin_with(r, answer_slow_down);
    uint64_t began_ms = clock_now_ns() / 1000000;
    deliver(r, EVENT_GATE_FAIL);
    expect_end(r, DELIVERY_DELIVERED, 2, "HTTP 200");
    assert_true(clock_now_ns() / 1000000 - began_ms >= 1990);
    end_round(r);
}

static bool answer_signed(struct http_peer *peer)
{
    http_peer_reply(peer, strstr(peer->text, "\r\nX-Assay-Signature: sha256=") ? 200 : 400, "", "");
    return true;
}

static void test_a_key_that_is_not_there_sends_nothing_rather_than_unsigned(void **state)
{
    struct round *r = &round_of;
    (void)state;
    begin_with(r, answer_signed);
    target_of(r)->secret = "TEST_HOOK_KEY";
    unsetenv("TEST_HOOK_KEY");
    deliver(r, EVENT_GATE_FAIL);
    assert_int_equal(r->state, DELIVERY_FAILED);
    assert_int_equal(r->tries, 1);
    assert_non_null(strstr(r->outcome, "no key named TEST_HOOK_KEY"));
    assert_int_equal(r->server.requests, 0);
    end_round(r);
    begin_with(r, answer_signed);
    target_of(r)->secret = "TEST_HOOK_KEY";
    setenv("TEST_HOOK_KEY", "s1gn", 1);
    deliver(r, EVENT_GATE_FAIL);
    expect_end(r, DELIVERY_DELIVERED, 1, "HTTP 200");
    unsetenv("TEST_HOOK_KEY");
    end_round(r);
}

/* ---- a command ---- */

static bool answer_nobody(struct http_peer *peer)
{
    (void)peer;
    return false;
}

static void deliver_by(struct round *r, char *const argv[])
{
    begin_with(r, answer_nobody);
    target_of(r)->url = NULL;
    target_of(r)->argv = argv;
    target_of(r)->retries = 0;
    deliver(r, EVENT_GATE_FAIL);
    end_round(r);
}

static void test_a_commands_end_is_its_outcome(void **state)
{
    static const struct {
        const char *script;
        enum delivery_state state;
        const char *outcome;
    } rows[] = {
        {"grep -q '\"kind\":\"gate_fail\"'; exit $?", DELIVERY_DELIVERED, "exit code 0"},
        {"echo all is well >&2; exit 0", DELIVERY_DELIVERED, "exit code 0"},
        {"exit 3", DELIVERY_FAILED, "exit code 3"},
        {"printf 'no pager\\nat all' >&2; exit 7", DELIVERY_FAILED, "exit code 7: \"no pager\""},
        {"printf 'a\\033[31mb\\377' >&2; exit 7", DELIVERY_FAILED,
         "exit code 7: \"a\\u001b[31mb\xef\xbf\xbd\""},
        {"kill -SEGV $$", DELIVERY_FAILED, "ended by signal 11"},
    };
    struct round *r = &round_of;
    (void)state;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        char *script = strdup(rows[i].script), *const argv[] = {"/bin/sh", "-c", script, NULL};
        deliver_by(r, argv);
        free(script);
        expect_end(r, rows[i].state, 1, rows[i].outcome);
    }
}

static void test_a_program_that_is_not_there_is_said_so(void **state)
{
    struct round *r = &round_of;
    char *const argv[] = {"/no/such/pager", NULL};
    (void)state;
    deliver_by(r, argv);
    expect_end(r, DELIVERY_FAILED, 1, "cannot be started: not found");
}

/* ---- what changes meanwhile ---- */

static void await_request(struct round *r)
{
    while (!r->server.requests)
        loop_turn(r->loop);
}

static void test_a_rule_that_goes_between_two_tries_ends_it(void **state)
{
    struct round *r = &round_of;
    (void)state;
    begin_with(r, answer_status);
    atomic_store(&answered_status, 503);
    send_event(r, EVENT_GATE_FAIL, true);
    await_request(r);
    r->config.notify.count = 0;
    while (!r->fired)
        loop_turn(r->loop);
    expect_end(r, DELIVERY_DROPPED, 1, "its rule is in no file any more");
    end_round(r);
}

static void test_one_whose_event_has_gone_is_dropped(void **state)
{
    struct round *r = &round_of;
    (void)state;
    begin_with(r, answer_status);
    send_event(r, EVENT_GATE_FAIL, false);
    while (!r->fired)
        loop_turn(r->loop);
    expect_end(r, DELIVERY_DROPPED, 0, "its event is kept no longer");
    assert_int_equal(r->server.requests, 0);
    end_round(r);
}

static void test_a_cancelled_delivery_tells_nobody(void **state)
{
    struct round *r = &round_of;
    (void)state;
    begin_with(r, answer_status);
    send_event(r, EVENT_GATE_FAIL, true);
    courier_cancel(r->courier);
    send_event(r, EVENT_GATE_FAIL, true);
    await_request(r);
    courier_cancel(r->courier);
    end_round(r);
    assert_int_equal(r->fired, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_final_is_tried_once),
        cmocka_unit_test(test_what_may_be_better_next_time_is_tried_again),
        cmocka_unit_test(test_the_last_try_is_told_as_such),
        cmocka_unit_test(test_a_test_is_tried_once),
        cmocka_unit_test(test_a_receiver_is_left_alone_for_as_long_as_it_asks),
        cmocka_unit_test(test_a_key_that_is_not_there_sends_nothing_rather_than_unsigned),
        cmocka_unit_test(test_a_commands_end_is_its_outcome),
        cmocka_unit_test(test_a_program_that_is_not_there_is_said_so),
        cmocka_unit_test(test_a_rule_that_goes_between_two_tries_ends_it),
        cmocka_unit_test(test_one_whose_event_has_gone_is_dropped),
        cmocka_unit_test(test_a_cancelled_delivery_tells_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
