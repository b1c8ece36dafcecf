/* Chat lines, {"messages": [..], "id"?, "tools"?, "metadata"?}: when the last turn is an answer, it
 * is the recorded one, and the turns before it are what a model is asked. A conversation that ends
 * with another turn was not answered: it is asked whole. */
#include "daemon/dataset/formats.h"
#include "daemon/dataset/keys.h"
#include "daemon/dataset/messages.h"

static const struct key_rule chat_keys[] = {
    {"messages", "messages", messages_check},
    {"id", "id", key_check_any}, /* a string or a number: format_set_id */
    {"tools", "tools", key_check_array},
    {"metadata", "metadata", key_check_object},
    {NULL, NULL, NULL},
};

/* How many turns come before the answer. */
static size_t count_asked(const struct as_json *messages)
{
    size_t count = as_json_len(messages);
    bool is_answered = messages_end_with_answer(messages);
    return is_answered ? count - 1 : count;
}

static int check_line(const struct as_json *line, struct as_err *err)
{
    int rc = keys_check(line, chat_keys, err);
    const struct as_json *messages = as_json_get(line, "messages");
    if (!rc && !messages)
        rc = as_err_set(err, AS_EINVAL, "a chat needs messages");
    if (!rc && count_asked(messages) == 0)
        rc = as_err_set(err, AS_EINVAL, "messages holds an answer alone: nothing was asked");
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
    size_t end = count_asked(messages);
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
