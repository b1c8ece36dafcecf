/* Reports for people, HTML and Markdown: what a model or a dataset said stays text in each of them,
 * and what is not known is not 0. */
#include "tests/unit/render_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* With an earlier run: one model that is paired with itself of then, one that is not. */
static const char compared_text[] =
    "{\"a\": {\"run\": 3}, \"b\": {\"run\": 7}, \"forced\": [\"scorer: <match@1>\"],"
    " \"notes\": [\"prices differ\"], \"comparisons\": [{\"baseline\": \"o<l>d\", "
    "\"baseline_run\": 3, \"candidate\": \"o<l>d\", \"candidate_run\": 7, \"n_pairs\": 41, "
    "\"diff\": -0.25, \"ci\": [-0.5, 0], \"p\": 0.04, \"p_holm\": 0.08, \"wins\": 11, \"losses\": "
    "12, \"ties\": "
    "18, \"sentence\": \"worse by 25.0 points, n=41 pairs\"},"
    " {\"baseline\": \"new\", \"candidate\": \"new\", \"candidate_run\": 7, \"baseline_n\": "
    "52, \"candidate_n\": 61, \"diff\": 0.125, \"ci\": [0, 0.25], \"sentence\": \"better, n=52 "
    "and 61, unpaired\"}]}";

static void test_an_unknown_format_is_none(void **state)
{
    (void)state;
    assert_null(render_format_find("pdf"));
    assert_null(render_format_find(""));
}

static void test_html_shows_markup_of_others_as_text(void **state)
{
    (void)state;
    struct report report = report_in("html");
    assert_report_has(&report,
                      "&lt;/pre&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\xEF\xBF\xBD[2J");
    assert_report_has(&report, "&lt;i&gt;triage&lt;/i&gt;");
    assert_report_has(&report, "&lt;b&gt;careful&lt;/b&gt;");
    assert_report_has(&report, "1 &lt; 2 &amp; 3");
    assert_report_has(&report, "&lt;u&gt;x&lt;/u&gt;");
    assert_report_lacks(&report, "alert('x')");
    assert_report_lacks(&report, "<u>");
    report_done(&report);
}

static void test_html_is_whole_and_needs_no_network(void **state)
{
    (void)state;
    struct report report = report_in("html");
    assert_report_has(&report, "<!doctype html>");
    assert_report_has(&report, "</body></html>\n");
    assert_report_has(&report, "default-src 'none'");
    assert_report_lacks(&report, "http://");
    assert_report_lacks(&report, "https://");
    assert_report_lacks(&report, "src=");
    report_done(&report);
}

static void test_html_says_what_is_not_known(void **state)
{
    (void)state;
    struct report report = report_in("html");
    assert_report_has(&report, "new has no cost or no score");
    assert_report_has(&report, "n/a");
    assert_report_lacks(&report, "nan");
    report_done(&report);
}

/* A flip of a case whose answers are longer than the list of flips shows. */
static void test_html_lists_flips_with_what_both_said(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof(text));
    struct report report = {0};
    struct row_listing rows[3] = {{.row = {.text = AS_STR("<old>"), .output_tokens = -1}},
                                  {.row = {.text = {text, sizeof(text)}, .output_tokens = -1}},
                                  {.row = {.text = AS_STR("other"), .output_tokens = -1}}};
    rows[1].row.key.member = 1;
    rows[2].row.key.member = 2;
    struct case_record record = {.id = AS_STR("c<1>"), .is_critical = true};
    struct flip flip = {.to = FLIP_TO_FAIL,
                        .case_id = record.id,
                        .baseline = {.sum = 1, .rows = 1, .scored = 1, .passing = 1},
                        .candidate = {.rows = 2, .failed = 2}};
    struct flip_list list = {&flip,        5,           .compared = 9, .not_compared = 2,
                             .to_pass = 1, .to_fail = 4};
    assert_int_equal(as_json_parse(render_run_text, strlen(render_run_text), &report.run, NULL), 0);
    struct render render = {render_format_find("html"), report.run, &report.text, &report.tally};
    render_head(&render);
    struct gate_rules rules = {.policy = GATE_POLICY_ZERO, .pass_threshold = 0.5};
    struct render_flips flips = {1, &rules, &list, 1};
    render_flips(&render, &flips);
    render_flip(&render, &flips, &flip, &(struct render_case){&record, rows, AS_COUNT(rows)});
    render_body(&render);
    assert_report_has(&report,
                      "4 from right to wrong, 1 from wrong to right, of 9 compared; 2 could not");
    assert_report_has(&report,
                      "The surest 1 are here; <code>assayctl run flips 7 --candidate new</code>");
    assert_report_has(&report, "1.00 → 0.00");
    assert_report_has(&report, "&lt;old&gt;");
    assert_report_has(&report, "1500 of 2000 bytes are shown");
    assert_report_lacks(&report, "other</pre>");
    report_done(&report);
}

