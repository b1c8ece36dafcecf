/* run.* and verdict.show: looking and watching. */
#include "daemon/control/handlers.h"
#include "daemon/engine/pinned_report.h"
#include "daemon/engine/spending.h"
#include "daemon/report/result_fit.h"
#include "daemon/report/result_looks.h"
#include "daemon/store/unknown_calls.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_CALLS_MAX 1000

struct control_watch {
    struct control_watch *next;
    uint64_t connection;
    int64_t run;
};

/* ---- list and show ---- */

/* The member names and the dataset of a group, out of its pins. */
static struct as_json *pins_of(const struct group_record *group)
{
    struct as_json *pins = NULL;
    bool is_there =
        group->pins_json && !as_json_parse(group->pins_json, strlen(group->pins_json), &pins, NULL);
    return is_there ? pins : as_json_object();
}

static struct as_json *shared(const struct as_json *object, const char *key)
{
    return as_json_share(as_json_get(object, key));
}

static void set_head(struct as_json *json, const struct group_record *group)
{
    as_json_set_int(json, "run", group->id);
    as_json_set_str(json, "eval", group->eval_name);
    as_json_set_str(json, "state", group_state_name(group->state));
    as_json_set_str(json, "outcome", group->outcome);
    as_json_set_str(json, "tag", group->tag);
    as_json_set_str(json, "requested_by", group->requested_by);
    control_set_time(json, "created_ms", group->created_ms);
    control_set_time(json, "ended_ms", group->ended_ms);
    as_json_set_str(json, "error", group->error);
}

static void list_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    uint32_t limit = control_limit(query->call);
    struct group_record *groups = NULL;
    size_t count = 0;
    int rc = store_groups_page(store, as_json_get_cstr(params, "eval"),
                               as_json_get_int(params, "before", 0), limit, &query->arena, &groups,
                               &count);
    if (rc) {
        control_store_failed(store, query, rc, "the list of runs");
        return;
    }
    struct as_json *runs = as_json_array();
    for (size_t i = 0; i < count; i++) {
        struct dataset_info info;
        struct as_json *run = as_json_object();
        set_head(run, &groups[i]);
        if (!store_dataset_get(store, groups[i].dataset_id, &query->arena, &info))
            as_json_set_str(run, "dataset",
                            as_arena_printf(&query->arena, "%s@%u", info.name, info.version));
        as_json_set_int(run, "cases", groups[i].case_count);
        as_json_set_int(run, "members", groups[i].member_count);
        as_json_push_take(runs, run);
    }
    query->result = as_json_object();
    as_json_set_take(query->result, "runs", runs);
    if (count == limit)
        as_json_set_int(query->result, "next", groups[count - 1].id);
}

void handle_run_list(void *ctx, struct control_call *call)
{
    control_read(ctx, call, list_work, NULL);
}

/* They are kept as the text that goes to the worker. */
static void set_params(struct as_json *json, const struct as_json *pin)
{
    struct as_json *params = NULL;
    struct as_str text = as_json_get_str(pin, "params");
    if (text.ptr && !as_json_parse(text.ptr, text.len, &params, NULL))
        as_json_set_take(json, "params", params);
}

static struct as_json *model_brief(const struct as_json *model)
{
    struct as_json *json = as_json_object();
    as_json_set_take(json, "model", shared(model, "name"));
    as_json_set_take(json, "id", shared(model, "id"));
    as_json_set_take(json, "provider", shared(model, "provider"));
    set_params(json, model);
    return json;
}

static struct as_json *metric_brief(const struct as_json *metric)
{
    struct as_json *json = as_json_object();
    as_json_set_take(json, "metric", shared(metric, "metric"));
    as_json_set_take(json, "selector", shared(metric, "selector"));
    as_json_set_take(json, "hash", shared(metric, "hash"));
    set_params(json, metric);
    as_json_set_take(json, "required", shared(metric, "required"));
    return json;
}

