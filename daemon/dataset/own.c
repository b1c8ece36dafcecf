/* Our own case format: the tables of its keys, and the case that they make. An input becomes the
 * one turn that a model is asked; a recorded answer gets the shape that outputs have. */
#include "daemon/dataset/formats.h"
#include "daemon/dataset/keys.h"
#include "daemon/dataset/messages.h"
#include "daemon/model/recording.h"

static int check_content(const struct as_json *value, const char *label, struct as_err *err)
{
    bool is_right = as_json_cstr(value) || as_json_type_of(value) == AS_JSON_ARRAY;
    return key_expect(is_right, value, label, "a string or an array of parts", err);
}

static int check_input(const struct as_json *value, const char *label, struct as_err *err)
{
    bool is_right = as_json_cstr(value) || as_json_type_of(value) == AS_JSON_OBJECT;
    return key_expect(is_right, value, label, "a string or an object", err);
}

static const struct key_rule recorded_keys[] = {
    {"text", "recorded.text", key_check_string},
    {"content", "recorded.content", check_content},
    {"latency_ms", "recorded.latency_ms", key_check_amount},
    {"model", "recorded.model", key_check_string},
    {"finish_reason", "recorded.finish_reason", key_check_string},
    {"tool_calls", "recorded.tool_calls", messages_check_calls},
    {NULL, NULL, NULL},
};

static int check_recorded(const struct as_json *value, const char *label, struct as_err *err);
static int check_recordings(const struct as_json *value, const char *label, struct as_err *err);

static const struct key_rule case_keys[] = {
    {"id", "id", key_check_any}, /* a string or a number: format_set_id */
    {"messages", "messages", messages_check},
    {"input", "input", check_input},
    {"expected", "expected", key_check_any},
    {"reference", "reference", key_check_any},
    {"tags", "tags", key_check_strings},
    {"critical", "critical", key_check_bool},
    {"metadata", "metadata", key_check_object},
    {"recorded", "recorded", check_recorded},
    {"recordings", "recordings", check_recordings},
    {"cluster", "cluster", key_check_name},
    {"stratum", "stratum", key_check_name},
    {"split", "split", key_check_name},
    {NULL, NULL, NULL},
};

static int check_recorded(const struct as_json *value, const char *label, struct as_err *err)
{
    if (as_json_cstr(value))
        return 0;
    bool is_object = as_json_type_of(value) == AS_JSON_OBJECT;
    int rc = key_expect(is_object, value, label, "a string or an object", err);
    if (!rc && keys_check(value, recorded_keys, err))
        rc = as_err_prefix(err, "%s", label);
    if (!rc && !as_json_get(value, "text") && !as_json_get(value, "content") &&
        !as_json_len(as_json_get(value, "tool_calls")))
        rc = as_err_set(err, AS_EINVAL, "recorded has neither text nor tool_calls");
    return rc;
}

struct recordings_walk {
    const char *label;
    struct as_err *err;
    int rc; /* of the first that is wrong */
};

static void check_recording(void *ctx, const char *name, struct as_json *value)
{
    struct recordings_walk *walk = ctx;
    if (walk->rc || !value)
        return;
    if (!recording_name_is_valid(name)) {
        walk->rc = as_err_set(walk->err, AS_EINVAL, "%s: '%.64s' must be %s", walk->label, name,
                              RECORDING_NAME_MUST_BE);
        return;
    }
    walk->rc = check_recorded(value, "recorded", walk->err);
    if (walk->rc)
        as_err_prefix(walk->err, "%s.%s", walk->label, name);
}

static int check_recordings(const struct as_json *value, const char *label, struct as_err *err)
{
    struct recordings_walk walk = {label, err, key_check_object(value, label, err)};
    if (!walk.rc)
        as_json_each(value, check_recording, &walk);
    return walk.rc;
}

bool format_is_case_key(const char *key)
{
    return keys_has(case_keys, key);
}

static int check_line(const struct as_json *line, struct as_err *err)
{
    int rc = keys_check(line, case_keys, err);
    bool has_messages = as_json_get(line, "messages"), has_input = as_json_get(line, "input");
    if (!has_messages && !has_input)
        return rc ? as_err_prefix(err, "a case needs messages or input")
                  : as_err_set(err, AS_EINVAL, "a case needs messages or input");
    if (!rc && has_messages && has_input)
        rc = as_err_set(err, AS_EINVAL, "a case has messages or input, not both");
    return rc;
}

/* A document is asked about as its JSON text. */
static struct as_json *messages_of_input(const struct as_json *input)
{
    struct as_buf text = {0};
    struct as_json *turn = as_json_object(), *messages = as_json_array();
    as_json_set_str(turn, "role", "user");
    if (as_json_cstr(input)) {
        as_json_set_take(turn, "content", as_json_new_str(as_json_str(input)));
    } else {
        as_json_write(input, &text);
        as_json_set_take(turn, "content", as_json_new_str(as_buf_str(&text)));
    }
    as_buf_done(&text);
    as_json_push_take(messages, turn);
    return messages;
}

static void keep_fact(struct as_json *answer, const struct as_json *recorded, const char *key)
{
    if (as_json_get(recorded, key))
        as_json_set_take(answer, key, as_json_share(as_json_get(recorded, key)));
}

static struct as_json *answer_of_recorded(const struct as_json *recorded)
{
    if (as_json_cstr(recorded))
        return messages_answer(recorded, NULL);
    const struct as_json *text = as_json_get(recorded, "text");
    struct as_json *answer = messages_answer(text ? text : as_json_get(recorded, "content"),
                                             as_json_get(recorded, "tool_calls"));
    keep_fact(answer, recorded, "latency_ms");
    keep_fact(answer, recorded, "model");
    keep_fact(answer, recorded, "finish_reason");
    return answer;
}

static void keep_recording(void *ctx, const char *name, struct as_json *value)
{
    if (value)
        as_json_set_take(ctx, name, answer_of_recorded(value));
}

static void keep_member(void *ctx, const char *key, struct as_json *value)
{
    if (value)
        as_json_set_take(ctx, key, as_json_share(value));
}

int format_parse_case(struct as_json *line, struct as_json **ret_case, struct as_err *err)
{
    int rc = check_line(line, err);
    if (rc)
        return rc;
    struct as_json *made = as_json_object();
    as_json_each(line, keep_member, made);
    if (as_json_get(made, "input"))
        as_json_set_take(made, "messages", messages_of_input(as_json_get(made, "input")));
    if (as_json_get(made, "recorded"))
        as_json_set_take(made, "recorded", answer_of_recorded(as_json_get(made, "recorded")));
    if (as_json_len(as_json_get(made, "recordings"))) {
        struct as_json *answers = as_json_object();
        as_json_each(as_json_get(made, "recordings"), keep_recording, answers);
        as_json_set_take(made, "recordings", answers);
    }
    rc = format_set_id(made, line, err);
    if (rc) {
        as_json_free(made);
        return rc;
    }
    *ret_case = made;
    return 0;
}
