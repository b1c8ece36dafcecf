/* A lane: one model's way to its API, with its limits, its key and its queue. Made by
 * transport_lane, lives as long as the transport.
 *
 * The key is kept as the header line that carries it, counted by who uses it, and wiped from memory
 * when nobody does any more: a reload may replace it while attempts with the old one are still in
 * flight. */
#ifndef DAEMON_TRANSPORT_LANE_H
#define DAEMON_TRANSPORT_LANE_H

#include "daemon/transport/limiter.h"
#include "daemon/transport/secret.h"
#include "daemon/transport/sender.h"
#include "daemon/transport/transport.h"

struct dispatch;
struct request;

struct request_list {
    struct request *head, *tail;
    uint32_t count;
};

struct lane_auth {
    uint32_t refs;
    struct secret key; /* to find it where it must not be */
    size_t size;       /* of line, NUL included */
    char line[];       /* "Authorization: Bearer ..." */
};

struct lane {
    char *name;
    char *provider;
    struct dispatch *dispatch;          /* the provider account that it sends to */
    struct model_limits account_limits; /* what the configuration allows that account */
    struct limiter limiter;             /* of this model alone: learns nothing */
    uint64_t max_output_tokens;         /* of one reply, by the model's parameters */
    char *origin;           /* of base_url: where requests may go; "" when problem is set */
    char *auth_header;      /* a script may not set it; "" when the provider declares none */
    char *problem;          /* why nothing can be sent here, for people; NULL when all is well */
    struct lane_auth *auth; /* NULL without a key */
    struct sender_lane *wire;
    struct sender_limits limits;
    uint32_t concurrency, max_attempts, backoff_ms;
    bool use_http2;
    uint32_t queued;           /* in the dispatch's queue */
    struct request_list ready; /* their intents are durable: they wait for a slot */
    uint32_t preparing;        /* being looked for, or their intents being made durable */
    uint32_t in_flight, backing_off;
    /* How many requests are prepared beyond the free slots, so that the wire never waits for the
     * disk; no more than it takes, for after a crash each of them is a call of unknown fate. */
    uint32_t ahead;
    uint32_t ready_low; /* the fewest that were ready since the last one became so */
    /* an attempt got through to the API, or was told why not, since the lane was last idle */
    bool is_warm;
    struct transport_stats stats; /* the totals; the gauges are read off the lane */
};

struct lane *lane_new(struct sender *sender, const char *name, uint64_t now_ms);
void lane_set(struct lane *lane, const struct model_spec *spec, const char *auth_header,
              const char *auth_prefix, const char *key);
void lane_free(struct lane *lane); /* its lists are empty, nothing is in flight */

/* May one more request take a slot? A cold lane starts with a few: a thousand at once would each
 * start a thread to resolve the same name, and knock at a dead server in chorus. */
bool lane_has_room(const struct lane *lane);
/* May one more request of the queue be prepared? */
bool lane_may_prepare(const struct lane *lane);
/* What a request with a body of so many bytes may use at most, reckoned. */
uint64_t lane_tokens_of(const struct lane *lane, size_t body_bytes);
/* Told when a request became ready, and after every turn in which what could be sent was (is_held:
 * more could, but for the limits of the account): how lane->ahead follows the speed of disk and
 * wire. */
void lane_note_ready(struct lane *lane);
void lane_note_turn(struct lane *lane, bool is_held);
void lane_slot_take(struct lane *lane);
void lane_slot_give(struct lane *lane);
struct transport_stats lane_stats(const struct lane *lane);

struct lane_auth *lane_auth_ref(struct lane *lane); /* NULL when there is none */
void lane_auth_unref(struct lane_auth *auth);       /* NULL is fine */

#endif
