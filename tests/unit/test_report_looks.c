/* daemon/report: what a planned look compares, when it ends a group, and what a result says of it.
 */
#include "daemon/model/case_order.h"
#include "daemon/report/result_looks.h"
#include "daemon/stats/seq.h"
#include "tests/unit/report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES 400
#define LOOKS 4
#define FIRST_LOOK (CASES / LOOKS)
#define MARGIN 0.1

/* Every case is answered by all members; which ones a member has wrong is the caller's. */
struct answers {
    const bool *is_wrong[3]; /* by place in the order; NULL: none */
    int64_t cases;           /* only the first so many of the order have rows */
};

static struct case_order order_of(const struct group *group)
{
    struct case_order order;
    case_order_init(&order, group->spec.case_count, group->spec.looks.order_seed);
    return order;
}

static struct group group_with_looks(struct store_fixture *f, size_t member_count,
                                     const struct answers *answers)
{
    struct group group = report_group(f, member_count, CASES);
    group.gate.margin = MARGIN;
    group.spec.looks = (struct report_looks){.planned = LOOKS, .order_seed = 11};
    group.spec.called_members = member_count;
    group.spec.gate = &group.gate;
    struct case_order order = order_of(&group);
    for (int64_t place = 0; place < answers->cases; place++)
        for (uint32_t member = 0; member < member_count; member++) {
            const bool *is_wrong = answers->is_wrong[member];
            report_add_score(&group, member, case_order_seq(&order, place),
                             is_wrong && is_wrong[place] ? 0 : 1);
        }
    return group;
}

static bool *wrong_every(int64_t step)
{
    bool *is_wrong = calloc(CASES, sizeof(*is_wrong));
    for (int64_t i = 0; i < CASES; i += step)
        is_wrong[i] = true;
    return is_wrong;
}

static struct look_outcome look_at(struct group *group, uint32_t look)
{
    struct look_outcome outcome;
    struct as_err err = {0};
    group->spec.gate = &group->gate; /* the struct was moved */
    if (looks_make(group->f->store, &group->spec, look, &outcome, &err))
        fail_msg("%s", err.msg);
    return outcome;
}

static const struct as_json *candidate_of(const struct look_outcome *outcome, size_t index)
{
    return as_json_at(as_json_get(outcome->json, "candidates"), index);
}

static void keep(const struct group *group, uint32_t look, const struct look_outcome *outcome)
{
    struct as_buf text = {0};
    as_json_write(outcome->json, &text);
    struct look_record record = {.look = look,
                                 .cases = looks_cases(&group->spec, look),
                                 .is_last = outcome->is_last,
                                 .json = text.ptr};
    assert_int_equal(store_look_add(group->f->store, group->spec.group_id, &record), 0);
    as_buf_done(&text);
}

static void test_a_clearly_worse_candidate_is_decided_by_the_first_look(void **state)
{
    bool *is_wrong = wrong_every(2);
    struct answers answers = {.is_wrong = {NULL, is_wrong}, .cases = FIRST_LOOK};
    struct group group = group_with_looks(*state, 2, &answers);
    struct look_outcome outcome = look_at(&group, 1);
    assert_true(outcome.is_last);
    assert_text(candidate_of(&outcome, 0), "decision", "fail");
    assert_num(candidate_of(&outcome, 0), "diff", -0.5);
    assert_num(candidate_of(&outcome, 0), "n_pairs", FIRST_LOOK);
    as_json_free(outcome.json);
    free(is_wrong);
}

/* The differences in the order of the look, through the formulas of the golden numbers. */
static void test_its_interval_is_that_of_the_golden_formulas(void **state)
{
    bool *is_wrong = wrong_every(7);
    struct answers answers = {.is_wrong = {NULL, is_wrong}, .cases = 2 * FIRST_LOOK};
    struct group group = group_with_looks(*state, 2, &answers);
    double diffs[CASES];
    for (size_t i = 0; i < CASES; i++)
        diffs[i] = is_wrong[i] ? -1 : 0;
    const struct stats_look_plan plan = {.looks = LOOKS, .n_max = CASES, .margin = MARGIN};
    struct stats_look want = stats_look_at(&plan, 2, diffs);
    struct look_outcome outcome = look_at(&group, 2);
    assert_interval(candidate_of(&outcome, 0), want.ci.low, want.ci.high, 1e-9);
    assert_num(candidate_of(&outcome, 0), "critical", want.critical);
    assert_text(candidate_of(&outcome, 0), "decision", stats_decision_name(want.decision));
    as_json_free(outcome.json);
    free(is_wrong);
}

