/* The contract between plugins and the worker: manifests, parameters, results, and examples of the
 * three kinds. */
#include "tests/unit/worker_host.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEAD "return { api = 1, name = 'n', version = '1.0.0', "
#define RUBRIC(rest)                                                                               \
    HEAD "kind = 'rubric', scale = { 1, 5 }, pass = 4, criteria = { { id = 'a', text = 'b' } },\n" \
         "ask = function(case, output, p) return { messages = { { role = 'user', content = 'Is ' " \
         ".. output.text .. "                                                                      \
         "' right?' } }, schema = { type = 'object' } } end,\n"                                    \
         "grade = function(reply, case, p) local n = assay.num.parse(reply.text)\n"                \
         "if not n then return nil, 'no number' end return { score = n, reasoning = 'it says ' "   \
         ".. n } end,\n" rest "}"
#define PROVIDER(rest)                                                                             \
    HEAD                                                                                           \
        "kind = 'provider', auth = { header = 'Authorization', prefix = 'Bearer ' },\n"            \
        "request = function(model, messages, opts) return { method = 'POST', path = '/v1/chat',\n" \
        "headers = { ['content-type'] = 'application/json', ['a-b'] = 'c' },\n"                    \
        "body = assay.json.encode({ model = model.id, messages = messages, temperature = "         \
        "opts.temperature }) } end,\n"                                                             \
        "response = function(http, model)\n"                                                       \
        "if http.status == 429 then return nil, { class = 'rate_limit', message = "                \
        "http.headers['retry-after'] } end\n"                                                      \
        "local body = assay.json.decode(http.body)\n"                                              \
        "return { text = body.text, finish_reason = 'stop', model_id = body.model, tool_calls = "  \
        "body.calls,\n"                                                                            \
        "usage = { input_tokens = body.n, output_tokens = 2.0 } } end,\n" rest "}"

static void test_a_manifest_must_be_whole(void **state)
{
    (void)state;
    const char *bad[][2] = {
        {"return { api = 2, kind = 'scorer' }", "plugin.api must be 1"},
        {"return { api = 1 }", "plugin.kind is missing"},
        {"return { api = 1, kind = 'score' }", "plugin.kind 'score' is none of"},
        {"return { api = 1, kind = 'scorer', name = 'a b', version = '1.0.0' }",
         "plugin.name must be"},
        {"return { api = 1, kind = 'scorer', name = 'a' }", "plugin.version is missing"},
        {"return { api = 1, kind = 'scorer', name = 'a', version = '1.0' }",
         "plugin.version '1.0' must be"},
        {"return { api = 1, kind = 'scorer', name = 'a', version = '1.0.0-x' }", "plugin.version"},
        {HEAD "kind = 'scorer' }", "a scorer needs a function 'score', got nil"},
        {HEAD "kind = 'scorer', score = {} }", "a scorer needs a function 'score', got table"},
        {HEAD "kind = 'scorer', score = type, exampels = {} }", "unknown field 'exampels'"},
        {HEAD "kind = 'scorer', score = type, ask = type }", "scorer has an unknown field 'ask'"},
        {HEAD "kind = 'rubric', ask = type }", "a rubric needs a function 'grade'"},
        {HEAD "kind = 'rubric', ask = type, grade = type, scale = { 5, 1 } }",
         "plugin.scale must be two numbers"},
        {HEAD "kind = 'rubric', ask = type, grade = type, scale = { 0/0, 1 } }",
         "plugin.scale must be two numbers"},
        {HEAD "kind = 'rubric', ask = type, grade = type, scale = { min = 1, max = 5 }, pass = 6 }",
         "plugin.pass"},
        {HEAD "kind = 'rubric', ask = type, grade = type, criteria = { { id = 'x' } } }",
         "criteria[1].text is missing"},
        {HEAD "kind = 'provider', request = type, response = type, auth = { header = 'a:b' } }",
         "auth.header"},
        {HEAD "kind = 'scorer', score = type, examples = { [2] = {} } }",
         "examples must be an array"},
        {HEAD "kind = 'scorer', score = type, examples = { 'x' } }", "examples[1] must be a table"},
        {HEAD "kind = 'scorer', score = type, requires = { 1 } }", "requires[1] must be"},
    };
    for (size_t i = 0; i < AS_COUNT(bad); i++)
        assert_refused(bad[i][0], bad[i][1]);
}

