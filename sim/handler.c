/* The road of a request: route, count, key, rate, shape, model, fault, answer. Each step either
 * passes the request on or writes the refusal that the vendor would send. A fault is chosen last:
 * it stands in for the answer, or spoils one that is otherwise right. */
#include "sim/handler.h"

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/json.h"
#include "lib/rng.h"
#include "sim/control.h"
#include "sim/solver.h"
#include "sim/text.h"
#include "sim/wire.h"

#include <stdlib.h>
#include <string.h>

#define SLOW_FACTOR 10
#define SLOW_FLOOR_MS 50 /* a slow model is slow without --latency-ms too */
#define MEGABYTE ((size_t)1 << 20)
#define JSON_TYPE "application/json"

struct handler {
    struct handler_options options;
    struct counters counters;
    struct wire_chat chat; /* used again for each request */
    struct as_buf text;
    uint64_t rate_second;
    uint32_t rate_count;
    double bucket; /* of the fault "rate": requests that may pass now */
    uint64_t bucket_ms;
};

/* What is known of one request on its way. */
struct passage {
    struct handler *handler;
    const struct handler_request *request;
    const struct wire *wire;
    struct handler_reply *reply;
    uint64_t digest;
    uint32_t attempt;
};

static void reply_error(const struct passage *passage, int status, const char *message)
{
    passage->reply->status = status;
    passage->wire->write_error(status, message, &passage->reply->body);
}

static struct as_str given_key(const struct passage *passage)
{
    const struct handler_request *request = passage->request;
    if (passage->wire == &wire_openai) {
        struct as_str key = request->authorization;
        return text_has_prefix(key, "Bearer ") ? (struct as_str){key.ptr + 7, key.len - 7}
                                               : AS_STR("");
    }
    return passage->wire == &wire_anthropic ? request->x_api_key : request->x_goog_api_key;
}

/* Checks that come before the body is read. False: *reply holds the refusal. */
static bool is_admitted(const struct passage *passage)
{
    struct handler *handler = passage->handler;
    const struct handler_request *request = passage->request;
    if (handler->options.require_key &&
        !as_str_eq(given_key(passage), handler->options.require_key)) {
        reply_error(passage, 401, "invalid or missing API key");
        return false;
    }
    if (request->is_too_large) {
        reply_error(passage, 413, "the request body is longer than 32 MB");
        return false;
    }
    uint64_t second = request->now_ms / 1000;
    handler->rate_count = second == handler->rate_second ? handler->rate_count + 1 : 1;
    handler->rate_second = second;
    if (handler->options.rate_limit && handler->rate_count > handler->options.rate_limit) {
        passage->reply->retry_after_s = 1;
        reply_error(passage, 429, "rate limit reached: too many requests a second");
        return false;
    }
    if (passage->wire == &wire_anthropic && !request->anthropic_version.len) {
        reply_error(passage, 400, "anthropic-version: header is required");
        return false;
    }
    return true;
}

static uint32_t delay_of(const struct passage *passage, const struct model *model)
{
    const struct handler_options *options = &passage->handler->options;
    uint32_t delay = options->latency_ms;
    if (options->jitter_ms) {
        struct as_rng rng =
            as_rng_stream(as_rng_mix64(options->seed) ^ passage->digest, passage->attempt);
        delay += (uint32_t)as_rng_below(&rng, (uint64_t)options->jitter_ms + 1);
    }
    if (model->is_slow)
        delay = delay * SLOW_FACTOR > SLOW_FLOOR_MS ? delay * SLOW_FACTOR : SLOW_FLOOR_MS;
    return delay;
}

static void write_model_answer(const struct passage *passage, const struct model *model,
                               size_t huge_bytes)
{
    struct handler *handler = passage->handler;
    struct handler_reply *reply = passage->reply;
    struct wire_answer answer;
    solver_answer(model, &handler->chat, handler->options.seed, &handler->text, &answer);
    if (huge_bytes) {
        memset(as_buf_reserve(&handler->text, huge_bytes), 'x', huge_bytes);
        handler->text.len += huge_bytes;
        answer.text = as_buf_str(&handler->text);
    }
    answer.id = passage->digest;
    reply->input_tokens = answer.input_tokens;
    reply->output_tokens = answer.output_tokens;
    passage->wire->write_answer(&handler->chat, &answer, &reply->body);
    if (huge_bytes)
        as_buf_done(&handler->text);
}

