/* How a group comes to be: the dataset is found, names are resolved into pins, keys are read, the
 * pins and the plugins' sources are stored, and only then does the first row start. */
#include "daemon/engine/engine.h"

#include "daemon/engine/baseline.h"
#include "daemon/engine/events.h"
#include "daemon/engine/group.h"
#include "daemon/engine/group_events.h"
#include "daemon/engine/lanes.h"
#include "daemon/engine/looks.h"
#include "daemon/engine/names.h"
#include "daemon/engine/plan.h"
#include "daemon/engine/recordings.h"
#include "daemon/engine/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SELECT_PAGE_CASES 256

struct start {
    struct engine *engine;
    struct eval_set *evals; /* keeps eval alive */
    const struct eval_def *eval;
    struct eval_def changed;        /* what eval is then, when another baseline was set for it */
    const char *said;               /* of that; NULL: the baseline is the file's */
    struct run_overrides overrides; /* its names are in the arena */
    struct journal_rules journal;   /* when they have some */
    const char *requested_by, *tag, *why;
    struct schedule_slot slot;
    bool has_slot;
    engine_started_fn done;
    void (*note)(void *ctx, const char *sentence);
    engine_planned_fn planned; /* instead of done: nothing is to be started */
    struct as_json *plan;
    void *ctx;
    struct dataset_info dataset;
    struct selection selection;
    struct pins *pins;
    struct as_buf pins_text;
    struct group_record record;
    int64_t run;
    int rc;
    struct as_err err;
    struct as_arena arena;
};

static void start_over(struct start *start)
{
    start->engine->pending_starts--;
    const struct as_err *err = start->rc ? &start->err : NULL;
    if (!err && start->note && start->said)
        start->note(start->ctx, start->said);
    if (start->planned)
        start->planned(start->ctx, start->plan, err);
    else
        start->done(start->ctx, err ? 0 : start->run, err);
    pins_free(start->pins);
    selection_done(&start->selection);
    as_buf_done(&start->pins_text);
    as_arena_done(&start->arena);
    eval_set_unref(start->evals);
    free(start);
}

static void put_source(void *ctx, const struct as_sha256 *hash, const char *label,
                       struct plugin_version **slot)
{
    struct {
        struct store *store;
        int rc;
    } *put = ctx;
    if (!put->rc)
        put->rc = store_source_put(put->store, hash, label,
                                   (struct as_str){(*slot)->source, (*slot)->source_len});
}

static void create_work(struct store *store, void *ctx)
{
    struct start *start = ctx;
    struct {
        struct store *store;
        int rc;
    } put = {store, 0};
    pins_each_plugin(start->pins, put_source, &put);
    struct audit_entry entry = {.at_ms = start->record.created_ms,
                                .who = start->requested_by,
                                .action = "run.start",
                                .why = start->why};
    struct event event = group_started_event(
        &start->record, start->has_slot ? start->slot.schedule : NULL, &start->arena);
    struct group_birth birth = {.group = &start->record,
                                .case_seqs = start->selection.seqs,
                                .entry = &entry,
                                .slot = start->has_slot ? &start->slot : NULL,
                                .event = &event};
    start->rc = put.rc ? put.rc : store_group_start(store, &birth, &start->run);
    if (!start->rc) /* it may have a list of cases of its own */
        start->rc = store_group_get(store, start->run, &start->arena, &start->record);
    if (start->rc)
        as_err_set(&start->err, start->rc, "cannot store the run: %s", store_error(store));
}

static void create_done(void *ctx)
{
    struct start *start = ctx;
    struct engine *engine = start->engine;
    if (!start->rc)
        events_poke(engine->on.events);
    if (!start->rc && !engine->is_stopping)
        engine_add_group(engine, group_new(&start->record, &start->pins));
    start_over(start);
}

