/* Connections of the control socket: bytes to lines, lines to calls, answers to bytes.
 *
 * A connection is OPEN while it is read; DRAINING when no more is read (end of file, or a line that
 * is too long) and what is open is still answered, unless the peer has gone; DOOMED when it is
 * closed as soon as no handler is on the stack: control_reply and control_notify only append and
 * mark, the loop's own callbacks write and close, so on_closed never fires inside a handler. A peer
 * with CONTROL_CALLS_MAX calls open is not read until one is answered. The server's memory lives
 * until its last call is answered. */
#include "daemon/control/server.h"

#include "daemon/control/socket.h"
#include "lib/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (64u << 10)
#define LINES_PER_TURN 64 /* of one connection, so that a flood leaves turns to the others */
#define ACCEPTS_PER_TURN 16
#define KEEP_BUFFER_BYTES (256u << 10) /* an emptied buffer that is larger is given back */
#define ACCEPT_PAUSE_MS 500            /* after the process ran out of descriptors */

enum conn_state { CONN_OPEN, CONN_DRAINING, CONN_DOOMED };

struct conn {
    struct control_server *server;
    struct conn *next;
    uint64_t id;
    int fd;
    struct loop_poll *poll;
    enum conn_state state;
    uid_t uid;
    enum role role;
    unsigned open_calls;
    bool is_deserted; /* the peer has closed for both ways: nobody waits for an answer */
    struct as_buf in;
    size_t in_scanned; /* bytes of in that are known to hold no newline */
    struct as_buf out;
    size_t out_sent; /* bytes of out that are written */
};

struct control_server {
    struct loop *loop;
    struct control_options options;
    struct control_socket socket;
    struct loop_poll *poll;
    struct loop_timer *accept_timer;
    struct loop_timer *reap_timer; /* closes the doomed on the next turn */
    struct conn *conns;
    size_t conn_count;
    uint64_t last_id;
    size_t open_calls; /* of connections that are gone too */
    bool is_freed;
};

/* What a handler gets, and what it takes to answer it. */
struct call {
    struct control_call public; /* first: handlers hand this back */
    struct control_server *server;
    struct proto_message message; /* params and id live in it */
};

static void set_state(struct conn *conn, enum conn_state state)
{
    static const char *const names[] = {"open", "draining", "doomed"};
    AS_ASSERT(state > conn->state); /* it only ever goes forward */
    as_log_debug("connection %s conn=%llu uid=%u", names[state], (unsigned long long)conn->id,
                 (unsigned)conn->uid);
    conn->state = state;
    if (state == CONN_DOOMED)
        loop_timer_start(conn->server->reap_timer, 0);
}

static size_t out_waiting(const struct conn *conn)
{
    return conn->out.len - conn->out_sent;
}

/* Bytes are there that have not been looked at: whole lines, mostly. */
static bool has_unhandled(const struct conn *conn)
{
    return conn->in_scanned < conn->in.len;
}

static bool may_take_calls(const struct conn *conn)
{
    return conn->state != CONN_DOOMED && conn->open_calls < CONTROL_CALLS_MAX;
}

/* More is read only when what came before is handled: in holds a line and a read at most. */
static bool may_read(const struct conn *conn)
{
    return conn->state == CONN_OPEN && may_take_calls(conn) && !has_unhandled(conn);
}

static bool is_finished(const struct conn *conn)
{
    bool is_answered = !conn->open_calls && !out_waiting(conn);
    return conn->state == CONN_DRAINING && !has_unhandled(conn) &&
           (is_answered || conn->is_deserted);
}

/* Says to the loop what this connection waits for. What can go on without the peer, lines to handle
 * or the close, waits for "writable", which comes at once. */
static void update_poll(struct conn *conn)
{
    bool may_go_on = (has_unhandled(conn) && may_take_calls(conn)) || is_finished(conn);
    int events = may_read(conn) ? LOOP_READABLE : 0;
    if (out_waiting(conn) || may_go_on)
        events |= LOOP_WRITABLE;
    loop_poll_set(conn->poll, events);
}

static struct conn *find_conn(const struct control_server *server, uint64_t id)
{
    struct conn *conn = server->conns;
    while (conn && conn->id != id)
        conn = conn->next;
    return conn;
}

/* The peer that lets too much wait is dropped. */
static void after_append(struct conn *conn)
{
    if (conn->state == CONN_DOOMED)
        return;
    if (out_waiting(conn) > CONTROL_OUT_MAX_BYTES) {
        as_log_warn("a control client does not read its answers: dropped conn=%llu uid=%u",
                    (unsigned long long)conn->id, (unsigned)conn->uid);
        set_state(conn, CONN_DOOMED);
        return;
    }
    update_poll(conn);
}

