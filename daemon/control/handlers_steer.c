/* run.pause, run.resume, run.cancel, run.requeue, row.retry: what a person does to a group. */
#include "daemon/control/handlers.h"
#include "daemon/engine/requeue.h"

#include <inttypes.h>
#include <stdlib.h>
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

struct steer {
    struct control_app *app;
    struct control_call *call;
    int64_t run;
    enum group_state state;
    struct as_err err;
};

static void steer_over(struct steer *steer)
{
    struct control_call *call = steer->call;
    if (steer->err.code) {
        control_fail(call, &steer->err);
    } else {
        struct as_json *json = as_json_object();
        as_json_set_int(json, "run", steer->run);
        as_json_set_str(json, "state", group_state_name(steer->state));
        control_reply(call, json);
    }
    free(steer);
}

/* The group as the store knows it: whoever names one that has ended, or none, is told so. */
static void find_work(struct store *store, void *ctx)
{
    struct steer *steer = ctx;
    struct as_arena arena = {0};
    struct group_record group;
    int rc = store_group_get(store, steer->run, &arena, &group);
    if (rc == AS_ENOENT)
        as_err_set(&steer->err, rc, "run %" PRId64 " is not there", steer->run);
    else if (rc)
        as_err_set(&steer->err, rc, "run %" PRId64 ": %s", steer->run, store_error(store));
    else if (group_state_is_final(group.state))
        as_err_set(&steer->err, AS_ESTATE, "run %" PRId64 " has ended: it is %s", steer->run,
                   group_state_name(group.state));
    as_arena_done(&arena);
}

/* Answered only now: who was told that a run is paused finds it so after a crash too. */
static void on_stored(void *ctx, const struct as_err *err)
{
    struct steer *steer = ctx;
    if (err)
        as_err_set(&steer->err, err->code,
                   "run %" PRId64 ": it is in force, but not on disk: %.900s", steer->run,
                   err->msg);
    steer_over(steer);
}

static void find_done(void *ctx)
{
    struct steer *steer = ctx;
    char who[CONTROL_WHO_BYTES];
    control_who(steer->call, who);
    struct engine_order order = {
        .run = steer->run,
        .event = event_of(steer->call),
        .actor = {who, as_json_get_cstr(steer->call->params, "why")},
        .stored = on_stored,
        .ctx = steer,
    };
    if (steer->err.code || engine_steer(steer->app->engine, &order, &steer->state, &steer->err))
        steer_over(steer);
}

void handle_run_steer(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct steer *steer = as_xcalloc(1, sizeof(*steer));
    steer->app = app;
    steer->call = call;
    steer->run = as_json_get_int(call->params, "run", 0);
    db_read(app->db, find_work, find_done, steer);
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