static void plan_work(struct store *store, void *ctx)
{
    struct start *start = ctx;
    struct plan_spec spec = {
        .pins = start->pins,
        .dataset_id = start->dataset.id,
        .selection = &start->selection,
        .now_ms = clock_wall_ms(),
    };
    start->rc = plan_make(store, &spec, &start->plan, &start->err);
}

static void plan_done(void *ctx)
{
    start_over(ctx);
}

/* Names become pins. */
static int resolve(struct start *start)
{
    struct engine *engine = start->engine;
    int rc = pins_resolve(start->eval, engine->config, engine->on.registry, &start->dataset,
                          &start->overrides, &start->pins, &start->err);
    if (rc && start->said)
        as_err_prefix(&start->err, "%s", start->said);
    return rc;
}

static void found_done(void *ctx)
{
    struct start *start = ctx;
    struct engine *engine = start->engine;
    if (!start->rc)
        start->rc = resolve(start);
    if (!start->rc && start->planned && !engine->is_stopping) {
        lanes_take_limits(engine, start->pins);
        db_read(engine->on.db, plan_work, plan_done, start);
        return;
    }
    if (!start->rc)
        start->rc = spending_check(start->pins, &start->err);
    if (!start->rc)
        start->rc = lanes_open(engine, start->pins, &start->err);
    if (start->rc || engine->is_stopping) {
        start->rc =
            start->rc ? start->rc : as_err_set(&start->err, AS_ECANCELED, "assayd is stopping");
        start_over(start);
        return;
    }
    AS_CLEANUP_JSON struct as_json *json = pins_to_json(start->pins);
    as_json_write(json, &start->pins_text);
    start->record = (struct group_record){
        .eval_name = start->eval->name,
        .state = GROUP_RUNNING,
        .dataset_id = start->dataset.id,
        .case_count = start->selection.count,
        .member_count = (uint32_t)start->pins->member_count,
        .sample_count = start->pins->samples,
        .pins_json = start->pins_text.ptr,
        .requested_by = start->requested_by,
        .tag = start->tag,
        .created_ms = clock_wall_ms(),
    };
    db_write(engine->on.db, create_work, create_done, start);
}

static void offer_case(void *ctx, const struct case_record *record)
{
    selector_add(ctx, record);
}

static int offer_pages(struct store *store, const struct dataset_info *dataset,
                       struct selector *selector)
{
    struct as_arena arena = {0};
    int rc = 0;
    size_t count = 1;
    for (int64_t seq = 0; !rc && count; seq += (int64_t)count) {
        struct case_record *cases = NULL;
        rc = store_cases_page(store, dataset->id, seq, SELECT_PAGE_CASES, &arena, &cases, &count);
        for (size_t i = 0; i < count && !rc; i++)
            selector_add(selector, &cases[i]);
        as_arena_reset(&arena);
    }
    as_arena_done(&arena);
    return rc;
}

static int choose_cases(struct store *store, struct start *start)
{
    const struct dataset_info *dataset = &start->dataset;
    struct selector *selector = selector_new(&start->overrides.selection);
    int rc =
        selector_needs_json(selector)
            ? offer_pages(store, dataset, selector)
            : store_case_heads_each(store, dataset->id, dataset->case_count, offer_case, selector);
    if (rc)
        as_err_set(&start->err, rc, "%s", store_error(store));
    else
        rc = selector_choose(selector, dataset->name, &start->selection, &start->err);
    selector_free(selector);
    return rc;
}

static int select_cases(struct store *store, struct start *start)
{
    struct selection_rules *rules = &start->overrides.selection;
    int64_t all = start->dataset.case_count;
    if (!rules->max_cases)
        rules->max_cases = start->eval->max_cases;
    int rc = selection_check(rules, &start->err);
    if (rc || selection_is_chosen(rules))
        return rc ? rc : choose_cases(store, start);
    start->selection.count = rules->max_cases && rules->max_cases < all ? rules->max_cases : all;
    return 0;
}

