/* Whether every plugin that the configuration and the evals name is there and takes the parameters
 * that it is given: for `assayd --check` and `assayctl check`, before a run is refused for it. */
#ifndef DAEMON_ENGINE_NAMES_H
#define DAEMON_ENGINE_NAMES_H

#include "daemon/config/config.h"
#include "daemon/plugin/registry.h"

/* A scorer or the rubric of an eval: *ret_version is a new reference. Else err is
 * "file:line:column: key: no scorer named ..." or "...: unknown parameter ...". */
int names_find_metric(struct registry *registry, enum plugin_kind kind,
                      const struct eval_plugin *plugin, struct plugin_version **ret_version,
                      struct as_err *err) AS_MUST_USE;

/* Appends such a sentence and a newline for each plugin that is not live, and for each metric whose
 * parameters are wrong. */
void names_check(const struct config *config, const struct eval_set *evals,
                 struct registry *registry, struct as_buf *problems);

#endif
