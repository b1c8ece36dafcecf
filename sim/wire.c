/* The paths of the formats, and the shape checks that they share. A shape that the vendor would
 * refuse is refused with a sentence that names the field: a provider plugin that builds a wrong
 * request fails here as it would fail there. */
#include "sim/wire.h"

#include "sim/text.h"

#include <string.h>

#define GEMINI_METHOD ":generateContent"

static bool ends_with(struct as_str text, struct as_str end)
{
    return text.len >= end.len && !memcmp(text.ptr + text.len - end.len, end.ptr, end.len);
}

const struct wire *wire_for_path(struct as_str path)
{
    if (as_str_eq(path, "/v1/chat/completions"))
        return &wire_openai;
    if (as_str_eq(path, "/v1/messages"))
        return &wire_anthropic;
    if (text_has_prefix(path, "/v1beta/models/") && ends_with(path, AS_STR(GEMINI_METHOD)))
        return &wire_gemini;
    return NULL;
}

int wire_parse(const struct wire *wire, const struct as_json *body, struct as_str path,
               struct wire_chat *chat, struct as_err *err)
{
    struct as_buf system = chat->system, user = chat->user;
    as_buf_reset(&system);
    as_buf_reset(&user);
    *chat = (struct wire_chat){.system = system, .user = user, .max_tokens = INT64_MAX};
    if (as_json_type_of(body) != AS_JSON_OBJECT)
        return as_err_set(err, AS_EINVAL, "the request body is not a JSON object");
    return wire->parse(body, path, chat, err);
}

void wire_chat_done(struct wire_chat *chat)
{
    as_buf_done(&chat->system);
    as_buf_done(&chat->user);
}

static void add_text(struct as_str text, struct wire_chat *chat, struct as_buf *into)
{
    chat->prompt_bytes += text.len;
    if (into && into->len)
        as_buf_addc(into, '\n');
    if (into)
        as_buf_add(into, text.ptr, text.len);
}

static int add_part(const struct as_json *part, const struct wire_content_rule *rule,
                    struct wire_chat *chat, struct as_buf *into, struct as_err *err)
{
    if (as_json_type_of(part) != AS_JSON_OBJECT)
        return as_err_set(err, AS_EINVAL, "%s: each part must be an object", rule->field);
    const char *type = as_json_get_cstr(part, "type");
    if (rule->text_type && !type)
        return as_err_set(err, AS_EINVAL, "%s: each part needs a \"type\"", rule->field);
    bool is_text = rule->text_type ? !strcmp(type, rule->text_type) : as_json_has(part, "text");
    struct as_str text = as_json_get_str(part, "text");
    if (is_text && !text.ptr)
        return as_err_set(err, AS_EINVAL, "%s: \"text\" must be a string", rule->field);
    if (is_text) {
        add_text(text, chat, into);
    } else {
        struct as_buf other = {0};
        as_json_write(part, &other);
        chat->prompt_bytes += other.len;
        as_buf_done(&other);
    }
    return 0;
}

/* A message that only brings the results of tools is no new question. */
static bool has_text(const struct as_json *content)
{
    bool found = as_json_type_of(content) == AS_JSON_STRING;
    for (size_t i = 0; !found && i < as_json_len(content); i++)
        found = as_json_has(as_json_at(content, i), "text");
    return found;
}

int wire_add_content(const struct as_json *content, const struct wire_content_rule *rule,
                     struct wire_chat *chat, struct as_buf *into, struct as_err *err)
{
    struct as_str text = as_json_str(content);
    if (rule->starts_over && into && has_text(content))
        as_buf_reset(into);
    if (text.ptr) {
        add_text(text, chat, into);
        return 0;
    }
    if (!content && rule->allows_null)
        return 0;
    if (as_json_type_of(content) != AS_JSON_ARRAY)
        return as_err_set(err, AS_EINVAL, "%s must be a string or an array of parts", rule->field);
    int rc = 0;
    for (size_t i = 0; !rc && i < as_json_len(content); i++)
        rc = add_part(as_json_at(content, i), rule, chat, into, err);
    return rc;
}

struct member_check {
    const char *const *known;
    const char *unknown;
};

static void check_member(void *ctx, const char *key, struct as_json *value)
{
    struct member_check *check = ctx;
    (void)value;
    const char *const *name = check->known;
    while (*name && strcmp(*name, key))
        name++;
    if (!*name)
        check->unknown = key;
}

int wire_check_members(const struct as_json *object, const char *const *known, const char *format,
                       struct as_err *err)
{
    struct member_check check = {known, NULL};
    as_json_each(object, check_member, &check);
    if (!check.unknown)
        return 0;
    const char *place = strstr(format, "%s");
    AS_ASSERT(place);
    return as_err_set(err, AS_EINVAL, "%.*s%.80s%s", (int)(place - format), format, check.unknown,
                      place + 2);
}

int wire_read_limit(const struct as_json *object, const char *key, struct wire_chat *chat,
                    struct as_err *err)
{
    const struct as_json *value = as_json_get(object, key);
    if (!value)
        return 0;
    if (as_json_type_of(value) != AS_JSON_INT || as_json_int(value, 0) < 1)
        return as_err_set(err, AS_EINVAL, "%s: must be an integer of at least 1", key);
    chat->max_tokens = as_json_int(value, 0);
    return 0;
}

int wire_check_range(const struct as_json *object, const char *key, double low, double high,
                     struct as_err *err)
{
    const struct as_json *value = as_json_get(object, key);
    double number = as_json_num(value, low - 1);
    if (value && (number < low || number > high))
        return as_err_set(err, AS_EINVAL, "%s: must be a number from %g to %g", key, low, high);
    return 0;
}
