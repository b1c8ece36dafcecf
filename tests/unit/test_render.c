/* Reports in the formats that leave the house: what a model or a dataset said stays text in each of
 * them, and what is not known is not 0. */
#include "daemon/report/render.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char run_text[] =
    "{\"run\": 7, \"eval\": \"<i>triage</i>\", \"state\": \"done\", \"outcome\": \"fail\","
    " \"created_ms\": 1795261998552, \"ended_ms\": 1795261999552, \"primary\": \"match\","
    " \"dataset\": {\"name\": \"a|b\", \"version\": 2, \"cases\": 2, \"hash\": \"ab12\"},"
    " \"warnings\": [\"<b>careful</b> @all\"],"
    " \"pins\": {\"gate\": {\"margin\": 0.05}, \"plugins\": [{\"metric\": \"match\", \"selector\": "
    "\"match@1.0.0\", \"hash\": \"cd34\"}], \"models\": [{\"model\": \"old\", \"id\": \"m-1\"},"
    " {\"model\": \"new\", \"id\": \"m-2\"}]},"
    " \"members\": [{\"model\": \"old\", \"ok\": 2, \"failed\": 0, \"missing\": 0, \"cost_usd\": "
    "0.5,"
    " \"latency_n\": 3, \"latency_p50_ms\": 120, \"metrics\": [{\"metric\": \"match\", \"n\": 2, "
    "\"mean\": 1, "
    "\"ci\": "
    "[0.4, 1], \"hist\": [0,0,0,0,0,0,0,0,0,2]}]},"
    " {\"model\": \"new\", \"ok\": 1, \"failed\": 1, \"missing\": 0, \"cost_usd\": null, "
    "\"metrics\": "
    "[{\"metric\": \"match\", \"n\": 1, \"mean\": null, \"ci\": null, \"hist\": "
    "[0,0,0,0,0,0,0,0,0,0]"
    "}]}],"
    " \"comparisons\": [{\"candidate\": \"new\", \"baseline\": \"old\", \"metric\": \"match\","
    " \"n_pairs\": 2, \"diff\": -0.5, \"ci\": [-0.9, 0.1], \"p\": 0.0001, \"wins\": 0, \"losses\": "
    "1,"
    " \"ties\": 1}],"
    " \"verdicts\": [{\"candidate\": \"new\", \"outcome\": \"fail\", \"sentence\": \"worse & "
    "\\\"bad\\\""
    " p<0.001\", \"advice\": \"7 more\", \"checks\": [{\"name\": \"critical\", \"outcome\": "
    "\"FAIL\", \"sentence\": \"1 of "
    "1\","
    " \"evidence\": [\"c<1>\", \"c|2\"], \"evidence_total\": 5},"
    " {\"name\": \"floor\", \"outcome\": \"SKIP\"},"
    " {\"name\": \"missing\", \"outcome\": \"INCONCLUSIVE\", \"sentence\": \"few\"},"
    " {\"name\": \"cost\", \"outcome\": \"PASS\", \"sentence\": \"cheap\"}]}]}";

struct report {
    struct as_json *run;
    struct as_buf text;
    struct render_tally tally;
};

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

