/* Pins as JSON and back. */
#include "daemon/engine/pins.h"

#include "daemon/model/gate_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PINS_FORMAT 1

static void set_hash(struct as_json *json, const char *key, const struct as_sha256 *hash)
{
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(hash, hex);
    as_json_set_str(json, key, hex);
}

static struct as_json *model_to_json(const struct pin_model *model)
{
    const struct model_spec *spec = &model->spec;
    struct as_json *json = as_json_object();
    as_json_set_str(json, "name", spec->name);
    if (pins_is_recorded(model))
        return json;
    as_json_set_str(json, "provider", spec->provider);
    as_json_set_str(json, "plugin", model->provider ? model->provider->selector : spec->plugin);
    set_hash(json, "plugin_hash", &model->provider_hash);
    as_json_set_str(json, "base_url", spec->base_url);
    as_json_set_str(json, "id", spec->id);
    as_json_set_str(json, "params", spec->params_json);
    as_json_set_str(json, "worker", spec->worker_json);
    as_json_set_str(json, "key", spec->key_name);
    as_json_set_num(json, "price_input", spec->prices.input);
    as_json_set_num(json, "price_output", spec->prices.output);
    as_json_set_num(json, "price_cached_input", spec->prices.cached_input);
    as_json_set_int(json, "concurrency", spec->concurrency);
    as_json_set_int(json, "max_attempts", spec->max_attempts);
    as_json_set_int(json, "connect_ms", spec->connect_ms);
    as_json_set_int(json, "first_byte_ms", spec->first_byte_ms);
    as_json_set_int(json, "idle_ms", spec->idle_ms);
    as_json_set_int(json, "total_ms", spec->total_ms);
    as_json_set_int(json, "backoff_ms", spec->backoff_ms);
    as_json_set_int(json, "max_age_conn_s", spec->max_age_conn_s);
    as_json_set_bool(json, "http2", spec->use_http2);
    return json;
}

static uint32_t get_u32(const struct as_json *json, const char *key)
{
    return (uint32_t)as_json_get_int(json, key, 0);
}

static int model_from_json(struct as_arena *arena, const struct as_json *json,
                           struct pin_model *ret_model)
{
    struct model_spec *spec = &ret_model->spec;
    spec->prices = (struct model_prices){NAN, NAN, NAN};
    spec->name = as_arena_strdup(arena, as_json_get_cstr(json, "name"));
    if (!spec->name)
        return AS_ECORRUPT;
    if (pins_is_recorded(ret_model))
        return 0;
    spec->provider = as_arena_strdup(arena, as_json_get_cstr(json, "provider"));
    spec->plugin = as_arena_strdup(arena, as_json_get_cstr(json, "plugin"));
    spec->base_url = as_arena_strdup(arena, as_json_get_cstr(json, "base_url"));
    spec->id = as_arena_strdup(arena, as_json_get_cstr(json, "id"));
    spec->params_json = as_arena_strdup(arena, as_json_get_cstr(json, "params"));
    spec->worker_json = as_arena_strdup(arena, as_json_get_cstr(json, "worker"));
    spec->key_name = as_arena_strdup(arena, as_json_get_cstr(json, "key"));
    spec->prices.input = as_json_get_num(json, "price_input", NAN);
    spec->prices.output = as_json_get_num(json, "price_output", NAN);
    spec->prices.cached_input = as_json_get_num(json, "price_cached_input", NAN);
    spec->concurrency = get_u32(json, "concurrency");
    spec->max_attempts = get_u32(json, "max_attempts");
    spec->connect_ms = get_u32(json, "connect_ms");
    spec->first_byte_ms = get_u32(json, "first_byte_ms");
    spec->idle_ms = get_u32(json, "idle_ms");
    spec->total_ms = get_u32(json, "total_ms");
    spec->backoff_ms = get_u32(json, "backoff_ms");
    spec->max_age_conn_s = get_u32(json, "max_age_conn_s");
    spec->use_http2 = as_json_get_bool(json, "http2", false);
    const char *hash = as_json_get_cstr(json, "plugin_hash");
    bool is_whole = spec->plugin && spec->base_url && spec->id && spec->worker_json && hash;
    return is_whole && !as_sha256_from_hex(hash, &ret_model->provider_hash) ? 0 : AS_ECORRUPT;
}

