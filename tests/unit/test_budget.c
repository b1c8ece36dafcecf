/* The books of a budget: what may be sent beside what, and what every end of a call does to
 * them. */
#include "daemon/transport/budget.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct budget dollars(double usd)
{
    return (struct budget){.caps = {BUDGET_NO_CAP, BUDGET_NO_CAP, (int64_t)(usd * 1e9)}};
}

static struct budget_claim claim_of(enum budget_book_id book, double usd)
{
    return (struct budget_claim){book, {1, 1000, (int64_t)(usd * 1e9)}};
}

static void test_a_worst_case_counts_every_byte_as_a_token_and_the_whole_output(void **unused)
{
    (void)unused;
    struct model_prices prices = {.input = 2, .output = 10, .cached_input = NAN};
    struct budget_amount worst = budget_worst(1000, 500, &prices);
    assert_int_equal(worst.requests, 1);
    assert_int_equal(worst.tokens, 1000 + BUDGET_ADDED_TOKENS + 500);
    assert_int_equal(worst.usd_nano, (1000 + BUDGET_ADDED_TOKENS) * 2000 + 500 * 10000);
}

static void test_a_cached_token_that_costs_more_is_the_worst_case(void **unused)
{
    (void)unused;
    struct model_prices prices = {.input = 1, .output = 0, .cached_input = 3};
    assert_int_equal(budget_worst(0, 0, &prices).usd_nano, BUDGET_ADDED_TOKENS * 3000);
}

static void test_parts_of_a_nano_dollar_are_rounded_up(void **unused)
{
    (void)unused;
    assert_int_equal(budget_actual(1, 1.00000000041).usd_nano, 1000000001);
    assert_int_equal(budget_actual(1, 0.1 + 0.2).usd_nano, 300000000);
    assert_int_equal(budget_actual(1, NAN).usd_nano, 0);
}

static void test_a_call_waits_for_those_under_way_and_goes_when_they_cost_less(void **unused)
{
    (void)unused;
    struct budget budget = dollars(1);
    struct budget_claim claim = claim_of(BUDGET_CANDIDATES, 0.6);
    struct budget_amount actual = {1, 10, 100000000};
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_OK);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_WAIT);
    budget_settle(&budget, &claim, &actual);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_OK);
    assert_int_equal(budget_spent(&budget).usd_nano, 100000000);
    assert_int_equal(budget_reserved(&budget).usd_nano, 600000000);
}

static void test_a_call_that_fits_beside_nothing_ends_all(void **unused)
{
    (void)unused;
    struct budget budget = dollars(1);
    struct budget_claim large = claim_of(BUDGET_JUDGE, 0.6), small = claim_of(BUDGET_BASELINE, 0.1);
    struct budget_amount actual = {1, 10, 500000000};
    assert_int_equal(budget_reserve(&budget, &large), BUDGET_OK);
    budget_settle(&budget, &large, &actual);
    assert_int_equal(budget_reserve(&budget, &large), BUDGET_EXHAUSTED);
    assert_int_equal(budget_reserve(&budget, &small), BUDGET_EXHAUSTED);
    assert_int_equal(budget_reserved(&budget).requests, 0);
}

static void test_a_cap_may_be_reached_to_the_last_unit(void **unused)
{
    (void)unused;
    struct budget budget = {.caps = {2, BUDGET_NO_CAP, BUDGET_NO_CAP}};
    struct budget_claim claim = claim_of(BUDGET_BASELINE, 1);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_OK);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_OK);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_WAIT);
    assert_false(budget.is_exhausted);
}

static void test_tokens_have_a_cap_of_their_own(void **unused)
{
    (void)unused;
    struct budget budget = {.caps = {BUDGET_NO_CAP, 1500, BUDGET_NO_CAP}};
    struct budget_claim claim = claim_of(BUDGET_BASELINE, 1);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_OK);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_WAIT);
    budget_keep(&budget, &claim);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_EXHAUSTED);
}

static void test_a_call_that_was_not_made_leaves_no_trace(void **unused)
{
    (void)unused;
    struct budget budget = dollars(1), before = budget;
    struct budget_claim claim = claim_of(BUDGET_JUDGE, 0.5);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_OK);
    budget_release(&budget, &claim);
    assert_memory_equal(&budget, &before, sizeof(budget));
}

static void test_a_call_of_unknown_fate_stays_at_its_worst_case(void **unused)
{
    (void)unused;
    struct budget budget = dollars(1);
    struct budget_claim claim = claim_of(BUDGET_JUDGE, 0.5);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_OK);
    budget_keep(&budget, &claim);
    assert_int_equal(budget.books[BUDGET_JUDGE].spent.usd_nano, 500000000);
    assert_int_equal(budget.books[BUDGET_JUDGE].unknown.requests, 1);
    assert_int_equal(budget_reserved(&budget).requests, 0);
}