/* Two rows of one case: a good answer, and one that tries to be markup. */
static struct report report_with(const char *format, const char *compared)
{
    struct report report = {0};
    struct score_record scores[] = {
        {.score = 1, .pass = 1, .reason = AS_STR("same, \"quoted\"")},
        {.is_na = true, .score = NAN, .pass = -1, .reason = AS_STR("no \x01 reason")}};
    struct row_record good = {.status = ROW_OK,
                              .text = AS_STR("a good\nanswer"),
                              .latency_ms = 12.5,
                              .cost_usd = 0.25,
                              .judge_cost_usd = 0,
                              .input_tokens = 3,
                              .output_tokens = -1};
    struct row_record hostile = good;
    hostile.key.member = 1;
    hostile.text = AS_STR("</pre><script>alert('x')</script>\x1b[2J");
    hostile.cost_usd = NAN;
    struct row_listing rows[] = {{.row = good, .scores = &scores[0], .score_count = 1},
                                 {.row = hostile, .scores = &scores[1], .score_count = 1}};
    struct case_record record = {.id = AS_STR("c,\"1\""),
                                 .json = AS_STR("{\"expected\":\"<u>x</u>\"}"),
                                 .messages_json =
                                     AS_STR("[{\"role\":\"user\",\"content\":\"1 < 2 & 3\"}]"),
                                 .is_critical = true};
    assert_int_equal(as_json_parse(run_text, strlen(run_text), &report.run, NULL), 0);
    if (compared) {
        struct as_json *json = NULL;
        assert_int_equal(as_json_parse(compared, strlen(compared), &json, NULL), 0);
        as_json_set_take(report.run, "compared", json);
    }
    struct render render = {render_format_find(format), report.run, &report.text, &report.tally};
    assert_non_null(render.format);
    render_head(&render);
    render_body(&render);
    if (render_format_has_cases(render.format))
        render_case(&render, &(struct render_case){&record, rows, AS_COUNT(rows)});
    render_tail(&render);
    return report;
}

static struct report report_in(const char *format)
{
    return report_with(format, NULL);
}

static void done(struct report *report)
{
    as_json_free(report->run);
    as_buf_done(&report->text);
}

static void assert_has(const struct report *report, const char *wanted)
{
    if (!strstr(report->text.ptr, wanted))
        fail_msg("'%s' is not in: %s", wanted, report->text.ptr);
}

static void assert_lacks(const struct report *report, const char *unwanted)
{
    if (strstr(report->text.ptr, unwanted))
        fail_msg("'%s' is in: %s", unwanted, report->text.ptr);
}

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
    assert_has(&report,
               "&lt;/pre&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\xEF\xBF\xBD[2J");
    assert_has(&report, "&lt;i&gt;triage&lt;/i&gt;");
    assert_has(&report, "&lt;b&gt;careful&lt;/b&gt;");
    assert_has(&report, "1 &lt; 2 &amp; 3");
    assert_has(&report, "&lt;u&gt;x&lt;/u&gt;");
    assert_lacks(&report, "alert('x')");
    assert_lacks(&report, "<u>");
    done(&report);
}

static void test_html_is_whole_and_needs_no_network(void **state)
{
    (void)state;
    struct report report = report_in("html");
    assert_has(&report, "<!doctype html>");
    assert_has(&report, "</body></html>\n");
    assert_has(&report, "default-src 'none'");
    assert_lacks(&report, "http://");
    assert_lacks(&report, "https://");
    assert_lacks(&report, "src=");
    done(&report);
}

static void test_html_says_what_is_not_known(void **state)
{
    (void)state;
    struct report report = report_in("html");
    assert_has(&report, "new has no cost or no score");
    assert_has(&report, "n/a");
    assert_lacks(&report, "nan");
    done(&report);
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
    assert_int_equal(as_json_parse(run_text, strlen(run_text), &report.run, NULL), 0);
    struct render render = {render_format_find("html"), report.run, &report.text, &report.tally};
    render_head(&render);
    struct gate_rules rules = {.policy = GATE_POLICY_ZERO, .pass_threshold = 0.5};
    struct render_flips flips = {1, &rules, &list, 1};
    render_flips(&render, &flips);
    render_flip(&render, &flips, &flip, &(struct render_case){&record, rows, AS_COUNT(rows)});
    render_body(&render);
    assert_has(&report, "4 from right to wrong, 1 from wrong to right, of 9 compared; 2 could not");
    assert_has(&report, "The surest 1 are here; <code>assayctl run flips 7 --candidate new</code>");
    assert_has(&report, "1.00 → 0.00");
    assert_has(&report, "&lt;old&gt;");
    assert_has(&report, "1500 of 2000 bytes are shown");
    assert_lacks(&report, "other</pre>");
    done(&report);
}