/* COUNT cases that all came out the same. */
static struct report report_of_long_run(int64_t count)
{
    struct report report = {0};
    struct row_record row = {.status = ROW_OK, .text = AS_STR("the text"), .output_tokens = -1};
    struct row_listing listing = {.row = row};
    struct case_record record = {.id = AS_STR("dull")};
    assert_int_equal(as_json_parse(render_run_text, strlen(render_run_text), &report.run, NULL), 0);
    as_json_set_int(as_json_get(report.run, "dataset"), "cases", count);
    struct render render = {render_format_find("html"), report.run, &report.text, &report.tally};
    render_head(&render);
    render_body(&render);
    render_case(&render, &(struct render_case){&record, &listing, 1});
    record.is_critical = true;
    record.id = AS_STR("grave");
    render_case(&render, &(struct render_case){&record, &listing, 1});
    report.tally.bytes = 25u << 20;
    record.id = AS_STR("late");
    render_case(&render, &(struct render_case){&record, &listing, 1});
    render_tail(&render);
    return report;
}

static void test_html_of_a_long_run_says_what_it_leaves_out(void **state)
{
    (void)state;
    struct report report = report_of_long_run(501);
    assert_report_has(&report,
                      "came out the same are listed without their texts, unless they are crit");
    assert_report_has(&report, ">dull<");
    assert_report_has(&report, ">grave <");
    assert_report_has(&report, "the text</pre>");
    assert_report_lacks(&report, ">late <");
    assert_report_has(&report, "Listed without their texts: 1.");
    assert_report_has(&report, "keep this file small: 1.");
    assert_report_has(&report, "assayctl report 7 --format jsonl");
    report_done(&report);

    report = report_of_long_run(5001);
    assert_report_has(&report, "came out the same are not listed, unless they are critical");
    assert_report_lacks(&report, ">dull<");
    assert_report_has(&report, ">grave <");
    assert_report_has(&report, "keep this file small: 2.");
    report_done(&report);

    report = report_of_long_run(3);
    assert_report_lacks(&report, "came out the same are not listed");
    report_done(&report);
}

static void test_html_of_a_run_under_way_has_no_interval(void **state)
{
    (void)state;
    struct report report = {0};
    const char text[] = "{\"run\": 8, \"eval\": \"triage\", \"state\": \"running\", \"dataset\": "
                        "{\"name\": \"d\", \"cases\": 3, \"selection\": null}}";
    assert_int_equal(as_json_parse(text, strlen(text), &report.run, NULL), 0);
    struct render render = {render_format_find("html"), report.run, &report.text, &report.tally};
    render_head(&render);
    render_body(&render);
    render_tail(&render);
    assert_report_has(&report, "running</p>");
    assert_report_lacks(&report, "<svg");
    assert_report_lacks(&report, "95 %");
    assert_report_lacks(&report, "chosen");
    assert_report_has(&report, "</body></html>");
    report_done(&report);
}

