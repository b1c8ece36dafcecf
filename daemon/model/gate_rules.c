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
    };
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
