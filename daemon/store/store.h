/* The database: schema, migrations, the batched commit, and every query. The only SQL of the
 * project.
 *
 * A struct store is one SQLite connection with its prepared statements. Every call blocks, so it
 * runs on a pool thread (engine/db.c), one at a time per connection: a connection is never shared,
 * it moves. One connection writes (store_open), the others read (store_open_reader). WAL,
 * synchronous=FULL, 8 KB pages; texts over 256 bytes are zstd-compressed, which no caller sees.
 * What a read hands out is copied into the caller's arena, or borrowed for the length of a
 * callback. Errors: AS_ENOENT where said, AS_EIO with a sentence for the rest (disk full, locked,
 * damaged = AS_ECORRUPT); after an error the open transaction is rolled back and nothing of it is
 * kept. */
#ifndef DAEMON_STORE_STORE_H
#define DAEMON_STORE_STORE_H

#include "daemon/model/row.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/hash.h"

struct store;

#define STORE_SCHEMA_VERSION 20

/* Creates or migrates the file. A newer schema than ours, or another program's file, is refused. */
int store_open(const char *path, struct store **ret_store, struct as_err *err) AS_MUST_USE;
int store_open_reader(const char *path, struct store **ret_store, struct as_err *err) AS_MUST_USE;
void store_close(struct store *store); /* the writer checkpoints and truncates the WAL */
const char *store_error(const struct store *store); /* the last failure, for people */

/* ---- datasets: immutable versions; staged while they are imported ---- */

struct dataset_info {
    int64_t id;
    const char *name;
    uint32_t version; /* 1, 2, ... within the name */
    struct as_sha256 hash;
    int64_t case_count, critical_count, recorded_count;
    const char *format; /* "cases", "chat", "trainloop" */
    int64_t created_ms;
};

int store_dataset_begin(struct store *store, const char *name, int64_t *ret_staging_id) AS_MUST_USE;
/* cases[i].seq counts on from 0 over all calls. AS_EEXIST: a case id stands twice, and nothing of
 * this call is kept. One transaction a call. */
int store_dataset_add(struct store *store, int64_t staging_id, const struct case_record *cases,
                      size_t count) AS_MUST_USE;
/* Makes it a version; the same name and hash again gives the old one back (*ret_is_new false) and
 * drops the staging. */
int store_dataset_finish(struct store *store, int64_t staging_id, const struct as_sha256 *hash,
                         const char *format, int64_t now_ms, struct as_arena *arena,
                         struct dataset_info *ret_info, bool *ret_is_new) AS_MUST_USE;
int store_dataset_abort(struct store *store, int64_t staging_id) AS_MUST_USE;
/* selector: NAME (newest), NAME@3 (version) or NAME@HASHPREFIX. AS_ENOENT. */
int store_dataset_find(struct store *store, const char *selector, struct as_arena *arena,
                       struct dataset_info *ret_info) AS_MUST_USE;
/* Of a group's own list of cases: the dataset version that it was taken from. */
int store_dataset_get(struct store *store, int64_t id, struct as_arena *arena,
                      struct dataset_info *ret_info) AS_MUST_USE;
typedef void (*store_dataset_fn)(void *ctx, const struct dataset_info *info);
/* By name, then version. */
int store_dataset_each(struct store *store, store_dataset_fn fn, void *ctx) AS_MUST_USE;

/* Up to limit cases from from_seq on; *ret_cases is an array in the arena. */
int store_cases_page(struct store *store, int64_t dataset_id, int64_t from_seq, uint32_t limit,
                     struct as_arena *arena, struct case_record **ret_cases,
                     size_t *ret_count) AS_MUST_USE;
/* AS_ENOENT. */
int store_case_find(struct store *store, int64_t dataset_id, const char *case_id,
                    struct as_arena *arena, struct case_record *ret_case) AS_MUST_USE;

/* ---- plugin sources, by content ---- */

int store_source_put(struct store *store, const struct as_sha256 *hash, const char *label,
                     struct as_str source) AS_MUST_USE;