static void test_a_pass_waits_while_another_check_is_undecided(void **state)
{
    struct answers answers = {.cases = FIRST_LOOK};
    struct group group = group_with_looks(*state, 2, &answers);
    group.gate.min_pairs = FIRST_LOOK;
    struct look_outcome outcome = look_at(&group, 1);
    assert_true(outcome.is_last);
    assert_text(candidate_of(&outcome, 0), "decision", "pass");
    assert_text(candidate_of(&outcome, 0), "waits_for", NULL);
    as_json_free(outcome.json);
    group.gate.min_pairs = FIRST_LOOK + 1;
    outcome = look_at(&group, 1);
    assert_false(outcome.is_last);
    assert_text(candidate_of(&outcome, 0), "decision", "pass");
    assert_text(candidate_of(&outcome, 0), "waits_for", "sufficiency");
    as_json_free(outcome.json);
}

static void test_all_candidates_must_be_decided(void **state)
{
    bool *half = wrong_every(2), *some = wrong_every(12);
    struct answers answers = {.is_wrong = {NULL, half, some}, .cases = FIRST_LOOK};
    struct group group = group_with_looks(*state, 3, &answers);
    struct look_outcome outcome = look_at(&group, 1);
    assert_false(outcome.is_last);
    assert_text(candidate_of(&outcome, 0), "decision", "fail");
    assert_text(candidate_of(&outcome, 1), "decision", "continue");
    as_json_free(outcome.json);
    free(half);
    free(some);
}

static void test_the_last_planned_look_ends_the_group_undecided(void **state)
{
    bool *some = wrong_every(10);
    struct answers answers = {.is_wrong = {NULL, some}, .cases = CASES};
    struct group group = group_with_looks(*state, 2, &answers);
    struct look_outcome outcome = look_at(&group, LOOKS);
    assert_true(outcome.is_last);
    assert_text(candidate_of(&outcome, 0), "decision", "inconclusive");
    as_json_free(outcome.json);
    free(some);
}

static void test_a_run_that_its_budget_cut_short_is_not_ended_by_a_look(void **state)
{
    bool *half = wrong_every(2);
    struct answers answers = {.is_wrong = {NULL, half}, .cases = FIRST_LOOK - 1};
    struct group group = group_with_looks(*state, 2, &answers);
    struct case_order order = order_of(&group);
    int64_t seq = case_order_seq(&order, FIRST_LOOK - 1);
    for (uint32_t member = 0; member < 2; member++) {
        struct scored_row row = fixture_row(fixture_key(group.spec.group_id, seq, member, 0));
        row.row.status = ROW_SKIPPED;
        row.row.error_class = AS_STR("budget");
        fixture_commit_row(group.f->store, row);
    }
    struct look_outcome outcome = look_at(&group, 1);
    assert_text(candidate_of(&outcome, 0), "decision", "fail");
    assert_false(outcome.is_last);
    as_json_free(outcome.json);
    free(half);
}

static void test_the_result_is_made_of_the_looks_cases_and_interval(void **state)
{
    bool *half = wrong_every(2);
    struct answers answers = {.is_wrong = {NULL, half}, .cases = FIRST_LOOK};
    struct group group = group_with_looks(*state, 2, &answers);
    struct look_outcome outcome = look_at(&group, 1);
    keep(&group, 1, &outcome);
    const struct as_json *result = report_make(&group);
    const struct as_json *ci = as_json_get(candidate_of(&outcome, 0), "ci");
    const struct as_json *looks = as_json_get(result, "looks");
    assert_num(comparison_of(result, 1, EXACT), "n_pairs", FIRST_LOOK);
    assert_num(comparison_of(result, 1, EXACT), "unpaired", 0);
    assert_num(comparison_of(result, 1, EXACT), "p", NAN);
    assert_interval(comparison_of(result, 1, EXACT), as_json_num(as_json_at(ci, 0), NAN),
                    as_json_num(as_json_at(ci, 1), NAN), 1e-12);
    assert_num(member_of(result, 0), "missing", 0);
    assert_num(looks, "stopped_at", 1);
    assert_num(looks, "cases_left_out", CASES - FIRST_LOOK);
    assert_num(looks, "calls_saved", 2 * (CASES - FIRST_LOOK));
    assert_text(looks, "sentence",
                "looks were planned: stopped at look 1 of 4 after 100 of 400 cases; 600 calls "
                "saved");
    report_done(&group);
    as_json_free(outcome.json);
    free(half);
}