static struct as_json *pins_brief(const struct as_json *pins)
{
    struct as_json *json = as_json_object(), *models = as_json_array(), *plugins = as_json_array();
    const struct as_json *metrics = as_json_get(pins, "metrics");
    const struct as_json *members = as_json_get(pins, "members"),
                         *judge = as_json_get(pins, "judge");
    for (size_t i = 0; i < as_json_len(members); i++)
        as_json_push_take(models, model_brief(as_json_at(members, i)));
    for (size_t i = 0; i < as_json_len(metrics); i++)
        as_json_push_take(plugins, metric_brief(as_json_at(metrics, i)));
    as_json_set_take(json, "plugins", plugins);
    as_json_set_take(json, "judge", judge ? model_brief(judge) : NULL);
    as_json_set_take(json, "models", models);
    as_json_set_take(json, "gate", shared(pins, "gate"));
    as_json_set_take(json, "rank", shared(pins, "rank"));
    return json;
}

static void without_key(void *ctx, const char *name, struct as_json *value)
{
    if (strcmp(name, "key") != 0)
        as_json_set_take(ctx, name, as_json_share(value));
}

static struct as_json *model_without_key(const struct as_json *model)
{
    struct as_json *json = as_json_object();
    as_json_each(model, without_key, json);
    return json;
}

/* The pins as they are kept, but for the names of the models' keys. */
static void add_pinned(void *ctx, const char *name, struct as_json *value)
{
    struct as_json *shown = NULL;
    if (!strcmp(name, "members")) {
        shown = as_json_array();
        for (size_t i = 0; i < as_json_len(value); i++)
            as_json_push_take(shown, model_without_key(as_json_at(value, i)));
    } else {
        shown = strcmp(name, "judge") ? as_json_share(value) : model_without_key(value);
    }
    as_json_set_take(ctx, name, shown);
}

static void merge_member(void *ctx, const char *key, struct as_json *value)
{
    if (!as_json_has(ctx, key) || !strcmp(key, "outcome"))
        as_json_set_take(ctx, key, as_json_share(value));
}

static int64_t rows_done(struct store *store, const struct group_record *group)
{
    int64_t counts[PINS_MAX_MEMBERS * ROW_STATUS_COUNT], sum = 0;
    if (group->member_count > PINS_MAX_MEMBERS ||
        store_group_counts(store, group->id, group->member_count, counts))
        return 0;
    for (size_t i = 0; i < (size_t)group->member_count * ROW_STATUS_COUNT; i++)
        sum += counts[i];
    return sum;
}

struct as_json *control_run_json(struct store *store, const struct group_record *group)
{
    struct as_json *json = as_json_object(), *progress = as_json_object();
    struct as_json *pinned = as_json_object();
    AS_CLEANUP_JSON struct as_json *pins = pins_of(group);
    AS_CLEANUP_JSON struct as_json *result = NULL;
    const struct as_json *metrics = as_json_get(pins, "metrics");
    struct as_json *dataset = as_json_share(as_json_get(pins, "dataset"));
    set_head(json, group);
    as_json_each(pins, add_pinned, pinned);
    if (dataset)
        as_json_set_int(dataset, "cases", group->case_count);
    if (as_json_has(pins, "selection"))
        as_json_set_take(dataset, "selection", shared(pins, "selection"));
    as_json_set_take(json, "dataset", dataset);
    as_json_set_int(json, "unknown_fate", group->unknown_fate);
    as_json_set_int(json, "samples", group->sample_count);
    const struct as_json *primary =
        as_json_at(metrics, (size_t)as_json_get_int(pins, "primary", 0));
    as_json_set_take(json, "primary", shared(primary, "metric"));
    as_json_set_take(json, "pins", pins_brief(pins));
    as_json_set_take(json, "calls", shared(pins, "calls"));
    as_json_set_take(json, "pinned", pinned);
    as_json_set_int(progress, "done", rows_done(store, group));
    as_json_set_int(progress, "total",
                    group->case_count * group->member_count * group->sample_count);
    as_json_set_take(json, "progress", progress);
    if (group->result_json &&
        !as_json_parse(group->result_json, strlen(group->result_json), &result, NULL))
        as_json_each(result, merge_member, json);
    control_set_overrides(store, group, json);
    return json;
}

