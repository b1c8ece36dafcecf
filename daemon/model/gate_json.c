/* Writing and reading go over the same table of numbers, so that they cannot drift apart: a field
 * that one of them forgot would change what a stored group is judged by. The rest (words, counts,
 * lists) is few enough to be written out. A group that was pinned before a rule existed has no such
 * key, which reads as not configured. */
#include "daemon/model/gate_json.h"

#include <math.h>
#include <stddef.h>

static const struct {
    const char *key;
    size_t offset;
} gate_numbers[] = {
/* clang-format off */
#define NUMBER(field) {#field, offsetof(struct gate_rules, field)}
    NUMBER(margin),
    NUMBER(max_missing_rate),
    NUMBER(max_failure_rate),
    NUMBER(pass_threshold),
    NUMBER(stratum_margin),
    NUMBER(latency_p50_max_ms),
    NUMBER(latency_p95_max_ms),
    NUMBER(latency_p95_max_ratio),
    NUMBER(cost_mean_max),
    NUMBER(cost_max_ratio),
#undef NUMBER
};
/* clang-format on */

static struct as_json *needs_to_json(const struct gate_rules *gate)
{
    struct as_json *json = gate->need_count ? as_json_object() : NULL;
    for (size_t i = 0; i < gate->need_count; i++)
        as_json_set_int(json, gate->needs[i].tag, gate->needs[i].cases);
    return json;
}

static struct as_json *tags_to_json(const struct gate_tag_rules *tags)
{
    if (isnan(tags->margin))
        return NULL;
    struct as_json *json = as_json_object(), *only = tags->only_count ? as_json_array() : NULL;
    for (size_t i = 0; i < tags->only_count; i++)
        as_json_push_take(only, as_json_new_str(as_str_from(tags->only[i])));
    as_json_set_num(json, "margin", tags->margin);
    as_json_set_int(json, "min_n", tags->min_n);
    as_json_set_take(json, "only", only);
    return json;
}

static void set_if_any(struct as_json *json, const char *key, double value)
{
    if (!isnan(value))
        as_json_set_num(json, key, value);
}

static struct as_json *metrics_to_json(const struct gate_rules *gate)
{
    struct as_json *json = gate->metric_count ? as_json_object() : NULL;
    for (size_t i = 0; i < gate->metric_count; i++) {
        const struct gate_metric_rules *rules = &gate->metrics[i];
        struct as_json *metric = as_json_object();
        set_if_any(metric, "margin", rules->margin);
        set_if_any(metric, "floor", rules->floor.value);
        if (!isnan(rules->floor.value))
            as_json_set_str(metric, "floor_mode", gate_floor_mode_name(rules->floor.mode));
        set_if_any(metric, "max_missing_rate", rules->max_missing_rate);
        set_if_any(metric, "max_failure_rate", rules->max_failure_rate);
        as_json_set_take(json, rules->metric, metric);
    }
    return json;
}

struct as_json *gate_rules_to_json(const struct gate_rules *gate)
{
    struct as_json *json = as_json_object();
    for (size_t i = 0; i < AS_COUNT(gate_numbers); i++) {
        double value = *(const double *)((const char *)gate + gate_numbers[i].offset);
        as_json_set_num(json, gate_numbers[i].key, value);
    }
    as_json_set_str(json, "policy", gate_policy_name(gate->policy));
    as_json_set_int(json, "min_pairs", gate->min_pairs);
    as_json_set_int(json, "min_clusters", gate->min_clusters);
    as_json_set_str(json, "critical", gate_critical_name(gate->critical));
    as_json_set_int(json, "max_critical", gate->max_critical);
    as_json_set_num(json, "floor", gate->floor.value);
    as_json_set_str(json, "floor_mode", gate_floor_mode_name(gate->floor.mode));
    as_json_set_bool(json, "require_superiority", gate->require_superiority);
    as_json_set_take(json, "require_tag", needs_to_json(gate));
    as_json_set_take(json, "tags", tags_to_json(&gate->tags));
    as_json_set_take(json, "metrics", metrics_to_json(gate));
    return json;
}

struct reading {
    struct as_arena *arena;
    struct gate_need *needs;
    struct gate_metric_rules *metrics;
    size_t count;
    int rc;
};

