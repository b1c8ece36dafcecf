/* One delivery under way: its tries, the waits between them, and its end. Inside daemon/notify. */
#ifndef DAEMON_NOTIFY_DELIVER_H
#define DAEMON_NOTIFY_DELIVER_H

#include "daemon/core/loop.h"
#include "daemon/notify/decide.h"
#include "daemon/transport/post.h"

struct courier;

/* How it ended; *delivery has state, tries, ended_ms and outcome, and is borrowed for the call. */
typedef void (*courier_done_fn)(void *ctx, const struct delivery *delivery);

struct courier_options {
    struct loop *loop;
    struct poster *poster;
    const struct notify_sources *sources; /* whose rule and secrets each try goes by, anew */
    courier_done_fn done;                 /* fires once, on a later turn than courier_start */
    void *ctx;
};
/* The delivery (with its event) is copied. One whose rule or event is there no more is dropped; a
 * test is tried once. The courier is gone when done has fired. */
struct courier *courier_start(const struct courier_options *options,
                              const struct delivery *delivery);
/* Kills the command or drops the connection; done does not fire. */
void courier_cancel(struct courier *courier);

#endif
