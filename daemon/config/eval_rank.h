/* The rank section of an eval file: weights and fixed ranges of quality, cost and latency. */
#ifndef DAEMON_CONFIG_EVAL_RANK_H
#define DAEMON_CONFIG_EVAL_RANK_H

#include "daemon/config/field.h"
#include "daemon/model/rank_rules.h"

extern const struct field eval_rank_fields[]; /* into a struct rank_rules */

/* What the keys say together; root is the file's map. Nothing to check without the section. */
void eval_rank_check(struct field_ctx *ctx, const struct yaml_node *root,
                     const struct rank_rules *rules);

#endif
