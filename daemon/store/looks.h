/* Planned looks of a run group, as they were made, and the cases in another order than the
 * dataset's. Conventions, threads and errors are those of store.h. */
#ifndef DAEMON_STORE_LOOKS_H
#define DAEMON_STORE_LOOKS_H

#include "daemon/store/store.h"

struct look_record {
    uint32_t look; /* from 1 */
    int64_t cases; /* the first so many of the group's order */
    bool is_last;  /* the group's cases end here */
    /* Rows that it had seen were done again afterwards: it stands as it was made, in a replay too.
     */
    bool is_kept;
    const char *json; /* what it saw and decided: report/result_looks.h */
};

/* AS_EEXIST: that look was made. */
int store_look_add(struct store *store, int64_t group_id,
                   const struct look_record *look) AS_MUST_USE;
/* By number. */
int store_looks(struct store *store, int64_t group_id, struct as_arena *arena,
                struct look_record **ret_looks, size_t *ret_count) AS_MUST_USE;
/* Takes over what a replay cannot make again: the kept looks of the run that it replays. Done
 * twice, it is done once. */
int store_looks_inherit(struct store *store, int64_t from_group, int64_t group_id) AS_MUST_USE;
/* Part of a requeue: the looks are kept, but the one that ended the group, if it had ended, is
 * taken back and will be made again. */
int store_looks_keep(struct store *store, int64_t group_id) AS_MUST_USE;

/* The cases of these numbers, in this order; fewer when some are missing. */
int store_cases_at(struct store *store, int64_t dataset_id, const int64_t *seqs, size_t count,
                   struct as_arena *arena, struct case_record **ret_cases,
                   size_t *ret_count) AS_MUST_USE;
/* Up to limit critical cases from from_seq on and before to_seq. */
int store_critical_page(struct store *store, int64_t dataset_id, int64_t from_seq, int64_t to_seq,
                        uint32_t limit, struct as_arena *arena, struct case_record **ret_cases,
                        size_t *ret_count) AS_MUST_USE;
/* How many of the first limit cases have a cluster. */
int store_clustered_count(struct store *store, int64_t dataset_id, int64_t limit,
                          int64_t *ret_count) AS_MUST_USE;
/* How many cases of the group have a row. */
int store_cases_begun(struct store *store, int64_t group_id, int64_t *ret_count) AS_MUST_USE;

#endif
