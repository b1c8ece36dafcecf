/* The section `inbox` of assay.yaml. Inside daemon/config. */
#ifndef DAEMON_CONFIG_INBOX_SECTION_H
#define DAEMON_CONFIG_INBOX_SECTION_H

#include "daemon/config/config.h"
#include "daemon/config/field.h"

/* A field_decode_fn; dest is the struct config. inbox: {dir: ..., dataset: ...}, or a list of such
 * maps. */
void decode_inboxes(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                    void *dest);
/* That no inbox is in a folder whose files are needed where they are. config is decoded. */
void inboxes_check_folders(struct field_ctx *ctx, const struct yaml_node *root,
                           const struct config *config);

extern const struct field inbox_fields[];

#endif
