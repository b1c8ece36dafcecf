/* Sends one attempt at a time over curl easy handles that are kept and reused, and holds its
 * deadlines.
 *
 * A lane has its own shards and handles. The sender fills the attempt in (outcome, status, times,
 * headers, body, error), seals it and calls done once, outside libcurl, on a later turn than
 * sender_send or during mux_settle; never after sender_abort. It knows nothing of retries, queues
 * or the journal. */
#ifndef DAEMON_TRANSPORT_SENDER_H
#define DAEMON_TRANSPORT_SENDER_H

#include "daemon/transport/attempt.h"
#include "daemon/transport/transport.h"

struct sender;
struct sender_lane;
struct sender_slot; /* an attempt in flight */

struct sender_events {
    void *ctx;
    /* a connection is there, the request goes out: inside libcurl, take a note only */
    void (*connected)(struct attempt *attempt);
    void (*done)(struct attempt *attempt);
    void (*pump)(void *ctx); /* mux.h */
};

struct sender_limits { /* deadlines of one attempt in ms, 0 = none; seconds for max_age_conn_s */
    uint32_t connect_ms, first_byte_ms, idle_ms, total_ms, max_age_conn_s;
};

/* What to send: all borrowed until done or abort. */
struct sender_request {
    const char *method, *url;
    struct as_str body;
    const char *header_lines; /* "Name: value", each with its NUL, one after another */
    uint32_t header_count;    /* at most SENDER_HEADERS_MAX */
    const char *auth_line;    /* one more header line, or NULL */
    const struct sender_limits *limits;
    bool use_http2, is_fresh; /* is_fresh: on a new connection */
};

#define SENDER_HEADERS_MAX (JOB_HEADERS_MAX + 1)

int sender_new(struct loop *loop, const struct transport_options *options,
               const struct sender_events *events, struct sender **ret_sender) AS_MUST_USE;
void sender_free(struct sender *sender); /* after its lanes */

struct sender_lane *sender_lane_new(struct sender *sender);
void sender_lane_free(struct sender_lane *lane); /* nothing may be in flight */
/* How many attempts the caller will have in flight at most: decides over how many shards they
 * spread. */
void sender_lane_set(struct sender_lane *lane, uint32_t concurrency, bool use_http2);

struct sender_slot *sender_send(struct sender_lane *lane, const struct sender_request *request,
                                struct attempt *attempt);
/* the connection is dropped; the attempt is the caller's again */
void sender_abort(struct sender_slot *slot);
/* How far an attempt in flight is: where, attempt_age_ms, silent_ms and bytes of *call are set. */
void sender_tell(const struct sender_slot *slot, struct transport_call *call);
void sender_settle(struct sender *sender); /* mux_settle */

#endif
