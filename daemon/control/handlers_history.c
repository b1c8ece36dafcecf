/* run.history, and what run.show tells of the reference. */
#include "daemon/control/handlers.h"

#include "daemon/engine/anchor.h"
#include "daemon/report/series.h"
#include "daemon/store/baselines.h"

#include <string.h>

#define LAST_DEFAULT 30

static int reference_of(struct store *store, struct control_query *query, const char *eval,
                        int64_t *ret_run)
{
    struct baseline_pin pin = {0};
    int rc = store_baseline_run(store, eval, &query->arena, &pin);
    if (rc && rc != AS_ENOENT) {
        control_store_failed(store, query, rc, "the baseline");
        return rc;
    }
    *ret_run = pin.run;
    return 0;
}

/* The anchor's own runs, beside what they say of the judge. */
static int set_judge(struct store *store, struct control_query *query,
                     const struct judge_word *judge, size_t last)
{
    struct as_json *json = cause_judge_json(judge), *told = NULL;
    struct series series = {0};
    const struct series_request request = {
        .eval = judge->anchor,
        .reference = judge->reference,
        .model = judge->model,
        .metric = judge->metric,
        .last = last,
    };
    as_json_set_take(query->result, "judge", json);
    if (!judge->model)
        return 0;
    int rc = series_load(store, judge->anchor, &series, &query->err);
    if (!rc)
        rc = series_tell(&series, &request, &told, &query->err);
    const struct as_json *model = as_json_at(as_json_get(told, "models"), 0);
    as_json_set_take(json, "points", as_json_share(as_json_get(model, "points")));
    as_json_free(told);
    series_done(&series);
    return rc;
}

/* By the newest run, of whatever outcome. */
static int ask_anchor(struct store *store, struct control_query *query, const struct series *series,
                      const struct series_request *request, struct judge_word *ret_judge)
{
    const struct anchor_question question = {
        .eval = eval_set_find(query->evals, request->eval),
        .run = series->runs[series->count - 1].run,
        .reference = request->reference,
        .metric = series_metric(series, request),
    };
    return anchor_ask(store, &question, &query->arena, ret_judge, &query->err);
}

static int tell(struct store *store, struct control_query *query, const struct series *series,
                struct series_request *request)
{
    struct judge_word judge = {0};
    int rc = series->count ? ask_anchor(store, query, series, request, &judge) : 0;
    request->judge = &judge;
    if (!rc)
        rc = series_tell(series, request, &query->result, &query->err);
    return rc ? rc : set_judge(store, query, &judge, request->last);
}

static void history_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    struct series_request request = {
        .eval = as_json_get_cstr(params, "eval"),
        .model = as_json_get_cstr(params, "model"),
        .metric = as_json_get_cstr(params, "metric"),
        .last = (size_t)as_json_get_int(params, "last", LAST_DEFAULT),
    };
    struct series series = {0};
    if (reference_of(store, query, request.eval, &request.reference))
        return;
    query->rc = series_load(store, request.eval, &series, &query->err);
    if (!query->rc)
        query->rc = tell(store, query, &series, &request);
    if (!query->rc)
        as_json_set_bool(query->result, "pending", false);
    series_done(&series);
}

static void pending_work(struct store *store, struct control_query *query)
{
    history_work(store, query);
    if (!query->rc)
        as_json_set_bool(query->result, "pending", true);
}

/* Whether the newest run may be missing is known before the store is read, not after. */
void handle_run_history(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    bool is_pending = summaries_are_pending(app->summaries);
    if (control_eval_of(app, call))
        control_read(app, call, is_pending ? pending_work : history_work, NULL);
}

void control_set_reference(struct store *store, struct control_query *query, int64_t run)
{
    struct summary_record record;
    struct as_json *body = NULL;
    int rc = store_summary_get(store, run, &query->arena, &record);
    if (rc && rc != AS_ENOENT)
        control_store_failed(store, query, rc, "the run's summary");
    if (rc || as_json_parse(record.body, strlen(record.body), &body, NULL))
        return;
    if (as_json_has(body, "versus")) {
        struct as_json *json = as_json_object();
        as_json_set_int(json, "run", record.reference);
        as_json_set_take(json, "metrics", as_json_share(as_json_get(body, "versus")));
        as_json_set_take(query->result, "reference", json);
    }
    as_json_free(body);
}
