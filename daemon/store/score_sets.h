/* Score sets: what another version of a scorer said of a group's stored outputs, kept beside the
 * scores that the run itself was made of, which never change.
 *
 * A set belongs to one metric of one group. It is begun, filled in batches and finished; one that
 * was not finished (cancelled, or the daemon died) is dropped, at the latest when the store is
 * opened, and never listed. A finished one stays until somebody deletes it. Conventions, threads
 * and errors are those of store.h. */
#ifndef DAEMON_STORE_SCORE_SETS_H
#define DAEMON_STORE_SCORE_SETS_H

#include "daemon/store/audit.h"

struct score_set {
    int64_t id;
    int64_t group_id;
    uint32_t metric; /* index in the group's pins */
    const char *metric_name;
    const char *selector; /* "exact_match@2.0.0": whose scores these are */
    struct as_sha256 hash;
    const char *params_json;
    const char *requested_by; /* "uid 1000" */
    int64_t created_ms, ended_ms;
    int64_t scored, errors; /* rows with a score or "does not apply"; rows that the scorer failed */
};

/* One row of a set. With an error_class (a job status: "script_error", "timeout", ...) the scorer
 * failed: score.reason says how, and there is no score. */
struct set_score {
    struct row_key row;
    struct as_str error_class;
    struct score_record score; /* its metric is that of the set */
};

/* Stores the set's head, and the plugin's source under its hash. id, the counts and ended_ms of
 * *set are ignored. */
int store_set_begin(struct store *store, const struct score_set *set, struct as_str source,
                    int64_t *ret_id) AS_MUST_USE;
/* One transaction a call. */
int store_set_add(struct store *store, int64_t set_id, const struct set_score *scores,
                  size_t count) AS_MUST_USE;
/* Counts what was added and keeps the summary, a JSON object: from now on the set is listed. The
 * entry's time is that of its end. AS_ENOENT. */
int store_set_finish(struct store *store, int64_t set_id, const char *summary_json,
                     const struct audit_entry *entry) AS_MUST_USE;
int store_set_drop(struct store *store, int64_t set_id) AS_MUST_USE; /* as if it had never been */
/* A finished one. AS_ENOENT. */
int store_set_delete(struct store *store, int64_t set_id,
                     const struct audit_entry *entry) AS_MUST_USE;
int store_sets_drop_unfinished(struct store *store) AS_MUST_USE;

/* All that are there, the oldest first, unfinished ones (ended_ms 0) too; borrowed for the call. */
typedef void (*store_set_fn)(void *ctx, const struct score_set *set);
int store_sets_each(struct store *store, store_set_fn fn, void *ctx) AS_MUST_USE;
/* A finished one of the group. *ret_summary_json is NULL when none was kept. AS_ENOENT. */
int store_set_get(struct store *store, int64_t group_id, int64_t set_id, struct as_arena *arena,
                  struct score_set *ret_set, const char **ret_summary_json) AS_MUST_USE;
/* Finished ones, the oldest first. */
int store_sets_of_group(struct store *store, int64_t group_id, struct as_arena *arena,
                        struct score_set **ret_sets, size_t *ret_count) AS_MUST_USE;
/* What one set says of a case: all members and samples, by (sample, member). */
int store_set_scores_of_case(struct store *store, const struct score_set *set, int64_t case_seq,
                             struct as_arena *arena, struct set_score **ret_scores,
                             size_t *ret_count) AS_MUST_USE;

#endif
