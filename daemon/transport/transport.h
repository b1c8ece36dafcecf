/* HTTP to the model APIs: curl-multi on the loop, lanes with their own concurrency and deadlines,
 * a limiter for each provider account, retries, and the journal first.
 *
 * A lane is one model's way to its API. A request waits for its turn among all that want to go to
 * the same provider account, until its limiter lets it go; it is looked for in the journal, is sent
 * when it fits in its group's budget, its intent is durable and a slot is free, and is retried up
 * to the lane's attempts where that is worth it (the provider's plugin says what an error reply
 * means), with jittered back-off and Retry-After obeyed. The key is added to the headers here,
 * after the request was built and hashed, and never leaves this module: it is in no exchange, error
 * text or log. Redirects are not followed, the environment's proxies not used. Lives from app start
 * to app end; belongs to the loop's thread. */
#ifndef DAEMON_TRANSPORT_TRANSPORT_H
#define DAEMON_TRANSPORT_TRANSPORT_H

#include "daemon/core/loop.h"
#include "daemon/model/latency.h"
#include "daemon/transport/budget.h"
#include "lib/job.h"

#define TRANSPORT_BODY_MAX_BYTES (8u << 20)

struct transport;

struct transport_options {
    const struct journal *journal;  /* NULL: no journal (the transport-only benchmark) */
    uint32_t connections_per_shard; /* 0 = 256: libcurl scans a host's connections one by one */
    /* connections of a shard are closed when nothing used it for so long; 0 = 30,000 */
    uint32_t rest_after_ms;
    /* PEM bundle to trust instead of the system's; NULL = the system's. Copied. */
    const char *ca_file;
    uint32_t body_max_bytes; /* of a reply; 0 = TRANSPORT_BODY_MAX_BYTES */
};

int transport_new(struct loop *loop, const struct transport_options *options,
                  struct transport **ret_transport, struct as_err *err) AS_MUST_USE;
/* Callbacks still due fire first, with AS_ECANCELED; nothing may be sent from them. Not to be
 * called from a callback. The journal may call back later: it finds its memory. */
void transport_free(struct transport *transport);

/* A lane for this model: opens it or finds the one that is there (by spec->name), taking over
 * changed limits, base_url and key. key may be NULL (no key needed); it is copied. auth_header and
 * auth_prefix come from the provider plugin. A deadline of 0 ms in spec means none. Returns the
 * lane's id, never 0. */
uint64_t transport_lane(struct transport *transport, const struct model_spec *spec,
                        const char *auth_header, const char *auth_prefix, const char *key);

/* base_url + path into *ret_url (replaced). path comes from a provider script: it must begin with
 * '/', and may neither leave the origin nor hold '#', "." and ".." segments, or bytes that have to
 * be percent-encoded. AS_EINVAL with a sentence in *err. */
int transport_url(const char *base_url, struct as_str path, struct as_buf *ret_url,
                  struct as_err *err) AS_MUST_USE;

/* A request that must not go out (its URL leaves the lane's origin; a header that only we may set,
 * or that cannot be one; an unfit key) is not sent: it ends as EXCHANGE_CONNECT_FAILED with attempt
 * 1 and a sentence that says why. A body without a content-type header is sent as
 * application/json. */
enum transport_priority {
    TRANSPORT_ON_DEMAND, /* someone waits for it */
    TRANSPORT_SCHEDULED, /* goes behind, but is never starved: fair.h */
    TRANSPORT_PRIORITIES
};

/* Asked about a reply that is an error (status 400 and up), borrowed for the call: what kind of
 * error is it? Answered once by transport_classified, never before this returned. ctx is that of
 * done. */
typedef void (*transport_classify_fn)(void *ctx, uint64_t request_id,
                                      const struct exchange *exchange);

struct transport_request {
    uint64_t lane;
    enum transport_priority priority;
    struct journal_key journal;       /* identity included */
    struct as_str method, url, body;  /* copied */
    const struct job_header *headers; /* copied */
    uint32_t header_count;
    bool skip_find; /* the caller knows that the journal has nothing for this group yet */
    struct transport_account *account; /* NULL: no budget */
    struct budget_claim claim;         /* what one attempt may cost */
    transport_classify_fn classify;    /* NULL: its status alone decides over a retry */
};

