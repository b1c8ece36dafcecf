/* A read that makes the oldest one that is due, a write that keeps it, and again, until none is;
 * then a read that finds the causes, and a write that tells them. */
#include "daemon/engine/summaries.h"

#include "daemon/engine/drift_event.h"
#include "daemon/engine/summary.h"
#include "lib/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct summaries {
    struct db *db;
    struct events *events;
    struct eval_set *evals;        /* in force; NULL: not known yet */
    struct eval_set *making_evals; /* of the summary that is being made */
    bool is_busy;
    bool is_wanted; /* once more, when it is not busy */
    bool are_causes_wanted;
    bool is_finding; /* this look finds them, if nothing is due ... */
    bool is_found;   /* ... and did */
    bool is_stopping;
    struct summary_due due;
    struct summary summary;
    bool is_made;
    struct as_arena arena;
    struct as_err err;
};

static void look(struct summaries *summaries);

static bool is_anchor(const struct eval_set *evals, const char *name)
{
    size_t i = 0;
    while (i < evals->eval_count &&
           (!evals->evals[i].drift.anchor || strcmp(evals->evals[i].drift.anchor, name) != 0))
        i++;
    return i < evals->eval_count;
}

static void put_work(struct store *store, void *ctx)
{
    struct summaries *on = ctx;
    const struct summary *summary = &on->summary;
    int rc = summary->record.run
                 ? store_summary_put(store, &summary->record, summary->events, summary->event_count)
                 : store_events_add(store, summary->events, summary->event_count);
    if (rc)
        as_err_set(&on->err, rc, "%s", store_error(store));
}

static void put_done(void *ctx)
{
    struct summaries *on = ctx;
    on->is_busy = false;
    if (on->err.code) /* the next look tries again */
        as_log_err("group=%" PRId64 " its summary could not be stored: %s", on->due.run,
                   on->err.msg);
    else
        on->is_wanted = true;
    if (on->err.code || (on->summary.eval && is_anchor(on->evals, on->summary.eval)))
        on->are_causes_wanted = true;
    if (on->summary.event_count)
        events_poke(on->events);
    look(on);
}

static int find_causes(struct summaries *on, struct store *store)
{
    on->summary = (struct summary){.eval = NULL};
    int rc = drift_causes_find(store, on->making_evals, &on->arena, &on->summary.events,
                               &on->summary.event_count, &on->err);
    on->is_found = !rc;
    return rc || on->summary.event_count ? rc : AS_ENOENT;
}

static void make_work(struct store *store, void *ctx)
{
    struct summaries *on = ctx;
    int rc = store_summary_due(store, &on->due);
    if (rc && rc != AS_ENOENT)
        as_err_set(&on->err, rc, "%s", store_error(store));
    if (on->is_finding && rc == AS_ENOENT)
        rc = find_causes(on, store);
    else if (!rc)
        rc = summary_make(store, on->making_evals, &on->due, &on->arena, &on->summary, &on->err);
    on->is_made = !rc;
}

static void make_done(void *ctx)
{
    struct summaries *on = ctx;
    eval_set_unref(on->making_evals);
    on->making_evals = NULL;
    if (on->is_finding && !on->is_found)
        on->are_causes_wanted = true;
    if (on->is_made) {
        db_write(on->db, put_work, put_done, on);
        return;
    }
    on->is_busy = false;
    if (on->err.code && on->due.run)
        as_log_err("group=%" PRId64 " its summary could not be made: %s", on->due.run, on->err.msg);
    else if (on->err.code)
        as_log_err("the causes of drifts could not be found: %s", on->err.msg);
    look(on);
}

static void look(struct summaries *on)
{
    if (on->is_busy || !on->is_wanted || on->is_stopping || !on->evals)
        return;
    on->is_busy = true;
    on->is_finding = on->are_causes_wanted;
    on->is_wanted = on->is_made = on->is_found = on->are_causes_wanted = false;
    on->err = (struct as_err){0};
    on->due = (struct summary_due){0};
    as_arena_reset(&on->arena);
    on->making_evals = eval_set_ref(on->evals);
    db_read(on->db, make_work, make_done, on);
}

struct summaries *summaries_new(struct db *db, struct events *events)
{
    struct summaries *summaries = as_xcalloc(1, sizeof(*summaries));
    summaries->db = db;
    summaries->events = events;
    return summaries;
}

void summaries_free(struct summaries *summaries)
{
    if (!summaries)
        return;
    eval_set_unref(summaries->evals);
    as_arena_done(&summaries->arena);
    free(summaries);
}

void summaries_look(struct summaries *summaries)
{
    summaries->is_wanted = true;
    look(summaries);
}

void summaries_set_evals(struct summaries *summaries, struct eval_set *evals)
{
    eval_set_unref(summaries->evals);
    summaries->evals = eval_set_ref(evals);
    summaries->are_causes_wanted = true;
    summaries_look(summaries);
}

void summaries_stop(struct summaries *summaries)
{
    summaries->is_stopping = true;
}

bool summaries_is_idle(const struct summaries *summaries)
{
    return !summaries->is_busy;
}

bool summaries_are_pending(const struct summaries *summaries)
{
    return summaries->is_busy || summaries->is_wanted;
}
