/* The listening socket and what its connections share. One loop, one thread.
 *
 * server_listen binds to loopback and starts to accept; the caller runs the loop. server_stop
 * closes the listener and all connections at once: when the loop has run out, server_free may be
 * called. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "lib/err.h"
#include "sim/handler.h"
#include "sim/tls.h"

#include <http_parser.h>
#include <uv.h>

#define SERVER_READ_BYTES 65536

struct conn;

struct server {
    uv_loop_t *loop;
    uv_tcp_t listener;
    struct handler *handler; /* borrowed */
    struct tls_server *tls;  /* borrowed; NULL: plain HTTP */
    http_parser_settings parsing;
    uint32_t keepalive_ms;                /* idle connections are closed after this; 0: never */
    struct conn *conns;                   /* all that are open, a doubly linked list */
    char read_buffer[SERVER_READ_BYTES];  /* one read is used up before the next */
    char plain_buffer[SERVER_READ_BYTES]; /* the same, decrypted */
};

struct server *server_new(uv_loop_t *loop, struct handler *handler, struct tls_server *tls,
                          uint32_t keepalive_ms);
/* port 0: the system picks one. *ret_port is the one that was bound. */
int server_listen(struct server *server, uint16_t port, uint16_t *ret_port,
                  struct as_err *err) AS_MUST_USE;
void server_stop(struct server *server);
void server_free(struct server *server); /* NULL is fine */

#endif
