/* The file that says which model is promoted for an eval: EVAL.json in the folder promoted_dir,
 * which deploy jobs of other users read. It is moved into its place whole, so a reader sees the one
 * before or the new one, never a part. Blocks: on a pool thread. */
#ifndef DAEMON_ENGINE_POINTER_FILE_H
#define DAEMON_ENGINE_POINTER_FILE_H

#include "lib/buf.h"

/* AS_EINVAL: the eval's name is none for a file. */
int pointer_file_check(const char *eval, struct as_err *err) AS_MUST_USE;
/* A folder that is not there is made for all to read; one that is there keeps the mode that its
 * owner gave it. */
int pointer_folder_make(const char *folder, struct as_err *err) AS_MUST_USE;
/* On disk when this returns. A text of NULL takes the file away. */
int pointer_file_put(const char *folder, const char *eval, struct as_str text,
                     struct as_err *err) AS_MUST_USE;

#endif
