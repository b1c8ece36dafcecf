/* The section `schedule` of an eval's file. Inside daemon/config. */
#ifndef DAEMON_CONFIG_SCHEDULE_SECTION_H
#define DAEMON_CONFIG_SCHEDULE_SECTION_H

#include "daemon/config/field.h"

/* A field_decode_fn; dest is the struct eval_def. schedule: {cron: ...}, or a list of such maps. */
void decode_schedules(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                      void *dest);

extern const struct field schedule_fields[];

#endif
