/* Toy handlers, the server that has them, and a client. */
#include "tests/unit/control_toy.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void on_status(void *app, struct control_call *call)
{
    struct toy *toy = app;
    toy->status_calls++;
    struct as_json *result = as_json_object();
    as_json_set_int(result, "calls", (int64_t)toy->status_calls);
    control_reply(call, result);
}

static void on_park(void *app, struct control_call *call)
{
    struct toy *toy = app;
    assert_true(toy->parked_count < TOY_PARKED_MAX);
    toy->parked[toy->parked_count++] = call;
}

static void on_watch(void *app, struct control_call *call)
{
    struct toy *toy = app;
    toy->watcher = call->connection;
    toy->calls_before_watch = toy->status_calls;
    toy->is_in_handler = true;
    control_reply(call, as_json_object());
    toy->is_in_handler = false;
}

/* An answer of more than a line; and, by a thousand notices, more than a peer may let wait. */
static struct as_json *long_text(size_t bytes)
{
    char *text = as_xmalloc(bytes + 1);
    memset(text, 'x', bytes);
    text[bytes] = '\0';
    struct as_json *result = as_json_object();
    as_json_set_str(result, "text", text);
    free(text);
    return result;
}

static void on_row(void *app, struct control_call *call)
{
    (void)app;
    control_reply(call, long_text(2u << 20));
}

static void on_flood_back(void *app, struct control_call *call)
{
    struct toy *toy = app;
    toy->is_in_handler = true;
    for (unsigned i = 0; i < 100; i++)
        control_notify(toy->server, call->connection, "run.progress", long_text(200u << 10));
    control_reply(call, as_json_object());
    toy->is_in_handler = false;
}

static void on_other(void *app, struct control_call *call)
{
    (void)app;
    struct as_err err = {0};
    as_err_set(&err, AS_ENOENT, "there is no such toy");
    control_fail(call, &err);
}

static void on_closed(void *app, uint64_t connection)
{
    struct toy *toy = app;
    assert_false(toy->is_in_handler);
    toy->closed_count++;
    toy->closed_id = connection;
}

static control_handler_fn handler_of(const char *method)
{
    static const struct control_route toys[] = {
        {"daemon.status", on_status}, {"run.show", on_park},       {"run.watch", on_watch},
        {"row.show", on_row},         {"row.list", on_flood_back},
    };
    for (size_t i = 0; i < AS_COUNT(toys); i++)
        if (!strcmp(toys[i].method, method))
            return toys[i].handler;
    return on_other;
}

int toy_try_start(struct toy *toy, struct control_server **ret_server, struct as_err *err)
{
    struct control_options options = {.socket_path = toy->path,
                                      .roles = toy->rules,
                                      .role_count = toy->rule_count,
                                      .routes = toy->routes,
                                      .app = toy,
                                      .on_closed = on_closed};
    return control_server_new(toy->loop, &options, ret_server, err);
}

static void on_watchdog(void *ctx)
{
    struct toy *toy = ctx;
    loop_timer_start(toy->watchdog, 50);
}

static void toy_init(struct toy *toy)
{
    *toy = (struct toy){.rules = {{ROLE_ADMIN, false, getuid()}}, .rule_count = 1};
    strcpy(toy->dir, "/tmp/assay-control-XXXXXX");
    assert_non_null(mkdtemp(toy->dir));
    snprintf(toy->path, sizeof(toy->path), "%s/sock", toy->dir);
    size_t count = 0;
    for (const struct proto_method *method = NULL; (method = proto_next(method));) {
        assert_true(count + 1 < TOY_ROUTES_MAX);
        toy->routes[count++] = (struct control_route){method->name, handler_of(method->name)};
    }
    assert_int_equal(loop_new(&toy->loop), 0);
    toy->watchdog = loop_timer_new(toy->loop, on_watchdog, toy);
    loop_timer_start(toy->watchdog, 50);
}