static struct as_json *metric_to_json(const struct pin_metric *metric)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "metric", metric->name);
    as_json_set_str(json, "selector", metric->selector);
    set_hash(json, "hash", &metric->hash);
    as_json_set_str(json, "params", metric->params_json);
    as_json_set_bool(json, "required", metric->is_required);
    return json;
}

static int metric_from_json(struct as_arena *arena, const struct as_json *json,
                            struct pin_metric *ret_metric)
{
    const char *hash = as_json_get_cstr(json, "hash");
    ret_metric->name = as_arena_strdup(arena, as_json_get_cstr(json, "metric"));
    ret_metric->selector = as_arena_strdup(arena, as_json_get_cstr(json, "selector"));
    ret_metric->params_json = as_arena_strdup(arena, as_json_get_cstr(json, "params"));
    ret_metric->is_required = as_json_get_bool(json, "required", false);
    bool is_whole = ret_metric->name && ret_metric->selector && ret_metric->params_json && hash;
    return is_whole && !as_sha256_from_hex(hash, &ret_metric->hash) ? 0 : AS_ECORRUPT;
}

static struct as_json *looks_to_json(const struct pins *pins)
{
    if (!pins->looks)
        return NULL;
    struct as_json *json = as_json_object();
    as_json_set_int(json, "looks", pins->looks);
    as_json_set_int(json, "order_seed", (int64_t)pins->order_seed);
    return json;
}

static int looks_from_json(const struct as_json *json, struct pins *pins)
{
    pins->looks = get_u32(json, "looks");
    pins->order_seed = (uint64_t)as_json_get_int(json, "order_seed", 0);
    bool is_sane = !pins->looks || (pins->looks >= EVAL_LOOKS_MIN && pins->looks <= EVAL_LOOKS_MAX);
    return is_sane ? 0 : AS_ECORRUPT;
}

struct as_json *pins_to_json(const struct pins *pins)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "format", PINS_FORMAT);
    as_json_set_str(json, "eval", pins->eval_name);
    struct as_json *dataset = as_json_object();
    as_json_set_str(dataset, "name", pins->dataset_name);
    as_json_set_int(dataset, "version", pins->dataset_version);
    set_hash(dataset, "hash", &pins->dataset_hash);
    as_json_set_take(json, "dataset", dataset);
    struct as_json *members = as_json_array(), *metrics = as_json_array();
    for (size_t i = 0; i < pins->member_count; i++)
        as_json_push_take(members, model_to_json(&pins->members[i]));
    for (size_t i = 0; i < pins->metric_count; i++)
        as_json_push_take(metrics, metric_to_json(&pins->metrics[i]));
    as_json_set_take(json, "members", members);
    as_json_set_take(json, "metrics", metrics);
    as_json_set_int(json, "rubric", pins->rubric);
    if (pins->rubric != PINS_NO_RUBRIC)
        as_json_set_take(json, "judge", model_to_json(&pins->judge));
    as_json_set_int(json, "primary", (int64_t)pins->primary);
    as_json_set_str(json, "system", pins->system);
    as_json_set_int(json, "samples", pins->samples);
    as_json_set_bool(json, "scheduled", pins->is_scheduled);
    as_json_set_take(json, "early_stop", looks_to_json(pins));
    as_json_set_take(json, "budget", budget_rules_to_json(&pins->budget));
    as_json_set_take(json, "gate", gate_rules_to_json(&pins->gate));
    as_json_set_take(json, "journal", journal_rules_to_json(&pins->journal));
    as_json_set_take(json, "rank", rank_rules_to_json(&pins->rank));
    as_json_set_take(json, "selection", selection_rules_to_json(&pins->selection));
    as_json_set_take(json, "calls", call_rules_to_json(&pins->calls));
    return json;
}

