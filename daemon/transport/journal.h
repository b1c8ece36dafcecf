/* What transport asks of the journal in front of the wire. The engine implements it over the store.
 *
 * Transport asks find before it sends (what another group paid for is this group's from then on,
 * and find has kept it as such), tells intent before each attempt, and hands every attempt, good or
 * bad, to append. No byte of an attempt leaves before its intent is durable, so that a crash finds
 * a note of every call that may have been made; a reply is not given to the engine before append
 * has called back: it is committed before it is scored. */
#ifndef DAEMON_TRANSPORT_JOURNAL_H
#define DAEMON_TRANSPORT_JOURNAL_H

#include "lib/buf.h"
#include "lib/hash.h"

#include <stdint.h>

enum exchange_role { EXCHANGE_MODEL, EXCHANGE_JUDGE };

/* Which request this is: its identity, and for whom it is made. */
struct journal_key {
    int64_t group_id;
    int64_t case_seq;
    uint32_t member; /* 0 = baseline */
    uint32_t sample;
    enum exchange_role role;
    uint32_t turn;             /* 0; 1 when the judge is asked once more */
    uint32_t request_bytes;    /* of the body: what bounds the cost of a call that got lost */
    struct as_sha256 identity; /* over method, URL, body, sample: transport_identity */
    /* May a good reply that another group paid for answer it too: one sent since then, and of
     * several the nth newest? Requests of twin members are the same, their answers must not be. */
    bool is_shared;
    int64_t shared_since_ms;
    uint32_t shared_nth;
};

enum exchange_outcome {
    EXCHANGE_REPLY,          /* a whole HTTP reply of any status */
    EXCHANGE_CONNECT_FAILED, /* no connection, name not resolved, TLS refused */
    EXCHANGE_TIMEOUT,        /* a deadline passed; error says which */
    EXCHANGE_BROKEN,         /* the connection broke before the reply was whole */
    EXCHANGE_TOO_LARGE,      /* the reply's body was over the limit */
    EXCHANGE_OUTCOME_COUNT
};
const char *exchange_outcome_name(enum exchange_outcome outcome);

/* One attempt: one HTTP request and what came back. Times from curl's own clocks, microseconds
 * since the attempt began. */
struct exchange {
    /* 1 is the first of this transport_send; a resumed request begins at 1 again */
    uint32_t attempt;
    enum exchange_outcome outcome;
    int http_status; /* 0 unless a status line came */
    int64_t paid_by; /* the group that made the call, when it was reused; 0 = the key's own */
    int64_t sent_ms; /* wall clock */
    int64_t connect_us, first_byte_us, total_us; /* connect_us 0 on a reused connection */
    struct as_str method, url, request_body;
    struct as_str response_headers; /* "name: value\n" lines, lower-case names */
    struct as_str response_body;
    struct as_str error; /* for people; "" when outcome is EXCHANGE_REPLY */
};

typedef void (*journal_found_fn)(void *ctx, const struct exchange *found); /* NULL: a miss */
typedef void (*journal_done_fn)(void *ctx, int rc);

/* Callbacks fire on the loop, never before the call returned. *exchange is kept alive by the caller
 * until done fired. */
struct journal {
    void *ctx;
    void (*find)(void *ctx, const struct journal_key *key, journal_found_fn found, void *found_ctx);
    /* done with 0: the attempt may leave. Else it must not, and the rc is the request's. */
    void (*intent)(void *ctx, const struct journal_key *key, uint32_t attempt, journal_done_fn done,
                   void *done_ctx);
    /* Takes back a durable intent whose attempt did not leave after all. */
    void (*withdraw)(void *ctx, const struct journal_key *key, uint32_t attempt,
                     journal_done_fn done, void *done_ctx);
    void (*append)(void *ctx, const struct journal_key *key, const struct exchange *exchange,
                   journal_done_fn done, void *done_ctx);
};

#endif
