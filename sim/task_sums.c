/* Arithmetic: "What is 17 + 25?". The operands have at most 9 digits, so that no result overflows.
 */
#include "sim/task.h"

#include "sim/text.h"

#include <inttypes.h>
#include <stdio.h>

/* The characters that may stand for an operation, as UTF-8. */
static const struct {
    const char *sign;
    char operation;
} operations[] = {{"+", '+'}, {"-", '-'},        {"*", '*'},
                  {"x", '*'}, {"\xC3\x97", '*'}, {"\xE2\x88\x92", '-'}};

static bool take_operation(struct as_str *rest, char *ret_operation)
{
    *rest = text_trim(*rest);
    for (size_t i = 0; i < AS_COUNT(operations); i++) {
        struct as_str sign = as_str_from(operations[i].sign);
        if (text_has_prefix(*rest, operations[i].sign)) {
            *rest = (struct as_str){rest->ptr + sign.len, rest->len - sign.len};
            *ret_operation = operations[i].operation;
            return true;
        }
    }
    return false;
}

static bool result_of(const struct task *task, int64_t *ret_result)
{
    size_t at;
    struct as_str question = AS_STR("what is ");
    if (!text_find(task->user, question.ptr, &at))
        return false;
    struct as_str rest = {task->user.ptr + at + question.len, task->user.len - at - question.len};
    int64_t a, b;
    char operation;
    if (!text_take_int(&rest, &a) || !take_operation(&rest, &operation) ||
        !text_take_int(&rest, &b))
        return false;
    *ret_result = operation == '+' ? a + b : operation == '-' ? a - b : a * b;
    return true;
}

static bool sums_fits(const struct task *task)
{
    int64_t result;
    return result_of(task, &result);
}

static void sums_answer(const struct task *task, bool is_right, uint64_t noise, struct as_buf *out)
{
    static const int slips[] = {1, -1, 2, -2, 10, -10};
    int64_t result = 0;
    bool found = result_of(task, &result);
    AS_ASSERT(found);
    if (!is_right)
        result += slips[noise % AS_COUNT(slips)];
    as_buf_addf(out, task->wants_json ? "{\"answer\": %" PRId64 "}" : "%" PRId64, result);
}

static bool sums_check(const struct task *task, struct as_str answer)
{
    int64_t result;
    char text[32];
    if (!result_of(task, &result))
        return false;
    snprintf(text, sizeof(text), "%" PRId64, result);
    return text_has_words(answer, as_str_from(text));
}

const struct task_family task_family_sums = {"arithmetic", sums_fits, sums_answer, sums_check};
