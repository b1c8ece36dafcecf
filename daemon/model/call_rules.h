/* What run.start says of a group's calls, beside what the configuration says of its models.
 *
 * Plain data: a run group pins it; engine and transport go by it. */
#ifndef DAEMON_MODEL_CALL_RULES_H
#define DAEMON_MODEL_CALL_RULES_H

#include "lib/json.h"

#define CALL_TEMPERATURE_MAX 2.0
#define CALL_DELAY_MAX_S 3600.0

struct call_rules {
    double temperature;      /* of every member, not the judge; NaN = as each model's params say */
    uint32_t max_concurrent; /* calls in flight of the whole group; 0 = no such cap */
    uint32_t delay_ms;       /* from one call's start to the next one's; 0 = none */
};

/* {temperature, max_concurrent, request_delay_s}: of run.start's parameters, the pins and run.show.
 * What is absent or null is not said. AS_EINVAL: out of bounds; the sentence names them. */
int call_rules_from_json(const struct as_json *json, struct call_rules *ret_rules,
                         struct as_err *err) AS_MUST_USE;
struct as_json *call_rules_to_json(const struct call_rules *rules); /* NULL when nothing is said */

#endif