/* The whole page of render_run_text, whose two members cost this. */
static struct report html_of_costs(double first_usd, double second_usd)
{
    struct report report = {0};
    const double costs[] = {first_usd, second_usd};
    assert_int_equal(as_json_parse(render_run_text, strlen(render_run_text), &report.run, NULL), 0);
    for (size_t i = 0; i < AS_COUNT(costs); i++) {
        struct as_json *member = as_json_at(as_json_get(report.run, "members"), i);
        as_json_set_num(member, "cost_usd", costs[i]);
        as_json_set_num(member, "latency_p50_ms", costs[i]);
        as_json_set_num(member, "latency_p99_ms", costs[i]);
        as_json_set_num(as_json_at(as_json_get(member, "metrics"), 0), "mean", 0.5);
    }
    struct render render = {render_format_find("html"), report.run, &report.text, &report.tally};
    render_head(&render);
    render_body(&render);
    render_tail(&render);
    return report;
}

/* A recording says what it wants. */
static void test_html_draws_costs_and_latencies_at_the_ends_of_what_a_number_can_be(void **state)
{
    static const double costs[][2] = {{0, 0},           {5e-324, 5e-324}, {2e-323, 0},
                                      {5e-324, 1},      {1e-300, 1e-300}, {1e-12, 1e308},
                                      {1e308, 1.7e308}, {1e-9, 1}};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(costs); i++) {
        struct report report = html_of_costs(costs[i][0], costs[i][1]);
        assert_report_has(&report, "</body></html>");
        assert_report_lacks(&report, "\"nan");
        assert_report_lacks(&report, "\"-nan");
        assert_report_lacks(&report, "\"inf");
        assert_in_range(report.text.len, 1, 100000);
        report_done(&report);
    }
}

static void test_markdown_tells_of_a_choice_of_cases_only_where_one_was_made(void **state)
{
    (void)state;
    struct report report = {0};
    const char text[] = "{\"run\": 8, \"eval\": \"triage\", \"state\": \"done\", \"dataset\": "
                        "{\"name\": \"d\", \"version\": 1, \"cases\": 3, \"selection\": null}}";
    assert_int_equal(as_json_parse(text, strlen(text), &report.run, NULL), 0);
    struct render render = {render_format_find("md"), report.run, &report.text, &report.tally};
    render_head(&render);
    assert_report_has(&report, "Run 8 on 3 cases of d version 1, ");
    report_done(&report);
}

static void test_html_shows_what_a_result_has_besides(void **state)
{
    (void)state;
    struct report report = {0};
    const char more[] =
        "{\"best_of\": \"the <best> of 3\", \"recommendations\": [{\"candidate\": \"new\", "
        "\"action\": \"keep\", \"sentence\": \"Keep <old>\"}], \"looks\": {\"planned\": 3, "
        "\"sentence\": \"stopped at <look> 1\", \"done\": [{\"look\": 1, \"n\": 40, "
        "\"candidates\": "
        "[{\"candidate\": \"new\", \"diff\": -0.25, \"ci\": [-0.4, -0.1], \"critical\": 3.71, "
        "\"decision\": \"fail\"}]}]}, \"tags_left_out\": 4, \"tags\": [{\"tag\": \"<long>\", "
        "\"cases\": "
        "12, \"members\": [{\"model\": \"old\", \"mean\": 0.75}, {\"model\": \"new\", \"mean\": "
        "0.5}], "
        "\"comparisons\": [{\"candidate\": \"new\", \"n_pairs\": 12, \"diff\": -0.25, \"ci\": [-2, "
        "0.05], \"p\": 0.2, \"p_holm\": 0.4, \"outcome\": \"SKIP\", \"sentence\": \"too few\"}, "
        "{\"candidate\": \"new\", \"n_pairs\": 12, \"ci\": [-1, 1], \"confidence\": 0.9806, "
        "\"outcome\": \"INCONCLUSIVE\", \"sentence\": \"open <yet>\"}]}]}";
    AS_CLEANUP_JSON struct as_json *extra = NULL;
    assert_int_equal(as_json_parse(render_run_text, strlen(render_run_text), &report.run, NULL), 0);
    assert_int_equal(as_json_parse(more, strlen(more), &extra, NULL), 0);
    AS_CLEANUP_JSON struct as_json *ids = NULL;
    const char answered[] = "[{\"id\": \"m-1-<b>\", \"rows\": 2}, {\"id\": \"m-1\", \"rows\": 1}]";
    assert_int_equal(as_json_parse(answered, strlen(answered), &ids, NULL), 0);
    as_json_set_take(as_json_at(as_json_get(report.run, "members"), 0), "returned_ids",
                     as_json_share(ids));
    static const char *const keys[] = {"best_of", "recommendations", "looks", "tags",
                                       "tags_left_out"};
    for (size_t i = 0; i < AS_COUNT(keys); i++)
        as_json_set_take(report.run, keys[i], as_json_share(as_json_get(extra, keys[i])));
    struct render render = {render_format_find("html"), report.run, &report.text, &report.tally};
    render_head(&render);
    assert_report_has(&report, "the &lt;best&gt; of 3");
    assert_report_has(&report, "keep the baseline</span> Keep &lt;old&gt;");
    assert_report_has(&report, "stopped at &lt;look&gt; 1");
    assert_report_has(&report, "<td class=\"number\">3.710</td><td>fail</td>");
    assert_report_has(&report, "&lt;long&gt;");
    assert_report_has(&report, "0.750</td><td class=\"number\">0.500");
    assert_report_has(&report, "[-1.000, 1.000] at 98.06 %");
    assert_report_has(&report, "open &lt;yet&gt;");
    assert_report_has(&report, "4 more tags are left out");
    render_tail(&render);
    assert_report_has(&report, "answered as m-1-&lt;b&gt; (2 rows), m-1 (1 rows)</span>");
    report_done(&report);
}