static void redirect(const struct passage *passage, uint32_t port)
{
    struct as_buf *header = &passage->reply->header;
    struct as_str path = passage->request->path;
    passage->reply->status = 307;
    as_buf_adds(header, "Location: ");
    if (port)
        as_buf_addf(header, "http://127.0.0.1:%u", port);
    as_buf_add(header, path.ptr, path.len);
}

/* As careless servers and middle boxes do it: plain, and in base64. */
static void echo_key(const struct passage *passage)
{
    const struct handler_request *request = passage->request;
    struct as_str key = request->authorization.len ? request->authorization
                        : request->x_api_key.len   ? request->x_api_key
                                                   : request->x_goog_api_key;
    struct as_buf message = {0};
    as_buf_addf(&passage->reply->header, "X-Your-Key: %.*s", (int)key.len, key.ptr ? key.ptr : "");
    as_buf_addf(&message, "this key will not do: %.*s, ", (int)key.len, key.ptr ? key.ptr : "");
    as_base64_encode(key, &message);
    reply_error(passage, 401, message.ptr);
    as_buf_done(&message);
}

/* The faults that leave no answer. True: the reply is complete. */
static bool reply_without_answer(const struct passage *passage, const struct fault *fault)
{
    struct handler_reply *reply = passage->reply;
    switch (fault->kind) {
    case FAULT_429:
        reply->retry_after_s = fault->param;
        reply_error(passage, 429, "rate limit reached (a fault on demand)");
        return true;
    case FAULT_500: reply_error(passage, 500, "internal error (a fault on demand)"); return true;
    case FAULT_RATE:
        reply->retry_after_s = 1;
        reply_error(passage, 429, "rate limit reached: too many requests a second");
        return true;
    case FAULT_QUOTA: /* the words of all three vendors */
        reply_error(
            passage, 429,
            "You exceeded your current quota: the credit balance is too low, enable billing");
        return true;
    case FAULT_529: reply_error(passage, 529, "overloaded (a fault on demand)"); return true;
    case FAULT_RESET: reply->delivery = HANDLER_RESET; return true;
    case FAULT_STALL_HEAD: reply->delivery = HANDLER_STALL_HEAD; return true;
    case FAULT_WRONG_TYPE:
        reply->content_type = "text/html";
        as_buf_adds(&reply->body,
                    "<!DOCTYPE html>\n<html><body><h1>Please sign in</h1></body></html>\n");
        return true;
    case FAULT_REDIRECT: redirect(passage, fault->param); return true;
    case FAULT_ECHO_KEY: echo_key(passage); return true;
    case FAULT_NONE:
    case FAULT_BROKEN_JSON:
    case FAULT_TRUNCATED:
    case FAULT_STALL_BODY:
    case FAULT_DRIP:
    case FAULT_HUGE:
    case FAULT_SLOW:
    case FAULT_KINDS: break;
    }
    return false;
}

static void drip(struct handler_reply *reply, uint32_t ms)
{
    reply->delivery = HANDLER_DRIP;
    reply->drip_ms = ms ? ms : 1;
}

static void spoil_answer(struct handler_reply *reply, const struct fault *fault)
{
    if (fault->kind == FAULT_BROKEN_JSON)
        reply->body.len /= 2;
    else if (fault->kind == FAULT_TRUNCATED)
        reply->delivery = HANDLER_TRUNCATE;
    else if (fault->kind == FAULT_STALL_BODY)
        reply->delivery = HANDLER_STALL_BODY;
    else if (fault->kind == FAULT_DRIP)
        drip(reply, fault->param);
    else if (fault->kind == FAULT_SLOW)
        reply->delay_ms += fault->param;
}

/* A token bucket that holds a tenth of a second's requests. */
static bool is_within_rate(struct handler *handler, uint32_t per_s, uint64_t now_ms)
{
    double most = per_s / 10.0 > 1 ? per_s / 10.0 : 1;
    handler->bucket += per_s * (double)(now_ms - handler->bucket_ms) / 1000;
    handler->bucket = handler->bucket < most ? handler->bucket : most;
    handler->bucket_ms = now_ms;
    bool is_within = handler->bucket >= 1;
    handler->bucket -= is_within;
    return is_within;
}

