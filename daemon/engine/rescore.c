/* A task is a list of targets (a group and one of its metrics), gone through one by one: set begun,
 * pass, report, set finished. `run rescore` has one target and keeps its scores, `plugin shadow`
 * has many and keeps none. Each step runs off the loop and comes back to the next. */
#include "daemon/engine/rescore.h"

#include "daemon/engine/pinned_report.h"
#include "daemon/engine/rescore_pass.h"
#include "daemon/engine/rescore_tally.h"
#include "daemon/engine/rescore_targets.h"
#include "daemon/engine/uses.h"
#include "daemon/plugin/params_check.h"
#include "lib/log.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_S 1e9
#define RUN_LIST_MAX 20 /* rows named in each list of an answer */
#define SHADOW_LIST_MAX 5

struct rescore {
    struct rescore *next;
    struct engine *engine;
    uint64_t id;
    struct plugin_version *version; /* a reference */
    int64_t run;                    /* 0: a shadow */
    uint32_t group_count;           /* of a shadow, at most */
    const char *metric;             /* that was asked for, or NULL */
    struct actor actor;
    rescore_done_fn done;
    rescore_progress_fn on_progress;
    void *ctx;
    struct rescore_targets targets;
    size_t at;
    int64_t rows_total, rows_before; /* of all targets, of those before the one at hand */
    uint64_t started_ns, last_progress_ns;
    int64_t set_id; /* 0: nothing is kept */
    struct pass *pass;
    struct tally *tally;
    struct as_json *results;
    int64_t flipped_verdicts;
    bool is_cancelled;
    int rc;
    struct as_err err;
    struct as_arena arena;
};

static void next_target(struct rescore *task);

static const struct rescore_target *target_of(const struct rescore *task)
{
    return &task->targets.at[task->at];
}

static int64_t rows_of(const struct rescore_target *target)
{
    const struct pins *pins = target->pins;
    return target->case_count * (int64_t)pins->member_count * pins->samples;
}

/* ---- the end ---- */

/* `run rescore` answers with its one result. */
static struct as_json *answer_of(struct rescore *task)
{
    if (task->run)
        return as_json_share(as_json_at(task->results, 0));
    struct as_json *json = as_json_object();
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(&task->version->hash, hex);
    as_json_set_str(json, "selector", task->version->selector);
    as_json_set_str(json, "hash", hex);
    as_json_set_int(json, "flipped_verdicts", task->flipped_verdicts);
    as_json_set_take(json, "runs", as_json_share(task->results));
    return json;
}

static void unlist(struct rescore *task)
{
    struct rescore **at = &task->engine->rescores;
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
}

static void task_over(struct rescore *task)
{
    unlist(task);
    task->done(task->ctx, task->rc ? NULL : answer_of(task), task->rc ? &task->err : NULL);
    rescore_targets_done(&task->targets);
    as_json_free(task->results);
    plugin_version_unref(task->version);
    as_arena_done(&task->arena);
    free(task);
}

static void drop_work(struct store *store, void *ctx)
{
    struct rescore *task = ctx;
    int rc = store_set_drop(store, task->set_id);
    if (!rc)
        rc = uses_release(store, &task->version->hash);
    if (rc)
        as_log_warn("run=%" PRId64 " the rest of score set %" PRId64
                    " goes with the next start: %s",
                    task->run, task->set_id, store_error(store));
}

static void drop_done(void *ctx)
{
    task_over(ctx);
}

/* Called by every step that comes back. False: the task is over, or on its way there. */
static bool goes_on(struct rescore *task)
{
    if (task->is_cancelled && !task->rc)
        task->rc = as_err_set(&task->err, AS_ECANCELED, "the re-scoring was cancelled");
    if (!task->rc)
        return true;
    if (task->is_cancelled)
        as_log_info("plugin=%s %s cancelled", task->version->selector,
                    task->run ? "re-scoring" : "shadow");
    tally_free(task->tally);
    task->tally = NULL;
    if (task->set_id)
        db_write(task->engine->on.db, drop_work, drop_done, task);
    else
        task_over(task);
    return false;
}

/* ---- a target's scores: kept and reported ---- */

