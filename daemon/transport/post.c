/* A sender of its own with one lane, so that a webhook that hangs is in no model's way. A post is
 * its attempt and the request that this borrows. */
#include "daemon/transport/post.h"

#include "daemon/transport/retry.h"
#include "daemon/transport/secret.h"
#include "daemon/transport/sender.h"
#include "lib/arena.h"

#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 8

struct post {
    struct attempt attempt; /* first: the sender gives it back as such */
    struct sender_slot *slot;
    struct sender_request request;
    struct sender_limits limits;
    post_done_fn done;
    void *ctx;
    struct as_arena arena;
};

struct poster {
    struct sender *sender;
    struct sender_lane *lane;
    struct loop_timer *turn; /* lets libcurl begin with what was sent */
};

static void post_free(struct post *post)
{
    as_buf_done(&post->attempt.headers);
    as_buf_done(&post->attempt.body);
    as_buf_done(&post->attempt.error);
    as_arena_done(&post->arena);
    free(post);
}

static void on_connected(struct attempt *attempt)
{
    (void)attempt;
}

/* ---- its end ---- */

static void mask(struct as_str secret_text, struct as_buf *text)
{
    struct secret secret = {0};
    secret_init(&secret, secret_text);
    secret_mask(&secret, text);
    secret_done(&secret);
}

/* As a whole and piece by piece: a reply that says "Cannot POST /hook/TOKEN" is common. */
static void mask_address(const char *url, struct as_buf *text)
{
    const char *host = strstr(url, "://"), *at = host ? host + 3 : url;
    at += strcspn(at, "/?");
    mask(as_str_from(at), text);
    while (*at) {
        size_t len = strcspn(at, "/?&=");
        mask((struct as_str){at, len}, text);
        at += len + (at[len] != '\0');
    }
}

/* Redirects and errors are statuses too; an interim one (100, 103) is none yet. */
static bool has_answer(const struct exchange *exchange)
{
    return exchange->http_status >= 200;
}

static void on_attempt_done(struct attempt *attempt)
{
    struct post *post = (struct post *)attempt;
    const struct exchange *exchange = &attempt->exchange;
    struct post_end end = {0};
    mask_address(post->request.url, &attempt->body);
    mask_address(post->request.url, &attempt->error);
    if (has_answer(exchange)) {
        end.status = exchange->http_status;
        end.said = exchange->response_body;
        end.said.len = as_utf8_fit(end.said.ptr, end.said.len, POST_SAID_BYTES);
        end.retry_after_ms = retry_after_ms(exchange, clock_wall_ms() / 1000);
    } else if (exchange->outcome == EXCHANGE_TIMEOUT) {
        end.why = as_arena_printf(&post->arena, "no answer within %u ms", post->limits.total_ms);
    } else {
        end.why = exchange->error.len ? exchange->error.ptr : "it failed";
    }
    post->done(post->ctx, &end);
    post_free(post);
}

/* ---- the poster ---- */

static void pump(void *ctx)
{
    (void)ctx;
}

static void on_turn(void *ctx)
{
    struct poster *poster = ctx;
    sender_settle(poster->sender);
}

int poster_new(struct loop *loop, const char *ca_file, struct poster **ret_poster,
               struct as_err *err)
{
    struct poster *poster = as_xcalloc(1, sizeof(*poster));
    struct transport_options options = {.ca_file = ca_file, .body_max_bytes = POST_REPLY_MAX_BYTES};
    struct sender_events events = {
        .ctx = poster, .connected = on_connected, .done = on_attempt_done, .pump = pump};
    int rc = sender_new(loop, &options, &events, &poster->sender);
    if (rc) {
        free(poster);
        return as_err_set(err, rc, "cannot watch sockets: %s", as_err_text(rc));
    }
    poster->lane = sender_lane_new(poster->sender);
    sender_lane_set(poster->lane, CONNECTIONS, false);
    poster->turn = loop_timer_new(loop, on_turn, poster);
    *ret_poster = poster;
    return 0;
}

void poster_free(struct poster *poster)
{
    if (!poster)
        return;
    loop_timer_free(poster->turn);
    sender_lane_free(poster->lane);
    sender_free(poster->sender);
    free(poster);
}

/* ---- a post ---- */

/* Each line with its NUL, one after another. */
static const char *join_lines(const struct post_request *request, struct as_arena *arena)
{
    struct as_buf lines = {0};
    for (size_t i = 0; i < request->header_count; i++)
        as_buf_add(&lines, request->header_lines[i], strlen(request->header_lines[i]) + 1);
    const char *copy = as_arena_dup(arena, as_buf_str(&lines)).ptr;
    as_buf_done(&lines);
    return copy;
}

struct post *post_send(struct poster *poster, const struct post_request *request, post_done_fn done,
                       void *ctx)
{
    AS_ASSERT(request->header_count <= POST_HEADERS_MAX);
    struct post *post = as_xcalloc(1, sizeof(*post));
    post->done = done;
    post->ctx = ctx;
    post->limits = (struct sender_limits){.total_ms = request->timeout_ms};
    post->request = (struct sender_request){
        .method = "POST",
        .url = as_arena_strdup(&post->arena, request->url),
        .body = as_arena_dup(&post->arena, request->body),
        .header_lines = join_lines(request, &post->arena),
        .header_count = (uint32_t)request->header_count,
        .limits = &post->limits,
        .is_fresh = true,
    };
    post->slot = sender_send(poster->lane, &post->request, &post->attempt);
    loop_timer_start(poster->turn, 0);
    return post;
}

void post_cancel(struct post *post)
{
    sender_abort(post->slot);
    post_free(post);
}
