/* model/why: the line that says what a run group is waiting for, from counts of where its rows are.
 */
#include "daemon/model/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_says(struct why_facts *facts, const char *want)
{
    struct as_buf text = {0};
    why_sort(facts);
    why_sentence(facts, &text);
    assert_string_equal(as_buf_str(&text).ptr, want);
    as_buf_done(&text);
}

static void add_many(struct why_facts *facts, int count, enum why_kind kind, const char *name,
                     int64_t waited_ms, int64_t next_ms)
{
    for (int i = 0; i < count; i++)
        why_add(facts, kind, name, waited_ms, next_ms);
}

static void test_calls_in_flight_are_told_before_what_queues_behind_them(void **state)
{
    (void)state;
    struct why_facts facts = {.state = GROUP_RUNNING};
    add_many(&facts, 400, WHY_QUEUE, "small", 9000, -1);
    add_many(&facts, 15, WHY_MODEL, "small", 800, -1);
    why_add(&facts, WHY_MODEL, "small", 12345, -1);
    assert_says(&facts, "16 calls in flight to small (the oldest for 12.3 s), 400 calls in the "
                        "queue of small (the oldest for 9.0 s)");
}

static void test_the_most_is_told_first(void **state)
{
    (void)state;
    struct why_facts facts = {.state = GROUP_RUNNING};
    why_add(&facts, WHY_STORE, NULL, -1, -1);
    add_many(&facts, 2, WHY_SCORER, "exact", -1, -1);
    add_many(&facts, 3, WHY_JUDGE, "big", 500, -1);
    assert_says(&facts, "3 calls in flight to the judge big (the oldest for 0.5 s), 2 rows in the "
                        "worker of exact, 1 commit or look-up in the store");
}

static void test_what_is_tried_again_says_when(void **state)
{
    (void)state;
    struct why_facts facts = {.state = GROUP_RUNNING};
    why_add(&facts, WHY_BACKOFF, "small", 100, 7000);
    why_add(&facts, WHY_BACKOFF, "small", 100, 2100);
    assert_says(&facts, "2 retries of small (the next in 2.1 s)");
}

static void test_a_rate_limit_names_whose_it_is(void **state)
{
    (void)state;
    struct why_facts facts = {.state = GROUP_RUNNING};
    why_add(&facts, WHY_LIMIT, "small", 100, 30000);
    assert_says(&facts, "1 call put off by the rate limit of small (the next in 30.0 s)");
}

static void test_the_budget_is_told(void **state)
{
    (void)state;
    struct why_facts facts = {.state = GROUP_RUNNING};
    add_many(&facts, 2, WHY_BUDGET, NULL, -1, -1);
    assert_says(&facts, "2 calls until the budget has room");
}

static void test_names_are_told_apart(void **state)
{
    (void)state;
    struct why_facts facts = {.state = GROUP_RUNNING};
    why_add(&facts, WHY_MODEL, "b", 0, -1);
    why_add(&facts, WHY_MODEL, "a", 0, -1);
    assert_int_equal(facts.wait_count, 2);
    assert_says(&facts, "1 call in flight to a (for 0.0 s), 1 call in flight to b (for 0.0 s)");
}

static void test_a_long_list_is_cut(void **state)
{
    (void)state;
    struct why_facts facts = {.state = GROUP_RUNNING};
    add_many(&facts, 5, WHY_WORKER, "openai", -1, -1);
    add_many(&facts, 4, WHY_SCORER, "exact", -1, -1);
    add_many(&facts, 3, WHY_SCORER, "bleu", -1, -1);
    add_many(&facts, 2, WHY_STORE, NULL, -1, -1);
    why_add(&facts, WHY_CASES, NULL, -1, -1);
    assert_says(&facts, "5 rows in the worker of provider openai, 4 rows in the worker of exact, "
                        "3 rows in the worker of bleu, and 2 more waits");
}

static void test_more_names_than_fit_do_no_harm(void **state)
{
    (void)state;
    struct why_facts facts = {.state = GROUP_RUNNING};
    char names[WHY_WAITS_MAX + 9][4];
    for (int i = 0; i < WHY_WAITS_MAX + 9; i++) {
        names[i][0] = (char)('a' + i / 26);
        names[i][1] = (char)('a' + i % 26);
        names[i][2] = '\0';
        why_add(&facts, WHY_SCORER, names[i], -1, -1);
    }
    assert_int_equal(facts.wait_count, WHY_WAITS_MAX);
}

static void test_a_pause_says_who_and_why_and_what_is_still_under_way(void **state)
{
    (void)state;
    struct why_facts facts = {
        .state = GROUP_PAUSED, .paused_by = "uid 1000", .paused_why = "budget meeting"};
    assert_says(&facts, "paused by uid 1000 because: budget meeting");
    why_add(&facts, WHY_MODEL, "small", 1000, -1);
    assert_says(&facts, "paused by uid 1000 because: budget meeting; under way: 1 call in flight "
                        "to small (for 1.0 s)");
    struct why_facts held = {.state = GROUP_HELD};
    add_many(&held, 9, WHY_HELD, NULL, -1, -1);
    assert_says(&held, "held; under way: 9 calls held back");
}

static void test_every_state_has_its_words(void **state)
{
    (void)state;
    static const char *const wants[GROUP_STATE_COUNT] = {
        [GROUP_PENDING] = "its start",
        [GROUP_RUNNING] = "nothing: its next rows begin now",
        [GROUP_FINISHING] = "its result: every row is done",
        [GROUP_DONE] = "nothing: it is done",
        [GROUP_FAILED] = "nothing: it has failed (no space left)",
        [GROUP_FAULTED] = "a remedy, and `run resume`: it stands still (no space left)",
        [GROUP_CANCELLED] = "nothing: it was cancelled (no space left)",
        [GROUP_CANCELLING] = "the end of what is being given up",
        [GROUP_PAUSED] = "paused",
        [GROUP_HELD] = "held",
    };
    for (int s = 0; s < GROUP_STATE_COUNT; s++) {
        struct why_facts facts = {.state = (enum group_state)s, .error = "no space left"};
        assert_says(&facts, wants[s]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_in_flight_are_told_before_what_queues_behind_them),
        cmocka_unit_test(test_the_most_is_told_first),
        cmocka_unit_test(test_what_is_tried_again_says_when),
        cmocka_unit_test(test_a_rate_limit_names_whose_it_is),
        cmocka_unit_test(test_the_budget_is_told),
        cmocka_unit_test(test_names_are_told_apart),
        cmocka_unit_test(test_a_long_list_is_cut),
        cmocka_unit_test(test_more_names_than_fit_do_no_harm),
        cmocka_unit_test(test_a_pause_says_who_and_why_and_what_is_still_under_way),
        cmocka_unit_test(test_every_state_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
