/* The state machines of rows and groups, against a second statement of the rules: every pair of
 * state and event. */
#include "daemon/model/fsm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* "from event -> to" of every permitted pair, for a row with one scorer and a rubric, first judge
 * turn. */
static const struct {
    enum row_state from;
    enum row_event event;
    enum row_state to;
    enum row_status status; /* looked at when to is commit */
} permitted[] = {
    {ROW_AT_START, ROW_EV_CALL, ROW_AT_REQUEST, ROW_OK},
    {ROW_AT_START, ROW_EV_RECORDED, ROW_AT_SCORE, ROW_OK},
    {ROW_AT_START, ROW_EV_NOT_RECORDED, ROW_AT_COMMIT, ROW_SKIPPED},
    {ROW_AT_START, ROW_EV_OVER_BUDGET, ROW_AT_COMMIT, ROW_SKIPPED},
    {ROW_AT_REQUEST, ROW_EV_BUILT, ROW_AT_SEND, ROW_OK},
    {ROW_AT_REQUEST, ROW_EV_PLUGIN_FAILED, ROW_AT_COMMIT, ROW_SCORER_ERROR},
    {ROW_AT_REQUEST, ROW_EV_CANCEL, ROW_AT_COMMIT, ROW_CANCELLED},
    {ROW_AT_SEND, ROW_EV_REPLIED, ROW_AT_PARSE, ROW_OK},
    {ROW_AT_SEND, ROW_EV_NO_REPLY, ROW_AT_COMMIT, ROW_MODEL_ERROR},
    {ROW_AT_SEND, ROW_EV_TIMED_OUT, ROW_AT_COMMIT, ROW_TIMEOUT},
    {ROW_AT_SEND, ROW_EV_OVER_BUDGET, ROW_AT_COMMIT, ROW_SKIPPED},
    {ROW_AT_SEND, ROW_EV_CANCEL, ROW_AT_COMMIT, ROW_CANCELLED},
    {ROW_AT_PARSE, ROW_EV_OUTPUT, ROW_AT_SCORE, ROW_OK},
    {ROW_AT_PARSE, ROW_EV_API_ERROR, ROW_AT_COMMIT, ROW_MODEL_ERROR},
    {ROW_AT_PARSE, ROW_EV_REFUSED, ROW_AT_COMMIT, ROW_REFUSED},
    {ROW_AT_PARSE, ROW_EV_PLUGIN_FAILED, ROW_AT_COMMIT, ROW_SCORER_ERROR},
    {ROW_AT_PARSE, ROW_EV_CANCEL, ROW_AT_COMMIT, ROW_CANCELLED},
    {ROW_AT_SCORE, ROW_EV_SCORED, ROW_AT_ASK, ROW_OK},
    {ROW_AT_SCORE, ROW_EV_PLUGIN_FAILED, ROW_AT_ASK, ROW_OK},
    {ROW_AT_SCORE, ROW_EV_CANCEL, ROW_AT_COMMIT, ROW_CANCELLED},
    {ROW_AT_ASK, ROW_EV_QUESTION, ROW_AT_JUDGE_REQUEST, ROW_OK},
    {ROW_AT_ASK, ROW_EV_NO_QUESTION, ROW_AT_COMMIT, ROW_OK},
    {ROW_AT_ASK, ROW_EV_PLUGIN_FAILED, ROW_AT_COMMIT, ROW_SCORER_ERROR},
    {ROW_AT_ASK, ROW_EV_CANCEL, ROW_AT_COMMIT, ROW_CANCELLED},
    {ROW_AT_JUDGE_REQUEST, ROW_EV_BUILT, ROW_AT_JUDGE_SEND, ROW_OK},
    {ROW_AT_JUDGE_REQUEST, ROW_EV_PLUGIN_FAILED, ROW_AT_COMMIT, ROW_SCORER_ERROR},
    {ROW_AT_JUDGE_REQUEST, ROW_EV_CANCEL, ROW_AT_COMMIT, ROW_CANCELLED},
    {ROW_AT_JUDGE_SEND, ROW_EV_REPLIED, ROW_AT_JUDGE_PARSE, ROW_OK},
    {ROW_AT_JUDGE_SEND, ROW_EV_NO_REPLY, ROW_AT_COMMIT, ROW_JUDGE_ERROR},
    {ROW_AT_JUDGE_SEND, ROW_EV_TIMED_OUT, ROW_AT_COMMIT, ROW_JUDGE_ERROR},
    {ROW_AT_JUDGE_SEND, ROW_EV_OVER_BUDGET, ROW_AT_COMMIT, ROW_SKIPPED},
    {ROW_AT_JUDGE_SEND, ROW_EV_CANCEL, ROW_AT_COMMIT, ROW_CANCELLED},
    {ROW_AT_JUDGE_PARSE, ROW_EV_OUTPUT, ROW_AT_GRADE, ROW_OK},
    {ROW_AT_JUDGE_PARSE, ROW_EV_API_ERROR, ROW_AT_COMMIT, ROW_JUDGE_ERROR},
    {ROW_AT_JUDGE_PARSE, ROW_EV_REFUSED, ROW_AT_COMMIT, ROW_JUDGE_ERROR},
    {ROW_AT_JUDGE_PARSE, ROW_EV_PLUGIN_FAILED, ROW_AT_COMMIT, ROW_SCORER_ERROR},
    {ROW_AT_JUDGE_PARSE, ROW_EV_CANCEL, ROW_AT_COMMIT, ROW_CANCELLED},
    {ROW_AT_GRADE, ROW_EV_GRADED, ROW_AT_COMMIT, ROW_OK},
    {ROW_AT_GRADE, ROW_EV_UNREADABLE, ROW_AT_JUDGE_REQUEST, ROW_OK},
    {ROW_AT_GRADE, ROW_EV_PLUGIN_FAILED, ROW_AT_COMMIT, ROW_SCORER_ERROR},
    {ROW_AT_GRADE, ROW_EV_CANCEL, ROW_AT_COMMIT, ROW_CANCELLED},
    {ROW_AT_COMMIT, ROW_EV_COMMITTED, ROW_AT_END, ROW_OK},
};

