/* daemon/notify: when people are told. Each row of a table is one event, and what becomes of the
 * condition that it touches. */
#include "daemon/notify/change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct step {
    enum event_kind kind;
    bool is_over;
    int64_t run;
    enum alert_change want;
};

static struct event event_of(const struct step *step)
{
    return (struct event){
        .kind = step->kind,
        .is_over = step->is_over,
        .run = step->run,
        .at_ms = step->run * 1000,
        .text = "",
        .detail_json = step->kind == EVENT_RUN_ENDED     ? "{\"state\":\"done\"}"
                       : step->kind == EVENT_INBOX_TAKEN ? "{\"refused\":0,\"kept_back\":0}"
                                                         : NULL,
    };
}

/* What the event does to the condition; ALERT_SAME when it does not touch it. */
static enum alert_change apply(struct alert_state *state, const struct event *event,
                               enum alert_condition condition)
{
    struct alert_effect effects[ALERT_EFFECTS_MAX];
    size_t count = alert_effects(event, effects);
    for (size_t i = 0; i < count; i++)
        if (effects[i].condition == condition)
            return alert_apply(state, event, &effects[i]);
    return ALERT_SAME;
}

static void walk(enum alert_condition condition, const struct step *steps, size_t count)
{
    struct alert_state state = {.is_known = false};
    for (size_t i = 0; i < count; i++) {
        struct event event = event_of(&steps[i]);
        enum alert_change got = apply(&state, &event, condition);
        if (got != steps[i].want)
            fail_msg("step %zu, %s: %d, not %d", i, event_kind_name(event.kind), got,
                     steps[i].want);
    }
}

static void test_a_gate_that_keeps_failing_is_told_once_and_so_is_its_recovery(void **state)
{
    static const struct step steps[] = {
        {EVENT_GATE_FAIL, false, 1, ALERT_CHANGED}, {EVENT_GATE_FAIL, false, 2, ALERT_SAME},
        {EVENT_GATE_FAIL, false, 3, ALERT_SAME},    {EVENT_GATE_PASS, false, 4, ALERT_RECOVERED},
        {EVENT_GATE_PASS, false, 5, ALERT_SAME},    {EVENT_GATE_FAIL, false, 6, ALERT_CHANGED},
    };
    (void)state;
    walk(ALERT_GATE, steps, AS_COUNT(steps));
}

static void test_another_word_of_the_gate_is_a_change_and_only_a_pass_a_recovery(void **state)
{
    static const struct step steps[] = {
        {EVENT_GATE_PASS, false, 1, ALERT_CHANGED},
        {EVENT_GATE_FAIL, false, 2, ALERT_CHANGED},
        {EVENT_GATE_UNDECIDED, false, 3, ALERT_CHANGED},
        {EVENT_GATE_UNDECIDED, false, 4, ALERT_SAME},
        {EVENT_GATE_PASS, false, 5, ALERT_RECOVERED},
    };
    (void)state;
    walk(ALERT_GATE, steps, AS_COUNT(steps));
}

static void test_what_a_run_brings_ends_with_another_run(void **state)
{
    static const struct step budget[] = {
        {EVENT_RUN_ENDED, false, 1, ALERT_SAME}, {EVENT_BUDGET_STOP, false, 2, ALERT_CHANGED},
        {EVENT_RUN_ENDED, false, 2, ALERT_SAME}, {EVENT_BUDGET_STOP, false, 3, ALERT_SAME},
        {EVENT_RUN_ENDED, false, 3, ALERT_SAME}, {EVENT_RUN_ENDED, false, 4, ALERT_RECOVERED},
        {EVENT_RUN_ENDED, false, 5, ALERT_SAME}, {EVENT_BUDGET_STOP, false, 6, ALERT_CHANGED},
    };
    static const struct step errors[] = {
        {EVENT_ERROR_RATE, false, 1, ALERT_CHANGED},
        {EVENT_GATE_FAIL, false, 1, ALERT_SAME},
        {EVENT_RUN_ENDED, false, 2, ALERT_SAME},
        {EVENT_GATE_FAIL, false, 3, ALERT_RECOVERED},
    };
    (void)state;
    walk(ALERT_BUDGET, budget, AS_COUNT(budget));
    walk(ALERT_ERRORS, errors, AS_COUNT(errors));
}