static void test_declared_parameters_must_make_sense(void **state)
{
    (void)state;
#define PARAMS(text) HEAD "kind = 'scorer', score = type, params = { " text " } }"
    const char *bad[][2] = {
        {PARAMS("a = 'string'"), "params.a must be a table"},
        {PARAMS("a = {}"), "params.a.type is missing"},
        {PARAMS("a = { type = 'text' }"), "params.a.type 'text' is none of: string number"},
        {PARAMS("a = { type = 'string', defualt = 1 }"), "params.a has an unknown field 'defualt'"},
        {PARAMS("a = { type = 'string', default = 1 }"),
         "parameter 'a' must be of type string, got number"},
        {PARAMS("a = { type = 'string', default = 'x', required = true }"),
         "params.a is required and has a default"},
        {PARAMS("a = { type = 'string', default = 'x', enum = { 'y' } }"),
         "parameter 'a' must be one of [\"y\"]"},
        {PARAMS("a = { type = 'string', enum = {} }"), "params.a.enum is empty"},
        {PARAMS("['a b'] = { type = 'string' }"), "params: a name must be"},
        {PARAMS("[1] = { type = 'string' }"), "params: a name must be"},
    };
    for (size_t i = 0; i < AS_COUNT(bad); i++)
        assert_refused(bad[i][0], bad[i][1]);
}

static const struct job_reply *run_params(struct host *h, const char *json)
{
    struct job_row row = score_row("");
    row.params_json = as_str_from(json);
    return host_run(h, &row);
}

static void test_parameters_are_checked_and_completed(void **state)
{
    (void)state;
    struct host h = host_start(
        HEAD
        "kind = 'scorer', params = { word = { type = 'string', required = true },\n"
        "n = { type = 'integer', default = 3 }, list = { type = 'array', default = { 'x' } },\n"
        "mode = { type = 'string', enum = { 'a', 'b' } }, map = { type = 'object' }, free = { type "
        "= 'any' } },\n"
        "score = function(c, o, p) return { score = 1, details = p } end }");
    assert_int_equal(run_params(&h, "{\"word\":\"w\"}")->status, JOB_OK);
    assert_str(h.reply.details_json, "{\"list\":[\"x\"],\"n\":3,\"word\":\"w\"}");
    run_params(&h, "{\"word\":\"w\",\"n\":5,\"list\":[],\"mode\":\"b\",\"map\":{},\"free\":null}");
    assert_str(h.reply.details_json,
               "{\"list\":[],\"map\":{},\"mode\":\"b\",\"n\":5,\"word\":\"w\"}");
    const char *bad[][2] = {
        {NULL, "parameter 'word' is required"},
        {"{\"word\":1}", "parameter 'word' must be of type string, got number"},
        {"{\"word\":\"w\",\"n\":1.5}", "parameter 'n' must be of type integer"},
        {"{\"word\":\"w\",\"list\":{\"a\":1}}", "parameter 'list' must be of type array"},
        {"{\"word\":\"w\",\"map\":[1]}", "parameter 'map' must be of type object"},
        {"{\"word\":\"w\",\"mode\":\"c\"}", "parameter 'mode' must be one of [\"a\",\"b\"]"},
        {"{\"word\":\"w\",\"wrod\":1}", "unknown parameter 'wrod'"},
        {"[1]", "unknown parameter '1'"},
        {"{", "the parameters are not JSON"},
        {"5", "the parameters must be a JSON object"},
    };
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        assert_int_equal(run_params(&h, bad[i][0])->status, JOB_SCRIPT_ERROR);
        assert_true(reason_has(h.reply.reason, bad[i][1]));
    }
    host_stop(&h);
}