/* Which calls are of unknown fate: the last of them, should there be very many. */
static void set_unknown_calls(struct store *store, struct control_query *query,
                              const struct group_record *group)
{
    AS_CLEANUP_JSON struct as_json *pins = pins_of(group);
    const struct as_json *members = as_json_get(pins, "members");
    struct as_json *list = as_json_array();
    struct unknown_call *calls = NULL;
    size_t count = 0;
    int rc = store_unknown_calls(store, group->id, SHOWN_CALLS_MAX, &query->arena, &calls, &count);
    if (rc)
        control_store_failed(store, query, rc, "the calls of unknown fate");
    for (size_t i = 0; i < count && !rc; i++) {
        struct as_json *json = as_json_object();
        const struct row_key *row = &calls[i].row;
        as_json_set_str(json, "case", calls[i].case_id.ptr);
        as_json_set_take(json, "model", shared(as_json_at(members, row->member), "name"));
        as_json_set_int(json, "sample", row->sample);
        as_json_set_str(json, "role", calls[i].role == EXCHANGE_JUDGE ? "judge" : "model");
        as_json_set_int(json, "turn", calls[i].turn);
        as_json_set_int(json, "attempt", calls[i].attempt);
        as_json_set_int(json, "found_ms", calls[i].found_ms);
        as_json_push_take(list, json);
    }
    as_json_set_take(query->result, "unknown_calls", list);
}

/* Of a group that is not live: its books are made from the journal. */
static void set_budget(struct store *store, struct control_query *query,
                       const struct group_record *group)
{
    struct pins *pins = NULL;
    struct spending spending = {0};
    if (pins_from_json(group->pins_json, &pins, NULL))
        return; /* the rest of the answer does not need them */
    int rc = spending_load(store, group->id, pins, &spending);
    if (rc)
        control_store_failed(store, query, rc, "the budget's books");
    else
        as_json_set_take(query->result, "budget", spending_to_json(pins, &spending.budget));
    spending_done(&spending);
    pins_free(pins);
}

/* Of a group that has not ended: the looks that were made are all that is told of its scores, and
 * without looks nothing is, for whoever stopped it at a good moment would have made the verdict. */
static void set_looks(struct store *store, struct control_query *query,
                      const struct group_record *group)
{
    struct pins *pins = NULL;
    struct pinned_report report;
    struct as_json *looks = NULL;
    struct as_err err = {0};
    if (as_json_has(query->result, "looks") || pins_from_json(group->pins_json, &pins, NULL))
        return;
    pinned_report_init(&report, pins, group->id, group->dataset_id, group->case_count);
    int rc = looks_tell(store, &report.spec, group_state_is_final(group->state), &looks, &err);
    if (rc)
        control_store_failed(store, query, rc, "the run's looks");
    else if (looks)
        as_json_set_take(query->result, "looks", looks);
    pins_free(pins);
}

static int get_group(struct store *store, struct control_query *query,
                     struct group_record *ret_group)
{
    int64_t run = as_json_get_int(query->call->params, "run", 0);
    int rc = store_group_get(store, run, &query->arena, ret_group);
    if (rc)
        control_store_failed(store, query, rc, as_arena_printf(&query->arena, "run %" PRId64, run));
    return rc;
}

static void show_work(struct store *store, struct control_query *query)
{
    struct group_record group;
    if (get_group(store, query, &group))
        return;
    query->result = control_run_json(store, &group);
    control_set_score_sets(store, query, group.id);
    set_unknown_calls(store, query, &group);
    set_budget(store, query, &group);
    set_looks(store, query, &group);
    control_set_reference(store, query, group.id);
    AS_CLEANUP_JSON struct as_json *pins = pins_of(&group);
    int rc = control_set_journal(store, query, group.id, pins, query->result);
    if (rc)
        control_store_failed(store, query, rc, "what the run reused");
    result_fit(query->result, CONTROL_RUN_MAX_BYTES);
}

