/* After a restart: every group that is not final is brought back from its pins; and one that had
 * ended and was opened again. Its plugins are adopted from the stored sources, calls of unknown
 * fate are counted, and the feed skips the rows that are done. */
#include "daemon/engine/engine.h"

#include "daemon/engine/adopt.h"
#include "daemon/engine/group.h"
#include "daemon/engine/lanes.h"
#include "daemon/store/reuse.h"
#include "daemon/store/unknown_calls.h"

#include "lib/log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct resume_all {
    struct engine *engine;
    int64_t only; /* this group; 0 = every one that is not final */
    engine_resumed_fn done;
    void *ctx;
    struct group_record *records;
    size_t count;
    size_t left;       /* groups still being brought back, and one for the listing itself */
    struct as_err err; /* the last refusal */
    struct as_arena arena;
};

struct resume {
    struct resume_all *all;
    const struct group_record *record;
    struct adopt adopt; /* its rc and err are those of the whole */
    struct spending spending;
    int64_t unknown_fate;
    struct group_tally tally;
    struct look_progress looks;
};

static void all_step(struct resume_all *all)
{
    if (--all->left)
        return;
    all->engine->pending_starts--;
    all->done(all->ctx, all->err.code ? &all->err : NULL);
    as_arena_done(&all->arena);
    free(all);
}

static void resume_over(struct resume *resume)
{
    struct resume_all *all = resume->all;
    if (resume->adopt.rc) {
        as_log_err("group=%lld cannot be resumed now: %s", (long long)resume->record->id,
                   resume->adopt.err.msg);
        all->err = resume->adopt.err;
    }
    spending_done(&resume->spending);
    adopt_done(&resume->adopt);
    free(resume);
    all_step(all);
}

static void bring_back(void *ctx)
{
    struct resume *resume = ctx;
    struct adopt *adopt = &resume->adopt;
    struct engine *engine = resume->all->engine;
    if (!adopt->rc)
        adopt->rc = lanes_open(engine, adopt->pins, &adopt->err);
    if (!adopt->rc && !engine->is_stopping) {
        struct group *group = group_new(resume->record, &adopt->pins);
        group->state = resume->record->state;
        group->is_resumed = true;
        group->tally = resume->tally;
        group->looks = resume->looks;
        group->spending = resume->spending;
        resume->spending = (struct spending){0};
        if (resume->unknown_fate)
            as_log_warn("group=%lld %lld calls were under way when assayd ended: their fate is "
                        "unknown, they are sent again",
                        (long long)group->id, (long long)resume->unknown_fate);
        engine_add_group(engine, group);
    }
    resume_over(resume);
}

static int load_tally(struct store *store, const struct group_record *record,
                      struct group_tally *tally)
{
    int64_t counts[PINS_MAX_MEMBERS * ROW_STATUS_COUNT];
    double cost_usd = 0, saved_usd = 0;
    int rc = store_group_counts(store, record->id, record->member_count, counts);
    if (!rc)
        rc = store_group_spending(store, record->id, &cost_usd, &saved_usd);
    if (rc)
        return rc;
    for (size_t i = 0; i < (size_t)record->member_count * ROW_STATUS_COUNT; i++) {
        enum row_status status = (enum row_status)(i % ROW_STATUS_COUNT);
        tally->done += counts[i];
        tally->ok += status == ROW_OK ? counts[i] : 0;
        tally->failed += status != ROW_OK && status != ROW_SKIPPED ? counts[i] : 0;
    }
    tally->has_unpriced = tally->done && isnan(cost_usd);
    tally->cost_usd = isnan(cost_usd) ? 0 : cost_usd - saved_usd;
    return 0;
}

static void load_work(struct store *store, void *ctx)
{
    struct resume *resume = ctx;
    const struct group_record *record = resume->record;
    if (adopt_load(&resume->adopt, store, record->pins_json))
        return;
    int rc = store_group_settle_intents(store, record->id, clock_wall_ms(), &resume->unknown_fate);
    if (!rc)
        rc = spending_load(store, record->id, resume->adopt.pins, &resume->spending);
    if (!rc)
        rc = load_tally(store, record, &resume->tally);
    if (!rc)
        rc = looks_load(store, record->id, resume->adopt.pins, &resume->looks);
    if (rc)
        resume->adopt.rc = as_err_set(&resume->adopt.err, rc, "%s", store_error(store));
}

static void load_done(void *ctx)
{
    struct resume *resume = ctx;
    struct engine *engine = resume->all->engine;
    if (resume->adopt.rc || engine->is_stopping)
        bring_back(resume);
    else
        adopt_start(&resume->adopt, engine->on.registry, bring_back, resume);
}

static void list_work(struct store *store, void *ctx)
{
    struct resume_all *all = ctx;
    int rc;
    if (all->only) {
        all->records = as_arena_alloc(&all->arena, sizeof(*all->records));
        rc = store_group_get(store, all->only, &all->arena, all->records);
        all->count = !rc;
    } else {
        rc = store_groups_unfinished(store, &all->arena, &all->records, &all->count);
    }
    if (rc)
        as_err_set(&all->err, rc, "unfinished runs cannot be read: %s", store_error(store));
}

static void list_done(void *ctx)
{
    struct resume_all *all = ctx;
    if (all->err.code)
        as_log_err("%s", all->err.msg);
    for (size_t i = 0; i < all->count && !all->engine->is_stopping; i++) {
        struct resume *resume = as_xcalloc(1, sizeof(*resume));
        resume->all = all;
        resume->record = &all->records[i];
        all->left++;
        db_write(all->engine->on.db, load_work, load_done, resume);
    }
    all_step(all);
}

/* run 0: every one. */
static void resume_begin(struct engine *engine, int64_t run, engine_resumed_fn done, void *ctx)
{
    struct resume_all *all = as_xcalloc(1, sizeof(*all));
    all->engine = engine;
    all->only = run;
    all->done = done;
    all->ctx = ctx;
    all->left = 1;
    engine->pending_starts++;
    db_read(engine->on.db, list_work, list_done, all);
}

void engine_resume(struct engine *engine, engine_resumed_fn done, void *ctx)
{
    resume_begin(engine, 0, done, ctx);
}

void engine_resume_run(struct engine *engine, int64_t run, engine_resumed_fn done, void *ctx)
{
    resume_begin(engine, run, done, ctx);
}
