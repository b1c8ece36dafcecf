/* The limiter of a provider account, in simulated time: single steps, and whole groups of calls
 * against simulated servers with limits of several kinds. */
#include "daemon/transport/limiter.h"

#include "lib/buf.h"
#include "lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define BEGIN_MS 5000u
#define CALLS_MAX 1024

static struct limiter limiter;

static void start(uint32_t concurrency, uint32_t rpm, uint32_t tpm)
{
    limiter_init(&limiter, BEGIN_MS);
    limiter_set(&limiter, &(struct model_limits){concurrency, rpm, tpm});
}

static struct limiter_pass take(uint64_t now_ms)
{
    struct limiter_pass pass;
    assert_int_equal(limiter_wait_ms(&limiter, now_ms), 0);
    limiter_take(&limiter, 100, now_ms, &pass);
    limiter_note_sent(&limiter, &pass);
    return pass;
}

static unsigned take_all(struct limiter_pass *passes, uint64_t now_ms)
{
    unsigned count = 0;
    for (; count < CALLS_MAX && !limiter_wait_ms(&limiter, now_ms); count++) {
        limiter_take(&limiter, 100, now_ms, &passes[count]);
        limiter_note_sent(&limiter, &passes[count]);
    }
    return count;
}

/* ---- the window ---- */

static void test_slow_start_doubles_while_all_of_it_is_used(void **state)
{
    (void)state;
    struct limiter_pass passes[CALLS_MAX];
    start(1000, 0, 0);
    assert_int_equal(take_all(passes, BEGIN_MS), 16);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 20);
    assert_int_equal(take_all(passes, BEGIN_MS + 20), 16);
    assert_int_equal(take_all(passes, BEGIN_MS + 40), 32);
    for (unsigned ms = 60; ms <= 120; ms += 20)
        take_all(passes, BEGIN_MS + ms);
    assert_int_equal(limiter.in_flight, 1000);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS + 140), LIMITER_FULL);
}

static void test_slow_start_waits_for_what_is_not_on_the_wire_yet(void **state)
{
    (void)state;
    struct limiter_pass passes[16];
    start(1000, 0, 0);
    for (unsigned i = 0; i < 16; i++)
        limiter_take(&limiter, 100, BEGIN_MS, &passes[i]);
    assert_true(limiter_wait_ms(&limiter, BEGIN_MS + 100) > 0);
    for (unsigned i = 0; i < 8; i++)
        limiter_note_sent(&limiter, &passes[i]);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS + 100), 0);
}

static void test_a_window_that_is_not_used_does_not_grow(void **state)
{
    (void)state;
    start(1000, 0, 0);
    for (unsigned i = 0; i < 500; i++) {
        struct limiter_pass pass = take(BEGIN_MS + 10 * i);
        limiter_give(&limiter, &pass);
    }
    assert_int_equal(limiter_window(&limiter), 16);
}

static void test_slow_start_is_slower_where_connections_take_long(void **state)
{
    (void)state;
    struct limiter_pass passes[CALLS_MAX];
    start(1000, 0, 0);
    limiter_note_connect(&limiter, 90);
    take_all(passes, BEGIN_MS);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 180);
}

static void test_refusals_of_one_flight_cut_the_window_once(void **state)
{
    (void)state;
    struct limiter_pass passes[CALLS_MAX];
    start(1000, 0, 0);
    take_all(passes, BEGIN_MS);
    limiter_refuse(&limiter, &passes[0], 0, BEGIN_MS);
    uint32_t cut = limiter_window(&limiter);
    assert_int_equal(cut, 14); /* of sixteen */
    limiter_refuse(&limiter, &passes[9], 0, BEGIN_MS);
    limiter_refuse(&limiter, &passes[10], 0, BEGIN_MS);
    assert_int_equal(limiter_window(&limiter), cut);
}

