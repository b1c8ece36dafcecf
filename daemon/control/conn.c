/* Reading and writing without waiting. What is read lands in a buffer on the stack first, so that a
 * connection holds no more memory than it has unhandled bytes. */
#include "daemon/control/conn.h"

#include "daemon/control/server.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define READ_BYTES (64u << 10)
#define KEEP_BUFFER_BYTES (8u << 10) /* an emptied buffer that is larger is given back */

size_t conn_out_waiting(const struct conn *conn)
{
    return conn->out.len - conn->out_sent;
}

size_t conn_holds(const struct conn *conn)
{
    return conn->in.cap + conn->out.cap;
}

bool conn_has_unhandled(const struct conn *conn)
{
    return conn->in_lines > 0;
}

bool conn_may_take_calls(const struct conn *conn)
{
    return conn->state != CONN_DOOMED && conn->open_calls < CONTROL_CALLS_MAX;
}

bool conn_may_read(const struct conn *conn)
{
    return conn->state == CONN_OPEN && conn_may_take_calls(conn) && !conn_has_unhandled(conn);
}

bool conn_is_finished(const struct conn *conn)
{
    bool is_answered = !conn->open_calls && !conn_out_waiting(conn);
    return conn->state == CONN_DRAINING && !conn_has_unhandled(conn) &&
           (is_answered || conn->is_deserted);
}

/* At the end of file: has the peer gone, or has it only sent all that it had to say? */
static bool is_deserted(const struct conn *conn)
{
    struct pollfd state = {.fd = conn->fd};
    return poll(&state, 1, 0) == 1 && state.revents & POLLHUP;
}

enum conn_io conn_read(struct conn *conn)
{
    char bytes[READ_BYTES];
    ssize_t got = recv(conn->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0) {
        const char *last = memrchr(bytes, '\n', (size_t)got);
        if (last)
            conn->in_lines = conn->in.len + (size_t)(last - bytes) + 1;
        as_buf_add(&conn->in, bytes, (size_t)got);
        return CONN_IO_OK;
    }
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? CONN_IO_OK : CONN_IO_FAILED;
    conn->is_deserted = is_deserted(conn);
    return CONN_IO_END;
}

static void give_back(struct as_buf *buf)
{
    if (!buf->len && buf->cap > KEEP_BUFFER_BYTES)
        as_buf_done(buf);
}

enum conn_io conn_write(struct conn *conn)
{
    enum conn_io result = CONN_IO_OK;
    while (conn_out_waiting(conn)) {
        ssize_t sent = send(conn->fd, conn->out.ptr + conn->out_sent, conn_out_waiting(conn),
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            result = CONN_IO_FAILED;
        if (sent < 0)
            break;
        conn->out_sent += (size_t)sent;
    }
    if (conn->out_sent > conn->out.len / 2) {
        as_buf_consume(&conn->out, conn->out_sent);
        conn->out_sent = 0;
    }
    give_back(&conn->out);
    return result;
}

bool conn_next_line(const struct conn *conn, size_t start, struct as_str *ret_line)
{
    if (start >= conn->in_lines)
        return false;
    const char *line = conn->in.ptr + start;
    const char *end = memchr(line, '\n', conn->in_lines - start);
    *ret_line = (struct as_str){line, (size_t)(end - line)};
    return true;
}

void conn_consume(struct conn *conn, size_t start)
{
    as_buf_consume(&conn->in, start);
    conn->in_lines -= start;
    give_back(&conn->in);
}
