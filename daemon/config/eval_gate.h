/* The gate section of an eval file: its keys, and what they have to do with the rest of the eval.
 * Inside daemon/config only. */
#ifndef DAEMON_CONFIG_EVAL_GATE_H
#define DAEMON_CONFIG_EVAL_GATE_H

#include "daemon/config/field.h"
#include "daemon/model/eval.h"

/* Into a struct gate_rules that was initialised. */
extern const struct field eval_gate_fields[];
/* After all keys are read: metrics are the eval's, and its primary one is known. */
void eval_gate_check(struct field_ctx *ctx, const struct yaml_node *gate,
                     const struct eval_def *eval, struct name_list metrics);

#endif
