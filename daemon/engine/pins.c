/* From an eval's names to versions and specs. */
#include "daemon/engine/pins.h"

#include "daemon/engine/names.h"
#include "daemon/model/recording.h"
#include "lib/nearest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ORDER_SEED_BYTES 6 /* JSON carries it whole everywhere */

bool pins_is_recorded(const struct pin_model *model)
{
    return recording_of(model->spec.name) != NULL;
}

static bool are_twins(const struct pin_model *a, const struct pin_model *b)
{
    if (pins_is_recorded(a) || pins_is_recorded(b))
        return false;
    return !strcmp(a->spec.base_url, b->spec.base_url) && !strcmp(a->spec.id, b->spec.id) &&
           !strcmp(a->spec.params_json, b->spec.params_json);
}

uint32_t pins_twins_before(const struct pins *pins, uint32_t member)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < member; i++)
        count += are_twins(&pins->members[i], &pins->members[member]);
    return count;
}

size_t pins_scorer_count(const struct pins *pins)
{
    return pins->metric_count - (pins->rubric != PINS_NO_RUBRIC);
}

/* The strings of a spec belong to the config snapshot: the pins outlive it. */
static struct model_spec copy_spec(struct as_arena *arena, const struct model_spec *spec)
{
    struct model_spec copy = *spec;
    copy.name = as_arena_strdup(arena, spec->name);
    copy.provider = as_arena_strdup(arena, spec->provider);
    copy.plugin = as_arena_strdup(arena, spec->plugin);
    copy.base_url = as_arena_strdup(arena, spec->base_url);
    copy.id = as_arena_strdup(arena, spec->id);
    copy.params_json = as_arena_strdup(arena, spec->params_json);
    copy.worker_json = as_arena_strdup(arena, spec->worker_json);
    copy.key_name = as_arena_strdup(arena, spec->key_name);
    return copy;
}

static int say_no_model(const struct config *config, const char *name, struct as_err *err)
{
    struct as_nearest nearest = {0};
    for (size_t i = 0; i < config->model_count; i++)
        as_nearest_offer(&nearest, name, config->models[i].name);
    if (nearest.best)
        return as_err_set(err, AS_ENOENT, "no model named '%s' in %s: did you mean '%s'?", name,
                          config->path, nearest.best);
    return as_err_set(err, AS_ENOENT, "no model named '%s' in %s: add it under models:", name,
                      config->path);
}

static int resolve_model(struct pins *pins, const struct config *config, struct registry *registry,
                         const char *name, struct pin_model *ret_model, struct as_err *err)
{
    if (recording_of(name)) {
        ret_model->spec =
            (struct model_spec){.name = as_arena_strdup(&pins->arena, name),
                                .prices = {.input = NAN, .output = NAN, .cached_input = NAN}};
        return 0;
    }
    const struct model_spec *spec = config_model(config, name);
    if (!spec)
        return say_no_model(config, name, err);
    struct plugin_version *version = NULL;
    int rc = registry_find(registry, PLUGIN_PROVIDER, spec->plugin, &version, err);
    if (rc) {
        as_err_prefix(err, "%s", spec->place);
        return rc;
    }
    ret_model->spec = copy_spec(&pins->arena, spec);
    ret_model->provider = version;
    ret_model->provider_hash = version->hash;
    return 0;
}

static int resolve_members(struct pins *pins, const struct eval_def *eval,
                           const struct config *config, struct registry *registry,
                           const struct run_overrides *overrides, struct as_err *err)
{
    const char *const *names = overrides->models ? overrides->models : eval->candidates;
    size_t count = overrides->models ? overrides->model_count : eval->candidate_count;
    if (count > EVAL_MAX_CANDIDATES)
        return as_err_set(err, AS_ELIMIT, "%zu candidates are too many: at most %d", count,
                          EVAL_MAX_CANDIDATES);
    int rc = resolve_model(pins, config, registry, eval->baseline, &pins->members[0], err);
    pins->member_count = 1;
    for (size_t i = 0; i < count && !rc; i++)
        rc = resolve_model(pins, config, registry, names[i], &pins->members[pins->member_count++],
                           err);
    return rc;
}

/* In place of what its params say. A whole number is written as one, as in a configuration: the
 * same request is then the same bytes. */
static void set_temperature(struct as_arena *arena, struct model_spec *spec, double temperature)
{
    AS_CLEANUP_JSON struct as_json *params = NULL;
    struct as_buf text = {0};
    bool is_whole = temperature >= floor(temperature) && temperature <= floor(temperature);
    int rc = as_json_parse(spec->params_json, strlen(spec->params_json), &params, NULL);
    AS_ASSERT(rc == 0); /* config wrote it */
    as_json_set_take(params, "temperature",
                     is_whole ? as_json_new_int((int64_t)temperature)
                              : as_json_new_num(temperature));
    as_json_write_canonical(params, &text);
    spec->params_json = as_arena_strdup(arena, text.ptr);
    spec->worker_json = config_worker_json(arena, spec);
    as_buf_done(&text);
}

static void set_temperatures(struct pins *pins)
{
    for (size_t i = 0; i < pins->member_count; i++)
        if (!pins_is_recorded(&pins->members[i]))
            set_temperature(&pins->arena, &pins->members[i].spec, pins->calls.temperature);
}

static int resolve_metric(struct pins *pins, enum plugin_kind kind,
                          const struct eval_plugin *plugin, struct registry *registry,
                          struct as_err *err)
{
    struct plugin_version *version = NULL;
    int rc = names_find_metric(registry, kind, plugin, &version, err);
    if (rc)
        return rc;
    pins->metrics[pins->metric_count++] = (struct pin_metric){
        .name = as_arena_strdup(&pins->arena, plugin->name),
        .selector = as_arena_strdup(&pins->arena, version->selector),
        .params_json = as_arena_strdup(&pins->arena, plugin->params_json),
        .version = version,
        .hash = version->hash,
    };
    return 0;
}

