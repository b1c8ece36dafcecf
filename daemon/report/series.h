/* An eval's runs in a row, from their summaries (store/summaries.h): what run.history tells, and
 * what the newest run's drift is seen by.
 *
 * A summary's body is {primary, members: [{model, role, ids: [returned model ids], metrics:
 * [{metric, n, mean, ci}]}], versus: [{metric, error or null, notes, comparisons: [{model, n_pairs,
 * diff, ci, p, wins, losses, ties, sentence}]}]}; versus is there when a reference was pinned that
 * is not the run itself. Runs on a pool thread. */
#ifndef DAEMON_REPORT_SERIES_H
#define DAEMON_REPORT_SERIES_H

#include "daemon/report/cause.h"
#include "daemon/store/summaries.h"
#include "lib/json.h"

struct series_run {
    int64_t run, reference;
    int64_t created_ms, ended_ms;
    const char *outcome, *tag;
    struct as_json *body;
};

struct series {
    struct series_run *runs; /* the oldest first */
    size_t count;
    struct as_buf memory; /* of runs */
    struct as_arena arena;
};

/* All runs of the eval that are to be looked at; series starts as zeros, and is released by
 * series_done whatever the outcome. */
int series_load(struct store *store, const char *eval, struct series *series,
                struct as_err *err) AS_MUST_USE;
/* A run behind them; its body is the series's own from then on. */
void series_add_take(struct series *series, const struct series_run *run);
void series_done(struct series *series);

/* Objects of a body; NULL: it has no such. */
const struct as_json *series_member(const struct as_json *body, const char *model);
const struct as_json *series_versus(const struct as_json *body, const char *metric);
const struct as_json *series_comparison(const struct as_json *versus, const char *model);
/* The id that most rows had; "" when the API returned none. */
const char *series_main_id(const struct as_json *member);

/* A model's runs against a reference, by a metric. Borrowed. */
struct series_line {
    const struct series *series;
    int64_t reference;
    const char *model, *metric;
};
/* Those of the first end runs that can be compared with the reference, which is one of them. To be
 * freed. */
struct drift_point *series_points(const struct series_line *line, size_t end, size_t *ret_count);
/* By the first end runs. */
struct drift series_drift(const struct series_line *line, size_t end);
/* Of the reference itself; NaN: it has none. */
double series_mean(const struct series_line *line);
/* Whose the drift is, by all runs. */
struct cause series_cause(const struct series_line *line, const struct judge_word *judge,
                          struct as_arena *arena);
/* The newest of the first end runs that had the model and an id of it; NULL: none. */
const struct series_run *series_answered(const struct series *series, size_t end,
                                         const char *model);

struct series_request {
    const char *eval;
    int64_t reference;  /* that is pinned; 0: none */
    const char *model;  /* NULL: all */
    const char *metric; /* NULL: the primary one of the newest run */
    size_t last;        /* runs that are shown of each model */
    /* By the newest run, of the metric; NULL: whose a drift is, is not told. */
    const struct judge_word *judge;
};
/* The metric that series_tell would tell of; "": there is no run. */
const char *series_metric(const struct series *series, const struct series_request *request);
/* The answer of run.history, but for what it has of the judge. AS_EINVAL: no run has that model or
 * metric, and what there is. */
int series_tell(const struct series *series, const struct series_request *request,
                struct as_json **ret_json, struct as_err *err) AS_MUST_USE;

#endif
