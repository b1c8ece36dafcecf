/* daemon/store/inbox: a file's row and the version that is made of it are one transaction, and the
 * same bytes are the same file. */
#include "daemon/store/inbox.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STORE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

static struct inbox_file file_of(const char *bytes, int64_t good)
{
    return (struct inbox_file){
        .dataset = "traffic",
        .hash = as_sha256_of(bytes, strlen(bytes)),
        .name = "a.jsonl",
        .bytes = (int64_t)strlen(bytes),
        .good = good,
    };
}

static int64_t stage(struct store_fixture *f, const char *name, int64_t cases)
{
    int64_t id = 0;
    assert_int_equal(store_dataset_begin(f->store, name, &id), 0);
    for (int64_t i = 0; i < cases; i++) {
        struct case_record item = fixture_case(&f->arena, i);
        assert_int_equal(store_dataset_add(f->store, id, &item, 1), 0);
    }
    return id;
}

/* With an event that tells of it. */
static int take(struct store_fixture *f, const struct inbox_version *version,
                struct inbox_file *files, size_t count, int64_t now_ms, uint32_t *ret_version)
{
    struct event event = {
        .at_ms = now_ms, .kind = EVENT_INBOX_TAKEN, .subject = "traffic", .text = "taken in"};
    struct inbox_taking taking = {version, files, count, &event, 1, now_ms};
    return store_inbox_take(f->store, &taking, ret_version);
}

static int64_t last_event(struct store_fixture *f)
{
    int64_t id = -1;
    assert_int_equal(store_event_last(f->store, &id), 0);
    return id;
}

static void test_files_and_their_version_are_noted_together(void **state)
{
    struct store_fixture *f = *state;
    struct inbox_file files[2] = {file_of("new", 3), file_of("known", 0)}, got;
    struct as_sha256 hash = as_sha256_of("content", 7);
    struct dataset_info info;
    uint32_t number = 0;
    struct inbox_version version = {stage(f, "traffic", 3), &hash, "cases", stage(f, "traffic", 2)};
    assert_int_equal(take(f, &version, files, 2, 5000, &number), 0);
    assert_int_equal(number, 1);
    assert_int_equal(last_event(f), 1);
    assert_int_equal(store_dataset_find(f->store, "traffic", &f->arena, &info), 0);
    assert_int_equal(info.case_count, 3);
    assert_int_equal(store_inbox_find(f->store, "traffic", &files[0].hash, &f->arena, &got), 0);
    assert_int_equal(got.version, 1);
    assert_int_equal(got.taken_ms, 5000);
    assert_int_equal(store_inbox_find(f->store, "traffic", &files[1].hash, &f->arena, &got), 0);
    assert_int_equal(got.version, 0); /* it brought nothing */
    assert_int_equal(store_dataset_abort(f->store, version.scratch_id), AS_ENOENT); /* it went */
}

static void test_a_version_that_cannot_be_made_leaves_no_file(void **state)
{
    struct store_fixture *f = *state;
    struct inbox_file file = file_of("new", 3), got;
    struct as_sha256 hash = as_sha256_of("content", 7);
    struct inbox_version version = {999, &hash, "cases", 0};
    uint32_t number = 7;
    assert_int_not_equal(take(f, &version, &file, 1, 5000, &number), 0);
    assert_int_equal(number, 7);
    assert_int_equal(last_event(f), 0);
    assert_int_equal(store_inbox_find(f->store, "traffic", &file.hash, &f->arena, &got), AS_ENOENT);
}

/* A file, and the version that it makes. */
static void take_next(struct store_fixture *f, unsigned number)
{
    char bytes[16];
    snprintf(bytes, sizeof(bytes), "file %u", number);
    struct inbox_file file = file_of(bytes, 1);
    struct as_sha256 hash = as_sha256_of(bytes, strlen(bytes));
    struct inbox_version version = {stage(f, "traffic", 3), &hash, "cases", 0};
    uint32_t got = 0;
    assert_int_equal(take(f, &version, &file, 1, 5000, &got), 0);
    assert_int_equal(got, number);
}

static void test_versions_that_no_run_measured_go_when_newer_ones_are_made(void **state)
{
    struct store_fixture *f = *state;
    struct dataset_info info;
    struct as_sha256 by_hand = as_sha256_of("by hand", 7);
    int64_t staging = stage(f, "traffic", 3);
    bool is_new;
    assert_int_equal(
        store_dataset_finish(f->store, staging, &by_hand, "cases", 1, &f->arena, &info, &is_new),
        0);
    take_next(f, 2);
    assert_int_equal(store_dataset_find(f->store, "traffic@2", &f->arena, &info), 0);
    store_fixture_group_of(f, info.id, 3);
    for (unsigned number = 3; number <= 20; number++)
        take_next(f, number);
    assert_int_equal(store_dataset_find(f->store, "traffic@1", &f->arena, &info), 0);
    assert_int_equal(store_dataset_find(f->store, "traffic@2", &f->arena, &info), 0);
    assert_int_equal(store_dataset_find(f->store, "traffic@10", &f->arena, &info), AS_ENOENT);
    assert_int_equal(store_dataset_find(f->store, "traffic@11", &f->arena, &info), 0);
    assert_int_equal(store_fixture_count(f, "dataset"), 2 + INBOX_VERSIONS_KEPT);
    assert_int_equal(store_fixture_count(f, "case_body"), 3 * (2 + INBOX_VERSIONS_KEPT));
}

static void test_a_file_that_was_refused_may_come_again(void **state)
{
    struct store_fixture *f = *state;
    struct inbox_file refused = file_of("odd", 0), good = file_of("odd", 0), got, *all = NULL;
    uint32_t number = 0;
    size_t count = 0;
    refused.is_refused = true;
    refused.why = "a.jsonl:1: not JSON";
    assert_int_equal(take(f, NULL, &refused, 1, 5000, &number), 0);
    assert_int_equal(store_inbox_find(f->store, "traffic", &refused.hash, &f->arena, &got),
                     AS_ENOENT);
    assert_int_equal(take(f, NULL, &good, 1, 6000, &number), 0);
    assert_int_equal(store_inbox_page(f->store, NULL, 0, 10, &f->arena, &all, &count), 0);
    assert_int_equal(count, 1);
    assert_false(all[0].is_refused);
}

static void test_files_are_listed_from_the_newest_by_inbox(void **state)
{
    struct store_fixture *f = *state;
    struct inbox_file files[3] = {file_of("1", 0), file_of("2", 0), file_of("2", 0)}, *got = NULL;
    uint32_t number = 0;
    size_t count = 0;
    files[2].dataset = "other"; /* the same bytes in another inbox are another file */
    assert_int_equal(take(f, NULL, files, 3, 5000, &number), 0);
    assert_int_equal(store_inbox_page(f->store, "traffic", 0, 1, &f->arena, &got, &count), 0);
    assert_int_equal(count, 1);
    assert_true(as_sha256_eq(&got[0].hash, &files[1].hash));
    int64_t before = got[0].id;
    assert_int_equal(store_inbox_page(f->store, "traffic", before, 5, &f->arena, &got, &count), 0);
    assert_int_equal(count, 1);
    assert_true(as_sha256_eq(&got[0].hash, &files[0].hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_files_and_their_version_are_noted_together),
        STORE_TEST(test_a_version_that_cannot_be_made_leaves_no_file),
        STORE_TEST(test_versions_that_no_run_measured_go_when_newer_ones_are_made),
        STORE_TEST(test_a_file_that_was_refused_may_come_again),
        STORE_TEST(test_files_are_listed_from_the_newest_by_inbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
