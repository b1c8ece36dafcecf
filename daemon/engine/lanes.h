/* Private to daemon/engine: from pinned models to transport's lanes, keys included. */
#ifndef DAEMON_ENGINE_LANES_H
#define DAEMON_ENGINE_LANES_H

#include "daemon/engine/engine.h"

/* Opens the lane of every member and of the judge; none for policy replay, which needs no key
 * either. AS_ENOENT, AS_EDENIED: a key is missing or badly
 * kept; err says where it was looked for. */
int lanes_open(struct engine *engine, struct pins *pins, struct as_err *err) AS_MUST_USE;

/* What `daemon limits set` said of the models' accounts, into their specs: for a plan, which opens
 * no lane. */
void lanes_take_limits(const struct engine *engine, struct pins *pins);

#endif