static int lists_from_json(const struct as_json *json, struct pins *pins)
{
    const struct as_json *members = as_json_get(json, "members"),
                         *metrics = as_json_get(json, "metrics");
    pins->member_count = as_json_len(members);
    pins->metric_count = as_json_len(metrics);
    bool fits = pins->member_count >= 1 && pins->member_count <= PINS_MAX_MEMBERS &&
                pins->metric_count >= 1 && pins->metric_count <= PINS_MAX_METRICS;
    if (!fits) {
        pins->member_count = pins->metric_count = 0;
        return AS_ECORRUPT;
    }
    int rc = 0;
    for (size_t i = 0; i < pins->member_count && !rc; i++)
        rc = model_from_json(&pins->arena, as_json_at(members, i), &pins->members[i]);
    for (size_t i = 0; i < pins->metric_count && !rc; i++)
        rc = metric_from_json(&pins->arena, as_json_at(metrics, i), &pins->metrics[i]);
    return rc;
}

static int fill_from_json(const struct as_json *json, struct pins *pins)
{
    const struct as_json *dataset = as_json_get(json, "dataset");
    pins->eval_name = as_arena_strdup(&pins->arena, as_json_get_cstr(json, "eval"));
    pins->dataset_name = as_arena_strdup(&pins->arena, as_json_get_cstr(dataset, "name"));
    pins->dataset_version = get_u32(dataset, "version");
    pins->system = as_arena_strdup(&pins->arena, as_json_get_cstr(json, "system"));
    pins->samples = get_u32(json, "samples");
    pins->is_scheduled = as_json_get_bool(json, "scheduled", false);
    budget_rules_from_json(as_json_get(json, "budget"), &pins->budget);
    pins->primary = (size_t)as_json_get_int(json, "primary", 0);
    pins->rubric = (int)as_json_get_int(json, "rubric", PINS_NO_RUBRIC);
    int rc = looks_from_json(as_json_get(json, "early_stop"), pins);
    if (!rc)
        rc = lists_from_json(json, pins);
    if (!rc && pins->rubric != PINS_NO_RUBRIC)
        rc = model_from_json(&pins->arena, as_json_get(json, "judge"), &pins->judge);
    if (!rc)
        rc = gate_rules_from_json(as_json_get(json, "gate"), &pins->arena, &pins->gate)
                 ? AS_ECORRUPT
                 : 0;
    if (!rc)
        rc =
            journal_rules_from_json(as_json_get(json, "journal"), &pins->journal) ? AS_ECORRUPT : 0;
    if (!rc)
        rc = rank_rules_from_json(as_json_get(json, "rank"), &pins->rank) ? AS_ECORRUPT : 0;
    if (!rc)
        rc = selection_rules_from_json(as_json_get(json, "selection"), &pins->arena,
                                       &pins->selection)
                 ? AS_ECORRUPT
                 : 0;
    if (!rc)
        rc = call_rules_from_json(as_json_get(json, "calls"), &pins->calls, NULL) ? AS_ECORRUPT : 0;
    const char *hash = as_json_get_cstr_or(dataset, "hash", "");
    if (!rc && as_sha256_from_hex(hash, &pins->dataset_hash))
        rc = AS_ECORRUPT;
    bool is_sane = pins->eval_name && pins->dataset_name && pins->samples &&
                   pins->primary < pins->metric_count && pins->rubric < (int)pins->metric_count;
    return rc ? rc : is_sane ? 0 : AS_ECORRUPT;
}

int pins_from_json(const char *text, struct pins **ret_pins, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *json = NULL;
    int rc = as_json_parse(text, strlen(text), &json, err);
    if (rc)
        return rc;
    struct pins *pins = as_xcalloc(1, sizeof(*pins));
    rc = fill_from_json(json, pins);
    if (rc) {
        pins_free(pins);
        return as_err_set(err, rc, "the pins of this run are damaged in the database");
    }
    pins_bound_outputs(pins);
    *ret_pins = pins;
    return 0;
}
