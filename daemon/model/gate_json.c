/* Writing and reading go over the same table of numbers, so that they cannot drift apart: a field
 * that one of them forgot would change what a stored group is judged by. The rest (words, counts)
 * is few enough to be written out. */
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
    return json;
}

int gate_rules_from_json(const struct as_json *json, struct gate_rules *ret_gate)
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
    return rc;
}
