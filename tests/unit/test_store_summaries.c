/* daemon/store/summaries: which runs are due, and when they are due again. */
#include "daemon/store/baselines.h"
#include "daemon/store/events.h"
#include "daemon/store/summaries.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t done_run(struct store_fixture *f)
{
    int64_t run = store_fixture_group(f, 1);
    assert_int_equal(store_group_finish(f->store, run, GROUP_DONE, "pass", "{}", NULL, 5), 0);
    return run;
}

static const char *eval_of(struct store_fixture *f, int64_t run)
{
    struct group_record group;
    assert_int_equal(store_group_get(f->store, run, &f->arena, &group), 0);
    return group.eval_name;
}

static void pin(struct store_fixture *f, int64_t run)
{
    struct baseline_pin made = {
        .eval = eval_of(f, run), .kind = BASELINE_RUN, .run = run, .who = "uid 7"};
    assert_int_equal(store_baseline_set(f->store, &made, &made.id), 0);
}

static void put(struct store_fixture *f, int64_t run, int64_t reference)
{
    struct summary_record record = {run, reference, "{}"};
    assert_int_equal(store_summary_put(f->store, &record, NULL, 0), 0);
}

static void expect_due(struct store_fixture *f, int64_t run, int64_t reference, bool is_new)
{
    struct summary_due due;
    assert_int_equal(store_summary_due(f->store, &due), 0);
    assert_int_equal(due.run, run);
    assert_int_equal(due.reference, reference);
    assert_int_equal(due.is_new, is_new);
}

static void expect_none_due(struct store_fixture *f)
{
    struct summary_due due;
    assert_int_equal(store_summary_due(f->store, &due), AS_ENOENT);
}

static void test_a_run_is_due_once_when_it_is_done(void **state)
{
    struct store_fixture *f = *state;
    store_fixture_group(f, 1); /* it runs */
    expect_none_due(f);
    int64_t first = done_run(f), second = done_run(f);
    expect_due(f, first, 0, true);
    put(f, first, 0);
    expect_due(f, second, 0, true);
    put(f, second, 0);
    expect_none_due(f);
}

static void test_a_new_reference_makes_runs_due_again_but_not_new(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = done_run(f), second = done_run(f);
    put(f, first, 0);
    put(f, second, 0);
    pin(f, first);
    expect_due(f, first, first, false);
    put(f, first, first);
    expect_due(f, second, first, false);
    put(f, second, first);
    expect_none_due(f);
}

static void test_another_end_of_a_run_makes_it_new_and_those_compared_with_it_due(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = done_run(f), second = done_run(f);
    pin(f, first);
    put(f, first, first);
    put(f, second, first);
    assert_int_equal(store_group_finish(f->store, first, GROUP_DONE, NULL, "{}", NULL, 9), 0);
    expect_due(f, first, first, true);
    put(f, first, first);
    expect_due(f, second, first, false);
}

static void test_a_summary_and_its_events_are_kept_together(void **state)
{
    struct store_fixture *f = *state;
    int64_t run = done_run(f), last = 0;
    struct summary_record record = {run, 0, "{\"members\":[]}"}, got;
    struct event event = {.at_ms = 1, .kind = EVENT_DRIFT, .text = "it drifts"};
    assert_int_equal(store_summary_get(f->store, run, &f->arena, &got), AS_ENOENT);
    assert_int_equal(store_summary_put(f->store, &record, &event, 1), 0);
    assert_int_equal(store_summary_get(f->store, run, &f->arena, &got), 0);
    assert_string_equal(got.body, "{\"members\":[]}");
    assert_int_equal(store_event_last(f->store, &last), 0);
    assert_true(last > 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_run_is_due_once_when_it_is_done),
        TEST(test_a_new_reference_makes_runs_due_again_but_not_new),
        TEST(test_another_end_of_a_run_makes_it_new_and_those_compared_with_it_due),
        TEST(test_a_summary_and_its_events_are_kept_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