/* COUNT cases that all came out the same. */
static struct report report_of_long_run(int64_t count)
{
    struct report report = {0};
    struct row_record row = {.status = ROW_OK, .text = AS_STR("the text"), .output_tokens = -1};
    struct row_listing listing = {.row = row};
    struct case_record record = {.id = AS_STR("dull")};
    assert_int_equal(as_json_parse(run_text, strlen(run_text), &report.run, NULL), 0);
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
    assert_has(&report, "came out the same are listed without their texts, unless they are crit");
    assert_has(&report, ">dull<");
    assert_has(&report, ">grave <");
    assert_has(&report, "the text</pre>");
    assert_lacks(&report, ">late <");
    assert_has(&report, "Listed without their texts: 1.");
    assert_has(&report, "keep this file small: 1.");
    assert_has(&report, "assayctl report 7 --format jsonl");
    done(&report);

    report = report_of_long_run(5001);
    assert_has(&report, "came out the same are not listed, unless they are critical");
    assert_lacks(&report, ">dull<");
    assert_has(&report, ">grave <");
    assert_has(&report, "keep this file small: 2.");
    done(&report);

    report = report_of_long_run(3);
    assert_lacks(&report, "came out the same are not listed");
    done(&report);
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
    assert_has(&report, "running</p>");
    assert_lacks(&report, "<svg");
    assert_lacks(&report, "95 %");
    assert_lacks(&report, "chosen");
    assert_has(&report, "</body></html>");
    done(&report);
}

/* The whole page of run_text, whose two members cost this. */
static struct report html_of_costs(double first_usd, double second_usd)
{
    struct report report = {0};
    const double costs[] = {first_usd, second_usd};
    assert_int_equal(as_json_parse(run_text, strlen(run_text), &report.run, NULL), 0);
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
        assert_has(&report, "</body></html>");
        assert_lacks(&report, "\"nan");
        assert_lacks(&report, "\"-nan");
        assert_lacks(&report, "\"inf");
        assert_in_range(report.text.len, 1, 100000);
        done(&report);
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
    assert_has(&report, "Run 8 on 3 cases of d version 1, ");
    done(&report);
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
    assert_int_equal(as_json_parse(run_text, strlen(run_text), &report.run, NULL), 0);
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
    assert_has(&report, "the &lt;best&gt; of 3");
    assert_has(&report, "keep the baseline</span> Keep &lt;old&gt;");
    assert_has(&report, "stopped at &lt;look&gt; 1");
    assert_has(&report, "<td class=\"number\">3.710</td><td>fail</td>");
    assert_has(&report, "&lt;long&gt;");
    assert_has(&report, "0.750</td><td class=\"number\">0.500");
    assert_has(&report, "[-1.000, 1.000] at 98.06 %");
    assert_has(&report, "open &lt;yet&gt;");
    assert_has(&report, "4 more tags are left out");
    render_tail(&render);
    assert_has(&report, "answered as m-1-&lt;b&gt; (2 rows), m-1 (1 rows)</span>");
    done(&report);
}

static void test_an_earlier_run_is_a_part_of_each_report_for_people(void **state)
{
    (void)state;
    struct report report = report_with("html", compared_text);
    assert_has(&report, "<a href=\"#compared\">Against an earlier run</a>");
    assert_has(&report, "<p class=\"warning\">scorer: &lt;match@1&gt;</p>");
    assert_has(&report, "<p class=\"note\">prices differ</p>");
    assert_has(&report, "o&lt;l&gt;d of run 7 against o&lt;l&gt;d of run 3</th>");
    assert_has(&report, "-0.250</td><td class=\"number\">[-0.500, 0.000]</td><td class=\"number\">"
                        "0.040</td><td class=\"number\">0.080</td><td class=\"number\">41</td><td "
                        "class=\"number\">11</td>");
    assert_has(&report, "new of run 7 against new</th>");
    assert_has(&report, "52 and 61, unpaired</td><td class=\"number\">n/a</td>");
    done(&report);
    report = report_with("md", compared_text);
    assert_has(&report, "**Against an earlier run**");
    assert_has(&report, "> ⚠️ scorer: &#60;match&#64;&#8203;1&#62;");
    assert_has(&report, "- o&#60;l&#62;d of run 7 against o&#60;l&#62;d of run 3: worse by 25.0 "
                        "points, n=41 pairs\n");
    done(&report);
    report = report_with("junit", compared_text);
    assert_has(&report, "\nforced: scorer: &lt;match@1&gt;\n");
    assert_has(&report, "\nnew of run 7 against new: better, n=52 and 61, unpaired</system-out>");
    done(&report);
    report = report_in("html");
    assert_lacks(&report, "earlier run");
    done(&report);
}

