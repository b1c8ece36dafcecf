/* TrainLoop events: calls that a logger saw, in the form that it writes (camelCase) and in the one
 * that its documentation describes.
 *
 * What was answered is kept as recorded and as reference, never as expected: production may have
 * been wrong. Quirks of the writer: an array answer arrives as Python's repr of it; a reply of tool
 * calls without text as the string "None", with the calls lost; durations may be null; line numbers
 * are strings; a system prompt may stand among the parameters. Keys that we have no place for go
 * into metadata. */
#include "daemon/dataset/formats.h"
#include "daemon/dataset/messages.h"
#include "daemon/dataset/repr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The two shapes, read into one; all borrowed from the line. */
struct event {
    const char *where; /* of the turns, for errors */
    struct as_json *messages;
    struct as_json *params; /* of the request; an object or NULL */
    struct as_json *output; /* {content, tool_calls?, finish_reason?}, or NULL */
    struct as_json *model;
    struct as_json *duration;
    struct as_json *started;     /* a number or a text */
    struct as_json *tags;        /* an array, a string, or NULL */
    const char *const *consumed; /* keys of the line that are not metadata */
};

static const char *const logged_keys[] = {"input", "output", "tag", "model", "durationMs", NULL};
static const char *const documented_keys[] = {"input", "output", "metadata", NULL};

static struct event read_logged(const struct as_json *line)
{
    return (struct event){
        .where = "input",
        .messages = as_json_get(line, "input"),
        .params = as_json_get(line, "modelParams"),
        .output = as_json_get(line, "output"),
        .model = as_json_get(line, "model"),
        .duration = as_json_get(line, "durationMs"),
        .started = as_json_get(line, "startTimeMs"),
        .tags = as_json_get(line, "tag"),
        .consumed = logged_keys,
    };
}

static struct event read_documented(const struct as_json *line)
{
    struct as_json *input = as_json_get(line, "input"), *about = as_json_get(line, "metadata");
    struct as_json *model = as_json_get(input, "model");
    return (struct event){
        .where = "input.messages",
        .messages = as_json_get(input, "messages"),
        .params = input,
        .output = as_json_get(line, "output"),
        .model = model ? model : as_json_get(about, "model"),
        .duration = as_json_get(about, "duration_ms"),
        .started = as_json_get(line, "timestamp"),
        .tags = as_json_get(about, "tags"),
        .consumed = documented_keys,
    };
}

/* The logger drops every value of a turn that is no string; what is left of a turn of tool calls is
 * its role. */
static void restore_lost_content(struct as_json *messages)
{
    for (size_t i = 0; as_json_type_of(messages) == AS_JSON_ARRAY && i < as_json_len(messages);
         i++) {
        struct as_json *turn = as_json_at(messages, i);
        bool is_lost = !as_json_get(turn, "content") && !as_json_get(turn, "tool_calls");
        if (as_json_type_of(turn) == AS_JSON_OBJECT && is_lost)
            as_json_set_str(turn, "content", "");
    }
}

static struct as_json *new_system_turn(const struct as_json *system)
{
    AS_CLEANUP_JSON struct as_json *text = messages_answer(system, NULL);
    struct as_json *turn = as_json_object();
    as_json_set_str(turn, "role", "system");
    as_json_set_take(turn, "content", as_json_share(as_json_get(text, "text")));
    return turn;
}

/* The turns, with the system prompt in front that some APIs take as a parameter. */
static struct as_json *turns_of(const struct event *event)
{
    const struct as_json *system = as_json_get(event->params, "system");
    struct as_json *turns = as_json_array();
    if (system)
        as_json_push_take(turns, new_system_turn(system));
    for (size_t i = 0; i < as_json_len(event->messages); i++)
        as_json_push_take(turns, as_json_share(as_json_at(event->messages, i)));
    return turns;
}

static bool is_parts(const struct as_json *value)
{
    return as_json_type_of(value) == AS_JSON_ARRAY &&
           as_json_get_cstr(as_json_at(value, 0), "type");
}

/* The answer's content with the writer's quirks undone; the caller owns it. NULL: there was none.
 */
static struct as_json *content_of(const struct event *event)
{
    struct as_json *content = as_json_get(event->output, "content");
    struct as_str text = as_json_str(content);
    struct as_json *parts = NULL;
    if (text.len > 2 && !memcmp(text.ptr, "[{", 2) && !repr_parse(text, &parts)) {
        if (is_parts(parts))
            return parts;
        as_json_free(parts);
    }
    bool had_tools = as_json_get(event->params, "tools") || as_json_get(event->params, "functions");
    if (had_tools && as_str_eq(text, "None")) /* without tools it is what the model said */
        return NULL;
    return as_json_share(content);
}

static struct as_json *answer_of(const struct event *event)
{
    AS_CLEANUP_JSON struct as_json *content = content_of(event);
    struct as_json *answer = messages_answer(content, as_json_get(event->output, "tool_calls"));
    if (!answer)
        return NULL;
    double duration_ms = as_json_num(event->duration, NAN);
    if (duration_ms >= 0 && isfinite(duration_ms))
        as_json_set_take(answer, "latency_ms", as_json_share(event->duration));
    if (as_json_cstr(event->model))
        as_json_set_take(answer, "model", as_json_share(event->model));
    struct as_json *finish = as_json_get(event->output, "finish_reason");
    if (as_json_cstr(finish))
        as_json_set_take(answer, "finish_reason", as_json_share(finish));
    return answer;
}

