/* Requests under a budget: who is sent, who waits for whom and in which order, who is turned away,
 * and what every end of an attempt leaves in the books. */
#include "tests/unit/transport_fixture.h"

#include <string.h>

static struct fixture fixture; /* large; one test at a time */
static struct transport_account *account;

static const struct budget_claim claim = {BUDGET_CANDIDATES, {1, 1000, 100}};
static const struct budget_amount cheap = {1, 10, 1};

static void start(struct fixture *f, http_answer_fn answer, int64_t max_requests, int64_t max_nano)
{
    struct budget_amount caps = {max_requests, BUDGET_NO_CAP, max_nano};
    fixture_start(f, answer);
    f->spec.concurrency = 8;
    account = transport_account_open(f->transport, &caps);
}

static void stop(struct fixture *f)
{
    transport_account_close(account);
    fixture_stop(f);
}

static uint64_t send_of(struct fixture *f, int64_t case_seq, enum exchange_role role)
{
    struct transport_request request = {
        .method = AS_STR("POST"),
        .url = fixture_url(f, "/v1/x"),
        .body = AS_STR("b"),
        .journal = {.group_id = 7, .case_seq = case_seq, .role = role},
        .skip_find = true,
        .account = account,
        .claim = claim,
    };
    return fixture_send_request(f, &request);
}

static const struct budget *books(void)
{
    return transport_account_budget(account);
}

static void settle_one(void)
{
    transport_account_settle(account, &claim, &cheap);
}

