/* daemon/store/promotions: what is in force after promotions and demotions, and which overrides a
 * run's report has to tell. */
#include "daemon/store/promotions.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct audit_entry entry = {
    .at_ms = 1, .who = "uid 1", .action = "promotion.make", .target = "as the store sets it"};

static int64_t promote(struct store_fixture *f, const char *model, int64_t at_ms,
                       const char *reason)
{
    struct promotion row = {.eval = "nightly",
                            .model = model,
                            .run = at_ms,
                            .at_ms = at_ms,
                            .who = "uid 1",
                            .outcome = "pass",
                            .reason = reason,
                            .model_json = "{}",
                            .baseline = "base"};
    assert_int_equal(store_promotion_add(f->store, &row, &entry), 0);
    return row.id;
}

static int demote(struct store_fixture *f, int64_t at_ms)
{
    struct promotion row = {.eval = "nightly", .at_ms = at_ms, .who = "uid 1"};
    return store_promotion_demote(f->store, &row, &f->arena, &entry);
}

/* NULL: none. */
static void expect_in_force(struct store_fixture *f, const char *model)
{
    struct promotion got;
    int rc = store_promotion_in_force(f->store, "nightly", &f->arena, &got);
    assert_int_equal(rc, model ? 0 : AS_ENOENT);
    if (model)
        assert_string_equal(got.model, model);
}

static void test_demotions_go_back_one_by_one(void **state)
{
    struct store_fixture *f = *state;
    expect_in_force(f, NULL);
    promote(f, "a", 10, NULL);
    promote(f, "b", 20, NULL);
    promote(f, "c", 30, NULL);
    assert_int_equal(demote(f, 40), 0);
    expect_in_force(f, "b");
    promote(f, "d", 50, NULL);
    assert_int_equal(demote(f, 60), 0);
    expect_in_force(f, "b");
    assert_int_equal(demote(f, 70), 0);
    expect_in_force(f, "a");
    assert_int_equal(demote(f, 80), 0);
    expect_in_force(f, NULL);
    assert_int_equal(demote(f, 90), AS_ENOENT);
    promote(f, "e", 100, NULL);
    assert_int_equal(demote(f, 110), 0);
    expect_in_force(f, NULL);
}

static void test_evals_do_not_mix(void **state)
{
    struct store_fixture *f = *state;
    struct promotion got,
        row = {.eval = "weekly", .model = "z", .run = 1, .who = "uid 1", .baseline = "base"};
    promote(f, "a", 10, NULL);
    assert_int_equal(store_promotion_add(f->store, &row, &entry), 0);
    expect_in_force(f, "a");
    assert_int_equal(row.previous, 0);
    assert_int_equal(demote(f, 20), 0);
    assert_int_equal(store_promotion_in_force(f->store, "weekly", &f->arena, &got), 0);
    const char **evals = NULL;
    size_t count = 0;
    assert_int_equal(store_promotion_evals(f->store, &f->arena, &evals, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(evals[1], "weekly");
}

static void test_what_is_in_force_is_counted_by_what_put_it_there(void **state)
{
    struct store_fixture *f = *state;
    struct promotion row = {.eval = "weekly",
                            .model = "z",
                            .run = 1,
                            .who = "uid 1",
                            .reason = "the vendor's model ends",
                            .baseline = "base"};
    struct promotion_counts counts = {99, 99};
    assert_int_equal(store_promotions_count(f->store, &counts), 0);
    assert_int_equal(counts.by_gate + counts.by_override, 0);
    promote(f, "a", 10, NULL);
    promote(f, "b", 20, "it is cheaper");
    assert_int_equal(store_promotion_add(f->store, &row, &entry), 0);
    assert_int_equal(store_promotions_count(f->store, &counts), 0);
    assert_int_equal(counts.by_gate, 0);
    assert_int_equal(counts.by_override, 2);
    assert_int_equal(demote(f, 30), 0); /* back to a */
    assert_int_equal(store_promotions_count(f->store, &counts), 0);
    assert_int_equal(counts.by_gate, 1);
    assert_int_equal(counts.by_override, 1);
    assert_int_equal(demote(f, 40), 0); /* back to none */
    assert_int_equal(store_promotions_count(f->store, &counts), 0);
    assert_int_equal(counts.by_gate, 0);
    assert_int_equal(counts.by_override, 1);
}

static void test_an_entry_of_the_audit_log_comes_with_it(void **state)
{
    struct store_fixture *f = *state;
    struct audit_entry *entries = NULL;
    size_t count = 0;
    promote(f, "a", 10, NULL);
    assert_int_equal(demote(f, 20), 0);
    assert_int_equal(store_audit_page(f->store, "run 10", 0, 10, &f->arena, &entries, &count), 0);
    assert_int_equal(count, 2);
}

static size_t overrides_of(struct store_fixture *f, int64_t run, int64_t created_ms)
{
    struct group_record group = {.id = run, .eval_name = "nightly", .created_ms = created_ms};
    struct promotion *got = NULL;
    size_t count = 0;
    assert_int_equal(store_overrides_of_run(f->store, &group, &f->arena, &got, &count), 0);
    return count;
}

static void test_an_override_is_told_of_its_run_and_of_those_while_it_is_in_force(void **state)
{
    struct store_fixture *f = *state;
    promote(f, "a", 10, NULL);
    promote(f, "b", 20, "an outage"); /* by run 20 */
    assert_int_equal(overrides_of(f, 1, 15), 0);
    assert_int_equal(overrides_of(f, 20, 5), 1);
    assert_int_equal(overrides_of(f, 2, 20), 1);
    promote(f, "c", 30, NULL);
    assert_int_equal(overrides_of(f, 3, 35), 0);
    assert_int_equal(demote(f, 40), 0);
    assert_int_equal(overrides_of(f, 3, 35), 0);
    assert_int_equal(overrides_of(f, 4, 45), 1);
    assert_int_equal(demote(f, 50), 0);
    assert_int_equal(overrides_of(f, 5, 55), 0);
    assert_int_equal(overrides_of(f, 4, 45), 1);
}

static void test_the_newest_come_first_in_pages(void **state)
{
    struct store_fixture *f = *state;
    struct promotion *got = NULL;
    size_t count = 0;
    promote(f, "a", 10, NULL);
    int64_t second = promote(f, "b", 20, "an outage");
    assert_int_equal(demote(f, 30), 0);
    assert_int_equal(store_promotions_page(f->store, "nightly", 0, 2, &f->arena, &got, &count), 0);
    assert_int_equal(count, 2);
    assert_true(got[0].is_demotion);
    assert_string_equal(got[0].model, "b");
    assert_int_equal(got[0].previous, second);
    assert_string_equal(got[1].reason, "an outage");
    assert_int_equal(store_promotions_page(f->store, "nightly", second, 2, &f->arena, &got, &count),
                     0);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_demotions_go_back_one_by_one, store_fixture_setup,
                                        store_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_evals_do_not_mix, store_fixture_setup,
                                        store_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_in_force_is_counted_by_what_put_it_there,
                                        store_fixture_setup, store_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_an_entry_of_the_audit_log_comes_with_it,
                                        store_fixture_setup, store_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_an_override_is_told_of_its_run_and_of_those_while_it_is_in_force,
            store_fixture_setup, store_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_the_newest_come_first_in_pages, store_fixture_setup,
                                        store_fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
