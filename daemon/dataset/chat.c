/* Chat lines, {"messages": [..], "id"?, "tools"?, "metadata"?}: what was answered last is the
 * recorded answer, the turns before it are what a model is asked. Turns after the last answer
 * belong to neither. */
#include "daemon/dataset/formats.h"
#include "daemon/dataset/messages.h"

#include <string.h>

/* Index of the last assistant turn, or the count of turns when there is none. */
static size_t find_answer(const struct as_json *messages)
{
    size_t count = as_json_len(messages);
    for (size_t i = count; i > 0; i--)
        if (as_str_eq(as_json_get_str(as_json_at(messages, i - 1), "role"), "assistant"))
            return i - 1;
    return count;
}

static int check_line(const struct as_json *line, struct as_err *err)
{
    int rc = messages_check(as_json_get(line, "messages"), "messages", err);
    const struct as_json *metadata = as_json_get(line, "metadata"),
                         *tools = as_json_get(line, "tools");
    if (!rc && metadata && as_json_type_of(metadata) != AS_JSON_OBJECT)
        rc = as_err_set(err, AS_EINVAL, "metadata must be an object, got %s",
                        as_json_type_name(as_json_type_of(metadata)));
    if (!rc && tools && as_json_type_of(tools) != AS_JSON_ARRAY)
        rc = as_err_set(err, AS_EINVAL, "tools must be an array, got %s",
                        as_json_type_name(as_json_type_of(tools)));
    if (!rc && find_answer(as_json_get(line, "messages")) == 0)
        rc = as_err_set(err, AS_EINVAL, "messages begins with its last answer: nothing was asked");
    return rc;
}

static struct as_json *turns_before(const struct as_json *messages, size_t end)
{
    struct as_json *turns = as_json_array();
    for (size_t i = 0; i < end; i++)
        as_json_push_take(turns, as_json_share(as_json_at(messages, i)));
    return turns;
}

static struct as_json *split_conversation(const struct as_json *messages)
{
    size_t end = find_answer(messages);
    const struct as_json *last = as_json_at(messages, end);
    AS_CLEANUP_JSON struct as_json *asked = turns_before(messages, end);
    AS_CLEANUP_JSON struct as_json *answer =
        last ? messages_answer(as_json_get(last, "content"), as_json_get(last, "tool_calls"))
             : NULL;
    return messages_case(asked, answer);
}

/* The tools that were on offer are kept for scripts to look at, beside the line's own metadata. */
static void keep_metadata(struct as_json *made, const struct as_json *line)
{
    struct as_json *metadata = as_json_get(line, "metadata"), *tools = as_json_get(line, "tools");
    if (!metadata && !tools)
        return;
    metadata = metadata ? as_json_share(metadata) : as_json_object();
    if (tools && !as_json_has(metadata, "tools"))
        as_json_set_take(metadata, "tools", as_json_share(tools));
    as_json_set_take(made, "metadata", metadata);
}

int format_parse_chat(struct as_json *line, struct as_json **ret_case, struct as_err *err)
{
    int rc = check_line(line, err);
    if (rc)
        return rc;
    struct as_json *made = split_conversation(as_json_get(line, "messages"));
    rc = format_set_id(made, line, err); /* over the line as it came */
    if (rc) {
        as_json_free(made);
        return rc;
    }
    keep_metadata(made, line);
    *ret_case = made;
    return 0;
}
