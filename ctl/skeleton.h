/* A working plugin of each kind, to begin with: it loads, its examples pass, and `plugin check` has
 * nothing to say of it. */
#ifndef CTL_SKELETON_H
#define CTL_SKELETON_H

#include "lib/buf.h"
#include "lib/job.h"

#define SKELETON_VERSION "0.1.0" /* of what is new: a draft, which name@1 does not find */

void skeleton_write(enum plugin_kind kind, const char *name, struct as_buf *out);

/* The source with the name and version that its returned table declares replaced. False, and out is
 * as it was, when they do not stand there as plain texts. */
bool skeleton_rename(struct as_str source, const char *from_name, const char *from_version,
                     const char *name, const char *version, struct as_buf *out);

#endif
