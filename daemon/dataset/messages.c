/* Turns are passed on as they stand, since a provider may know more keys than we do; only what
 * every provider needs is checked. */
#include "daemon/dataset/messages.h"

#include <string.h>

/* "developer" is what newer APIs call "system". */
static bool role_is_known(const char *role)
{
    return !strcmp(role, "system") || !strcmp(role, "developer") || !strcmp(role, "user") ||
           !strcmp(role, "assistant") || !strcmp(role, "tool");
}

static int check_parts(const struct as_json *parts, const char *where, size_t turn,
                       struct as_err *err)
{
    for (size_t i = 0; i < as_json_len(parts); i++)
        if (!as_json_get_cstr(as_json_at(parts, i), "type"))
            return as_err_set(err, AS_EINVAL, "%s[%zu].content[%zu] must be an object with a type",
                              where, turn, i);
    return 0;
}

static int check_content(const struct as_json *turn, const char *where, size_t index,
                         struct as_err *err)
{
    const struct as_json *content = as_json_get(turn, "content");
    enum as_json_type type = as_json_type_of(content);
    if (type == AS_JSON_STRING)
        return 0;
    if (type == AS_JSON_ARRAY)
        return check_parts(content, where, index, err);
    bool is_call = as_json_len(as_json_get(turn, "tool_calls")) > 0;
    if (type == AS_JSON_NULL && is_call)
        return 0;
    return as_err_set(err, AS_EINVAL,
                      "%s[%zu].content must be a string or an array of parts, got %s", where, index,
                      as_json_type_name(type));
}

int messages_check_calls(const struct as_json *tool_calls, const char *where, struct as_err *err)
{
    if (as_json_type_of(tool_calls) != AS_JSON_ARRAY)
        return as_err_set(err, AS_EINVAL, "%s must be an array, got %s", where,
                          as_json_type_name(as_json_type_of(tool_calls)));
    for (size_t i = 0; i < as_json_len(tool_calls); i++) {
        const struct as_json *call = as_json_at(tool_calls, i);
        const struct as_json *function = as_json_get(call, "function");
        if (!as_json_get_cstr(function ? function : call, "name"))
            return as_err_set(err, AS_EINVAL, "%s[%zu] does not name a function", where, i);
    }
    return 0;
}

static int check_turn(const struct as_json *turn, const char *where, size_t index,
                      struct as_err *err)
{
    if (as_json_type_of(turn) != AS_JSON_OBJECT)
        return as_err_set(err, AS_EINVAL, "%s[%zu] must be an object, got %s", where, index,
                          as_json_type_name(as_json_type_of(turn)));
    const char *role = as_json_get_cstr(turn, "role");
    if (!role)
        return as_err_set(err, AS_EINVAL, "%s[%zu].role is missing or not a string", where, index);
    if (!role_is_known(role))
        return as_err_set(
            err, AS_EINVAL,
            "%s[%zu].role must be system, developer, user, assistant or tool, got '%.40s'", where,
            index, role);
    const struct as_json *calls = as_json_get(turn, "tool_calls");
    int rc = check_content(turn, where, index, err);
    if (!rc && calls && messages_check_calls(calls, "tool_calls", err))
        rc = as_err_prefix(err, "%s[%zu]", where, index);
    return rc;
}

int messages_check(const struct as_json *messages, const char *where, struct as_err *err)
{
    if (as_json_type_of(messages) != AS_JSON_ARRAY)
        return as_err_set(err, AS_EINVAL, "%s must be an array, got %s", where,
                          as_json_type_name(as_json_type_of(messages)));
    if (!as_json_len(messages))
        return as_err_set(err, AS_EINVAL, "%s is empty", where);
    int rc = 0;
    for (size_t i = 0; !rc && i < as_json_len(messages); i++)
        rc = check_turn(as_json_at(messages, i), where, i, err);
    return rc;
}

bool messages_end_with_answer(const struct as_json *messages)
{
    size_t count = as_json_len(messages);
    const struct as_json *last = count ? as_json_at(messages, count - 1) : NULL;
    return as_str_eq(as_json_get_str(last, "role"), "assistant");
}

static struct as_json *new_call(const struct as_json *id, const struct as_json *name,
                                struct as_json *arguments)
{
    struct as_json *call = as_json_object();
    if (as_json_cstr(id))
        as_json_set_take(call, "id", as_json_new_str(as_json_str(id)));
    as_json_set_take(call, "name", as_json_new_str(as_json_str(name)));
    as_json_set_take(call, "arguments", arguments);
    return call;
}

/* OpenAI sends arguments as JSON text; text that is no JSON stays what it is. */
static struct as_json *decode_arguments(struct as_json *arguments)
{
    struct as_str text = as_json_str(arguments);
    struct as_json *decoded = NULL;
    if (text.ptr && !as_json_parse(text.ptr, text.len, &decoded, NULL))
        return decoded;
    return as_json_share(arguments);
}

static void push_calls(struct as_json *calls, const struct as_json *given)
{
    for (size_t i = 0; as_json_type_of(given) == AS_JSON_ARRAY && i < as_json_len(given); i++) {
        const struct as_json *call = as_json_at(given, i);
        const struct as_json *function = as_json_get(call, "function");
        const struct as_json *named = function ? function : call;
        struct as_json *arguments = decode_arguments(as_json_get(named, "arguments"));
        as_json_push_take(calls,
                          new_call(as_json_get(call, "id"), as_json_get(named, "name"), arguments));
    }
}

static void add_part(const struct as_json *part, struct as_buf *text, struct as_json *calls)
{
    struct as_str type = as_json_get_str(part, "type");
    struct as_str words = as_json_get_str(part, "text");
    if (as_str_eq(type, "text") && words.ptr)
        as_buf_add(text, words.ptr, words.len);
    if (as_str_eq(type, "tool_use"))
        as_json_push_take(calls, new_call(as_json_get(part, "id"), as_json_get(part, "name"),
                                          as_json_share(as_json_get(part, "input"))));
}

struct as_json *messages_answer(const struct as_json *content, const struct as_json *tool_calls)
{
    struct as_str whole = as_json_str(content);
    bool has_content = whole.ptr || as_json_type_of(content) == AS_JSON_ARRAY;
    if (!has_content && !as_json_len(tool_calls))
        return NULL;
    struct as_json *calls = as_json_array();
    struct as_buf text = {0};
    if (whole.ptr)
        as_buf_add(&text, whole.ptr, whole.len);
    else if (as_json_type_of(content) == AS_JSON_ARRAY)
        for (size_t i = 0; i < as_json_len(content); i++)
            add_part(as_json_at(content, i), &text, calls);
    push_calls(calls, tool_calls);

    struct as_json *answer = as_json_object();
    as_json_set_take(answer, "text", as_json_new_str(as_buf_str(&text)));
    if (as_json_len(calls))
        as_json_set_take(answer, "tool_calls", as_json_share(calls));
    as_json_free(calls);
    as_buf_done(&text);
    return answer;
}

struct as_json *messages_case(struct as_json *messages, struct as_json *answer)
{
    struct as_json *made = as_json_object();
    as_json_set_take(made, "messages", as_json_share(messages));
    struct as_json *text = as_json_get(answer, "text");
    if (answer)
        as_json_set_take(made, "recorded", as_json_share(answer));
    if (as_json_str(text).len)
        as_json_set_take(made, "reference", as_json_share(text));
    return made;
}