static void test_failures_that_are_no_refusals_cut_nothing(void **state)
{
    (void)state;
    struct limiter_pass passes[CALLS_MAX];
    start(1000, 0, 0);
    unsigned count = take_all(passes, BEGIN_MS);
    for (unsigned i = 0; i < count; i++)
        limiter_give(&limiter, &passes[i]); /* a 5xx is given back like an answer */
    assert_true(limiter_window(&limiter) >= 16);
    assert_true(limiter_rate(&limiter) <= 0);
}

static void test_after_a_cut_the_window_grows_by_what_is_accepted(void **state)
{
    (void)state;
    struct limiter_pass passes[CALLS_MAX];
    start(1000, 0, 0);
    take_all(passes, BEGIN_MS);
    limiter_refuse(&limiter, &passes[0], 0, BEGIN_MS);
    uint32_t cut = limiter_window(&limiter);
    for (unsigned i = 1; i < 16; i++)
        limiter_give(&limiter, &passes[i]);
    for (unsigned round = 0; round < 4; round++) {
        unsigned count = take_all(passes, BEGIN_MS + 1 + round);
        for (unsigned i = 0; i < count; i++)
            limiter_give(&limiter, &passes[i]);
    }
    assert_true(limiter_window(&limiter) > cut);
    assert_true(limiter_window(&limiter) < 20); /* by one and one, not doubled */
}

static void test_a_concurrency_that_is_set_lower_holds_at_once(void **state)
{
    (void)state;
    struct limiter_pass passes[CALLS_MAX];
    start(0, 0, 0);
    unsigned count = take_all(passes, BEGIN_MS);
    limiter_set(&limiter, &(struct model_limits){.concurrency = 4});
    for (unsigned i = 0; i < count - 4; i++) {
        assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), LIMITER_FULL);
        limiter_give(&limiter, &passes[i]);
    }
    limiter_give(&limiter, &passes[count - 1]);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 0);
}

/* ---- pace, tokens, pauses ---- */

static void test_calls_a_minute_leave_evenly(void **state)
{
    (void)state;
    start(0, 600, 0);
    uint64_t now_ms = BEGIN_MS;
    for (unsigned i = 0; i < 50; i++) {
        struct limiter_pass pass = take(now_ms);
        limiter_give(&limiter, &pass);
        assert_int_equal(limiter_wait_ms(&limiter, now_ms), 100);
        now_ms += 100;
    }
}

static void test_tokens_a_minute_are_reserved_and_settled(void **state)
{
    (void)state;
    struct limiter_pass pass;
    start(0, 0, 60000);
    limiter_take(&limiter, 4000, BEGIN_MS, &pass);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 4000);
    limiter_give(&limiter, &pass);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 4000);
    limiter_settle(&limiter, 4000, 1500);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 1500);
    limiter_take(&limiter, 1000, BEGIN_MS, &pass);
    limiter_refuse(&limiter, &pass, 0, BEGIN_MS); /* what was refused used nothing */
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 1500);
}

static void test_a_pass_that_is_returned_was_never_taken(void **state)
{
    (void)state;
    start(0, 60, 60000);
    struct limiter_pass pass = take(BEGIN_MS);
    assert_true(limiter_wait_ms(&limiter, BEGIN_MS) > 0);
    limiter_return(&limiter, &pass);
    limiter_return(&limiter, &pass);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 0);
    assert_int_equal(limiter.in_flight, 0);
}

static void test_a_lone_refusal_does_not_stop_the_account(void **state)
{
    (void)state;
    start(1000, 0, 0);
    struct limiter_pass pass = take(BEGIN_MS);
    limiter_refuse(&limiter, &pass, 60000, BEGIN_MS);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 0);
}

static void exhaust(uint64_t retry_after_ms)
{
    struct limiter_pass passes[CALLS_MAX];
    unsigned count = take_all(passes, BEGIN_MS);
    for (unsigned i = 0; i < count; i++)
        limiter_refuse(&limiter, &passes[i], retry_after_ms, BEGIN_MS);
}