static void test_a_reply_over_its_worst_case_is_booked_in_full_and_counted(void **unused)
{
    (void)unused;
    struct budget budget = dollars(1);
    struct budget_claim claim = claim_of(BUDGET_CANDIDATES, 0.5);
    struct budget_amount actual = {1, 5000, 700000000};
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_OK);
    budget_settle(&budget, &claim, &actual);
    assert_int_equal(budget_spent(&budget).usd_nano, 700000000);
    assert_int_equal(budget.books[BUDGET_CANDIDATES].overruns, 1);
}

static void test_what_was_in_doubt_is_corrected_by_what_it_cost(void **unused)
{
    (void)unused;
    struct budget budget = dollars(1);
    struct budget_claim claim = claim_of(BUDGET_BASELINE, 0.5);
    struct budget_amount actual = {1, 10, 20000000};
    budget_restore(&budget, &claim, NULL);
    assert_int_equal(budget_spent(&budget).usd_nano, 500000000);
    budget_correct(&budget, &claim, &actual);
    assert_int_equal(budget_spent(&budget).usd_nano, 20000000);
    assert_int_equal(budget.books[BUDGET_BASELINE].unknown.requests, 0);
}

static void test_a_huge_worst_case_does_not_wrap_around(void **unused)
{
    (void)unused;
    struct budget budget = dollars(1);
    struct model_prices prices = {.input = 1e12, .output = 1e12, .cached_input = NAN};
    struct budget_claim claim = {BUDGET_BASELINE, budget_worst(8 << 20, 1000000000, &prices)};
    assert_int_equal(claim.worst.usd_nano, INT64_MAX);
    budget_restore(&budget, &claim, NULL);
    budget_restore(&budget, &claim, NULL);
    assert_int_equal(budget_reserve(&budget, &claim), BUDGET_EXHAUSTED);
}

static void test_the_cap_that_a_call_would_break_is_named(void **unused)
{
    (void)unused;
    struct budget budget = dollars(1);
    struct budget_claim claim = claim_of(BUDGET_JUDGE, 0.75);
    struct as_buf text = {0};
    budget_restore(&budget, &claim, NULL);
    budget_explain(&budget, &claim, &text);
    assert_string_equal(text.ptr, "$0.7500 of $1.0000 is spent, and this call may cost $0.7500");
    as_buf_reset(&text);
    budget.caps = (struct budget_amount){1, BUDGET_NO_CAP, BUDGET_NO_CAP};
    budget_explain(&budget, &claim, &text);
    assert_string_equal(text.ptr, "1 of 1 requests were made");
    as_buf_done(&text);
}

static void test_every_end_of_an_attempt_has_its_fate(void **unused)
{
    (void)unused;
    assert_int_equal(budget_fate_of(EXCHANGE_CONNECT_FAILED, 0), BUDGET_NOT_MADE);
    assert_int_equal(budget_fate_of(EXCHANGE_REPLY, 200), BUDGET_ANSWERED);
    assert_int_equal(budget_fate_of(EXCHANGE_REPLY, 429), BUDGET_UNBILLED);
    assert_int_equal(budget_fate_of(EXCHANGE_REPLY, 503), BUDGET_UNBILLED);
    assert_int_equal(budget_fate_of(EXCHANGE_TIMEOUT, 0), BUDGET_UNKNOWN);
    assert_int_equal(budget_fate_of(EXCHANGE_BROKEN, 200), BUDGET_UNKNOWN);
    assert_int_equal(budget_fate_of(EXCHANGE_TOO_LARGE, 200), BUDGET_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_worst_case_counts_every_byte_as_a_token_and_the_whole_output),
        cmocka_unit_test(test_a_cached_token_that_costs_more_is_the_worst_case),
        cmocka_unit_test(test_parts_of_a_nano_dollar_are_rounded_up),
        cmocka_unit_test(test_a_call_waits_for_those_under_way_and_goes_when_they_cost_less),
        cmocka_unit_test(test_a_call_that_fits_beside_nothing_ends_all),
        cmocka_unit_test(test_a_cap_may_be_reached_to_the_last_unit),
        cmocka_unit_test(test_tokens_have_a_cap_of_their_own),
        cmocka_unit_test(test_a_call_that_was_not_made_leaves_no_trace),
        cmocka_unit_test(test_a_call_of_unknown_fate_stays_at_its_worst_case),
        cmocka_unit_test(test_a_reply_over_its_worst_case_is_booked_in_full_and_counted),
        cmocka_unit_test(test_what_was_in_doubt_is_corrected_by_what_it_cost),
        cmocka_unit_test(test_a_huge_worst_case_does_not_wrap_around),
        cmocka_unit_test(test_the_cap_that_a_call_would_break_is_named),
        cmocka_unit_test(test_every_end_of_an_attempt_has_its_fate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
