/* The section `notify` of an eval's file and of assay.yaml. Inside daemon/config. */
#ifndef DAEMON_CONFIG_NOTIFY_SECTION_H
#define DAEMON_CONFIG_NOTIFY_SECTION_H

#include "daemon/config/field.h"
#include "daemon/model/notify_rules.h"

/* Each a field_decode_fn; dest is a struct notify_rules. notify: {on: [...], to: {...}}, or a list
 * of such maps. An eval's rules hear of that eval alone, so kinds of no eval are errors there. */
void decode_notify(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                   void *dest);
void decode_eval_notify(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                        void *dest);
/* Of two struct notify_rules. */
bool notify_differs(const void *a, const void *b);
extern const struct field notify_rule_fields[];

#endif
