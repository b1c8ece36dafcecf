/* Whose request is next: an account's queue, fair between classes, groups and members.
 *
 * A flow is what one member of one run group (or its judge) asks of one model; its requests go in
 * order. Within a class groups take turns, within a group its flows: a group of a million rows does
 * not keep one of ten waiting, nor a quick member a slow one. The class of what a person waits for
 * goes before the scheduled one, which still gets one turn in FAIR_LOWER_TURN when both have
 * something to send, so that it is slowed but never starved. A flow whose model has no room is
 * passed over and keeps its turn. Pure: no I/O, no clock. Belongs to an account. */
#ifndef DAEMON_TRANSPORT_FAIR_H
#define DAEMON_TRANSPORT_FAIR_H

#include "daemon/transport/request.h"

#define FAIR_LOWER_TURN 8

struct fair_group;

struct fair {
    struct fair_group *groups[TRANSPORT_PRIORITIES]; /* rings: the next in turn */
    uint32_t turns;                                  /* since the lower class had one */
    uint32_t count;                                  /* requests */
};

/* is_first: to the front of its flow, for it has waited the longest. */
void fair_push(struct fair *fair, struct request *request, bool is_first);
void fair_remove(struct fair *fair, struct request *request);
/* The next request whose group and lane let it go; it stays. NULL: none. */
typedef bool (*fair_lets_go_fn)(void *ctx, int64_t group_id, struct lane *lane);
struct request *fair_next(const struct fair *fair, fair_lets_go_fn lets_go, void *ctx);
/* Takes it out, and its group and flow go to the end of their lines. */
void fair_take(struct fair *fair, struct request *request);
/* What waits for the lane moves to another account's queue. */
void fair_move(struct fair *from, struct fair *to, const struct lane *lane);

#endif
