/* Between requests and limiters: who may go, what an exchange tells the limiter, and which limits
 * hold. A call takes a pass of its account's limiter and one of its lane's, which knows the limits
 * of that model alone. */
#include "daemon/transport/dispatch.h"

#include "daemon/transport/retry.h"
#include "daemon/transport/vendor_limits.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_TOO_MANY 429

void dispatches_init(struct dispatches *dispatches, struct loop *loop, loop_timer_fn wake,
                     void *ctx)
{
    *dispatches = (struct dispatches){
        .loop = loop,
        .wake = wake,
        .ctx = ctx,
        .throttles = {.loop = loop, .wake = wake, .ctx = ctx},
    };
}

void dispatches_done(struct dispatches *dispatches)
{
    while (dispatches->list) {
        struct dispatch *dispatch = dispatches->list;
        AS_ASSERT(!dispatch->queue.count);
        dispatches->list = dispatch->next;
        loop_timer_free(dispatch->wake);
        free(dispatch->base_url);
        free(dispatch);
    }
    throttles_done(&dispatches->throttles);
    while (dispatches->live) {
        struct live_limits *live = dispatches->live;
        dispatches->live = live->next;
        free(live);
    }
}

static struct as_sha256 identity_of(const char *base_url, const char *key)
{
    struct as_hasher *hasher = as_hasher_new();
    as_hasher_add_field(hasher, as_str_from(base_url));
    as_hasher_add_field(hasher, as_str_from(key ? key : ""));
    return as_hasher_finish_free(hasher);
}

struct dispatch *dispatches_find(struct dispatches *dispatches, const char *base_url,
                                 const char *key)
{
    struct as_sha256 id = identity_of(base_url, key);
    struct dispatch *dispatch = dispatches->list;
    while (dispatch && memcmp(dispatch->id.bytes, id.bytes, sizeof(id.bytes)))
        dispatch = dispatch->next;
    if (dispatch)
        return dispatch;
    dispatch = as_xcalloc(1, sizeof(*dispatch));
    dispatch->loop = dispatches->loop;
    dispatch->throttles = &dispatches->throttles;
    dispatch->id = id;
    dispatch->base_url = as_xstrdup(base_url);
    dispatch->wake = loop_timer_new(dispatches->loop, dispatches->wake, dispatches->ctx);
    limiter_init(&dispatch->limiter, loop_now_ms(dispatches->loop));
    dispatch->next = dispatches->list;
    dispatches->list = dispatch;
    return dispatch;
}

/* ---- limits ---- */

void dispatches_set_live(struct dispatches *dispatches, const char *provider,
                         const struct model_limits *limits)
{
    struct live_limits **at = &dispatches->live, *old;
    while ((old = *at) && strcmp(old->provider, provider))
        at = &old->next;
    if (old) {
        *at = old->next;
        free(old);
    }
    if (!limits)
        return;
    size_t size = strlen(provider) + 1;
    struct live_limits *live = as_xmalloc(sizeof(*live) + size);
    live->limits = *limits;
    memcpy(live->provider, provider, size);
    live->next = dispatches->live;
    dispatches->live = live;
}

const struct model_limits *dispatches_live(const struct dispatches *dispatches,
                                           const char *provider)
{
    for (const struct live_limits *live = dispatches->live; live; live = live->next)
        if (!strcmp(live->provider, provider))
            return &live->limits;
    return NULL;
}

static uint32_t stricter(uint32_t a, uint32_t b)
{
    if (!a || !b)
        return a ? a : b;
    return a < b ? a : b;
}

void dispatch_refresh(struct dispatch *dispatch, const struct dispatches *dispatches,
                      struct lane *const *lanes, uint32_t lane_count)
{
    struct model_limits limits = {0};
    dispatch->is_set_live = false;
    for (uint32_t i = 0; i < lane_count; i++) {
        if (lanes[i]->dispatch != dispatch)
            continue;
        const struct model_limits *live = dispatches_live(dispatches, lanes[i]->provider);
        const struct model_limits *own = live ? live : &lanes[i]->account_limits;
        dispatch->is_set_live = dispatch->is_set_live || live;
        limits.concurrency = stricter(limits.concurrency, own->concurrency);
        limits.rpm = stricter(limits.rpm, own->rpm);
        limits.tpm = stricter(limits.tpm, own->tpm);
    }
    limiter_set(&dispatch->limiter, &limits);
}

/* ---- who is next ---- */

struct look {
    struct throttles *throttles;
    uint64_t now_ms, wait_ms; /* wait_ms: until the first lane that only waits for its own limits */
    bool is_throttled;        /* a group waits for its own */
};