static void test_an_exhausted_account_waits_as_long_as_it_is_told(void **state)
{
    (void)state;
    start(1000, 0, 0);
    exhaust(20000);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 20000);
    start(1000, 0, 0);
    exhaust(0);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), LIMITER_PAUSE_MS);
    start(1000, 0, 0);
    exhaust(3600000);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), LIMITER_PAUSE_MAX_MS);
}

static void test_refusals_that_are_no_matter_of_limits_are_forgiven(void **state)
{
    (void)state;
    start(1000, 0, 0);
    exhaust(20000);
    limiter_forgive(&limiter);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 0);
    assert_true(limiter_rate(&limiter) <= 0);
}

static void test_an_account_that_refused_everything_for_long_is_asked_again(void **state)
{
    (void)state;
    static const uint64_t retry_after_ms[] = {0, 1000, 30000};
    for (size_t i = 0; i < AS_COUNT(retry_after_ms); i++) {
        uint64_t now_ms = BEGIN_MS, healthy_ms = BEGIN_MS + 600000;
        unsigned accepted = 0;
        start(64, 0, 0);
        for (; accepted < 500; now_ms += 10) {
            if (limiter_wait_ms(&limiter, now_ms))
                continue;
            struct limiter_pass pass = take(now_ms);
            if (now_ms < healthy_ms)
                limiter_refuse(&limiter, &pass, retry_after_ms[i], now_ms);
            else
                limiter_give(&limiter, &pass);
            accepted += now_ms >= healthy_ms;
        }
        print_message("%.0f s after it is well\n", (double)(now_ms - healthy_ms) / 1000);
        assert_true(now_ms - healthy_ms < 600000);
    }
}

static void test_what_the_server_says_is_used_up_is_waited_for(void **state)
{
    (void)state;
    start(1000, 0, 0);
    limiter_pause(&limiter, 700, BEGIN_MS);
    limiter_pause(&limiter, 300, BEGIN_MS);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS), 700);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS + 700), 0);
    assert_true(limiter_rate(&limiter) <= 0); /* it was not refused: nothing to learn */
}

static void test_what_was_learned_is_forgotten_after_a_long_rest(void **state)
{
    (void)state;
    start(1000, 0, 0);
    exhaust(1000);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS + 1000), 0);
    assert_true(limiter_rate(&limiter) > 0);
    assert_int_equal(limiter_wait_ms(&limiter, BEGIN_MS + LIMITER_FORGET_MS), 0);
    assert_true(limiter_rate(&limiter) <= 0);
    assert_int_equal(limiter.refusals, 16);
}

/* ---- whole groups against simulated servers, a millisecond a step ---- */

struct server {
    double per_s, burst;   /* a token bucket; burst 0: so many in each whole second */
    uint32_t at_once;      /* calls that it works on at once; 0 = any number */
    double refused_always; /* the share of calls that it refuses whatever the pace */
    uint32_t latency_ms, retry_after_ms;
    /* state */
    double credit;
    uint64_t credit_ms, second;
    uint32_t in_second, busy;
};

struct outcome {
    double seconds, refused_share;
};

struct flight {
    struct limiter_pass pass;
    uint64_t ends_ms;
    bool is_refused;
};

static bool server_accepts(struct server *server, struct as_rng *rng, uint64_t now_ms)
{
    if (server->refused_always > 0 && as_rng_unit(rng) < server->refused_always)
        return false;
    if (server->at_once && server->busy >= server->at_once)
        return false;
    if (server->per_s > 0 && server->burst > 0) {
        server->credit += server->per_s * (double)(now_ms - server->credit_ms) / 1000;
        server->credit = server->credit > server->burst ? server->burst : server->credit;
        server->credit_ms = now_ms;
        if (server->credit < 1)
            return false;
        server->credit--;
    } else if (server->per_s > 0) {
        uint64_t second = (now_ms + 400) / 1000;
        server->in_second = second == server->second ? server->in_second + 1 : 1;
        server->second = second;
        return server->in_second <= server->per_s;
    }
    return true;
}

