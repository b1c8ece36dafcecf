/* run.pause, run.resume, run.cancel, run.requeue, row.retry: what a person does to a group. */
#include "daemon/control/handlers.h"
#include "daemon/engine/requeue.h"

#include <inttypes.h>
#include <string.h>

static enum group_event event_of(const struct control_call *call)
{
    const char *method = call->method->name;
    if (!strcmp(method, "run.cancel"))
        return GROUP_EV_CANCEL;
    if (!strcmp(method, "run.resume"))
        return GROUP_EV_RESUME;
    return as_json_get_bool(call->params, "hold", false) ? GROUP_EV_HOLD : GROUP_EV_PAUSE;
}

/* The group as the store knows it: whoever names one that has ended, or none, is told so. */
static void find_work(struct store *store, struct control_query *query)
{
    struct group_record group;
    int64_t run = as_json_get_int(query->call->params, "run", 0);
    int rc = store_group_get(store, run, &query->arena, &group);
    if (rc)
        control_store_failed(store, query, rc, as_arena_printf(&query->arena, "run %" PRId64, run));
    else if (group_state_is_final(group.state))
        query->rc = as_err_set(&query->err, AS_ESTATE, "run %" PRId64 " has ended: it is %s", run,
                               group_state_name(group.state));
}

static void steer(struct control_query *query)
{
    struct control_call *call = query->call;
    char who[CONTROL_WHO_BYTES];
    struct actor actor = {who, as_json_get_cstr(call->params, "why")};
    enum group_state state;
    int64_t run = as_json_get_int(call->params, "run", 0);
    control_who(call, who);
    query->rc = engine_steer(query->app->engine, run, event_of(call), &actor, &state, &query->err);
    if (query->rc)
        return;
    query->result = as_json_object();
    as_json_set_int(query->result, "run", run);
    as_json_set_str(query->result, "state", group_state_name(state));
}

void handle_run_steer(void *ctx, struct control_call *call)
{
    control_read(ctx, call, find_work, steer);
}

/* ---- rows that are done again ---- */

static void on_requeued(void *ctx, int64_t rows, const struct as_err *err)
{
    struct control_call *call = ctx;
    if (err) {
        control_fail(call, err);
        return;
    }
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", as_json_get_int(call->params, "run", 0));
    as_json_set_int(json, "rows", rows);
    control_reply(call, json);
}

/* Any but ok, which stays. */
static int statuses_of(const struct as_json *names, unsigned *ret_statuses, struct as_err *err)
{
    unsigned statuses = 0;
    for (size_t i = 0; i < as_json_len(names); i++) {
        const char *name = as_json_cstr(as_json_at(names, i));
        enum row_status status;
        if (!name || row_status_from(name, &status))
            return as_err_set(err, AS_EINVAL,
                              "there is no status '%.64s': it is model_error, timeout, refused, "
                              "judge_error, scorer_error, skipped or cancelled",
                              name ? name : "");
        if (status == ROW_OK)
            return as_err_set(err, AS_EINVAL, "rows that are ok are not done again");
        statuses |= 1u << status;
    }
    *ret_statuses = names ? statuses : REQUEUE_DEFAULT;
    return 0;
}

void handle_run_requeue(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    const struct as_json *params = call->params;
    struct as_err err = {0};
    char who[CONTROL_WHO_BYTES];
    struct actor actor = {who, as_json_get_cstr(params, "why")};
    struct requeue_request request = {.run = as_json_get_int(params, "run", 0),
                                      .model = as_json_get_cstr(params, "model"),
                                      .sample = -1};
    control_who(call, who);
    if (statuses_of(as_json_get(params, "statuses"), &request.statuses, &err))
        control_fail(call, &err);
    else
        engine_requeue(app->engine, &request, "run.requeue", &actor, on_requeued, call);
}

void handle_row_retry(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    const struct as_json *params = call->params;
    char who[CONTROL_WHO_BYTES];
    struct actor actor = {who, as_json_get_cstr(params, "why")};
    struct requeue_request request = {.run = as_json_get_int(params, "run", 0),
                                      .statuses =
                                          REQUEUE_DEFAULT | 1u << ROW_REFUSED | 1u << ROW_SKIPPED,
                                      .model = as_json_get_cstr(params, "model"),
                                      .case_id = as_json_get_cstr(params, "case"),
                                      .sample = as_json_get_int(params, "sample", -1)};
    control_who(call, who);
    engine_requeue(app->engine, &request, "row.retry", &actor, on_requeued, call);
}