static struct row_fsm row_at(enum row_state state)
{
    return (struct row_fsm){
        .state = state, .scorers_total = 1, .scorers_left = 1, .has_rubric = true};
}

static int permitted_index(enum row_state state, enum row_event event)
{
    for (size_t i = 0; i < AS_COUNT(permitted); i++)
        if (permitted[i].from == state && permitted[i].event == event)
            return (int)i;
    return -1;
}

static void test_every_pair_of_row_state_and_event(void **unused)
{
    (void)unused;
    for (int s = 0; s < ROW_STATE_COUNT; s++) {
        for (int e = 0; e < ROW_EVENT_COUNT; e++) {
            struct row_fsm row = row_at((enum row_state)s), before = row;
            enum row_action action = ROW_DO_NOTHING;
            int rc = row_step(&row, (enum row_event)e, &action);
            int at = permitted_index((enum row_state)s, (enum row_event)e);
            if (at < 0) {
                assert_int_equal(rc, AS_ESTATE);
                assert_memory_equal(&row, &before, sizeof(row));
                continue;
            }
            assert_int_equal(rc, 0);
            assert_string_equal(row_state_name(row.state), row_state_name(permitted[at].to));
            if (row.state == ROW_AT_COMMIT)
                assert_int_equal(row.status, permitted[at].status);
        }
    }
}

static void test_row_waits_for_every_scorer(void **unused)
{
    (void)unused;
    struct row_fsm row = {.state = ROW_AT_PARSE, .scorers_total = 3};
    enum row_action action;
    assert_int_equal(row_step(&row, ROW_EV_OUTPUT, &action), 0);
    assert_int_equal(action, ROW_DO_SCORE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(row_step(&row, ROW_EV_SCORED, &action), 0);
        assert_int_equal(action, ROW_DO_NOTHING);
        assert_int_equal(row.state, ROW_AT_SCORE);
    }
    assert_int_equal(row_step(&row, ROW_EV_SCORED, &action), 0);
    assert_int_equal(action, ROW_DO_COMMIT);
    assert_int_equal(row.status, ROW_OK);
}

