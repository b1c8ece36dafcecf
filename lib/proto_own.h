/* The tables of the protocol's methods, and what their entries share. Inside lib/proto alone.
 *
 * Fields of results: *_ms is Unix time or a duration in milliseconds, *_usd dollars; null stands
 * for what is not known or does not apply, never 0, and a 0 in dollars says that nothing was spent.
 * What can grow long comes in pages: `limit` is at most 1000, and `next`, when it is there, is the
 * `before` or `after` of the next page. */
#ifndef LIB_PROTO_OWN_H
#define LIB_PROTO_OWN_H

#include "lib/proto.h"

extern const struct proto_method proto_daemon_methods[]; /* each ends with a NULL name */
extern const struct proto_method proto_run_methods[];
extern const struct proto_method proto_result_methods[];
extern const struct proto_method proto_schedule_methods[];
extern const struct proto_method proto_event_methods[];

#define NAME_MAX_BYTES 256
#define SELECTOR_MAX_BYTES 512
#define PAGE_MAX 1000

/* clang-format off */
#define TEXT(n, d, bytes) {.name = (n), .type = PROTO_STRING, .doc = (d), .min = 1, .max = (bytes)}
#define NEED_TEXT(n, d, bytes)                                                                     \
    {.name = (n), .type = PROTO_STRING, .is_required = true, .doc = (d), .min = 1, .max = (bytes)}
#define COUNT(n, d, most) {.name = (n), .type = PROTO_INT, .doc = (d), .min = 1, .max = (most)}
#define NEED_ID(n, d)                                                                              \
    {.name = (n), .type = PROTO_INT, .is_required = true, .doc = (d), .min = 1, .max = INT64_MAX}
#define LIMIT_OF(n, d, most) {.name = (n), .type = PROTO_INT, .doc = (d), .max = (most)}
#define NUMBER(n, d) {.name = (n), .type = PROTO_NUMBER, .doc = (d)}
/* clang-format on */

/* What run.rescore and plugin.shadow tell of a group: rows are those with a value or "does not
 * apply", skipped those without an output, errors those that the new version failed, recovered
 * those of which the run has no score; checks are those of the gate that turn out otherwise. */
#define RESCORED                                                                                  \
    "metric, decides, asks_judge, before: {selector, hash}, after: {selector, hash}, rows, "      \
    "skipped, errors, moved, up, down, now_na, no_longer_na, recovered, to_pass, to_fail, "       \
    "members: [{model, role, rows, skipped, errors, moved, up, down, now_na, no_longer_na, "      \
    "recovered, to_pass, to_fail, before: {metric, n, mean, ci, ci_method, min, p10, "            \
    "median, max, pass_rate, na, errors}, after: {the same}}], flips: [{case, model, "            \
    "sample, before, after, to: pass or fail}], error_rows: [{case, model, sample, error_class, " \
    "error}], verdict: {before, "                                                                 \
    "after, flips, candidates: [{candidate, before, after, flips, sentence_before, "              \
    "sentence_after, checks: [{name, before, after, sentence_before, sentence_after}]}]}"

#define RESCORE_PROGRESS                                                                      \
    "`rescore.progress` {run: null for a shadow, selector, metric, done, total, rows_per_s, " \
    "eta_s, requested_by}, at most five a second, before the answer"

#define RUN NEED_ID("run", "the run group's number")
#define WHY TEXT("why", "why, for the audit log", 1024)
#define LIMIT COUNT("limit", "how many at most; 50 when not given", PAGE_MAX)

#define BEFORE_ENTRY COUNT("before", "only entries with a lower id", INT64_MAX)
#define LOG_RESULT                                                                               \
    "{entries: [{id, at_ms, who, action, target, why, detail}], next?}: the last of them, the "  \
    "oldest first; action is the name of the method that was called, or what the daemon did by " \
    "itself; detail is an object, or null"

#endif
