/* Private to daemon/transport: what transport.c (the way of a request), endings.c (how attempts
 * are kept and requests end), lanes.c (lanes, provider accounts, limits, counts) and hold.c share.
 */
#ifndef DAEMON_TRANSPORT_TRANSPORT_OWN_H
#define DAEMON_TRANSPORT_TRANSPORT_OWN_H

#include "daemon/transport/account.h"
#include "daemon/transport/dispatch.h"
#include "daemon/transport/hold.h"
#include "lib/rng.h"

struct transport {
    struct loop *loop;
    const struct journal *journal; /* NULL: none */
    struct sender *sender;
    struct loop_timer *turn; /* runs when the pump is wanted */
    struct lane **lanes;     /* id - 1 */
    uint32_t lane_count;
    struct request_table requests; /* all that are not freed, the done and indebted too */
    struct request *cancelled;     /* whose done is due */
    struct hold_list holds;
    struct request_list held;
    struct transport_account *accounts;
    struct dispatches dispatches;
    struct attempt_pool attempts;
    struct as_rng rng;
    bool is_closing;
};

/* Asks for a round of the pump, on a later turn. */
void transport_want_turn(struct transport *transport);

/* ---- endings.c ---- */

/* The end of every request. The caller releases it afterwards: reply may point into it. */
void request_deliver(struct request *request, const struct transport_reply *reply);
void request_release_if_over(struct request *request);
void attempt_return(struct attempt *attempt); /* to the pool */
/* The last attempt goes to the journal; done fires when it is kept there. */
void keep_final(struct request *request, struct attempt *attempt);
/* A failed attempt goes to the journal while the request goes on. */
void keep_failed(struct request *request, struct attempt *attempt);

#endif
