/* Our own case format. A key that it does not have is an error, not something to skip: a misspelt
 * "expected" would make every answer of a run look unscored. null counts as absent. One row of the
 * tables a key; label is what errors call it. */
#include "daemon/dataset/formats.h"
#include "daemon/dataset/messages.h"
#include "lib/nearest.h"

#include <string.h>

typedef int (*check_fn)(const struct as_json *value, const char *label, struct as_err *err);

struct key_rule {
    const char *key, *label;
    check_fn check;
};

static int check_any(const struct as_json *value, const char *label, struct as_err *err)
{
    (void)value;
    (void)label;
    (void)err;
    return 0;
}

static int expect(bool is_right, const struct as_json *value, const char *label, const char *what,
                  struct as_err *err)
{
    if (is_right)
        return 0;
    return as_err_set(err, AS_EINVAL, "%s must be %s, got %s", label, what,
                      as_json_type_name(as_json_type_of(value)));
}

static int check_bool(const struct as_json *value, const char *label, struct as_err *err)
{
    return expect(as_json_type_of(value) == AS_JSON_BOOL, value, label, "true or false", err);
}

static int check_string(const struct as_json *value, const char *label, struct as_err *err)
{
    return expect(as_json_cstr(value), value, label, "a string", err);
}

static int check_object(const struct as_json *value, const char *label, struct as_err *err)
{
    return expect(as_json_type_of(value) == AS_JSON_OBJECT, value, label, "an object", err);
}

static int check_array(const struct as_json *value, const char *label, struct as_err *err)
{
    return expect(as_json_type_of(value) == AS_JSON_ARRAY, value, label, "an array", err);
}

static int check_amount(const struct as_json *value, const char *label, struct as_err *err)
{
    int rc = expect(as_json_is_number(value), value, label, "a number", err);
    if (!rc && as_json_num(value, 0) < 0)
        rc = as_err_set(err, AS_EINVAL, "%s must not be negative", label);
    return rc;
}

static int check_strings(const struct as_json *value, const char *label, struct as_err *err)
{
    int rc = check_array(value, label, err);
    for (size_t i = 0; !rc && i < as_json_len(value); i++)
        rc = expect(as_json_cstr(as_json_at(value, i)), as_json_at(value, i), label,
                    "an array of strings", err);
    return rc;
}

static int check_content(const struct as_json *value, const char *label, struct as_err *err)
{
    bool is_right = as_json_cstr(value) || as_json_type_of(value) == AS_JSON_ARRAY;
    return expect(is_right, value, label, "a string or an array of parts", err);
}

static int check_input(const struct as_json *value, const char *label, struct as_err *err)
{
    bool is_right = as_json_cstr(value) || as_json_type_of(value) == AS_JSON_OBJECT;
    return expect(is_right, value, label, "a string or an object", err);
}

static const struct key_rule recorded_keys[] = {
    {"text", "recorded.text", check_string},
    {"content", "recorded.content", check_content},
    {"latency_ms", "recorded.latency_ms", check_amount},
    {"model", "recorded.model", check_string},
    {"finish_reason", "recorded.finish_reason", check_string},
    {"tool_calls", "recorded.tool_calls", messages_check_calls},
    {NULL, NULL, NULL},
};

static int check_recorded(const struct as_json *value, const char *label, struct as_err *err);

static const struct key_rule case_keys[] = {
    {"id", "id", check_any}, /* by format_set_id */
    {"messages", "messages", messages_check},
    {"input", "input", check_input},
    {"expected", "expected", check_any},
    {"reference", "reference", check_any},
    {"tags", "tags", check_strings},
    {"critical", "critical", check_bool},
    {"metadata", "metadata", check_object},
    {"recorded", "recorded", check_recorded},
    {"cluster", "cluster", check_string},
    {"stratum", "stratum", check_string},
    {"split", "split", check_string},
    {NULL, NULL, NULL},
};

struct key_walk {
    const struct key_rule *rules;
    struct as_err *err;
    int rc; /* of the first member that is wrong */
};

static int refuse_key(const struct key_rule *rules, const char *key, struct as_err *err)
{
    struct as_nearest nearest = {0};
    for (const struct key_rule *rule = rules; rule->key; rule++)
        as_nearest_offer(&nearest, key, rule->key);
    if (nearest.best)
        return as_err_set(err, AS_EINVAL, "unknown key '%.64s': did you mean '%s'?", key,
                          nearest.best);
    return as_err_set(err, AS_EINVAL, "unknown key '%.64s': data of your own goes under metadata",
                      key);
}

static void check_member(void *ctx, const char *key, struct as_json *value)
{
    struct key_walk *walk = ctx;
    const struct key_rule *rule = walk->rules;
    if (walk->rc)
        return;
    while (rule->key && strcmp(rule->key, key))
        rule++;
    if (!rule->key)
        walk->rc = refuse_key(walk->rules, key, walk->err);
    else if (value)
        walk->rc = rule->check(value, rule->label, walk->err);
}

static int check_members(const struct as_json *object, const struct key_rule *rules,
                         struct as_err *err)
{
    struct key_walk walk = {rules, err, 0};
    as_json_each(object, check_member, &walk);
    return walk.rc;
}

static int check_recorded(const struct as_json *value, const char *label, struct as_err *err)
{
    if (as_json_cstr(value))
        return 0;
    int rc = expect(as_json_type_of(value) == AS_JSON_OBJECT, value, label, "a string or an object",
                    err);
    if (!rc)
        rc = check_members(value, recorded_keys, err);
    if (!rc && !as_json_get(value, "text") && !as_json_get(value, "content") &&
        !as_json_len(as_json_get(value, "tool_calls")))
        rc = as_err_set(err, AS_EINVAL, "recorded has neither text nor tool_calls");
    return rc;
}

static int check_line(const struct as_json *line, struct as_err *err)
{
    int rc = check_members(line, case_keys, err);
    bool has_messages = as_json_get(line, "messages"), has_input = as_json_get(line, "input");
    if (!rc && has_messages && has_input)
        rc = as_err_set(err, AS_EINVAL, "a case has messages or input, not both");
    if (!rc && !has_messages && !has_input)
        rc = as_err_set(err, AS_EINVAL, "a case needs messages or input");
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
    rc = format_set_id(made, line, err);
    if (rc) {
        as_json_free(made);
        return rc;
    }
    *ret_case = made;
    return 0;
}
