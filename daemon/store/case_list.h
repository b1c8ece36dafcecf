/* Private to daemon/store: the list of cases of a group that takes others than the first ones of
 * its dataset version, or takes them in another order.
 *
 * A list is a dataset without a version that has a parent. Its cases are numbered from 0 as they
 * stand in it and share their bodies with the parent's, so whoever reads a group's cases needs not
 * know of it. It is made with its group, never changes, and goes with the last group that has it: a
 * replay has that of the run it replays. */
#ifndef DAEMON_STORE_CASE_LIST_H
#define DAEMON_STORE_CASE_LIST_H

#include "daemon/store/store.h"

/* Inside a transaction. seqs are positions in the dataset version, each once. */
int case_list_create(struct store *store, int64_t dataset_id, const int64_t *seqs, int64_t count,
                     int64_t *ret_id) AS_MUST_USE;
int case_lists_drop_unused(struct store *store) AS_MUST_USE;

#endif
