/* Uids follow each other by number, so that the list of accounts may change in between. */
#include "daemon/control/turns.h"

void turns_enter(struct conn *conn)
{
    struct control_user *user = conn->user;
    if (conn->is_ready || !conn_has_unhandled(conn) || !conn_may_take_calls(conn))
        return;
    conn->is_ready = true;
    conn->next_ready = NULL;
    *user->ready_end = conn;
    user->ready_end = &conn->next_ready;
}

void turns_leave(struct conn *conn)
{
    struct control_user *user = conn->user;
    struct conn **at = &user->ready;
    if (!conn->is_ready)
        return;
    while (*at != conn)
        at = &(*at)->next_ready;
    *at = conn->next_ready;
    if (!*at)
        user->ready_end = at;
    conn->is_ready = false;
}

/* The one with the next higher number than the last, or the lowest. */
static struct control_user *next_user(const struct control_users *users)
{
    struct control_user *lowest = NULL, *next = NULL;
    for (struct control_user *user = users->head; user; user = user->next) {
        if (!user->ready || !control_user_may_call(user))
            continue;
        if (!lowest || user->uid < lowest->uid)
            lowest = user;
        if (user->uid > users->last_turn && (!next || user->uid < next->uid))
            next = user;
    }
    return next ? next : lowest;
}

struct conn *turns_next(struct control_users *users)
{
    struct control_user *user = next_user(users);
    if (!user)
        return NULL;
    struct conn *conn = user->ready;
    users->last_turn = user->uid;
    turns_leave(conn);
    return conn;
}
