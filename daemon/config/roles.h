/* The `roles:` list of the configuration: who may do what on the control socket. */
#ifndef DAEMON_CONFIG_ROLES_H
#define DAEMON_CONFIG_ROLES_H

#include "daemon/config/config.h"
#include "daemon/config/field.h"

/* Decodes the list into config->roles. Users and groups are looked up now; an unknown one is a
 * problem. */
void roles_decode(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                  struct config *config);

/* Without a list: root and the user who runs the daemon are admins, nobody else gets in. */
void roles_default(struct config *config);

#endif
