/* What is said of names that lead nowhere: plugins, their parameters, datasets.
 *
 * names_check looks at everything that the configuration and the evals name, for `assayd --check`
 * and `assayctl check`, before a run is refused for it. */
#ifndef DAEMON_ENGINE_NAMES_H
#define DAEMON_ENGINE_NAMES_H

#include "daemon/config/config.h"
#include "daemon/plugin/registry.h"
#include "daemon/store/store.h"

/* A scorer or the rubric of an eval: *ret_version is a new reference. Else err is
 * "file:line:column: key: no scorer named ..." or "...: unknown parameter ...". */
int names_find_metric(struct registry *registry, enum plugin_kind kind,
                      const struct eval_plugin *plugin, struct plugin_version **ret_version,
                      struct as_err *err) AS_MUST_USE;

/* Appends such a sentence and a newline for each plugin that is not live, and for each metric whose
 * parameters are wrong. */
void names_check(const struct config *config, const struct eval_set *evals,
                 struct registry *registry, struct as_buf *problems);

/* Why store_dataset_find found nothing: the name that was probably meant, or the newest version
 * where only the version is wrong. Returns AS_ENOENT, or the store's own failure. On a pool
 * thread. */
int names_dataset_missing(struct store *store, const char *selector, struct as_err *err);

#endif