/* c0 is the critical one; the order of this seed has it beyond the first look. */
static void test_critical_cases_beyond_the_look_are_seen_by_their_check_alone(void **state)
{
    struct answers answers = {.cases = FIRST_LOOK};
    struct group group = group_with_looks(*state, 2, &answers);
    struct case_order order = order_of(&group);
    assert_true(case_order_place(&order, 0) >= FIRST_LOOK);
    group.gate.critical = GATE_CRITICAL_NO_REGRESSION;
    struct look_outcome outcome = look_at(&group, 1);
    assert_true(outcome.is_last); /* it is run whatever the look decides */
    keep(&group, 1, &outcome);
    const struct as_json *result = report_make(&group);
    assert_text(check_of(verdict_of(result, 1), "critical"), "outcome", "INCONCLUSIVE");
    report_done(&group);
    report_add_score(&group, 0, 0, 1);
    report_add_score(&group, 1, 0, 0);
    result = report_make(&group);
    assert_text(check_of(verdict_of(result, 1), "critical"), "outcome", "FAIL");
    assert_written(check_of(verdict_of(result, 1), "critical"), "evidence", "[\"c0\"]");
    assert_num(comparison_of(result, 1, EXACT), "diff", 0);
    assert_num(comparison_of(result, 1, EXACT), "n_pairs", FIRST_LOOK);
    assert_num(metric_of(result, 1, EXACT), "n", FIRST_LOOK);
    assert_num(as_json_get(result, "looks"), "cases_left_out", CASES - FIRST_LOOK - 1);
    report_done(&group);
    as_json_free(outcome.json);
}

static void test_of_a_group_under_way_the_looks_that_were_made_are_told(void **state)
{
    bool *some = wrong_every(12);
    struct answers answers = {.is_wrong = {NULL, some}, .cases = FIRST_LOOK};
    struct group group = group_with_looks(*state, 2, &answers);
    struct look_outcome outcome = look_at(&group, 1);
    struct as_json *looks = NULL;
    struct as_err err = {0};
    keep(&group, 1, &outcome);
    assert_int_equal(looks_tell(group.f->store, &group.spec, false, &looks, &err), 0);
    assert_int_equal(as_json_len(as_json_get(looks, "done")), 1);
    assert_text(looks, "sentence",
                "looks were planned: 1 of 4 made; the next is after 200 of 400 cases");
    as_json_free(looks);
    as_json_free(outcome.json);
    free(some);
}

static void test_a_damaged_look_is_an_error_and_not_left_out(void **state)
{
    struct answers answers = {.cases = FIRST_LOOK};
    struct group group = group_with_looks(*state, 2, &answers);
    struct look_record look = {.look = 1, .cases = FIRST_LOOK, .is_last = true, .json = "{"};
    struct as_json *looks = NULL;
    struct as_err err = {0};
    group.spec.gate = &group.gate;
    assert_int_equal(store_look_add(group.f->store, group.spec.group_id, &look), 0);
    assert_int_equal(looks_tell(group.f->store, &group.spec, true, &looks, &err), AS_ECORRUPT);
    assert_string_equal(err.msg, "look 1 of this run is damaged in the database");
}

static void test_without_looks_nothing_is_told_of_them(void **state)
{
    struct group group = report_group(*state, 2, 2);
    struct as_json *looks = NULL;
    struct as_err err = {0};
    assert_int_equal(looks_tell(group.f->store, &group.spec, false, &looks, &err), 0);
    assert_null(looks);
    const struct as_json *result = report_make(&group);
    assert_false(as_json_has(result, "looks"));
    report_done(&group);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_clearly_worse_candidate_is_decided_by_the_first_look),
        TEST(test_its_interval_is_that_of_the_golden_formulas),
        TEST(test_a_pass_waits_while_another_check_is_undecided),
        TEST(test_all_candidates_must_be_decided),
        TEST(test_the_last_planned_look_ends_the_group_undecided),
        TEST(test_a_run_that_its_budget_cut_short_is_not_ended_by_a_look),
        TEST(test_the_result_is_made_of_the_looks_cases_and_interval),
        TEST(test_critical_cases_beyond_the_look_are_seen_by_their_check_alone),
        TEST(test_of_a_group_under_way_the_looks_that_were_made_are_told),
        TEST(test_a_damaged_look_is_an_error_and_not_left_out),
        TEST(test_without_looks_nothing_is_told_of_them),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
