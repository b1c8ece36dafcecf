/* Connections of the control socket: lines to calls, answers to bytes, and who is next.
 *
 * What is read makes a connection ready; ready connections are handled by the turns timer, a few
 * lines at a time, one uid after the other and one connection of a uid after the other, and never
 * longer than TURN_MAX_NS before the loop sees to everything else for as long. control_reply and
 * control_notify only append and mark: the loop's own callbacks write and close, so on_closed never
 * fires inside a handler. A peer with CONTROL_CALLS_MAX calls open is not read until one is
 * answered. The server's memory lives until its last call is answered. */
#include "daemon/control/server.h"

#include "daemon/control/socket.h"
#include "daemon/control/turns.h"
#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINES_PER_SLICE 16            /* of one connection */
#define SLICE_MAX_BYTES (64u << 10)   /* of lines, but for the last */
#define TURN_MAX_NS UINT64_C(5000000) /* a line that is begun is finished */
#define NEXT_TURN_MS 5 /* so long at least the loop sees to all else: half of its time */
#define ACCEPTS_PER_TURN 16
#define ACCEPT_PAUSE_MS 500 /* after the process ran out of descriptors */

struct control_server {
    struct loop *loop;
    struct control_options options;
    struct control_socket socket;
    struct loop_poll *poll;
    struct loop_timer *accept_timer;
    struct loop_timer *turns_timer; /* handles the ready */
    struct loop_timer *reap_timer;  /* closes the doomed on the next turn */
    struct conn *conns;
    struct control_users users;
    uint64_t last_id;
    size_t open_calls; /* of connections that are gone too */
    bool is_freed;
};

/* What a handler gets, and what it takes to answer it. */
struct call {
    struct control_call public; /* first: handlers hand this back */
    struct control_server *server;
    struct control_user *user;
    struct as_json *id, *params;
    size_t line_bytes;
};

/* ---- states, and what they wait for ---- */

static void set_state(struct conn *conn, enum conn_state state)
{
    static const char *const names[] = {"open", "draining", "doomed"};
    AS_ASSERT(state > conn->state); /* it only ever goes forward */
    as_log_debug("connection %s conn=%llu uid=%u", names[state], (unsigned long long)conn->id,
                 (unsigned)conn->user->uid);
    conn->state = state;
    if (state == CONN_DOOMED)
        loop_timer_start(conn->server->reap_timer, 0);
}

static void hold(struct conn *conn, size_t bytes)
{
    control_user_hold(&conn->server->users, conn->user, conn->held_bytes, bytes);
    conn->held_bytes = bytes;
}

/* Of a doomed one nothing is counted: its buffers go on the next turn. */
static void doom(struct conn *conn, const char *why)
{
    if (why)
        as_log_warn("a control client %s: dropped conn=%llu uid=%u", why,
                    (unsigned long long)conn->id, (unsigned)conn->user->uid);
    set_state(conn, CONN_DOOMED);
    hold(conn, 0);
}

/* Whoever holds most, of this uid if that is the one that holds too much. */
static struct conn *largest_holder(const struct control_server *server,
                                   const struct control_user *user)
{
    bool is_of_all = user->held_bytes <= CONTROL_HELD_PER_UID_MAX_BYTES;
    struct conn *largest = NULL;
    for (struct conn *conn = server->conns; conn; conn = conn->next)
        if ((is_of_all || conn->user == user) &&
            (!largest || conn->held_bytes > largest->held_bytes))
            largest = conn;
    return largest;
}

/* After its buffers have grown or shrunk. What it keeps in memory has a bound for each uid and for
 * all: who holds most is dropped, and the others do not notice. */
static void account(struct conn *conn)
{
    struct control_server *server = conn->server;
    if (conn->state == CONN_DOOMED)
        return;
    hold(conn, conn_holds(conn));
    if (conn_out_waiting(conn) > CONTROL_OUT_MAX_BYTES)
        doom(conn, "does not read its answers");
    while (control_user_holds_too_much(&server->users, conn->user))
        doom(largest_holder(server, conn->user), "holds most of too much memory");
}

static void want_turns(struct control_server *server)
{
    if (!loop_timer_is_active(server->turns_timer))
        loop_timer_start(server->turns_timer, 0);
}

/* Says to the loop and to the turns what this connection waits for. One that is finished waits for
 * "writable", which comes at once. */