static void bound_output(const struct budget_rules *budget, struct pin_model *model)
{
    int64_t limit = budget_output_limit(model->spec.params_json);
    model->is_assumed = limit <= 0;
    model->output_tokens = model->is_assumed ? budget->output_tokens : limit;
}

void pins_bound_outputs(struct pins *pins)
{
    for (size_t i = 0; i < pins->member_count; i++)
        bound_output(&pins->budget, &pins->members[i]);
    bound_output(&pins->budget, &pins->judge);
}

static int metric_index(const struct pins *pins, const char *name)
{
    for (size_t i = 0; i < pins->metric_count; i++)
        if (!strcmp(pins->metrics[i].name, name))
            return (int)i;
    return -1;
}

static int resolve_metrics(struct pins *pins, const struct eval_def *eval,
                           struct registry *registry, struct as_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < eval->scorer_count && !rc; i++)
        rc = resolve_metric(pins, PLUGIN_SCORER, &eval->scorers[i], registry, err);
    pins->rubric = PINS_NO_RUBRIC;
    if (!rc && eval->has_rubric) {
        pins->rubric = (int)pins->metric_count;
        rc = resolve_metric(pins, PLUGIN_RUBRIC, &eval->rubric, registry, err);
    }
    if (rc)
        return rc;
    for (size_t i = 0; i < eval->judge_requires_count; i++) {
        int at = metric_index(pins, eval->judge_requires[i]);
        if (at >= 0)
            pins->metrics[at].is_required = true;
    }
    int primary = metric_index(pins, eval->primary);
    if (primary < 0)
        return as_err_set(err, AS_EINVAL, "eval '%s': primary '%s' is no metric of it", eval->name,
                          eval->primary);
    pins->primary = (size_t)primary;
    return 0;
}

/* By the dataset's hash: runs of one version take its cases in one order, so that of two that ended
 * early the shorter one's cases are also the longer one's. */
static void plan_looks(struct pins *pins, uint32_t looks)
{
    pins->looks = looks;
    for (size_t i = 0; looks && i < ORDER_SEED_BYTES; i++)
        pins->order_seed = pins->order_seed << 8 | pins->dataset_hash.bytes[i];
}

void run_overrides_init(struct run_overrides *overrides)
{
    *overrides = (struct run_overrides){.calls = {.temperature = NAN}};
    budget_rules_init(&overrides->budget);
}

int pins_resolve(const struct eval_def *eval, const struct config *config,
                 struct registry *registry, const struct dataset_info *dataset,
                 const struct run_overrides *overrides, struct pins **ret_pins, struct as_err *err)
{
    struct pins *pins = as_xcalloc(1, sizeof(*pins));
    pins->eval_name = as_arena_strdup(&pins->arena, eval->name);
    pins->dataset_name = as_arena_strdup(&pins->arena, dataset->name);
    pins->dataset_version = dataset->version;
    pins->dataset_hash = dataset->hash;
    pins->system = as_arena_strdup(&pins->arena, eval->system);
    pins->is_scheduled = overrides->is_scheduled;
    pins->samples = overrides->samples ? overrides->samples : eval->samples;
    pins->gate = gate_rules_copy(&eval->gate, &pins->arena);
    plan_looks(pins, overrides->has_no_looks ? 0 : eval->early_stop.looks);
    pins->rank = eval->rank;
    pins->journal = overrides->journal ? *overrides->journal : eval->journal;
    selection_copy(&overrides->selection, &pins->arena, &pins->selection);
    pins->selection.of = dataset->case_count;
    pins->calls = overrides->calls;
    pins->budget = eval->budget;
    int rc = budget_rules_lower(&pins->budget, &overrides->budget, err);
    if (!rc)
        rc = resolve_members(pins, eval, config, registry, overrides, err);
    if (!rc && !isnan(pins->calls.temperature))
        set_temperatures(pins);
    if (!rc)
        rc = resolve_metrics(pins, eval, registry, err);
    if (!rc && eval->has_rubric)
        rc = resolve_model(pins, config, registry, eval->judge, &pins->judge, err);
    if (rc) {
        pins_free(pins);
        return rc;
    }
    pins_bound_outputs(pins);
    *ret_pins = pins;
    return 0;
}

void pins_free(struct pins *pins)
{
    if (!pins)
        return;
    for (size_t i = 0; i < PINS_MAX_MEMBERS; i++)
        plugin_version_unref(pins->members[i].provider);
    for (size_t i = 0; i < PINS_MAX_METRICS; i++)
        plugin_version_unref(pins->metrics[i].version);
    plugin_version_unref(pins->judge.provider);
    as_arena_done(&pins->arena);
    free(pins);
}

void pins_each_plugin(struct pins *pins, pins_slot_fn fn, void *ctx)
{
    for (size_t i = 0; i < pins->member_count; i++)
        if (!pins_is_recorded(&pins->members[i]))
            fn(ctx, &pins->members[i].provider_hash, pins->members[i].spec.plugin,
               &pins->members[i].provider);
    for (size_t i = 0; i < pins->metric_count; i++)
        fn(ctx, &pins->metrics[i].hash, pins->metrics[i].selector, &pins->metrics[i].version);
    if (pins->rubric != PINS_NO_RUBRIC)
        fn(ctx, &pins->judge.provider_hash, pins->judge.spec.plugin, &pins->judge.provider);
}