static const struct fault *pick_fault(const struct passage *passage, const struct model *model)
{
    static const struct fault none = {.kind = FAULT_NONE};
    uint64_t seed = passage->handler->options.seed;
    bool has_own =
        model->fault.kind != FAULT_NONE && !passage->handler->options.faults.are_models_well;
    struct fault_set own = {.items = {model->fault}, .count = has_own};
    const struct fault *fault =
        fault_set_pick(&passage->handler->options.faults, seed, passage->digest, passage->attempt);
    if (!fault && fault_set_pick(&own, seed, passage->digest, passage->attempt))
        fault = &model->fault;
    if (fault && fault->kind == FAULT_RATE &&
        is_within_rate(passage->handler, fault->param, passage->request->now_ms))
        fault = NULL;
    if (fault)
        passage->handler->counters.faults[fault->kind]++;
    return fault ? fault : &none;
}

static void answer_chat(const struct passage *passage)
{
    struct handler *handler = passage->handler;
    struct model model;
    if (model_find(handler->chat.model, &model)) {
        counters_note_model(&handler->counters, (struct as_str){NULL, 0});
        reply_error(passage, 404, "this model does not exist: assay-sim --help lists the names");
        return;
    }
    counters_note_model(&handler->counters, handler->chat.model);
    model_changes_apply(&handler->options.changes, &model);
    passage->reply->is_judge = model.is_judge;
    passage->reply->delay_ms = delay_of(passage, &model);
    const struct fault *fault = pick_fault(passage, &model);
    if (reply_without_answer(passage, fault))
        return;
    write_model_answer(passage, &model, fault->kind == FAULT_HUGE ? fault->param * MEGABYTE : 0);
    spoil_answer(passage->reply, fault);
}

static uint64_t digest_of(struct as_str bytes)
{
    struct as_sha256 hash = as_sha256_of(bytes.ptr, bytes.len);
    uint64_t digest;
    memcpy(&digest, hash.bytes, sizeof(digest));
    return digest;
}

static void answer_model(struct handler *handler, const struct handler_request *request,
                         const struct wire *wire, struct handler_reply *reply)
{
    struct passage passage = {.handler = handler, .request = request, .wire = wire, .reply = reply};
    struct as_json *body AS_CLEANUP_JSON = NULL;
    struct as_err err = {0};
    passage.digest = digest_of(request->bytes);
    passage.attempt = counters_note_request(&handler->counters, passage.digest);
    reply->is_model = true;
    reply->id = passage.digest;
    reply->id_header = wire->id_header;
    if (!is_admitted(&passage))
        return;
    if (as_json_parse(request->body.ptr, request->body.len, &body, &err) ||
        wire_parse(wire, body, request->path, &handler->chat, &err))
        reply_error(&passage, 400, err.msg);
    else
        answer_chat(&passage);
}

struct handler *handler_new(const struct handler_options *options)
{
    struct handler *handler = as_xcalloc(1, sizeof(*handler));
    handler->options = *options;
    return handler;
}

void handler_free(struct handler *handler)
{
    if (!handler)
        return;
    counters_done(&handler->counters);
    wire_chat_done(&handler->chat);
    as_buf_done(&handler->text);
    free(handler);
}

struct counters *handler_counters(struct handler *handler)
{
    return &handler->counters;
}

void handler_answer(struct handler *handler, const struct handler_request *request,
                    struct handler_reply *reply)
{
    struct as_buf body = reply->body, header = reply->header;
    as_buf_reset(&body);
    as_buf_reset(&header);
    *reply = (struct handler_reply){
        .status = 200, .content_type = JSON_TYPE, .body = body, .header = header};
    const struct wire *wire = wire_for_path(request->path);
    if (wire && as_str_eq(request->method, "POST"))
        answer_model(handler, request, wire, reply);
    else
        control_answer(request, &handler->options, &handler->counters, reply);
}

void handler_note_sent(struct handler *handler, const struct handler_reply *reply, uint64_t now_ms)
{
    if (!reply->is_model)
        return;
    struct counters_answer answer = {reply->id, now_ms, reply->status, reply->is_judge};
    counters_note_answer(&handler->counters, &answer);
    if (reply->status == 200) {
        handler->counters.input_tokens += (uint64_t)reply->input_tokens;
        handler->counters.output_tokens += (uint64_t)reply->output_tokens;
    }
}

void handler_reply_done(struct handler_reply *reply)
{
    as_buf_done(&reply->body);
    as_buf_done(&reply->header);
}
