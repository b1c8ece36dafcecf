/* daemon/store: datasets, plugin sources and run groups on a real file. */
#include "daemon/store/unknown_calls.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void test_a_new_file_is_readable_by_its_owner_alone(void **state)
{
    struct store_fixture *f = *state;
    struct stat info;
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_a_second_writer_is_refused(void **state)
{
    struct store_fixture *f = *state;
    struct store *second = NULL;
    struct as_err err = {0};
    assert_int_equal(store_open(f->path, &second, &err), AS_EBUSY);
    assert_non_null(strstr(err.msg, f->path));
    assert_null(second);
}

static void test_a_reader_sees_what_the_writer_committed(void **state)
{
    struct store_fixture *f = *state;
    struct store *reader = NULL;
    struct as_err err = {0};
    struct dataset_info info;
    assert_int_equal(store_open_reader(f->path, &reader, &err), 0);
    int64_t id = store_fixture_dataset(f, "tickets", 3);
    assert_int_equal(store_dataset_get(reader, id, &f->arena, &info), 0);
    assert_int_equal(info.case_count, 3);
    store_close(reader);
}

static void test_a_reader_cannot_write(void **state)
{
    struct store_fixture *f = *state;
    struct store *reader = NULL;
    struct as_err err = {0};
    int64_t id = 0;
    assert_int_equal(store_open_reader(f->path, &reader, &err), 0);
    assert_int_equal(store_dataset_begin(reader, "tickets", &id), AS_EIO);
    store_close(reader);
}

static void test_a_dataset_survives_reopening(void **state)
{
    struct store_fixture *f = *state;
    struct dataset_info info;
    store_fixture_dataset(f, "tickets", 3);
    store_fixture_reopen(f);
    assert_int_equal(store_dataset_find(f->store, "tickets", &f->arena, &info), 0);
    assert_string_equal(info.name, "tickets");
    assert_string_equal(info.format, "cases");
    assert_int_equal(info.version, 1);
    assert_int_equal(info.case_count, 3);
    assert_int_equal(info.critical_count, 1);
    assert_int_equal(info.recorded_count, 0);
    assert_int_equal(info.created_ms, 1000);
    struct as_sha256 hash = as_sha256_of("tickets", 7);
    assert_true(as_sha256_eq(&info.hash, &hash));
}

static void test_a_case_comes_back_with_every_field(void **state)
{
    struct store_fixture *f = *state;
    struct case_record want = {
        .seq = 0,
        .id = AS_STR("a/b 'quoted' \xC3\xA4"),
        .json = AS_STR("{\"x\":1}"),
        .messages_json = AS_STR("[{\"role\":\"user\"}]"),
        .recorded_json = AS_STR("{\"text\":\"\"}"),
        .is_critical = true,
        .cluster = AS_STR("customer 7"),
        .stratum = AS_STR("billing"),
    };
    int64_t id = 0;
    struct case_record got;
    assert_int_equal(store_dataset_begin(f->store, "d", &id), 0);
    assert_int_equal(store_dataset_add(f->store, id, &want, 1), 0);
    assert_int_equal(store_case_find(f->store, id, want.id.ptr, &f->arena, &got), 0);
    assert_str(got.id, want.id.ptr);
    assert_str(got.json, want.json.ptr);
    assert_str(got.messages_json, want.messages_json.ptr);
    assert_str(got.recorded_json, want.recorded_json.ptr);
    assert_true(got.is_critical);
    assert_str(got.cluster, "customer 7");
    assert_str(got.stratum, "billing");
}

static void test_absent_fields_of_a_case_stay_absent(void **state)
{
    struct store_fixture *f = *state;
    int64_t id = store_fixture_dataset(f, "tickets", 2);
    struct case_record got;
    assert_int_equal(store_case_find(f->store, id, "c1", &f->arena, &got), 0);
    assert_int_equal(got.seq, 1);
    assert_false(got.is_critical);
    assert_null(got.recorded_json.ptr);
    assert_null(got.cluster.ptr);
    assert_null(got.stratum.ptr);
}

static void test_an_unknown_case_is_not_found(void **state)
{
    struct store_fixture *f = *state;
    int64_t id = store_fixture_dataset(f, "tickets", 2);
    struct case_record got;
    assert_int_equal(store_case_find(f->store, id, "c2", &f->arena, &got), AS_ENOENT);
}

static void test_cases_are_paged_in_order(void **state)
{
    struct store_fixture *f = *state;
    int64_t id = store_fixture_dataset(f, "tickets", 10);
    struct case_record *cases = NULL;
    size_t count = 0;
    assert_int_equal(store_cases_page(f->store, id, 4, 3, &f->arena, &cases, &count), 0);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cases[i].seq, 4 + (int64_t)i);
    assert_int_equal(store_cases_page(f->store, id, 9, 3, &f->arena, &cases, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(store_cases_page(f->store, id, 10, 3, &f->arena, &cases, &count), 0);
    assert_int_equal(count, 0);
}

static void collect_seq(void *ctx, const struct case_record *record)
{
    struct as_buf *seen = ctx;
    assert_null(record->json.ptr);
    as_buf_addf(seen, "%.*s%s ", (int)record->id.len, record->id.ptr,
                record->is_critical ? "!" : "");
}

static void test_heads_of_cases_stop_at_the_limit(void **state)
{
    struct store_fixture *f = *state;
    int64_t id = store_fixture_dataset(f, "tickets", 5);
    struct as_buf seen = {0};
    assert_int_equal(store_case_heads_each(f->store, id, 3, collect_seq, &seen), 0);
    assert_string_equal(seen.ptr, "c0! c1 c2 ");
    as_buf_done(&seen);
}

static void test_a_case_id_that_stands_twice_is_named_and_its_call_undone(void **state)
{
    struct store_fixture *f = *state;
    struct case_record cases[3];
    int64_t id = 0;
    size_t count = 99;
    struct case_record *kept = NULL;
    for (int i = 0; i < 3; i++)
        cases[i] = fixture_case(&f->arena, i);
    cases[2].id = cases[0].id;
    assert_int_equal(store_dataset_begin(f->store, "d", &id), 0);
    assert_int_equal(store_dataset_add(f->store, id, cases, 3), AS_EEXIST);
    assert_non_null(strstr(store_error(f->store), "'c0'"));
    assert_int_equal(store_cases_page(f->store, id, 0, 10, &f->arena, &kept, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(store_dataset_add(f->store, id, cases, 2), 0);
}

static void test_the_same_content_again_is_the_same_version(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_dataset(f, "tickets", 3);
    struct case_record one = fixture_case(&f->arena, 0);
    struct as_sha256 hash = as_sha256_of("tickets", 7);
    struct dataset_info info;
    struct case_record *left = NULL;
    int64_t staged = 0;
    size_t count = 99;
    bool is_new = true;
    assert_int_equal(store_dataset_begin(f->store, "tickets", &staged), 0);
    assert_int_equal(store_dataset_add(f->store, staged, &one, 1), 0);
    assert_int_equal(
        store_dataset_finish(f->store, staged, &hash, "chat", 2000, &f->arena, &info, &is_new), 0);
    assert_false(is_new);
    assert_int_equal(info.id, first);
    assert_string_equal(info.format, "cases");
    assert_int_equal(store_cases_page(f->store, staged, 0, 10, &f->arena, &left, &count), 0);
    assert_int_equal(count, 0);
}

static int64_t add_version(struct store_fixture *f, const char *name, uint8_t first_byte)
{
    struct as_sha256 hash = {{first_byte, 0xcd, 0xef}};
    struct dataset_info info;
    int64_t id = 0;
    bool is_new = false;
    assert_int_equal(store_dataset_begin(f->store, name, &id), 0);
    assert_int_equal(
        store_dataset_finish(f->store, id, &hash, "cases", 1, &f->arena, &info, &is_new), 0);
    assert_true(is_new);
    return id;
}

static void test_a_selector_finds_newest_version_or_hash(void **state)
{
    struct store_fixture *f = *state;
    struct dataset_info info;
    int64_t first = add_version(f, "d", 0xab), second = add_version(f, "d", 0x12);
    assert_int_equal(store_dataset_find(f->store, "d", &f->arena, &info), 0);
    assert_int_equal(info.id, second);
    assert_int_equal(info.version, 2);
    assert_int_equal(store_dataset_find(f->store, "d@1", &f->arena, &info), 0);
    assert_int_equal(info.id, first);
    assert_int_equal(store_dataset_find(f->store, "d@abcde", &f->arena, &info), 0);
    assert_int_equal(info.id, first);
    assert_int_equal(store_dataset_find(f->store, "d@12cd", &f->arena, &info), 0);
    assert_int_equal(info.id, second);
}

static void test_a_selector_that_fits_nothing_is_not_found(void **state)
{
    static const char *const selectors[] = {"e",     "d@3",  "d@",       "d@abc", "d@abce",
                                            "d@-1",  "d@ 1", "d@nothex", "",      "@",
                                            "d@1@1", "D",    "d@0x1"};
    struct store_fixture *f = *state;
    struct dataset_info info;
    add_version(f, "d", 0xab);
    for (size_t i = 0; i < AS_COUNT(selectors); i++)
        assert_int_equal(store_dataset_find(f->store, selectors[i], &f->arena, &info), AS_ENOENT);
}

static void test_a_hash_prefix_of_two_versions_is_refused(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 other = {{0xab, 0xcd, 0x00}};
    struct dataset_info info;
    int64_t id = 0;
    bool is_new = false;
    add_version(f, "d", 0xab);
    assert_int_equal(store_dataset_begin(f->store, "d", &id), 0);
    assert_int_equal(
        store_dataset_finish(f->store, id, &other, "cases", 1, &f->arena, &info, &is_new), 0);
    assert_int_equal(store_dataset_find(f->store, "d@abcd", &f->arena, &info), AS_EINVAL);
    assert_non_null(strstr(store_error(f->store), "abcd"));
}

static void test_a_staged_dataset_is_found_by_nobody_and_dropped_at_open(void **state)
{
    struct store_fixture *f = *state;
    struct case_record one = fixture_case(&f->arena, 0);
    struct case_record *cases = NULL;
    struct dataset_info info;
    int64_t id = 0;
    size_t count = 99;
    assert_int_equal(store_dataset_begin(f->store, "d", &id), 0);
    assert_int_equal(store_dataset_add(f->store, id, &one, 1), 0);
    assert_int_equal(store_dataset_find(f->store, "d", &f->arena, &info), AS_ENOENT);
    assert_int_equal(store_dataset_get(f->store, id, &f->arena, &info), AS_ENOENT);
    store_fixture_reopen(f);
    assert_int_equal(store_cases_page(f->store, id, 0, 10, &f->arena, &cases, &count), 0);
    assert_int_equal(count, 0);
}

static void test_a_finished_dataset_cannot_be_aborted_or_added_to(void **state)
{
    struct store_fixture *f = *state;
    int64_t id = store_fixture_dataset(f, "tickets", 2);
    struct case_record more = fixture_case(&f->arena, 2);
    assert_int_equal(store_dataset_abort(f->store, id), AS_ENOENT);
    assert_int_equal(store_dataset_add(f->store, id, &more, 1), AS_ENOENT);
}

static void collect_dataset(void *ctx, const struct dataset_info *info)
{
    as_buf_addf(ctx, "%s@%u ", info->name, info->version);
}

static void test_datasets_are_listed_by_name_and_version(void **state)
{
    struct store_fixture *f = *state;
    struct as_buf seen = {0};
    int64_t staged = 0;
    add_version(f, "b", 1);
    add_version(f, "a", 1);
    add_version(f, "b", 2);
    assert_int_equal(store_dataset_begin(f->store, "c", &staged), 0);
    assert_int_equal(store_dataset_each(f->store, collect_dataset, &seen), 0);
    assert_string_equal(seen.ptr, "a@1 b@1 b@2 ");
    as_buf_done(&seen);
}

static void test_a_plugin_source_comes_back_by_hash(void **state)
{
    struct store_fixture *f = *state;
    struct as_str source = AS_STR("return {\0 api = 1 }");
    struct as_sha256 hash = as_sha256_of(source.ptr, source.len);
    struct as_sha256 other = as_sha256_of("x", 1);
    const char *label = NULL;
    struct as_str got;
    assert_int_equal(store_source_put(f->store, &hash, "length@1.0.0", source), 0);
    assert_int_equal(store_source_put(f->store, &hash, "again", source), 0);
    assert_int_equal(store_source_get(f->store, &hash, &f->arena, &label, &got), 0);
    assert_string_equal(label, "length@1.0.0");
    assert_int_equal(got.len, source.len);
    assert_memory_equal(got.ptr, source.ptr, got.len);
    assert_int_equal(store_source_get(f->store, &other, &f->arena, &label, &got), AS_ENOENT);
}

static void test_a_group_comes_back_with_every_field(void **state)
{
    struct store_fixture *f = *state;
    struct group_record want = {
        .eval_name = "triage",
        .state = GROUP_PENDING,
        .dataset_id = store_fixture_dataset(f, "tickets", 4),
        .case_count = 4,
        .member_count = 3,
        .sample_count = 2,
        .pins_json = "{\"members\":[]}",
        .requested_by = "uid 1000",
        .tag = "nightly",
        .created_ms = 77,
    };
    struct group_record got;
    int64_t id = 0;
    assert_int_equal(store_group_create(f->store, &want, &id), 0);
    assert_int_equal(store_group_get(f->store, id, &f->arena, &got), 0);
    assert_int_equal(got.id, id);
    assert_string_equal(got.eval_name, "triage");
    assert_int_equal(got.state, GROUP_PENDING);
    assert_int_equal(got.dataset_id, want.dataset_id);
    assert_int_equal(got.case_count, 4);
    assert_int_equal(got.member_count, 3);
    assert_int_equal(got.sample_count, 2);
    assert_string_equal(got.pins_json, want.pins_json);
    assert_null(got.result_json);
    assert_null(got.outcome);
    assert_null(got.error);
    assert_string_equal(got.requested_by, "uid 1000");
    assert_string_equal(got.tag, "nightly");
    assert_int_equal(got.created_ms, 77);
    assert_int_equal(got.ended_ms, 0);
    assert_int_equal(got.unknown_fate, 0);
}

static void test_a_group_needs_a_dataset_that_exists(void **state)
{
    struct store_fixture *f = *state;
    struct group_record group = {.eval_name = "e", .dataset_id = 7, .pins_json = "{}"};
    int64_t id = 0;
    assert_int_equal(store_group_create(f->store, &group, &id), AS_ENOENT);
}

static void test_a_finished_group_keeps_its_result(void **state)
{
    struct store_fixture *f = *state;
    struct group_record got;
    int64_t id = store_fixture_group(f, 2);
    assert_int_equal(store_group_finish(f->store, id, GROUP_DONE, "pass", "{\"n\":2}", NULL, 99),
                     0);
    store_fixture_reopen(f);
    assert_int_equal(store_group_get(f->store, id, &f->arena, &got), 0);
    assert_int_equal(got.state, GROUP_DONE);
    assert_string_equal(got.outcome, "pass");
    assert_string_equal(got.result_json, "{\"n\":2}");
    assert_null(got.error);
    assert_int_equal(got.ended_ms, 99);
}

static void test_an_unknown_group_is_not_found_by_any_call(void **state)
{
    struct store_fixture *f = *state;
    struct group_record got;
    int64_t count = 0;
    assert_int_equal(store_group_get(f->store, 5, &f->arena, &got), AS_ENOENT);
    assert_int_equal(store_group_set_state(f->store, 5, GROUP_DONE), AS_ENOENT);
    assert_int_equal(store_group_finish(f->store, 5, GROUP_DONE, NULL, NULL, "e", 1), AS_ENOENT);
    assert_int_equal(store_group_settle_intents(f->store, 5, 1, &count), AS_ENOENT);
}

static void test_groups_are_paged_newest_first_and_by_eval(void **state)
{
    struct store_fixture *f = *state;
    struct group_record group = {.pins_json = "{}", .dataset_id = store_fixture_dataset(f, "d", 1)};
    struct group_record *page = NULL;
    int64_t ids[4];
    size_t count = 0;
    for (int i = 0; i < 4; i++) {
        group.eval_name = i % 2 ? "odd" : "even";
        assert_int_equal(store_group_create(f->store, &group, &ids[i]), 0);
    }
    assert_int_equal(store_groups_page(f->store, NULL, 0, 3, &f->arena, &page, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(page[0].id, ids[3]);
    assert_int_equal(page[2].id, ids[1]);
    assert_null(page[0].pins_json);
    assert_int_equal(store_groups_page(f->store, NULL, ids[1], 3, &f->arena, &page, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(page[0].id, ids[0]);
    assert_int_equal(store_groups_page(f->store, "odd", 0, 9, &f->arena, &page, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(page[0].id, ids[3]);
    assert_int_equal(page[1].id, ids[1]);
    assert_int_equal(store_groups_page(f->store, "none", 0, 9, &f->arena, &page, &count), 0);
    assert_int_equal(count, 0);
}

static void test_unfinished_groups_are_those_to_resume_oldest_first(void **state)
{
    struct store_fixture *f = *state;
    struct group_record group = {
        .eval_name = "e", .pins_json = "{\"p\":1}", .dataset_id = store_fixture_dataset(f, "d", 1)};
    struct group_record *left = NULL;
    int64_t ids[GROUP_STATE_COUNT];
    size_t count = 0;
    for (int i = 0; i < GROUP_STATE_COUNT; i++) {
        assert_int_equal(store_group_create(f->store, &group, &ids[i]), 0);
        assert_int_equal(store_group_set_state(f->store, ids[i], (enum group_state)i), 0);
    }
    assert_int_equal(store_groups_unfinished(f->store, &f->arena, &left, &count), 0);
    assert_int_equal(count, 7);
    assert_int_equal(left[0].id, ids[GROUP_PENDING]);
    assert_int_equal(left[1].id, ids[GROUP_RUNNING]);
    assert_int_equal(left[2].id, ids[GROUP_FINISHING]);
    assert_int_equal(left[3].id, ids[GROUP_CANCELLING]);
    assert_int_equal(left[4].id, ids[GROUP_PAUSED]);
    assert_int_equal(left[5].id, ids[GROUP_HELD]);
    assert_string_equal(left[0].pins_json, "{\"p\":1}");
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_file_is_readable_by_its_owner_alone),
        TEST(test_a_second_writer_is_refused),
        TEST(test_a_reader_sees_what_the_writer_committed),
        TEST(test_a_reader_cannot_write),
        TEST(test_a_dataset_survives_reopening),
        TEST(test_a_case_comes_back_with_every_field),
        TEST(test_absent_fields_of_a_case_stay_absent),
        TEST(test_an_unknown_case_is_not_found),
        TEST(test_cases_are_paged_in_order),
        TEST(test_heads_of_cases_stop_at_the_limit),
        TEST(test_a_case_id_that_stands_twice_is_named_and_its_call_undone),
        TEST(test_the_same_content_again_is_the_same_version),
        TEST(test_a_selector_finds_newest_version_or_hash),
        TEST(test_a_selector_that_fits_nothing_is_not_found),
        TEST(test_a_hash_prefix_of_two_versions_is_refused),
        TEST(test_a_staged_dataset_is_found_by_nobody_and_dropped_at_open),
        TEST(test_a_finished_dataset_cannot_be_aborted_or_added_to),
        TEST(test_datasets_are_listed_by_name_and_version),
        TEST(test_a_plugin_source_comes_back_by_hash),
        TEST(test_a_group_comes_back_with_every_field),
        TEST(test_a_group_needs_a_dataset_that_exists),
        TEST(test_a_finished_group_keeps_its_result),
        TEST(test_an_unknown_group_is_not_found_by_any_call),
        TEST(test_groups_are_paged_newest_first_and_by_eval),
        TEST(test_unfinished_groups_are_those_to_resume_oldest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
