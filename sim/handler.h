/* From a complete request to what shall be sent: routing, keys, faults, the model's answer, the
 * control endpoints.
 *
 * Knows nothing of sockets and does no I/O. One handler lives as long as the server and serves one
 * request at a time; the connection owns its struct handler_reply and hands it back with
 * handler_note_sent when the answer leaves. */
#ifndef SIM_HANDLER_H
#define SIM_HANDLER_H

#include "lib/buf.h"
#include "sim/counters.h"
#include "sim/model.h"

#include <stdbool.h>
#include <stdint.h>

struct handler_options {
    uint64_t seed;
    uint32_t latency_ms;
    uint32_t jitter_ms;      /* added: 0 to this, evenly, by a hash of the request */
    uint32_t rate_limit;     /* model requests a second; 0: none */
    const char *require_key; /* NULL: any key or none. Borrowed. */
    struct fault_set faults;
    struct model_changes changes;
};

struct handler_request {
    struct as_str method;
    struct as_str path; /* without the query */
    struct as_str body;
    struct as_str bytes; /* method, path and body in one piece: what the digest is taken over */
    /* Headers; .ptr NULL: not sent. */
    struct as_str authorization, x_api_key, x_goog_api_key, anthropic_version;
    bool is_too_large; /* the body was longer than the limit, and is not here */
    uint64_t now_ms;
};

enum handler_delivery {
    HANDLER_SEND,       /* all of it */
    HANDLER_TRUNCATE,   /* half the body, then close */
    HANDLER_RESET,      /* nothing but a TCP reset */
    HANDLER_STALL_HEAD, /* nothing, and stay open */
    HANDLER_STALL_BODY, /* half the body, and stay open */
    HANDLER_DRIP        /* half the body, then a byte every drip_ms; over TLS it stalls */
};

struct handler_reply {
    int status;
    const char *content_type;
    const char *id_header; /* NULL: none */
    uint64_t id;
    uint32_t retry_after_s; /* 0: no such header */
    uint32_t delay_ms;
    uint32_t drip_ms;
    enum handler_delivery delivery;
    bool is_model; /* counts as a model request */
    bool is_judge; /* ... to a judge */
    int64_t input_tokens, output_tokens;
    struct as_buf body;
    struct as_buf header; /* one more, "Name: value"; empty: none */
};

struct handler;

struct handler *handler_new(const struct handler_options *options);
void handler_free(struct handler *handler);
struct counters *handler_counters(struct handler *handler);

/* Fills *reply, whose buffers are emptied and used again. */
void handler_answer(struct handler *handler, const struct handler_request *request,
                    struct handler_reply *reply);
/* The status line has left. */
void handler_note_sent(struct handler *handler, const struct handler_reply *reply, uint64_t now_ms);
void handler_reply_done(struct handler_reply *reply);

#endif
