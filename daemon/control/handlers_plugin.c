/* plugin.*: what is live, what was refused, and looking at a file without installing it. */
#include "daemon/control/handlers.h"

#include "lib/nearest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct as_json *version_json(const struct plugin_version *version)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "kind", plugin_kind_name(version->kind));
    as_json_set_str(json, "name", version->name);
    as_json_set_str(json, "version", version->version);
    as_json_set_str(json, "selector", version->selector);
    control_set_hash(json, "hash", &version->hash);
    as_json_set_str(json, "state", version->state == PLUGIN_LIVE ? "live" : "retired");
    as_json_set_str(json, "path", version->path);
    as_json_set_int(json, "since_ms", version->since_ms);
    as_json_set_int(json, "examples", version->example_count);
    return json;
}

struct listing {
    struct as_json *plugins, *refused;
    const char *kind; /* NULL = any */
};

static void list_version(void *ctx, const struct plugin_version *version)
{
    struct listing *listing = ctx;
    if (!listing->kind || !strcmp(listing->kind, plugin_kind_name(version->kind)))
        as_json_push_take(listing->plugins, version_json(version));
}

static void list_refusal(void *ctx, const struct plugin_refusal *refusal)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "path", refusal->path);
    as_json_set_str(json, "reason", refusal->reason);
    as_json_set_int(json, "since_ms", refusal->since_ms);
    as_json_push_take(((struct listing *)ctx)->refused, json);
}

static int check_kind(const struct control_call *call, enum plugin_kind *ret_kind,
                      struct as_err *err)
{
    const char *kind = as_json_get_cstr(call->params, "kind");
    if (!kind || !plugin_kind_from(kind, ret_kind))
        return 0;
    return as_err_set(err, AS_EINVAL,
                      "no kind of plugin is called '%s': use scorer, rubric or provider", kind);
}

void handle_plugin_list(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct as_err err = {0};
    enum plugin_kind kind = PLUGIN_SCORER;
    if (check_kind(call, &kind, &err)) {
        control_fail(call, &err);
        return;
    }
    struct listing listing = {as_json_array(), as_json_array(),
                              as_json_get_cstr(call->params, "kind")};
    registry_each(app->registry, list_version, &listing);
    registry_each_refusal(app->registry, list_refusal, &listing);
    struct as_json *json = as_json_object();
    as_json_set_take(json, "plugins", listing.plugins);
    as_json_set_take(json, "refused", listing.refused);
    control_reply(call, json);
}

static struct as_json *parsed(const char *text)
{
    struct as_json *json = NULL;
    return text && !as_json_parse(text, strlen(text), &json, NULL) ? json : NULL;
}

static struct as_json *whole_version_json(const struct plugin_version *version)
{
    struct as_json *json = version_json(version);
    as_json_set_str(json, "doc", version->doc);
    as_json_set_take(json, "params", parsed(version->params_json));
    as_json_set_take(json, "requires", parsed(version->requires_json));
    if (!isnan(version->scale_min)) {
        struct as_json *scale = as_json_array();
        as_json_push_take(scale, as_json_new_num(version->scale_min));
        as_json_push_take(scale, as_json_new_num(version->scale_max));
        as_json_set_take(json, "scale", scale);
    } else {
        as_json_set_take(json, "scale", NULL);
    }
    as_json_set_num(json, "pass", version->pass);
    as_json_set_take(json, "source",
                     as_json_new_str((struct as_str){version->source, version->source_len}));
    return json;
}

struct nearest_plugin {
    char name[JOB_NAME_MAX_BYTES + 1]; /* of the selector */
    struct as_nearest nearest;
    enum plugin_kind kind; /* of the nearest */
};

static void offer_version(void *ctx, const struct plugin_version *version)
{
    struct nearest_plugin *search = ctx;
    const char *before = search->nearest.best;
    if (version->state == PLUGIN_LIVE)
        as_nearest_offer(&search->nearest, search->name, version->name);
    if (search->nearest.best != before)
        search->kind = version->kind;
}

/* No kind has it: what is told is what the kind of the nearest name says. */
static int say_not_found(struct control_app *app, const char *selector, struct as_err *err)
{
    struct nearest_plugin search = {.nearest = {0}};
    struct plugin_version *none = NULL;
    snprintf(search.name, sizeof(search.name), "%.*s", (int)strcspn(selector, "@"), selector);
    registry_each(app->registry, offer_version, &search);
    if (search.nearest.best)
        return registry_find(app->registry, search.kind, selector, &none, err);
    return as_err_set(err, AS_ENOENT, "no plugin named '%s': see `assayctl plugin ls`", selector);
}

/* Without a kind the selector is looked for in every kind. */
static int find_version(struct control_app *app, struct control_call *call,
                        struct plugin_version **ret_version, struct as_err *err)
{
    const char *selector = as_json_get_cstr(call->params, "selector");
    enum plugin_kind kind = PLUGIN_KIND_COUNT;
    int rc = check_kind(call, &kind, err);
    if (rc)
        return rc;
    if (kind != PLUGIN_KIND_COUNT)
        return registry_find(app->registry, kind, selector, ret_version, err);
    rc = AS_ENOENT;
    for (int k = 0; k < PLUGIN_KIND_COUNT && rc == AS_ENOENT; k++)
        rc = registry_find(app->registry, (enum plugin_kind)k, selector, ret_version, err);
    return rc == AS_ENOENT ? say_not_found(app, selector, err) : rc;
}

void handle_plugin_show(void *ctx, struct control_call *call)
{
    struct plugin_version *version = NULL;
    struct as_err err = {0};
    if (find_version(ctx, call, &version, &err)) {
        control_fail(call, &err);
        return;
    }
    control_reply(call, whole_version_json(version));
    plugin_version_unref(version);
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
