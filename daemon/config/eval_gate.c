/* The gate's keys. Those whose value is a map with names of the user's own, tags and metrics, go
 * entry by entry through a table for one entry, so that a mistake in it is told with its place. */
#include "daemon/config/eval_gate.h"

#include <stddef.h>
#include <string.h>

#define RULE(member) offsetof(struct gate_rules, member)

static const char *policy_word(int value)
{
    return value <= GATE_POLICY_DROP ? gate_policy_name((enum gate_policy)value) : NULL;
}

static const char *critical_word(int value)
{
    return value <= GATE_CRITICAL_MUST_PASS ? gate_critical_name((enum gate_critical)value) : NULL;
}

static const char *floor_mode_word(int value)
{
    return value <= GATE_FLOOR_POINT ? gate_floor_mode_name((enum gate_floor_mode)value) : NULL;
}

static const struct field floor_fields[] = {
    FIELD("value", NUMBER, offsetof(struct gate_floor, value), .is_required = true, .max = 1),
    FIELD("mode", WORD, offsetof(struct gate_floor, mode), .fallback = "ci",
          .word = floor_mode_word),
    FIELDS_END,
};

/* floor: 0.8, or floor: {value: 0.8, mode: point}. */
static void decode_floor(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         void *dest)
{
    struct field_short room;
    field_decode_map(ctx, field_short_form(node, "value", &room), where, floor_fields, dest);
}

static void decode_need(struct field_ctx *ctx, const struct yaml_node *entry, const char *where,
                        struct gate_need *need)
{
    struct yaml_node alone = *entry;
    const struct yaml_node map = {.kind = YAML_MAP, .place = entry->place, .first = &alone};
    const struct field fields[] = {
        FIELD(entry->key->text.ptr, I64, offsetof(struct gate_need, cases), .is_required = true,
              .min = 1, .max = 1e9),
        FIELDS_END,
    };
    alone.next = NULL;
    need->tag = field_text(ctx, entry->key, where);
    if (need->tag && !*need->tag)
        problems_add(ctx->problems, entry->key->place, where, "a tag is a text that is not empty");
    else if (need->tag)
        field_decode_map(ctx, &map, where, fields, need);
}

/* require_tag: {prod-failure: 20, refunds: 50} */
static void decode_needs(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         void *dest)
{
    struct gate_rules *rules = dest;
    if (!field_expect(ctx, node, where, YAML_MAP, "a map of tags, each with a number of cases"))
        return;
    if (!node->count || node->count > GATE_NEEDS_MAX) {
        problems_add(ctx->problems, node->place, where, "%u tags; give 1 to %d", node->count,
                     GATE_NEEDS_MAX);
        return;
    }
    struct gate_need *needs = as_arena_alloc(ctx->arena, node->count * sizeof(*needs));
    for (const struct yaml_node *entry = node->first; entry; entry = entry->next)
        decode_need(ctx, entry, where, &needs[rules->need_count++]);
    rules->needs = needs;
}

static void decode_only(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                        void *dest)
{
    struct gate_tag_rules *rules = dest;
    if (!field_expect(ctx, list, where, YAML_LIST, "a list of tags"))
        return;
    if (!list->count || list->count > GATE_ONLY_MAX) {
        problems_add(ctx->problems, list->place, where,
                     "%u tags; give 1 to %d, or leave the key "
                     "out for all",
                     list->count, GATE_ONLY_MAX);
        return;
    }
    const char **only = as_arena_alloc(ctx->arena, list->count * sizeof(*only));
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        const char *tag = field_text(ctx, node, where);
        if (tag && name_list_has((struct name_list){only, rules->only_count}, tag))
            problems_add(ctx->problems, node->place, where, "'%.60s' stands twice", tag);
        else if (tag)
            only[rules->only_count++] = tag;
    }
    rules->only = only;
}

static const struct field tag_fields[] = {
    FIELD("margin", NUMBER, offsetof(struct gate_tag_rules, margin), .is_required = true,
          .min = 0.0001, .max = 1),
    FIELD("min_n", I64, offsetof(struct gate_tag_rules, min_n), .min = 2, .max = 1e9),
    FIELD("only", CUSTOM, 0, .decode = decode_only),
    FIELDS_END,
};

static const struct field metric_fields[] = {
    FIELD("margin", NUMBER, offsetof(struct gate_metric_rules, margin), .min = 0.0001, .max = 1),
    FIELD("floor", CUSTOM, offsetof(struct gate_metric_rules, floor), .decode = decode_floor),
    FIELD("max_missing_rate", NUMBER, offsetof(struct gate_metric_rules, max_missing_rate),
          .max = 1),
    FIELD("max_failure_rate", NUMBER, offsetof(struct gate_metric_rules, max_failure_rate),
          .max = 1),
    FIELDS_END,
};