/* What the engine knows and the store does not yet. */
static void finish_live(struct control_query *query)
{
    struct run_progress progress;
    int64_t run = as_json_get_int(query->call->params, "run", 0);
    control_set_rescoring(query, run);
    if (engine_progress(query->app->engine, run, &progress))
        return;
    struct as_json *json = query->result, *live = as_json_object();
    as_json_set_str(json, "state", group_state_name(progress.state));
    if (progress.error[0])
        as_json_set_str(json, "error", progress.error);
    as_json_set_int(live, "done", progress.done);
    as_json_set_int(live, "total", progress.total);
    as_json_set_take(json, "progress", live);
    struct as_json *budget = engine_budget(query->app->engine, run);
    if (budget)
        as_json_set_take(json, "budget", budget);
}

void handle_run_show(void *ctx, struct control_call *call)
{
    control_read(ctx, call, show_work, finish_live);
}

/* ---- watch ---- */

static void add_watch(struct control_app *app, uint64_t connection, int64_t run)
{
    for (const struct control_watch *watch = app->watches; watch; watch = watch->next)
        if (watch->connection == connection && watch->run == run)
            return;
    struct control_watch *watch = as_xmalloc(sizeof(*watch));
    *watch = (struct control_watch){app->watches, connection, run};
    app->watches = watch;
}

static void drop_watches(struct control_app *app, uint64_t connection, int64_t run)
{
    struct control_watch **at = &app->watches;
    while (*at) {
        struct control_watch *watch = *at;
        bool is_meant =
            (!connection || watch->connection == connection) && (!run || watch->run == run);
        if (!is_meant) {
            at = &watch->next;
            continue;
        }
        *at = watch->next;
        free(watch);
    }
}

static struct as_json *troubles_json(const struct troubles *troubles)
{
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < troubles->count; i++) {
        const struct trouble *trouble = &troubles->items[i];
        struct as_json *json = as_json_object();
        as_json_set_str(json, "status", row_status_name(trouble->status));
        as_json_set_str(json, "error_class", trouble->error_class);
        as_json_set_str(json, "error", trouble->text);
        as_json_set_int(json, "count", trouble->count);
        control_set_time(json, "last_ms", trouble->last_ms);
        as_json_push_take(list, json);
    }
    return list;
}

static struct as_json *progress_json(const struct run_progress *progress)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", progress->run);
    as_json_set_str(json, "state", group_state_name(progress->state));
    as_json_set_int(json, "done", progress->done);
    as_json_set_int(json, "total", progress->total);
    as_json_set_int(json, "ok", progress->ok);
    as_json_set_int(json, "failed", progress->failed);
    as_json_set_int(json, "in_flight", progress->in_flight);
    as_json_set_num(json, "cost_usd", progress->cost_usd);
    as_json_set_num(json, "rows_per_s", progress->rows_per_s);
    as_json_set_num(json, "eta_s", progress->eta_s);
    as_json_set_int(json, "calls_in_flight", progress->calls_in_flight);
    as_json_set_take(json, "errors", troubles_json(progress->troubles));
    return json;
}

void control_on_progress(void *ctx, int64_t run)
{
    struct control_app *app = ctx;
    struct run_progress progress;
    if (!app->server || engine_progress(app->engine, run, &progress))
        return;
    for (const struct control_watch *watch = app->watches; watch; watch = watch->next)
        if (watch->run == run)
            control_notify(app->server, watch->connection, "run.progress",
                           progress_json(&progress));
}

struct ended_query {
    struct control_app *app;
    int64_t run;
    uint64_t connection; /* 0 = every watcher of the run */
    struct as_arena arena;
    struct group_record group;
    int rc;
};

static void ended_work(struct store *store, void *ctx)
{
    struct ended_query *query = ctx;
    query->rc = store_group_get(store, query->run, &query->arena, &query->group);
}

static struct as_json *ended_json(const struct ended_query *query)
{
    struct as_json *json = as_json_object();
    struct run_progress progress;
    bool is_standing = !engine_progress(query->app->engine, query->run, &progress);
    as_json_set_int(json, "run", query->run);
    as_json_set_str(json, "state",
                    group_state_name(is_standing ? progress.state : query->group.state));
    as_json_set_str(json, "outcome", query->rc ? NULL : query->group.outcome);
    as_json_set_str(json, "error",
                    is_standing ? progress.error
                    : query->rc ? NULL
                                : query->group.error);
    return json;
}