static void test_what_says_that_it_is_over_is_a_recovery_once(void **state)
{
    static const struct step steps[] = {
        {EVENT_DRIFT, true, 1, ALERT_SAME},  {EVENT_DRIFT, false, 2, ALERT_CHANGED},
        {EVENT_DRIFT, false, 3, ALERT_SAME}, {EVENT_DRIFT, true, 4, ALERT_RECOVERED},
        {EVENT_DRIFT, true, 5, ALERT_SAME},  {EVENT_DRIFT, false, 6, ALERT_CHANGED},
    };
    (void)state;
    walk(ALERT_DRIFT, steps, AS_COUNT(steps));
}

static void test_a_schedule_recovers_when_it_starts_a_run(void **state)
{
    static const struct step steps[] = {
        {EVENT_SCHEDULE_MISSED, false, 0, ALERT_CHANGED},
        {EVENT_SCHEDULE_MISSED, false, 0, ALERT_SAME},
        {EVENT_SCHEDULE_FAILED, false, 0, ALERT_CHANGED},
        {EVENT_RUN_STARTED, false, 7, ALERT_RECOVERED},
    };
    (void)state;
    walk(ALERT_SCHEDULE, steps, AS_COUNT(steps));
}

static void test_a_run_that_was_cancelled_or_is_a_replay_ends_nothing(void **state)
{
    static const char *const details[] = {"{\"state\":\"cancelled\"}",
                                          "{\"state\":\"done\",\"replay_of\":3}", NULL};
    struct alert_effect effects[ALERT_EFFECTS_MAX];
    (void)state;
    for (size_t i = 0; i < AS_COUNT(details); i++) {
        struct event event = {.kind = EVENT_RUN_ENDED, .run = 4, .detail_json = details[i]};
        assert_int_equal(alert_effects(&event, effects), 0);
    }
}

static void test_how_often_it_was_met_is_counted_since_the_change(void **state)
{
    struct alert_state gate = {.is_known = false};
    (void)state;
    for (int64_t run = 1; run <= 3; run++) {
        struct event event = {.kind = EVENT_GATE_FAIL, .run = run, .at_ms = run * 1000};
        (void)apply(&gate, &event, ALERT_GATE);
    }
    assert_int_equal(gate.times, 3);
    assert_int_equal(gate.since_run, 1);
    assert_int_equal(gate.since_ms, 1000);
    assert_int_equal(gate.run, 3);
}

static void test_kinds_without_a_condition_are_told_each_time_but_for_tests(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        struct event event = {.kind = (enum event_kind)kind, .detail_json = NULL};
        struct alert_effect effects[ALERT_EFFECTS_MAX];
        size_t count = alert_effects(&event, effects);
        bool has_own = count && effects[0].is_own;
        assert_int_equal(alert_is_told_each_time(&event), !has_own && kind != EVENT_TEST);
    }
}

static void test_a_reference_that_cannot_be_compared_is_told_once_and_touches_no_gate(void **state)
{
    static const struct step steps[] = {
        {EVENT_NOT_COMPARABLE, false, 1, ALERT_CHANGED},
        {EVENT_NOT_COMPARABLE, false, 2, ALERT_SAME},
        {EVENT_NOT_COMPARABLE, true, 3, ALERT_RECOVERED},
        {EVENT_NOT_COMPARABLE, false, 4, ALERT_CHANGED},
        {EVENT_BASELINE_SET, false, 0, ALERT_RECOVERED},
    };
    (void)state;
    walk(ALERT_REFERENCE, steps, AS_COUNT(steps));
}

static void test_refused_files_are_told_once_until_all_are_taken_in(void **state)
{
    static const struct step steps[] = {
        {EVENT_INBOX_TAKEN, false, 0, ALERT_SAME},   {EVENT_INBOX_REFUSED, false, 0, ALERT_CHANGED},
        {EVENT_INBOX_REFUSED, false, 0, ALERT_SAME}, {EVENT_INBOX_TAKEN, false, 0, ALERT_RECOVERED},
        {EVENT_INBOX_TAKEN, false, 0, ALERT_SAME},   {EVENT_INBOX_REFUSED, false, 0, ALERT_CHANGED},
    };
    (void)state;
    walk(ALERT_FILES, steps, AS_COUNT(steps));
}

