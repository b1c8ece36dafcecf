/* The drift section: an anchor is another eval, which may stand in a file that is read later. */
#include "tests/unit/config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RUBRIC "rubric: {use: correctness@1, judge: judge}\n"
#define EVAL "dataset: d\nbaseline: large\ncandidates: [small]\n"
#define ANCHOR "dataset: frozen@1\nbaseline: recorded\n"

/* The evals e.yaml and x.yaml; what is then said of e, "" when it is in force. x NULL: no file. */
static const char *said_of(const struct config *config, const char *e, const char *x)
{
    static char said[1024];
    fixture_write("evals/e.yaml", e);
    if (x)
        fixture_write("evals/x.yaml", x);
    struct eval_set *set = fixture_load_evals(config);
    const struct eval_refusal *refusal = eval_set_refusal(set, "e");
    assert_true(!refusal == !!eval_set_find(set, "e"));
    snprintf(said, sizeof(said), "%s", refusal ? fixture_without_folder(refusal->reason) : "");
    eval_set_unref(set);
    return said;
}

static void test_an_anchor_needs_no_candidate_and_its_order_does_not_matter(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/a.yaml", ANCHOR RUBRIC);
    fixture_write("evals/b.yaml", EVAL RUBRIC "drift: {anchor: z, max_gap: 36h}\n");
    fixture_write("evals/c.yaml", EVAL RUBRIC "drift: {anchor: a}\n");
    fixture_write("evals/z.yaml", ANCHOR "candidates: ['recorded:old']\n" RUBRIC);
    struct eval_set *set = fixture_load_evals(config);
    assert_int_equal(set->eval_count, 4);
    assert_null(eval_set_find(set, "a")->drift.anchor);
    assert_int_equal(eval_set_find(set, "a")->candidate_count, 0);
    assert_string_equal(eval_set_find(set, "b")->drift.anchor, "z");
    assert_int_equal(eval_set_find(set, "b")->drift.max_gap_ms, 36 * 3600 * 1000);
    assert_int_equal(eval_set_find(set, "c")->drift.max_gap_ms, 7 * 24 * 3600 * 1000);
    eval_set_unref(set);
    config_unref(config);
}

#define NAMES "drift: {anchor: x}\n"
#define AT "evals/e.yaml:5:17: drift.anchor: "

static void test_what_cannot_be_an_anchor_is_told_with_the_remedy(void **state)
{
    (void)state;
    static const struct {
        const char *e, *x, *said;
    } cases[] = {
        {EVAL RUBRIC NAMES, NULL, AT "no eval named 'x'; there is 'e'"},
        {EVAL RUBRIC NAMES, EVAL RUBRIC,
         AT "eval 'x' calls 'large', and only recorded answers stay as they are: give evals/x.yaml "
            "`baseline: "
            "recorded` and no model as a candidate"},
        {EVAL RUBRIC NAMES, ANCHOR "candidates: [small]\n" RUBRIC,
         AT "eval 'x' calls 'small', and only recorded answers stay as they are: give evals/x.yaml "
            "`baseline: "
            "recorded` and no model as a candidate"},
        {EVAL RUBRIC NAMES, ANCHOR "scorers: [json_valid]\n",
         AT "no judge scores eval 'x': give evals/x.yaml this eval's rubric"},
        {EVAL RUBRIC NAMES, ANCHOR "rubric: {use: correctness@1, judge: large}\n",
         AT "eval 'x' is judged by 'large', this one by 'judge': name one judge in both files"},
        {EVAL RUBRIC NAMES, ANCHOR "rubric: {use: tone@1, judge: judge}\n",
         AT "eval 'x' has the rubric 'tone@1', this one 'correctness@1': use one in both files"},
        {EVAL RUBRIC NAMES, ANCHOR "rubric: {use: correctness@1, judge: judge, params: {a: 1}}\n",
         AT "eval 'x' gives the rubric other params: give it the same in both files"},
        {EVAL RUBRIC NAMES, ANCHOR RUBRIC "journal: cache\n",
         AT
         "eval 'x' has `journal: cache`, so old replies stand in for the judge and a drift of it "
         "cannot show: take `journal` out of evals/x.yaml"},
        {EVAL RUBRIC "drift: {anchor: e}\n", NULL,
         AT "an eval cannot be its own anchor: name one of recorded answers"},
        {EVAL "scorers: [json_valid]\n" NAMES, NULL,
         AT "no judge scores anything here, so none can drift: leave it out"},
        {"dataset: d\n\nbaseline: recorded\n" RUBRIC NAMES, NULL,
         AT "the answers here are recorded, so all that can drift is the judge: leave it out"},
        {EVAL RUBRIC "drift: {max_gap: 1d}\n", NULL,
         "evals/e.yaml:5:8: drift: missing key 'anchor'"},
        {EVAL RUBRIC "drift: {anchor: x, max_gap: soon}\n", NULL,
         "evals/e.yaml:5:29: drift.max_gap: must be a length of time like 90s, 15m, 1h30m or 7d"},
    };
    struct config *config = fixture_load_with_evals();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(said_of(config, cases[i].e, cases[i].x), cases[i].said);
        if (cases[i].x)
            assert_int_equal(unlink(fixture_path("evals/x.yaml")), 0);
    }
    config_unref(config);
}

/* What is wrong with its file is told of that one. */
static void test_a_broken_file_of_the_anchor_does_not_take_the_eval_along(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    assert_string_equal(said_of(config, EVAL RUBRIC NAMES, "datset: d\n"), "");
    config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(test_an_anchor_needs_no_candidate_and_its_order_does_not_matter),
        CONFIG_TEST(test_what_cannot_be_an_anchor_is_told_with_the_remedy),
        CONFIG_TEST(test_a_broken_file_of_the_anchor_does_not_take_the_eval_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
