/* Accounts in a list: there are as many as uids that use the socket. */
#include "daemon/control/users.h"

#include "daemon/control/server.h"

#include <stdlib.h>

#define STRANGERS_PER_UID_MAX                                          \
    8 /* they are told that they have no role, and need no more for it \
       */
#define STRANGERS_MAX 64
#define KEPT_FOR_ADMINS 16 /* of CONTROL_CONNECTIONS_MAX, so that somebody can always look */

static struct control_user *find(const struct control_users *users, uid_t uid)
{
    struct control_user *user = users->head;
    while (user && user->uid != uid)
        user = user->next;
    return user;
}

static int check_room(const struct control_users *users, enum role role, struct as_err *err)
{
    size_t room = CONTROL_CONNECTIONS_MAX - (role == ROLE_ADMIN ? 0 : KEPT_FOR_ADMINS);
    if (users->connections >= room)
        return as_err_set(err, AS_ELIMIT, "%zu connections are open already: try again later",
                          users->connections);
    if (role == ROLE_NONE && users->strangers >= STRANGERS_MAX)
        return as_err_set(err, AS_ELIMIT,
                          "%zu connections of users without a role are open already: try again "
                          "later",
                          users->strangers);
    return 0;
}

int control_user_enter(struct control_users *users, uid_t uid, enum role role,
                       struct control_user **ret_user, struct as_err *err)
{
    struct control_user *user = find(users, uid);
    unsigned most = role == ROLE_NONE ? STRANGERS_PER_UID_MAX : CONTROL_PER_UID_MAX;
    int rc = check_room(users, role, err);
    if (rc)
        return rc;
    if (user && user->connections >= most)
        return as_err_set(err, AS_ELIMIT, "uid %u has %u connections open already", (unsigned)uid,
                          user->connections);
    if (!user) {
        user = as_xcalloc(1, sizeof(*user));
        *user = (struct control_user){.next = users->head, .uid = uid};
        user->ready_end = &user->ready;
        users->head = user;
    }
    user->connections++;
    users->connections++;
    users->strangers += role == ROLE_NONE;
    *ret_user = user;
    return 0;
}

static void free_if_empty(struct control_users *users, struct control_user *user)
{
    struct control_user **at = &users->head;
    if (user->connections || user->open_calls)
        return;
    AS_ASSERT(!user->ready && !user->held_bytes && !user->call_bytes);
    while (*at != user)
        at = &(*at)->next;
    *at = user->next;
    free(user);
}

void control_user_leave(struct control_users *users, struct control_user *user, enum role role)
{
    user->connections--;
    users->connections--;
    users->strangers -= role == ROLE_NONE;
    free_if_empty(users, user);
}

void control_user_change(struct control_users *users, enum role from, enum role to)
{
    users->strangers -= from == ROLE_NONE;
    users->strangers += to == ROLE_NONE;
}

bool control_user_may_call(const struct control_user *user)
{
    return user->open_calls < CONTROL_CALLS_PER_UID_MAX &&
           user->call_bytes < CONTROL_CALL_BYTES_PER_UID_MAX;
}

void control_user_begin_call(struct control_user *user, size_t line_bytes)
{
    user->open_calls++;
    user->call_bytes += line_bytes;
}

void control_user_end_call(struct control_users *users, struct control_user *user,
                           size_t line_bytes)
{
    AS_ASSERT(user->open_calls > 0 && user->call_bytes >= line_bytes);
    user->open_calls--;
    user->call_bytes -= line_bytes;
    free_if_empty(users, user);
}

void control_user_hold(struct control_users *users, struct control_user *user, size_t before,
                       size_t after)
{
    AS_ASSERT(user->held_bytes >= before);
    user->held_bytes += after - before;
    users->held_bytes += after - before;
}

bool control_user_holds_too_much(const struct control_users *users, const struct control_user *user)
{
    return user->held_bytes > CONTROL_HELD_PER_UID_MAX_BYTES ||
           users->held_bytes > CONTROL_HELD_MAX_BYTES;
}