static void test_a_scorer_sees_its_case_and_output(void **state)
{
    (void)state;
    struct host h = host_start(
        SCORER("assert(case.id == 'c1' and case.expected == 'a' and case.gone == nil)\n"
               "assert(output.text == 'A\\0B\\xFF' and output.finish_reason == 'stop' and "
               "output.model_id == 'm')\n"
               "assert(output.usage.input_tokens == 7 and output.usage.output_tokens == nil)\n"
               "assert(output.latency_ms == 12.5 and output.cost_usd == nil and "
               "output.tool_calls[1].name == 'f')\n"
               "assert(next(params) == nil)\nreturn true"));
    struct job_row row = score_row("");
    row.case_json = AS_STR("{\"id\":\"c1\",\"expected\":\"a\",\"gone\":null}");
    row.output.text = (struct as_str){"A\0B\xFF", 4};
    row.output.finish_reason = AS_STR("stop");
    row.output.model_id = AS_STR("m");
    row.output.tool_calls_json = AS_STR("[{\"name\":\"f\"}]");
    row.output.input_tokens = 7;
    row.output.latency_ms = 12.5;
    assert_int_equal(host_run(&h, &row)->status, JOB_OK);
    assert_true(h.reply.score == 1 && h.reply.pass == 1);
    host_stop(&h);
}

static void test_every_form_of_a_score_is_read(void **state)
{
    (void)state;
    struct host h = host_start(SCORER(
        "local f = { zero = function() return -0.0 end, int = function() return 1 end,\n"
        "no = function() return false end, na = function() return nil, 'no reference' end,\n"
        "full = function() return { score = 0.5, pass = false, label = 'spam', reason = 'r',\n"
        "details = { b = 1, a = {} } } end }\nreturn f[output.text]()"));
    assert_true(host_score(&h, "zero")->score == 0 && !signbit(h.reply.score) &&
                h.reply.pass == -1);
    assert_true(host_score(&h, "int")->score == 1);
    assert_true(host_score(&h, "no")->score == 0 && h.reply.pass == 0);
    assert_true(host_score(&h, "na")->is_na && h.reply.status == JOB_OK);
    assert_str(h.reply.reason, "no reference");
    assert_true(host_score(&h, "full")->score == 0.5 && h.reply.pass == 0);
    assert_str(h.reply.label, "spam");
    assert_str(h.reply.reason, "r");
    assert_str(h.reply.details_json, "{\"a\":{},\"b\":1}");
    host_stop(&h);
}

static void test_every_bad_score_is_called_one(void **state)
{
    (void)state;
    const char *bad[][2] = {
        {"0/0", "the score is NaN"},
        {"1/0", "the score inf is not on the scale of 0.0 to 1.0"},
        {"-0.001", "is not on the scale"},
        {"1.0001", "the score 1.0001 is not on the scale"},
        {"'0.5'", "the result must be a number, a boolean, a table, or nil and why, got string"},
        {"nil", "nil needs a second result that says why"},
        {"nil, ''", "nil needs a second result that says why"},
        {"nil, 5", "nil needs a second result"},
        {"pairs", "got function"},
        {"{}", "result.score is missing"},
        {"{ score = '1' }", "result.score must be a number, got string"},
        {"{ score = true }", "result.score must be a number, got boolean"},
        {"{ score = 1, resaon = 'x' }", "result has an unknown field 'resaon'"},
        {"{ score = 1, [1] = 2 }", "result has an unknown field '1'"},
        {"{ score = 1, pass = 1 }", "result.pass must be a boolean"},
        {"{ score = 1, label = 5 }", "result.label must be a string"},
        {"{ score = 1, details = 'x' }", "result.details must be a table"},
        {"{ score = 1, details = { pairs } }", "result.details: a function cannot be JSON"},
        {"{ score = 1, details = { ('x'):rep(20000) } }", "at most 16384 are kept"},
        {"setmetatable({}, { __index = function() return 1 end })", "result.score is missing"},
    };
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct as_buf source = {0};
        as_buf_addf(&source, SCORER("return %s"), bad[i][0]);
        assert_status(source.ptr, JOB_BAD_RESULT, bad[i][1]);
        as_buf_done(&source);
    }
}

