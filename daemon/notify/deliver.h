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
    struct config *config; /* whose secrets sign; a reference is taken */
    courier_done_fn done;  /* fires once, on a later turn than courier_start */
    void *ctx;
};
/* The delivery (with its event) and the rule are copied; rule NULL: there is none any more. A test
 * is tried once. The courier is gone when done has fired. */
struct courier *courier_start(const struct courier_options *options,
                              const struct delivery *delivery, const struct notify_rule *rule);
/* Kills the command or drops the connection; done does not fire. */
void courier_cancel(struct courier *courier);

#endif
