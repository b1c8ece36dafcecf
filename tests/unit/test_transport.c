/* Lanes, queue, retries, journal and cancel, against a scripted server on loopback. */
#include "tests/unit/transport_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fixture fixture; /* large; one test at a time */

/* ---- connections and lanes ---- */

static void test_requests_one_after_another_share_a_connection(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    for (int i = 0; i < 20; i++)
        assert_string_equal(fixture_get(f, "hello")->body, "ok");
    assert_int_equal(f->server.connections, 1);
    assert_int_equal(transport_stats_of(f->transport, f->lane).connections_opened, 1);
    assert_int_equal(transport_stats_of(f->transport, 0).sent, 20);
    fixture_stop(f);
}

static bool answer_slowly(struct http_peer *peer)
{
    http_peer_sleep_ms(10);
    return answer_ok(peer);
}

static void test_a_lane_keeps_to_its_concurrency_and_uses_it(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_slowly);
    f->spec.concurrency = 12;
    for (int i = 0; i < 100; i++)
        fixture_send(f, "hello");
    fixture_wait(f, 100);
    assert_int_equal(f->server.busy_max, 12);
    assert_true(f->server.connections <= 12);
    fixture_stop(f);
}

static void test_a_lane_that_is_opened_again_takes_over_its_limits(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_slowly);
    f->spec.concurrency = 1;
    for (int i = 0; i < 10; i++)
        fixture_send(f, "hello");
    uint64_t before = f->lane;
    fixture_wait(f, 3);
    assert_int_equal(f->server.busy_max, 1);
    f->spec.concurrency = 200;
    fixture_lane(f);
    assert_int_equal(f->lane, before);
    fixture_wait(f, 10);
    assert_true(f->server.busy_max > 1);
    fixture_stop(f);
}

static void test_a_lane_of_concurrency_one_is_first_in_first_out(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->spec.concurrency = 1;
    for (int i = 0; i < 30; i++)
        fixture_send(f, "hello");
    fixture_wait(f, 30);
    for (unsigned i = 0; i < 30; i++)
        assert_int_equal(f->results[i].order, i + 1);
    fixture_stop(f);
}

static void test_a_request_may_be_sent_from_a_callback(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    fixture_send(f, "first");
    f->results[0].is_done_sending_more = true;
    fixture_wait(f, 2);
    assert_int_equal(f->results[1].exchange.http_status, 200);
    fixture_stop(f);
}

static bool answer_with_request(struct http_peer *peer)
{
    bool has_key = strstr(peer->text, "\r\nAuthorization: Bearer " FIXTURE_KEY "\r\n");
    http_peer_printf(peer, "HTTP/1.1 %d OK\r\nX-Two-Words:  a b \r\nContent-Length: %zu\r\n\r\n",
                     has_key ? 200 : 401, peer->len);
    http_peer_write(peer, peer->text, peer->len);
    return true;
}

