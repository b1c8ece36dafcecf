/* Who may be sent to a provider account, and when: the queue of what waits for it, its limiter, and
 * a timer for when that says "later".
 *
 * A provider account is what all lanes with the same base_url and key share. A dispatch is made by
 * dispatches_find and lives as long as the transport. Limits come from the configuration of the
 * lanes' providers; where two providers share an account the stricter ones hold. Limits that were
 * set live take the place of a provider's. */
#ifndef DAEMON_TRANSPORT_DISPATCH_H
#define DAEMON_TRANSPORT_DISPATCH_H

#include "daemon/transport/fair.h"
#include "daemon/transport/throttle.h"

struct dispatch {
    struct dispatch *next;
    struct loop *loop;
    struct as_sha256 id; /* over base_url and key */
    char *base_url;
    struct limiter limiter;
    struct throttles *throttles; /* of all accounts */
    struct fair queue;
    struct loop_timer *wake;
    struct transport_tally tally;
    bool is_held;     /* a limit, not the lanes' room, keeps the queue waiting */
    bool is_set_live; /* its limits are, in part */
};

struct live_limits {
    struct live_limits *next;
    struct model_limits limits;
    char provider[];
};

struct dispatches {
    struct loop *loop;
    loop_timer_fn wake; /* a limiter may let something go now */
    void *ctx;
    struct dispatch *list;
    struct live_limits *live;
    struct throttles throttles;
};

void dispatches_init(struct dispatches *dispatches, struct loop *loop, loop_timer_fn wake,
                     void *ctx);
void dispatches_done(struct dispatches *dispatches); /* their queues are empty */
/* The account of this address and key (NULL: none is needed); makes it. */
struct dispatch *dispatches_find(struct dispatches *dispatches, const char *base_url,
                                 const char *key);

/* limits NULL: takes them back. The caller refreshes. */
void dispatches_set_live(struct dispatches *dispatches, const char *provider,
                         const struct model_limits *limits);
/* NULL: none are set. */
const struct model_limits *dispatches_live(const struct dispatches *dispatches,
                                           const char *provider);
/* Works out again which limits hold for the account. */
void dispatch_refresh(struct dispatch *dispatch, const struct dispatches *dispatches,
                      struct lane *const *lanes, uint32_t lane_count);

/* The next request that its lane and the limiters let go, taken out of the queue and holding its
 * pass; NULL: none now, and the timer runs where time alone helps. */
struct request *dispatch_next(struct dispatch *dispatch);

/* Nothing may be sent now, not even what is ready; the timer runs. */
bool dispatch_is_paused(struct dispatch *dispatch);

/* What becomes of a request's pass, if it holds one. */
void dispatch_return(struct request *request); /* nothing was sent */
void dispatch_note_sent(struct request *request);
/* The attempt is over; NULL: it was given up. A 429 is taken for a refusal at once: by the time
 * that the provider's plugin has read it, a hundred more would have been sent. */
void dispatch_close(struct request *request, const struct exchange *exchange);
/* The plugin has read the error. */
void dispatch_note_class(struct request *request, const struct exchange *exchange,
                         const char *error_class);

#endif
