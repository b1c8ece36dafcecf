/* Private to daemon/core: libuv's loop behind ours, for the files that embed a handle of their
 * own. */
#ifndef DAEMON_CORE_LOOP_UV_H
#define DAEMON_CORE_LOOP_UV_H

#include "daemon/core/loop.h"

#include <uv.h>

uv_loop_t *loop_uv(struct loop *loop); /* borrowed */

#endif
