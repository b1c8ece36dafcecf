/* Defaults of the gate's rules, and the words that YAML, the store and reports use for its choices.
 * One table of words per choice, indexed by the enum; "from" walks the same table. */
#include "daemon/model/gate_rules.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define DEFAULT_PASS_THRESHOLD 0.5

static const char *const policy_names[] = {
    [GATE_POLICY_ZERO] = "zero",
    [GATE_POLICY_DROP] = "drop",
};

static const char *const critical_names[] = {
    [GATE_CRITICAL_OFF] = "off",
    [GATE_CRITICAL_NO_REGRESSION] = "no_regression",
    [GATE_CRITICAL_MUST_PASS] = "must_pass",
};

static const char *const floor_mode_names[] = {
    [GATE_FLOOR_CI] = "ci",
    [GATE_FLOOR_POINT] = "point",
};

static int find_word(const char *const *words, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(words[i], name))
            return (int)i;
    return AS_EINVAL;
}

void gate_rules_init(struct gate_rules *rules)
{
    *rules = (struct gate_rules){
        .margin = NAN,
        .max_missing_rate = NAN,
        .max_failure_rate = NAN,
        .pass_threshold = DEFAULT_PASS_THRESHOLD,
        .floor = {.value = NAN},
        .stratum_margin = NAN,
        .latency_p50_max_ms = NAN,
        .latency_p95_max_ms = NAN,
        .latency_p95_max_ratio = NAN,
        .cost_mean_max = NAN,
        .cost_max_ratio = NAN,
        .tags = {.margin = NAN, .min_n = GATE_TAG_PAIRS},
    };
}

struct gate_metric_rules gate_metric_rules_of(const char *metric)
{
    return (struct gate_metric_rules){
        .metric = metric,
        .margin = NAN,
        .floor = {.value = NAN},
        .max_missing_rate = NAN,
        .max_failure_rate = NAN,
    };
}

struct gate_rules gate_rules_copy(const struct gate_rules *rules, struct as_arena *arena)
{
    struct gate_rules copy = *rules;
    struct gate_need *needs = as_arena_alloc(arena, (copy.need_count + 1) * sizeof(*needs));
    const char **only = as_arena_alloc(arena, (copy.tags.only_count + 1) * sizeof(*only));
    struct gate_metric_rules *metrics =
        as_arena_alloc(arena, (copy.metric_count + 1) * sizeof(*metrics));
    for (size_t i = 0; i < copy.need_count; i++)
        needs[i] =
            (struct gate_need){as_arena_strdup(arena, rules->needs[i].tag), rules->needs[i].cases};
    for (size_t i = 0; i < copy.tags.only_count; i++)
        only[i] = as_arena_strdup(arena, rules->tags.only[i]);
    for (size_t i = 0; i < copy.metric_count; i++) {
        metrics[i] = rules->metrics[i];
        metrics[i].metric = as_arena_strdup(arena, rules->metrics[i].metric);
    }
    copy.needs = needs;
    copy.tags.only = only;
    copy.metrics = metrics;
    return copy;
}

const char *gate_rules_warning(const struct gate_rules *rules)
{
    if (!isnan(rules->margin))
        return NULL;
    return "the gate has no margin: how much worse a candidate may be was not asked; set "
           "gate.margin in the eval";
}

const char *gate_policy_name(enum gate_policy policy)
{
    return policy_names[policy];
}

const char *gate_critical_name(enum gate_critical critical)
{
    return critical_names[critical];
}

const char *gate_floor_mode_name(enum gate_floor_mode mode)
{
    return floor_mode_names[mode];
}

int gate_policy_from(const char *name, enum gate_policy *ret_value)
{
    int found = find_word(policy_names, AS_COUNT(policy_names), name);
    if (found < 0)
        return found;
    *ret_value = (enum gate_policy)found;
    return 0;
}

int gate_critical_from(const char *name, enum gate_critical *ret_value)
{
    int found = find_word(critical_names, AS_COUNT(critical_names), name);
    if (found < 0)
        return found;
    *ret_value = (enum gate_critical)found;
    return 0;
}

int gate_floor_mode_from(const char *name, enum gate_floor_mode *ret_value)
{
    int found = find_word(floor_mode_names, AS_COUNT(floor_mode_names), name);
    if (found < 0)
        return found;
    *ret_value = (enum gate_floor_mode)found;
    return 0;
}
