/* libcurl's multi handles on our loop: one epoll set for all their sockets inside one loop_poll, a
 * timer each.
 *
 * libcurl's documented wiring (a poll handle remade per socket, a 0 ms timer waited for) costs a
 * millisecond a request when one is in flight and almost twice the CPU when many are. Here a socket
 * stays registered while its connection is kept alive, and libcurl's wish to be called "in 0 ms" is
 * granted as soon as we have left it. libcurl searches the connections to a host one by one, so a
 * lane spreads over several multi handles ("shards").
 *
 * Belongs to the sender. done and pump fire outside libcurl and may add and remove handles of any
 * shard. */
#ifndef DAEMON_TRANSPORT_MUX_H
#define DAEMON_TRANSPORT_MUX_H

#include "daemon/core/loop.h"

#include <curl/curl.h>

struct mux;
struct mux_shard;

struct mux_events {
    void *ctx;
    /* the transfer is over; the handle is still in its shard */
    void (*done)(void *easy_private, CURLcode code);
    void (*pump)(void *ctx); /* a round of events is over: start what may start now */
};

int mux_new(struct loop *loop, const struct mux_events *events, struct mux **ret_mux) AS_MUST_USE;
void mux_free(struct mux *mux); /* after its shards */

struct mux_shard *mux_shard_new(struct mux *mux, uint32_t max_connections);
void mux_shard_free(struct mux_shard *shard); /* after its handles were removed */

/* once for a new handle: how its sockets are opened and closed */
void mux_prepare(struct mux *mux, CURL *easy);
void mux_add(struct mux_shard *shard, CURL *easy);
void mux_remove(struct mux_shard *shard, CURL *easy);

/* Gives libcurl its turns until it asks for no more at once. Calls pump at least once. For whoever
 * wants to start something from outside of done and pump; within them it returns at once. */
void mux_settle(struct mux *mux);

#endif
