/* Gemini: POST /v1beta/models/{model}:generateContent. The fields and their sources are listed in
 * docs/wire-formats.md. The system instruction is taken in camel case and in snake case, since
 * protobuf's JSON reads both. */
#include "sim/wire.h"

#include "sim/text.h"

#include <string.h>

static const char *const members[] = {
    "contents",       "systemInstruction", "system_instruction", "tools", "toolConfig",
    "safetySettings", "generationConfig",  "cachedContent",      "model", NULL};
/* clang-format off */
static const char *const config_members[] = {
    "stopSequences", "responseMimeType", "responseSchema", "responseJsonSchema",
    "_responseJsonSchema", "responseModalities", "candidateCount", "maxOutputTokens",
    "temperature", "topP", "topK", "seed", "presencePenalty", "frequencyPenalty",
    "responseLogprobs", "logprobs", "enableEnhancedCivicAnswers", "speechConfig",
    "thinkingConfig", "imageConfig", "mediaResolution", NULL};
/* clang-format on */

#define UNKNOWN_NAME "Invalid JSON payload received. Unknown name \"%s\": Cannot find field."

static int add_content(const struct as_json *content, struct wire_chat *chat, struct as_err *err)
{
    const struct as_json *parts = as_json_get(content, "parts");
    const char *role = as_json_get_cstr(content, "role");
    bool is_user = !role || !strcmp(role, "user");
    struct wire_content_rule rule = {.field = "contents.parts", .starts_over = is_user};
    if (!is_user && strcmp(role, "model") && strcmp(role, "function"))
        return as_err_set(err, AS_EINVAL, "Please use a valid role: user, model.");
    if (as_json_type_of(parts) != AS_JSON_ARRAY || !as_json_len(parts))
        return as_err_set(err, AS_EINVAL,
                          "* GenerateContentRequest.contents[%zu].parts: contents.parts must not "
                          "be empty.",
                          chat->message_count);
    chat->message_count++;
    return wire_add_content(parts, &rule, chat, is_user ? &chat->user : NULL, err);
}

static int read_config(const struct as_json *config, struct wire_chat *chat, struct as_err *err)
{
    if (!config)
        return 0;
    const char *type = as_json_get_cstr(config, "responseMimeType");
    chat->wants_json = type && !strcmp(type, "application/json");
    if (!chat->wants_json &&
        (as_json_has(config, "responseSchema") || as_json_has(config, "responseJsonSchema")))
        return as_err_set(err, AS_EINVAL,
                          "a response schema needs responseMimeType application/json");
    if (as_json_get_int(config, "candidateCount", 1) != 1)
        return as_err_set(err, AS_EINVAL, "assay-sim gives one candidate");
    int rc = wire_check_members(config, config_members, UNKNOWN_NAME, err);
    rc = rc ? rc : wire_read_limit(config, "maxOutputTokens", chat, err);
    rc = rc ? rc : wire_check_range(config, "temperature", 0, 2, err);
    return rc ? rc : wire_check_range(config, "topP", 0, 1, err);
}

/* The model's name stands in the path, between "models/" and ":generateContent". */
static struct as_str path_model(struct as_str path)
{
    const char *name = memmem(path.ptr, path.len, "/models/", 8);
    const char *end = path.ptr + path.len - strlen(":generateContent");
    AS_ASSERT(name && name + 8 <= end);
    return (struct as_str){name + 8, (size_t)(end - name - 8)};
}

static int gemini_parse(const struct as_json *body, struct as_str path, struct wire_chat *chat,
                        struct as_err *err)
{
    const struct as_json *contents = as_json_get(body, "contents");
    const struct as_json *system = as_json_get(body, "systemInstruction");
    struct wire_content_rule system_rule = {.field = "system_instruction.parts"};
    chat->model = path_model(path);
    if (!system)
        system = as_json_get(body, "system_instruction");
    if (as_json_type_of(contents) != AS_JSON_ARRAY || !as_json_len(contents))
        return as_err_set(err, AS_EINVAL,
                          "* GenerateContentRequest.contents: contents is not specified");
    int rc = wire_check_members(body, members, UNKNOWN_NAME, err);
    if (!rc && system)
        rc = wire_add_content(as_json_get(system, "parts"), &system_rule, chat, &chat->system, err);
    for (size_t i = 0; !rc && i < as_json_len(contents); i++)
        rc = add_content(as_json_at(contents, i), chat, err);
    return rc ? rc : read_config(as_json_get(body, "generationConfig"), chat, err);
}

static void add_count(const char *key, int64_t count, struct as_buf *out)
{
    as_buf_adds(out, key);
    text_add_int(count, out);
}

static void write_usage(const struct wire_chat *chat, const struct wire_answer *answer,
                        struct as_buf *out)
{
    int64_t visible = answer->output_tokens - answer->reasoning_tokens;
    add_count(",\"usageMetadata\":{\"promptTokenCount\":", answer->input_tokens, out);
    if (visible)
        add_count(",\"candidatesTokenCount\":", visible, out);
    add_count(",\"totalTokenCount\":", answer->input_tokens + answer->output_tokens, out);
    add_count(",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":",
              answer->input_tokens, out);
    as_buf_adds(out, "}]");
    if (answer->reasoning_tokens)
        add_count(",\"thoughtsTokenCount\":", answer->reasoning_tokens, out);
    as_buf_adds(out, "},\"modelVersion\":");
    as_json_write_quoted(chat->model, out);
    as_buf_adds(out, ",\"responseId\":\"");
    text_add_hex(answer->id, out);
    as_buf_adds(out, "\"}");
}

static void gemini_write_answer(const struct wire_chat *chat, const struct wire_answer *answer,
                                struct as_buf *out)
{
    if (answer->finish == WIRE_FINISH_REFUSAL) {
        as_buf_adds(out, "{\"promptFeedback\":{\"blockReason\":\"SAFETY\",\"safetyRatings\":[]}");
        write_usage(chat, answer, out);
        return;
    }
    as_buf_adds(out, "{\"candidates\":[{\"content\":{");
    if (answer->text.len) {
        as_buf_adds(out, "\"parts\":[{\"text\":");
        as_json_write_quoted(answer->text, out);
        as_buf_adds(out, "}],");
    }
    as_buf_adds(out, "\"role\":\"model\"},\"finishReason\":\"");
    as_buf_adds(out, answer->finish == WIRE_FINISH_LENGTH ? "MAX_TOKENS" : "STOP");
    as_buf_adds(out, "\",\"index\":0}]");
    write_usage(chat, answer, out);
}

static const char *error_status(int status)
{
    switch (status) {
    case 401: return "UNAUTHENTICATED";
    case 404: return "NOT_FOUND";
    case 429: return "RESOURCE_EXHAUSTED";
    case 500: return "INTERNAL";
    case 529: return "UNAVAILABLE";
    default: return "INVALID_ARGUMENT";
    }
}

static void gemini_write_error(int status, const char *message, struct as_buf *out)
{
    as_buf_addf(out, "{\"error\":{\"code\":%d,\"message\":", status);
    as_json_write_quoted(as_str_from(message), out);
    as_buf_addf(out, ",\"status\":\"%s\"}}", error_status(status));
}

const struct wire wire_gemini = {
    .name = "gemini",
    .id_header = "x-request-id",
    .parse = gemini_parse,
    .write_answer = gemini_write_answer,
    .write_error = gemini_write_error,
};
