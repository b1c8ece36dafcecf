/* ctl/dossier_check: what new hashes do not help, for the parts do not agree. */
#include "ctl/dossier_check.h"
#include "lib/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char body_text[] =
    "{\"made\": {\"format\": 1, \"made_ms\": 5}, \"run\": {\"run\": 3, \"eval\": \"e\", "
    "\"outcome\": \"fail\"}, \"dataset\": {\"hash\": \"aa\"}, \"pins\": {\"eval\": \"e\", "
    "\"dataset\": {\"hash\": \"aa\"}, \"members\": [{\"name\": \"old\"}, {\"name\": \"new\"}]}, "
    "\"verdict\": {\"outcome\": \"fail\", \"verdicts\": [{\"candidate\": \"new\", \"outcome\": "
    "\"fail\", \"checks\": [{\"outcome\": \"PASS\"}, {\"outcome\": \"FAIL\"}, {\"outcome\": "
    "\"INCONCLUSIVE\"}, {\"outcome\": \"SKIP\"}]}]}, \"statistics\": {\"members\": [{\"model\": "
    "\"new\", \"rows\": 4, \"statuses\": {\"ok\": 3, \"timeout\": 1}, \"metrics\": [{\"n\": 3, "
    "\"hist\": [1, 2]}]}], \"comparisons\": [{\"candidate\": \"new\", \"n_pairs\": 4, \"wins\": 1, "
    "\"losses\": 2, \"ties\": 1}]}, \"promotions\": [{\"id\": 1, \"eval\": \"e\", \"override\": "
    "true, \"reason\": \"r\"}]}";

/* The body with a piece of its text replaced, and sealed anew; NULL: as it is. The sentences, one a
 * line. */
static struct as_buf problems_with(const char *from, const char *to)
{
    struct as_buf changed = {0}, text = {0}, all = {0};
    const char *at = from ? strstr(body_text, from) : body_text;
    struct as_json *body = NULL, *read = NULL;
    assert_non_null(at);
    as_buf_add(&changed, body_text, (size_t)(at - body_text));
    as_buf_adds(&changed, from ? to : "");
    as_buf_adds(&changed, at + (from ? strlen(from) : 0));
    assert_int_equal(as_json_parse(changed.ptr, changed.len, &body, NULL), 0);
    AS_CLEANUP_JSON struct as_json *sealed = as_seal("dossier", body);
    as_seal_write(sealed, &text);
    AS_CLEANUP_JSON struct as_json *report = dossier_check(as_buf_str(&text), &read);
    const struct as_json *problems = as_json_get(report, "problems");
    for (size_t i = 0; i < as_json_len(problems); i++)
        as_buf_addf(&all, "%s\n", as_json_cstr(as_json_at(problems, i)));
    assert_int_equal(as_json_get_bool(report, "holds", false), !all.len);
    assert_int_equal(as_json_get_int(report, "run", 0), 3);
    as_json_free(read);
    as_buf_done(&changed);
    as_buf_done(&text);
    return all;
}

static void expect_problem(const char *from, const char *to, const char *sentence)
{
    struct as_buf problems = problems_with(from, to);
    if (!problems.len || !strstr(problems.ptr, sentence))
        fail_msg("not '%s' but: %s", sentence, as_buf_str(&problems).ptr);
    as_buf_done(&problems);
}

static void test_a_dossier_whose_parts_agree_holds(void **state)
{
    (void)state;
    struct as_buf problems = problems_with(NULL, NULL);
    assert_int_equal(problems.len, 0);
    as_buf_done(&problems);
}

static void test_outcomes_have_to_follow_from_the_checks(void **state)
{
    (void)state;
    expect_problem("\"candidate\": \"new\", \"outcome\": \"fail\"",
                   "\"candidate\": \"new\", \"outcome\": \"pass\"",
                   "the outcome of new is 'pass', but from its checks follows 'fail'");
    expect_problem("\"eval\": \"e\", \"outcome\": \"fail\"",
                   "\"eval\": \"e\", \"outcome\": \"pass\"",
                   "the outcome of the run is 'pass', but from its checks follows 'fail'");
    expect_problem("{\"outcome\": \"FAIL\"}", "{\"outcome\": \"PASS\"}",
                   "is 'fail', but from its checks follows 'undecided'");
}

static void test_a_run_that_its_budget_stopped_is_undecided(void **state)
{
    (void)state;
    expect_problem("\"verdicts\"", "\"stopped\": {\"by\": \"budget\"}, \"verdicts\"",
                   "is 'fail', but from its checks follows 'undecided'");
}

static void test_counts_have_to_add_up(void **state)
{
    (void)state;
    expect_problem("\"wins\": 1", "\"wins\": 3",
                   "wins, losses and ties of new add up to 6, but 4 are stated");
    expect_problem("\"timeout\": 1", "\"timeout\": 2",
                   "the statuses of new add up to 5, but 4 are stated");
    expect_problem("[1, 2]", "[1, 3]", "the cases in the histogram of new add up to 4");
}

static void test_counts_are_no_debts_and_do_not_go_round(void **state)
{
    (void)state;
    expect_problem("\"ok\": 3, \"timeout\": 1", "\"ok\": 5, \"timeout\": -1",
                   "the statuses of new have a count below 0, or one that is too large");
    expect_problem("\"wins\": 1, \"losses\": 2, \"ties\": 1",
                   "\"wins\": 9223372036854775807, \"losses\": 9223372036854775807, \"ties\": 6",
                   "wins, losses and ties of new have a count");
    expect_problem("[1, 2]", "[-1, 4]", "the cases in the histogram of new have a count");
}

static void test_parts_have_to_speak_of_one_run(void **state)
{
    (void)state;
    expect_problem("\"hash\": \"aa\"", "\"hash\": \"bb\"",
                   "the dataset's hash is 'bb' in one part");
    expect_problem("{\"name\": \"new\"}", "{\"name\": \"newer\"}",
                   "the verdict speaks of 'new', which is no member");
    expect_problem("\"id\": 1, \"eval\": \"e\"", "\"id\": 1, \"eval\": \"f\"",
                   "the eval of a promotion is 'f'");
}

static void test_an_override_needs_its_reason(void **state)
{
    (void)state;
    expect_problem(", \"reason\": \"r\"", "", "promotion 1 has an override without a reason");
}

static void test_a_later_format_is_not_guessed_at(void **state)
{
    (void)state;
    expect_problem("\"format\": 1", "\"format\": 2", "its format is 2; this assayctl knows 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dossier_whose_parts_agree_holds),
        cmocka_unit_test(test_outcomes_have_to_follow_from_the_checks),
        cmocka_unit_test(test_a_run_that_its_budget_stopped_is_undecided),
        cmocka_unit_test(test_counts_have_to_add_up),
        cmocka_unit_test(test_counts_are_no_debts_and_do_not_go_round),
        cmocka_unit_test(test_parts_have_to_speak_of_one_run),
        cmocka_unit_test(test_an_override_needs_its_reason),
        cmocka_unit_test(test_a_later_format_is_not_guessed_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
