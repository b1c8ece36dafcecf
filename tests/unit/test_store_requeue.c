/* daemon/store: what a requeue takes out of a group, what it leaves, and which replies are passed
 * over afterwards. */
#include "daemon/store/requeue.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROLE_MODEL 0
#define ROLE_JUDGE 1

static const struct as_sha256 identity = {{7}};

static struct row_key key_of(int64_t group, int64_t case_seq, uint32_t member)
{
    return (struct row_key){group, case_seq, member, 0};
}

/* A row of this status, after a whole reply of the model and one of the judge. */
static void add_row(struct store_fixture *f, struct row_key key, enum row_status status)
{
    struct exchange_record exchanges[2] = {fixture_exchange(key, &identity),
                                           fixture_exchange(key, &identity)};
    struct scored_row row = fixture_row(key);
    exchanges[1].role = ROLE_JUDGE;
    row.row.status = status;
    struct store_batch batch = {
        .exchanges = exchanges, .exchange_count = 2, .rows = &row, .row_count = 1};
    fixture_commit(f->store, &batch);
}

static int find(struct store_fixture *f, struct row_key key, uint32_t role)
{
    struct exchange_record found;
    return store_exchange_find(f->store, &key, role, 0, &identity, &f->arena, &found);
}

static int requeue(struct store_fixture *f, const struct requeue_filter *filter,
                   struct requeue_result *ret_result)
{
    struct audit_entry entry = {.at_ms = 9, .who = "uid 1", .action = "run.requeue"};
    return store_rows_requeue(f->store, filter, &entry, ret_result);
}

static size_t count_rows(struct store_fixture *f, int64_t group)
{
    struct row_key *keys = NULL;
    size_t count = 0;
    assert_int_equal(store_rows_done(f->store, group, 0, 100, &f->arena, &keys, &count), 0);
    return count;
}

static void test_only_the_rows_that_are_meant_are_taken(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 5);
    struct requeue_result result = {0};
    add_row(f, key_of(group, 0, 0), ROW_OK);
    add_row(f, key_of(group, 1, 0), ROW_TIMEOUT);
    add_row(f, key_of(group, 2, 0), ROW_MODEL_ERROR);
    add_row(f, key_of(group, 3, 0), ROW_MODEL_ERROR);
    add_row(f, key_of(group, 3, 1), ROW_MODEL_ERROR);
    struct requeue_filter filter = {group, 1u << ROW_MODEL_ERROR, 0, -1, -1};
    assert_int_equal(requeue(f, &filter, &result), 0);
    assert_int_equal(result.rows, 2);
    assert_int_equal(result.first_seq, 2);
    assert_int_equal(result.counts[ROW_MODEL_ERROR], 2);
    assert_int_equal(count_rows(f, group), 3);
    filter = (struct requeue_filter){group, 1u << ROW_TIMEOUT, -1, 1, 0};
    assert_int_equal(requeue(f, &filter, &result), 0);
    assert_int_equal(count_rows(f, group), 2);
}

static void test_what_made_a_row_fail_is_passed_over_and_what_was_good_is_not(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 5);
    struct requeue_result result = {0};
    struct row_key by_model = key_of(group, 0, 0), by_judge = key_of(group, 1, 0),
                   by_us = key_of(group, 2, 0);
    add_row(f, by_model, ROW_MODEL_ERROR);
    add_row(f, by_judge, ROW_JUDGE_ERROR);
    add_row(f, by_us, ROW_SCORER_ERROR);
    struct requeue_filter filter = {
        group, 1u << ROW_MODEL_ERROR | 1u << ROW_JUDGE_ERROR | 1u << ROW_SCORER_ERROR, -1, -1, -1};
    assert_int_equal(requeue(f, &filter, &result), 0);
    assert_int_equal(find(f, by_model, ROLE_MODEL), AS_ENOENT);
    assert_int_equal(find(f, by_judge, ROLE_MODEL), 0);
    assert_int_equal(find(f, by_judge, ROLE_JUDGE), AS_ENOENT);
    assert_int_equal(find(f, by_us, ROLE_MODEL), 0);
    assert_int_equal(find(f, by_us, ROLE_JUDGE), 0);
}

static void test_a_later_reply_counts_again(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct row_key key = key_of(group, 0, 0);
    struct requeue_result result = {0};
    struct requeue_filter filter = {group, 1u << ROW_MODEL_ERROR, -1, -1, -1};
    add_row(f, key, ROW_MODEL_ERROR);
    assert_int_equal(requeue(f, &filter, &result), 0);
    add_row(f, key, ROW_MODEL_ERROR);
    assert_int_equal(find(f, key, ROLE_MODEL), 0);
    assert_int_equal(requeue(f, &filter, &result), 0); /* a second time */
    assert_int_equal(find(f, key, ROLE_MODEL), AS_ENOENT);
}

static void test_a_group_that_had_ended_is_open_and_its_verdict_is_in_the_log(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct requeue_result result = {0};
    struct requeue_filter filter = {group, 1u << ROW_TIMEOUT, -1, -1, -1};
    struct group_record got;
    struct audit_entry *entries = NULL;
    char target[AUDIT_TARGET_BYTES];
    size_t count = 0;
    add_row(f, key_of(group, 0, 0), ROW_TIMEOUT);
    assert_int_equal(store_group_finish(f->store, group, GROUP_DONE, "fail",
                                        "{\"headline\":\"small fails\"}", NULL, 5),
                     0);
    assert_int_equal(requeue(f, &filter, &result), 0);
    assert_int_equal(store_group_get(f->store, group, &f->arena, &got), 0);
    assert_int_equal(got.state, GROUP_RUNNING);
    assert_null(got.outcome);
    assert_null(got.result_json);
    assert_int_equal(got.ended_ms, 0);
    audit_target_of_run(group, target);
    assert_int_equal(store_audit_page(f->store, target, 0, 9, &f->arena, &entries, &count), 0);
    assert_int_equal(count, 1);
    assert_non_null(strstr(entries[0].detail_json, "small fails"));
    assert_non_null(strstr(entries[0].detail_json, "\"timeout\":1"));
}

static void test_when_no_row_is_meant_nothing_changes(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct requeue_result result = {0};
    struct requeue_filter filter = {group, 1u << ROW_TIMEOUT, -1, -1, -1};
    struct group_record got;
    struct audit_entry *entries = NULL;
    size_t count = 0;
    add_row(f, key_of(group, 0, 0), ROW_OK);
    assert_int_equal(store_group_finish(f->store, group, GROUP_DONE, "pass", "{}", NULL, 5), 0);
    assert_int_equal(requeue(f, &filter, &result), AS_ENOENT);
    assert_int_equal(store_group_get(f->store, group, &f->arena, &got), 0);
    assert_int_equal(got.state, GROUP_DONE);
    assert_int_equal(store_audit_page(f->store, NULL, 0, 9, &f->arena, &entries, &count), 0);
    assert_int_equal(count, 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_the_rows_that_are_meant_are_taken),
        TEST(test_what_made_a_row_fail_is_passed_over_and_what_was_good_is_not),
        TEST(test_a_later_reply_counts_again),
        TEST(test_a_group_that_had_ended_is_open_and_its_verdict_is_in_the_log),
        TEST(test_when_no_row_is_meant_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
