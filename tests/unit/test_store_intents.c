/* daemon/store: intents, and the calls of unknown fate that they become after a crash. */
#include "daemon/store/unknown_calls.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int64_t settle(struct store_fixture *f, int64_t group)
{
    int64_t count = -1;
    assert_int_equal(store_group_settle_intents(f->store, group, 77, &count), 0);
    return count;
}

static void test_an_intent_without_its_exchange_is_of_unknown_fate(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 3);
    struct store_intent intents[3] = {{fixture_key(group, 0, 0, 0), 0, 0, 1, 0},
                                      {fixture_key(group, 1, 0, 0), 0, 0, 1, 0},
                                      {fixture_key(group, 1, 0, 0), 1, 0, 1, 0}};
    struct store_batch batch = {.intents = intents, .intent_count = 3};
    struct group_record got;
    fixture_commit(f->store, &batch);
    store_fixture_reopen(f);
    assert_int_equal(settle(f, group), 3);
    assert_int_equal(settle(f, group), 0);
    batch.intent_count = 1;
    fixture_commit(f->store, &batch);
    assert_int_equal(settle(f, group), 1);
    assert_int_equal(store_group_get(f->store, group, &f->arena, &got), 0);
    assert_int_equal(got.unknown_fate, 4);
}

static void test_calls_of_unknown_fate_are_named(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 3);
    struct store_intent intents[3] = {{fixture_key(group, 2, 1, 0), 1, 1, 4, 0},
                                      {fixture_key(group, 0, 0, 0), 0, 0, 1, 0},
                                      {fixture_key(group, 1, 0, 1), 0, 0, 2, 0}};
    struct store_batch batch = {.intents = intents, .intent_count = 3};
    struct unknown_call *calls = NULL;
    size_t count = 0;
    fixture_commit(f->store, &batch);
    assert_int_equal(settle(f, group), 3);
    store_fixture_reopen(f);
    assert_int_equal(store_unknown_calls(f->store, group, 10, &f->arena, &calls, &count), 0);
    assert_int_equal(count, 3);
    assert_str(calls[0].case_id, "c0");
    assert_str(calls[2].case_id, "c2");
    assert_memory_equal(&calls[2].row, &intents[0].row, sizeof(struct row_key));
    assert_int_equal(calls[2].role, 1);
    assert_int_equal(calls[2].turn, 1);
    assert_int_equal(calls[2].attempt, 4);
    assert_int_equal(calls[2].found_ms, 77);
    assert_int_equal(store_unknown_calls(f->store, group, 1, &f->arena, &calls, &count), 0);
    assert_int_equal(count, 1);
    assert_str(calls[0].case_id, "c2");
}

static void test_a_withdrawn_intent_is_not_of_unknown_fate(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    struct store_intent intents[2] = {{fixture_key(group, 0, 0, 0), 0, 0, 1, 0},
                                      {fixture_key(group, 1, 0, 0), 0, 0, 1, 0}};
    struct store_batch batch = {.intents = intents, .intent_count = 2};
    struct store_batch withdrawal = {.withdrawals = &intents[1], .withdrawal_count = 1};
    fixture_commit(f->store, &batch);
    fixture_commit(f->store, &withdrawal);
    assert_int_equal(settle(f, group), 1);
}

static void test_an_exchange_takes_its_intent_away(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 identity = as_sha256_of("q", 1);
    int64_t group = store_fixture_group(f, 2);
    struct store_intent intents[2] = {{fixture_key(group, 0, 0, 0), 0, 0, 1, 0},
                                      {fixture_key(group, 1, 0, 0), 0, 0, 1, 0}};
    struct exchange_record exchange = fixture_exchange(intents[0].row, &identity);
    exchange.outcome = 2; /* any attempt that ended is of known fate */
    struct store_batch sent = {.intents = intents, .intent_count = 2};
    struct store_batch ended = {.exchanges = &exchange, .exchange_count = 1};
    fixture_commit(f->store, &sent);
    fixture_commit(f->store, &ended);
    assert_int_equal(settle(f, group), 1);
}

static void test_an_intent_and_its_exchange_in_one_batch_leave_nothing_open(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 identity = as_sha256_of("q", 1);
    int64_t group = store_fixture_group(f, 1);
    struct store_intent intent = {fixture_key(group, 0, 0, 0), 0, 0, 1, 0};
    struct exchange_record exchange = fixture_exchange(intent.row, &identity);
    struct store_batch batch = {
        .intents = &intent, .intent_count = 1, .exchanges = &exchange, .exchange_count = 1};
    fixture_commit(f->store, &batch);
    assert_int_equal(settle(f, group), 0);
}

static void test_an_attempt_that_ended_leaves_the_intent_of_the_next(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 identity = as_sha256_of("q", 1);
    int64_t group = store_fixture_group(f, 1);
    struct store_intent intents[2] = {{fixture_key(group, 0, 0, 0), 0, 0, 1, 0},
                                      {fixture_key(group, 0, 0, 0), 0, 0, 2, 0}};
    struct exchange_record first = fixture_exchange(intents[0].row, &identity);
    first.attempt = 1;
    struct store_batch batch = {
        .intents = intents, .intent_count = 2, .exchanges = &first, .exchange_count = 1};
    fixture_commit(f->store, &batch);
    assert_int_equal(settle(f, group), 1);
}

static void test_an_intent_told_twice_counts_once(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct store_intent intents[2] = {{fixture_key(group, 0, 0, 0), 0, 0, 1, 0},
                                      {fixture_key(group, 0, 0, 0), 0, 0, 1, 0}};
    struct store_batch batch = {.intents = intents, .intent_count = 2};
    fixture_commit(f->store, &batch);
    assert_int_equal(settle(f, group), 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_intent_without_its_exchange_is_of_unknown_fate),
        TEST(test_calls_of_unknown_fate_are_named),
        TEST(test_a_withdrawn_intent_is_not_of_unknown_fate),
        TEST(test_an_exchange_takes_its_intent_away),
        TEST(test_an_intent_and_its_exchange_in_one_batch_leave_nothing_open),
        TEST(test_an_attempt_that_ended_leaves_the_intent_of_the_next),
        TEST(test_an_intent_told_twice_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
