/* The rules of a group's calls as JSON, and their bounds. */
#include "daemon/model/call_rules.h"

#include <math.h>

#define MS_PER_S 1000.0

int call_rules_from_json(const struct as_json *json, struct call_rules *ret_rules,
                         struct as_err *err)
{
    struct call_rules rules = {
        .temperature = as_json_get_num(json, "temperature", NAN),
        .max_concurrent = (uint32_t)as_json_get_int(json, "max_concurrent", 0),
    };
    double delay_s = as_json_get_num(json, "request_delay_s", 0);
    if (!isnan(rules.temperature) &&
        !(rules.temperature >= 0 && rules.temperature <= CALL_TEMPERATURE_MAX))
        return as_err_set(err, AS_EINVAL, "temperature: %g is not between 0 and %g",
                          rules.temperature, CALL_TEMPERATURE_MAX);
    if (!(delay_s >= 0 && delay_s <= CALL_DELAY_MAX_S))
        return as_err_set(err, AS_EINVAL, "request_delay_s: %g is not between 0 and %g seconds",
                          delay_s, CALL_DELAY_MAX_S);
    rules.delay_ms = (uint32_t)lround(delay_s * MS_PER_S);
    if (delay_s > 0 && !rules.delay_ms)
        return as_err_set(err, AS_EINVAL,
                          "request_delay_s: %g is less than a millisecond: leave it out", delay_s);
    *ret_rules = rules;
    return 0;
}

struct as_json *call_rules_to_json(const struct call_rules *rules)
{
    if (isnan(rules->temperature) && !rules->max_concurrent && !rules->delay_ms)
        return NULL;
    struct as_json *json = as_json_object();
    as_json_set_num(json, "temperature", rules->temperature);
    as_json_set_take(json, "max_concurrent",
                     rules->max_concurrent ? as_json_new_int(rules->max_concurrent) : NULL);
    as_json_set_num(json, "request_delay_s", rules->delay_ms ? rules->delay_ms / MS_PER_S : NAN);
    return json;
}
