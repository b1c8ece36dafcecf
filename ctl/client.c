/* A blocking client of the control socket. SIGINT is blocked but for the moment of waiting (ppoll),
 * so that it is noticed there and nowhere else. */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES 65536u
#define RECONNECT_PAUSE_MS 200

struct client {
    int fd;
    char *path;
    int64_t last_id;
    struct as_buf in;
    size_t in_scanned;
    client_notice_fn on_notice; /* during calls; NULL = dropped */
    void *notice_ctx;
    sigset_t wait_mask; /* what is blocked while we wait: all but SIGINT */
};

static volatile sig_atomic_t was_interrupted;

static void on_interrupt(int signum)
{
    (void)signum;
    was_interrupted = 1;
}

static void catch_interrupts(struct client *client)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &client->wait_mask);
    sigdelset(&client->wait_mask, SIGINT);
    sigaction(SIGINT, &action, NULL);
}

uint64_t client_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int connect_failed(const char *path, int why, struct as_err *err)
{
    if (why == ENOENT || why == ECONNREFUSED)
        return as_err_set(err, AS_ECONN,
                          "assayd is not running at %s: start it with `assayd --config FILE`, or "
                          "name its socket with --socket or $ASSAY_SOCKET",
                          path);
    if (why == EACCES || why == EPERM)
        return as_err_set(err, AS_EDENIED,
                          "uid %u may not reach %s: the modes of the socket or its folder say no",
                          (unsigned)getuid(), path);
    return as_err_set(err, AS_ECONN, "cannot connect to %s: %s", path, strerror(why));
}

static int connect_to(const char *path, int *ret_fd, struct as_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return as_err_set(err, AS_EUSAGE, "the socket path %s is too long", path);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return connect_failed(path, why, err);
    }
    *ret_fd = fd;
    return 0;
}

int client_open(const char *socket_path, struct client **ret_client, struct as_err *err)
{
    int fd = -1;
    int rc = connect_to(socket_path, &fd, err);
    if (rc)
        return rc;
    struct client *client = as_xcalloc(1, sizeof(*client));
    client->fd = fd;
    client->path = as_xstrdup(socket_path);
    catch_interrupts(client);
    *ret_client = client;
    return 0;
}

int client_reopen(struct client *client, uint64_t deadline_ms, struct as_err *err)
{
    const struct timespec pause = {.tv_nsec = RECONNECT_PAUSE_MS * 1000000L};
    int fd = -1, rc;
    as_buf_reset(&client->in);
    client->in_scanned = 0;
    while ((rc = connect_to(client->path, &fd, err)) == AS_ECONN && client_now_ms() < deadline_ms) {
        (void)ppoll(NULL, 0, &pause, &client->wait_mask);
        if (was_interrupted)
            return as_err_set(err, AS_ECANCELED, "interrupted");
    }
    if (rc)
        return rc;
    close(client->fd);
    client->fd = fd;
    return 0;
}

void client_close(struct client *client)
{
    if (!client)
        return;
    close(client->fd);
    as_buf_done(&client->in);
    free(client->path);
    free(client);
}

static int connection_lost(const struct client *client, struct as_err *err)
{
    return as_err_set(err, AS_ECONN, "assayd at %s closed the connection", client->path);
}

/* Until the socket can be read or written, the deadline passes, or the user interrupts. */
static int wait_socket(struct client *client, short events, uint64_t deadline_ms,
                       struct as_err *err)
{
    struct pollfd watched = {.fd = client->fd, .events = events};
    for (;;) {
        uint64_t now = client_now_ms();
        if (deadline_ms && now >= deadline_ms)
            return as_err_set(err, AS_ETIMEOUT, "the time is over");
        uint64_t left = deadline_ms ? deadline_ms - now : 0;
        struct timespec timeout = {(time_t)(left / 1000), (long)(left % 1000) * 1000000};
        int ready = ppoll(&watched, 1, deadline_ms ? &timeout : NULL, &client->wait_mask);
        if (was_interrupted)
            return as_err_set(err, AS_ECANCELED, "interrupted");
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return as_err_set(err, AS_EIO, "cannot wait for assayd: %s", strerror(errno));
    }
}

