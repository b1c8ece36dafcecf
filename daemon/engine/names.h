/* Whether every plugin that the configuration and the evals name is there: for `assayd --check` and
 * `assayctl check`, before a run has to fail on it. */
#ifndef DAEMON_ENGINE_NAMES_H
#define DAEMON_ENGINE_NAMES_H

#include "daemon/config/config.h"
#include "daemon/plugin/registry.h"

/* Appends "file:line:column: key: no scorer named ...\n" for each that is not live. */
void names_check(const struct config *config, const struct eval_set *evals,
                 struct registry *registry, struct as_buf *problems);

#endif