/* Members that are not called need answers in the cases. */
static int check_recordings(struct store *store, struct start *start)
{
    const struct run_overrides *overrides = &start->overrides;
    const char *const *names = overrides->models ? overrides->models : start->eval->candidates;
    size_t count = overrides->models ? overrides->model_count : start->eval->candidate_count;
    int rc = recordings_check(store, &start->dataset, &start->selection, start->eval->baseline,
                              &start->err);
    for (size_t i = 0; i < count && !rc; i++)
        rc = recordings_check(store, &start->dataset, &start->selection, names[i], &start->err);
    return rc;
}

/* A baseline that a person set goes before that of the file. */
static int find_baseline(struct store *store, struct start *start)
{
    struct baseline_pin pin;
    int rc = store_baseline_member(store, start->eval->name, &start->arena, &pin);
    if (rc)
        return rc == AS_ENOENT ? 0 : as_err_set(&start->err, rc, "%s", store_error(store));
    if (baseline_apply(start->eval, &pin, &start->changed)) {
        start->said = baseline_sentence(start->eval, &pin, &start->changed, &start->arena);
        start->eval = &start->changed;
    }
    return 0;
}

static void find_work(struct store *store, void *ctx)
{
    struct start *start = ctx;
    start->rc = store_dataset_find(store, start->eval->dataset, &start->arena, &start->dataset);
    if (start->rc == AS_ENOENT)
        start->rc = names_dataset_missing(store, start->eval->dataset, &start->err);
    else if (start->rc)
        as_err_set(&start->err, start->rc, "%s", store_error(store));
    if (!start->rc)
        start->rc = find_baseline(store, start);
    if (!start->rc)
        start->rc = select_cases(store, start);
    if (!start->rc)
        start->rc = check_recordings(store, start);
    if (!start->rc && start->eval->early_stop.looks && !start->overrides.has_no_looks)
        start->rc =
            looks_check(store, start->eval, &start->dataset, &start->selection, &start->err);
    if (start->rc)
        as_err_prefix(&start->err, "eval '%s'", start->eval->name);
}

static struct start *start_new(struct engine *engine, const struct engine_request *request,
                               void *ctx)
{
    struct start *start = as_xcalloc(1, sizeof(*start));
    start->engine = engine;
    start->evals = eval_set_ref(request->evals);
    start->eval = request->eval;
    start->overrides = request->overrides;
    selection_copy(&request->overrides.selection, &start->arena, &start->overrides.selection);
    start->requested_by = as_arena_strdup(&start->arena, request->requested_by);
    start->tag = as_arena_strdup(&start->arena, request->tag);
    start->why = as_arena_strdup(&start->arena, request->why);
    start->note = request->note;
    start->has_slot = request->slot != NULL;
    if (request->slot)
        start->slot = (struct schedule_slot){
            as_arena_strdup(&start->arena, request->slot->eval),
            as_arena_strdup(&start->arena, request->slot->schedule), request->slot->due_ms};
    start->ctx = ctx;
    const char **models = NULL;
    if (request->overrides.models) {
        models =
            as_arena_alloc(&start->arena, (request->overrides.model_count + 1) * sizeof(*models));
        for (size_t i = 0; i < request->overrides.model_count; i++)
            models[i] = as_arena_strdup(&start->arena, request->overrides.models[i]);
    }
    start->overrides.models = models;
    if (request->overrides.journal) {
        start->journal = *request->overrides.journal;
        start->overrides.journal = &start->journal;
    }
    return start;
}

static void begin(struct start *start)
{
    start->engine->pending_starts++;
    db_read(start->engine->on.db, find_work, found_done, start);
}

void engine_start(struct engine *engine, const struct engine_request *request,
                  engine_started_fn done, void *ctx)
{
    struct start *start = start_new(engine, request, ctx);
    start->done = done;
    begin(start);
}

void engine_plan(struct engine *engine, const struct engine_request *request,
                 engine_planned_fn planned, void *ctx)
{
    struct start *start = start_new(engine, request, ctx);
    start->planned = planned;
    begin(start);
}
