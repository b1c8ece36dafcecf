/* Telling formats apart by their keys. TrainLoop first, since its keys occur nowhere else; messages
 * make a case when a key of our own stands beside them, else a finished conversation is a chat. */
#include "daemon/dataset/formats.h"
#include "daemon/dataset/messages.h"

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

static bool is_chat_key(const char *key)
{
    return !strcmp(key, "messages") || !strcmp(key, "id") || !strcmp(key, "metadata");
}

static void note_case_key(void *ctx, const char *key, struct as_json *value)
{
    bool *has_case_key = ctx;
    (void)value;
    if (format_is_case_key(key) && !is_chat_key(key))
        *has_case_key = true;
}

enum dataset_format format_detect(const struct as_json *line, bool *ret_is_sure)
{
    *ret_is_sure = true;
    if (is_trainloop(line))
        return DATASET_TRAINLOOP;
    if (as_json_has(line, "input"))
        return DATASET_CASES;
    if (!as_json_has(line, "messages"))
        return DATASET_UNKNOWN;
    bool has_case_key = false;
    as_json_each(line, note_case_key, &has_case_key);
    if (has_case_key)
        return DATASET_CASES;
    if (as_json_has(line, "tools") || messages_end_with_answer(as_json_get(line, "messages")))
        return DATASET_CHAT;
    *ret_is_sure = false;
    return DATASET_CASES;
}