static void test_texts_are_cut_and_cleaned_not_refused(void **state)
{
    (void)state;
    struct host h = host_start(SCORER(
        "return { score = 1, reason = ('\\u{e9}'):rep(1000), label = '\\27' .. ('l'):rep(500) }"));
    const struct job_reply *reply = host_score(&h, "");
    assert_int_equal(reply->status, JOB_OK);
    assert_int_equal(reply->reason.len, JOB_REASON_MAX_BYTES);
    assert_int_equal(reply->label.len, JOB_LABEL_MAX_BYTES);
    assert_memory_equal(reply->label.ptr, "\xEF\xBF\xBDl", 4);
    host_stop(&h);
}

static void test_a_rubric_asks_and_grades_on_its_scale(void **state)
{
    (void)state;
    struct host h = host_start(RUBRIC(""));
    assert_true(h.loaded.manifest.scale_min == 1 && h.loaded.manifest.scale_max == 5);
    assert_true(h.loaded.manifest.pass == 0.75);
    struct job_row row = score_row("this");
    row.kind = JOB_ASK;
    assert_int_equal(host_run(&h, &row)->status, JOB_OK);
    assert_str(h.reply.messages_json, "[{\"content\":\"Is this right?\",\"role\":\"user\"}]");
    assert_str(h.reply.schema_json, "{\"type\":\"object\"}");
    row.kind = JOB_GRADE;
    row.output.text = AS_STR("I give it 4");
    assert_true(host_run(&h, &row)->score == 0.75);
    assert_str(h.reply.reason, "it says 4");
    row.output.text = AS_STR("none");
    assert_true(host_run(&h, &row)->is_na);
    assert_str(h.reply.reason, "no number");
    row.output.text = AS_STR("6");
    assert_int_equal(host_run(&h, &row)->status, JOB_BAD_RESULT);
    assert_true(reason_has(h.reply.reason, "the score 6.0 is not on the scale of 1.0 to 5.0"));
    row.kind = JOB_SCORE;
    assert_int_equal(host_run(&h, &row)->status, JOB_SCRIPT_ERROR);
    assert_true(reason_has(h.reply.reason, "a rubric cannot do the job score"));
    host_stop(&h);
}

static void test_a_question_must_have_messages(void **state)
{
    (void)state;
    const char *bad[][2] = {
        {"{}", "result.messages is missing"},
        {"{ messages = {} }", "result.messages is empty"},
        {"{ messages = { { content = 'x' } } }", "message.role is missing"},
        {"{ messages = { { role = 'judge', content = 'x' } } }", "messages[1].role is none of"},
        {"{ messages = { { role = 'user' } } }", "messages[1].content must be"},
        {"{ messages = { { role = 'user', content = 'x' } }, scheme = {} }",
         "unknown field 'scheme'"},
        {"{ messages = { { role = 'user', content = 'x' } }, schema = { 1 } }",
         "result.schema must be an object"},
        {"'x'", "a table with messages"},
    };
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct as_buf source = {0};
        as_buf_addf(&source, HEAD "kind = 'rubric', grade = type, ask = function() return %s end }",
                    bad[i][0]);
        struct host h = host_start(source.ptr);
        struct job_row row = score_row("");
        row.kind = JOB_ASK;
        assert_int_equal(host_run(&h, &row)->status, JOB_BAD_RESULT);
        assert_true(reason_has(h.reply.reason, bad[i][1]));
        host_stop(&h);
        as_buf_done(&source);
    }
}

static void test_a_provider_builds_a_request(void **state)
{
    (void)state;
    struct host h = host_start(PROVIDER(""));
    assert_str(h.loaded.manifest.auth_header, "Authorization");
    assert_str(h.loaded.manifest.auth_prefix, "Bearer ");
    struct job_row row = {.kind = JOB_REQUEST,
                          .model_json = AS_STR("{\"id\":\"m-1\"}"),
                          .messages_json = AS_STR("[{\"role\":\"user\",\"content\":\"hi\"}]"),
                          .opts_json = AS_STR("{\"temperature\":0}")};
    assert_int_equal(host_run(&h, &row)->status, JOB_OK);
    assert_str(h.reply.method, "POST");
    assert_str(h.reply.path, "/v1/chat");
    assert_int_equal(h.reply.header_count, 2);
    assert_str(h.reply.headers[0].name, "a-b");
    assert_str(h.reply.body, "{\"messages\":[{\"content\":\"hi\",\"role\":\"user\"}],\"model\":\"m-"
                             "1\",\"temperature\":0}");
    host_stop(&h);
}

