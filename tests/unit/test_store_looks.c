/* daemon/store: looks that were made, what a requeue and a replay do with them, and the cases in
 * another order. */
#include "daemon/store/journal.h"
#include "daemon/store/looks.h"
#include "daemon/store/requeue.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void add_look(struct store_fixture *f, int64_t group, uint32_t number, bool is_last)
{
    struct look_record look = {
        .look = number, .cases = 10 * (int64_t)number, .is_last = is_last, .json = "{}"};
    assert_int_equal(store_look_add(f->store, group, &look), 0);
}

static size_t read_looks(struct store_fixture *f, int64_t group, struct look_record **ret_looks)
{
    size_t count = 0;
    assert_int_equal(store_looks(f->store, group, &f->arena, ret_looks, &count), 0);
    return count;
}

static void requeue_all(struct store_fixture *f, int64_t group)
{
    struct scored_row row = fixture_row(fixture_key(group, 0, 0, 0));
    row.row.status = ROW_TIMEOUT;
    fixture_commit_row(f->store, row);
    struct audit_entry entry = {.at_ms = 9, .who = "uid 1", .action = "run.requeue"};
    struct requeue_filter filter = {group, 1u << ROW_TIMEOUT, -1, -1, -1};
    struct requeue_result result;
    assert_int_equal(store_rows_requeue(f->store, &filter, &entry, &result), 0);
}

static void test_looks_come_back_by_number_and_are_made_once(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 40);
    struct look_record *looks = NULL;
    add_look(f, group, 2, true);
    add_look(f, group, 1, false);
    struct look_record again = {.look = 2, .cases = 20, .json = "{}"};
    assert_int_equal(store_look_add(f->store, group, &again), AS_EEXIST);
    assert_int_equal(read_looks(f, group, &looks), 2);
    assert_int_equal(looks[0].look, 1);
    assert_int_equal(looks[1].cases, 20);
    assert_true(looks[1].is_last);
    assert_false(looks[1].is_kept);
    assert_string_equal(looks[1].json, "{}");
}

static void test_a_requeue_after_the_end_takes_back_the_look_that_ended_it(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 40);
    struct look_record *looks = NULL;
    add_look(f, group, 1, false);
    add_look(f, group, 2, true);
    assert_int_equal(store_group_finish(f->store, group, GROUP_DONE, "pass", "{}", NULL, 5), 0);
    requeue_all(f, group);
    assert_int_equal(read_looks(f, group, &looks), 1);
    assert_int_equal(looks[0].look, 1);
    assert_true(looks[0].is_kept);
}

static void test_a_requeue_under_way_takes_back_no_look(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 40);
    struct look_record *looks = NULL;
    add_look(f, group, 1, true);
    requeue_all(f, group);
    assert_int_equal(read_looks(f, group, &looks), 1);
    assert_true(looks[0].is_last && looks[0].is_kept);
}

static void test_a_replay_inherits_the_looks_that_stand_once(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 40), replay = store_fixture_group(f, 40);
    struct look_record *looks = NULL;
    add_look(f, group, 1, false);
    requeue_all(f, group);
    add_look(f, group, 2, true);
    assert_int_equal(store_looks_inherit(f->store, group, replay), 0);
    assert_int_equal(store_looks_inherit(f->store, group, replay), 0);
    assert_int_equal(read_looks(f, replay, &looks), 1);
    assert_int_equal(looks[0].look, 1);
    assert_true(looks[0].is_kept);
}

static void test_a_pruned_group_leaves_no_look(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 40);
    struct look_record *looks = NULL;
    struct audit_entry entry = {
        .at_ms = 9, .who = "uid 1", .action = "journal.prune", .target = ""};
    bool is_left = true;
    add_look(f, group, 1, true);
    assert_int_equal(store_group_finish(f->store, group, GROUP_DONE, "pass", "{}", NULL, 5), 0);
    assert_int_equal(store_prune_group(f->store, group, &entry), 0);
    while (is_left)
        assert_int_equal(store_prune_step(f->store, &is_left), 0);
    assert_int_equal(read_looks(f, group, &looks), 0);
}

static void test_cases_come_in_the_order_asked_for(void **state)
{
    struct store_fixture *f = *state;
    int64_t dataset = store_fixture_dataset(f, "tickets", 10);
    const int64_t seqs[] = {7, 0, 3};
    struct case_record *cases = NULL;
    size_t count = 0;
    assert_int_equal(store_cases_at(f->store, dataset, seqs, 3, &f->arena, &cases, &count), 0);
    assert_int_equal(count, 3);
    assert_str(cases[0].id, "c7");
    assert_str(cases[1].id, "c0");
    assert_str(cases[2].id, "c3");
}

static void test_critical_cases_come_alone(void **state)
{
    struct store_fixture *f = *state;
    int64_t dataset = store_fixture_dataset(f, "tickets", 10);
    struct case_record *cases = NULL;
    size_t count = 0;
    assert_int_equal(store_critical_page(f->store, dataset, 0, 10, 100, &f->arena, &cases, &count),
                     0);
    assert_int_equal(count, 1);
    assert_str(cases[0].id, "c0");
    assert_int_equal(store_critical_page(f->store, dataset, 1, 10, 100, &f->arena, &cases, &count),
                     0);
    assert_int_equal(count, 0);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_looks_come_back_by_number_and_are_made_once),
        TEST(test_a_requeue_after_the_end_takes_back_the_look_that_ended_it),
        TEST(test_a_requeue_under_way_takes_back_no_look),
        TEST(test_a_replay_inherits_the_looks_that_stand_once),
        TEST(test_a_pruned_group_leaves_no_look),
        TEST(test_cases_come_in_the_order_asked_for),
        TEST(test_critical_cases_come_alone),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