static void test_the_request_on_the_wire_is_what_was_asked_for(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_with_request);
    f->key = FIXTURE_KEY;
    struct as_str url = fixture_url(f, "/v1/chat?x=1");
    struct job_header headers[] = {{AS_STR("X-Kind"), AS_STR("a b")},
                                   {AS_STR("X-Empty"), AS_STR("")}};
    struct transport_request request = {.method = AS_STR("POST"),
                                        .url = url,
                                        .body = AS_STR("{\"a\":\"\0b\"}"),
                                        .headers = headers,
                                        .header_count = 2,
                                        .skip_find = true};
    fixture_send_request(f, &request);
    fixture_wait(f, 1);
    const struct exchange *kept = &f->journal.kept[0];
    const char *seen = kept->response_body.ptr;
    assert_int_equal(kept->http_status, 200);
    assert_non_null(strstr(seen, "POST /v1/chat?x=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(seen, "\r\nX-Kind: a b\r\n"));
    assert_non_null(strstr(seen, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(seen, "\r\nUser-Agent: assayd/" ASSAY_VERSION "\r\n"));
    assert_non_null(strstr(seen, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(seen, "\r\nAuthorization: Bearer **************\r\n"));
    assert_null(strstr(seen, "Expect:"));
    assert_memory_equal(seen + kept->response_body.len - 10, "{\"a\":\"\0b\"}", 10);
    assert_int_equal(kept->request_body.len, 10);
    struct job_header split[JOB_HEADERS_MAX];
    assert_int_equal(transport_headers_split(kept->response_headers, split), 2);
    assert_memory_equal(split[0].name.ptr, "x-two-words", 11);
    assert_true(as_str_eq(split[0].value, "a b"));
    fixture_stop(f);
}

static void test_other_methods_follow_a_post_on_the_same_handle(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_with_request);
    f->spec.concurrency = 1;
    fixture_send(f, "body");
    struct as_str url = fixture_url(f, "/models");
    struct transport_request get = {.method = AS_STR("GET"), .url = url, .skip_find = true};
    struct transport_request put = get;
    put.method = AS_STR("PUT");
    put.body = AS_STR("{}");
    fixture_send_request(f, &get);
    fixture_send_request(f, &put);
    fixture_send_request(f, &get);
    fixture_wait(f, 4);
    assert_memory_equal(f->results[1].body, "GET /models HTTP/1.1", 20);
    assert_memory_equal(f->results[2].body, "PUT /models HTTP/1.1", 20);
    assert_memory_equal(f->results[3].body, "GET /models HTTP/1.1", 20);
    assert_null(strstr(f->journal.kept[3].response_body.ptr, "Content-Type"));
    fixture_stop(f);
}

/* ---- retries ---- */

static bool answer_limited_once(struct http_peer *peer)
{
    if (peer->request == 1)
        http_peer_reply(peer, 429, "Retry-After-Ms: 250\r\n", "slow down");
    else
        answer_ok(peer);
    return true;
}

static void test_retry_after_is_obeyed(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_limited_once);
    uint64_t began = clock_now_ns();
    struct fixture_result *result = fixture_get(f, "hello");
    assert_true(clock_now_ns() - began >= 245000000ull);
    assert_int_equal(result->attempts, 2);
    assert_int_equal(result->exchange.attempt, 2);
    assert_string_equal(result->body, "ok");
    assert_int_equal(f->journal.appends, 2);
    assert_int_equal(f->journal.intents, 2);
    assert_int_equal(f->journal.kept[0].http_status, 429);
    assert_int_equal(f->journal.kept[0].attempt, 1);
    assert_true(as_str_eq(f->journal.kept[0].response_body, "slow down"));
    assert_int_equal(transport_stats_of(f->transport, 0).retried, 1);
    assert_int_equal(transport_stats_of(f->transport, 0).failed, 0);
    fixture_stop(f);
}

static bool answer_first_with_a_long_wait(struct http_peer *peer)
{
    if (strstr(peer->text, "first") && peer->request == 1)
        http_peer_reply(peer, 503, "Retry-After-Ms: 300\r\n", "");
    else
        answer_ok(peer);
    return true;
}

static void test_a_request_that_backs_off_holds_no_slot(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_first_with_a_long_wait);
    f->spec.concurrency = 1;
    fixture_send(f, "first");
    fixture_send(f, "second");
    fixture_wait(f, 1);
    assert_int_equal(f->results[1].fired, 1);
    assert_int_equal(transport_stats_of(f->transport, 0).backing_off, 1);
    assert_int_equal(transport_stats_of(f->transport, 0).in_flight, 0);
    fixture_wait(f, 2);
    assert_int_equal(f->results[0].exchange.http_status, 200);
    fixture_stop(f);
}

static void test_the_last_reply_is_delivered_when_attempts_run_out(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_overloaded);
    struct fixture_result *result = fixture_get(f, "hello");
    assert_int_equal(result->rc, 0);
    assert_int_equal(result->exchange.outcome, EXCHANGE_REPLY);
    assert_int_equal(result->exchange.http_status, 529);
    assert_string_equal(result->body, "overloaded");
    assert_int_equal(result->attempts, 3);
    assert_int_equal(f->journal.appends, 3);
    assert_int_equal(transport_stats_of(f->transport, 0).failed, 1);
    fixture_stop(f);
}

static bool answer_by_body(struct http_peer *peer)
{
    http_peer_reply(peer, atoi(strstr(peer->text, "\r\n\r\n") + 4),
                    "Location: http://127.0.0.1:1/\r\n", "");
    return true;
}

