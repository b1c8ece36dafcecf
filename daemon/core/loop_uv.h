/* Private to daemon/core: libuv's loop behind ours, for the files that embed a handle of their
 * own. */
#ifndef DAEMON_CORE_LOOP_UV_H
#define DAEMON_CORE_LOOP_UV_H

#include "daemon/core/loop.h"

#include <uv.h>

uv_loop_t *loop_uv(struct loop *loop); /* borrowed */

/* All watches of a loop share one queue in the kernel. Kept by watch.c. */
struct loop_watches {
    struct watch *first;
    uint64_t event_count;
};
struct loop_watches *loop_watches(struct loop *loop); /* borrowed */

#endif