static void take_need(void *ctx, const char *key, struct as_json *value)
{
    struct reading *reading = ctx;
    reading->needs[reading->count++] =
        (struct gate_need){as_arena_strdup(reading->arena, key), as_json_int(value, 0)};
}

static void needs_from_json(const struct as_json *json, struct as_arena *arena,
                            struct gate_rules *gate)
{
    size_t bytes = (as_json_len(json) + 1) * sizeof(struct gate_need);
    struct reading reading = {.arena = arena, .needs = as_arena_alloc(arena, bytes)};
    as_json_each(json, take_need, &reading);
    gate->needs = reading.needs;
    gate->need_count = reading.count;
}

static int tags_from_json(const struct as_json *json, struct as_arena *arena,
                          struct gate_tag_rules *tags)
{
    const struct as_json *list = as_json_get(json, "only");
    tags->margin = as_json_get_num(json, "margin", NAN);
    tags->min_n = as_json_get_int(json, "min_n", GATE_TAG_PAIRS);
    tags->only_count = as_json_len(list);
    const char **only = as_arena_alloc(arena, (tags->only_count + 1) * sizeof(*only));
    for (size_t i = 0; i < tags->only_count; i++) {
        only[i] = as_arena_strdup(arena, as_json_cstr(as_json_at(list, i)));
        if (!only[i])
            return AS_EINVAL;
    }
    tags->only = only;
    return 0;
}

static void take_metric(void *ctx, const char *key, struct as_json *value)
{
    struct reading *reading = ctx;
    struct gate_metric_rules rules = gate_metric_rules_of(as_arena_strdup(reading->arena, key));
    const char *mode = as_json_get_cstr_or(value, "floor_mode", "ci");
    rules.margin = as_json_get_num(value, "margin", NAN);
    rules.floor.value = as_json_get_num(value, "floor", NAN);
    rules.max_missing_rate = as_json_get_num(value, "max_missing_rate", NAN);
    rules.max_failure_rate = as_json_get_num(value, "max_failure_rate", NAN);
    if (gate_floor_mode_from(mode, &rules.floor.mode))
        reading->rc = AS_EINVAL;
    reading->metrics[reading->count++] = rules;
}

static int metrics_from_json(const struct as_json *json, struct as_arena *arena,
                             struct gate_rules *gate)
{
    size_t bytes = (as_json_len(json) + 1) * sizeof(struct gate_metric_rules);
    struct reading reading = {.arena = arena, .metrics = as_arena_alloc(arena, bytes)};
    as_json_each(json, take_metric, &reading);
    gate->metrics = reading.metrics;
    gate->metric_count = reading.count;
    return reading.rc;
}

int gate_rules_from_json(const struct as_json *json, struct as_arena *arena,
                         struct gate_rules *ret_gate)
{
    gate_rules_init(ret_gate);
    for (size_t i = 0; i < AS_COUNT(gate_numbers); i++) {
        double *field = (double *)((char *)ret_gate + gate_numbers[i].offset);
        *field = as_json_get_num(json, gate_numbers[i].key, NAN);
    }
    ret_gate->min_pairs = as_json_get_int(json, "min_pairs", 0);
    ret_gate->min_clusters = as_json_get_int(json, "min_clusters", 0);
    ret_gate->max_critical = as_json_get_int(json, "max_critical", 0);
    ret_gate->floor.value = as_json_get_num(json, "floor", NAN);
    ret_gate->require_superiority = as_json_get_bool(json, "require_superiority", false);
    int rc = gate_policy_from(as_json_get_cstr_or(json, "policy", ""), &ret_gate->policy);
    if (!rc)
        rc = gate_critical_from(as_json_get_cstr_or(json, "critical", ""), &ret_gate->critical);
    if (!rc)
        rc = gate_floor_mode_from(as_json_get_cstr_or(json, "floor_mode", ""),
                                  &ret_gate->floor.mode);
    needs_from_json(as_json_get(json, "require_tag"), arena, ret_gate);
    if (!rc)
        rc = tags_from_json(as_json_get(json, "tags"), arena, &ret_gate->tags);
    if (!rc)
        rc = metrics_from_json(as_json_get(json, "metrics"), arena, ret_gate);
    return rc;
}