int store_source_drop(struct store *store, const struct as_sha256 *hash) AS_MUST_USE;
int store_source_get(struct store *store, const struct as_sha256 *hash, struct as_arena *arena,
                     const char **ret_label, struct as_str *ret_source) AS_MUST_USE;

/* ---- run groups ---- */

struct group_record {
    int64_t id;
    const char *eval_name;
    enum group_state state;
    int64_t dataset_id; /* a dataset version, or the group's own list of cases: case_list.h */
    int64_t case_count; /* cases of this group (max_cases applied) */
    uint32_t member_count, sample_count;
    /* What the group was made of, by hash: members, metrics, judge, prices, gate, dataset. */
    const char *pins_json;
    const char *result_json;      /* the report's data once it ended; NULL before */
    const char *outcome;          /* "pass", "fail", "undecided" or NULL */
    const char *error;            /* why it failed; NULL otherwise */
    const char *requested_by;     /* "uid 1000" */
    const char *tag;              /* NULL or what the caller called it */
    int64_t created_ms, ended_ms; /* 0 = not yet */
    /* Calls of which nobody knows whether they were made: unknown_calls.h. */
    int64_t unknown_fate;
};

int store_group_create(struct store *store, const struct group_record *group,
                       int64_t *ret_id) AS_MUST_USE;
int store_group_set_state(struct store *store, int64_t id, enum group_state state) AS_MUST_USE;
int store_group_finish(struct store *store, int64_t id, enum group_state state, const char *outcome,
                       const char *result_json, const char *error, int64_t now_ms) AS_MUST_USE;
int store_group_get(struct store *store, int64_t id, struct as_arena *arena,
                    struct group_record *ret_group) AS_MUST_USE;
/* Newest first, ids below before_id (0 = from the newest); eval_name NULL = all. Without pins and
 * result. */
int store_groups_page(struct store *store, const char *eval_name, int64_t before_id, uint32_t limit,
                      struct as_arena *arena, struct group_record **ret_groups,
                      size_t *ret_count) AS_MUST_USE;
/* Groups whose state is not final, oldest first: what a restart resumes. With pins. */
int store_groups_unfinished(struct store *store, struct as_arena *arena,
                            struct group_record **ret_groups, size_t *ret_count) AS_MUST_USE;
/* The pins of every group, the oldest first; pins_json is borrowed for the call. */
typedef void (*store_pins_fn)(void *ctx, int64_t group_id, const char *pins_json);
int store_pins_each(struct store *store, store_pins_fn fn, void *ctx) AS_MUST_USE;

/* ---- the batch: everything that a run writes ---- */

/* An exchange as the journal keeps it. role: 0 model, 1 judge. Mirrors struct exchange of
 * transport, whose header this layer cannot see. */
struct exchange_record {
    struct row_key row;
    uint32_t role, turn, attempt;
    int64_t paid_by; /* the group that made the call, when it was reused; 0 = this one */
    struct as_sha256 identity;
    uint32_t outcome; /* 0 = a whole HTTP reply */
    int http_status;
    int64_t sent_ms, connect_us, first_byte_us, total_us;
    struct as_str method, url, request_body, response_headers, response_body, error;
};

struct store_intent {
    struct row_key row;
    uint32_t role, turn, attempt;
    uint32_t request_bytes; /* of the body */
};

struct store_usage; /* calls.h */

struct scored_row {
    struct row_record row;
    const struct score_record *scores; /* read back in this order */
    size_t score_count;
};

/* Committed as one transaction, in this order. Everything is borrowed. An exchange that is kept
 * takes its intent away, a withdrawal does so without one. A row that is already there is left as
 * it is and counted in *ret_duplicates (0 in a healthy daemon). */
