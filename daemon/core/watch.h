/* Watches one directory for changes of its entries (inotify through libuv).
 *
 * The callback says only "look again": events are a hint, the directory is the truth. It fires once
 * after a short quiet time (WATCH_QUIET_MS after the last event, at most WATCH_MAX_DELAY_MS after
 * the first), so that a thousand files dropped at once cost a few scans. It also fires when events
 * were lost, and when the directory itself went away or came back: a directory that is not there is
 * looked for every WATCH_RETRY_MS. */
#ifndef DAEMON_CORE_WATCH_H
#define DAEMON_CORE_WATCH_H

#include "daemon/core/loop.h"

#define WATCH_QUIET_MS 20
#define WATCH_MAX_DELAY_MS 200
#define WATCH_RETRY_MS 1000

struct watch;

typedef void (*watch_fn)(void *ctx);

struct watch *watch_new(struct loop *loop, const char *directory, watch_fn on_change, void *ctx);
void watch_free(struct watch *watch);

#endif