/* ---- calls ---- */

static void server_release(struct control_server *server);

static void call_free(struct call *call)
{
    struct control_server *server = call->server;
    proto_message_done(&call->message);
    free(call);
    server->open_calls--;
    server_release(server);
}

/* The connection that still waits for this call, one call fewer; NULL when it has gone. */
static struct conn *call_settle(const struct call *call)
{
    struct conn *conn = find_conn(call->server, call->public.connection);
    if (!conn || conn->state == CONN_DOOMED)
        return NULL;
    AS_ASSERT(conn->open_calls > 0);
    conn->open_calls--;
    return conn;
}

void control_reply(struct control_call *public, struct as_json *result_take)
{
    struct call *call = (struct call *)public;
    struct conn *conn = call_settle(call);
    if (!conn) {
        as_json_free(result_take);
        call_free(call);
        return;
    }
    struct as_buf *out = &conn->out;
    size_t start = out->len;
    proto_write_result(out, call->message.id, result_take);
    size_t line_bytes = out->len - start;
    if (line_bytes > PROTO_LINE_MAX_BYTES) {
        struct as_err err = {0};
        as_err_set(&err, AS_ELIMIT,
                   "%s: the answer has %zu bytes, more than the %u of a line: ask for less, with "
                   "`limit` where there is one",
                   public->method->name, line_bytes, PROTO_LINE_MAX_BYTES);
        out->len = start;
        proto_write_error(&conn->out, call->message.id, &err);
    }
    after_append(conn);
    call_free(call);
}

void control_fail(struct control_call *public, const struct as_err *err)
{
    struct call *call = (struct call *)public;
    struct conn *conn = call_settle(call);
    if (conn) {
        proto_write_error(&conn->out, call->message.id, err);
        after_append(conn);
    }
    call_free(call);
}

void control_notify(struct control_server *server, uint64_t connection, const char *method,
                    struct as_json *params_take)
{
    struct conn *conn = find_conn(server, connection);
    if (!conn || conn->state != CONN_OPEN) {
        as_json_free(params_take);
        return;
    }
    proto_write_notice(&conn->out, method, params_take);
    after_append(conn);
}

static int check_role(const struct conn *conn, const struct proto_method *method,
                      struct as_err *err)
{
    if (conn->role > ROLE_NONE && conn->role >= (enum role)method->role + ROLE_OBSERVER)
        return 0;
    const char *needed = proto_role_name(method->role);
    if (conn->role == ROLE_NONE)
        return as_err_set(err, AS_EDENIED,
                          "uid %u has no role here, and %s needs %s: an administrator can grant "
                          "one under `roles` in the configuration",
                          (unsigned)conn->uid, method->name, needed);
    return as_err_set(
        err, AS_EDENIED, "uid %u is %s, and %s needs %s: see `roles` in the configuration",
        (unsigned)conn->uid, proto_role_name((enum proto_role)(conn->role - ROLE_OBSERVER)),
        method->name, needed);
}

/* Everything that can be wrong with a line before a handler sees it. */
static int check_call(const struct conn *conn, const struct proto_message *message,
                      const struct proto_method **ret_method, struct as_err *err)
{
    if (!message->method || !message->id)
        return as_err_set(err, AS_EUSAGE,
                          "a request needs \"method\" and \"id\": the daemon takes no "
                          "notifications and no responses");
    const struct proto_method *method = proto_find(message->method);
    if (!method) {
        const char *nearest = proto_nearest(message->method);
        return as_err_set(err, AS_EMETHOD,
                          nearest ? "unknown method '%.64s': did you mean '%s'?"
                                  : "unknown method '%.64s'",
                          message->method, nearest);
    }
    int rc = check_role(conn, method, err);
    if (!rc)
        rc = proto_check(method, message->params, err);
    if (!rc)
        *ret_method = method;
    return rc;
}

static const struct control_route *route_of(const struct control_server *server, const char *method)
{
    const struct control_route *route = server->options.routes;
    while (route->method && strcmp(route->method, method))
        route++;
    return route->method ? route : NULL;
}

static void handle_line(struct conn *conn, struct as_str line)
{
    struct proto_message message = {0};
    const struct proto_method *method = NULL;
    struct as_err err = {0};
    int rc = proto_parse(line, &message, &err);
    if (!rc)
        rc = check_call(conn, &message, &method, &err);
    if (rc) {
        proto_write_error(&conn->out, message.id, &err);
        proto_message_done(&message);
        return;
    }
    struct control_server *server = conn->server;
    struct call *call = as_xcalloc(1, sizeof(*call));
    *call = (struct call){.public = {.method = method,
                                     .params = message.params,
                                     .uid = conn->uid,
                                     .role = conn->role,
                                     .connection = conn->id},
                          .server = server,
                          .message = message};
    conn->open_calls++;
    server->open_calls++;
    route_of(server, method->name)->handler(server->options.app, &call->public);
}