static void test_a_bad_request_does_not_leave_the_worker(void **state)
{
    (void)state;
    const char *bad[][2] = {
        {"{ path = 'v1' }", "result.path must start with"},
        {"{ path = '//evil' }", "result.path must start with"},
        {"{ path = '/', method = 'post' }", "result.method must be capital letters"},
        {"{ path = '/', headers = { ['x'] = 'a\\r\\nb: c' } }", "result.headers must map"},
        {"{ path = '/', headers = { 'x' } }", "result.headers must map"},
        {"{ path = '/', body = {} }", "result.body must be a string, got table"},
        {"{ path = '/', host = 'x' }", "unknown field 'host'"},
        {"nil, 'x'", "the result must be a table"},
    };
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct as_buf source = {0};
        as_buf_addf(&source,
                    HEAD "kind = 'provider', response = type, request = function() return %s end }",
                    bad[i][0]);
        struct host h = host_start(source.ptr);
        struct job_row row = {.kind = JOB_REQUEST};
        assert_int_equal(host_run(&h, &row)->status, JOB_BAD_RESULT);
        assert_true(reason_has(h.reply.reason, bad[i][1]));
        host_stop(&h);
        as_buf_done(&source);
    }
}

static void test_a_provider_reads_a_reply(void **state)
{
    (void)state;
    struct host h = host_start(PROVIDER(""));
    struct job_row row = {
        .kind = JOB_PARSE,
        .http = {.status = 200,
                 .body = AS_STR(
                     "{\"text\":\"hi\",\"model\":\"m-2\",\"n\":5,\"calls\":[{\"name\":\"f\"}]}")}};
    assert_int_equal(host_run(&h, &row)->status, JOB_OK);
    const struct job_output *o = &h.reply.output;
    assert_str(o->text, "hi");
    assert_str(o->finish_reason, "stop");
    assert_str(o->model_id, "m-2");
    assert_str(o->tool_calls_json, "[{\"name\":\"f\"}]");
    assert_true(o->input_tokens == 5 && o->output_tokens == 2 && o->cached_tokens == -1);
    row.http = (struct job_http){
        .status = 429,
        .header_count = 2,
        .headers = {{AS_STR("retry-after"), AS_STR("3")}, {AS_STR("retry-after"), AS_STR("4")}},
        .body = AS_STR("")};
    assert_int_equal(host_run(&h, &row)->status, JOB_OK);
    assert_str(h.reply.error_class, "rate_limit");
    assert_str(h.reply.reason, "3, 4");
    row.http = (struct job_http){.status = 200, .body = AS_STR("<html>")};
    assert_int_equal(host_run(&h, &row)->status, JOB_SCRIPT_ERROR);
    row.http.body = AS_STR("{\"text\":\"x\",\"n\":-1}");
    assert_int_equal(host_run(&h, &row)->status, JOB_BAD_RESULT);
    assert_true(reason_has(h.reply.reason, "usage.input_tokens must be a whole number"));
    host_stop(&h);
}

