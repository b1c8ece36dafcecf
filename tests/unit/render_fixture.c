#include "tests/unit/render_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

const char render_run_text[] =
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

struct report report_with(const char *format, const char *compared)
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
    assert_int_equal(as_json_parse(render_run_text, strlen(render_run_text), &report.run, NULL), 0);
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

struct report report_in(const char *format)
{
    return report_with(format, NULL);
}

void report_done(struct report *report)
{
    as_json_free(report->run);
    as_buf_done(&report->text);
}

void assert_report_has(const struct report *report, const char *wanted)
{
    if (!strstr(report->text.ptr, wanted))
        fail_msg("'%s' is not in: %s", wanted, report->text.ptr);
}

void assert_report_lacks(const struct report *report, const char *unwanted)
{
    if (strstr(report->text.ptr, unwanted))
        fail_msg("'%s' is in: %s", unwanted, report->text.ptr);
}

struct report report_of_cases(const char *format, const char *const *ids, size_t count)
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
