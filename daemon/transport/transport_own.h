/* Private to daemon/transport: what transport.c (the way of a request) and lanes.c (lanes and their
 * counts) share. */
#ifndef DAEMON_TRANSPORT_TRANSPORT_OWN_H
#define DAEMON_TRANSPORT_TRANSPORT_OWN_H

#include "daemon/transport/account.h"
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
    struct attempt_pool attempts;
    struct as_rng rng;
    bool is_closing;
};

/* Asks for a round of the pump, on a later turn. */
void transport_want_turn(struct transport *transport);

#endif
