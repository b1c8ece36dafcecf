/* A group's own list of cases: read like a dataset, hidden as one, and gone with its last group. */
#include "daemon/store/audit.h"
#include "daemon/store/journal.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct audit_entry who = {
    .at_ms = 1, .who = "uid 1", .action = "run.start", .target = "run 1"};

/* Of cases c3, c1 and c4, in this order. */
static struct group_record start_listed(struct store_fixture *f, int64_t dataset)
{
    static const int64_t seqs[] = {3, 1, 4};
    struct group_record group = {.eval_name = "e",
                                 .state = GROUP_RUNNING,
                                 .dataset_id = dataset,
                                 .case_count = 3,
                                 .member_count = 1,
                                 .sample_count = 1,
                                 .pins_json = "{}"};
    int64_t id = 0;
    assert_int_equal(
        store_group_start(f->store, &(struct group_birth){&group, seqs, &who, NULL, NULL}, &id), 0);
    assert_int_equal(store_group_get(f->store, id, &f->arena, &group), 0);
    return group;
}

static void assert_cases(struct store_fixture *f, int64_t list, const char *const *ids,
                         size_t wanted)
{
    struct case_record *cases = NULL;
    size_t count = 0;
    assert_int_equal(store_cases_page(f->store, list, 0, 100, &f->arena, &cases, &count), 0);
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++) {
        assert_str(cases[i].id, ids[i]);
        assert_int_equal(cases[i].seq, i);
        assert_true(cases[i].messages_json.len > 0);
    }
}

static void end_and_prune(struct store_fixture *f, int64_t group)
{
    bool is_left = true;
    assert_int_equal(store_group_set_state(f->store, group, GROUP_DONE), 0);
    assert_int_equal(store_prune_group(f->store, group, &who), 0);
    while (is_left)
        assert_int_equal(store_prune_step(f->store, &is_left), 0);
}

static void count_dataset(void *ctx, const struct dataset_info *info)
{
    assert_string_equal(info->name, "d");
    ++*(int *)ctx;
}

static void test_a_list_has_its_cases_in_the_order_that_was_asked_for(void **state)
{
    static const char *const ids[] = {"c3", "c1", "c4"};
    struct store_fixture *f = *state;
    struct group_record group = start_listed(f, store_fixture_dataset(f, "d", 6));
    assert_cases(f, group.dataset_id, ids, 3);
    store_fixture_reopen(f);
    assert_cases(f, group.dataset_id, ids, 3);
}

static void test_a_list_is_no_dataset_and_tells_of_its_own(void **state)
{
    struct store_fixture *f = *state;
    int64_t dataset = store_fixture_dataset(f, "d", 6);
    struct group_record group = start_listed(f, dataset);
    struct dataset_info info;
    int count = 0;
    assert_int_not_equal(group.dataset_id, dataset);
    assert_int_equal(store_dataset_each(f->store, count_dataset, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(store_dataset_find(f->store, "d", &f->arena, &info), 0);
    assert_int_equal(info.id, dataset);
    assert_int_equal(store_dataset_get(f->store, group.dataset_id, &f->arena, &info), 0);
    assert_int_equal(info.version, 1);
    assert_int_equal(info.case_count, 6);
}

static void test_a_list_goes_with_the_last_group_that_has_it(void **state)
{
    static const char *const listed[] = {"c3", "c1", "c4"};
    static const char *const all[] = {"c0", "c1", "c2", "c3", "c4", "c5"};
    struct store_fixture *f = *state;
    int64_t dataset = store_fixture_dataset(f, "d", 6), replay = 0;
    struct group_record group = start_listed(f, dataset);
    assert_int_equal(
        store_group_start(f->store, &(struct group_birth){&group, NULL, &who, NULL, NULL}, &replay),
        0);
    end_and_prune(f, group.id);
    assert_cases(f, group.dataset_id, listed, 3);
    end_and_prune(f, replay);
    assert_cases(f, group.dataset_id, NULL, 0);
    assert_cases(f, dataset, all, 6);
}

static void test_a_case_that_is_not_there_refuses_the_group(void **state)
{
    struct store_fixture *f = *state;
    int64_t seqs[] = {0, 9}, id = 0;
    struct group_record group = {.eval_name = "e",
                                 .dataset_id = store_fixture_dataset(f, "d", 6),
                                 .case_count = 2,
                                 .pins_json = "{}"};
    assert_int_equal(
        store_group_start(f->store, &(struct group_birth){&group, seqs, &who, NULL, NULL}, &id),
        AS_ECORRUPT);
    assert_int_equal(store_group_get(f->store, 1, &f->arena, &group), AS_ENOENT);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_list_has_its_cases_in_the_order_that_was_asked_for),
        TEST(test_a_list_is_no_dataset_and_tells_of_its_own),
        TEST(test_a_list_goes_with_the_last_group_that_has_it),
        TEST(test_a_case_that_is_not_there_refuses_the_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