static void update(struct conn *conn)
{
    int events = conn_may_read(conn) ? LOOP_READABLE : 0;
    if (conn_out_waiting(conn) || conn_is_finished(conn))
        events |= LOOP_WRITABLE;
    loop_poll_set(conn->poll, events);
    turns_enter(conn);
    if (conn->is_ready && control_user_may_call(conn->user))
        want_turns(conn->server);
}

static struct conn *find_conn(const struct control_server *server, uint64_t id)
{
    struct conn *conn = server->conns;
    while (conn && conn->id != id)
        conn = conn->next;
    return conn;
}

static void after_append(struct conn *conn)
{
    account(conn);
    if (conn->state != CONN_DOOMED)
        update(conn);
}

/* ---- calls ---- */

static void server_release(struct control_server *server);

static struct call *call_new(struct conn *conn, const struct proto_method *method,
                             const struct proto_message *message, size_t line_bytes)
{
    struct call *call = as_xcalloc(1, sizeof(*call));
    /* only what the handler needs outlives the line: a peer may have added what it liked */
    *call = (struct call){.server = conn->server,
                          .user = conn->user,
                          .id = as_json_share(message->id),
                          .params = as_json_share(message->params),
                          .line_bytes = line_bytes};
    call->public = (struct control_call){.method = method,
                                         .params = call->params,
                                         .uid = conn->user->uid,
                                         .role = conn->role,
                                         .connection = conn->id};
    conn->open_calls++;
    conn->server->open_calls++;
    control_user_begin_call(conn->user, line_bytes);
    return call;
}

static void call_free(struct call *call)
{
    struct control_server *server = call->server;
    bool was_full = !control_user_may_call(call->user);
    control_user_end_call(&server->users, call->user, call->line_bytes);
    as_json_free(call->id);
    as_json_free(call->params);
    free(call);
    server->open_calls--;
    if (was_full && !server->is_freed)
        want_turns(server);
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
    proto_write_result(out, call->id, result_take);
    size_t line_bytes = out->len - start;
    if (line_bytes > PROTO_LINE_MAX_BYTES) {
        struct as_err err = {0};
        as_err_set(&err, AS_ELIMIT,
                   "%s: the answer has %zu bytes, more than the %u of a line: ask for less, with "
                   "`limit` where there is one",
                   public->method->name, line_bytes, PROTO_LINE_MAX_BYTES);
        out->len = start;
        proto_write_error(&conn->out, call->id, &err);
    }
    after_append(conn);
    call_free(call);
}