static void set_tags(struct as_json *made, struct as_json *given)
{
    struct as_json *tags = as_json_array();
    if (as_json_str(given).len)
        as_json_push_take(tags, as_json_share(given));
    for (size_t i = 0; as_json_type_of(given) == AS_JSON_ARRAY && i < as_json_len(given); i++)
        if (as_json_str(as_json_at(given, i)).len)
            as_json_push_take(tags, as_json_share(as_json_at(given, i)));
    if (as_json_len(tags))
        as_json_set_take(made, "tags", as_json_share(tags));
    as_json_free(tags);
}

/* Queries of URLs are where some APIs take their key: they are not stored. */
static struct as_json *without_query(const struct as_json *url)
{
    struct as_str text = as_json_str(url);
    const char *query = memchr(text.ptr, '?', text.len);
    return as_json_new_str(
        (struct as_str){text.ptr, query ? (size_t)(query - text.ptr) : text.len});
}

static struct as_json *with_line_number(struct as_json *location)
{
    const char *digits = as_json_get_cstr(location, "lineNumber");
    if (digits && *digits && strspn(digits, "0123456789") == strlen(digits))
        as_json_set_int(location, "lineNumber", strtoll(digits, NULL, 10));
    return as_json_share(location);
}

struct leftover_walk {
    const char *const *consumed;
    struct as_json *metadata;
};

static void keep_leftover(void *ctx, const char *key, struct as_json *value)
{
    struct leftover_walk *walk = ctx;
    for (size_t i = 0; walk->consumed[i]; i++)
        if (!strcmp(walk->consumed[i], key))
            return;
    if (!value)
        return;
    if (!strcmp(key, "url") && as_json_cstr(value))
        as_json_set_take(walk->metadata, key, without_query(value));
    else if (!strcmp(key, "location"))
        as_json_set_take(walk->metadata, key, with_line_number(value));
    else
        as_json_set_take(walk->metadata, key, as_json_share(value));
}

static void keep_documented(void *ctx, const char *key, struct as_json *value)
{
    if (value && strcmp(key, "messages") && strcmp(key, "content"))
        as_json_set_take(ctx, key, as_json_share(value));
}

/* Everything that has no other place: the line's other keys, and in the documented shape those of
 * its parts. */
static void set_metadata(struct as_json *made, const struct as_json *line,
                         const struct event *event)
{
    struct as_json *metadata = as_json_object();
    if (event->consumed == documented_keys) {
        struct as_json *request = as_json_object(), *reply = as_json_object();
        as_json_each(as_json_get(line, "metadata"), keep_documented, metadata);
        as_json_each(as_json_get(line, "input"), keep_documented, request);
        as_json_each(as_json_get(line, "output"), keep_documented, reply);
        as_json_set_take(metadata, "request", request);
        as_json_set_take(metadata, "reply", reply);
    }
    struct leftover_walk walk = {event->consumed, metadata};
    as_json_each(line, keep_leftover, &walk);
    as_json_set_take(made, "metadata", metadata);
}

/* What makes two events the same call: the turns, the parameters, and when it was made. */
static struct as_json *identity_of(const struct event *event)
{
    struct as_json *identity = as_json_array();
    as_json_push_take(identity, as_json_share(event->messages));
    as_json_push_take(identity, as_json_share(event->params));
    as_json_push_take(identity, as_json_share(event->started));
    return identity;
}

static int check_event(const struct event *event, const struct as_json *line, struct as_err *err)
{
    int rc = messages_check(event->messages, event->where, err);
    if (!rc && !as_json_has(line, "output"))
        rc = as_err_set(err, AS_EINVAL, "output is missing");
    if (!rc && event->output && as_json_type_of(event->output) != AS_JSON_OBJECT)
        rc = as_err_set(err, AS_EINVAL, "output must be an object, got %s",
                        as_json_type_name(as_json_type_of(event->output)));
    return rc;
}

static struct as_json *case_of(const struct as_json *line, const struct event *event)
{
    AS_CLEANUP_JSON struct as_json *turns = turns_of(event);
    AS_CLEANUP_JSON struct as_json *answer = answer_of(event);
    struct as_json *made = messages_case(turns, answer);
    set_tags(made, event->tags);
    set_metadata(made, line, event);
    return made;
}

int format_parse_trainloop(struct as_json *line, struct as_json **ret_case, struct as_err *err)
{
    bool is_documented = as_json_has(as_json_get(line, "input"), "messages");
    struct event event = is_documented ? read_documented(line) : read_logged(line);
    AS_CLEANUP_JSON struct as_json *identity = identity_of(&event);
    struct as_buf before = {0};
    as_json_write_canonical(identity, &before); /* as it came, before lost contents are restored */
    restore_lost_content(event.messages);
    int rc = check_event(&event, line, err);
    if (!rc) {
        *ret_case = case_of(line, &event);
        format_set_hashed_id(*ret_case, as_buf_str(&before));
    }
    as_buf_done(&before);
    return rc;
}
