/* Every answer goes through a heap object and a timer of 0 ms, as a store's answers come on a later
 * turn. */
#include "tests/unit/fake_journal.h"

#include <stdlib.h>

struct fake_journal_call {
    struct fake_journal *fake;
    struct fake_journal_call *next;
    struct loop_timer *turn; /* NULL while it is held */
    journal_found_fn found;  /* or: */
    journal_done_fn done;
    void *ctx;
    int rc; /* for done */
};

static void answer(void *ctx)
{
    struct fake_journal_call *call = ctx;
    call->fake->due -= call->turn != NULL;
    loop_timer_free(call->turn);
    if (call->found)
        call->found(call->ctx, call->fake->known);
    else
        call->done(call->ctx, call->rc);
    free(call);
}

static void answer_later(struct fake_journal *fake, bool is_held, unsigned delay_ms,
                         struct fake_journal_call from)
{
    struct fake_journal_call *call = as_xmalloc(sizeof(*call));
    *call = from;
    call->fake = fake;
    if (!is_held) {
        fake->due++;
        call->turn = loop_timer_new(fake->loop, answer, call);
        loop_timer_start(call->turn, delay_ms);
        return;
    }
    struct fake_journal_call **at = &fake->held;
    while (*at)
        at = &(*at)->next;
    *at = call;
}

static void fake_find(void *ctx, const struct journal_key *key, journal_found_fn found,
                      void *found_ctx)
{
    struct fake_journal *fake = ctx;
    (void)key;
    fake->finds++;
    answer_later(fake, fake->is_holding, 0,
                 (struct fake_journal_call){.found = found, .ctx = found_ctx});
}

static void fake_intent(void *ctx, const struct journal_key *key, uint32_t attempt,
                        journal_done_fn done, void *done_ctx)
{
    struct fake_journal *fake = ctx;
    (void)key;
    (void)attempt;
    fake->intents++;
    answer_later(fake, fake->is_holding_intents, fake->intent_ms,
                 (struct fake_journal_call){.done = done, .ctx = done_ctx, .rc = fake->intent_rc});
}

static void fake_withdraw(void *ctx, const struct journal_key *key, uint32_t attempt,
                          journal_done_fn done, void *done_ctx)
{
    struct fake_journal *fake = ctx;
    (void)key;
    (void)attempt;
    fake->withdrawals++;
    answer_later(fake, fake->is_holding_intents, fake->intent_ms,
                 (struct fake_journal_call){.done = done, .ctx = done_ctx});
}

static struct as_str copy_of(struct as_str text)
{
    return (struct as_str){text.ptr ? as_xmemdup(text.ptr, text.len) : NULL, text.len};
}

static void fake_append(void *ctx, const struct journal_key *key, const struct exchange *exchange,
                        journal_done_fn done, void *done_ctx)
{
    struct fake_journal *fake = ctx;
    (void)key;
    AS_ASSERT(fake->appends < FAKE_JOURNAL_MAX);
    struct exchange *copy = &fake->kept[fake->appends++];
    *copy = *exchange;
    copy->method = copy_of(exchange->method);
    copy->url = copy_of(exchange->url);
    copy->request_body = copy_of(exchange->request_body);
    copy->response_headers = copy_of(exchange->response_headers);
    copy->response_body = copy_of(exchange->response_body);
    copy->error = copy_of(exchange->error);
    answer_later(fake, fake->is_holding, 0,
                 (struct fake_journal_call){.done = done, .ctx = done_ctx, .rc = fake->append_rc});
}

void fake_journal_init(struct fake_journal *fake, struct loop *loop)
{
    *fake = (struct fake_journal){
        .journal = {.ctx = fake,
                    .find = fake_find,
                    .intent = fake_intent,
                    .withdraw = fake_withdraw,
                    .append = fake_append},
        .loop = loop,
    };
}

void fake_journal_release(struct fake_journal *fake)
{
    fake->is_holding = fake->is_holding_intents = false;
    while (fake->held) {
        struct fake_journal_call *call = fake->held;
        fake->held = call->next;
        answer(call);
    }
}

void fake_journal_done(struct fake_journal *fake)
{
    for (unsigned i = 0; i < fake->appends; i++) {
        struct exchange *copy = &fake->kept[i];
        const struct as_str texts[] = {copy->method,        copy->url,
                                       copy->request_body,  copy->response_headers,
                                       copy->response_body, copy->error};
        for (size_t j = 0; j < AS_COUNT(texts); j++)
            free((char *)(uintptr_t)texts[j].ptr);
    }
}