static void test_runs_that_cannot_be_compared_are_told_in_each_report_for_people(void **state)
{
    static const char *const formats[] = {"html", "md", "junit"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(formats); i++) {
        struct report report =
            report_with(formats[i], "{\"error\": \"run 3 had another dataset\"}");
        assert_has(&report, "run 3 had another dataset");
        done(&report);
    }
}

static void test_markdown_says_of_how_many_calls_a_latency_is(void **state)
{
    (void)state;
    struct report report = report_in("md");
    assert_has(&report, "| n | timed | p50 | p95 | cost |");
    assert_has(&report, "| 2 | 3 | 120 ms | n/a | $0.5000 |");
    done(&report);
}

static void test_markdown_puts_a_mark_between_what_was_found_and_what_would_decide(void **state)
{
    (void)state;
    struct report report = report_in("md");
    assert_has(&report, "p&#60;0.001; 7 more");
    done(&report);
}

static void test_markdown_stays_within_its_cells(void **state)
{
    (void)state;
    struct report report = report_in("md");
    assert_has(&report, "a\\|b");
    assert_has(&report, "critical** 1 of 1: c&#60;1&#62;, c\\|2 and 3 more");
    assert_has(&report, "&#60;b&#62;careful&#60;/b&#62; &#64;&#8203;all");
    assert_has(&report, "| new | 1 | 1 | 0 | n/a | n/a | 1 | 0 | n/a | n/a | n/a |");
    assert_has(&report, "| new | match | -0.500 | [-0.900, 0.100] | &lt;0.001 | 2 | 0 / 1 / 1 |");
    assert_lacks(&report, "floor");
    done(&report);
}

/* A run with one verdict, whose only check failed on these cases. */
static struct report report_of_cases(const char *format, const char *const *ids, size_t count)
{
    struct report report = {0};
    struct as_json *run = as_json_object(), *verdicts = as_json_array(), *checks = as_json_array(),
                   *verdict = as_json_object(), *check = as_json_object(),
                   *evidence = as_json_array();
    for (size_t i = 0; i < count; i++)
        as_json_push_take(evidence, as_json_new_str(as_str_from(ids[i])));
    as_json_set_str(check, "name", "critical");
    as_json_set_str(check, "outcome", "FAIL");
    as_json_set_take(check, "evidence", evidence);
    as_json_push_take(checks, check);
    as_json_set_str(verdict, "candidate", "new");
    as_json_set_str(verdict, "outcome", "fail");
    as_json_set_take(verdict, "checks", checks);
    as_json_push_take(verdicts, verdict);
    as_json_set_str(run, "eval", "triage");
    as_json_set_str(run, "outcome", "fail");
    as_json_set_take(run, "verdicts", verdicts);
    report.run = run;
    struct render render = {render_format_find(format), report.run, &report.text, &report.tally};
    render_head(&render);
    render_tail(&render);
    return report;
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
    assert_has(&report,
               "&#64;&#8203;team, &#35;&#8203;12, a/b&#35;&#8203;3, \\`x\\`, "
               "\\!\\[p\\](q), https&#58;//x.y, &#119;ww.x, a: b, &#36;a&#36;, \xEF\xBF\xBD"
               "evil\n");
    done(&report);
}

static void test_markdown_fits_a_comment_and_counts_what_does_not(void **state)
{
    (void)state;
    struct report report = {0};
    assert_int_equal(as_json_parse(run_text, strlen(run_text), &report.run, NULL), 0);
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
    assert_has(&report, "… (1500 of 4000 bytes)");
    assert_has(&report, " parts did not fit into a comment: `assayctl report 7 --format html`");
    done(&report);
}

