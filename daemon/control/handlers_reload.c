/* daemon.check and daemon.reload: the same reading of configuration and evals, once as a dry run.
 * What is put in force how is daemon/reload.c's. */
#include "daemon/control/handlers.h"

#include "daemon/engine/names.h"

#include <string.h>

static void add_lines(struct as_json *array, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        as_json_push_take(array, as_json_new_str((struct as_str){text, len}));
        text += len + (text[len] == '\n');
    }
}

static void read_evals(struct control_reading *reading, struct registry *registry)
{
    struct as_buf text = {0};
    struct as_err err = {0};
    if (eval_set_load(reading->config, &reading->evals, &err)) {
        as_json_push_take(reading->problems, as_json_new_str(as_str_from(err.msg)));
        return;
    }
    for (size_t i = 0; i < reading->evals->refusal_count; i++)
        add_lines(reading->problems, reading->evals->refusals[i].reason);
    names_check(reading->config, reading->evals, registry, &text);
    add_lines(reading->problems, as_buf_str(&text).ptr);
    as_buf_done(&text);
}

void control_read_config(const struct control_app *app, struct control_reading *ret_reading)
{
    struct as_buf text = {0};
    *ret_reading = (struct control_reading){.problems = as_json_array()};
    if (config_load(app->config->path, &ret_reading->config, &text))
        add_lines(ret_reading->problems, as_buf_str(&text).ptr);
    as_buf_done(&text);
}

void control_read_evals(const struct control_app *app, struct control_reading *reading)
{
    if (reading->config)
        read_evals(reading, app->registry);
}

void control_reading_done(struct control_reading *reading)
{
    eval_set_unref(reading->evals);
    config_unref(reading->config);
    as_json_free(reading->problems);
}

void handle_daemon_check(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct control_reading reading;
    struct as_json *json = as_json_object();
    control_read_config(app, &reading);
    control_read_evals(app, &reading);
    as_json_set_bool(json, "ok", !as_json_len(reading.problems));
    as_json_set_take(json, "problems", as_json_share(reading.problems));
    control_reading_done(&reading);
    control_reply(call, json);
}

void handle_daemon_reload(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct as_err err = {0};
    struct as_json *answer = NULL;
    char who[CONTROL_WHO_BYTES];
    control_who(call, who);
    struct actor actor = {who, as_json_get_cstr(call->params, "why")};
    if (app->reload(app->reload_ctx, &actor, &answer, &err))
        control_fail(call, &err);
    else
        control_reply(call, answer);
}