struct transport_reply {
    /* 0: exchange is the last attempt (of any outcome); AS_ECANCELED; AS_ELIMIT: the budget does
     * not allow another attempt; or why the journal could not take a note of an attempt, which was
     * not made then, or could not keep one */
    int rc;
    const struct exchange *exchange; /* NULL when rc is not 0 */
    bool is_from_journal;
    uint32_t attempts; /* made now, as the last exchange's attempt says; 0 when from the journal */
    bool is_reserved;  /* its claim is yours now: transport_account_settle */
    uint64_t tokens;   /* what it was reckoned to use at most; 0 when nothing was sent */
};

typedef void (*transport_done_fn)(void *ctx, const struct transport_reply *reply);

/* done fires once, never before this returned; *reply is borrowed for the call. Returns an id for
 * cancel, never 0. An attempt that failed because a kept-alive connection had gone stale is made
 * again at once and does not count against max_attempts, once. */
uint64_t transport_send(struct transport *transport, const struct transport_request *request,
                        transport_done_fn done, void *ctx);
/* done fires with AS_ECANCELED on a later turn */
void transport_cancel(struct transport *transport, uint64_t request_id);

/* What of a group's calls waits, until it is said otherwise. What is in flight is not touched. */
enum transport_hold {
    TRANSPORT_HOLD_NONE,
    TRANSPORT_HOLD_NEW, /* the first calls of rows for which none was sent yet */
    TRANSPORT_HOLD_ALL  /* and every further one: retries, the judge */
};
/* TRANSPORT_HOLD_NONE also forgets the group: a group that ends must be told so. */
void transport_hold(struct transport *transport, int64_t group_id, enum transport_hold what);

/* What a group keeps to beside every other limit: so many calls in flight at most, and a pause from
 * one call's start to the next one's; 0 = none. 0 and 0 also forget the group: a group that ends
 * must be told so. */
void transport_throttle(struct transport *transport, int64_t group_id, uint32_t max_in_flight,
                        uint32_t delay_ms);

/* A run group's budget. What is sent under it waits while it does not fit beside the calls under
 * way, and ends with AS_ELIMIT once it cannot fit any more; then so does all that follows. Close it
 * when nothing that was sent under it is due any more; NULL is fine. */
struct transport_account *transport_account_open(struct transport *transport,
                                                 const struct budget_amount *caps);
void transport_account_close(struct transport_account *account);
/* The books, to be read, and to be filled in before the first send. */
struct budget *transport_account_budget(struct transport_account *account);
/* What a reply with is_reserved did cost; NULL: it does not say, so the worst case stands. */
void transport_account_settle(struct transport_account *account, const struct budget_claim *claim,
                              const struct budget_amount *actual);
/* The provider plugin's word for the error (its error classes: docs/plugins.md); NULL when it has
 * none, so that the status decides. An id that is over is passed over. */
void transport_classified(struct transport *transport, uint64_t request_id,
                          const char *error_class);
/* What a reply that was reckoned with so many tokens has used, when that is known. */
void transport_used(struct transport *transport, uint64_t lane, uint64_t reckoned, uint64_t used);

struct as_sha256 transport_identity(struct as_str method, struct as_str url, struct as_str body,
                                    uint32_t sample);

/* Where a request stands. */
enum transport_where {
    TRANSPORT_AT_QUEUE,      /* behind others of its lane */
    TRANSPORT_AT_LIMIT,      /* the limiter of its provider account puts it off */
    TRANSPORT_AT_HOLD,       /* its group is paused */
    TRANSPORT_AT_BUDGET,     /* until its group's budget has room */
    TRANSPORT_AT_JOURNAL,    /* being looked for, noted down, read, or kept */
    TRANSPORT_AT_BACKOFF,    /* it failed and is tried again later */
    TRANSPORT_AT_CONNECT,    /* no byte was sent yet */
    TRANSPORT_AT_FIRST_BYTE, /* sent, nothing came back yet */
    TRANSPORT_AT_BODY,       /* the reply is coming in */
    TRANSPORT_WHERE_COUNT
};
const char *transport_where_name(enum transport_where where);

