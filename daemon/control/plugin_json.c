/* Versions of plugins as JSON, and which one a call means. */
#include "daemon/control/plugin_json.h"

#include "lib/nearest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Quarantine is the sandbox's word on a version that is live or pinned. */
static const char *state_of(const struct plugin_version *version, const struct sandbox_stats *stats)
{
    if (stats->is_quarantined)
        return "quarantined";
    return version->state == PLUGIN_LIVE ? "live" : "retired";
}

static void set_stats(struct as_json *json, const struct sandbox_stats *stats)
{
    bool has_times = stats->p99_us;
    as_json_set_int(json, "calls", (int64_t)stats->calls);
    as_json_set_int(json, "errors", (int64_t)stats->errors);
    as_json_set_int(json, "kills", (int64_t)stats->kills);
    as_json_set_take(json, "p50_us", has_times ? as_json_new_int(stats->p50_us) : NULL);
    as_json_set_take(json, "p99_us", has_times ? as_json_new_int(stats->p99_us) : NULL);
    as_json_set_int(json, "memory_kb", stats->memory_kb);
    as_json_set_int(json, "cpu_us", (int64_t)stats->cpu_us);
    as_json_set_int(json, "workers", stats->workers);
    as_json_set_int(json, "queued", stats->queued);
}

struct as_json *plugin_json(const struct control_app *app, const struct plugin_version *version)
{
    struct as_json *json = as_json_object();
    struct sandbox_stats stats = {0};
    (void)!sandbox_stats_of(app->sandbox, version->sandbox_id, &stats);
    as_json_set_str(json, "kind", plugin_kind_name(version->kind));
    as_json_set_str(json, "name", version->name);
    as_json_set_str(json, "version", version->version);
    as_json_set_str(json, "selector", version->selector);
    control_set_hash(json, "hash", &version->hash);
    as_json_set_str(json, "state", state_of(version, &stats));
    as_json_set_str(json, "reason", stats.reason);
    as_json_set_str(json, "path", version->path);
    as_json_set_int(json, "since_ms", version->since_ms);
    as_json_set_int(json, "examples", version->example_count);
    set_stats(json, &stats);
    return json;
}

struct as_json *plugin_json_of_text(struct as_str text)
{
    struct as_json *json = NULL;
    return text.ptr && !as_json_parse(text.ptr, text.len, &json, NULL) ? json : NULL;
}

struct as_json *plugin_whole_json(const struct control_app *app,
                                  const struct plugin_version *version)
{
    struct as_json *json = plugin_json(app, version);
    as_json_set_str(json, "doc", version->doc);
    as_json_set_take(json, "params", plugin_json_of_text(as_str_from(version->params_json)));
    as_json_set_take(json, "criteria", plugin_json_of_text(as_str_from(version->criteria_json)));
    as_json_set_take(json, "requires", plugin_json_of_text(as_str_from(version->requires_json)));
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

int plugin_kind_of_call(const struct control_call *call, enum plugin_kind *ret_kind,
                        struct as_err *err)
{
    const char *kind = as_json_get_cstr(call->params, "kind");
    *ret_kind = PLUGIN_KIND_COUNT;
    if (!kind || !plugin_kind_from(kind, ret_kind))
        return 0;
    return as_err_set(err, AS_EINVAL,
                      "no kind of plugin is called '%s': use scorer, rubric, provider or redactor",
                      kind);
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

/* What is told is what the kind of the nearest name says. */
int plugin_say_not_found(struct control_app *app, const char *selector, struct as_err *err)
{
    struct nearest_plugin search = {.nearest = {0}};
    struct plugin_version *none = NULL;
    snprintf(search.name, sizeof(search.name), "%.*s", (int)strcspn(selector, "@"), selector);
    registry_each(app->registry, offer_version, &search);
    if (search.nearest.best)
        return registry_find(app->registry, search.kind, selector, &none, err);
    return as_err_set(err, AS_ENOENT, "no plugin named '%s': see `assayctl plugin ls`", selector);
}

int plugin_of_call(struct control_app *app, const struct control_call *call,
                   struct plugin_version **ret_version, struct as_err *err)
{
    const char *selector = as_json_get_cstr(call->params, "selector");
    enum plugin_kind kind = PLUGIN_KIND_COUNT;
    int rc = plugin_kind_of_call(call, &kind, err);
    if (rc)
        return rc;
    if (kind != PLUGIN_KIND_COUNT)
        return registry_find(app->registry, kind, selector, ret_version, err);
    rc = AS_ENOENT;
    for (int k = 0; k < PLUGIN_KIND_COUNT && rc == AS_ENOENT; k++)
        rc = registry_find(app->registry, (enum plugin_kind)k, selector, ret_version, err);
    return rc == AS_ENOENT ? plugin_say_not_found(app, selector, err) : rc;
}
