/* Gate rules as JSON, for a group's pins and for eval.show. Keys are the names of the fields; what
 * is not configured is null. */
#ifndef DAEMON_MODEL_GATE_JSON_H
#define DAEMON_MODEL_GATE_JSON_H

#include "daemon/model/gate_rules.h"
#include "lib/json.h"

struct as_json *gate_rules_to_json(const struct gate_rules *gate);
/* Lists and names live in the arena. AS_EINVAL when a word is none of its table, or a name is
 * missing. */
int gate_rules_from_json(const struct as_json *json, struct as_arena *arena,
                         struct gate_rules *ret_gate) AS_MUST_USE;

#endif
