/* OpenAI: POST /v1/chat/completions, without streaming. The fields and their sources are listed in
 * docs/wire-formats.md; a member that is not in the list below is refused with the vendor's
 * sentence. */
#include "sim/wire.h"

#include "sim/text.h"

#include <string.h>

#define CREATED "1714521600" /* a fixed moment: bodies do not depend on the clock */

/* clang-format off */
static const char *const members[] = {
    "messages", "model", "audio", "frequency_penalty", "function_call", "functions", "logit_bias",
    "logprobs", "max_completion_tokens", "max_tokens", "metadata", "modalities", "n",
    "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key",
    "prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed",
    "service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice",
    "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options", NULL};
/* clang-format on */

static int add_message(const struct as_json *message, struct wire_chat *chat, struct as_err *err)
{
    static const char *const roles[] = {"developer", "system", "user",
                                        "assistant", "tool",   "function"};
    const char *role = as_json_get_cstr(message, "role");
    size_t i = 0;
    while (role && i < 6 && strcmp(roles[i], role))
        i++;
    if (!role || i == 6)
        return as_err_set(err, AS_EINVAL, "Invalid value for 'messages[%zu].role'.",
                          chat->message_count);
    chat->message_count++;
    struct wire_content_rule rule = {.field = "messages.content",
                                     .text_type = "text",
                                     .allows_null = i == 3,
                                     .starts_over = i == 2};
    struct as_buf *into = i < 2 ? &chat->system : i == 2 ? &chat->user : NULL;
    return wire_add_content(as_json_get(message, "content"), &rule, chat, into, err);
}

static int read_format(const struct as_json *body, struct wire_chat *chat, struct as_err *err)
{
    const struct as_json *format = as_json_get(body, "response_format");
    if (!format)
        return 0;
    const char *type = as_json_get_cstr(format, "type");
    if (!type ||
        (strcmp(type, "text") && strcmp(type, "json_object") && strcmp(type, "json_schema")))
        return as_err_set(err, AS_EINVAL, "Invalid value for 'response_format.type'.");
    const struct as_json *schema = as_json_get(format, "json_schema");
    if (!strcmp(type, "json_schema") &&
        (!as_json_get_cstr(schema, "name") || !as_json_get(schema, "schema")))
        return as_err_set(err, AS_EINVAL,
                          "Missing required parameter: 'response_format.json_schema'.");
    chat->wants_json = strcmp(type, "text") != 0;
    return 0;
}

static int openai_parse(const struct as_json *body, struct as_str path, struct wire_chat *chat,
                        struct as_err *err)
{
    (void)path;
    const struct as_json *messages = as_json_get(body, "messages");
    chat->model = as_json_get_str(body, "model");
    if (!chat->model.len)
        return as_err_set(err, AS_EINVAL, "you must provide a model parameter");
    if (as_json_type_of(messages) != AS_JSON_ARRAY || !as_json_len(messages))
        return as_err_set(err, AS_EINVAL, "Missing required parameter: 'messages'.");
    if (as_json_get_bool(body, "stream", false) || as_json_get_int(body, "n", 1) != 1)
        return as_err_set(err, AS_EINVAL,
                          "assay-sim gives one answer at a time and does not stream");
    int rc = wire_check_members(body, members, "Unrecognized request argument supplied: %s", err);
    for (size_t i = 0; !rc && i < as_json_len(messages); i++)
        rc = add_message(as_json_at(messages, i), chat, err);
    rc = rc ? rc : wire_read_limit(body, "max_tokens", chat, err);
    rc = rc ? rc : wire_read_limit(body, "max_completion_tokens", chat, err);
    rc = rc ? rc : wire_check_range(body, "temperature", 0, 2, err);
    rc = rc ? rc : wire_check_range(body, "top_p", 0, 1, err);
    return rc ? rc : read_format(body, chat, err);
}

static void write_usage(const struct wire_answer *answer, struct as_buf *out)
{
    as_buf_adds(out, "\"usage\":{\"prompt_tokens\":");
    text_add_int(answer->input_tokens, out);
    as_buf_adds(out, ",\"completion_tokens\":");
    text_add_int(answer->output_tokens, out);
    as_buf_adds(out, ",\"total_tokens\":");
    text_add_int(answer->input_tokens + answer->output_tokens, out);
    as_buf_adds(out, ",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
                     "\"completion_tokens_details\":{\"reasoning_tokens\":");
    text_add_int(answer->reasoning_tokens, out);
    as_buf_adds(
        out,
        ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}");
}

static void openai_write_answer(const struct wire_chat *chat, const struct wire_answer *answer,
                                struct as_buf *out)
{
    bool is_refusal = answer->finish == WIRE_FINISH_REFUSAL;
    as_buf_adds(out, "{\"id\":\"chatcmpl-");
    text_add_hex(answer->id, out);
    as_buf_adds(out, "\",\"object\":\"chat.completion\",\"created\":" CREATED ",\"model\":");
    as_json_write_quoted(chat->model, out);
    as_buf_adds(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
    if (is_refusal)
        as_buf_adds(out, "null,\"refusal\":");
    as_json_write_quoted(answer->text, out);
    if (!is_refusal)
        as_buf_adds(out, ",\"refusal\":null");
    as_buf_adds(out, ",\"annotations\":[]},\"logprobs\":null,\"finish_reason\":");
    as_buf_adds(out, answer->finish == WIRE_FINISH_LENGTH ? "\"length\"}]," : "\"stop\"}],");
    write_usage(answer, out);
    as_buf_adds(out, ",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_sim\"}");
}

static void openai_write_error(int status, const char *message, struct as_buf *out)
{
    const char *type = status >= 500 ? "server_error" : "invalid_request_error", *code = "null";
    if (status == 401)
        code = "\"invalid_api_key\"";
    else if (status == 404)
        code = "\"model_not_found\"";
    else if (status == 429)
        type = "requests", code = "\"rate_limit_exceeded\"";
    as_buf_adds(out, "{\"error\":{\"message\":");
    as_json_write_quoted(as_str_from(message), out);
    as_buf_addf(out, ",\"type\":\"%s\",\"param\":null,\"code\":%s}}", type, code);
}

const struct wire wire_openai = {
    .name = "openai",
    .id_header = "x-request-id",
    .parse = openai_parse,
    .write_answer = openai_write_answer,
    .write_error = openai_write_error,
};
