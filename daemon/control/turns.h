/* Whose turn it is: connections with lines to handle wait in a list of their uid; each uid gets one
 * turn before any gets a second, and so does each connection within its uid. Used by server.c
 * alone. */
#ifndef DAEMON_CONTROL_TURNS_H
#define DAEMON_CONTROL_TURNS_H

#include "daemon/control/conn.h"

/* To the end of its user's list, if it has something to handle and does not stand there yet. */
void turns_enter(struct conn *conn);
/* Out of the list, wherever it stands; not in it: nothing happens. */
void turns_leave(struct conn *conn);
/* Takes the next one out of its list; NULL: nobody has something to handle and may call. */
struct conn *turns_next(struct control_users *users);

#endif
