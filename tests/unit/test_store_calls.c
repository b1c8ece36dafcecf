/* A group's calls as its budget sees them: attempts with what they cost, and those that nobody
 * knows the end of. */
#include "daemon/store/calls.h"

#include "daemon/store/unknown_calls.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BODY_BYTES 13 /* of fixture_exchange */

struct calls {
    struct call_fact facts[8];
    size_t count;
};

static void note_call(void *ctx, const struct call_fact *fact)
{
    struct calls *calls = ctx;
    assert_true(calls->count < AS_COUNT(calls->facts));
    calls->facts[calls->count++] = *fact;
}

static struct calls read_calls(struct store_fixture *f, int64_t group)
{
    struct calls calls = {0};
    assert_int_equal(store_calls_each(f->store, group, note_call, &calls), 0);
    return calls;
}

static struct row_key key_of(int64_t group, int64_t case_seq)
{
    return (struct row_key){.group_id = group, .case_seq = case_seq};
}

static void commit_exchange(struct store_fixture *f, struct row_key key, int http_status)
{
    struct as_sha256 identity = {{1}};
    struct exchange_record exchange = fixture_exchange(key, &identity);
    exchange.http_status = http_status;
    struct store_batch batch = {.exchanges = &exchange, .exchange_count = 1};
    fixture_commit(f->store, &batch);
}

static void commit_usage(struct store_fixture *f, struct row_key key, int64_t tokens)
{
    struct store_usage usage = {
        .row = key, .sent_ms = 1700000000000, .tokens = tokens, .usd_nano = 77};
    struct store_batch batch = {.usages = &usage, .usage_count = 1};
    fixture_commit(f->store, &batch);
}

static void commit_intent(struct store_fixture *f, struct row_key key, uint32_t bytes)
{
    struct store_intent intent = {.row = key, .attempt = 1, .request_bytes = bytes};
    struct store_batch batch = {.intents = &intent, .intent_count = 1};
    fixture_commit(f->store, &batch);
}

static void test_an_attempt_has_the_size_of_its_request_and_no_usage_yet(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    commit_exchange(f, key_of(group, 1), 429);
    struct calls calls = read_calls(f, group);
    assert_int_equal(calls.count, 1);
    assert_int_equal(calls.facts[0].row.case_seq, 1);
    assert_int_equal(calls.facts[0].http_status, 429);
    assert_int_equal(calls.facts[0].request_bytes, BODY_BYTES);
    assert_false(calls.facts[0].has_usage);
}

static void test_usage_belongs_to_its_exchange_and_counts_once(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    commit_exchange(f, key_of(group, 0), 200);
    commit_exchange(f, key_of(group, 1), 200);
    commit_usage(f, key_of(group, 1), 40);
    commit_usage(f, key_of(group, 1), 50);
    struct calls calls = read_calls(f, group);
    assert_int_equal(calls.count, 2);
    assert_false(calls.facts[0].has_usage);
    assert_true(calls.facts[1].has_usage);
    assert_int_equal(calls.facts[1].tokens, 50);
    assert_int_equal(calls.facts[1].usd_nano, 77);
}

static void test_a_call_under_way_is_lost_if_nothing_comes_of_it(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    commit_intent(f, key_of(group, 0), 300);
    struct calls calls = read_calls(f, group);
    assert_int_equal(calls.count, 1);
    assert_true(calls.facts[0].is_lost);
    assert_int_equal(calls.facts[0].request_bytes, 300);
}

static void test_a_lost_call_stays_lost_when_it_is_made_again(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1), unknown = 0;
    commit_intent(f, key_of(group, 0), 300);
    assert_int_equal(store_group_settle_intents(f->store, group, 5, &unknown), 0);
    assert_int_equal(unknown, 1);
    commit_intent(f, key_of(group, 0), 300);
    commit_exchange(f, key_of(group, 0), 200);
    struct calls calls = read_calls(f, group);
    assert_int_equal(calls.count, 2);
    assert_false(calls.facts[0].is_lost);
    assert_true(calls.facts[1].is_lost);
}

static void test_another_groups_calls_are_not_counted(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    commit_exchange(f, key_of(group, 0), 200);
    commit_intent(f, key_of(group, 0), 300);
    assert_int_equal(read_calls(f, group + 1).count, 0);
}

static void test_only_rows_over_the_budget_count_as_such(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 3), count = -1;
    struct scored_row over = fixture_row(key_of(group, 0)), other = fixture_row(key_of(group, 1));
    over.row.status = other.row.status = ROW_SKIPPED;
    over.row.error_class = AS_STR(ROW_OVER_BUDGET);
    fixture_commit_row(f->store, over);
    fixture_commit_row(f->store, other);
    assert_int_equal(store_rows_over_budget(f->store, group, &count), 0);
    assert_int_equal(count, 1);
}

static void test_a_database_from_before_budgets_takes_calls(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    commit_exchange(f, key_of(group, 0), 200);
    store_fixture_migrate_from(f, 7);
    commit_exchange(f, key_of(group, 1), 200);
    commit_usage(f, key_of(group, 1), 40);
    struct calls calls = read_calls(f, group);
    assert_int_equal(calls.count, 2);
    assert_int_equal(calls.facts[0].request_bytes, 0); /* it was not kept then */
    assert_true(calls.facts[1].has_usage);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_attempt_has_the_size_of_its_request_and_no_usage_yet),
        TEST(test_usage_belongs_to_its_exchange_and_counts_once),
        TEST(test_a_call_under_way_is_lost_if_nothing_comes_of_it),
        TEST(test_a_lost_call_stays_lost_when_it_is_made_again),
        TEST(test_another_groups_calls_are_not_counted),
        TEST(test_only_rows_over_the_budget_count_as_such),
        TEST(test_a_database_from_before_budgets_takes_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