struct report_step {
    struct rescore *task;
    struct pinned_report report;
    struct as_json *json;
    struct as_buf text; /* the same, written */
    bool is_flip;
    int rc;
    struct as_err err;
};

static void keep_result(struct rescore *task, struct as_json *json_take, bool is_flip)
{
    as_json_push_take(task->results, json_take);
    task->flipped_verdicts += is_flip;
    task->rows_before += rows_of(target_of(task));
    tally_free(task->tally);
    task->tally = NULL;
    task->at++;
}

static struct as_json *head_json(const struct rescore_target *target, int64_t set_id)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", target->run);
    as_json_set_str(json, "eval", target->pins->eval_name);
    if (set_id)
        as_json_set_int(json, "set", set_id);
    return json;
}

static void add_member(void *ctx, const char *key, struct as_json *value)
{
    as_json_set_take(ctx, key, as_json_share(value));
}

static void report_work(struct store *store, void *ctx)
{
    struct report_step *step = ctx;
    struct rescore *task = step->task;
    struct report_result before = {0}, after = {0};
    step->rc = report_build(store, &step->report.spec, &before, &step->err);
    step->report.spec.swap = tally_swap(task->tally);
    if (!step->rc)
        step->rc = report_build(store, &step->report.spec, &after, &step->err);
    if (!step->rc) {
        AS_CLEANUP_JSON struct as_json *moved = tally_to_json(task->tally, before.json, after.json);
        step->json = head_json(target_of(task), task->set_id);
        as_json_each(moved, add_member, step->json);
        as_json_write(step->json, &step->text);
        step->is_flip = tally_flips_verdict(before.json, after.json);
    }
    as_json_free(before.json);
    as_json_free(after.json);
}

static void finish_work(struct store *store, void *ctx)
{
    struct report_step *step = ctx;
    struct rescore *task = step->task;
    char target[AUDIT_TARGET_BYTES], detail[256];
    audit_target_of_run(task->run, target);
    snprintf(detail, sizeof(detail), "{\"score_set\":%" PRId64 ",\"scorer\":\"%s\"}", task->set_id,
             task->version->selector);
    struct audit_entry entry = {.at_ms = clock_wall_ms(),
                                .who = task->actor.who,
                                .action = "run.rescore",
                                .target = target,
                                .why = task->actor.why,
                                .detail_json = detail};
    step->rc = store_set_finish(store, task->set_id, as_buf_str(&step->text).ptr, &entry);
    if (step->rc)
        as_err_set(&step->err, step->rc, "the score set cannot be stored: %s", store_error(store));
}

/* The set is whole, or there is none. */
static void step_over(struct report_step *step)
{
    struct rescore *task = step->task;
    if (step->rc) {
        task->rc = step->rc;
        task->err = step->err;
        as_json_free(step->json);
    } else {
        keep_result(task, step->json, step->is_flip);
        if (task->set_id)
            as_log_info("run=%" PRId64 " plugin=%s re-scored: score set %" PRId64, task->run,
                        task->version->selector, task->set_id);
        task->set_id = 0;
    }
    as_buf_done(&step->text);
    free(step);
    if (goes_on(task))
        next_target(task);
}

static void finish_done(void *ctx)
{
    step_over(ctx);
}

static void report_done(void *ctx)
{
    struct report_step *step = ctx;
    struct rescore *task = step->task;
    if (!step->rc && task->is_cancelled)
        step->rc = as_err_set(&step->err, AS_ECANCELED, "the re-scoring was cancelled");
    if (!step->rc && task->set_id)
        db_write(task->engine->on.db, finish_work, finish_done, step);
    else
        step_over(step);
}

static void start_report(struct rescore *task)
{
    const struct rescore_target *target = target_of(task);
    struct report_step *step = as_xcalloc(1, sizeof(*step));
    step->task = task;
    pinned_report_init(&step->report, target->pins, target->run, target->dataset_id,
                       target->case_count);
    db_read(task->engine->on.db, report_work, report_done, step);
}

/* ---- a target's pass ---- */

static void on_row(void *ctx, const struct row_listing *row, const struct set_score *scored)
{
    struct rescore *task = ctx;
    tally_add(task->tally, row, scored);
}

