/* run.rescore and plugin.shadow: long calls, answered when the work is done and given up when the
 * caller has gone; and the score sets that were kept: run.scores, run.drop_scores. */
#include "daemon/control/handlers.h"
#include "daemon/engine/rescore.h"
#include "daemon/engine/uses.h"
#include "daemon/store/score_sets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct control_rescore { /* a call that waits for its answer */
    struct control_rescore *next;
    struct control_app *app;
    struct control_call *call;
    uint64_t connection, id;
};

static void on_done(void *ctx, struct as_json *result_take, const struct as_err *err)
{
    struct control_rescore *waiting = ctx;
    struct control_rescore **at = &waiting->app->rescores;
    while (*at != waiting)
        at = &(*at)->next;
    *at = waiting->next;
    if (err)
        control_fail(waiting->call, err);
    else
        control_reply(waiting->call, result_take);
    free(waiting);
}

static struct control_rescore *waiting_new(struct control_app *app, struct control_call *call)
{
    struct control_rescore *waiting = as_xcalloc(1, sizeof(*waiting));
    waiting->app = app;
    waiting->call = call;
    waiting->connection = call->connection;
    return waiting;
}

/* rc 0: it waits from now on. */
static void started(struct control_rescore *waiting, int rc, const struct as_err *err)
{
    if (rc) {
        control_fail(waiting->call, err);
        free(waiting);
        return;
    }
    waiting->next = waiting->app->rescores;
    waiting->app->rescores = waiting;
}

static struct as_json *progress_json(const struct rescore_progress *progress)
{
    struct as_json *json = as_json_object();
    as_json_set_take(json, "run", progress->run ? as_json_new_int(progress->run) : NULL);
    as_json_set_str(json, "selector", progress->selector);
    as_json_set_str(json, "metric", progress->metric);
    as_json_set_int(json, "done", progress->done);
    as_json_set_int(json, "total", progress->total);
    as_json_set_num(json, "rows_per_s", progress->rows_per_s);
    as_json_set_num(json, "eta_s", progress->eta_s);
    as_json_set_str(json, "requested_by", progress->requested_by);
    return json;
}

static void on_progress(void *ctx, const struct rescore_progress *progress)
{
    const struct control_rescore *waiting = ctx;
    if (waiting->app->server)
        control_notify(waiting->app->server, waiting->connection, "rescore.progress",
                       progress_json(progress));
}

/* The request names what to score; who asks and is told is the same for both methods. */
static void start(struct control_app *app, struct control_call *call,
                  struct rescore_request *request)
{
    struct as_err err = {0};
    struct control_rescore *waiting = waiting_new(app, call);
    char who[CONTROL_WHO_BYTES];
    control_who(call, who);
    request->actor = (struct actor){who, as_json_get_cstr(call->params, "why")};
    request->done = on_done;
    request->on_progress = on_progress;
    request->ctx = waiting;
    int rc = engine_rescore(app->engine, request, &waiting->id, &err);
    started(waiting, rc, &err);
}

void handle_run_rescore(void *ctx, struct control_call *call)
{
    struct rescore_request request = {
        .run = as_json_get_int(call->params, "run", 0),
        .selector = as_json_get_cstr(call->params, "scorer"),
        .metric = as_json_get_cstr(call->params, "metric"),
    };
    start(ctx, call, &request);
}

void handle_plugin_shadow(void *ctx, struct control_call *call)
{
    struct rescore_request request = {
        .group_count = (uint32_t)as_json_get_int(call->params, "last", RESCORE_SHADOW_GROUPS),
        .selector = as_json_get_cstr(call->params, "selector"),
    };
    start(ctx, call, &request);
}

void control_cancel_rescores(struct control_app *app, uint64_t connection)
{
    for (const struct control_rescore *at = app->rescores; at; at = at->next)
        if (at->connection == connection)
            engine_rescore_cancel(app->engine, at->id);
}

struct rescoring {
    int64_t run;
    struct as_json *list;
};

static void add_rescoring(void *ctx, const struct rescore_progress *progress)
{
    const struct rescoring *rescoring = ctx;
    if (progress->run == rescoring->run)
        as_json_push_take(rescoring->list, progress_json(progress));
}

void control_set_rescoring(struct control_query *query, int64_t run)
{
    struct rescoring rescoring = {run, as_json_array()};
    engine_rescores_each(query->app->engine, add_rescoring, &rescoring);
    as_json_set_take(query->result, "rescoring", rescoring.list);
}