static int read_more(struct client *client, uint64_t deadline_ms, struct as_err *err)
{
    if (client->in.len > PROTO_LINE_MAX_BYTES + READ_BYTES)
        return as_err_set(err, AS_EPROTO, "assayd sent a line without end");
    int rc = wait_socket(client, POLLIN, deadline_ms, err);
    if (rc)
        return rc;
    char *end = as_buf_reserve(&client->in, READ_BYTES);
    ssize_t got = recv(client->fd, end, READ_BYTES, 0);
    if (got < 0 && errno == EINTR)
        return 0;
    if (got <= 0)
        return connection_lost(client, err);
    client->in.len += (size_t)got;
    end[got] = '\0';
    return 0;
}

static int next_message(struct client *client, uint64_t deadline_ms,
                        struct proto_message *ret_message, struct as_err *err)
{
    const char *end = NULL;
    for (;;) {
        size_t left = client->in.len - client->in_scanned;
        end = left ? memchr(client->in.ptr + client->in_scanned, '\n', left) : NULL;
        if (end)
            break;
        client->in_scanned = client->in.len;
        int rc = read_more(client, deadline_ms, err);
        if (rc)
            return rc;
    }
    size_t len = (size_t)(end - client->in.ptr);
    int rc = proto_parse((struct as_str){client->in.ptr, len}, ret_message, err);
    as_buf_consume(&client->in, len + 1);
    client->in_scanned = 0;
    if (rc)
        as_err_prefix(err, "assayd at %s sent what is no message", client->path);
    return rc ? AS_EPROTO : 0;
}

/* A write that fails may have left a reply that says why: that is for the reader to find. */
static int send_all(struct client *client, struct as_str line, struct as_err *err)
{
    while (line.len) {
        ssize_t sent = send(client->fd, line.ptr, line.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            line.ptr += sent;
            line.len -= (size_t)sent;
        } else if (errno == EAGAIN) {
            int rc = wait_socket(client, POLLOUT, 0, err);
            if (rc)
                return rc;
        } else if (errno != EINTR) {
            return 0;
        }
    }
    return 0;
}

/* A line that is refused before its id is read is answered with a null id. */
static bool is_answer(const struct proto_message *message, int64_t id)
{
    bool is_for_all = !message->id && message->error;
    return message->root && !message->method && (is_for_all || as_json_int(message->id, -1) == id);
}

static bool is_notice(const struct proto_message *message)
{
    return message->method && !message->id;
}

void client_on_notice(struct client *client, client_notice_fn fn, void *ctx)
{
    client->on_notice = fn;
    client->notice_ctx = ctx;
}

int client_call(struct client *client, const char *method, struct as_json *params_take,
                struct as_json **ret_result, struct as_err *err)
{
    struct proto_message message = {0};
    struct as_buf line = {0};
    int64_t id = ++client->last_id;
    proto_write_request(&line, id, method, params_take);
    int rc = send_all(client, as_buf_str(&line), err);
    as_buf_done(&line);
    while (!rc && !is_answer(&message, id)) {
        if (message.root && is_notice(&message) && client->on_notice)
            client->on_notice(client->notice_ctx, &message);
        proto_message_done(&message);
        rc = next_message(client, 0, &message, err);
    }
    if (rc)
        return rc;
    rc = message.error ? proto_error_of(&message, err) : 0;
    if (!rc)
        *ret_result = as_json_share(message.result);
    proto_message_done(&message);
    return rc;
}

int client_next_notice(struct client *client, uint64_t deadline_ms,
                       struct proto_message *ret_message, struct as_err *err)
{
    for (;;) {
        struct proto_message message = {0};
        int rc = next_message(client, deadline_ms, &message, err);
        if (rc)
            return rc;
        if (is_notice(&message)) {
            *ret_message = message;
            return 0;
        }
        proto_message_done(&message);
    }
}
