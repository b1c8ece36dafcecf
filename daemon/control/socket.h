/* The listening socket of the daemon, and who is at the other end of a connection. For server.c.
 *
 * Two daemons must never share a path: a lock beside the socket (PATH.lock, empty, left behind) is
 * held for as long as the socket is, and a socket that is there is probed before it is replaced. */
#ifndef DAEMON_CONTROL_SOCKET_H
#define DAEMON_CONTROL_SOCKET_H

#include "daemon/config/config.h"
#include "lib/err.h"

#include <sys/stat.h>
#include <sys/types.h>

struct control_socket {
    int fd;
    int lock_fd;
    char *path;
    dev_t device; /* of the file that we made: only that one is removed again */
    ino_t inode;
};

/* AS_EBUSY: another daemon is there. AS_EEXIST: the path is a file that is no socket. Mode 0666:
 * everybody may connect, and the roles decide what he may do. */
int control_socket_open(const char *path, struct control_socket *ret_socket,
                        struct as_err *err) AS_MUST_USE;
/* One that listens already: the descriptor becomes ours, its file stays another's, who set its mode
 * and keeps others off it. AS_EINVAL: it has no path, and is closed. */
int control_socket_adopt(int fd, struct control_socket *ret_socket, struct as_err *err) AS_MUST_USE;
void control_socket_close(struct control_socket *socket); /* removes the file if it is still ours */

/* The highest role that a rule gives to the peer's user or to one of his groups. */
int control_peer_role(int fd, const struct role_rule *rules, size_t rule_count, uid_t *ret_uid,
                      enum role *ret_role) AS_MUST_USE;

#endif