/* A refused call comes back after Retry-After and some jitter, as retry.c has it. */
static struct outcome run_calls(struct server server, unsigned calls)
{
    static struct flight flights[CALLS_MAX];
    uint64_t *again = as_xcalloc(calls, sizeof(*again));
    unsigned flying = 0, waiting = calls, backing_off = 0, done = 0, refused = 0;
    struct as_rng rng = as_rng_stream(1, 2);
    uint64_t now_ms = BEGIN_MS;
    server.credit = server.burst;
    server.credit_ms = now_ms;
    for (; done < calls; now_ms++) {
        for (unsigned i = 0; i < flying;) {
            if (flights[i].ends_ms > now_ms) {
                i++;
            } else if (flights[i].is_refused) {
                limiter_refuse(&limiter, &flights[i].pass, server.retry_after_ms, now_ms);
                again[backing_off++] = now_ms + server.retry_after_ms + as_rng_below(&rng, 500);
                refused++;
                flights[i] = flights[--flying];
            } else {
                limiter_give(&limiter, &flights[i].pass);
                done++;
                server.busy--;
                flights[i] = flights[--flying];
            }
        }
        for (unsigned i = 0; i < backing_off;) {
            bool is_over = again[i] <= now_ms;
            waiting += is_over;
            again[i] = is_over ? again[backing_off - 1] : again[i];
            backing_off -= is_over;
            i += !is_over;
        }
        for (; waiting && !limiter_wait_ms(&limiter, now_ms); waiting--) {
            struct flight *flight = &flights[flying++];
            limiter_take(&limiter, 100, now_ms, &flight->pass);
            limiter_note_sent(&limiter, &flight->pass);
            flight->is_refused = !server_accepts(&server, &rng, now_ms);
            server.busy += !flight->is_refused;
            flight->ends_ms = now_ms + (flight->is_refused ? 1 : server.latency_ms);
        }
    }
    free(again);
    return (struct outcome){(double)(now_ms - BEGIN_MS) / 1000,
                            (double)refused / (double)(refused + calls)};
}

static void test_20000_calls_at_100_a_second(void **state)
{
    (void)state;
    static const struct server servers[] = {
        {.per_s = 100, .latency_ms = 1, .retry_after_ms = 1000},
        {.per_s = 100, .latency_ms = 200, .retry_after_ms = 1000},
        {.per_s = 100, .latency_ms = 5000, .retry_after_ms = 1000},
        {.per_s = 100, .burst = 100, .latency_ms = 1, .retry_after_ms = 1000},
        {.per_s = 100, .burst = 10, .latency_ms = 200, .retry_after_ms = 1000},
        {.per_s = 100, .burst = 100, .latency_ms = 50, .retry_after_ms = 0},
        {.per_s = 100, .burst = 1, .latency_ms = 1000, .retry_after_ms = 1000},
    };
    for (size_t i = 0; i < AS_COUNT(servers); i++) {
        start(1000, 0, 0);
        struct outcome outcome = run_calls(servers[i], 20000);
        print_message("server %zu: %.1f s, %.2f %% refused\n", i, outcome.seconds,
                      outcome.refused_share * 100);
        assert_true(outcome.seconds <= 230);
        assert_true(outcome.refused_share < 0.01);
    }
}

static void test_a_small_lane_at_the_limit_finds_the_pace_too(void **state)
{
    (void)state;
    start(10, 0, 0);
    struct outcome outcome = run_calls(
        (struct server){.per_s = 100, .burst = 100, .latency_ms = 90, .retry_after_ms = 1000},
        20000);
    assert_true(outcome.seconds <= 230);
    assert_true(outcome.refused_share < 0.01);
}

static void test_a_given_rpm_is_never_refused_by_a_server_that_keeps_it(void **state)
{
    (void)state;
    start(1000, 6000, 0);
    struct outcome outcome =
        run_calls((struct server){.per_s = 100, .burst = 1, .latency_ms = 200}, 2000);
    assert_true(outcome.refused_share <= 0);
    assert_true(outcome.seconds <= 21);
}