/* metrics: {json_valid: {floor: 0.99}, label: {margin: 0.03}} */
static void decode_metrics(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                           void *dest)
{
    struct gate_rules *rules = dest;
    if (!field_expect(ctx, node, where, YAML_MAP, "a map of metrics, each with its thresholds"))
        return;
    if (!node->count || node->count > EVAL_MAX_METRICS) {
        problems_add(ctx->problems, node->place, where, "%u metrics; give 1 to %d", node->count,
                     EVAL_MAX_METRICS);
        return;
    }
    struct gate_metric_rules *metrics = as_arena_alloc(ctx->arena, node->count * sizeof(*metrics));
    for (const struct yaml_node *entry = node->first; entry; entry = entry->next) {
        const char *name = field_text(ctx, entry->key, where);
        const char *inside = field_where(ctx, where, entry->key->text.ptr);
        struct gate_metric_rules *metric = &metrics[rules->metric_count++];
        *metric = gate_metric_rules_of(name);
        if (name && entry->kind == YAML_MAP && !entry->count)
            problems_add(ctx->problems, entry->place, inside,
                         "nothing is asked: give margin, floor, max_missing_rate or "
                         "max_failure_rate");
        else if (name)
            field_decode_map(ctx, entry, inside, metric_fields, metric);
    }
    rules->metrics = metrics;
}

const struct field eval_gate_fields[] = {
    FIELD("margin", NUMBER, RULE(margin), .min = 0.0001, .max = 1),
    FIELD("policy", WORD, RULE(policy), .word = policy_word),
    FIELD("min_pairs", I64, RULE(min_pairs), .max = 1e9),
    FIELD("min_clusters", I64, RULE(min_clusters), .max = 1e9),
    FIELD("max_missing_rate", NUMBER, RULE(max_missing_rate), .max = 1),
    FIELD("max_failure_rate", NUMBER, RULE(max_failure_rate), .max = 1),
    FIELD("critical", WORD, RULE(critical), .word = critical_word),
    FIELD("max_critical", I64, RULE(max_critical), .max = 1e9),
    FIELD("pass_threshold", NUMBER, RULE(pass_threshold), .max = 1),
    FIELD("floor", CUSTOM, RULE(floor), .decode = decode_floor),
    FIELD("require_superiority", BOOL, RULE(require_superiority)),
    FIELD("stratum_margin", NUMBER, RULE(stratum_margin), .min = 0.0001, .max = 1),
    FIELD("latency_p50_max_ms", NUMBER, RULE(latency_p50_max_ms), .min = 1, .max = 1e7),
    FIELD("latency_p95_max_ms", NUMBER, RULE(latency_p95_max_ms), .min = 1, .max = 1e7),
    FIELD("latency_p95_max_ratio", NUMBER, RULE(latency_p95_max_ratio), .min = 0.001, .max = 1000),
    FIELD("cost_mean_max", NUMBER, RULE(cost_mean_max), .max = 1e6),
    FIELD("cost_max_ratio", NUMBER, RULE(cost_max_ratio), .min = 0.001, .max = 1000),
    FIELD("require_tag", CUSTOM, 0, .decode = decode_needs),
    FIELD("tags", SECTION, RULE(tags), .section = tag_fields),
    FIELD("metrics", CUSTOM, 0, .decode = decode_metrics),
    FIELDS_END,
};

void eval_gate_check(struct field_ctx *ctx, const struct yaml_node *gate,
                     const struct eval_def *eval, struct name_list metrics)
{
    const struct yaml_node *rules = yaml_map_get(gate, "metrics");
    if (!rules || rules->kind != YAML_MAP)
        return;
    for (const struct yaml_node *entry = rules->first; entry; entry = entry->next) {
        const char *name = entry->key->text.ptr;
        struct as_buf hint = {0};
        if (!name_list_has(metrics, name))
            problems_add(ctx->problems, entry->key->place, "gate.metrics",
                         "no metric named '%.60s' in this eval%s", name,
                         name_hint(metrics, name, &hint));
        else if (eval->primary && !strcmp(eval->primary, name))
            problems_add(ctx->problems, entry->key->place, "gate.metrics",
                         "'%.60s' is the primary metric: its thresholds are the gate's own keys",
                         name);
        as_buf_done(&hint);
    }
}
