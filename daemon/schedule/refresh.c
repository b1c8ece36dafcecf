/* One read for all evals that have an age, then at most one start; when that is through, again.
 * What was started before is asked of the store, by who asked for it: nothing is kept here that a
 * restart could lose but when to look again. */
#include "daemon/schedule/refresh.h"

#include "daemon/schedule/entry.h"
#include "daemon/store/baselines.h"
#include "lib/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS (60 * 60 * 1000LL) /* after a start, or a look, that failed */

struct aged { /* an eval with an age; its name lies in the arena */
    const char *eval;
    int64_t max_age_ms;
    int64_t rests_until_ms; /* 0: it does not */
};

/* An eval whose start failed: the others do not wait for it. */
struct resting {
    struct resting *next;
    char *eval;
    int64_t until_ms;
};

struct refresh {
    struct scheduler *scheduler;
    bool is_busy, is_renewed;
    int64_t next_ms; /* of the wall clock: nothing is due before */
    int64_t now_ms;  /* of this look */
    struct aged *aged;
    size_t aged_count;
    struct resting *resting;
    const char *due; /* the eval that is owed a run; NULL: none */
    int64_t reference;
    struct as_arena arena;
    struct as_err err;
};

/* ---- the look ---- */

static int ask(struct store *store, struct refresh *refresh, const struct aged *aged)
{
    struct baseline_age age;
    int rc = store_baseline_age(store, aged->eval, REFRESH_WHO, &age);
    if (rc)
        return rc == AS_ENOENT ? 0 : rc;
    int64_t since_ms = age.ended_ms > age.asked_ms ? age.ended_ms : age.asked_ms;
    int64_t due_ms = since_ms + aged->max_age_ms;
    due_ms = due_ms > aged->rests_until_ms ? due_ms : aged->rests_until_ms;
    if (due_ms > refresh->now_ms) {
        refresh->next_ms = due_ms < refresh->next_ms ? due_ms : refresh->next_ms;
    } else if (!refresh->due) {
        refresh->due = aged->eval;
        refresh->reference = age.run;
    }
    return 0;
}

static void look_work(struct store *store, void *ctx)
{
    struct refresh *refresh = ctx;
    int rc = 0;
    for (size_t i = 0; i < refresh->aged_count && !rc; i++)
        rc = ask(store, refresh, &refresh->aged[i]);
    if (rc)
        as_err_set(&refresh->err, rc, "%s", store_error(store));
}

static struct resting *find_resting(const struct refresh *refresh, const char *eval)
{
    struct resting *at = refresh->resting;
    while (at && strcmp(at->eval, eval))
        at = at->next;
    return at;
}

static void rest(struct refresh *refresh, const char *eval)
{
    struct resting *resting = find_resting(refresh, eval);
    if (!resting) {
        resting = as_xcalloc(1, sizeof(*resting));
        *resting = (struct resting){.next = refresh->resting, .eval = as_xstrdup(eval)};
        refresh->resting = resting;
    }
    resting->until_ms = refresh->now_ms + RETRY_MS;
}

/* A clock that is set back makes no rest longer. */
static int64_t rests_until(const struct refresh *refresh, const char *eval)
{
    const struct resting *resting = find_resting(refresh, eval);
    int64_t most_ms = refresh->now_ms + RETRY_MS;
    return !resting ? 0 : resting->until_ms < most_ms ? resting->until_ms : most_ms;
}

static void wake_all(struct refresh *refresh)
{
    while (refresh->resting) {
        struct resting *first = refresh->resting;
        refresh->resting = first->next;
        free(first->eval);
        free(first);
    }
}

static void end_look(struct refresh *refresh, const struct as_err *err)
{
    bool is_failure = err && err->code != AS_ECANCELED;
    refresh->is_busy = false;
    if (is_failure)
        as_log_err("eval=%s its reference is old, and no fresh run could be started: %s",
                   refresh->due ? refresh->due : "?", err->msg);
    if (is_failure && refresh->due)
        rest(refresh, refresh->due);
    if (refresh->due)
        refresh->next_ms = 0; /* there may be more of them */
    else if (is_failure)
        refresh->next_ms = refresh->now_ms + RETRY_MS;
}

static void on_started(void *ctx, int64_t run, const struct as_err *err)
{
    struct refresh *refresh = ctx;
    if (!err)
        as_log_warn("eval=%s group=%" PRId64 " a fresh run: run %" PRId64
                    ", the reference, is older than baseline_max_age; `assayctl baseline set %s "
                    "%" PRId64 "` makes this one the reference",
                    refresh->due, run, refresh->reference, refresh->due, run);
    end_look(refresh, err);
}

static void look_done(void *ctx)
{
    struct refresh *refresh = ctx;
    struct scheduler *scheduler = refresh->scheduler;
    const struct eval_def *eval =
        refresh->due ? eval_set_find(scheduler->evals, refresh->due) : NULL;
    if (refresh->err.code || !eval || scheduler->is_stopping) {
        end_look(refresh, refresh->err.code ? &refresh->err : NULL);
        return;
    }
    struct engine_request request = {
        .evals = scheduler->evals,
        .eval = eval,
        .requested_by = REFRESH_WHO,
        .why = "the run that is pinned as the reference is older than baseline_max_age",
    };
    run_overrides_init(&request.overrides);
    request.overrides.is_scheduled = true;
    engine_start(scheduler->on.engine, &request, on_started, refresh);
}

static void gather(struct refresh *refresh)
{
    const struct eval_set *evals = refresh->scheduler->evals;
    as_arena_reset(&refresh->arena);
    refresh->aged = as_arena_alloc(&refresh->arena, (evals->eval_count + 1) * sizeof(struct aged));
    refresh->aged_count = 0;
    for (size_t i = 0; i < evals->eval_count; i++)
        if (evals->evals[i].baseline_max_age_ms)
            refresh->aged[refresh->aged_count++] = (struct aged){
                as_arena_strdup(&refresh->arena, evals->evals[i].name),
                evals->evals[i].baseline_max_age_ms, rests_until(refresh, evals->evals[i].name)};
}

void refresh_look(struct refresh *refresh)
{
    int64_t now_ms = clock_wall_ms();
    if (refresh->is_busy || refresh->scheduler->is_stopping || !refresh->scheduler->evals ||
        (!refresh->is_renewed && now_ms < refresh->next_ms))
        return;
    refresh->is_renewed = false;
    refresh->now_ms = now_ms;
    refresh->next_ms = INT64_MAX;
    refresh->due = NULL;
    refresh->err = (struct as_err){0};
    gather(refresh);
    if (!refresh->aged_count)
        return;
    refresh->is_busy = true;
    db_read(refresh->scheduler->on.db, look_work, look_done, refresh);
}

void refresh_renew(struct refresh *refresh)
{
    refresh->is_renewed = true;
    wake_all(refresh);
}

/* ---- its life ---- */

struct refresh *refresh_new(struct scheduler *scheduler)
{
    struct refresh *refresh = as_xcalloc(1, sizeof(*refresh));
    refresh->scheduler = scheduler;
    return refresh;
}

bool refresh_is_idle(const struct refresh *refresh)
{
    return !refresh->is_busy;
}

void refresh_free(struct refresh *refresh)
{
    wake_all(refresh);
    as_arena_done(&refresh->arena);
    free(refresh);
}
