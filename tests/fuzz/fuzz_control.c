/* Bytes of any user of the machine through the real connection code: a real socket, the server's
 * own lines, quotas and answers, and handlers that answer at once. Whatever comes, each answer is
 * one message on a line of permitted length, and the connection ends when the peer has sent all. */
#include "tests/fuzz/fuzz.h"

#include "daemon/control/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ROUTES_MAX 128

static struct stand {
    struct loop *loop;
    struct control_server *server;
    char dir[32];
    struct sockaddr_un address;
    struct control_route routes[ROUTES_MAX];
    struct role_rule rule;
} stand; /* libFuzzer has no place to hand it through */

static void on_call(void *app, struct control_call *call)
{
    (void)app;
    struct as_json *result = as_json_object();
    as_json_set_take(result, "params", as_json_share((struct as_json *)(uintptr_t)call->params));
    control_reply(call, result);
}

static void stand_end(void)
{
    char lock[160];
    control_server_free(stand.server);
    loop_free(stand.loop);
    snprintf(lock, sizeof(lock), "%s.lock", stand.address.sun_path);
    unlink(lock);
    rmdir(stand.dir);
}

static void stand_begin(void)
{
    struct as_err err = {0};
    size_t count = 0;
    strcpy(stand.dir, "/tmp/fuzz-control-XXXXXX");
    AS_ASSERT(mkdtemp(stand.dir));
    stand.address.sun_family = AF_UNIX;
    snprintf(stand.address.sun_path, sizeof(stand.address.sun_path), "%s/sock", stand.dir);
    for (const struct proto_method *method = NULL; (method = proto_next(method));) {
        AS_ASSERT(count + 1 < ROUTES_MAX);
        stand.routes[count++] = (struct control_route){method->name, on_call};
    }
    stand.rule = (struct role_rule){ROLE_ADMIN, false, getuid()};
    AS_ASSERT(!loop_new(&stand.loop));
    struct control_options options = {.socket_path = stand.address.sun_path,
                                      .roles = &stand.rule,
                                      .role_count = 1,
                                      .routes = stand.routes};
    AS_ASSERT(!control_server_new(stand.loop, &options, &stand.server, &err));
    atexit(stand_end);
}

static void check_answers(const struct as_buf *got)
{
    size_t at = 0;
    while (at < got->len) {
        const char *line = got->ptr + at, *end = memchr(line, '\n', got->len - at);
        struct proto_message message = {0};
        AS_ASSERT(end);
        size_t len = (size_t)(end - line);
        AS_ASSERT(len <= PROTO_LINE_MAX_BYTES);
        AS_ASSERT(!proto_parse((struct as_str){line, len}, &message, NULL) && !message.method);
        proto_message_done(&message);
        at += len + 1;
    }
}

/* False: the server has closed, and nothing more comes. */
static bool receive(int fd, struct as_buf *got)
{
    char *end = as_buf_reserve(got, 65536);
    ssize_t count = recv(fd, end, 65536, MSG_DONTWAIT);
    if (count > 0)
        got->len += (size_t)count;
    else if (count == 0 || errno != EAGAIN)
        return false;
    else
        loop_turn(stand.loop);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct as_buf got = {0};
    if (!stand.loop)
        stand_begin();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    AS_ASSERT(fd >= 0 && !connect(fd, (struct sockaddr *)&stand.address, sizeof(stand.address)));
    size_t sent = 0, half = len / 2;
    bool is_open = true;
    while (is_open && sent < len) { /* in two parts at least */
        size_t part = sent < half ? half - sent : len - sent;
        ssize_t count = send(fd, data + sent, part, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN)
            break; /* closed after a line that was too long: its answer is there */
        sent += count > 0 ? (size_t)count : 0;
        is_open = receive(fd, &got);
    }
    shutdown(fd, SHUT_WR);
    while (is_open)
        is_open = receive(fd, &got);
    check_answers(&got);
    AS_ASSERT(!control_connection_count(stand.server));
    close(fd);
    as_buf_done(&got);
    return 0;
}
