/* Which plugin versions kept groups and score sets refer to, how often, and what goes with the last
 * of them. */
#include "daemon/engine/uses.h"
#include "daemon/store/score_sets.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HASH_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

#define with_store(test) \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

static int64_t add_group(struct store_fixture *f, int64_t dataset_id, const char *pins)
{
    struct group_record group = {.eval_name = "triage",
                                 .state = GROUP_DONE,
                                 .dataset_id = dataset_id,
                                 .case_count = 1,
                                 .member_count = 2,
                                 .sample_count = 1,
                                 .pins_json = pins,
                                 .requested_by = "uid 1000",
                                 .created_ms = 1};
    int64_t id = 0;
    assert_int_equal(store_group_create(f->store, &group, &id), 0);
    return id;
}

static void test_a_group_counts_once_for_every_version_that_it_pinned(void **state)
{
    struct store_fixture *f = *state;
    struct plugin_use *uses = NULL;
    size_t count = 0;
    int64_t dataset = store_fixture_dataset(f, "tickets", 1);
    int64_t first = add_group(f, dataset,
                              "{\"rubric\": 1, \"metrics\": [{\"selector\": \"exact@1.2.0\", "
                              "\"hash\": \"" HASH_A "\"}, {\"selector\": \"tone@1.0.0\", "
                              "\"hash\": \"" HASH_B "\"}], \"members\": [{\"plugin\": "
                              "\"openai@1.0.0\", \"plugin_hash\": \"" HASH_C "\"}, "
                              "{\"name\": \"recorded\"}], \"judge\": {\"plugin\": "
                              "\"openai@1.0.0\", \"plugin_hash\": \"" HASH_C "\"}}");
    int64_t last = add_group(f, dataset,
                             "{\"rubric\": -1, \"metrics\": [{\"selector\": \"exact@1.2.0\", "
                             "\"hash\": \"" HASH_A "\"}], \"members\": []}");
    assert_int_equal(uses_read(f->store, &f->arena, &uses, &count), 0);
    assert_int_equal(count, 3);
    assert_string_equal(uses[0].name, "exact");
    assert_string_equal(uses[0].version, "1.2.0");
    assert_int_equal(uses[0].kind, PLUGIN_SCORER);
    assert_int_equal(uses[0].runs, 2);
    assert_int_equal(uses[0].first_run, first);
    assert_int_equal(uses[0].last_run, last);
    assert_int_equal(uses[1].kind, PLUGIN_RUBRIC);
    assert_int_equal(uses[2].kind, PLUGIN_PROVIDER);
    assert_int_equal(uses[2].runs, 1);
}

static void test_pins_that_cannot_be_read_are_passed_over(void **state)
{
    struct store_fixture *f = *state;
    struct plugin_use *uses = NULL;
    size_t count = 7;
    int64_t dataset = store_fixture_dataset(f, "tickets", 1);
    add_group(f, dataset, "{");
    add_group(f, dataset, "{\"metrics\": [{\"selector\": 3, \"hash\": \"x\"}, 4]}");
    assert_int_equal(uses_read(f->store, &f->arena, &uses, &count), 0);
    assert_int_equal(count, 0);
}

static int64_t add_set(struct store_fixture *f, int64_t run, const char *selector,
                       const char *source)
{
    struct score_set set = {.group_id = run,
                            .metric_name = "exact",
                            .selector = selector,
                            .hash = as_sha256_of(source, strlen(source)),
                            .params_json = "{}",
                            .requested_by = "uid 1000",
                            .created_ms = 1};
    int64_t id = 0;
    assert_int_equal(store_set_begin(f->store, &set, as_str_from(source), &id), 0);
    return id;
}

static const struct audit_entry entry = {
    .at_ms = 9000, .who = "uid 1000", .action = "run.rescore", .target = "run 1"};

static void finish_set(struct store_fixture *f, int64_t id)
{
    assert_int_equal(store_set_finish(f->store, id, "{}", &entry), 0);
}

static bool has_source(struct store_fixture *f, const struct as_sha256 *hash)
{
    const char *label;
    struct as_str source;
    return !store_source_get(f->store, hash, &f->arena, &label, &source);
}

static void test_a_score_set_is_a_use_of_its_version(void **state)
{
    struct store_fixture *f = *state;
    struct plugin_use *uses = NULL;
    size_t count = 0;
    int64_t run = add_group(f, store_fixture_dataset(f, "tickets", 1), "{}");
    finish_set(f, add_set(f, run, "exact@2.0.0", "return 2"));
    finish_set(f, add_set(f, run, "exact@2.0.0", "return 2"));
    add_set(f, run, "exact@3.0.0", "return 3"); /* is being made */
    assert_int_equal(uses_read(f->store, &f->arena, &uses, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(uses[0].name, "exact");
    assert_string_equal(uses[0].version, "2.0.0");
    assert_int_equal(uses[0].kind, PLUGIN_SCORER);
    assert_int_equal(uses[0].sets, 2);
    assert_int_equal(uses[0].runs, 0);
    assert_int_equal(uses[0].last_run, 0);
    assert_int_equal(uses[1].sets, 0);
}

static void test_a_source_goes_with_its_last_use(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 hash = as_sha256_of("return 2", 8);
    int64_t run = add_group(f, store_fixture_dataset(f, "tickets", 1), "{}");
    int64_t first = add_set(f, run, "exact@2.0.0", "return 2");
    int64_t second = add_set(f, run, "exact@2.0.0", "return 2");
    finish_set(f, first);
    finish_set(f, second);
    assert_int_equal(store_set_delete(f->store, first, &entry), 0);
    assert_int_equal(uses_release(f->store, &hash), 0);
    assert_true(has_source(f, &hash));
    assert_int_equal(store_set_delete(f->store, second, &entry), 0);
    assert_int_equal(uses_release(f->store, &hash), 0);
    assert_false(has_source(f, &hash));
}

static void test_a_source_that_a_run_pinned_stays_without_its_sets(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 hash = as_sha256_of("return 2", 8);
    char hex[AS_SHA256_HEX_BYTES], pins[256];
    as_sha256_hex(&hash, hex);
    snprintf(pins, sizeof(pins),
             "{\"metrics\": [{\"selector\": \"exact@2.0.0\", \"hash\": \"%s\"}]}", hex);
    int64_t run = add_group(f, store_fixture_dataset(f, "tickets", 1), pins);
    int64_t set = add_set(f, run, "exact@2.0.0", "return 2");
    finish_set(f, set);
    assert_int_equal(store_set_delete(f->store, set, &entry), 0);
    assert_int_equal(uses_release(f->store, &hash), 0);
    assert_true(has_source(f, &hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(test_a_group_counts_once_for_every_version_that_it_pinned),
        with_store(test_a_score_set_is_a_use_of_its_version),
        with_store(test_a_source_goes_with_its_last_use),
        with_store(test_a_source_that_a_run_pinned_stays_without_its_sets),
        with_store(test_pins_that_cannot_be_read_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