static void test_a_batch_with_a_file_that_was_not_taken_in_ends_no_refusal(void **state)
{
    static const char *const details[] = {"{\"refused\":1,\"kept_back\":0}",
                                          "{\"refused\":0,\"kept_back\":2}", "{}", NULL};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(details); i++) {
        struct event event = {.kind = EVENT_INBOX_TAKEN, .detail_json = details[i]};
        struct alert_effect effects[ALERT_EFFECTS_MAX];
        assert_int_equal(alert_effects(&event, effects), 1);
        assert_int_equal(effects[0].condition, ALERT_INBOX); /* it works, all the same */
    }
}

static void test_an_inbox_that_fails_is_told_once_and_so_is_its_end(void **state)
{
    static const struct step steps[] = {
        {EVENT_INBOX_FAILED, false, 0, ALERT_CHANGED},
        {EVENT_INBOX_FAILED, false, 0, ALERT_SAME},
        {EVENT_INBOX_FAILED, true, 0, ALERT_RECOVERED},
        {EVENT_INBOX_FAILED, true, 0, ALERT_SAME},
        {EVENT_INBOX_FAILED, false, 0, ALERT_CHANGED},
        {EVENT_INBOX_TAKEN, false, 0, ALERT_RECOVERED},
    };
    (void)state;
    walk(ALERT_INBOX, steps, AS_COUNT(steps));
}

static void test_a_recovery_is_of_all_kinds_of_its_condition(void **state)
{
    struct event recovery = {.kind = EVENT_RECOVERY, .detail_json = "{\"of\":\"gate_undecided\"}"};
    struct event other = {.kind = EVENT_GATE_FAIL, .detail_json = "{\"of\":\"drift\"}"};
    (void)state;
    assert_int_equal(alert_recovered_kinds(&recovery),
                     1u << EVENT_GATE_PASS | 1u << EVENT_GATE_FAIL | 1u << EVENT_GATE_UNDECIDED);
    recovery.detail_json = "{\"of\":\"schedule_missed\"}";
    assert_int_equal(alert_recovered_kinds(&recovery),
                     1u << EVENT_SCHEDULE_MISSED | 1u << EVENT_SCHEDULE_FAILED);
    assert_true(alert_recovered_kinds(&other) == UINT64_MAX);
    recovery.detail_json = NULL;
    assert_true(alert_recovered_kinds(&recovery) == UINT64_MAX);
}

/* So a kind that comes to be and is forgotten in the table cannot speak for the gate. */
static void test_only_the_gates_own_kinds_touch_the_gate(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        struct event event = {.kind = (enum event_kind)kind, .detail_json = NULL};
        struct alert_effect effects[ALERT_EFFECTS_MAX];
        size_t count = alert_effects(&event, effects);
        bool is_gates =
            kind == EVENT_GATE_PASS || kind == EVENT_GATE_FAIL || kind == EVENT_GATE_UNDECIDED;
        for (size_t i = 0; i < count; i++)
            if (effects[i].condition == ALERT_GATE && !is_gates)
                fail_msg("%s touches the gate", event_kind_name(event.kind));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_gate_that_keeps_failing_is_told_once_and_so_is_its_recovery),
        cmocka_unit_test(test_another_word_of_the_gate_is_a_change_and_only_a_pass_a_recovery),
        cmocka_unit_test(test_what_a_run_brings_ends_with_another_run),
        cmocka_unit_test(test_what_says_that_it_is_over_is_a_recovery_once),
        cmocka_unit_test(test_a_schedule_recovers_when_it_starts_a_run),
        cmocka_unit_test(test_a_run_that_was_cancelled_or_is_a_replay_ends_nothing),
        cmocka_unit_test(test_how_often_it_was_met_is_counted_since_the_change),
        cmocka_unit_test(test_kinds_without_a_condition_are_told_each_time_but_for_tests),
        cmocka_unit_test(test_a_reference_that_cannot_be_compared_is_told_once_and_touches_no_gate),
        cmocka_unit_test(test_refused_files_are_told_once_until_all_are_taken_in),
        cmocka_unit_test(test_a_batch_with_a_file_that_was_not_taken_in_ends_no_refusal),
        cmocka_unit_test(test_an_inbox_that_fails_is_told_once_and_so_is_its_end),
        cmocka_unit_test(test_a_recovery_is_of_all_kinds_of_its_condition),
        cmocka_unit_test(test_only_the_gates_own_kinds_touch_the_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