static void test_statuses_that_say_no_are_not_retried_and_redirects_not_followed(void **state)
{
    (void)state;
    static const char *const statuses[] = {"302", "307", "400", "401", "403", "404", "422"};
    struct fixture *f = &fixture;
    fixture_start(f, answer_by_body);
    for (size_t i = 0; i < 7; i++) {
        struct fixture_result *result = fixture_get(f, statuses[i]);
        assert_int_equal(result->exchange.http_status, atoi(statuses[i]));
        assert_int_equal(result->attempts, 1);
    }
    fixture_stop(f);
}

/* ---- journal ---- */

static void test_a_reply_is_delivered_only_after_the_journal_kept_it(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->journal.is_holding = true;
    fixture_send(f, "hello");
    while (!f->journal.appends)
        fixture_wait_ms(f, 1);
    fixture_wait_ms(f, 30);
    assert_int_equal(f->fired, 0);
    fixture_send(f, "the lane's slot is free meanwhile");
    fixture_wait_requests(f, 2);
    fake_journal_release(&f->journal);
    fixture_wait(f, 2);
    assert_true(f->results[0].appends_before >= 1);
    assert_string_equal(f->results[0].body, "ok");
    fixture_stop(f);
}

static void test_a_journal_that_cannot_keep_is_told_to_the_caller(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->journal.append_rc = AS_EIO;
    assert_int_equal(fixture_get(f, "hello")->rc, AS_EIO);
    fixture_stop(f);
}

static void send_findable(struct fixture *f)
{
    struct as_str url = fixture_url(f, "/v1/x");
    fixture_send_request(
        f, &(struct transport_request){.method = AS_STR("POST"), .url = url, .body = AS_STR("b")});
}

static void test_what_the_journal_knows_makes_no_connection(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    struct exchange known = {
        .outcome = EXCHANGE_REPLY, .http_status = 200, .response_body = AS_STR("remembered")};
    fixture_start(f, answer_ok);
    f->journal.known = &known;
    send_findable(f);
    fixture_wait(f, 1);
    assert_true(f->results[0].is_from_journal);
    assert_int_equal(f->results[0].attempts, 0);
    assert_string_equal(f->results[0].body, "remembered");
    assert_int_equal(f->server.connections, 0);
    assert_int_equal(f->journal.intents, 0);
    assert_int_equal(f->journal.appends, 0);
    fixture_stop(f);
}

static void test_a_failure_in_the_journal_is_no_answer(void **state)
{
    (void)state;
    const struct exchange failures[] = {
        {.outcome = EXCHANGE_REPLY, .http_status = 429},
        {.outcome = EXCHANGE_REPLY, .http_status = 500},
        {.outcome = EXCHANGE_TIMEOUT},
        {.outcome = EXCHANGE_TOO_LARGE, .http_status = 200},
    };
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    for (unsigned i = 0; i < 4; i++) {
        f->journal.known = &failures[i];
        send_findable(f);
        fixture_wait(f, i + 1);
        assert_false(f->results[i].is_from_journal);
        assert_string_equal(f->results[i].body, "ok");
    }
    assert_int_equal(f->journal.finds, 4);
    fixture_stop(f);
}

static void test_a_transport_without_a_journal_delivers_at_once(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_limited_once);
    transport_free(f->transport);
    assert_int_equal(transport_new(f->loop, &(struct transport_options){0}, &f->transport, NULL),
                     0);
    send_findable(f);
    fixture_wait(f, 1);
    assert_string_equal(f->results[0].body, "ok");
    assert_int_equal(f->journal.finds + f->journal.intents + f->journal.appends, 0);
    fixture_stop(f);
}

/* ---- intents ---- */

static void test_no_byte_leaves_before_the_intent_is_durable(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->journal.is_holding_intents = true;
    fixture_send(f, "hello");
    while (!f->journal.intents)
        fixture_wait_ms(f, 1);
    fixture_wait_ms(f, 20);
    assert_int_equal(f->server.connections, 0);
    fake_journal_release(&f->journal);
    fixture_wait(f, 1);
    assert_string_equal(f->results[0].body, "ok");
    fixture_stop(f);
}

