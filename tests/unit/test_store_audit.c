/* daemon/store: the audit log gives back what was noted, in order and by target, and an entry is
 * committed with the change that it tells of or not at all. */
#include "daemon/store/audit.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void note(struct store_fixture *f, const char *action, const char *target)
{
    struct audit_entry entry = {
        .at_ms = 7000, .who = "uid 1000", .action = action, .target = target};
    assert_int_equal(store_audit_add(f->store, &entry), 0);
}

static size_t read_page(struct store_fixture *f, const char *target, int64_t before, uint32_t limit,
                        struct audit_entry **ret_entries)
{
    size_t count = 0;
    assert_int_equal(
        store_audit_page(f->store, target, before, limit, &f->arena, ret_entries, &count), 0);
    return count;
}

static void test_an_entry_comes_back_as_it_was_noted(void **state)
{
    struct store_fixture *f = *state;
    struct audit_entry entry = {.at_ms = 7000,
                                .who = "uid 1000",
                                .action = "run.requeue",
                                .target = "run 3",
                                .why = "the provider was down",
                                .detail_json = "{\"rows\":4}"},
                       *got = NULL;
    assert_int_equal(store_audit_add(f->store, &entry), 0);
    assert_int_equal(read_page(f, "run 3", 0, 10, &got), 1);
    assert_int_equal(got->at_ms, 7000);
    assert_string_equal(got->who, "uid 1000");
    assert_string_equal(got->action, "run.requeue");
    assert_string_equal(got->target, "run 3");
    assert_string_equal(got->why, "the provider was down");
    assert_string_equal(got->detail_json, "{\"rows\":4}");
}

static void test_pages_go_back_in_time_and_each_is_in_order(void **state)
{
    struct store_fixture *f = *state;
    struct audit_entry *got = NULL;
    note(f, "a", "run 1");
    note(f, "b", "run 2");
    note(f, "c", "run 1");
    note(f, "d", "run 1");
    assert_int_equal(read_page(f, "run 1", 0, 2, &got), 2);
    assert_string_equal(got[0].action, "c");
    assert_string_equal(got[1].action, "d");
    assert_int_equal(read_page(f, "run 1", got[0].id, 2, &got), 1);
    assert_string_equal(got[0].action, "a");
    assert_int_equal(read_page(f, NULL, 0, 10, &got), 4);
    assert_int_equal(read_page(f, "run 9", 0, 10, &got), 0);
}

static void test_the_newest_entry_of_each_target_is_found(void **state)
{
    struct store_fixture *f = *state;
    struct audit_entry *got = NULL;
    size_t count = 9;
    assert_int_equal(store_audit_latest(f->store, "a", &f->arena, &got, &count), 0);
    assert_int_equal(count, 0);
    note(f, "a", "provider x");
    note(f, "a", "provider y");
    note(f, "a", "provider x");
    note(f, "b", "provider x");
    assert_int_equal(store_audit_latest(f->store, "a", &f->arena, &got, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(got[0].target, "provider y");
    assert_string_equal(got[1].target, "provider x");
    assert_true(got[1].id > got[0].id);
}

static void test_a_state_and_its_entry_are_one_transaction(void **state)
{
    struct store_fixture *f = *state;
    struct audit_entry entry = {.at_ms = 1, .who = "uid 1", .action = "run.pause"}, *got = NULL;
    struct group_record group;
    int64_t id = store_fixture_group(f, 1);
    char target[AUDIT_TARGET_BYTES];
    audit_target_of_run(id, target);
    entry.target = target;
    assert_int_equal(store_group_change_state(f->store, id + 1, GROUP_CANCELLING, &entry),
                     AS_ENOENT);
    assert_int_equal(read_page(f, NULL, 0, 10, &got), 0);
    assert_int_equal(store_group_change_state(f->store, id, GROUP_CANCELLING, &entry), 0);
    assert_int_equal(read_page(f, target, 0, 10, &got), 1);
    assert_int_equal(store_group_get(f->store, id, &f->arena, &group), 0);
    assert_int_equal(group.state, GROUP_CANCELLING);
}

static void test_a_new_group_is_in_the_log_under_its_number(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_group(f, 1), id = 0;
    struct audit_entry entry = {.at_ms = 1,
                                .who = "uid 1",
                                .action = "run.start",
                                .why = "nightly"},
                       *got = NULL;
    struct group_record group;
    char target[AUDIT_TARGET_BYTES];
    assert_int_equal(store_group_get(f->store, first, &f->arena, &group), 0);
    assert_int_equal(
        store_group_start(f->store, &(struct group_birth){.group = &group, .entry = &entry}, &id),
        0);
    audit_target_of_run(id, target);
    assert_int_equal(read_page(f, NULL, 0, 10, &got), 1);
    assert_string_equal(got->target, target);
    assert_string_equal(got->why, "nightly");
}

static void test_a_database_from_before_the_audit_log_gets_one(void **state)
{
    struct store_fixture *f = *state;
    struct audit_entry *got = NULL;
    store_fixture_migrate_from(f, 3);
    note(f, "a", "run 1");
    assert_int_equal(read_page(f, "run 1", 0, 10, &got), 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_entry_comes_back_as_it_was_noted),
        TEST(test_pages_go_back_in_time_and_each_is_in_order),
        TEST(test_the_newest_entry_of_each_target_is_found),
        TEST(test_a_state_and_its_entry_are_one_transaction),
        TEST(test_a_new_group_is_in_the_log_under_its_number),
        TEST(test_a_database_from_before_the_audit_log_gets_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