static void test_what_an_api_says_may_be_refused_but_never_breaks_the_worker(void **state)
{
    (void)state;
    const char *replies[][2] = {
        {"{ model_id = '\\xA1' }", "result.model_id must be UTF-8 of at most 256 bytes"},
        {"{ model_id = ('m'):rep(257) }", "result.model_id must be UTF-8 of at most 256 bytes"},
        {"{ tool_calls = { name = 'f' } }", "result.tool_calls must be an array"},
        {"{ text = ('x'):rep(13 << 20), tool_calls = { ('y'):rep(9 << 20) } }", "bytes together"},
    };
    for (size_t i = 0; i < AS_COUNT(replies); i++) {
        struct as_buf source = {0};
        as_buf_addf(&source,
                    HEAD "kind = 'provider', request = type, response = function() return %s end }",
                    replies[i][0]);
        struct host h = host_start(source.ptr);
        struct job_row row = {.kind = JOB_PARSE, .http = {.status = 200}};
        assert_int_equal(host_run(&h, &row)->status, JOB_BAD_RESULT);
        assert_true(reason_has(h.reply.reason, replies[i][1]));
        host_stop(&h);
        as_buf_done(&source);
    }
}

static void test_an_empty_table_of_tool_calls_is_an_array(void **state)
{
    (void)state;
    struct host h = host_start(HEAD "kind = 'provider', request = type, response = function() "
                                    "return { tool_calls = {} } end }");
    struct job_row row = {.kind = JOB_PARSE, .http = {.status = 200}};
    assert_str(host_run(&h, &row)->output.tool_calls_json, "[]");
    host_stop(&h);
}

/* Loads a plugin with these examples and expects each to end like this: NULL for well, else a part
 * of the reason. */
static void check_examples(const char *source, const char *const *wanted, uint32_t count)
{
    struct host h = host_start(source);
    assert_int_equal(h.loaded.manifest.example_count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct job_reply *reply = host_example(&h, i);
        if (!wanted[i] && reply->status != JOB_OK)
            print_error("example %u: %.*s\n", i + 1, (int)reply->reason.len, reply->reason.ptr);
        assert_int_equal(reply->status == JOB_OK, !wanted[i]);
        assert_true(!wanted[i] || reason_has(reply->reason, wanted[i]));
    }
    assert_int_equal(host_example(&h, count)->status, JOB_SCRIPT_ERROR);
    host_stop(&h);
}

static void test_examples_of_a_scorer(void **state)
{
    (void)state;
    const char *wanted[] = {
        NULL,
        NULL,
        NULL,
        "score: expected 0.5, got 0.1 (1 long)",
        "unknown field 'scroe'",
        "must say what is expected",
        "expected nil and why, got the score 0.2",
        "pass: expected true, got false",
        "label: expected \"a\", got \"b\"",
        "score: expected 0.0, got nil: empty",
        "unknown parameter 'x'",
        "boom",
    };
    check_examples(HEAD "kind = 'scorer', params = { n = { type = 'number', default = 10 } },\n"
                        "score = function(case, output, p)\n"
                        "if output.text == 'boom' then error('boom') end\n"
                        "if output.text == '' then return nil, 'empty' end\n"
                        "return { score = #output.text / p.n, pass = false, label = 'b', reason = "
                        "#output.text .. ' long' } end,\n"
                        "examples = { { output = { text = 'abc' }, score = 0.3 },\n"
                        "{ output = { text = 'abc' }, params = { n = 3 }, score = 1, pass = false, "
                        "label = 'b', case = { id = 1 } },\n"
                        "{ na = true }, { output = { text = 'a' }, score = 0.5 }, { output = { "
                        "text = 'a' }, scroe = 0.5 },\n"
                        "{ output = { text = 'a' } }, { output = { text = 'ab' }, na = true },\n"
                        "{ output = { text = 'a' }, score = 0.1, pass = true }, { output = { text "
                        "= 'a' }, score = 0.1, label = 'a' },\n"
                        "{ score = 0 }, { params = { x = 1 }, score = 0 }, { output = { text = "
                        "'boom' }, score = 0 } } }",
                   wanted, 12);
}

static void test_examples_of_a_rubric(void **state)
{
    (void)state;
    const char *wanted[] = {NULL, "the question does not contain 'wrong?'", NULL,
                            NULL, "score: expected 4.0, got 5.0",           "expected nil and why"};
    check_examples(
        RUBRIC("examples = { { output = { text = 'x' }, ask_contains = { 'Is x', 'right?' } },\n"
               "{ output = { text = 'x' }, ask_contains = { 'wrong?' } },\n"
               "{ reply = { text = '5' }, score = 5 }, { reply = { text = '-' }, error = true },\n"
               "{ reply = { text = '5' }, score = 4 }, { reply = { text = '5' }, error = true } }"),
        wanted, 6);
}

