/* daemon/report: what a result warns of, and which models it says answered. */
#include "tests/unit/report_fixture.h"

#include "daemon/report/result_warnings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A group with a margin, so that nothing is said of that. */
static struct group group_of(struct store_fixture *f, size_t members, size_t cases)
{
    struct group group = report_group(f, members, cases);
    group.gate.margin = 0.1;
    return group;
}

/* An ok row with this text, answered by this model, both NULL for the fixture's own. */
static void add_answer(const struct group *group, uint32_t member, int64_t case_seq, double score,
                       const char *text, const char *model_id)
{
    struct row_key key = {group->spec.group_id, case_seq, member, 0};
    const struct score_record scores[METRIC_COUNT] = {
        {.metric = EXACT, .score = score, .pass = -1},
        {.metric = JUDGE, .score = score, .pass = -1},
    };
    struct scored_row row = fixture_row(key);
    if (text)
        row.row.text = as_str_from(text);
    if (model_id)
        row.row.model_id = as_str_from(model_id);
    row.scores = scores;
    row.score_count = METRIC_COUNT;
    fixture_commit_row(group->f->store, row);
}

/* The warnings, one a line. */
static const char *warnings_of(struct group *group)
{
    static char text[4096];
    const struct as_json *warnings = as_json_get(report_make(group), "warnings");
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < as_json_len(warnings); i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n",
                                as_json_cstr(as_json_at(warnings, i)));
    return text;
}

/* ---- both sides the same ---- */

static void test_answers_that_are_the_baselines_word_for_word_are_warned_about(void **state)
{
    struct group group = group_of(*state, 2, 3);
    for (int64_t i = 0; i < 3; i++)
        for (uint32_t member = 0; member < 2; member++)
            add_answer(&group, member, i, member ? 0.4 : 0.5, "the same", NULL);
    assert_string_equal(warnings_of(&group),
                        "every one of the 3 answers of 'small' is the baseline's, word for word: "
                        "was it really run?\n"); /* a judge may still have scored them apart */
    report_done(&group);
}

static void test_scores_that_all_tie_over_other_texts_are_said_to_be_that(void **state)
{
    struct group group = group_of(*state, 2, 3);
    for (int64_t i = 0; i < 3; i++)
        for (uint32_t member = 0; member < 2; member++)
            add_answer(&group, member, i, 1, member && i == 2 ? "other" : "the same", NULL);
    assert_string_equal(warnings_of(&group),
                        "every one of the 3 pairs of 'small' and the baseline has the same score, "
                        "though their answers differ: does the metric tell them apart?\n");
    report_done(&group);
}

static void test_of_two_candidates_the_one_that_is_the_baseline_is_named(void **state)
{
    struct group group = group_of(*state, 3, 200); /* more than a page of rows */
    for (int64_t i = 0; i < 200; i++) {
        add_answer(&group, 0, i, 1, "a", NULL);
        add_answer(&group, 1, i, i % 2 ? 1 : 0, "b", NULL);
        add_answer(&group, 2, i, 1, "a", NULL);
    }
    assert_string_equal(warnings_of(&group),
                        "every one of the 200 answers of 'tiny' is the baseline's, word for word: "
                        "was it really run?\n");
    report_done(&group);
}

/* ---- who answered ---- */

static struct group group_of_names(struct store_fixture *f, const char *const *ids)
{
    struct group group = group_of(f, 2, 4);
    group.spec.member_ids = ids;
    return group;
}

static void add_answers(const struct group *group, const char *baseline, const char *candidate,
                        const char *last)
{
    for (int64_t i = 0; i < 4; i++) {
        add_answer(group, 0, i, 1, "a", baseline);
        add_answer(group, 1, i, i % 2 ? 1 : 0, "b", i == 3 ? last : candidate);
    }
}

static void test_a_model_that_answers_under_its_own_name_is_told_without_a_warning(void **state)
{
    static const char *const ids[] = {"openai/gpt-4.1-2025-04-14", "sim-small"};
    struct group group = group_of_names(*state, ids);
    add_answers(&group, "gpt-4.1-2025-04-14", "sim-small", "sim-small");
    assert_string_equal(warnings_of(&group), "");
    const struct as_json *member = member_of(group.result.json, 0);
    assert_written(member, "returned_ids", "[{\"id\":\"gpt-4.1-2025-04-14\",\"rows\":4}]");
    assert_num(member, "returned_ids_left_out", 0);
    report_done(&group);
}

