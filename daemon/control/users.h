/* What each uid has of the control server, so that none can take it from the others: connections,
 * unanswered calls, bytes.
 *
 * An account is there while its uid has a connection or an unanswered call, also of a connection
 * that has gone: who connects, asks and leaves again and again is counted like who stays. Used by
 * server.c alone, on the loop's thread. */
#ifndef DAEMON_CONTROL_USERS_H
#define DAEMON_CONTROL_USERS_H

#include "daemon/config/config.h"
#include "lib/err.h"

#include <sys/types.h>

struct conn;

struct control_user {
    struct control_user *next;
    uid_t uid;
    unsigned connections;
    unsigned open_calls;
    size_t call_bytes;               /* the lines of the open calls */
    size_t held_bytes;               /* buffers of its connections */
    struct conn *ready, **ready_end; /* connections with something to handle, the next one first */
};

struct control_users {
    struct control_user *head;
    size_t connections, strangers; /* strangers: connections of uids without a role */
    size_t held_bytes;
    uid_t last_turn; /* whose connection was handled last */
};

/* One more connection of this uid, or AS_ELIMIT with a sentence. */
int control_user_enter(struct control_users *users, uid_t uid, enum role role,
                       struct control_user **ret_user, struct as_err *err) AS_MUST_USE;
/* The account is gone afterwards when nothing is left in it. */
void control_user_leave(struct control_users *users, struct control_user *user, enum role role);
/* One of the connections has another role. */
void control_user_change(struct control_users *users, enum role from, enum role to);

bool control_user_may_call(const struct control_user *user);
void control_user_begin_call(struct control_user *user, size_t line_bytes);
void control_user_end_call(struct control_users *users, struct control_user *user,
                           size_t line_bytes);

void control_user_hold(struct control_users *users, struct control_user *user, size_t before,
                       size_t after);
/* The uid holds too much, or all together do. */
bool control_user_holds_too_much(const struct control_users *users,
                                 const struct control_user *user);

#endif
