/* After a restart: every group that is not final is brought back from its pins; and one that had
 * ended and was opened again. Its plugins are
 * adopted from the stored sources, calls of unknown fate are counted, and the feed skips the rows
 * that are done. */
#include "daemon/engine/engine.h"

#include "daemon/engine/group.h"
#include "daemon/engine/lanes.h"
#include "daemon/store/unknown_calls.h"

#include "lib/log.h"

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

/* One plugin version that has to be adopted, and the group that waits for it. */
struct adoption {
    struct resume *resume;
    struct as_sha256 hash;
    struct as_str source;
    const char *label;
    struct plugin_version **slot;
};

struct resume {
    struct resume_all *all;
    const struct group_record *record;
    struct pins *pins;
    struct spending spending;
    struct adoption *adoptions;
    size_t adoption_count, adoptions_left;
    int64_t done_before, unknown_fate;
    int rc;
    struct as_err err;
    struct as_arena arena;
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
    if (resume->rc) {
        as_log_err("group=%lld cannot be resumed now: %s", (long long)resume->record->id,
                   resume->err.msg);
        all->err = resume->err;
    }
    pins_free(resume->pins);
    spending_done(&resume->spending);
    as_arena_done(&resume->arena);
    free(resume);
    all_step(all);
}

static void bring_back(struct resume *resume)
{
    struct engine *engine = resume->all->engine;
    if (!resume->rc)
        resume->rc = lanes_open(engine, resume->pins, &resume->err);
    if (!resume->rc && !engine->is_stopping) {
        struct group *group = as_xcalloc(1, sizeof(*group));
        group->id = resume->record->id;
        group->dataset_id = resume->record->dataset_id;
        group->case_count = resume->record->case_count;
        group->state = resume->record->state;
        group->is_resumed = true;
        group->done_before = resume->done_before;
        group->pins = resume->pins;
        group->spending = resume->spending;
        resume->pins = NULL;
        resume->spending = (struct spending){0};
        if (resume->unknown_fate)
            as_log_warn("group=%lld %lld calls were under way when assayd ended: their fate is "
                        "unknown, they are sent again",
                        (long long)group->id, (long long)resume->unknown_fate);
        engine_add_group(engine, group);
    }
    resume_over(resume);
}

static void on_adopted(void *ctx, struct plugin_version *version, const char *reason)
{
    struct adoption *adoption = ctx;
    struct resume *resume = adoption->resume;
    if (version)
        *adoption->slot = version;
    else if (!resume->rc)
        resume->rc = as_err_set(&resume->err, AS_EPLUGIN, "plugin %s: %s", adoption->label, reason);
    if (--resume->adoptions_left == 0)
        bring_back(resume);
}

static void count_slot(void *ctx, const struct as_sha256 *hash, const char *label,
                       struct plugin_version **slot)
{
    (void)hash, (void)label, (void)slot;
    ++*(size_t *)ctx;
}

static void add_slot(void *ctx, const struct as_sha256 *hash, const char *label,
                     struct plugin_version **slot)
{
    struct resume *resume = ctx;
    resume->adoptions[resume->adoption_count++] =
        (struct adoption){.resume = resume, .hash = *hash, .label = label, .slot = slot};
}

static void load_work(struct store *store, void *ctx)
{
    struct resume *resume = ctx;
    const struct group_record *record = resume->record;
    size_t slots = 0;
    resume->rc = pins_from_json(record->pins_json, &resume->pins, &resume->err);
    if (resume->rc)
        return;
    pins_each_plugin(resume->pins, count_slot, &slots);
    resume->adoptions = as_arena_alloc(&resume->arena, slots * sizeof(*resume->adoptions));
    pins_each_plugin(resume->pins, add_slot, resume);
    for (size_t i = 0; i < resume->adoption_count && !resume->rc; i++) {
        struct adoption *adoption = &resume->adoptions[i];
        resume->rc = store_source_get(store, &adoption->hash, &resume->arena, &adoption->label,
                                      &adoption->source);
    }
    if (!resume->rc)
        resume->rc =
            store_group_settle_intents(store, record->id, clock_wall_ms(), &resume->unknown_fate);
    if (!resume->rc)
        resume->rc = spending_load(store, record->id, resume->pins, &resume->spending);
    int64_t counts[PINS_MAX_MEMBERS * ROW_STATUS_COUNT];
    if (!resume->rc)
        resume->rc = store_group_counts(store, record->id, record->member_count, counts);
    if (resume->rc) {
        as_err_set(&resume->err, resume->rc, "%s", store_error(store));
        return;
    }
    for (size_t i = 0; i < (size_t)record->member_count * ROW_STATUS_COUNT; i++)
        resume->done_before += counts[i];
}

static void load_done(void *ctx)
{
    struct resume *resume = ctx;
    struct registry *registry = resume->all->engine->on.registry;
    if (resume->rc || !resume->adoption_count || resume->all->engine->is_stopping) {
        bring_back(resume);
        return;
    }
    resume->adoptions_left = resume->adoption_count;
    for (size_t i = 0; i < resume->adoption_count; i++) {
        struct adoption *adoption = &resume->adoptions[i];
        registry_adopt(registry, adoption->label, adoption->source, on_adopted, adoption);
    }
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
