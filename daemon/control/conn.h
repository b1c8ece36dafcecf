/* One connection of the control socket: bytes in and out, and the lines in them. It knows neither
 * calls nor quotas; server.c, its only user, changes the state and closes it. */
#ifndef DAEMON_CONTROL_CONN_H
#define DAEMON_CONTROL_CONN_H

#include "daemon/config/config.h"
#include "daemon/control/users.h"
#include "daemon/core/loop.h"
#include "lib/buf.h"

/* OPEN while it is read; DRAINING when no more is read (end of file, or a line that is too long)
 * and what is open is still answered, unless the peer has gone; DOOMED when it is closed on the
 * next turn. */
enum conn_state { CONN_OPEN, CONN_DRAINING, CONN_DOOMED };

struct conn {
    struct control_server *server;
    struct conn *next;
    struct control_user *user;
    struct conn *next_ready; /* of the user */
    bool is_ready;           /* waits for its turn in the user's list */
    uint64_t id;
    int fd;
    struct loop_poll *poll;
    enum conn_state state;
    enum role role;
    unsigned open_calls;
    bool is_deserted; /* the peer has closed for both ways: nobody waits for an answer */
    struct as_buf in;
    size_t in_lines; /* bytes of in that are whole lines, newlines included */
    struct as_buf out;
    size_t out_sent;   /* bytes of out that are written */
    size_t held_bytes; /* as the user's account has it */
};

size_t conn_out_waiting(const struct conn *conn);
size_t conn_holds(const struct conn *conn); /* memory of its buffers */
/* Whole lines are there. */
bool conn_has_unhandled(const struct conn *conn);
bool conn_may_take_calls(const struct conn *conn);
/* More is read only when all whole lines are handled: in holds a line and a read at most. */
bool conn_may_read(const struct conn *conn);
bool conn_is_finished(const struct conn *conn);

enum conn_io { CONN_IO_OK, CONN_IO_END, CONN_IO_FAILED };
/* At the end of file it sets is_deserted. */
enum conn_io conn_read(struct conn *conn);
enum conn_io conn_write(struct conn *conn);

/* The line that begins at start, without its newline. False: there is no whole one. */
bool conn_next_line(const struct conn *conn, size_t start, struct as_str *ret_line);
/* Drops the bytes before start, which are handled. */
void conn_consume(struct conn *conn, size_t start);

#endif
