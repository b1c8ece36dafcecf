/* The control socket: connections, lines, roles by peer credentials, replies and notifications. Knows no method's meaning.
 *
 * A request is checked against lib/proto's table and the caller's role, then handed to the handler of its name as a control_call. The
 * handler answers it exactly once, now or later, with control_reply or control_fail; if the caller has gone meanwhile the answer is
 * dropped. A peer that does not read is dropped when CONTROL_OUT_MAX_BYTES wait for it, never waited for. */
#ifndef DAEMON_CONTROL_SERVER_H
#define DAEMON_CONTROL_SERVER_H

#include "daemon/config/config.h"
#include "daemon/core/loop.h"
#include "lib/proto.h"

#include <sys/types.h>

#define CONTROL_CONNECTIONS_MAX 256
#define CONTROL_PER_UID_MAX 64
#define CONTROL_CALLS_MAX 32 /* unanswered calls of one connection */
#define CONTROL_OUT_MAX_BYTES (8u << 20)

struct control_server;

struct control_call {
    const struct proto_method *method;
    const struct as_json *params; /* checked; NULL when none were given */
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
    const struct role_rule *roles; /* borrowed; must outlive the server */
    size_t role_count;
    const struct control_route *routes; /* ends with a NULL method; must cover proto_methods */
    void *app;
    void (*on_closed)(void *app, uint64_t connection); /* a connection went: forget its watches */
};

/* A stale socket file is probed: another live daemon there is AS_EBUSY, a dead one's file is replaced. */
int control_server_new(struct loop *loop, const struct control_options *options, struct control_server **ret_server,
                       struct as_err *err) AS_MUST_USE;
void control_server_free(struct control_server *server); /* closes connections, removes the socket file */

void control_reply(struct control_call *call, struct as_json *result_take); /* frees the call */
void control_fail(struct control_call *call, const struct as_err *err);     /* frees the call */
void control_notify(struct control_server *server, uint64_t connection, const char *method, struct as_json *params_take);
size_t control_connection_count(const struct control_server *server);

#endif
