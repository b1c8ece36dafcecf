/* The three wire formats of assay-sim, answers and errors alike, as docs/wire-formats.md has
 * them. */
#include "tests/unit/sim_client.h"

#include <string.h>
#include <unistd.h>

static void test_openai_answer_has_the_published_shape(void **state)
{
    (void)state;
    struct sim sim = SIM("--seed", "1");
    int fd = sim_connect(&sim);
    struct reply reply = post(fd, OPENAI, "", SUM_BODY ",\"max_tokens\":200,\"temperature\":0}");
    assert_int_equal(reply.status, 200);
    struct as_json *json AS_CLEANUP_JSON = json_of(&reply);
    assert_text_at(json, "object", "chat.completion");
    assert_text_at(json, "model", "sim-q100");
    assert_text_at(json, "choices.0.message.role", "assistant");
    assert_text_at(json, "choices.0.message.content", "42");
    assert_text_at(json, "choices.0.finish_reason", "stop");
    assert_int_equal(int_at(json, "usage.total_tokens"),
                     int_at(json, "usage.prompt_tokens") + int_at(json, "usage.completion_tokens"));
    assert_true(int_at(json, "usage.completion_tokens_details.reasoning_tokens") > 0);
    assert_non_null(strstr(reply.head.ptr, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(reply.head.ptr, "x-request-id: req_"));
    reply_done(&reply);
    close(fd);
    sim_end(&sim);
}

static void test_anthropic_answer_has_the_published_shape(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    struct reply reply =
        post(fd, ANTHROPIC, VERSION, SUM_BODY ",\"max_tokens\":300,\"system\":\"Count.\"}");
    assert_int_equal(reply.status, 200);
    struct as_json *json AS_CLEANUP_JSON = json_of(&reply);
    assert_text_at(json, "type", "message");
    assert_text_at(json, "role", "assistant");
    assert_text_at(json, "content.0.type", "text");
    assert_text_at(json, "content.0.text", "42");
    assert_text_at(json, "stop_reason", "end_turn");
    assert_true(int_at(json, "usage.input_tokens") > 0);
    assert_true(int_at(json, "usage.output_tokens") >
                int_at(json, "usage.output_tokens_details.thinking_tokens"));
    reply_done(&reply);
    close(fd);
    sim_end(&sim);
}

static void test_gemini_answer_has_the_published_shape(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    struct reply reply =
        post(fd, GEMINI("sim-q100"), "",
             "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"What is 17 + 25?\"}]}],"
             "\"systemInstruction\":{\"parts\":[{\"text\":\"Count.\"}]},"
             "\"generationConfig\":{\"maxOutputTokens\":300}}");
    assert_int_equal(reply.status, 200);
    struct as_json *json AS_CLEANUP_JSON = json_of(&reply);
    assert_text_at(json, "candidates.0.content.parts.0.text", "42");
    assert_text_at(json, "candidates.0.content.role", "model");
    assert_text_at(json, "candidates.0.finishReason", "STOP");
    assert_text_at(json, "modelVersion", "sim-q100");
    assert_int_equal(int_at(json, "usageMetadata.totalTokenCount"),
                     int_at(json, "usageMetadata.promptTokenCount") +
                         int_at(json, "usageMetadata.candidatesTokenCount") +
                         int_at(json, "usageMetadata.thoughtsTokenCount"));
    reply_done(&reply);
    close(fd);
    sim_end(&sim);
}

static const struct {
    const char *path, *headers, *body;
    int status;
    const char *place, *text; /* where the vendor's error shape says what kind it is */
} refusals[] = {
    {OPENAI, "", "{", 400, "error.type", "invalid_request_error"},
    {OPENAI, "", "[]", 400, "error.type", "invalid_request_error"},
    {OPENAI, "", "{\"model\":\"sim-q90\",\"messages\":[]}", 400, "error.type",
     "invalid_request_error"},
    {OPENAI, "", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", 400, "error.type",
     "invalid_request_error"},
    {OPENAI, "", "{\"model\":\"sim-q90\",\"messages\":[{\"role\":\"boss\",\"content\":\"x\"}]}",
     400, "error.message", "Invalid value for 'messages[0].role'."},
    {OPENAI, "",
     "{\"model\":\"sim-q90\",\"messages\":[{\"role\":\"user\",\"content\":{\"text\":1}}]}", 400,
     "error.message", "messages.content must be a string or an array of parts"},
    {OPENAI, "", "{\"model\":\"sim-q90\",\"messages\":{\"role\":\"user\"}}", 400, "error.type",
     "invalid_request_error"},
    {OPENAI, "", SUM_BODY ",\"max_token\":5}", 400, "error.message",
     "Unrecognized request argument supplied: max_token"},
    {OPENAI, "", SUM_BODY ",\"temperature\":3}", 400, "error.type", "invalid_request_error"},
    {OPENAI, "", SUM_BODY ",\"stream\":true}", 400, "error.type", "invalid_request_error"},
    {OPENAI, "", "{\"model\":\"gpt-x\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", 404,
     "error.code", "model_not_found"},
    {ANTHROPIC, "", SUM_BODY ",\"max_tokens\":5}", 400, "error.message",
     "anthropic-version: header is required"},
    {ANTHROPIC, VERSION, SUM_BODY "}", 400, "error.message", "max_tokens: Field required"},
    {ANTHROPIC, VERSION, SUM_BODY ",\"max_tokens\":5,\"seed\":1}", 400, "error.message",
     "seed: Extra inputs are not permitted"},
    {ANTHROPIC, VERSION,
     "{\"model\":\"sim-q90\",\"max_tokens\":5,\"messages\":[{\"role\":\"system\",\"content\":\"x\"}"
     "]}",
     400, "error.type", "invalid_request_error"},
    {ANTHROPIC, VERSION,
     "{\"model\":\"claude-x\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]"
     "}",
     404, "error.type", "not_found_error"},
    {GEMINI("sim-q90"), "", "{}", 400, "error.status", "INVALID_ARGUMENT"},
    {GEMINI("sim-q90"), "", "{\"contents\":[{\"parts\":[]}]}", 400, "error.status",
     "INVALID_ARGUMENT"},
    {GEMINI("sim-q90"), "",
     "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":{\"max_tokens\":1}}", 400,
     "error.message",
     "Invalid JSON payload received. Unknown name \"max_tokens\": Cannot find field."},
    {GEMINI("gemini-x"), "", "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}]}", 404, "error.status",
     "NOT_FOUND"},
    {"/v1/completions", "", "{}", 404, "error.message", "no such path"},
};

static void test_wrong_requests_get_the_vendors_error_shape(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    for (size_t i = 0; i < AS_COUNT(refusals); i++) {
        struct reply reply = post(fd, refusals[i].path, refusals[i].headers, refusals[i].body);
        if (reply.status != refusals[i].status)
            fail_msg("case %zu: %d %s", i, reply.status, reply.body.ptr);
        struct as_json *json AS_CLEANUP_JSON = json_of(&reply);
        assert_text_at(json, refusals[i].place, refusals[i].text);
        reply_done(&reply);
    }
    close(fd);
    sim_end(&sim);
}

static void test_required_key_is_checked_where_each_vendor_has_it(void **state)
{
    (void)state;
    struct sim sim = SIM("--require-key", "k1");
    int fd = sim_connect(&sim);
    static const struct {
        const char *path, *good, *bad, *body;
    } cases[] = {
        {OPENAI, "Authorization: Bearer k1\r\n", "Authorization: Bearer k2\r\n", SUM_BODY "}"},
        {ANTHROPIC, VERSION "x-api-key: k1\r\n", VERSION, SUM_BODY ",\"max_tokens\":9}"},
        {GEMINI("sim-q90"), "X-Goog-Api-Key: k1\r\n", "x-api-key: k1\r\n",
         "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}]}"},
    };
    for (size_t i = 0; i < 3; i++) {
        struct reply good = post(fd, cases[i].path, cases[i].good, cases[i].body);
        struct reply bad = post(fd, cases[i].path, cases[i].bad, cases[i].body);
        assert_int_equal(good.status, 200);
        assert_int_equal(bad.status, 401);
        reply_done(&good);
        reply_done(&bad);
    }
    close(fd);
    sim_end(&sim);
}

static void test_results_of_tools_do_not_replace_the_question(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    struct reply reply = post(fd, ANTHROPIC, VERSION,
                              "{\"model\":\"sim-q100\",\"max_tokens\":300,\"messages\":[{\"role\":"
                              "\"user\",\"content\":\"What is 17 + 25?\"}"
                              ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":"
                              "\"t\",\"name\":\"f\",\"input\":{}}]}"
                              ",{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_"
                              "use_id\":\"t\",\"content\":\"7\"}]}]}");
    assert_int_equal(reply.status, 200);
    struct as_json *json AS_CLEANUP_JSON = json_of(&reply);
    assert_text_at(json, "content.0.text", "42");
    reply_done(&reply);
    close(fd);
    sim_end(&sim);
}

static void test_token_limit_cuts_the_answer_and_says_so(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    struct reply reply =
        post(fd, OPENAI, "",
             "{\"model\":\"sim-echo\",\"max_completion_tokens\":2,\"messages\":[{\"role\":\"user\","
             "\"content\":\"1234567\xC3\xA9\xC3\xA9 and more\"}]}");
    struct as_json *json AS_CLEANUP_JSON = json_of(&reply);
    assert_text_at(json, "choices.0.message.content", "1234567"); /* no half character */
    assert_text_at(json, "choices.0.finish_reason", "length");
    assert_int_equal(int_at(json, "usage.completion_tokens"), 2);
    reply_done(&reply);
    close(fd);
    sim_end(&sim);
}

static void test_refusals_and_empty_answers_are_the_vendors_own(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    struct reply openai =
        post(fd, OPENAI, "",
             "{\"model\":\"sim-refuse\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
    struct reply anthropic = post(fd, ANTHROPIC, VERSION,
                                  "{\"model\":\"sim-refuse\",\"max_tokens\":9,\"messages\":[{"
                                  "\"role\":\"user\",\"content\":\"x\"}]}");
    struct reply gemini =
        post(fd, GEMINI("sim-refuse"), "", "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}]}");
    struct reply empty = post(fd, ANTHROPIC, VERSION,
                              "{\"model\":\"sim-empty\",\"max_tokens\":9,\"messages\":[{\"role\":"
                              "\"user\",\"content\":\"x\"}]}");
    struct as_json *a AS_CLEANUP_JSON = json_of(&openai), *b AS_CLEANUP_JSON = json_of(&anthropic);
    struct as_json *c AS_CLEANUP_JSON = json_of(&gemini), *d AS_CLEANUP_JSON = json_of(&empty);
    assert_null(at(a, "choices.0.message.content"));
    assert_non_null(as_json_cstr(at(a, "choices.0.message.refusal")));
    assert_text_at(b, "stop_reason", "refusal");
    assert_text_at(b, "stop_details.type", "refusal");
    assert_text_at(c, "promptFeedback.blockReason", "SAFETY");
    assert_false(as_json_has(c, "candidates"));
    assert_int_equal(as_json_len(at(d, "content")), 0);
    assert_text_at(d, "stop_reason", "end_turn");
    reply_done(&openai);
    reply_done(&anthropic);
    reply_done(&gemini);
    reply_done(&empty);
    close(fd);
    sim_end(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openai_answer_has_the_published_shape),
        cmocka_unit_test(test_anthropic_answer_has_the_published_shape),
        cmocka_unit_test(test_gemini_answer_has_the_published_shape),
        cmocka_unit_test(test_wrong_requests_get_the_vendors_error_shape),
        cmocka_unit_test(test_required_key_is_checked_where_each_vendor_has_it),
        cmocka_unit_test(test_results_of_tools_do_not_replace_the_question),
        cmocka_unit_test(test_token_limit_cuts_the_answer_and_says_so),
        cmocka_unit_test(test_refusals_and_empty_answers_are_the_vendors_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