void control_fail(struct control_call *public, const struct as_err *err)
{
    struct call *call = (struct call *)public;
    struct conn *conn = call_settle(call);
    if (conn) {
        proto_write_error(&conn->out, call->id, err);
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
                          (unsigned)conn->user->uid, method->name, needed);
    return as_err_set(
        err, AS_EDENIED, "uid %u is %s, and %s needs %s: see `roles` in the configuration",
        (unsigned)conn->user->uid, proto_role_name((enum proto_role)(conn->role - ROLE_OBSERVER)),
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
    if (rc)
        proto_write_error(&conn->out, message.id, &err);
    struct call *call = rc ? NULL : call_new(conn, method, &message, line.len);
    proto_message_done(&message);
    if (call)
        route_of(conn->server, method->name)->handler(conn->server->options.app, &call->public);
}

static void refuse_long_line(struct conn *conn)
{
    struct as_err err = {0};
    as_err_set(&err, AS_ELIMIT,
               "a line may have %u bytes: this one has more, so the connection ends",
               PROTO_LINE_MAX_BYTES);
    proto_write_error(&conn->out, NULL, &err);
    as_buf_done(&conn->in);
    conn->in_lines = 0;
    if (conn->state == CONN_OPEN)
        set_state(conn, CONN_DRAINING);
}

static void handle_slice(struct conn *conn)
{
    size_t start = 0;
    struct as_str line = {0};
    for (unsigned i = 0; i < LINES_PER_SLICE && start < SLICE_MAX_BYTES; i++) {
        if (!conn_may_take_calls(conn) || !control_user_may_call(conn->user) ||
            !conn_next_line(conn, start, &line))
            break;
        if (line.len > PROTO_LINE_MAX_BYTES) {
            refuse_long_line(conn);
            return;
        }
        start += line.len + 1;
        if (line.len) /* an empty line is a person pressing Enter */
            handle_line(conn, line);
    }
    conn_consume(conn, start);
}

/* ---- turns ---- */

static void conn_close(struct conn *conn)
{
    struct control_server *server = conn->server;
    struct conn **link = &server->conns;
    while (*link != conn)
        link = &(*link)->next;
    *link = conn->next;
    turns_leave(conn);
    hold(conn, 0);
    control_user_leave(&server->users, conn->user, conn->role);
    loop_poll_free(conn->poll);
    close(conn->fd);
    as_buf_done(&conn->in);
    as_buf_done(&conn->out);
    uint64_t id = conn->id;
    free(conn);
    if (server->options.on_closed)
        server->options.on_closed(server->options.app, id);
}

/* After bytes came in or went out, or lines were handled: outside every handler. */
static void settle(struct conn *conn)
{
    if (conn->state != CONN_DOOMED && conn_write(conn) == CONN_IO_FAILED)
        doom(conn, NULL);
    account(conn);
    if (conn->state == CONN_DOOMED || conn_is_finished(conn))
        conn_close(conn);
    else
        update(conn);
}

static void on_turns(void *ctx)
{
    struct control_server *server = ctx;
    uint64_t began_ns = clock_now_ns();
    struct conn *conn;
    while ((conn = turns_next(&server->users))) {
        if (conn->state != CONN_DOOMED)
            handle_slice(conn);
        settle(conn);
        if (clock_now_ns() - began_ns > TURN_MAX_NS) {
            loop_timer_start(server->turns_timer, NEXT_TURN_MS);
            return;
        }
    }
}

static void on_conn_event(void *ctx, int events)
{
    struct conn *conn = ctx;
    enum conn_io got = CONN_IO_OK;
    if (events & LOOP_READABLE && conn_may_read(conn))
        got = conn_read(conn);
    if (!conn->in_lines && conn->in.len > PROTO_LINE_MAX_BYTES)
        refuse_long_line(conn);
    if (got == CONN_IO_END)
        set_state(conn, CONN_DRAINING);
    if (got == CONN_IO_FAILED)
        doom(conn, NULL);
    settle(conn);
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
    struct control_user *user = NULL;
    struct conn *conn = as_xcalloc(1, sizeof(*conn));
    struct loop_poll *poll = NULL;
    int rc = control_peer_role(fd, server->options.roles, server->options.role_count, &uid, &role);
    if (rc)
        as_err_set(&err, rc, "the system does not say who is calling");
    if (!rc)
        rc = control_user_enter(&server->users, uid, role, &user, &err);
    if (!rc && (rc = loop_poll_new(server->loop, fd, on_conn_event, conn, &poll)))
        as_err_set(&err, rc, "the daemon cannot watch another connection");
    if (rc) {
        if (user)
            control_user_leave(&server->users, user, role);
        free(conn);
        turn_away(fd, &err);
        return;
    }
    *conn = (struct conn){.server = server,
                          .next = server->conns,
                          .user = user,
                          .id = ++server->last_id,
                          .fd = fd,
                          .poll = poll,
                          .role = role};
    server->conns = conn;
    update(conn);
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
    for (const struct proto_method *method = NULL; (method = proto_next(method));)
        AS_ASSERT(route_of(server, method->name));
    int rc = options->listen_fd ? control_socket_adopt(options->listen_fd, &server->socket, err)
                                : control_socket_open(options->socket_path, &server->socket, err);
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
    server->turns_timer = loop_timer_new(loop, on_turns, server);
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
    loop_timer_free(server->turns_timer);
    loop_timer_free(server->reap_timer);
    control_socket_close(&server->socket);
    server->is_freed = true;
    server_release(server);
}

/* A peer that cannot be asked any more has none. */
static enum role role_now(const struct conn *conn)
{
    const struct control_options *options = &conn->server->options;
    enum role role = ROLE_NONE;
    uid_t uid;
    return control_peer_role(conn->fd, options->roles, options->role_count, &uid, &role) ? ROLE_NONE
                                                                                         : role;
}

void control_server_set_roles(struct control_server *server, const struct role_rule *roles,
                              size_t role_count)
{
    server->options.roles = roles;
    server->options.role_count = role_count;
    for (struct conn *conn = server->conns; conn; conn = conn->next) {
        enum role role = conn->state == CONN_DOOMED ? conn->role : role_now(conn);
        bool is_less = role < conn->role;
        control_user_change(&server->users, conn->role, role);
        conn->role = role;
        if (is_less && conn->state == CONN_OPEN)
            set_state(conn, CONN_DRAINING);
        if (is_less)
            update(conn);
    }
}

const char *control_server_path(const struct control_server *server)
{
    return server->socket.path;
}

size_t control_connection_count(const struct control_server *server)
{
    return server->users.connections;
}
