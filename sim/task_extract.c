/* Extraction: lines "Key: value" become the members of a JSON object; wrong answers are broken or
 * incomplete. */
#include "sim/task.h"

#include "lib/json.h"
#include "sim/text.h"

#define FIELDS_MAX 32

struct fields {
    struct {
        struct as_str key;
        struct as_str value;
    } items[FIELDS_MAX];
    size_t count;
};

static bool add_field(const struct task *task, struct as_str key, struct fields *fields)
{
    struct as_str value;
    if (fields->count == FIELDS_MAX || !text_line_value(task->user, key, &value) || !value.len)
        return false;
    fields->items[fields->count].key = key;
    fields->items[fields->count++].value = value;
    return true;
}

static struct fields find_fields(const struct task *task)
{
    struct fields fields = {.count = 0};
    struct as_str keys, key;
    if (!text_line_value(task->user, AS_STR("Keys"), &keys) &&
        !text_line_value(task->system, AS_STR("Keys"), &keys))
        keys = AS_STR("name, total, date");
    while (text_next_item(&keys, &key))
        add_field(task, key, &fields);
    return fields;
}

static bool extract_fits(const struct task *task)
{
    return task->wants_json && find_fields(task).count > 0;
}

static void add_value(struct as_str value, struct as_buf *out)
{
    if (text_is_json_number(value))
        as_buf_add(out, value.ptr, value.len);
    else
        as_json_write_quoted(value, out);
}

static void write_object(const struct fields *fields, size_t left_out, struct as_buf *out)
{
    as_buf_addc(out, '{');
    bool is_first = true;
    for (size_t i = 0; i < fields->count; i++) {
        if (i == left_out)
            continue;
        as_buf_adds(out, is_first ? "" : ", ");
        as_json_write_quoted(fields->items[i].key, out);
        as_buf_adds(out, ": ");
        add_value(fields->items[i].value, out);
        is_first = false;
    }
    as_buf_addc(out, '}');
}

static void extract_answer(const struct task *task, bool is_right, uint64_t noise,
                           struct as_buf *out)
{
    struct fields fields = find_fields(task);
    size_t victim = (noise >> 8) % fields.count;
    if (is_right) {
        write_object(&fields, SIZE_MAX, out);
        return;
    }
    switch (noise % 3) {
    case 0: write_object(&fields, victim, out); break;
    case 1:
        write_object(&fields, SIZE_MAX, out);
        out->ptr[--out->len] = '\0'; /* no closing brace */
        break;
    default: fields.items[victim].value = AS_STR("unknown"); write_object(&fields, SIZE_MAX, out);
    }
}

static bool extract_check(const struct task *task, struct as_str answer)
{
    struct as_buf text = {0};
    struct as_json *truth AS_CLEANUP_JSON = NULL;
    struct fields fields = find_fields(task);
    write_object(&fields, SIZE_MAX, &text);
    bool is_right =
        !as_json_parse(text.ptr, text.len, &truth, NULL) && task_json_agrees(truth, answer);
    as_buf_done(&text);
    return is_right;
}

const struct task_family task_family_extract = {"extraction", extract_fits, extract_answer,
                                                extract_check};