static void test_junit_of_a_run_without_a_verdict_is_not_green(void **state)
{
    (void)state;
    struct report report = {0};
    const char text[] =
        "{\"eval\": \"triage\", \"state\": \"failed\", \"error\": \"no key & no call\"}";
    assert_int_equal(as_json_parse(text, strlen(text), &report.run, NULL), 0);
    struct render render = {render_format_find("junit"), report.run, &report.text, &report.tally};
    render_head(&render);
    assert_has(&report, "tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\"");
    assert_has(&report, "<error message=\"failed\" type=\"run\">no key &amp; no call</error>");
    done(&report);
}

static void test_junit_holds_only_characters_of_xml(void **state)
{
    (void)state;
    const char *const ids[] = {"a\x01", "\xEF\xBF\xBE", "\xEF\xBF\xBF",
                               "\xFF",  "]]>",          "\xED\xA0\x80"};
    struct report report = report_of_cases("junit", ids, AS_COUNT(ids));
    assert_has(&report,
               ">a\xEF\xBF\xBD\n\xEF\xBF\xBD\n\xEF\xBF\xBD\n\xEF\xBF\xBD\n]]&gt;\n\xEF\xBF\xBD");
    assert_lacks(&report, "\xEF\xBF\xBE");
    done(&report);
}

static void test_junit_tells_failures_errors_and_skips_apart(void **state)
{
    (void)state;
    struct report report = report_in("junit");
    assert_has(&report, "tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" "
                        "timestamp=\"2026-11-21T11:53:18\" hostname=\"localhost\" time=\"1.000\"");
    assert_has(&report, "<failure message=\"1 of 1\" type=\"critical\">c&lt;1&gt;\nc|2</failure>");
    assert_has(&report, "<error message=\"few\" type=\"missing\"></error>");
    assert_has(&report,
               "<testcase name=\"floor\" classname=\"new\" time=\"0\"><skipped/></testcase>");
    assert_has(&report, "worse &amp; &quot;bad&quot; p&lt;0.001");
    done(&report);
}

/* ---- a promotion against the evidence ---- */

/* The head of a report, and a row of it, on a run that was overridden. */
static struct report overridden_in(const char *format)
{
    static const char text[] =
        "{\"run\": 7, \"eval\": \"triage\", \"state\": \"done\", \"outcome\": \"fail\","
        " \"members\": [{\"model\": \"old\"}, {\"model\": \"new\"}], \"verdicts\": [{\"candidate\":"
        " \"new\", \"outcome\": \"fail\", \"sentence\": \"worse\", \"checks\": []}],"
        " \"warnings\": [\"few cases\"],"
        " \"overrides\": [\"OVERRIDE: 'new' < 'old', \\\"down\\\"\", \"OVERRIDE: again\"]}";
    struct report report = {0};
    struct row_listing row = {.row = {.status = ROW_OK,
                                      .latency_ms = NAN,
                                      .cost_usd = NAN,
                                      .judge_cost_usd = NAN,
                                      .input_tokens = -1,
                                      .output_tokens = -1}};
    struct case_record record = {.id = AS_STR("c1")};
    assert_int_equal(as_json_parse(text, strlen(text), &report.run, NULL), 0);
    struct render render = {render_format_find(format), report.run, &report.text, &report.tally};
    render_head(&render);
    if (render_format_has_cases(render.format))
        render_case(&render, &(struct render_case){&record, &row, 1});
    return report;
}

static void test_junit_tells_an_override(void **state)
{
    (void)state;
    struct report report = overridden_in("junit");
    assert_has(&report, "<property name=\"override\""
                        " value=\"OVERRIDE: &#39;new&#39; &lt; &#39;old&#39;, &quot;down&quot;\"/>"
                        "<property name=\"override\" value=\"OVERRIDE: again\"/></properties>");
    assert_has(&report, "<system-err>OVERRIDE: &#39;new&#39; &lt; &#39;old&#39;, &quot;down&quot;\n"
                        "OVERRIDE: again\nwarning: few cases</system-err>");
    done(&report);
}

