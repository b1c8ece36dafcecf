/* A run group's budget at work: who may send, who waits until calls under way have told what they
 * cost, who is turned away. Private to daemon/transport; transport.h has the public part.
 *
 * A request reserves for each attempt of its own, so that retries are under the caps too. It gives
 * its lane's slot back while it waits. A reply's reservation passes to whoever gets the reply: only
 * the provider's plugin can read what it cost. */
#ifndef DAEMON_TRANSPORT_ACCOUNT_H
#define DAEMON_TRANSPORT_ACCOUNT_H

#include "daemon/transport/request.h"

struct transport_account {
    struct transport_account *next, **list; /* the transport's */
    struct loop_timer *turn;                /* runs when somebody may go on */
    struct budget budget;
    struct request_list waiting;
};

/* Before an attempt. BUDGET_WAIT: the request is in the account's queue, in state waiting.
 * BUDGET_EXHAUSTED: it has to end. */
enum budget_answer account_admit(struct request *request);
/* The attempt is over. A reply that was billed stays reserved. */
void account_close_attempt(struct request *request, const struct exchange *exchange);
/* The request ends without handing its reservation on, in whichever state it is. */
void account_drop(struct request *request);
/* The next one of any account that need not wait any longer, taken out of its queue; NULL: none.
 * *ret_answer says whether it may go (it is reserved) or has to end. */
struct request *account_next_served(struct transport_account *accounts,
                                    enum budget_answer *ret_answer);
struct transport_account *account_new(struct transport_account **list, struct loop_timer *turn,
                                      const struct budget_amount *caps);

#endif