/* ---- bytes ---- */

static void refuse_long_line(struct conn *conn)
{
    struct as_err err = {0};
    as_err_set(&err, AS_ELIMIT,
               "a line may have %u bytes: this one has more, so the connection ends",
               PROTO_LINE_MAX_BYTES);
    proto_write_error(&conn->out, NULL, &err);
    as_buf_done(&conn->in);
    conn->in_scanned = 0;
    if (conn->state == CONN_OPEN)
        set_state(conn, CONN_DRAINING);
}

/* The line that begins at start, without its newline. False: only a half one is there. */
static bool next_line(struct conn *conn, size_t start, struct as_str *ret_line)
{
    size_t left = conn->in.len - conn->in_scanned;
    const char *end = left ? memchr(conn->in.ptr + conn->in_scanned, '\n', left) : NULL;
    conn->in_scanned = end ? (size_t)(end - conn->in.ptr) + 1 : conn->in.len;
    if (end)
        *ret_line = (struct as_str){conn->in.ptr + start, conn->in_scanned - 1 - start};
    return end != NULL;
}

static void handle_lines(struct conn *conn)
{
    size_t start = 0;
    struct as_str line = {0};
    for (unsigned i = 0; i < LINES_PER_TURN && has_unhandled(conn) && may_take_calls(conn); i++) {
        bool is_whole = next_line(conn, start, &line);
        if ((is_whole ? line.len : conn->in.len - start) > PROTO_LINE_MAX_BYTES) {
            refuse_long_line(conn);
            return;
        }
        if (!is_whole)
            break;
        start = conn->in_scanned;
        if (line.len) /* an empty line is a person pressing Enter */
            handle_line(conn, line);
    }
    as_buf_consume(&conn->in, start);
    conn->in_scanned -= start;
    if (!conn->in.len && conn->in.cap > KEEP_BUFFER_BYTES)
        as_buf_done(&conn->in);
}

/* At the end of file: has the peer gone, or has it only sent all that it had to say? */
static bool is_deserted(const struct conn *conn)
{
    struct pollfd state = {.fd = conn->fd};
    return poll(&state, 1, 0) == 1 && state.revents & POLLHUP;
}

static void read_bytes(struct conn *conn)
{
    char *end = as_buf_reserve(&conn->in, READ_BYTES);
    ssize_t got = recv(conn->fd, end, READ_BYTES, MSG_DONTWAIT);
    if (got > 0) {
        conn->in.len += (size_t)got;
        conn->in.ptr[conn->in.len] = '\0';
        return;
    }
    if (got == 0) {
        conn->is_deserted = is_deserted(conn);
        set_state(conn, CONN_DRAINING);
    } else if (errno != EAGAIN && errno != EINTR) {
        set_state(conn, CONN_DOOMED);
    }
}

