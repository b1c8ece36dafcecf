/* The numbers of a plan: from a past run, without one, and against a budget. */
#include "daemon/engine/estimate.h"

#include "daemon/transport/budget.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-9)

static const struct model_spec spec = {
    .prices = {.input = 2, .output = 10, .cached_input = NAN}, .concurrency = 4, .max_attempts = 5};

static struct estimate_facts facts_of(int64_t rows)
{
    return (struct estimate_facts){.rows = rows,
                                   .request_bytes = 400,
                                   .output_tokens = 50,
                                   .turns = 1,
                                   .least_calls = 1,
                                   .spec = &spec};
}

static struct estimate_past past_of(void)
{
    return (struct estimate_past){.run = 7,
                                  .request_bytes = 300,
                                  .input_tokens = 80,
                                  .output_tokens = 20,
                                  .tokens = NAN,
                                  .usd = 9,
                                  .latency_ms = 200,
                                  .calls_per_row = 1};
}

static void test_without_a_past_low_is_four_bytes_a_token_and_no_output(void **unused)
{
    (void)unused;
    struct estimate_facts facts = facts_of(10);
    struct estimate_lane lane = estimate_lane_of(&facts);
    NEAR(lane.calls_low, 10);
    NEAR(lane.tokens_low, 1000);
    NEAR(lane.usd_low, 10 * 100 * 2 / 1e6);
    assert_true(isnan(lane.seconds));
}

static void test_high_is_what_a_budget_reserves_for_every_turn(void **unused)
{
    (void)unused;
    struct estimate_facts facts = facts_of(10);
    facts.turns = 2;
    struct estimate_lane lane = estimate_lane_of(&facts);
    NEAR(lane.calls_high, 20);
    NEAR(lane.requests_high, 100);
    NEAR(lane.tokens_high, 20 * (400 + BUDGET_ADDED_TOKENS + 50));
    NEAR(lane.usd_high, 20 * ((400 + BUDGET_ADDED_TOKENS) * 2 + 50 * 10) / 1e6);
}

static void test_a_past_tells_tokens_time_and_dollars_at_todays_prices(void **unused)
{
    (void)unused;
    struct estimate_facts facts = facts_of(10);
    facts.past = past_of();
    struct estimate_lane lane = estimate_lane_of(&facts);
    NEAR(lane.tokens_low, 1000);
    NEAR(lane.usd_low, 10 * (80 * 2 + 20 * 10) / 1e6);
    NEAR(lane.seconds, 10 * 0.2 / 4);
    NEAR(lane.tokens_high, 10 * (300 + BUDGET_ADDED_TOKENS + 50));
}

static void test_limits_of_model_and_account_stretch_the_time(void **unused)
{
    (void)unused;
    struct model_spec limited = spec;
    struct estimate_facts facts = facts_of(10);
    facts.past = past_of();
    facts.spec = &limited;
    limited.account.concurrency = 2;
    NEAR(estimate_lane_of(&facts).seconds, 10 * 0.2 / 2);
    limited.rpm = 60;
    NEAR(estimate_lane_of(&facts).seconds, 10);
    limited.account.tpm = 3000;
    NEAR(estimate_lane_of(&facts).seconds, 20);
}

static void test_a_past_without_tokens_tells_what_a_call_did_cost(void **unused)
{
    (void)unused;
    struct estimate_facts facts = facts_of(4);
    facts.past = past_of();
    facts.past.input_tokens = facts.past.output_tokens = NAN;
    facts.past.tokens = 120;
    struct estimate_lane lane = estimate_lane_of(&facts);
    NEAR(lane.tokens_low, 480);
    NEAR(lane.usd_low, 36);
}

static void test_reused_rows_and_a_judge_that_is_not_always_asked_are_fewer_calls(void **unused)
{
    (void)unused;
    struct estimate_facts facts = facts_of(10);
    facts.past = past_of();
    facts.past.calls_per_row = 0.5;
    facts.reused = 4;
    NEAR(estimate_lane_of(&facts).calls_low, 3);
    facts.past = (struct estimate_past){0};
    facts.least_calls = 0;
    NEAR(estimate_lane_of(&facts).calls_low, 0);
}

