/* run.replay and run.replay_check. */
#include "daemon/control/handlers.h"
#include "daemon/engine/replay.h"

static void on_started(void *ctx, int64_t run, const struct as_err *err)
{
    struct control_call *call = ctx;
    if (err) {
        control_fail(call, err);
        return;
    }
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", run);
    as_json_set_int(json, "of_run", as_json_get_int(call->params, "run", 0));
    control_reply(call, json);
}

void handle_run_replay(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    char requested_by[CONTROL_WHO_BYTES];
    control_who(call, requested_by);
    struct replay_request request = {
        .run = as_json_get_int(call->params, "run", 0),
        .requested_by = requested_by,
        .why = as_json_get_cstr(call->params, "why"),
    };
    engine_replay(app->engine, &request, on_started, call);
}

static void on_checked(void *ctx, struct as_json *result_take, const struct as_err *err)
{
    struct control_call *call = ctx;
    if (err)
        control_fail(call, err);
    else
        control_reply(call, result_take);
}

void handle_run_replay_check(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    engine_replay_check(app->engine, as_json_get_int(call->params, "run", 0), on_checked, call);
}