static void test_a_retry_has_an_intent_of_its_own_before_it_leaves(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_limited_once);
    fixture_send(f, "hello");
    fixture_wait_requests(f, 1);
    f->journal.is_holding_intents = true;
    while (f->journal.intents < 2)
        fixture_wait_ms(f, 1);
    fixture_wait_ms(f, 20);
    assert_int_equal(f->server.requests, 1);
    fake_journal_release(&f->journal);
    fixture_wait(f, 1);
    assert_int_equal(f->results[0].attempts, 2);
    fixture_stop(f);
}

static void test_nothing_is_sent_when_the_intent_cannot_be_kept(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->journal.intent_rc = AS_EIO;
    for (int i = 0; i < 20; i++)
        fixture_send(f, "hello");
    fixture_wait(f, 20);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(f->results[i].rc, AS_EIO);
        assert_int_equal(f->results[i].attempts, 0);
    }
    assert_int_equal(f->server.connections, 0);
    f->journal.intent_rc = 0;
    assert_string_equal(fixture_get(f, "again")->body, "ok");
    fixture_stop(f);
}

/* As many are prepared as the slots can take while a commit goes on, and no more: after a crash
 * they count as calls of unknown fate. */
static void test_the_next_requests_are_prepared_while_the_slots_are_taken(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    unsigned prepared_max = 0;
    fixture_start(f, answer_ok);
    f->spec.concurrency = 4;
    f->journal.intent_ms = 3;
    for (int i = 0; i < 200; i++)
        fixture_send(f, "hello");
    while (f->fired < 190) {
        uint64_t sent = transport_stats_of(f->transport, 0).sent;
        unsigned prepared = f->journal.intents - (unsigned)sent;
        uint32_t in_flight = transport_stats_of(f->transport, 0).in_flight;
        assert_true(prepared + in_flight <= 8);
        prepared_max = prepared > prepared_max ? prepared : prepared_max;
        fixture_wait(f, f->fired + 1);
    }
    assert_true(prepared_max > 4);
    fixture_wait(f, 200);
    assert_true(f->server.busy_max <= 4);
    fixture_stop(f);
}

/* ---- cancel ---- */

static void cancel_and_check(struct fixture *f, uint64_t id, unsigned index)
{
    transport_cancel(f->transport, id);
    assert_int_equal(f->results[index].fired, 0);
    transport_cancel(f->transport, id);
    fixture_wait(f, f->fired + 1);
    assert_int_equal(f->results[index].rc, AS_ECANCELED);
    transport_cancel(f->transport, id);
}

static void test_cancel_of_a_request_in_the_queue_and_of_one_in_flight(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_never);
    f->spec.concurrency = 1;
    uint64_t in_flight = fixture_send(f, "a"), queued = fixture_send(f, "b");
    fixture_wait_requests(f, 1);
    cancel_and_check(f, queued, 1);
    cancel_and_check(f, in_flight, 0);
    fixture_send(f, "c"); /* the slot is free again */
    fixture_wait_requests(f, 2);
    assert_int_equal(f->journal.appends, 0);
    fixture_stop(f);
}

static void test_cancel_while_the_journal_looks_and_while_it_keeps(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->journal.is_holding = true;
    uint64_t keeping = fixture_send(f, "kept");
    while (!f->journal.appends)
        fixture_wait_ms(f, 1);
    send_findable(f);
    while (!f->journal.finds)
        fixture_wait_ms(f, 1);
    assert_int_equal(transport_stats_of(f->transport, 0).queued, 1);
    cancel_and_check(f, keeping, 0);
    fake_journal_release(&f->journal);
    fixture_wait(f, 2);
    assert_int_equal(f->results[1].rc, 0);
    fixture_stop(f);
}

static void test_a_cancelled_request_that_never_left_takes_its_intent_back(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_never);
    f->spec.concurrency = 1;
    f->journal.is_holding_intents = true;
    uint64_t id = fixture_send(f, "a");
    while (!f->journal.intents)
        fixture_wait_ms(f, 1);
    transport_cancel(f->transport, id);
    fixture_wait_ms(f, 10);
    assert_int_equal(f->fired, 0); /* not before the journal is as if it had never been */
    fake_journal_release(&f->journal);
    fixture_wait(f, 1);
    assert_int_equal(f->results[0].rc, AS_ECANCELED);
    assert_int_equal(f->journal.withdrawals, 1);
    assert_int_equal(f->server.connections, 0);
    fixture_stop(f);
}