static bool lets_go(void *ctx, int64_t group_id, struct lane *lane)
{
    struct look *look = ctx;
    if (!lane_may_prepare(lane))
        return false;
    if (!throttle_lets_go(look->throttles, group_id, look->now_ms)) {
        look->is_throttled = true;
        return false;
    }
    uint64_t wait_ms = limiter_wait_ms(&lane->limiter, look->now_ms);
    if (wait_ms && wait_ms < look->wait_ms)
        look->wait_ms = wait_ms;
    return wait_ms == 0;
}

static void take_passes(struct dispatch *dispatch, struct request *request, uint64_t now_ms)
{
    uint64_t tokens = lane_tokens_of(request->lane, request->body.len);
    request->dispatch = dispatch;
    request->is_let_go = true;
    throttle_take(dispatch->throttles, request->key.group_id);
    limiter_take(&dispatch->limiter, tokens, now_ms, &request->pass);
    limiter_take(&request->lane->limiter, tokens, now_ms, &request->lane_pass);
}

struct request *dispatch_next(struct dispatch *dispatch)
{
    struct look look = {dispatch->throttles, loop_now_ms(dispatch->loop), LIMITER_FULL, false};
    struct request *request =
        dispatch->queue.count ? fair_next(&dispatch->queue, lets_go, &look) : NULL;
    uint64_t wait_ms = request ? limiter_wait_ms(&dispatch->limiter, look.now_ms) : look.wait_ms;
    dispatch->is_held = wait_ms && (request || wait_ms != LIMITER_FULL || look.is_throttled);
    if (request && !wait_ms) {
        fair_take(&dispatch->queue, request);
        take_passes(dispatch, request, look.now_ms);
        return request;
    }
    if (wait_ms != LIMITER_FULL)
        loop_timer_start(dispatch->wake, wait_ms);
    return NULL;
}

bool dispatch_is_paused(struct dispatch *dispatch)
{
    uint64_t paused_ms = limiter_paused_ms(&dispatch->limiter, loop_now_ms(dispatch->loop));
    if (paused_ms)
        loop_timer_start(dispatch->wake, paused_ms);
    return paused_ms > 0;
}

/* ---- what became of it ---- */

static void end_throttled(struct request *request, bool was_sent)
{
    if (request->is_let_go)
        throttle_give(request->dispatch->throttles, request->key.group_id, was_sent);
    request->is_let_go = false;
}

void dispatch_return(struct request *request)
{
    if (!request->dispatch)
        return;
    end_throttled(request, false);
    limiter_return(&request->dispatch->limiter, &request->pass);
    limiter_return(&request->lane->limiter, &request->lane_pass);
}

void dispatch_note_sent(struct request *request)
{
    struct dispatch *dispatch = request->dispatch;
    if (!dispatch)
        return;
    limiter_note_sent(&dispatch->limiter, &request->pass);
    throttle_note_sent(dispatch->throttles, request->key.group_id, loop_now_ms(dispatch->loop));
}

void dispatch_close(struct request *request, const struct exchange *exchange)
{
    if (!request->dispatch)
        return;
    struct limiter *limiter = &request->dispatch->limiter;
    uint64_t now_ms = loop_now_ms(request->dispatch->loop);
    end_throttled(request, true);
    bool is_reply = exchange && exchange->outcome == EXCHANGE_REPLY;
    if (exchange)
        transport_tally_add(&request->dispatch->tally, exchange);
    limiter_give(&request->lane->limiter, &request->lane_pass);
    if (exchange && exchange->connect_us)
        limiter_note_connect(limiter, (uint64_t)exchange->connect_us / 1000);
    uint64_t exhausted_ms =
        is_reply ? vendor_exhausted_ms(exchange->response_headers, clock_wall_ms()) : 0;
    if (exhausted_ms)
        limiter_pause(limiter, exhausted_ms, now_ms);
    if (is_reply && exchange->http_status == STATUS_TOO_MANY)
        limiter_refuse(limiter, &request->pass, retry_after_ms(exchange, clock_wall_ms() / 1000),
                       now_ms);
    else
        limiter_give(limiter, &request->pass);
}

void dispatch_note_class(struct request *request, const struct exchange *exchange,
                         const char *error_class)
{
    bool is_other = error_class && !retry_is_worth_it(exchange, error_class);
    if (request->dispatch && exchange->http_status == STATUS_TOO_MANY && is_other)
        limiter_forgive(&request->dispatch->limiter);
}