static void test_without_a_limit_a_thousand_calls_are_soon_under_way(void **state)
{
    (void)state;
    start(1000, 0, 0);
    struct outcome outcome = run_calls((struct server){.latency_ms = 200}, 20000);
    assert_true(outcome.seconds <= 4.2); /* 4.0 is ideal */
}

static void test_a_limit_of_calls_at_once_is_found(void **state)
{
    (void)state;
    start(1000, 0, 0);
    struct outcome outcome = run_calls((struct server){.at_once = 50, .latency_ms = 200}, 20000);
    assert_true(outcome.seconds <= 1.25 * 80);
    assert_true(outcome.refused_share < 0.01);
}

/* A provider short of capacity, a fault: slowing down would not help, and is not tried for long. */
static void test_refusals_that_come_at_any_pace_do_not_bring_it_to_a_halt(void **state)
{
    (void)state;
    start(64, 0, 0);
    struct outcome outcome = run_calls(
        (struct server){.refused_always = 0.02, .latency_ms = 200, .retry_after_ms = 1000}, 5000);
    assert_true(outcome.seconds <= 5000 / 64.0);
}

static void test_a_limit_that_is_raised_is_found_again(void **state)
{
    (void)state;
    start(1000, 0, 0);
    struct server server = {.per_s = 50, .burst = 50, .latency_ms = 100, .retry_after_ms = 1000};
    run_calls(server, 2000);
    assert_true(limiter_rate(&limiter) > 40 && limiter_rate(&limiter) < 60);
    limiter.took_at_ms = limiter.cut_at_ms = limiter.calls.at_ms = BEGIN_MS; /* time begins anew */
    limiter.paused_until_ms = 0;
    server.per_s = server.burst = 500;
    run_calls(server, 10000);
    assert_true(limiter_rate(&limiter) > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_start_doubles_while_all_of_it_is_used),
        cmocka_unit_test(test_slow_start_waits_for_what_is_not_on_the_wire_yet),
        cmocka_unit_test(test_a_window_that_is_not_used_does_not_grow),
        cmocka_unit_test(test_slow_start_is_slower_where_connections_take_long),
        cmocka_unit_test(test_refusals_of_one_flight_cut_the_window_once),
        cmocka_unit_test(test_failures_that_are_no_refusals_cut_nothing),
        cmocka_unit_test(test_after_a_cut_the_window_grows_by_what_is_accepted),
        cmocka_unit_test(test_a_concurrency_that_is_set_lower_holds_at_once),
        cmocka_unit_test(test_calls_a_minute_leave_evenly),
        cmocka_unit_test(test_tokens_a_minute_are_reserved_and_settled),
        cmocka_unit_test(test_a_pass_that_is_returned_was_never_taken),
        cmocka_unit_test(test_a_lone_refusal_does_not_stop_the_account),
        cmocka_unit_test(test_an_exhausted_account_waits_as_long_as_it_is_told),
        cmocka_unit_test(test_refusals_that_are_no_matter_of_limits_are_forgiven),
        cmocka_unit_test(test_an_account_that_refused_everything_for_long_is_asked_again),
        cmocka_unit_test(test_what_the_server_says_is_used_up_is_waited_for),
        cmocka_unit_test(test_what_was_learned_is_forgotten_after_a_long_rest),
        cmocka_unit_test(test_20000_calls_at_100_a_second),
        cmocka_unit_test(test_a_small_lane_at_the_limit_finds_the_pace_too),
        cmocka_unit_test(test_a_given_rpm_is_never_refused_by_a_server_that_keeps_it),
        cmocka_unit_test(test_without_a_limit_a_thousand_calls_are_soon_under_way),
        cmocka_unit_test(test_a_limit_of_calls_at_once_is_found),
        cmocka_unit_test(test_refusals_that_come_at_any_pace_do_not_bring_it_to_a_halt),
        cmocka_unit_test(test_a_limit_that_is_raised_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
