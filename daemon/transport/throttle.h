/* What run groups were told to keep to by those who started them: so many calls in flight at most,
 * and a pause between calls.
 *
 * It holds for all calls of a group together, its members' and its judge's, whatever account they
 * go to, and beside every other limit. A call is counted from when it is let out of its account's
 * queue until it is off the wire; the pause counts from one call's start to the next one's. What
 * the journal answers is no call. A handful of groups at most, so it is a list. Belongs to the
 * transport's dispatches. */
#ifndef DAEMON_TRANSPORT_THROTTLE_H
#define DAEMON_TRANSPORT_THROTTLE_H

#include "daemon/core/loop.h"

struct throttle {
    struct throttle *next;
    int64_t group_id;
    uint32_t max_in_flight, delay_ms; /* 0 = none */
    uint32_t let_go, unsent;          /* out of the queue; those of them that were not sent yet */
    uint64_t next_ms;                 /* loop clock: no call before */
    struct loop_timer *wake;          /* a call may go that had to wait */
};

struct throttles {
    struct loop *loop;
    loop_timer_fn wake;
    void *ctx;
    struct throttle *list;
};

void throttles_done(struct throttles *throttles);
/* 0 and 0 forget the group. */
void throttle_set(struct throttles *throttles, int64_t group_id, uint32_t max_in_flight,
                  uint32_t delay_ms);
/* May one more call of the group go? Where only time is in the way, the timer runs. */
bool throttle_lets_go(struct throttles *throttles, int64_t group_id, uint64_t now_ms);

/* A call left the queue; it was sent; it is over, or was not sent after all. */
void throttle_take(struct throttles *throttles, int64_t group_id);
void throttle_note_sent(struct throttles *throttles, int64_t group_id, uint64_t now_ms);
void throttle_give(struct throttles *throttles, int64_t group_id, bool was_sent);

#endif