static void test_examples_of_a_provider(void **state)
{
    (void)state;
    const char *wanted[] = {
        NULL,
        "path: expected \"/v2\", got \"/v1/chat\"",
        "body.messages.1.role: expected \"system\", got \"user\"",
        "body.messages: expected [1], got [1,2]",
        NULL,
        "output.text: expected \"no\", got \"hi\"",
        NULL,
        "error.class: expected \"quota\", got \"rate_limit\"",
        "expected an error, got an output",
        "expected an output, got the error rate_limit: 1",
    };
    check_examples(
        PROVIDER("examples = { { model = { id = 'm' }, messages = { { role = 'user', content = 'x' "
                 "} }, opts = { temperature = 0 },\n"
                 "request = { method = 'POST', path = '/v1/chat', headers = { ['a-b'] = 'c' },\n"
                 "body = { temperature = 0.0, messages = { { content = 'x' } } } } },\n"
                 "{ model = { id = 'm' }, messages = {}, request = { path = '/v2' } },\n"
                 "{ model = { id = 'm' }, messages = { { role = 'user' } }, request = { body = { "
                 "messages = { { role = 'system' } } } } },\n"
                 "{ model = { id = 'm' }, messages = { 1, 2 }, request = { body = { messages = { 1 "
                 "} } } },\n"
                 "{ http = { body = { text = 'hi', n = 3, model = 'm' } }, output = { text = 'hi', "
                 "usage = { input_tokens = 3 } } },\n"
                 "{ http = { body = '{\"text\":\"hi\"}' }, output = { text = 'no' } },\n"
                 "{ http = { status = 429, headers = { ['retry-after'] = '1' }, body = '' }, error "
                 "= { class = 'rate_limit' } },\n"
                 "{ http = { status = 429, headers = { ['retry-after'] = '1' } }, error = { class "
                 "= 'quota' } },\n"
                 "{ http = { body = { text = 'x' } }, error = { class = 'server' } },\n"
                 "{ http = { status = 429, headers = { ['retry-after'] = '1' } }, output = { text "
                 "= '' } } }"),
        wanted, 10);
}

static void test_an_example_that_contains_itself_is_compared_to_its_end(void **state)
{
    (void)state;
    const char *wanted[] = {"body.t.t.t: expected table, got nothing"};
    check_examples("local round = {} round.t = round\n" HEAD
                   "kind = 'provider', response = type, request = function()\n"
                   "return { path = '/', body = '{\"t\":{\"t\":{}}}' } end,\n"
                   "examples = { { request = { body = round } } } }",
                   wanted, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_manifest_must_be_whole),
        cmocka_unit_test(test_declared_parameters_must_make_sense),
        cmocka_unit_test(test_parameters_are_checked_and_completed),
        cmocka_unit_test(test_a_scorer_sees_its_case_and_output),
        cmocka_unit_test(test_every_form_of_a_score_is_read),
        cmocka_unit_test(test_every_bad_score_is_called_one),
        cmocka_unit_test(test_texts_are_cut_and_cleaned_not_refused),
        cmocka_unit_test(test_a_rubric_asks_and_grades_on_its_scale),
        cmocka_unit_test(test_a_question_must_have_messages),
        cmocka_unit_test(test_a_provider_builds_a_request),
        cmocka_unit_test(test_a_bad_request_does_not_leave_the_worker),
        cmocka_unit_test(test_a_provider_reads_a_reply),
        cmocka_unit_test(test_what_an_api_says_may_be_refused_but_never_breaks_the_worker),
        cmocka_unit_test(test_an_empty_table_of_tool_calls_is_an_array),
        cmocka_unit_test(test_examples_of_a_scorer),
        cmocka_unit_test(test_examples_of_a_rubric),
        cmocka_unit_test(test_examples_of_a_provider),
        cmocka_unit_test(test_an_example_that_contains_itself_is_compared_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
