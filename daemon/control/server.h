/* The control socket: connections, lines, roles by peer credentials, replies and notifications. It
 * knows no method's meaning.
 *
 * A request is checked against lib/proto's table and the caller's role, then handed to the handler
 * of its name as a control_call. The handler answers it exactly once, now or later, with
 * control_reply or control_fail; if the caller has gone meanwhile the answer is dropped, and if the
 * server has been freed too. A peer that does not read is dropped when CONTROL_OUT_MAX_BYTES wait
 * for it, never waited for; one that sends without end is read only as fast as it is answered. Each
 * uid has quotas of connections, open calls and bytes, and its turn beside the others. */
#ifndef DAEMON_CONTROL_SERVER_H
#define DAEMON_CONTROL_SERVER_H

#include "daemon/config/config.h"
#include "daemon/core/loop.h"
#include "lib/proto.h"

#include <sys/types.h>

#define CONTROL_CONNECTIONS_MAX 512
#define CONTROL_PER_UID_MAX 256
/* unanswered calls of one connection, of one uid, and their lines; further ones wait */
#define CONTROL_CALLS_MAX 32
#define CONTROL_CALLS_PER_UID_MAX 64
#define CONTROL_CALL_BYTES_PER_UID_MAX (8u << 20)
#define CONTROL_OUT_MAX_BYTES (8u << 20) /* that wait for one peer */
/* buffers of the connections of one uid, and of all */
#define CONTROL_HELD_PER_UID_MAX_BYTES (64u << 20)
#define CONTROL_HELD_MAX_BYTES (256u << 20)

struct control_server;

struct control_call {
    const struct proto_method *method;
    const struct as_json *params; /* checked, NULL when none were given; lives until the answer */
    uid_t uid;
    enum role role;
    uint64_t connection; /* for control_notify; ids are never used again */
};

typedef void (*control_handler_fn)(void *app, struct control_call *call);

struct control_route {
    const char *method;
    control_handler_fn handler;
};

struct control_options {
    const char *socket_path;
    int listen_fd; /* a socket that listens there already, taken over; 0: it is made */
    const struct role_rule *roles; /* borrowed until the server goes or others are set */
    size_t role_count;
    const struct control_route
        *routes; /* ends with a NULL method; must cover every method of lib/proto.h */
    void *app;
    /* A connection went: forget its watches and imports. Fires once for each, on a turn of its own,
     * never inside a handler, control_reply or control_notify; control_server_free fires it for all
     * that are left. May be NULL. */
    void (*on_closed)(void *app, uint64_t connection);
};

/* A stale socket file is probed: another live daemon there is AS_EBUSY, a dead one's file is
 * replaced. A path that is no socket is AS_EEXIST. */
int control_server_new(struct loop *loop, const struct control_options *options,
                       struct control_server **ret_server, struct as_err *err) AS_MUST_USE;
/* Closes connections, removes the socket file if it made it. Not from inside a handler. */
void control_server_free(struct control_server *server);

/* At once, for connections that are there too. Who has a lesser role by now is still answered what
 * he asked before; then, or when nothing is open, his connection ends, and with it what it watches.
 */
void control_server_set_roles(struct control_server *server, const struct role_rule *roles,
                              size_t role_count);

/* Each frees the call. An answer longer than a line (PROTO_LINE_MAX_BYTES) becomes AS_ELIMIT. */
void control_reply(struct control_call *call, struct as_json *result_take);
void control_fail(struct control_call *call, const struct as_err *err);

/* To a connection that has gone it does nothing. */
void control_notify(struct control_server *server, uint64_t connection, const char *method,
                    struct as_json *params_take);
const char *control_server_path(const struct control_server *server); /* where it listens */
size_t control_connection_count(const struct control_server *server);

#endif
