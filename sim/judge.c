/* The sections are found by one walk over the lines, so that a graded answer cannot open or close
 * one. */
#include "sim/judge.h"

#include "lib/json.h"
#include "lib/rng.h"
#include "sim/task.h"
#include "sim/text.h"

#include <string.h>

struct section {
    const char *open; /* "<<<ANSWER-" */
    struct as_str *into;
};

/* Takes lines up to the one that is the opening line's name with ">>>" behind it, or up to the end.
 */
static struct as_str take_section(struct as_str *rest, struct as_str name)
{
    struct as_str line, body = {rest->ptr, 0};
    while (text_next_line(rest, &line)) {
        bool is_end = line.len == name.len + 3 && !memcmp(line.ptr, name.ptr, name.len) &&
                      !memcmp(line.ptr + name.len, ">>>", 3);
        if (is_end)
            return body;
        body.len = (size_t)(line.ptr + line.len - body.ptr);
    }
    return body;
}

static void read_line(struct as_str line, struct as_str *rest, struct judge_question *question)
{
    const struct section sections[] = {{"<<<ANSWER-", &question->answer},
                                       {"<<<TASK-", &question->task},
                                       {"<<<REFERENCE-", &question->reference}};
    if (text_has_prefix(line, "CRITERIA:") && !question->criteria.ptr)
        question->criteria = text_trim((struct as_str){line.ptr + 9, line.len - 9});
    for (size_t i = 0; i < AS_COUNT(sections); i++) {
        size_t len = strlen(sections[i].open);
        if (line.len <= len || memcmp(line.ptr, sections[i].open, len))
            continue;
        struct as_str name = text_trim((struct as_str){line.ptr + 3, line.len - 3});
        struct as_str body = take_section(rest, name);
        if (!sections[i].into->ptr)
            *sections[i].into = body;
    }
}

bool judge_read(struct as_str prompt, struct judge_question *ret_question)
{
    struct judge_question question = {.criteria = {NULL, 0}};
    struct as_str line, rest = prompt;
    while (text_next_line(&rest, &line))
        read_line(line, &rest, &question);
    if (!question.criteria.len || !question.answer.ptr)
        return false;
    *ret_question = question;
    return true;
}

uint64_t judge_identity(const struct judge_question *question)
{
    uint64_t task = text_hash(question->task), reference = text_hash(question->reference);
    return as_rng_mix64(text_hash(question->answer) ^ as_rng_mix64(task ^ as_rng_mix64(reference)));
}

static bool agrees_with_reference(const struct judge_question *question)
{
    struct as_json *reference AS_CLEANUP_JSON = NULL;
    bool is_object =
        !as_json_parse(question->reference.ptr, question->reference.len, &reference, NULL) &&
        as_json_type_of(reference) == AS_JSON_OBJECT;
    if (is_object && task_json_agrees(reference, question->answer))
        return true;
    return text_has_words(question->answer, question->reference);
}

bool judge_is_met(const struct judge_question *question)
{
    if (text_is_blank(question->answer))
        return false;
    if (!text_is_blank(question->reference))
        return agrees_with_reference(question);
    if (text_is_blank(question->task))
        return true; /* nothing to hold it against */
    struct task task = task_recognise(question->task, AS_STR(""), false);
    return task_check(&task, question->answer);
}

void judge_write(const struct judge_question *question, bool verdict, struct as_buf *out)
{
    const char *reasoning = text_is_blank(question->answer) ? "The answer is empty."
                            : verdict ? "The answer agrees with what the task asks for."
                                      : "The answer differs from what the task asks for.";
    as_buf_addf(out, "{\"reasoning\": \"%s\", \"criteria\": {", reasoning);
    struct as_str id, rest = question->criteria;
    for (bool is_first = true; text_next_item(&rest, &id); is_first = false) {
        as_buf_adds(out, is_first ? "" : ", ");
        as_json_write_quoted(id, out);
        as_buf_adds(out, verdict ? ": true" : ": false");
    }
    as_buf_adds(out, "}}");
}