static void test_row_waits_for_the_scorers_beside_the_one_that_failed(void **unused)
{
    (void)unused;
    struct row_fsm row = {.state = ROW_AT_SCORE, .scorers_total = 2, .scorers_left = 2};
    enum row_action action;
    assert_int_equal(row_step(&row, ROW_EV_PLUGIN_FAILED, &action), 0);
    assert_int_equal(action, ROW_DO_NOTHING);
    assert_int_equal(row.state, ROW_AT_SCORE);
    assert_int_equal(row_step(&row, ROW_EV_SCORED, &action), 0);
    assert_int_equal(action, ROW_DO_COMMIT);
    assert_int_equal(row.status, ROW_SCORER_ERROR);
}

/* However the judge fares after a scorer has failed. */
static void test_a_scorers_failure_is_the_rows_whatever_the_judge_does(void **unused)
{
    (void)unused;
    static const struct {
        enum row_state state;
        enum row_event event;
        enum row_status status;
    } ends[] = {
        {ROW_AT_GRADE, ROW_EV_GRADED, ROW_SCORER_ERROR},
        {ROW_AT_ASK, ROW_EV_NO_QUESTION, ROW_SCORER_ERROR},
        {ROW_AT_JUDGE_SEND, ROW_EV_NO_REPLY, ROW_SCORER_ERROR},
        {ROW_AT_GRADE, ROW_EV_CANCEL, ROW_CANCELLED},
    };
    for (size_t i = 0; i < AS_COUNT(ends); i++) {
        struct row_fsm row = row_at(ROW_AT_SCORE);
        enum row_action action;
        assert_int_equal(row_step(&row, ROW_EV_PLUGIN_FAILED, &action), 0);
        assert_int_equal(action, ROW_DO_ASK);
        row.state = ends[i].state;
        assert_int_equal(row_step(&row, ends[i].event, &action), 0);
        assert_int_equal(action, ROW_DO_COMMIT);
        assert_string_equal(row_status_name(row.status), row_status_name(ends[i].status));
    }
}

static void test_row_without_scorers_goes_straight_to_the_rubric(void **unused)
{
    (void)unused;
    struct row_fsm row = {.state = ROW_AT_PARSE, .has_rubric = true};
    enum row_action action;
    assert_int_equal(row_step(&row, ROW_EV_OUTPUT, &action), 0);
    assert_int_equal(action, ROW_DO_ASK);
}

static void test_judge_is_skipped_when_a_required_scorer_did_not_pass(void **unused)
{
    (void)unused;
    struct row_fsm row = row_at(ROW_AT_SCORE);
    enum row_action action;
    row.is_judge_skipped = true;
    assert_int_equal(row_step(&row, ROW_EV_SCORED, &action), 0);
    assert_int_equal(action, ROW_DO_COMMIT);
    assert_int_equal(row.status, ROW_OK);
}

static void test_judge_is_skipped_when_a_required_scorer_failed(void **unused)
{
    (void)unused;
    struct row_fsm row = row_at(ROW_AT_SCORE);
    enum row_action action;
    row.is_judge_skipped = true;
    assert_int_equal(row_step(&row, ROW_EV_PLUGIN_FAILED, &action), 0);
    assert_int_equal(action, ROW_DO_COMMIT);
    assert_int_equal(row.status, ROW_SCORER_ERROR);
}

static void test_judge_is_asked_once_more_and_then_it_is_a_judge_error(void **unused)
{
    (void)unused;
    struct row_fsm row = row_at(ROW_AT_GRADE);
    enum row_action action;
    assert_int_equal(row_step(&row, ROW_EV_UNREADABLE, &action), 0);
    assert_int_equal(action, ROW_DO_JUDGE_REQUEST);
    assert_int_equal(row.judge_turn, 1);
    row.state = ROW_AT_GRADE;
    assert_int_equal(row_step(&row, ROW_EV_UNREADABLE, &action), 0);
    assert_int_equal(action, ROW_DO_COMMIT);
    assert_int_equal(row.status, ROW_JUDGE_ERROR);
}

