/* Telling formats apart by their keys. TrainLoop first, since its keys occur nowhere else; chat is
 * a case that has nothing but a finished conversation. */
#include "daemon/dataset/formats.h"

#include <string.h>

static bool is_trainloop(const struct as_json *line)
{
    if (as_json_has(line, "durationMs") || as_json_has(line, "startTimeMs") ||
        as_json_has(line, "modelParams"))
        return true;
    const struct as_json *input = as_json_get(line, "input");
    bool is_request = as_json_type_of(input) == AS_JSON_ARRAY || as_json_has(input, "messages");
    return as_json_has(line, "output") && is_request;
}

static void note_other_key(void *ctx, const char *key, struct as_json *value)
{
    bool *has_other = ctx;
    (void)value;
    if (strcmp(key, "messages") && strcmp(key, "id") && strcmp(key, "tools") &&
        strcmp(key, "metadata"))
        *has_other = true;
}

static bool ends_with_answer(const struct as_json *messages)
{
    size_t count = as_json_len(messages);
    return count &&
           as_str_eq(as_json_get_str(as_json_at(messages, count - 1), "role"), "assistant");
}

enum dataset_format format_detect(const struct as_json *line, bool *ret_is_sure)
{
    *ret_is_sure = true;
    if (is_trainloop(line))
        return DATASET_TRAINLOOP;
    if (!as_json_has(line, "messages"))
        return as_json_has(line, "input") ? DATASET_CASES : DATASET_UNKNOWN;
    bool has_other = false;
    as_json_each(line, note_other_key, &has_other);
    if (has_other)
        return DATASET_CASES;
    if (as_json_has(line, "tools") || ends_with_answer(as_json_get(line, "messages")))
        return DATASET_CHAT;
    *ret_is_sure = false;
    return DATASET_CASES;
}
