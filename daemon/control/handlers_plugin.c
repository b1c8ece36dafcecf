/* plugin.*: what is live, what was refused, and looking at a file without installing it. */
#include "daemon/control/plugin_json.h"

#include <string.h>

struct listing {
    const struct control_app *app;
    struct as_json *plugins, *refused;
    const char *kind; /* NULL = any */
};

static void list_version(void *ctx, const struct plugin_version *version)
{
    struct listing *listing = ctx;
    if (!listing->kind || !strcmp(listing->kind, plugin_kind_name(version->kind)))
        as_json_push_take(listing->plugins, plugin_json(listing->app, version));
}

static void list_refusal(void *ctx, const struct plugin_refusal *refusal)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "path", refusal->path);
    as_json_set_str(json, "reason", refusal->reason);
    as_json_set_int(json, "since_ms", refusal->since_ms);
    as_json_push_take(((struct listing *)ctx)->refused, json);
}

static void list_loading(void *ctx, const char *path)
{
    as_json_push_take(ctx, as_json_new_str(as_str_from(path)));
}

void handle_plugin_list(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct as_err err = {0};
    enum plugin_kind kind = PLUGIN_SCORER;
    if (plugin_kind_of_call(call, &kind, &err)) {
        control_fail(call, &err);
        return;
    }
    struct listing listing = {app, as_json_array(), as_json_array(),
                              as_json_get_cstr(call->params, "kind")};
    registry_each(app->registry, list_version, &listing);
    registry_each_refusal(app->registry, list_refusal, &listing);
    struct as_json *json = as_json_object();
    as_json_set_take(json, "plugins", listing.plugins);
    as_json_set_take(json, "refused", listing.refused);
    struct as_json *loading = as_json_array();
    registry_each_loading(app->registry, list_loading, loading);
    as_json_set_take(json, "loading", loading);
    control_reply(call, json);
}

static void on_inspected(void *ctx, const struct plugin_report *report)
{
    struct control_call *call = ctx;
    const struct job_manifest *manifest = &report->loaded->manifest;
    struct as_json *json = as_json_object();
    bool is_loaded = report->loaded->status == JOB_OK;
    as_json_set_bool(json, "ok", is_loaded && !report->examples_failed);
    if (!is_loaded)
        as_json_set_take(json, "reason", as_json_new_str(report->loaded->reason));
    else
        as_json_set_str(json, "reason", report->first_failure);
    as_json_set_str(json, "kind", is_loaded ? plugin_kind_name(manifest->kind) : NULL);
    as_json_set_take(json, "name", is_loaded ? as_json_new_str(manifest->name) : NULL);
    as_json_set_take(json, "version", is_loaded ? as_json_new_str(manifest->version) : NULL);
    as_json_set_take(json, "doc", is_loaded ? as_json_new_str(manifest->doc) : NULL);
    as_json_set_take(json, "params", is_loaded ? plugin_json_of_text(manifest->params_json) : NULL);
    as_json_set_int(json, "examples", report->examples_run);
    as_json_set_int(json, "examples_failed", report->examples_failed);
    control_reply(call, json);
}

void handle_plugin_check(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct as_str source = as_json_get_str(call->params, "source");
    if (source.len > JOB_SOURCE_MAX_BYTES) {
        struct as_err err = {0};
        as_err_set(&err, AS_ELIMIT, "the file has %zu bytes; a plugin has at most %u", source.len,
                   JOB_SOURCE_MAX_BYTES);
        control_fail(call, &err);
        return;
    }
    registry_inspect(app->registry, as_json_get_cstr(call->params, "name"), source, on_inspected,
                     call);
}