static void write_bytes(struct conn *conn)
{
    while (out_waiting(conn)) {
        ssize_t sent = send(conn->fd, conn->out.ptr + conn->out_sent, out_waiting(conn),
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            set_state(conn, CONN_DOOMED);
        if (sent < 0)
            break;
        conn->out_sent += (size_t)sent;
    }
    if (conn->out_sent > conn->out.len / 2) {
        as_buf_consume(&conn->out, conn->out_sent);
        conn->out_sent = 0;
    }
    if (!conn->out.len && conn->out.cap > KEEP_BUFFER_BYTES)
        as_buf_done(&conn->out);
}

static void conn_close(struct conn *conn)
{
    struct control_server *server = conn->server;
    struct conn **link = &server->conns;
    while (*link != conn)
        link = &(*link)->next;
    *link = conn->next;
    server->conn_count--;
    loop_poll_free(conn->poll);
    close(conn->fd);
    as_buf_done(&conn->in);
    as_buf_done(&conn->out);
    uint64_t id = conn->id;
    free(conn);
    if (server->options.on_closed)
        server->options.on_closed(server->options.app, id);
}

static void on_conn_event(void *ctx, int events)
{
    struct conn *conn = ctx;
    if (events & LOOP_READABLE && may_read(conn))
        read_bytes(conn);
    handle_lines(conn);
    if (conn->state != CONN_DOOMED)
        write_bytes(conn);
    if (conn->state == CONN_DOOMED || is_finished(conn))
        conn_close(conn);
    else
        update_poll(conn);
}

static void on_reap(void *ctx)
{
    struct control_server *server = ctx;
    struct conn *conn = server->conns;
    while (conn) {
        bool is_doomed = conn->state == CONN_DOOMED;
        if (is_doomed)
            conn_close(conn);
        conn = is_doomed ? server->conns : conn->next; /* on_closed may have changed the list */
    }
}

/* ---- accepting ---- */

static unsigned connections_of(const struct control_server *server, uid_t uid)
{
    unsigned count = 0;
    for (const struct conn *conn = server->conns; conn; conn = conn->next)
        count += conn->uid == uid;
    return count;
}

static int check_quota(const struct control_server *server, uid_t uid, struct as_err *err)
{
    if (server->conn_count >= CONTROL_CONNECTIONS_MAX)
        return as_err_set(err, AS_ELIMIT, "%u connections are open already: try again later",
                          CONTROL_CONNECTIONS_MAX);
    if (connections_of(server, uid) >= CONTROL_PER_UID_MAX)
        return as_err_set(err, AS_ELIMIT, "uid %u has %u connections open already", (unsigned)uid,
                          CONTROL_PER_UID_MAX);
    return 0;
}

/* One sentence, if the socket takes it, and good-bye. */
static void turn_away(int fd, const struct as_err *err)
{
    struct as_buf line = {0};
    proto_write_error(&line, NULL, err);
    ssize_t sent = send(fd, line.ptr, line.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)sent; /* he will see the connection close in any case */
    as_buf_done(&line);
    close(fd);
}

static void admit(struct control_server *server, int fd)
{
    struct as_err err = {0};
    uid_t uid = 0;
    enum role role = ROLE_NONE;
    struct loop_poll *poll = NULL;
    int rc = control_peer_role(fd, server->options.roles, server->options.role_count, &uid, &role);
    if (rc)
        as_err_set(&err, rc, "the system does not say who is calling");
    if (!rc)
        rc = check_quota(server, uid, &err);
    struct conn *conn = rc ? NULL : as_xcalloc(1, sizeof(*conn));
    if (!rc && (rc = loop_poll_new(server->loop, fd, on_conn_event, conn, &poll)))
        as_err_set(&err, rc, "the daemon cannot watch another connection");
    if (rc) {
        free(conn);
        turn_away(fd, &err);
        return;
    }
    *conn = (struct conn){.server = server,
                          .next = server->conns,
                          .id = ++server->last_id,
                          .fd = fd,
                          .poll = poll,
                          .uid = uid,
                          .role = role};
    server->conns = conn;
    server->conn_count++;
    update_poll(conn);
}

/* Out of descriptors the listening socket stays readable: without a pause that is a busy loop. */
static void pause_accepting(struct control_server *server)
{
    as_log_warn("cannot accept a control connection for now: %s", strerror(errno));
    loop_poll_set(server->poll, 0);
    loop_timer_start(server->accept_timer, ACCEPT_PAUSE_MS);
}

static void on_accept_again(void *ctx)
{
    struct control_server *server = ctx;
    loop_poll_set(server->poll, LOOP_READABLE);
}

static void on_accept(void *ctx, int events)
{
    struct control_server *server = ctx;
    (void)events;
    for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(server->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(server, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accepting(server);
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

/* ---- life ---- */

int control_server_new(struct loop *loop, const struct control_options *options,
                       struct control_server **ret_server, struct as_err *err)
{
    struct control_server *server = as_xcalloc(1, sizeof(*server));
    server->loop = loop;
    server->options = *options;
    for (const struct proto_method *method = proto_methods; method->name; method++)
        AS_ASSERT(route_of(server, method->name));
    int rc = control_socket_open(options->socket_path, &server->socket, err);
    if (rc) {
        free(server);
        return rc;
    }
    rc = loop_poll_new(loop, server->socket.fd, on_accept, server, &server->poll);
    if (rc) {
        control_socket_close(&server->socket);
        free(server);
        return as_err_set(err, rc, "cannot watch the control socket");
    }
    server->accept_timer = loop_timer_new(loop, on_accept_again, server);
    server->reap_timer = loop_timer_new(loop, on_reap, server);
    loop_poll_set(server->poll, LOOP_READABLE);
    *ret_server = server;
    return 0;
}

static void server_release(struct control_server *server)
{
    if (server->is_freed && !server->open_calls)
        free(server);
}

void control_server_free(struct control_server *server)
{
    if (!server)
        return;
    while (server->conns)
        conn_close(server->conns);
    loop_poll_free(server->poll);
    loop_timer_free(server->accept_timer);
    loop_timer_free(server->reap_timer);
    control_socket_close(&server->socket);
    server->is_freed = true;
    server_release(server);
}

size_t control_connection_count(const struct control_server *server)
{
    return server->conn_count;
}
