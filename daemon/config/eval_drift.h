/* The drift section of an eval file: the anchor that tells a judge's drift from a model's. */
#ifndef DAEMON_CONFIG_EVAL_DRIFT_H
#define DAEMON_CONFIG_EVAL_DRIFT_H

#include "daemon/config/config.h"
#include "daemon/config/field.h"

extern const struct field eval_drift_fields[]; /* into a struct eval_drift */

/* What can be seen in the eval's own file; root is its map. Fills in the place of the anchor. */
void eval_drift_check(struct field_ctx *ctx, const struct yaml_node *root, struct eval_def *eval);
/* What takes all files. True, and *ret_reason in the arena: the anchor cannot be one, and what to
 * do. An anchor whose own file was refused is left alone: that is told of it already, and what the
 * eval measures does not hang on it. */
bool eval_drift_is_wrong(const struct eval_set *set, const struct eval_def *eval,
                         struct as_arena *arena, const char **ret_reason);

#endif
