/* Redactors in a real worker: what they are given, what may come back, and their examples. */
#include "tests/unit/worker_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define REDACTOR(body)                                                      \
    "return { api = 1, kind = 'redactor', name = 'r', version = '1.0.0',\n" \
    "  redact = function(case, params)\n" body "\nend,\n"

static struct job_row redact_row(const char *case_json)
{
    return (struct job_row){
        .kind = JOB_REDACT, .case_json = as_str_from(case_json), .params_json = AS_STR("{}")};
}

static void test_what_a_redactor_leaves_alone_comes_back_as_it_was(void **state)
{
    (void)state;
    static const char text[] = "{\"id\":\"a\",\"metadata\":{\"empty\":[],\"n\":1,\"none\":null,"
                               "\"object\":{}},\"tags\":[],\"x\":1.5}";
    struct host h = host_start(REDACTOR("return case") "}");
    struct job_row row = redact_row(text);
    assert_int_equal(h.loaded.manifest.kind, PLUGIN_REDACTOR);
    assert_int_equal(host_run(&h, &row)->status, JOB_OK);
    assert_str(h.reply.case_json, text);
    host_stop(&h);
}

static void test_a_redactor_changes_a_case_or_leaves_it_out(void **state)
{
    (void)state;
    struct host h = host_start(REDACTOR("if case.secret then return nil, 'it is secret' end\n"
                                        "case.input = 'x'\n"
                                        "return case") "}");
    struct job_row row = redact_row("{\"id\":\"a\",\"input\":\"Ann\"}");
    assert_int_equal(host_run(&h, &row)->status, JOB_OK);
    assert_str(h.reply.case_json, "{\"id\":\"a\",\"input\":\"x\"}");
    row = redact_row("{\"id\":\"a\",\"secret\":true}");
    assert_int_equal(host_run(&h, &row)->status, JOB_OK);
    assert_true(h.reply.is_na);
    assert_str(h.reply.reason, "it is secret");
    host_stop(&h);
}

static void test_what_is_no_case_does_not_leave_the_worker(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"return nil", "nil needs a second result that says why"},
        {"return 'case'", "the result must be the case, or nil and why, got string"},
        {"case.f = string.rep\nreturn case", "the case that was returned: "},
    };
    struct job_row row = redact_row("{\"id\":\"a\"}");
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct as_buf source = {0};
        as_buf_addf(&source, REDACTOR("%s") "}", bad[i][0]);
        struct host h = host_start(source.ptr);
        assert_int_equal(host_run(&h, &row)->status, JOB_BAD_RESULT);
        assert_true(reason_has(h.reply.reason, bad[i][1]));
        host_stop(&h);
        as_buf_done(&source);
    }
}

static void test_a_redactor_does_its_own_job_alone(void **state)
{
    (void)state;
    struct host h = host_start(REDACTOR("return case") "}");
    assert_int_equal(host_score(&h, "x")->status, JOB_SCRIPT_ERROR);
    assert_true(reason_has(h.reply.reason, "a redactor cannot do the job score"));
    host_stop(&h);
    assert_refused("return { api = 1, kind = 'redactor', name = 'r', version = '1.0.0' }",
                   "a redactor needs a function 'redact'");
}

static void test_examples_of_a_redactor(void **state)
{
    (void)state;
    struct host h = host_start(
        REDACTOR("if case.secret then return nil, 'it is secret' end\n"
                 "case.user = nil\n"
                 "return case") "examples = {\n"
                                "{ case = { id = 'a', user = 'b' }, expected = { id = 'a' } },\n"
                                "{ case = { secret = true }, drop = true },\n"
                                "{ case = { id = 'a', n = 1 }, expected = { id = 'a' } },\n"
                                "{ case = { id = 'a' }, expected = { id = 'a', n = 1 } },\n"
                                "{ case = { id = 'a' }, drop = true },\n"
                                "{ case = { secret = true }, expected = {} },\n"
                                "{ case = { id = 'a' } } } }");
    static const char *const reasons[] = {
        "expected.n: expected 1, got nothing",   "case.n: expected 1, got nothing",
        "expected nil and why, got a case",      "expected a case, got nil: it is secret",
        "the example must say what is expected",
    };
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(host_example(&h, i)->status, JOB_OK);
    for (uint32_t i = 0; i < AS_COUNT(reasons); i++) {
        assert_int_not_equal(host_example(&h, i + 2)->status, JOB_OK);
        if (!reason_has(h.reply.reason, reasons[i]))
            fail_msg("%u: %.*s", i + 3, (int)h.reply.reason.len, h.reply.reason.ptr);
    }
    host_stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_redactor_leaves_alone_comes_back_as_it_was),
        cmocka_unit_test(test_a_redactor_changes_a_case_or_leaves_it_out),
        cmocka_unit_test(test_what_is_no_case_does_not_leave_the_worker),
        cmocka_unit_test(test_a_redactor_does_its_own_job_alone),
        cmocka_unit_test(test_examples_of_a_redactor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
