/* Means over a past group's calls, and the replies of it that could be reused. */
#include "daemon/store/calls.h"
#include "daemon/store/history.h"

#include "store_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BODY_BYTES 13 /* of fixture_exchange */

static struct row_key key_of(int64_t group, int64_t case_seq, uint32_t member)
{
    return (struct row_key){.group_id = group, .case_seq = case_seq, .member = member};
}

static void commit_call(struct store_fixture *f, struct row_key key, uint32_t role, int http_status)
{
    struct as_sha256 identity = {{1}};
    struct exchange_record exchange = fixture_exchange(key, &identity);
    exchange.role = role;
    exchange.http_status = http_status;
    exchange.total_us = 4000 + key.case_seq * 2000;
    struct store_batch batch = {.exchanges = &exchange, .exchange_count = 1};
    fixture_commit(f->store, &batch);
}

static void commit_row(struct store_fixture *f, struct row_key key, enum row_status status)
{
    struct scored_row row = fixture_row(key);
    row.row.status = status;
    row.row.input_tokens = 10 + key.case_seq * 10;
    row.row.output_tokens = 5;
    row.row.cost_usd = 0.5;
    row.row.judge_cost_usd = 0.3;
    fixture_commit_row(f->store, row);
}

static void test_means_are_over_good_replies_of_one_member(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 3);
    struct call_means means;
    for (int64_t i = 0; i < 2; i++) {
        commit_call(f, key_of(group, i, 1), 0, 200);
        commit_row(f, key_of(group, i, 1), ROW_OK);
    }
    commit_call(f, key_of(group, 2, 1), 0, 429);
    commit_call(f, key_of(group, 0, 0), 0, 200);
    assert_int_equal(store_call_means(f->store, group, 1, 0, &means), 0);
    assert_int_equal(means.calls, 2);
    assert_int_equal(means.rows, 2);
    assert_true(means.request_bytes == BODY_BYTES);
    assert_true(means.latency_ms == 5);
    assert_true(means.input_tokens == 15 && means.output_tokens == 5);
    assert_true(means.cost_usd == 0.5);
}

static void test_a_judges_call_costs_its_share_of_what_the_rows_say(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    struct call_means means;
    for (int64_t i = 0; i < 2; i++)
        commit_row(f, key_of(group, i, 0), ROW_OK);
    for (int64_t i = 0; i < 2; i++)
        commit_call(f, key_of(group, i, 0), 1, 200);
    commit_call(f, key_of(group, 1, 0), 1, 200); /* asked once more */
    assert_int_equal(store_call_means(f->store, group, -1, 1, &means), 0);
    assert_int_equal(means.calls, 3);
    assert_int_equal(means.rows, 2);
    assert_true(fabs(means.cost_usd - 0.2) < 1e-12);
    assert_true(isnan(means.input_tokens) && isnan(means.tokens));
}

static void test_rows_that_were_not_run_do_not_count(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    struct call_means means;
    commit_row(f, key_of(group, 0, 0), ROW_SKIPPED);
    commit_row(f, key_of(group, 1, 0), ROW_CANCELLED);
    assert_int_equal(store_call_means(f->store, group, 0, 0, &means), 0);
    assert_int_equal(means.rows, 0);
    assert_int_equal(means.calls, 0);
    assert_true(isnan(means.latency_ms) && isnan(means.cost_usd));
}

struct counted {
    int64_t below_seq, count;
};

static void count_case(void *ctx, int64_t case_seq)
{
    struct counted *counted = ctx;
    counted->count += case_seq >= 0 && case_seq < counted->below_seq;
}

static int64_t reusable(struct store_fixture *f, int64_t group, int64_t cases, int64_t since_ms)
{
    struct reusable_query query = {
        .group_id = group, .member = 1, .since_ms = since_ms, .dataset_id = 1, .samples = 1};
    struct counted counted = {.below_seq = cases};
    assert_int_equal(store_reusable_each(f->store, &query, count_case, &counted), 0);
    return counted.count;
}

static void test_reusable_are_good_replies_of_the_cases_that_are_meant_and_not_too_old(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 3);
    for (int64_t i = 0; i < 3; i++)
        commit_call(f, key_of(group, i, 1), 0, i == 1 ? 500 : 200);
    commit_call(f, key_of(group, 0, 1), 0, 200); /* the same case again */
    commit_call(f, key_of(group, 0, 0), 0, 200); /* another member */
    assert_int_equal(reusable(f, group, 3, 0), 2);
    assert_int_equal(reusable(f, group, 2, 0), 1);
    assert_int_equal(reusable(f, group, 3, 1700000000001), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_means_are_over_good_replies_of_one_member),
        TEST(test_a_judges_call_costs_its_share_of_what_the_rows_say),
        TEST(test_rows_that_were_not_run_do_not_count),
        TEST(test_reusable_are_good_replies_of_the_cases_that_are_meant_and_not_too_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
