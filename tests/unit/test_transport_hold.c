/* Paused groups: which of their calls wait, and that what waits is sent in order afterwards. */
#include "tests/unit/transport_fixture.h"

#include <string.h>

static struct fixture fixture; /* large; one test at a time */

static uint64_t send_of(struct fixture *f, int64_t group, enum exchange_role role)
{
    struct transport_request request = {
        .method = AS_STR("POST"),
        .url = fixture_url(f, "/v1/x"),
        .body = AS_STR("b"),
        .journal = {.group_id = group, .role = role},
        .skip_find = true,
    };
    return fixture_send_request(f, &request);
}

static void test_a_held_group_sends_nothing_and_another_goes_on(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    transport_hold(f->transport, 7, TRANSPORT_HOLD_ALL);
    send_of(f, 7, EXCHANGE_MODEL);
    send_of(f, 7, EXCHANGE_JUDGE);
    send_of(f, 8, EXCHANGE_MODEL);
    fixture_wait(f, 1);
    assert_int_equal(f->results[2].fired, 1);
    assert_int_equal(f->server.requests, 1);
    transport_hold(f->transport, 7, TRANSPORT_HOLD_NONE);
    fixture_wait(f, 3);
    fixture_stop(f);
}

static void test_the_judge_of_a_draining_group_is_still_asked(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    transport_hold(f->transport, 7, TRANSPORT_HOLD_NEW);
    send_of(f, 7, EXCHANGE_MODEL);
    send_of(f, 7, EXCHANGE_JUDGE);
    fixture_wait(f, 1);
    assert_int_equal(f->results[1].fired, 1);
    assert_int_equal(f->results[0].fired, 0);
    transport_hold(f->transport, 7, TRANSPORT_HOLD_NONE);
    fixture_wait(f, 2);
    fixture_stop(f);
}

static void test_what_is_queued_waits_and_keeps_its_order(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->spec.concurrency = 1;
    for (int i = 0; i < 5; i++)
        send_of(f, 7, EXCHANGE_MODEL);
    transport_hold(f->transport, 7, TRANSPORT_HOLD_NEW); /* before the first turn of the pump */
    send_of(f, 8, EXCHANGE_MODEL);
    fixture_wait(f, 1);
    assert_int_equal(f->results[5].order, 1);
    transport_hold(f->transport, 7, TRANSPORT_HOLD_NONE);
    fixture_wait(f, 6);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(f->results[i].order, i + 2);
    fixture_stop(f);
}

static bool answer_503_then_ok(struct http_peer *peer)
{
    if (peer->request > 1)
        return answer_ok(peer);
    http_peer_reply(peer, 503, "Retry-After: 0\r\n", "");
    return true;
}

static void test_a_retry_waits_when_all_is_held_and_not_when_draining(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    for (enum transport_hold what = TRANSPORT_HOLD_NEW; what <= TRANSPORT_HOLD_ALL; what++) {
        fixture_start(f, answer_503_then_ok);
        send_of(f, 7, EXCHANGE_MODEL);
        fixture_wait_requests(f, 1);
        transport_hold(f->transport, 7, what);
        if (what == TRANSPORT_HOLD_ALL) {
            while (!transport_stats_of(f->transport, 0).held)
                fixture_wait_ms(f, 1);
            assert_int_equal(f->server.requests, 1);
            transport_hold(f->transport, 7, TRANSPORT_HOLD_NONE);
        }
        fixture_wait(f, 1);
        assert_int_equal(f->results[0].attempts, 2);
        fixture_stop(f);
    }
}

static void test_what_is_held_can_be_cancelled_and_is_told_at_the_end(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    transport_hold(f->transport, 7, TRANSPORT_HOLD_ALL);
    uint64_t id = send_of(f, 7, EXCHANGE_MODEL);
    send_of(f, 7, EXCHANGE_MODEL);
    transport_cancel(f->transport, id);
    fixture_wait(f, 1);
    assert_int_equal(f->results[0].rc, AS_ECANCELED);
    fixture_stop(f); /* frees the transport: the other one is told */
    assert_int_equal(f->results[1].rc, AS_ECANCELED);
}

static void test_a_throttled_group_has_so_many_calls_in_flight_and_another_all(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_never);
    f->spec.concurrency = 16;
    transport_throttle(f->transport, 7, 2, 0);
    for (int i = 0; i < 6; i++)
        send_of(f, 7, i % 2 ? EXCHANGE_JUDGE : EXCHANGE_MODEL);
    for (int i = 0; i < 3; i++)
        send_of(f, 8, EXCHANGE_MODEL);
    fixture_wait_requests(f, 5);
    assert_int_equal(transport_stats_of(f->transport, 0).in_flight, 5);
    assert_int_equal(transport_stats_of(f->transport, 0).queued, 4);
    transport_throttle(f->transport, 7, 0, 0);
    fixture_wait_requests(f, 9);
    fixture_stop(f);
}

static void test_a_throttled_group_comes_to_its_end_one_by_one(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->spec.concurrency = 16;
    transport_throttle(f->transport, 7, 1, 0);
    for (int i = 0; i < 20; i++)
        send_of(f, 7, EXCHANGE_MODEL);
    fixture_wait(f, 20);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(f->results[i].order, i + 1);
    fixture_stop(f);
}

static void test_what_the_journal_has_is_no_call_to_pause_for(void **state)
{
    static const struct exchange known = {.outcome = EXCHANGE_REPLY, .http_status = 200};
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_never);
    f->journal.known = &known;
    transport_throttle(f->transport, 7, 1, 3600 * 1000);
    struct transport_request request = {.method = AS_STR("POST"),
                                        .url = fixture_url(f, "/v1/x"),
                                        .body = AS_STR("b"),
                                        .journal = {.group_id = 7}};
    for (int i = 0; i < 20; i++)
        fixture_send_request(f, &request);
    fixture_wait(f, 20);
    assert_true(f->results[19].is_from_journal);
    fixture_stop(f);
}

static void test_a_pause_lies_between_calls(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    uint64_t began_ms = loop_now_ms(f->loop);
    transport_throttle(f->transport, 7, 0, 50);
    for (int i = 0; i < 3; i++)
        send_of(f, 7, EXCHANGE_MODEL);
    fixture_wait(f, 3);
    assert_true(loop_now_ms(f->loop) - began_ms >= 100);
    fixture_stop(f);
}

static void test_a_throttled_call_that_is_cancelled_makes_room(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_never);
    transport_throttle(f->transport, 7, 1, 0);
    uint64_t first = send_of(f, 7, EXCHANGE_MODEL);
    send_of(f, 7, EXCHANGE_MODEL);
    fixture_wait_requests(f, 1);
    transport_cancel(f->transport, first);
    fixture_wait_requests(f, 2);
    fixture_stop(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_held_group_sends_nothing_and_another_goes_on),
        cmocka_unit_test(test_the_judge_of_a_draining_group_is_still_asked),
        cmocka_unit_test(test_what_is_queued_waits_and_keeps_its_order),
        cmocka_unit_test(test_a_retry_waits_when_all_is_held_and_not_when_draining),
        cmocka_unit_test(test_what_is_held_can_be_cancelled_and_is_told_at_the_end),
        cmocka_unit_test(test_a_throttled_group_has_so_many_calls_in_flight_and_another_all),
        cmocka_unit_test(test_a_throttled_group_comes_to_its_end_one_by_one),
        cmocka_unit_test(test_what_the_journal_has_is_no_call_to_pause_for),
        cmocka_unit_test(test_a_pause_lies_between_calls),
        cmocka_unit_test(test_a_throttled_call_that_is_cancelled_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
