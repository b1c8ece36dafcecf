/* Who answers what: echo, nothing, a refusal, a verdict, or a task's solution. About four bytes are
 * one token. */
#include "sim/solver.h"

#include "sim/judge.h"
#include "sim/task.h"
#include "sim/text.h"

#define TOKEN_BYTES 4
#define TOKENS_PER_MESSAGE 4
/* Models of this quality and above think before they answer, which costs tokens. */
#define THINKING_QUALITY 95
#define THINKING_TOKENS 64 /* at least; up to three times as many */

static int64_t tokens_of(size_t bytes)
{
    return (int64_t)((bytes + TOKEN_BYTES - 1) / TOKEN_BYTES);
}

static void solve(const struct model *model, const struct wire_chat *chat, uint64_t seed,
                  struct as_buf *text)
{
    struct as_str user = as_buf_str(&chat->user);
    struct judge_question question;
    if (judge_read(user, &question)) {
        uint64_t identity = judge_identity(&question);
        bool is_wrong = !text_is_blank(question.answer) && !model_is_right(model, seed, identity);
        judge_write(&question, judge_is_met(&question) != is_wrong, text);
        return;
    }
    struct task task = task_recognise(user, as_buf_str(&chat->system), chat->wants_json);
    uint64_t identity = text_hash(user);
    task_answer(&task, model_is_right(model, seed, identity), model_noise(model, seed, identity),
                text);
}

static void cut(struct as_buf *text, size_t len)
{
    text->len = as_utf8_fit(text->ptr, text->len, len);
    text->ptr[text->len] = '\0';
}

static int64_t thinking_tokens(const struct model *model, const struct wire_chat *chat,
                               uint64_t seed)
{
    if (model->kind != MODEL_SOLVER || model->quality_percent < THINKING_QUALITY)
        return 0;
    uint64_t noise = model_noise(model, seed, text_hash(as_buf_str(&chat->user)));
    return THINKING_TOKENS + (int64_t)((noise >> 16) % (2 * THINKING_TOKENS));
}

/* The token counts and the finish for this text. Cuts it at the chat's token limit. */
static void count(const struct model *model, const struct wire_chat *chat, uint64_t seed,
                  struct as_buf *text, struct wire_answer *ret_answer)
{
    struct wire_answer answer = {.finish = WIRE_FINISH_STOP};
    int64_t visible = tokens_of(text->len);
    if (model->kind == MODEL_REFUSE) {
        answer.finish = WIRE_FINISH_REFUSAL;
    } else if (visible > chat->max_tokens) {
        answer.finish = WIRE_FINISH_LENGTH;
        visible = chat->max_tokens;
        cut(text, (size_t)visible * TOKEN_BYTES);
    }
    int64_t thinking = thinking_tokens(model, chat, seed);
    if (thinking > chat->max_tokens - visible)
        thinking = chat->max_tokens - visible;
    answer.text = as_buf_str(text);
    answer.input_tokens =
        tokens_of(chat->prompt_bytes) + TOKENS_PER_MESSAGE * (int64_t)chat->message_count;
    answer.output_tokens = visible + (thinking > 0 ? thinking : 0);
    answer.reasoning_tokens = thinking > 0 ? thinking : 0;
    *ret_answer = answer;
}

void solver_answer(const struct model *model, const struct wire_chat *chat, uint64_t seed,
                   struct as_buf *text, struct wire_answer *ret_answer)
{
    as_buf_reset(text);
    switch (model->kind) {
    case MODEL_ECHO: as_buf_add(text, as_buf_str(&chat->user).ptr, chat->user.len); break;
    case MODEL_EMPTY: break;
    case MODEL_REFUSE: as_buf_adds(text, "I'm sorry, but I can't help with that."); break;
    case MODEL_SOLVER: solve(model, chat, seed, text); break;
    }
    count(model, chat, seed, text, ret_answer);
}
