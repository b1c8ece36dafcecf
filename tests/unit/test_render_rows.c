/* Reports for programs, JUnit, CSV and JSON lines: what a model or a dataset said stays within its
 * field, and what is not known is not 0. */
#include "tests/unit/render_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_junit_of_a_run_without_a_verdict_is_not_green(void **state)
{
    (void)state;
    struct report report = {0};
    const char text[] =
        "{\"eval\": \"triage\", \"state\": \"failed\", \"error\": \"no key & no call\"}";
    assert_int_equal(as_json_parse(text, strlen(text), &report.run, NULL), 0);
    struct render render = {render_format_find("junit"), report.run, &report.text, &report.tally};
    render_head(&render);
    assert_report_has(&report, "tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\"");
    assert_report_has(&report,
                      "<error message=\"failed\" type=\"run\">no key &amp; no call</error>");
    report_done(&report);
}

static void test_junit_holds_only_characters_of_xml(void **state)
{
    (void)state;
    const char *const ids[] = {"a\x01", "\xEF\xBF\xBE", "\xEF\xBF\xBF",
                               "\xFF",  "]]>",          "\xED\xA0\x80"};
    struct report report = report_of_cases("junit", ids, AS_COUNT(ids));
    assert_report_has(
        &report, ">a\xEF\xBF\xBD\n\xEF\xBF\xBD\n\xEF\xBF\xBD\n\xEF\xBF\xBD\n]]&gt;\n\xEF\xBF\xBD");
    assert_report_lacks(&report, "\xEF\xBF\xBE");
    report_done(&report);
}

static void test_junit_tells_failures_errors_and_skips_apart(void **state)
{
    (void)state;
    struct report report = report_in("junit");
    assert_report_has(&report,
                      "tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" "
                      "timestamp=\"2026-11-21T11:53:18\" hostname=\"localhost\" time=\"1.000\"");
    assert_report_has(&report,
                      "<failure message=\"1 of 1\" type=\"critical\">c&lt;1&gt;\nc|2</failure>");
    assert_report_has(&report, "<error message=\"few\" type=\"missing\"></error>");
    assert_report_has(
        &report, "<testcase name=\"floor\" classname=\"new\" time=\"0\"><skipped/></testcase>");
    assert_report_has(&report, "worse &amp; &quot;bad&quot; p&lt;0.001");
    report_done(&report);
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
    assert_report_has(&report,
                      "<property name=\"override\""
                      " value=\"OVERRIDE: &#39;new&#39; &lt; &#39;old&#39;, &quot;down&quot;\"/>"
                      "<property name=\"override\" value=\"OVERRIDE: again\"/></properties>");
    assert_report_has(&report,
                      "<system-err>OVERRIDE: &#39;new&#39; &lt; &#39;old&#39;, &quot;down&quot;\n"
                      "OVERRIDE: again\nwarning: few cases</system-err>");
    report_done(&report);
}

static void test_each_row_of_csv_and_jsonl_tells_an_override(void **state)
{
    (void)state;
    struct report report = overridden_in("csv");
    assert_report_has(&report, "judge_cost_usd,overrides\r\n");
    assert_report_has(&report, ",\"OVERRIDE: 'new' < 'old', \"\"down\"\"; OVERRIDE: again\"\r\n");
    report_done(&report);
    report = overridden_in("jsonl");
    assert_report_has(&report, "\"overrides\":[\"OVERRIDE: 'new' < 'old', \\\"down\\\"\",");
    report_done(&report);
    report = report_in("csv");
    assert_report_lacks(&report, "overrides");
    report_done(&report);
    report = report_in("jsonl");
    assert_report_lacks(&report, "overrides");
    report_done(&report);
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
    report_done(&report);
}

static void test_csv_has_no_formulas(void **state)
{
    (void)state;
    static const char *const ids[] = {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a=1"};
    static const char *const wanted[] = {"\n7,'=1+1,",     "\n7,'+1,",   "\n7,'-1,",
                                         "\n7,'@SUM(A1),", "\n7,'\t=1,", "\n7,a=1,"};
    struct report report = {0};
    assert_int_equal(as_json_parse(render_run_text, strlen(render_run_text), &report.run, NULL), 0);
    struct render render = {render_format_find("csv"), report.run, &report.text, &report.tally};
    render_head(&render);
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        struct case_record record = {.id = as_str_from(ids[i])};
        struct row_listing row = {.row = {.status = ROW_OK, .latency_ms = -1.5}};
        render_case(&render, &(struct render_case){&record, &row, 1});
    }
    for (size_t i = 0; i < AS_COUNT(wanted); i++)
        assert_report_has(&report, wanted[i]);
    assert_report_has(&report, ",ok,,-1.5,"); /* a number stays one */
    report_done(&report);
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
    report_done(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