/* ---- what was kept ---- */

static struct as_json *set_json(const struct score_set *set)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "set", set->id);
    as_json_set_str(json, "metric", set->metric_name);
    as_json_set_str(json, "selector", set->selector);
    control_set_hash(json, "hash", &set->hash);
    as_json_set_int(json, "scored", set->scored);
    as_json_set_int(json, "errors", set->errors);
    as_json_set_str(json, "requested_by", set->requested_by);
    as_json_set_int(json, "created_ms", set->created_ms);
    return json;
}

void control_set_score_sets(struct store *store, struct control_query *query, int64_t run)
{
    struct score_set *sets = NULL;
    size_t count = 0;
    struct as_json *list = as_json_array();
    int rc = store_sets_of_group(store, run, &query->arena, &sets, &count);
    if (rc)
        control_store_failed(store, query, rc, "the score sets");
    for (size_t i = 0; i < count && !rc; i++)
        as_json_push_take(list, set_json(&sets[i]));
    as_json_set_take(query->result, "score_sets", list);
}

/* The set that the call names, or the answer is why not. */
static int get_set(struct store *store, struct control_query *query, struct score_set *ret_set,
                   const char **ret_summary)
{
    int64_t run = as_json_get_int(query->call->params, "run", 0),
            set = as_json_get_int(query->call->params, "set", 0);
    int rc = store_set_get(store, run, set, &query->arena, ret_set, ret_summary);
    if (rc)
        control_store_failed(
            store, query, rc,
            as_arena_printf(&query->arena, "score set %" PRId64 " of run %" PRId64, set, run));
    return rc;
}

static void add_summary(struct store *store, struct control_query *query)
{
    struct score_set set;
    const char *text = NULL;
    struct as_json *summary = NULL;
    if (get_set(store, query, &set, &text))
        return;
    if (text && as_json_parse(text, strlen(text), &summary, &query->err)) {
        query->rc = AS_ECORRUPT;
        return;
    }
    struct as_json *list = as_json_array(), *json = set_json(&set);
    as_json_set_take(json, "summary", summary);
    as_json_push_take(list, json);
    as_json_set_take(query->result, "score_sets", list);
}

static void scores_work(struct store *store, struct control_query *query)
{
    struct group_record group;
    int64_t run = as_json_get_int(query->call->params, "run", 0);
    int rc = store_group_get(store, run, &query->arena, &group);
    if (rc) {
        control_store_failed(store, query, rc, as_arena_printf(&query->arena, "run %" PRId64, run));
        return;
    }
    query->result = as_json_object();
    as_json_set_int(query->result, "run", run);
    as_json_set_str(query->result, "eval", group.eval_name);
    if (as_json_has(query->call->params, "set"))
        add_summary(store, query);
    else
        control_set_score_sets(store, query, run);
}

void handle_run_scores(void *ctx, struct control_call *call)
{
    control_read(ctx, call, scores_work, NULL);
}

static int delete_set(struct store *store, const struct control_call *call,
                      const struct score_set *set)
{
    char who[CONTROL_WHO_BYTES], target[AUDIT_TARGET_BYTES], detail[256];
    control_who(call, who);
    audit_target_of_run(set->group_id, target);
    snprintf(detail, sizeof(detail), "{\"score_set\":%" PRId64 ",\"scorer\":\"%s\"}", set->id,
             set->selector);
    struct audit_entry entry = {.at_ms = clock_wall_ms(),
                                .who = who,
                                .action = call->method->name,
                                .target = target,
                                .why = as_json_get_cstr(call->params, "why"),
                                .detail_json = detail};
    int rc = store_set_delete(store, set->id, &entry);
    return rc ? rc : uses_release(store, &set->hash);
}

static void drop_scores_work(struct store *store, struct control_query *query)
{
    struct score_set set;
    const char *summary;
    if (get_set(store, query, &set, &summary))
        return;
    int rc = delete_set(store, query->call, &set);
    if (rc) {
        control_store_failed(store, query, rc, "the score set");
        return;
    }
    query->result = set_json(&set);
    as_json_set_int(query->result, "run", set.group_id);
}

void handle_run_drop_scores(void *ctx, struct control_call *call)
{
    control_write(ctx, call, drop_scores_work, NULL);
}
