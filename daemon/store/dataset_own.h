/* Private to daemon/store: the steps of staged datasets, for who takes them inside a transaction
 * that does more. */
#ifndef DAEMON_STORE_DATASET_OWN_H
#define DAEMON_STORE_DATASET_OWN_H

#include "daemon/store/store.h"

/* *ret_id is the staged one, or the version of the same content that its name had already. */
int dataset_finish_staged(struct store *store, int64_t staging_id, const struct as_sha256 *hash,
                          const char *format, int64_t now_ms, int64_t *ret_id) AS_MUST_USE;
int dataset_delete_staged(struct store *store, int64_t staging_id) AS_MUST_USE;
/* A version with its cases; no run group may have measured it. */
int dataset_delete_version(struct store *store, int64_t id) AS_MUST_USE;

#endif
