/* Anthropic: POST /v1/messages, without streaming. The fields and their sources are listed in
 * docs/wire-formats.md; a member that is not in the list below is refused with the vendor's
 * sentence. */
#include "sim/wire.h"

#include "sim/text.h"

#include <string.h>

/* clang-format off */
static const char *const members[] = {
    "max_tokens", "messages", "model", "cache_control", "container", "inference_geo", "metadata",
    "output_config", "service_tier", "stop_sequences", "stream", "system", "temperature",
    "thinking", "tool_choice", "tools", "top_k", "top_p", NULL};
/* clang-format on */

static int add_message(const struct as_json *message, struct wire_chat *chat, struct as_err *err)
{
    const char *role = as_json_get_cstr(message, "role");
    bool is_user = role && !strcmp(role, "user");
    if (!is_user && !(role && !strcmp(role, "assistant")))
        return as_err_set(err, AS_EINVAL,
                          "messages.%zu.role: Input should be 'user' or 'assistant'",
                          chat->message_count);
    chat->message_count++;
    struct wire_content_rule rule = {
        .field = "messages.content", .text_type = "text", .starts_over = is_user};
    size_t before = chat->prompt_bytes;
    int rc = wire_add_content(as_json_get(message, "content"), &rule, chat,
                              is_user ? &chat->user : NULL, err);
    if (!rc && chat->prompt_bytes == before)
        return as_err_set(err, AS_EINVAL, "messages: text content blocks must be non-empty");
    return rc;
}

static int read_format(const struct as_json *body, struct wire_chat *chat, struct as_err *err)
{
    const struct as_json *format = as_json_get(as_json_get(body, "output_config"), "format");
    if (!format)
        return 0;
    const char *type = as_json_get_cstr(format, "type");
    if (!type || strcmp(type, "json_schema") ||
        as_json_type_of(as_json_get(format, "schema")) != AS_JSON_OBJECT)
        return as_err_set(err, AS_EINVAL,
                          "output_config.format: needs type 'json_schema' and a schema");
    chat->wants_json = true;
    return 0;
}

static int anthropic_parse(const struct as_json *body, struct as_str path, struct wire_chat *chat,
                           struct as_err *err)
{
    (void)path;
    struct wire_content_rule system_rule = {
        .field = "system", .text_type = "text", .allows_null = true};
    const struct as_json *messages = as_json_get(body, "messages");
    chat->model = as_json_get_str(body, "model");
    if (!chat->model.len)
        return as_err_set(err, AS_EINVAL, "model: Field required");
    if (!as_json_has(body, "max_tokens"))
        return as_err_set(err, AS_EINVAL, "max_tokens: Field required");
    if (as_json_type_of(messages) != AS_JSON_ARRAY || !as_json_len(messages))
        return as_err_set(err, AS_EINVAL, "messages: at least one message is required");
    if (as_json_get_bool(body, "stream", false))
        return as_err_set(err, AS_EINVAL, "stream: assay-sim does not stream");
    int rc = wire_check_members(body, members, "%s: Extra inputs are not permitted", err);
    rc = rc ? rc
            : wire_add_content(as_json_get(body, "system"), &system_rule, chat, &chat->system, err);
    for (size_t i = 0; !rc && i < as_json_len(messages); i++)
        rc = add_message(as_json_at(messages, i), chat, err);
    rc = rc ? rc : wire_read_limit(body, "max_tokens", chat, err);
    rc = rc ? rc : wire_check_range(body, "temperature", 0, 1, err);
    rc = rc ? rc : wire_check_range(body, "top_p", 0, 1, err);
    return rc ? rc : read_format(body, chat, err);
}

static void write_usage(const struct wire_answer *answer, struct as_buf *out)
{
    as_buf_adds(out, ",\"usage\":{\"input_tokens\":");
    text_add_int(answer->input_tokens, out);
    as_buf_adds(
        out, ",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":");
    text_add_int(answer->output_tokens, out);
    as_buf_adds(out, ",\"output_tokens_details\":{\"thinking_tokens\":");
    text_add_int(answer->reasoning_tokens, out);
    as_buf_adds(out, "},\"service_tier\":\"standard\"}}");
}

static void anthropic_write_answer(const struct wire_chat *chat, const struct wire_answer *answer,
                                   struct as_buf *out)
{
    static const char *const reasons[] = {[WIRE_FINISH_STOP] = "end_turn",
                                          [WIRE_FINISH_LENGTH] = "max_tokens",
                                          [WIRE_FINISH_REFUSAL] = "refusal"};
    bool is_refusal = answer->finish == WIRE_FINISH_REFUSAL;
    as_buf_adds(out, "{\"id\":\"msg_");
    text_add_hex(answer->id, out);
    as_buf_adds(out, "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
    as_json_write_quoted(chat->model, out);
    as_buf_adds(out, ",\"content\":[");
    if (answer->text.len && !is_refusal) {
        as_buf_adds(out, "{\"type\":\"text\",\"text\":");
        as_json_write_quoted(answer->text, out);
        as_buf_addc(out, '}');
    }
    as_buf_adds(out, "],\"stop_reason\":\"");
    as_buf_adds(out, reasons[answer->finish]);
    as_buf_adds(out, "\",\"stop_sequence\":null");
    if (is_refusal) {
        as_buf_adds(out,
                    ",\"stop_details\":{\"type\":\"refusal\",\"category\":null,\"explanation\":");
        as_json_write_quoted(answer->text, out);
        as_buf_addc(out, '}');
    }
    write_usage(answer, out);
}

static const char *error_type(int status)
{
    switch (status) {
    case 401: return "authentication_error";
    case 404: return "not_found_error";
    case 413: return "request_too_large";
    case 429: return "rate_limit_error";
    case 500: return "api_error";
    case 529: return "overloaded_error";
    default: return "invalid_request_error";
    }
}

static void anthropic_write_error(int status, const char *message, struct as_buf *out)
{
    as_buf_addf(out,
                "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":", error_type(status));
    as_json_write_quoted(as_str_from(message), out);
    as_buf_adds(out, "},\"request_id\":\"req_sim\"}");
}

const struct wire wire_anthropic = {
    .name = "anthropic",
    .id_header = "request-id",
    .parse = anthropic_parse,
    .write_answer = anthropic_write_answer,
    .write_error = anthropic_write_error,
};
