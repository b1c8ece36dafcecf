/* Accepting, and closing everything in the end. Loopback only: what answers without a real key has
 * no business on a network. The backlog is large because a load test connects a thousand times
 * within one turn of the loop. */
#include "sim/server.h"

#include "sim/conn.h"

#include <stdlib.h>

#define BACKLOG 4096

struct server *server_new(uv_loop_t *loop, struct handler *handler, struct tls_server *tls,
                          uint32_t keepalive_ms)
{
    struct server *server = as_xcalloc(1, sizeof(*server));
    server->loop = loop;
    server->handler = handler;
    server->tls = tls;
    server->keepalive_ms = keepalive_ms;
    conn_parser_settings(&server->parsing);
    int rc = uv_tcp_init(loop, &server->listener);
    AS_ASSERT(!rc);
    server->listener.data = server;
    return server;
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        conn_accept(listener->data);
}

int server_listen(struct server *server, uint16_t port, uint16_t *ret_port, struct as_err *err)
{
    struct sockaddr_in address;
    int rc = uv_ip4_addr("127.0.0.1", port, &address);
    if (!rc)
        rc = uv_tcp_bind(&server->listener, (const struct sockaddr *)&address, 0);
    if (!rc)
        rc = uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection);
    int len = sizeof(address);
    if (!rc)
        rc = uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &len);
    if (rc)
        return as_err_set(err, AS_ECONN, "cannot listen on 127.0.0.1:%u: %s", port,
                          uv_strerror(rc));
    *ret_port = ntohs(address.sin_port);
    return 0;
}

void server_stop(struct server *server)
{
    uv_close((uv_handle_t *)&server->listener, NULL);
    while (server->conns)
        conn_close(server->conns);
}

void server_free(struct server *server)
{
    free(server);
}
