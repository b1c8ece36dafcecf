/* What is kept of each run that is done for looking at many of them: its members' means, and how it
 * compares with the run that is pinned for its eval. Derived: from the run's result, its rows and
 * the pin. Conventions, threads and errors are those of store.h. */
#ifndef DAEMON_STORE_SUMMARIES_H
#define DAEMON_STORE_SUMMARIES_H

#include "daemon/store/store.h"

struct event;

#define SUMMARIES_RENEWED 100 /* runs of an eval that are compared anew with a new reference */

struct summary_due {
    int64_t run;
    int64_t reference; /* the run that is pinned; 0: none */
    bool is_new;       /* it has no summary yet; else one with another reference */
};
/* The oldest run that lacks a summary with the reference that is pinned now. AS_ENOENT: none. */
int store_summary_due(struct store *store, struct summary_due *ret_due) AS_MUST_USE;

struct summary_record {
    int64_t run, reference;
    const char *body; /* an object: daemon/report/series.h; "{}": the run is not to be looked at */
};
/* Takes the place of an earlier one; the events are of the same transaction. */
int store_summary_put(struct store *store, const struct summary_record *record,
                      const struct event *events, size_t event_count) AS_MUST_USE;
/* AS_ENOENT. */
int store_summary_get(struct store *store, int64_t run, struct as_arena *arena,
                      struct summary_record *ret_record) AS_MUST_USE;

/* The summaries of an eval's runs, the oldest first; borrowed for the callback. */
struct summary_row {
    struct summary_record record;
    const char *outcome, *tag; /* of the run; may be NULL */
    int64_t created_ms, ended_ms;
};
typedef void (*store_summary_fn)(void *ctx, const struct summary_row *row);
int store_summaries_each(struct store *store, const char *eval, store_summary_fn fn,
                         void *ctx) AS_MUST_USE;

#endif
