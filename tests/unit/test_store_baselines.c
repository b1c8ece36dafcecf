/* daemon/store/baselines: pins are only ever added to; the newest of each meaning is in force. */
#include "daemon/store/audit.h"
#include "daemon/store/baselines.h"
#include "daemon/store/events.h"
#include "daemon/store/journal.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t set(struct store_fixture *f, struct baseline_pin pin)
{
    int64_t id = 0;
    pin.eval = pin.eval ? pin.eval : "nightly";
    pin.who = "uid 7";
    assert_int_equal(store_baseline_set(f->store, &pin, &id), 0);
    return id;
}

static void test_an_eval_without_pins_has_none_in_force(void **state)
{
    struct store_fixture *f = *state;
    struct baseline_pin pin;
    set(f, (struct baseline_pin){.eval = "other", .kind = BASELINE_MODEL, .model = "m"});
    assert_int_equal(store_baseline_run(f->store, "nightly", &f->arena, &pin), AS_ENOENT);
    assert_int_equal(store_baseline_member(f->store, "nightly", &f->arena, &pin), AS_ENOENT);
}

static void test_the_newest_of_each_meaning_is_in_force(void **state)
{
    struct store_fixture *f = *state;
    struct baseline_pin pin;
    set(f, (struct baseline_pin){.kind = BASELINE_RUN, .run = 3});
    set(f, (struct baseline_pin){.kind = BASELINE_MODEL, .model = "m"});
    set(f, (struct baseline_pin){.kind = BASELINE_RUN, .run = 5, .at_ms = 9, .why = "newer"});
    set(f, (struct baseline_pin){.kind = BASELINE_RECORDED, .model = "recorded"});
    assert_int_equal(store_baseline_run(f->store, "nightly", &f->arena, &pin), 0);
    assert_int_equal(pin.run, 5);
    assert_null(pin.model);
    assert_string_equal(pin.why, "newer");
    assert_string_equal(pin.who, "uid 7");
    assert_int_equal(store_baseline_member(f->store, "nightly", &f->arena, &pin), 0);
    assert_int_equal(pin.kind, BASELINE_RECORDED);
    assert_string_equal(pin.model, "recorded");
    assert_int_equal(pin.run, 0);
}

static void test_the_history_has_all_of_them_the_newest_first_in_pages(void **state)
{
    struct store_fixture *f = *state;
    struct baseline_pin *pins;
    size_t count;
    for (int64_t run = 1; run <= 3; run++)
        set(f, (struct baseline_pin){.kind = BASELINE_RUN, .run = run});
    assert_int_equal(store_baseline_page(f->store, "nightly", 0, 2, &f->arena, &pins, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(pins[0].run, 3);
    assert_int_equal(
        store_baseline_page(f->store, "nightly", pins[1].id, 2, &f->arena, &pins, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(pins[0].run, 1);
}

static void test_a_pin_stands_in_the_audit_log(void **state)
{
    struct store_fixture *f = *state;
    struct baseline_pin pin = {.eval = "nightly", .kind = BASELINE_RUN, .run = 3, .who = "uid 7"};
    struct audit_entry entry = {.who = "uid 7", .action = "baseline.set", .target = "eval nightly"};
    struct audit_entry *entries;
    size_t count;
    struct event event = {.at_ms = 1, .kind = EVENT_BASELINE_SET, .text = "set"};
    assert_int_equal(store_baseline_note(f->store, &pin, &entry, &event, &pin.id), 0);
    assert_int_equal(store_audit_page(f->store, "eval nightly", 0, 10, &f->arena, &entries, &count),
                     0);
    assert_int_equal(count, 1);
}

static void test_the_run_that_is_pinned_is_not_pruned(void **state)
{
    struct store_fixture *f = *state;
    int64_t runs[3], *ids;
    size_t count;
    for (int i = 0; i < 3; i++) {
        runs[i] = store_fixture_group(f, 1);
        assert_int_equal(store_group_finish(f->store, runs[i], GROUP_DONE, NULL, NULL, NULL, 5), 0);
    }
    set(f, (struct baseline_pin){.kind = BASELINE_RUN, .run = runs[0]});
    set(f, (struct baseline_pin){.kind = BASELINE_RUN, .run = runs[1]});
    set(f, (struct baseline_pin){.kind = BASELINE_MODEL, .model = "m"});
    struct prune_filter all = {.ended_before_ms = 1000};
    assert_int_equal(store_prune_list(f->store, &all, &f->arena, &ids, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(ids[0], runs[0]);
    assert_int_equal(ids[1], runs[2]);

    /* The list is a moment old when it is gone through. */
    struct audit_entry entry = {
        .at_ms = 1, .who = "me", .action = "journal.prune", .target = "run 1"};
    set(f, (struct baseline_pin){.kind = BASELINE_RUN, .run = runs[2]});
    assert_int_equal(store_prune_group(f->store, runs[2], &entry), AS_ESTATE);
    assert_int_equal(store_prune_group(f->store, runs[1], &entry), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_eval_without_pins_has_none_in_force),
        TEST(test_the_newest_of_each_meaning_is_in_force),
        TEST(test_the_history_has_all_of_them_the_newest_first_in_pages),
        TEST(test_a_pin_stands_in_the_audit_log),
        TEST(test_the_run_that_is_pinned_is_not_pruned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