static void test_cancel_of_a_request_whose_intent_failed_has_nothing_to_take_back(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_never);
    f->journal.is_holding_intents = true;
    f->journal.intent_rc = AS_EIO;
    uint64_t id = fixture_send(f, "a");
    while (!f->journal.intents)
        fixture_wait_ms(f, 1);
    transport_cancel(f->transport, id);
    fake_journal_release(&f->journal);
    fixture_wait(f, 1);
    assert_int_equal(f->results[0].rc, AS_ECANCELED);
    assert_int_equal(f->journal.withdrawals, 0);
    fixture_stop(f);
}

static bool answer_later(struct http_peer *peer)
{
    http_peer_reply(peer, 503, "Retry-After: 100\r\n", "");
    return true;
}

static void test_cancel_while_backing_off(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_later);
    uint64_t id = fixture_send(f, "a");
    while (!transport_stats_of(f->transport, 0).backing_off)
        fixture_wait_ms(f, 1);
    cancel_and_check(f, id, 0);
    assert_int_equal(transport_stats_of(f->transport, 0).backing_off, 0);
    fixture_stop(f);
}

static void test_free_fires_everything_that_is_due(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_never);
    f->spec.concurrency = 2;
    f->journal.is_holding = true;
    send_findable(f); /* finding */
    fixture_send(f, "in flight");
    fixture_send(f, "queued");
    fixture_wait_requests(f, 1);
    transport_cancel(f->transport, fixture_send(f, "cancelled"));
    fixture_stop(f); /* and the journal answers after that */
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(f->results[i].rc, AS_ECANCELED);
}

static void test_the_journal_may_answer_for_failed_attempts_after_free(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_overloaded);
    f->journal.is_holding = true;
    fixture_send(f, "a");
    while (f->journal.appends < 3)
        fixture_wait_ms(f, 1);
    fixture_stop(f);
    assert_int_equal(f->results[0].rc, AS_ECANCELED);
}

int main(void)
{
    alarm(50);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_one_after_another_share_a_connection),
        cmocka_unit_test(test_a_lane_keeps_to_its_concurrency_and_uses_it),
        cmocka_unit_test(test_a_lane_that_is_opened_again_takes_over_its_limits),
        cmocka_unit_test(test_a_lane_of_concurrency_one_is_first_in_first_out),
        cmocka_unit_test(test_a_request_may_be_sent_from_a_callback),
        cmocka_unit_test(test_the_request_on_the_wire_is_what_was_asked_for),
        cmocka_unit_test(test_other_methods_follow_a_post_on_the_same_handle),
        cmocka_unit_test(test_retry_after_is_obeyed),
        cmocka_unit_test(test_a_request_that_backs_off_holds_no_slot),
        cmocka_unit_test(test_the_last_reply_is_delivered_when_attempts_run_out),
        cmocka_unit_test(test_statuses_that_say_no_are_not_retried_and_redirects_not_followed),
        cmocka_unit_test(test_a_reply_is_delivered_only_after_the_journal_kept_it),
        cmocka_unit_test(test_a_journal_that_cannot_keep_is_told_to_the_caller),
        cmocka_unit_test(test_what_the_journal_knows_makes_no_connection),
        cmocka_unit_test(test_a_failure_in_the_journal_is_no_answer),
        cmocka_unit_test(test_a_transport_without_a_journal_delivers_at_once),
        cmocka_unit_test(test_no_byte_leaves_before_the_intent_is_durable),
        cmocka_unit_test(test_a_retry_has_an_intent_of_its_own_before_it_leaves),
        cmocka_unit_test(test_nothing_is_sent_when_the_intent_cannot_be_kept),
        cmocka_unit_test(test_the_next_requests_are_prepared_while_the_slots_are_taken),
        cmocka_unit_test(test_cancel_of_a_request_in_the_queue_and_of_one_in_flight),
        cmocka_unit_test(test_a_cancelled_request_that_never_left_takes_its_intent_back),
        cmocka_unit_test(test_cancel_of_a_request_whose_intent_failed_has_nothing_to_take_back),
        cmocka_unit_test(test_cancel_while_the_journal_looks_and_while_it_keeps),
        cmocka_unit_test(test_cancel_while_backing_off),
        cmocka_unit_test(test_free_fires_everything_that_is_due),
        cmocka_unit_test(test_the_journal_may_answer_for_failed_attempts_after_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
