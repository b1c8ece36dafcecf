/* Which plugin versions the pins of the kept groups refer to, and how often. */
#include "daemon/engine/uses.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(test_a_group_counts_once_for_every_version_that_it_pinned),
        with_store(test_pins_that_cannot_be_read_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