static void test_an_alias_is_named_with_what_the_api_returned(void **state)
{
    static const char *const ids[] = {"gpt-4.1", "sim-small"};
    struct group group = group_of_names(*state, ids);
    add_answers(&group, "gpt-4.1-2025-04-14", "sim-small", "sim-small");
    assert_string_equal(warnings_of(&group),
                        "'large' asked for gpt-4.1 and was answered by gpt-4.1-2025-04-14 (4 "
                        "rows): gpt-4.1 may be another model tomorrow, name the one that "
                        "answered\n");
    report_done(&group);
}

static void test_several_models_behind_one_name_are_counted(void **state)
{
    static const char *const ids[] = {"sim-large", "small-alias"};
    struct group group = group_of_names(*state, ids);
    add_answers(&group, "sim-large", "small-1", "small-2");
    assert_string_equal(warnings_of(&group), "'small' is the answers of 2 models: small-1 (3 "
                                             "rows), small-2 (1 row); it asked for small-alias\n");
    assert_written(member_of(group.result.json, 1), "returned_ids",
                   "[{\"id\":\"small-1\",\"rows\":3},{\"id\":\"small-2\",\"rows\":1}]");
    report_done(&group);
}

static void test_a_name_without_a_date_that_the_api_only_repeats_is_told(void **state)
{
    static const char *const ids[] = {"gpt-4.1", "sim-small"};
    struct group group = group_of_names(*state, ids);
    group.spec.judge_name = "judge";
    group.spec.judge_id = "claude-opus-4-1";
    add_answers(&group, "gpt-4.1", "sim-small", "sim-small");
    assert_string_equal(warnings_of(&group),
                        "no date or version in the model id of 'large' (gpt-4.1), 'judge' "
                        "(claude-opus-4-1): the same id may be another model tomorrow\n");
    report_done(&group);
}

static void test_of_very_many_returned_ids_the_rest_is_counted(void **state)
{
    struct group group = group_of(*state, 1, RESULT_IDS_MAX + 5);
    for (int64_t i = 0; i < RESULT_IDS_MAX + 5; i++) {
        char id[32];
        snprintf(id, sizeof(id), "m-%02d", (int)i);
        add_answer(&group, 0, i, 1, "a", id);
    }
    const struct as_json *member = member_of(report_make(&group), 0);
    assert_int_equal(as_json_len(as_json_get(member, "returned_ids")), RESULT_IDS_MAX);
    assert_num(member, "returned_ids_left_out", 5);
    report_done(&group);
}

/* ---- the judge ---- */

static void test_a_judge_of_a_members_family_is_warned_about(void **state)
{
    static const char *const ids[] = {"sim-large", "gpt-4.1-mini-2025-04-14"};
    struct group group = group_of_names(*state, ids);
    group.spec.judge_name = "judge";
    group.spec.judge_id = "openai/gpt-4o-2024-08-06";
    add_answers(&group, "sim-large", "gpt-4.1-mini-2025-04-14", "gpt-4.1-mini-2025-04-14");
    assert_string_equal(warnings_of(&group),
                        "the judge 'judge' (openai/gpt-4o-2024-08-06) is of one family, GPT, with "
                        "'small' (gpt-4.1-mini-2025-04-14): judges favour answers of their own "
                        "kind\n");
    report_done(&group);
}

static void test_a_judge_that_is_a_member_under_another_name_is_warned_about(void **state)
{
    static const char *const ids[] = {"our-model", "sim-small"};
    struct group group = group_of_names(*state, ids);
    group.spec.judge_name = "judge";
    group.spec.judge_id = "our-model";
    add_answers(&group, "our-model", "sim-small", "sim-small");
    assert_string_equal(warnings_of(&group),
                        "the judge 'judge' (our-model) is of one family with 'large' (our-model): "
                        "judges favour answers of their own kind\n");
    report_done(&group);
}

#define REPORT_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_answers_that_are_the_baselines_word_for_word_are_warned_about),
        REPORT_TEST(test_scores_that_all_tie_over_other_texts_are_said_to_be_that),
        REPORT_TEST(test_of_two_candidates_the_one_that_is_the_baseline_is_named),
        REPORT_TEST(test_a_model_that_answers_under_its_own_name_is_told_without_a_warning),
        REPORT_TEST(test_an_alias_is_named_with_what_the_api_returned),
        REPORT_TEST(test_several_models_behind_one_name_are_counted),
        REPORT_TEST(test_a_name_without_a_date_that_the_api_only_repeats_is_told),
        REPORT_TEST(test_of_very_many_returned_ids_the_rest_is_counted),
        REPORT_TEST(test_a_judge_of_a_members_family_is_warned_about),
        REPORT_TEST(test_a_judge_that_is_a_member_under_another_name_is_warned_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