static void ended_done(void *ctx)
{
    struct ended_query *query = ctx;
    struct control_app *app = query->app;
    for (const struct control_watch *watch = app->watches; watch && app->server;
         watch = watch->next) {
        bool is_meant = watch->run == query->run &&
                        (!query->connection || watch->connection == query->connection);
        if (is_meant)
            control_notify(app->server, watch->connection, "run.ended", ended_json(query));
    }
    drop_watches(app, query->connection, query->run);
    as_arena_done(&query->arena);
    free(query);
}

static void tell_ended(struct control_app *app, int64_t run, uint64_t connection)
{
    struct ended_query *query = as_xcalloc(1, sizeof(*query));
    query->app = app;
    query->run = run;
    query->connection = connection;
    db_read(app->db, ended_work, ended_done, query);
}

void control_on_ended(void *ctx, int64_t run)
{
    tell_ended(ctx, run, 0);
}

void control_on_closed(void *ctx, uint64_t connection)
{
    drop_watches(ctx, connection, 0);
    control_drop_imports(ctx, connection);
    control_cancel_rescores(ctx, connection);
    control_drop_event_watches(ctx, connection);
}

static void watch_work(struct store *store, struct control_query *query)
{
    struct group_record group;
    if (get_group(store, query, &group))
        return;
    query->result = as_json_object();
    as_json_set_int(query->result, "run", group.id);
    as_json_set_str(query->result, "state", group_state_name(group.state));
    as_json_set_str(query->result, "outcome", group.outcome);
    as_json_set_int(query->result, "done", rows_done(store, &group));
    as_json_set_int(query->result, "total",
                    group.case_count * group.member_count * group.sample_count);
}

static void watch_finish(struct control_query *query)
{
    struct control_app *app = query->app;
    int64_t run = as_json_get_int(query->call->params, "run", 0);
    struct run_progress progress;
    bool is_live = !engine_progress(app->engine, run, &progress) &&
                   progress.state != GROUP_FAILED && progress.state != GROUP_FAULTED;
    if (is_live) {
        as_json_set_int(query->result, "done", progress.done);
        as_json_set_str(query->result, "state", group_state_name(progress.state));
    }
    add_watch(app, query->call->connection, run);
    if (!is_live)
        tell_ended(app, run, query->call->connection);
}

void handle_run_watch(void *ctx, struct control_call *call)
{
    control_read(ctx, call, watch_work, watch_finish);
}

/* ---- verdict ---- */

static void verdict_work(struct store *store, struct control_query *query)
{
    struct group_record group;
    AS_CLEANUP_JSON struct as_json *result = NULL;
    if (get_group(store, query, &group))
        return;
    if (!group_state_is_final(group.state)) {
        query->rc =
            as_err_set(&query->err, AS_ESTATE,
                       "run %" PRId64 " is still %s: wait with `assayctl run watch %" PRId64 "`",
                       group.id, group_state_name(group.state), group.id);
        return;
    }
    if (group.result_json &&
        as_json_parse(group.result_json, strlen(group.result_json), &result, &query->err)) {
        query->rc = AS_ECORRUPT;
        return;
    }
    struct as_json *json = as_json_object(), *verdicts = shared(result, "verdicts");
    as_json_set_int(json, "run", group.id);
    as_json_set_str(json, "eval", group.eval_name);
    as_json_set_str(json, "state", group_state_name(group.state));
    as_json_set_str(json, "outcome", group.outcome);
    as_json_set_take(json, "headline", shared(result, "headline"));
    as_json_set_take(json, "candidates", verdicts ? verdicts : as_json_array());
    as_json_set_take(json, "warnings", shared(result, "warnings"));
    as_json_set_take(json, "recommendations", shared(result, "recommendations"));
    as_json_set_take(json, "best_of", shared(result, "best_of"));
    control_set_overrides(store, &group, json);
    query->result = json;
}

void handle_verdict_show(void *ctx, struct control_call *call)
{
    control_read(ctx, call, verdict_work, NULL);
}
