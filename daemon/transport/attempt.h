/* One attempt of a request while it is on the wire and until the journal has kept it, and the pool
 * that these come from.
 *
 * The sender fills it in; transport hands its exchange to the journal. The strings of the exchange
 * point into the buffers here and into the request, so an attempt goes back to the pool only when
 * nobody reads the exchange any more. */
#ifndef DAEMON_TRANSPORT_ATTEMPT_H
#define DAEMON_TRANSPORT_ATTEMPT_H

#include "daemon/transport/journal.h"
#include "daemon/transport/secret.h"

struct request;

struct attempt {
    struct exchange exchange;
    struct as_buf headers, body, error;
    struct request *request;
    /* a kept-alive connection broke before any byte of the reply: not the server's answer to
     * this */
    bool is_stale;
    bool is_permanent; /* another try would end the same way */
    uint32_t connections_opened;
    struct attempt *next; /* in the pool */
};

struct attempt_pool {
    struct attempt *head;
    uint32_t count;
};

struct attempt *attempt_take(struct attempt_pool *pool, struct request *request);
void attempt_give(struct attempt_pool *pool, struct attempt *attempt); /* pool NULL: frees it */
void attempt_pool_done(struct attempt_pool *pool);

/* Ends the attempt with this outcome and sentence; later calls on the same attempt replace them. */
void attempt_fail(struct attempt *attempt, enum exchange_outcome outcome, const char *fmt, ...)
    AS_PRINTF(3, 4);
/* Overwrites the secret, in whatever form, in what came back: for servers that repeat what they
 * were sent. */
void attempt_mask(struct attempt *attempt, const struct secret *secret);
/* Points the exchange's strings at the buffers. Called once, when the attempt is over. */
void attempt_seal(struct attempt *attempt);

#endif