static struct rescore_progress progress_of(const struct rescore *task)
{
    const struct rescore_target *target = target_of(task);
    double elapsed_s = (double)(clock_now_ns() - task->started_ns) / NS_PER_S;
    struct rescore_progress progress = {
        .run = task->run,
        .selector = task->version->selector,
        .metric = target->pins->metrics[target->metric].name,
        .requested_by = task->actor.who,
        .done = task->rows_before + pass_rows_done(task->pass),
        .total = task->rows_total,
        .rows_per_s = NAN,
        .eta_s = NAN,
    };
    if (progress.done && elapsed_s > 0) {
        progress.rows_per_s = (double)progress.done / elapsed_s;
        progress.eta_s = (double)(progress.total - progress.done) / progress.rows_per_s;
    }
    return progress;
}

static void on_step(void *ctx)
{
    struct rescore *task = ctx;
    uint64_t now_ns = clock_now_ns();
    if (now_ns - task->last_progress_ns < NS_PER_S / RESCORE_PROGRESS_PER_S)
        return;
    task->last_progress_ns = now_ns;
    struct rescore_progress progress = progress_of(task);
    task->on_progress(task->ctx, &progress);
}

static void on_pass_end(void *ctx, int rc, const struct as_err *err)
{
    struct rescore *task = ctx;
    task->pass = NULL;
    if (rc) {
        task->rc = rc;
        task->err = *err;
    }
    if (goes_on(task))
        start_report(task);
}

static void start_pass(struct rescore *task)
{
    const struct rescore_target *target = target_of(task);
    task->tally = tally_new(target->pins, target->metric, task->version, target->case_count,
                            task->run ? RUN_LIST_MAX : SHADOW_LIST_MAX);
    struct pass_options options = {
        .engine = task->engine,
        .version = task->version,
        .pins = target->pins,
        .group_id = target->run,
        .dataset_id = target->dataset_id,
        .metric = target->metric,
        .set_id = task->set_id,
        .on_row = on_row,
        .on_step = on_step,
        .on_end = on_pass_end,
        .ctx = task,
    };
    task->pass = pass_start(&options);
}

static void begin_work(struct store *store, void *ctx)
{
    struct rescore *task = ctx;
    const struct rescore_target *target = target_of(task);
    const struct pin_metric *metric = &target->pins->metrics[target->metric];
    struct score_set set = {
        .group_id = target->run,
        .metric = target->metric,
        .metric_name = metric->name,
        .selector = task->version->selector,
        .hash = task->version->hash,
        .params_json = metric->params_json,
        .requested_by = task->actor.who,
        .created_ms = clock_wall_ms(),
    };
    struct as_str source = {task->version->source, task->version->source_len};
    task->rc = store_set_begin(store, &set, source, &task->set_id);
    if (task->rc)
        as_err_set(&task->err, task->rc, "the score set cannot be stored: %s", store_error(store));
}

static void begin_done(void *ctx)
{
    struct rescore *task = ctx;
    if (goes_on(task))
        start_pass(task);
}

/* The parameters that the group gave the old version may not suit the new one. A shadow says so of
 * that group and goes on. */
static bool params_fit(struct rescore *task)
{
    const struct rescore_target *target = target_of(task);
    const struct pin_metric *metric = &target->pins->metrics[target->metric];
    struct as_err err = {0};
    if (!plugin_params_check(task->version, metric->params_json, &err))
        return true;
    as_err_prefix(&err, "%s with the parameters of metric '%s' of run %" PRId64,
                  task->version->selector, metric->name, target->run);
    if (task->run) {
        task->rc = err.code;
        task->err = err;
        return false;
    }
    struct as_json *json = head_json(target, 0);
    as_json_set_str(json, "metric", metric->name);
    as_json_set_str(json, "error", err.msg);
    keep_result(task, json, false);
    return false;
}

static void next_target(struct rescore *task)
{
    while (task->at < task->targets.count && !task->rc) {
        if (!params_fit(task))
            continue;
        if (task->run)
            db_write(task->engine->on.db, begin_work, begin_done, task);
        else
            start_pass(task);
        return;
    }
    task_over(task);
}