static void test_an_earlier_run_is_a_part_of_each_report_for_people(void **state)
{
    (void)state;
    struct report report = report_with("html", compared_text);
    assert_report_has(&report, "<a href=\"#compared\">Against an earlier run</a>");
    assert_report_has(&report, "<p class=\"warning\">scorer: &lt;match@1&gt;</p>");
    assert_report_has(&report, "<p class=\"note\">prices differ</p>");
    assert_report_has(&report, "o&lt;l&gt;d of run 7 against o&lt;l&gt;d of run 3</th>");
    assert_report_has(&report,
                      "-0.250</td><td class=\"number\">[-0.500, 0.000]</td><td class=\"number\">"
                      "0.040</td><td class=\"number\">0.080</td><td class=\"number\">41</td><td "
                      "class=\"number\">11</td>");
    assert_report_has(&report, "new of run 7 against new</th>");
    assert_report_has(&report, "52 and 61, unpaired</td><td class=\"number\">n/a</td>");
    report_done(&report);
    report = report_with("md", compared_text);
    assert_report_has(&report, "**Against an earlier run**");
    assert_report_has(&report, "> ⚠️ scorer: &#60;match&#64;&#8203;1&#62;");
    assert_report_has(&report,
                      "- o&#60;l&#62;d of run 7 against o&#60;l&#62;d of run 3: worse by 25.0 "
                      "points, n=41 pairs\n");
    report_done(&report);
    report = report_with("junit", compared_text);
    assert_report_has(&report, "\nforced: scorer: &lt;match@1&gt;\n");
    assert_report_has(&report,
                      "\nnew of run 7 against new: better, n=52 and 61, unpaired</system-out>");
    report_done(&report);
    report = report_in("html");
    assert_report_lacks(&report, "earlier run");
    report_done(&report);
}

static void test_runs_that_cannot_be_compared_are_told_in_each_report_for_people(void **state)
{
    static const char *const formats[] = {"html", "md", "junit"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(formats); i++) {
        struct report report =
            report_with(formats[i], "{\"error\": \"run 3 had another dataset\"}");
        assert_report_has(&report, "run 3 had another dataset");
        report_done(&report);
    }
}

static void test_markdown_says_of_how_many_calls_a_latency_is(void **state)
{
    (void)state;
    struct report report = report_in("md");
    assert_report_has(&report, "| n | timed | p50 | p95 | cost |");
    assert_report_has(&report, "| 2 | 3 | 120 ms | n/a | $0.5000 |");
    report_done(&report);
}

static void test_markdown_puts_a_mark_between_what_was_found_and_what_would_decide(void **state)
{
    (void)state;
    struct report report = report_in("md");
    assert_report_has(&report, "p&#60;0.001; 7 more");
    report_done(&report);
}