static void test_what_does_not_fit_beside_the_others_waits_until_they_are_settled(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    start(f, answer_ok, BUDGET_NO_CAP, 250);
    for (int i = 0; i < 4; i++)
        send_of(f, i, EXCHANGE_MODEL);
    fixture_wait(f, 2);
    fixture_wait_ms(f, 20);
    assert_int_equal(f->server.requests, 2);
    assert_int_equal(budget_reserved(books()).usd_nano, 200);
    settle_one();
    settle_one();
    fixture_wait(f, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(f->results[i].rc, 0);
    settle_one();
    settle_one();
    assert_int_equal(budget_spent(books()).usd_nano, 4);
    stop(f);
}

static void test_the_judge_passes_models_and_earlier_cases_later_ones(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    start(f, answer_ok, BUDGET_NO_CAP, 100);
    send_of(f, 0, EXCHANGE_MODEL);
    fixture_wait(f, 1); /* it holds the only place until it is settled */
    send_of(f, 9, EXCHANGE_MODEL);
    send_of(f, 3, EXCHANGE_MODEL);
    send_of(f, 5, EXCHANGE_JUDGE);
    fixture_wait_ms(f, 20);
    struct budget_amount nothing = {0};
    for (unsigned fired = 2; fired <= 4; fired++) {
        transport_account_settle(account, &claim, &nothing);
        fixture_wait(f, fired);
    }
    assert_int_equal(f->results[3].order, 2);
    assert_int_equal(f->results[2].order, 3);
    assert_int_equal(f->results[1].order, 4);
    stop(f);
}

static void test_at_the_cap_the_rest_is_turned_away_without_a_call(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    start(f, answer_ok, 2, BUDGET_NO_CAP);
    for (int i = 0; i < 5; i++)
        send_of(f, i, EXCHANGE_MODEL);
    fixture_wait(f, 2);
    settle_one();
    settle_one();
    fixture_wait(f, 5);
    for (unsigned i = 2; i < 5; i++) {
        assert_int_equal(f->results[i].rc, AS_ELIMIT);
        assert_int_equal(f->results[i].attempts, 0);
    }
    assert_int_equal(f->server.requests, 2);
    assert_true(books()->is_exhausted);
    stop(f);
}

static void test_a_retry_needs_room_of_its_own(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    start(f, answer_overloaded, 2, BUDGET_NO_CAP);
    f->spec.backoff_ms = 1;
    f->spec.max_attempts = 5;
    send_of(f, 0, EXCHANGE_MODEL);
    fixture_wait(f, 1);
    assert_int_equal(f->results[0].rc, AS_ELIMIT);
    assert_int_equal(f->results[0].attempts, 2);
    assert_int_equal(f->server.requests, 2);
    assert_int_equal(budget_spent(books()).tokens, 0); /* turned down is not billed */
    assert_int_equal(f->journal.appends, 2);           /* and both are in the journal */
    stop(f);
}

static void test_a_reply_that_is_lost_stays_booked_at_its_worst(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    start(f, answer_never, BUDGET_NO_CAP, 1000);
    f->spec.first_byte_ms = 50;
    f->spec.max_attempts = 1;
    send_of(f, 0, EXCHANGE_MODEL);
    fixture_wait(f, 1);
    assert_int_equal(books()->books[BUDGET_CANDIDATES].unknown.usd_nano, 100);
    assert_int_equal(budget_reserved(books()).requests, 0);
    stop(f);
}

static void test_a_call_that_reaches_nobody_costs_nothing(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    start(f, answer_ok, BUDGET_NO_CAP, 1000);
    f->spec.base_url = "http://127.0.0.1:1";
    f->spec.max_attempts = 1;
    struct transport_request request = {
        .method = AS_STR("POST"),
        .url = AS_STR("http://127.0.0.1:1/v1/x"),
        .body = AS_STR("b"),
        .skip_find = true,
        .account = account,
        .claim = claim,
    };
    fixture_send_request(f, &request);
    fixture_wait(f, 1);
    assert_int_equal(f->results[0].exchange.outcome, EXCHANGE_CONNECT_FAILED);
    assert_int_equal(budget_spent(books()).requests, 0);
    assert_int_equal(budget_reserved(books()).requests, 0);
    stop(f);
}

static void test_cancelled_while_it_waits_it_leaves_no_trace(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    start(f, answer_ok, BUDGET_NO_CAP, 100);
    send_of(f, 0, EXCHANGE_MODEL);
    uint64_t id = send_of(f, 1, EXCHANGE_MODEL);
    fixture_wait(f, 1);
    transport_cancel(f->transport, id);
    fixture_wait(f, 2);
    assert_int_equal(f->results[1].rc, AS_ECANCELED);
    assert_int_equal(budget_reserved(books()).requests, 1); /* the first, not settled yet */
    settle_one();
    stop(f);
}

static void test_cancelled_in_flight_it_stays_booked_at_its_worst(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    start(f, answer_never, BUDGET_NO_CAP, 1000);
    uint64_t id = send_of(f, 0, EXCHANGE_MODEL);
    fixture_wait_requests(f, 1);
    transport_cancel(f->transport, id);
    fixture_wait(f, 1);
    assert_int_equal(books()->books[BUDGET_CANDIDATES].unknown.requests, 1);
    assert_int_equal(budget_reserved(books()).requests, 0);
    stop(f);
}

static void test_what_the_journal_knows_needs_no_room(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    struct exchange known = {.outcome = EXCHANGE_REPLY, .http_status = 200, .attempt = 1};
    start(f, answer_ok, 1, BUDGET_NO_CAP);
    f->journal.known = &known;
    for (int i = 0; i < 3; i++) {
        struct transport_request request = {
            .method = AS_STR("POST"),
            .url = fixture_url(f, "/v1/x"),
            .body = AS_STR("b"),
            .account = account,
            .claim = claim,
        };
        fixture_send_request(f, &request);
    }
    fixture_wait(f, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_true(f->results[i].is_from_journal);
    assert_int_equal(budget_spent(books()).requests, 0);
    assert_int_equal(budget_reserved(books()).requests, 0);
    stop(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_does_not_fit_beside_the_others_waits_until_they_are_settled),
        cmocka_unit_test(test_the_judge_passes_models_and_earlier_cases_later_ones),
        cmocka_unit_test(test_at_the_cap_the_rest_is_turned_away_without_a_call),
        cmocka_unit_test(test_a_retry_needs_room_of_its_own),
        cmocka_unit_test(test_a_reply_that_is_lost_stays_booked_at_its_worst),
        cmocka_unit_test(test_a_call_that_reaches_nobody_costs_nothing),
        cmocka_unit_test(test_cancelled_while_it_waits_it_leaves_no_trace),
        cmocka_unit_test(test_cancelled_in_flight_it_stays_booked_at_its_worst),
        cmocka_unit_test(test_what_the_journal_knows_needs_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