static void test_without_a_price_dollars_are_unknown_and_tokens_are_not(void **unused)
{
    (void)unused;
    struct model_spec unpriced = {.prices = {NAN, NAN, NAN}, .concurrency = 1, .max_attempts = 1};
    struct estimate_facts facts = facts_of(10);
    facts.spec = &unpriced;
    struct estimate_lane lane = estimate_lane_of(&facts);
    assert_true(isnan(lane.usd_low) && isnan(lane.usd_high));
    NEAR(lane.tokens_low, 1000);
}

static void test_a_sum_takes_the_slowest_time_and_does_not_hide_an_unknown_one(void **unused)
{
    (void)unused;
    struct estimate_lane lanes[3] = {
        {.calls_low = 1, .usd_low = 1, .seconds = 5},
        {.calls_low = 2, .usd_low = 2, .seconds = 3},
        {.calls_low = 3, .usd_low = NAN, .seconds = NAN},
    };
    struct estimate_lane two = estimate_sum(lanes, 2), three = estimate_sum(lanes, 3);
    NEAR(two.calls_low, 3);
    NEAR(two.usd_low, 3);
    NEAR(two.seconds, 5);
    assert_true(isnan(three.usd_low) && isnan(three.seconds));
}

static struct estimate_verdict verdict_on(double max_cost_usd, int64_t max_requests)
{
    struct budget_rules budget;
    struct estimate_lane total = {.calls_low = 100,
                                  .calls_high = 200,
                                  .requests_high = 500,
                                  .tokens_low = 1,
                                  .tokens_high = 1,
                                  .usd_low = 1,
                                  .usd_high = 4};
    budget_rules_init(&budget);
    budget.max_cost_usd = max_cost_usd;
    budget.max_requests = max_requests;
    return estimate_against(&budget, &total, 100);
}

static void test_a_budget_fits_may_stop_or_will_stop_and_says_where(void **unused)
{
    (void)unused;
    assert_int_equal(verdict_on(4, 0).fit, ESTIMATE_FITS);
    assert_int_equal(verdict_on(4, 0).stops_at_row, 0);
    assert_int_equal(verdict_on(2, 0).fit, ESTIMATE_MAY_STOP);
    assert_int_equal(verdict_on(2, 0).stops_at_row, 50);
    assert_int_equal(verdict_on(0.5, 0).fit, ESTIMATE_WILL_STOP);
    assert_int_equal(verdict_on(0.5, 0).stops_at_row, 50);
    assert_string_equal(verdict_on(0.5, 0).cap, "max_cost_usd");
}

static void test_of_several_caps_the_one_that_is_met_first_is_named(void **unused)
{
    (void)unused;
    struct estimate_verdict verdict = verdict_on(0.5, 20);
    assert_string_equal(verdict.cap, "max_requests");
    assert_int_equal(verdict.stops_at_row, 20);
    assert_string_equal(verdict_on(4, 499).cap, "max_requests");
}

static void test_the_spread_is_read_off_an_interval(void **unused)
{
    (void)unused;
    assert_true(fabs(estimate_sigma(-0.098, 0.098, 0.95, 100) - 0.5) < 1e-3);
    assert_true(fabs(estimate_sigma(-0.12879, 0.12879, 0.99, 100) - 0.5) < 1e-3);
    assert_true(isnan(estimate_sigma(NAN, NAN, 0.95, 100)));
    assert_true(isnan(estimate_sigma(0, 0, 0.95, 100)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_past_low_is_four_bytes_a_token_and_no_output),
        cmocka_unit_test(test_high_is_what_a_budget_reserves_for_every_turn),
        cmocka_unit_test(test_a_past_tells_tokens_time_and_dollars_at_todays_prices),
        cmocka_unit_test(test_limits_of_model_and_account_stretch_the_time),
        cmocka_unit_test(test_a_past_without_tokens_tells_what_a_call_did_cost),
        cmocka_unit_test(test_reused_rows_and_a_judge_that_is_not_always_asked_are_fewer_calls),
        cmocka_unit_test(test_without_a_price_dollars_are_unknown_and_tokens_are_not),
        cmocka_unit_test(test_a_sum_takes_the_slowest_time_and_does_not_hide_an_unknown_one),
        cmocka_unit_test(test_a_budget_fits_may_stop_or_will_stop_and_says_where),
        cmocka_unit_test(test_of_several_caps_the_one_that_is_met_first_is_named),
        cmocka_unit_test(test_the_spread_is_read_off_an_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