static void test_every_pair_of_group_state_and_event(void **unused)
{
    (void)unused;
    static const struct {
        enum group_state from;
        enum group_event event;
        enum group_state to;
    } moves[] = {
        {GROUP_PENDING, GROUP_EV_START, GROUP_RUNNING},
        {GROUP_PENDING, GROUP_EV_CANCEL, GROUP_CANCELLED},
        {GROUP_PENDING, GROUP_EV_FAULT, GROUP_FAULTED},
        {GROUP_PENDING, GROUP_EV_GIVE_UP, GROUP_FAILED},
        {GROUP_RUNNING, GROUP_EV_ALL_ROWS_DONE, GROUP_FINISHING},
        {GROUP_RUNNING, GROUP_EV_CANCEL, GROUP_CANCELLING},
        {GROUP_RUNNING, GROUP_EV_PAUSE, GROUP_PAUSED},
        {GROUP_RUNNING, GROUP_EV_HOLD, GROUP_HELD},
        {GROUP_RUNNING, GROUP_EV_FAULT, GROUP_FAULTED},
        {GROUP_RUNNING, GROUP_EV_GIVE_UP, GROUP_FAILED},
        {GROUP_PAUSED, GROUP_EV_CANCEL, GROUP_CANCELLING},
        {GROUP_PAUSED, GROUP_EV_HOLD, GROUP_HELD},
        {GROUP_PAUSED, GROUP_EV_RESUME, GROUP_RUNNING},
        {GROUP_PAUSED, GROUP_EV_FAULT, GROUP_FAULTED},
        {GROUP_PAUSED, GROUP_EV_GIVE_UP, GROUP_FAILED},
        {GROUP_HELD, GROUP_EV_CANCEL, GROUP_CANCELLING},
        {GROUP_HELD, GROUP_EV_PAUSE, GROUP_PAUSED},
        {GROUP_HELD, GROUP_EV_RESUME, GROUP_RUNNING},
        {GROUP_HELD, GROUP_EV_FAULT, GROUP_FAULTED},
        {GROUP_HELD, GROUP_EV_GIVE_UP, GROUP_FAILED},
        {GROUP_FAULTED, GROUP_EV_RESUME, GROUP_RUNNING},
        {GROUP_DONE, GROUP_EV_REOPEN, GROUP_RUNNING},
        {GROUP_CANCELLED, GROUP_EV_REOPEN, GROUP_RUNNING},
        {GROUP_FINISHING, GROUP_EV_REPORTED, GROUP_DONE},
        {GROUP_FINISHING, GROUP_EV_FAULT, GROUP_FAULTED},
        {GROUP_FINISHING, GROUP_EV_GIVE_UP, GROUP_FAILED},
        {GROUP_CANCELLING, GROUP_EV_ALL_ROWS_DONE, GROUP_CANCELLED},
        {GROUP_CANCELLING, GROUP_EV_FAULT, GROUP_FAULTED},
        {GROUP_CANCELLING, GROUP_EV_GIVE_UP, GROUP_FAILED},
    };
    for (int s = 0; s < GROUP_STATE_COUNT; s++) {
        for (int e = 0; e < GROUP_EVENT_COUNT; e++) {
            enum group_state state = (enum group_state)s, expected = state;
            int expected_rc = AS_ESTATE;
            for (size_t i = 0; i < AS_COUNT(moves); i++) {
                if ((int)moves[i].from == s && (int)moves[i].event == e) {
                    expected = moves[i].to;
                    expected_rc = 0;
                }
            }
            assert_int_equal(group_step(&state, (enum group_event)e), expected_rc);
            assert_string_equal(group_state_name(state), group_state_name(expected));
        }
    }
}

static void test_only_the_models_own_failures_count_against_it(void **unused)
{
    (void)unused;
    for (int s = 0; s < ROW_STATUS_COUNT; s++) {
        bool expected = s == ROW_MODEL_ERROR || s == ROW_TIMEOUT || s == ROW_REFUSED;
        assert_int_equal(row_status_is_models_fault((enum row_status)s), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair_of_row_state_and_event),
        cmocka_unit_test(test_row_waits_for_every_scorer),
        cmocka_unit_test(test_row_waits_for_the_scorers_beside_the_one_that_failed),
        cmocka_unit_test(test_a_scorers_failure_is_the_rows_whatever_the_judge_does),
        cmocka_unit_test(test_row_without_scorers_goes_straight_to_the_rubric),
        cmocka_unit_test(test_judge_is_skipped_when_a_required_scorer_did_not_pass),
        cmocka_unit_test(test_judge_is_skipped_when_a_required_scorer_failed),
        cmocka_unit_test(test_judge_is_asked_once_more_and_then_it_is_a_judge_error),
        cmocka_unit_test(test_every_pair_of_group_state_and_event),
        cmocka_unit_test(test_only_the_models_own_failures_count_against_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
