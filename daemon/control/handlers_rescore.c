/* run.rescore and plugin.shadow: long calls, answered when the work is done and given up when the
 * caller has gone. */
#include "daemon/control/handlers.h"
#include "daemon/engine/rescore.h"

#include <stdio.h>
#include <stdlib.h>

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

void handle_run_rescore(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct as_err err = {0};
    struct control_rescore *waiting = waiting_new(app, call);
    char requested_by[32];
    snprintf(requested_by, sizeof(requested_by), "uid %u", call->uid);
    struct rescore_request request = {
        .run = as_json_get_int(call->params, "run", 0),
        .selector = as_json_get_cstr(call->params, "scorer"),
        .metric = as_json_get_cstr(call->params, "metric"),
        .requested_by = requested_by,
    };
    int rc = engine_rescore(app->engine, &request, on_done, waiting, &waiting->id, &err);
    started(waiting, rc, &err);
}

void handle_plugin_shadow(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct as_err err = {0};
    struct control_rescore *waiting = waiting_new(app, call);
    const char *selector = as_json_get_cstr(call->params, "selector");
    uint32_t last = (uint32_t)as_json_get_int(call->params, "last", RESCORE_SHADOW_GROUPS);
    int rc = engine_shadow(app->engine, selector, last, on_done, waiting, &waiting->id, &err);
    started(waiting, rc, &err);
}

void control_cancel_rescores(struct control_app *app, uint64_t connection)
{
    for (const struct control_rescore *at = app->rescores; at; at = at->next)
        if (at->connection == connection)
            engine_rescore_cancel(app->engine, at->id);
}
