/* Limits of provider accounts that were set while the daemon runs. The audit log keeps them, with
 * who and why, so that they hold after a restart too, until they are set again or taken back. */
#ifndef DAEMON_ENGINE_LIVE_LIMITS_H
#define DAEMON_ENGINE_LIVE_LIMITS_H

#include "daemon/engine/audit.h"
#include "daemon/transport/transport.h"
#include "lib/json.h"

#define LIVE_LIMITS_ACTION "daemon.limits_set"
#define LIVE_LIMITS_TARGET_BYTES 512

/* "provider openai" */
void live_limits_target(const char *provider, char ret_target[LIVE_LIMITS_TARGET_BYTES]);

/* In force when this returns, and noted. limits NULL: the configuration's hold again. */
void live_limits_set(struct db *db, struct transport *transport, const char *provider,
                     const struct model_limits *limits, const struct actor *actor);
/* What an earlier life of the daemon was told; done fires when it is in force, or could not be read
 * (logged). */
void live_limits_load(struct db *db, struct transport *transport, void (*done)(void *ctx),
                      void *ctx);

#endif