static void test_markdown_stays_within_its_cells(void **state)
{
    (void)state;
    struct report report = report_in("md");
    assert_report_has(&report, "a\\|b");
    assert_report_has(&report, "critical** 1 of 1: c&#60;1&#62;, c\\|2 and 3 more");
    assert_report_has(&report, "&#60;b&#62;careful&#60;/b&#62; &#64;&#8203;all");
    assert_report_has(&report, "| new | 1 | 1 | 0 | n/a | n/a | 1 | 0 | n/a | n/a | n/a |");
    assert_report_has(&report,
                      "| new | match | -0.500 | [-0.900, 0.100] | &lt;0.001 | 2 | 0 / 1 / 1 |");
    assert_report_lacks(&report, "floor");
    report_done(&report);
}

static void test_markdown_mentions_nobody_and_links_nowhere(void **state)
{
    (void)state;
    const char *const ids[] = {"@team",
                               "#12",
                               "a/b#3",
                               "`x`",
                               "![p](q)",
                               "https://x.y",
                               "www.x",
                               "a: b",
                               "$a$",
                               "\xE2\x80\xAE"
                               "evil"};
    struct report report = report_of_cases("md", ids, AS_COUNT(ids));
    assert_report_has(&report,
                      "&#64;&#8203;team, &#35;&#8203;12, a/b&#35;&#8203;3, \\`x\\`, "
                      "\\!\\[p\\](q), https&#58;//x.y, &#119;ww.x, a: b, &#36;a&#36;, \xEF\xBF\xBD"
                      "evil\n");
    report_done(&report);
}

static void test_markdown_fits_a_comment_and_counts_what_does_not(void **state)
{
    (void)state;
    struct report report = {0};
    assert_int_equal(as_json_parse(render_run_text, strlen(render_run_text), &report.run, NULL), 0);
    struct as_json *verdicts = as_json_get(report.run, "verdicts");
    struct as_json *warnings = as_json_get(report.run, "warnings");
    char text[4000];
    memset(text, 'w', sizeof(text));
    for (int i = 0; i < 600; i++)
        as_json_push_take(verdicts, as_json_share(as_json_at(verdicts, 0)));
    for (int i = 0; i < 5; i++)
        as_json_push_take(warnings, as_json_new_str((struct as_str){text, sizeof(text)}));
    struct render render = {render_format_find("md"), report.run, &report.text, &report.tally};
    render_head(&render);
    assert_true(report.text.len <= 65536);
    assert_report_has(&report, "… (1500 of 4000 bytes)");
    assert_report_has(&report,
                      " parts did not fit into a comment: `assayctl report 7 --format html`");
    report_done(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unknown_format_is_none),
        cmocka_unit_test(test_html_shows_markup_of_others_as_text),
        cmocka_unit_test(test_html_is_whole_and_needs_no_network),
        cmocka_unit_test(test_html_says_what_is_not_known),
        cmocka_unit_test(test_html_lists_flips_with_what_both_said),
        cmocka_unit_test(test_html_of_a_long_run_says_what_it_leaves_out),
        cmocka_unit_test(test_html_of_a_run_under_way_has_no_interval),
        cmocka_unit_test(test_html_shows_what_a_result_has_besides),
        cmocka_unit_test(test_html_draws_costs_and_latencies_at_the_ends_of_what_a_number_can_be),
        cmocka_unit_test(test_markdown_tells_of_a_choice_of_cases_only_where_one_was_made),
        cmocka_unit_test(test_an_earlier_run_is_a_part_of_each_report_for_people),
        cmocka_unit_test(test_runs_that_cannot_be_compared_are_told_in_each_report_for_people),
        cmocka_unit_test(test_markdown_says_of_how_many_calls_a_latency_is),
        cmocka_unit_test(test_markdown_puts_a_mark_between_what_was_found_and_what_would_decide),
        cmocka_unit_test(test_markdown_stays_within_its_cells),
        cmocka_unit_test(test_markdown_mentions_nobody_and_links_nowhere),
        cmocka_unit_test(test_markdown_fits_a_comment_and_counts_what_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