/* ---- finding the targets ---- */

static void find_work(struct store *store, void *ctx)
{
    struct rescore *task = ctx;
    const char *plugin = task->version->name;
    task->rc = task->run ? rescore_targets_of_run(store, task->run, plugin, task->metric,
                                                  &task->targets, &task->err)
                         : rescore_targets_of_last(store, plugin, task->group_count, &task->targets,
                                                   &task->err);
}

static void find_done(void *ctx)
{
    struct rescore *task = ctx;
    for (size_t i = 0; i < task->targets.count; i++)
        task->rows_total += rows_of(&task->targets.at[i]);
    task->started_ns = task->last_progress_ns = clock_now_ns();
    if (goes_on(task))
        next_target(task);
}

/* ---- start and cancel ---- */

static int say_rubric(const struct plugin_version *rubric, struct as_err *err)
{
    return as_err_set(
        err, AS_EINVAL,
        "%s is a rubric: its scores are made of the judge's answers to its questions, "
        "so other questions need other calls; only scorers can be re-scored",
        rubric->selector);
}

static int find_scorer(struct engine *engine, const char *selector,
                       struct plugin_version **ret_version, struct as_err *err)
{
    struct registry *registry = engine->on.registry;
    struct plugin_version *version = NULL;
    int rc = registry_find(registry, PLUGIN_SCORER, selector, &version, err);
    if (rc == AS_ENOENT && !registry_find(registry, PLUGIN_RUBRIC, selector, &version, NULL)) {
        rc = say_rubric(version, err);
        plugin_version_unref(version);
    }
    if (rc)
        return rc;
    if (version->state != PLUGIN_LIVE) {
        rc = as_err_set(err, AS_ESTATE, "%s is retired: its file is gone or has other bytes now",
                        version->selector);
        plugin_version_unref(version);
        return rc;
    }
    *ret_version = version;
    return 0;
}

static size_t live_count(const struct engine *engine)
{
    size_t live = 0;
    for (const struct rescore *task = engine->rescores; task; task = task->next)
        live++;
    return live;
}

int engine_rescore(struct engine *engine, const struct rescore_request *request, uint64_t *ret_id,
                   struct as_err *err)
{
    struct plugin_version *version = NULL;
    size_t live = live_count(engine);
    if (live >= RESCORE_LIVE_MAX)
        return as_err_set(err, AS_EBUSY, "%zu re-scorings are under way: try again later", live);
    int rc = find_scorer(engine, request->selector, &version, err);
    if (rc)
        return rc;
    struct rescore *task = as_xcalloc(1, sizeof(*task));
    task->engine = engine;
    task->id = ++engine->rescore_ids;
    task->version = version;
    task->run = request->run;
    task->group_count = request->group_count;
    task->metric = as_arena_strdup(&task->arena, request->metric);
    task->actor.who = as_arena_strdup(&task->arena, request->actor.who);
    task->actor.why = as_arena_strdup(&task->arena, request->actor.why);
    task->done = request->done;
    task->on_progress = request->on_progress;
    task->ctx = request->ctx;
    task->results = as_json_array();
    task->next = engine->rescores;
    engine->rescores = task;
    db_read(engine->on.db, find_work, find_done, task);
    *ret_id = task->id;
    return 0;
}

void engine_rescores_each(const struct engine *engine, rescore_progress_fn fn, void *ctx)
{
    for (const struct rescore *task = engine->rescores; task; task = task->next) {
        if (!task->pass)
            continue;
        struct rescore_progress progress = progress_of(task);
        fn(ctx, &progress);
    }
}

static void cancel(struct rescore *task)
{
    task->is_cancelled = true;
    if (task->pass)
        pass_cancel(task->pass);
}

void engine_rescore_cancel(struct engine *engine, uint64_t id)
{
    for (struct rescore *task = engine->rescores; task; task = task->next)
        if (task->id == id)
            cancel(task);
}

void engine_rescore_stop(struct engine *engine)
{
    for (struct rescore *task = engine->rescores; task; task = task->next)
        cancel(task);
}