static void test_each_row_of_csv_and_jsonl_tells_an_override(void **state)
{
    (void)state;
    struct report report = overridden_in("csv");
    assert_has(&report, "judge_cost_usd,overrides\r\n");
    assert_has(&report, ",\"OVERRIDE: 'new' < 'old', \"\"down\"\"; OVERRIDE: again\"\r\n");
    done(&report);
    report = overridden_in("jsonl");
    assert_has(&report, "\"overrides\":[\"OVERRIDE: 'new' < 'old', \\\"down\\\"\",");
    done(&report);
    report = report_in("csv");
    assert_lacks(&report, "overrides");
    done(&report);
    report = report_in("jsonl");
    assert_lacks(&report, "overrides");
    done(&report);
}

static void test_csv_quotes_and_leaves_empty_what_is_not_known(void **state)
{
    (void)state;
    struct report report = report_in("csv");
    assert_string_equal(
        report.text.ptr,
        "run,case,model,sample,status,error_class,latency_ms,input_tokens,output_tokens,"
        "cost_usd,judge_cost_usd,score:match\r\n"
        "7,\"c,\"\"1\"\"\",old,0,ok,,12.5,3,,0.25,0,1\r\n"
        "7,\"c,\"\"1\"\"\",new,0,ok,,12.5,3,,,0,\r\n");
    done(&report);
}

static void test_csv_has_no_formulas(void **state)
{
    (void)state;
    static const char *const ids[] = {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a=1"};
    static const char *const wanted[] = {"\n7,'=1+1,",     "\n7,'+1,",   "\n7,'-1,",
                                         "\n7,'@SUM(A1),", "\n7,'\t=1,", "\n7,a=1,"};
    struct report report = {0};
    assert_int_equal(as_json_parse(run_text, strlen(run_text), &report.run, NULL), 0);
    struct render render = {render_format_find("csv"), report.run, &report.text, &report.tally};
    render_head(&render);
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        struct case_record record = {.id = as_str_from(ids[i])};
        struct row_listing row = {.row = {.status = ROW_OK, .latency_ms = -1.5}};
        render_case(&render, &(struct render_case){&record, &row, 1});
    }
    for (size_t i = 0; i < AS_COUNT(wanted); i++)
        assert_has(&report, wanted[i]);
    assert_has(&report, ",ok,,-1.5,"); /* a number stays one */
    done(&report);
}

static void test_jsonl_has_an_object_a_row(void **state)
{
    (void)state;
    struct report report = report_in("jsonl");
    char *second = strchr(report.text.ptr, '\n') + 1;
    AS_CLEANUP_JSON struct as_json *row = NULL;
    assert_int_equal(as_json_parse(second, strcspn(second, "\n"), &row, NULL), 0);
    assert_string_equal(as_json_get_cstr(row, "model"), "new");
    assert_string_equal(as_json_get_cstr(row, "text"), "</pre><script>alert('x')</script>\x1b[2J");
    assert_true(as_json_has(row, "cost_usd") && !as_json_get(row, "cost_usd"));
    assert_null(as_json_get(as_json_at(as_json_get(row, "scores"), 0), "score"));
    done(&report);
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
        cmocka_unit_test(test_junit_tells_failures_errors_and_skips_apart),
        cmocka_unit_test(test_junit_of_a_run_without_a_verdict_is_not_green),
        cmocka_unit_test(test_junit_holds_only_characters_of_xml),
        cmocka_unit_test(test_junit_tells_an_override),
        cmocka_unit_test(test_each_row_of_csv_and_jsonl_tells_an_override),
        cmocka_unit_test(test_csv_quotes_and_leaves_empty_what_is_not_known),
        cmocka_unit_test(test_csv_has_no_formulas),
        cmocka_unit_test(test_jsonl_has_an_object_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