#define TRANSPORT_NEVER (-1)

/* A request now. Times in ms, TRANSPORT_NEVER where there is none. */
struct transport_call {
    enum transport_where where;
    const char *provider;   /* borrowed until the next turn of the loop */
    uint32_t attempt;       /* made so far, the one under way among them */
    int last_status;        /* of the attempt before, when that is why it backs off; else 0 */
    int64_t age_ms;         /* since transport_send */
    int64_t attempt_age_ms; /* of the attempt in flight */
    int64_t silent_ms;      /* since its last byte came */
    int64_t wait_ms;        /* until it is tried again, or the limiter lets it go */
    int64_t bytes;          /* of the reply's body so far */
};
/* False: the request is over. */
bool transport_call_of(const struct transport *transport, uint64_t request_id,
                       struct transport_call *ret_call);

struct transport_stats {
    /* requests now; queued includes those that the journal looks for or takes a note of */
    uint32_t queued, held, in_flight, backing_off;
    uint64_t sent, retried; /* attempts; those of them that were not the first of their request */
    /* requests given up: no reply, or a status that is worth a retry, at the last attempt */
    uint64_t failed;
    uint64_t connections_opened;
};
/* lane 0: all together */
struct transport_stats transport_stats_of(const struct transport *transport, uint64_t lane);

/* ---- provider accounts: all lanes with the same address and key share one limiter ---- */

/* How an attempt ended, for people. */
enum transport_end {
    TRANSPORT_END_OK,           /* a status below 400 */
    TRANSPORT_END_REFUSED,      /* 429 */
    TRANSPORT_END_CLIENT_ERROR, /* 4xx otherwise */
    TRANSPORT_END_SERVER_ERROR, /* 5xx, and what is no status */
    TRANSPORT_END_CONNECT_FAILED,
    TRANSPORT_END_TIMEOUT,
    TRANSPORT_END_BROKEN,
    TRANSPORT_END_TOO_LARGE,
    TRANSPORT_END_COUNT
};
const char *transport_end_name(enum transport_end end);

/* What became of an account's attempts since the start. */
struct transport_tally {
    uint64_t ends[TRANSPORT_END_COUNT];
    struct latency latency; /* of those that ended ok */
};
void transport_tally_add(struct transport_tally *tally, const struct exchange *exchange);

struct transport_provider {
    const char *const *names; /* of the providers whose lanes use the account */
    size_t name_count;
    const char *base_url;
    struct model_limits limits; /* in force */
    bool is_set_live;           /* by transport_limits_set, not by the configuration */
    uint32_t window;            /* calls in flight that it may have now */
    uint32_t in_flight, queued, backing_off;
    double calls_per_s;    /* the pace; 0 = none was given or learned */
    uint64_t throttled_ms; /* nothing is sent for so long yet */
    uint64_t sent, refused;
    const struct transport_tally *tally;
};
typedef void (*transport_provider_fn)(void *ctx, const struct transport_provider *provider);
/* *provider is borrowed for the call. */
void transport_providers_each(const struct transport *transport, transport_provider_fn fn,
                              void *ctx);
/* For every account that a lane of this provider uses, now or later, in place of what the
 * configuration says; NULL: the configuration's again. */
void transport_limits_set(struct transport *transport, const char *provider,
                          const struct model_limits *limits);
/* What transport_limits_set said last; NULL: nothing. */
const struct model_limits *transport_limits_of(const struct transport *transport,
                                               const char *provider);

/* Splits response_headers back into name and value, up to JOB_HEADERS_MAX. Borrowed. */
uint32_t transport_headers_split(struct as_str lines,
                                 struct job_header ret_headers[JOB_HEADERS_MAX]);

#endif
