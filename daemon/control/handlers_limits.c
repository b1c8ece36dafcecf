/* daemon.limits and daemon.limits_set: how much each provider account is asked for, and how much it
 * may be. */
#include "daemon/control/handlers.h"
#include "daemon/engine/live_limits.h"
#include "lib/nearest.h"

#include <math.h>
#include <string.h>

struct listing {
    const struct audit_entry *set; /* the newest of each provider */
    size_t set_count;
    struct as_json *rows;
};

static void set_limit(struct as_json *json, const char *key, uint32_t limit)
{
    as_json_set_take(json, key, limit ? as_json_new_int(limit) : NULL);
}

/* Who set the limits, and why; nulls when the configuration did. */
static void set_origin(struct as_json *json, const struct listing *listing,
                       const char *const *providers, size_t count)
{
    const struct audit_entry *entry = NULL;
    for (size_t i = 0; i < count; i++) {
        char target[LIVE_LIMITS_TARGET_BYTES];
        live_limits_target(providers[i], target);
        for (size_t j = 0; j < listing->set_count; j++)
            if (!strcmp(listing->set[j].target, target))
                entry = &listing->set[j];
    }
    as_json_set_str(json, "set_by", entry ? entry->who : NULL);
    as_json_set_str(json, "why", entry ? entry->why : NULL);
    control_set_time(json, "set_ms", entry ? entry->at_ms : 0);
}

static void add_provider(void *ctx, const struct transport_provider *provider)
{
    const struct listing *listing = ctx;
    static const struct listing nothing;
    struct as_json *json = as_json_object(), *names = as_json_array();
    for (size_t i = 0; i < provider->name_count; i++)
        as_json_push_take(names, as_json_new_str(as_str_from(provider->names[i])));
    as_json_set_take(json, "providers", names);
    as_json_set_str(json, "base_url", provider->base_url);
    set_limit(json, "concurrency", provider->limits.concurrency);
    set_limit(json, "rpm", provider->limits.rpm);
    set_limit(json, "tpm", provider->limits.tpm);
    as_json_set_int(json, "concurrency_now", provider->window);
    as_json_set_num(json, "calls_per_s", provider->calls_per_s > 0 ? provider->calls_per_s : NAN);
    as_json_set_int(json, "in_flight", provider->in_flight);
    as_json_set_int(json, "queued", provider->queued);
    as_json_set_int(json, "backing_off", provider->backing_off);
    as_json_set_int(json, "throttled_ms", (int64_t)provider->throttled_ms);
    as_json_set_int(json, "sent", (int64_t)provider->sent);
    as_json_set_int(json, "refused", (int64_t)provider->refused);
    set_origin(json, provider->is_set_live ? listing : &nothing, provider->names,
               provider->name_count);
    as_json_push_take(listing->rows, json);
}

static bool is_listed(const struct as_json *rows, const char *provider)
{
    for (size_t i = 0; i < as_json_len(rows); i++) {
        const struct as_json *names = as_json_get(as_json_at(rows, i), "providers");
        for (size_t j = 0; j < as_json_len(names); j++)
            if (!strcmp(as_json_cstr(as_json_at(names, j)), provider))
                return true;
    }
    return false;
}

/* Providers that nothing was sent to yet. */
static void add_idle(struct control_app *app, struct listing *listing)
{
    for (size_t i = 0; i < app->config->model_count; i++) {
        const struct model_spec *spec = &app->config->models[i];
        if (is_listed(listing->rows, spec->provider))
            continue;
        const struct model_limits *live = transport_limits_of(app->transport, spec->provider);
        add_provider(listing, &(struct transport_provider){.names = &spec->provider,
                                                           .name_count = 1,
                                                           .base_url = spec->base_url,
                                                           .limits = live ? *live : spec->account,
                                                           .is_set_live = live != NULL});
    }
}

struct origins {
    struct audit_entry *entries;
    size_t count;
};

static void read_origins(struct store *store, struct control_query *query)
{
    struct origins *origins = as_arena_alloc(&query->arena, sizeof(*origins));
    int rc = store_audit_latest(store, LIVE_LIMITS_ACTION, &query->arena, &origins->entries,
                                &origins->count);
    if (rc)
        control_store_failed(store, query, rc, "the audit log");
    query->user = origins;
}

static void finish_limits(struct control_query *query)
{
    const struct origins *origins = query->user;
    struct listing listing = {origins->entries, origins->count, as_json_array()};
    transport_providers_each(query->app->transport, add_provider, &listing);
    add_idle(query->app, &listing);
    query->result = as_json_object();
    as_json_set_take(query->result, "providers", listing.rows);
}

void handle_daemon_limits(void *ctx, struct control_call *call)
{
    control_read(ctx, call, read_origins, finish_limits);
}

/* ---- set ---- */

static const struct model_spec *model_of(const struct config *config, const char *provider)
{
    for (size_t i = 0; i < config->model_count; i++)
        if (!strcmp(config->models[i].provider, provider))
            return &config->models[i];
    return NULL;
}

static uint32_t limit_from(const struct as_json *params, const char *key, uint32_t present)
{
    return (uint32_t)as_json_get_int(params, key, present);
}

static void refuse_unknown(struct control_app *app, struct control_call *call, const char *provider)
{
    struct as_err err = {0};
    struct as_nearest nearest = {0};
    for (size_t i = 0; i < app->config->model_count; i++)
        as_nearest_offer(&nearest, provider, app->config->models[i].provider);
    as_err_set(&err, AS_ENOENT, "no model in %s uses a provider named '%s'%s%s%s",
               app->config->path, provider, nearest.best ? ": did you mean '" : "",
               nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
    control_fail(call, &err);
}

void handle_daemon_limits_set(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    const struct as_json *params = call->params;
    const char *provider = as_json_get_cstr(params, "provider");
    bool is_reset = as_json_get_bool(params, "reset", false);
    const struct model_spec *spec = model_of(app->config, provider);
    bool has_any = as_json_get(params, "concurrency") || as_json_get(params, "rpm") ||
                   as_json_get(params, "tpm");
    struct as_err err = {0};
    if (!spec) {
        refuse_unknown(app, call, provider);
        return;
    }
    if (has_any == is_reset) {
        as_err_set(&err, AS_EINVAL,
                   "give concurrency, rpm or tpm (0 lifts a limit), or reset for those of the "
                   "configuration");
        control_fail(call, &err);
        return;
    }
    const struct model_limits *live = transport_limits_of(app->transport, provider);
    struct model_limits limits = live ? *live : spec->account;
    limits.concurrency = limit_from(params, "concurrency", limits.concurrency);
    limits.rpm = limit_from(params, "rpm", limits.rpm);
    limits.tpm = limit_from(params, "tpm", limits.tpm);
    char who[CONTROL_WHO_BYTES];
    control_who(call, who);
    struct actor actor = {who, as_json_get_cstr(params, "why")};
    live_limits_set(app->db, app->transport, provider, is_reset ? NULL : &limits, &actor);
    struct as_json *json = as_json_object();
    const struct model_limits *now = is_reset ? &spec->account : &limits;
    as_json_set_str(json, "provider", provider);
    set_limit(json, "concurrency", now->concurrency);
    set_limit(json, "rpm", now->rpm);
    set_limit(json, "tpm", now->tpm);
    as_json_set_bool(json, "of_configuration", is_reset);
    control_reply(call, json);
}