struct store_batch {
    const struct store_intent *intents;
    size_t intent_count;
    const struct exchange_record *exchanges;
    size_t exchange_count;
    const struct store_intent *withdrawals;
    size_t withdrawal_count;
    const struct store_usage *usages;
    size_t usage_count;
    const struct scored_row *rows;
    size_t row_count;
};
int store_commit(struct store *store, const struct store_batch *batch,
                 size_t *ret_duplicates) AS_MUST_USE;

/* ---- reading a group ---- */

/* The newest whole reply (outcome 0) of this group for this row, role, turn and identity that a
 * requeue (requeue.h) has not superseded. AS_ENOENT = a miss. */
int store_exchange_find(struct store *store, const struct row_key *row, uint32_t role,
                        uint32_t turn, const struct as_sha256 *identity, struct as_arena *arena,
                        struct exchange_record *ret_exchange) AS_MUST_USE;
/* The last attempt of any outcome, whatever it asked. AS_ENOENT. */
int store_exchange_last(struct store *store, const struct row_key *row, uint32_t role,
                        uint32_t turn, struct as_arena *arena,
                        struct exchange_record *ret_exchange) AS_MUST_USE;
/* All attempts of a row in the order they were kept. */
int store_exchanges_of_row(struct store *store, const struct row_key *row, struct as_arena *arena,
                           struct exchange_record **ret_exchanges, size_t *ret_count) AS_MUST_USE;

/* Keys of the rows that are done, cases from_seq..to_seq-1, by (case_seq, sample, member): what a
 * resume skips. */
int store_rows_done(struct store *store, int64_t group_id, int64_t from_seq, int64_t to_seq,
                    struct as_arena *arena, struct row_key **ret_keys,
                    size_t *ret_count) AS_MUST_USE;

/* A page of rows by (case_seq, sample, member) after `after` (NULL = from the start). Filters:
 * status -1 = any, member -1 = any. With scores. */
struct row_filter {
    int64_t group_id;
    int status, member;
    /* -1 = no score filter; else only rows whose score of this metric is within the bounds. */
    int metric;
    double score_min, score_max;
    const struct row_key *after;
    uint32_t limit;
    bool with_text;
};
struct row_listing {
    struct row_record row;
    struct as_str case_id;
    struct score_record *scores;
    size_t score_count;
};
int store_rows_page(struct store *store, const struct row_filter *filter, struct as_arena *arena,
                    struct row_listing **ret_rows, size_t *ret_count) AS_MUST_USE;
/* All members and samples, with text. */
int store_rows_of_case(struct store *store, int64_t group_id, int64_t case_seq,
                       struct as_arena *arena, struct row_listing **ret_rows,
                       size_t *ret_count) AS_MUST_USE;

/* Every row of one member in case order, without texts: what statistics are made of. Borrowed for
 * the callback. */
struct row_value {
    double score; /* NaN = it does not apply, or there is none */
    int8_t pass;  /* 1, 0, -1 = not said */
    bool is_na;   /* it does not apply */
};
struct row_fact {
    int64_t case_seq;
    uint32_t sample;
    enum row_status status;
    double latency_ms, cost_usd, judge_cost_usd;
    int64_t input_tokens, output_tokens;
    const struct row_value *values; /* [metric_count] */
    size_t metric_count;
};
typedef void (*store_fact_fn)(void *ctx, const struct row_fact *fact);
int store_facts_each(struct store *store, int64_t group_id, uint32_t member, size_t metric_count,
                     store_fact_fn fn, void *ctx) AS_MUST_USE;
/* Ids, criticality, clusters and strata of the first limit cases in order; borrowed for the
 * callback. json and messages are absent. */
typedef void (*store_case_fn)(void *ctx, const struct case_record *record);
int store_case_heads_each(struct store *store, int64_t dataset_id, int64_t limit, store_case_fn fn,
                          void *ctx) AS_MUST_USE;

/* How far a group is: rows by member and status. counts is [member_count][ROW_STATUS_COUNT]. */
int store_group_counts(struct store *store, int64_t group_id, uint32_t member_count,
                       int64_t *ret_counts) AS_MUST_USE;

#endif