void toy_start(struct toy *toy)
{
    struct as_err err = {0};
    if (toy_try_start(toy, &toy->server, &err))
        fail_msg("%s", err.msg);
}

int toy_setup(void **state)
{
    struct toy *toy = as_xcalloc(1, sizeof(*toy));
    toy_init(toy);
    *state = toy;
    return 0;
}

int toy_teardown(void **state)
{
    struct toy *toy = *state;
    char lock[128];
    control_server_free(toy->server);
    loop_timer_free(toy->watchdog);
    loop_free(toy->loop);
    snprintf(lock, sizeof(lock), "%s.lock", toy->path);
    unlink(lock);
    unlink(toy->path);
    assert_int_equal(rmdir(toy->dir), 0);
    free(toy);
    return 0;
}

/* ---- a client ---- */

int client_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    return fd;
}

void client_connect(const struct toy *toy, int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, toy->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

struct client client_new(const struct toy *toy)
{
    struct client client = {.fd = client_socket()};
    client_connect(toy, client.fd);
    return client;
}

void client_done(struct client *client)
{
    close(client->fd);
    as_buf_done(&client->in);
}

/* Sends it all, turning the loop while the socket is full; false when the server has closed. */
bool client_send(struct toy *toy, struct client *client, const char *data, size_t len)
{
    while (len) {
        ssize_t sent = send(client->fd, data, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent < 0) {
            loop_turn(toy->loop);
            continue;
        }
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

void client_say(struct toy *toy, struct client *client, const char *text)
{
    assert_true(client_send(toy, client, text, strlen(text)));
}

static void client_receive(struct client *client)
{
    char *end = as_buf_reserve(&client->in, 65536);
    ssize_t got = recv(client->fd, end, 65536, 0);
    client->is_at_end = got == 0 || (got < 0 && errno != EAGAIN);
    if (got > 0)
        client->in.len += (size_t)got;
}

/* The next line's message; fails the test when the server closes first. */
struct proto_message client_next(struct toy *toy, struct client *client)
{
    struct proto_message message;
    const char *end;
    while (!client->in.len || !(end = memchr(client->in.ptr, '\n', client->in.len))) {
        assert_false(client->is_at_end);
        client_receive(client);
        if (!client->in.len || !memchr(client->in.ptr, '\n', client->in.len))
            loop_turn(toy->loop);
    }
    size_t len = (size_t)(end - client->in.ptr) + 1;
    assert_int_equal(proto_parse((struct as_str){client->in.ptr, len}, &message, NULL), 0);
    as_buf_consume(&client->in, len);
    return message;
}

void expect_result(struct toy *toy, struct client *client, int64_t id)
{
    struct proto_message message = client_next(toy, client);
    assert_null(message.error);
    assert_int_equal(as_json_int(message.id, -1), id);
    proto_message_done(&message);
}

/* The next line is an error of this code, and its sentence holds the fragment. */
void expect_error(struct toy *toy, struct client *client, int code, const char *fragment)
{
    struct proto_message message = client_next(toy, client);
    struct as_err err = {0};
    assert_non_null(message.error);
    assert_int_equal(proto_error_of(&message, &err), code);
    if (!strstr(err.msg, fragment))
        fail_msg("'%s' does not hold '%s'", err.msg, fragment);
    proto_message_done(&message);
}

void expect_end(struct toy *toy, struct client *client)
{
    while (!client->is_at_end) {
        client_receive(client);
        if (!client->is_at_end)
            loop_turn(toy->loop);
    }
}

void toy_turn_until_parked(struct toy *toy, size_t count)
{
    while (toy->parked_count < count)
        loop_turn(toy->loop);
}

void toy_answer_parked(struct toy *toy)
{
    for (size_t i = 0; i < toy->parked_count; i++)
        control_reply(toy->parked[i], as_json_object());
    toy->parked_count = 0;
}
