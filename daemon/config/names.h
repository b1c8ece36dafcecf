/* Names: what they may be made of, and which of the known ones the user probably meant.
 *
 * Used by the field tables for keys and words and by config.c and eval_file.c for models, providers
 * and metrics. Pure. */
#ifndef DAEMON_CONFIG_NAMES_H
#define DAEMON_CONFIG_NAMES_H

#include "lib/buf.h"

#define NAME_MAX_BYTES 64

struct name_list { /* borrowed */
    const char *const *names;
    size_t count;
};

bool name_list_has(struct name_list list, const char *name);

/* The one that was probably meant; NULL when none is near (lib/nearest.h says how near). */
const char *name_nearest(struct name_list list, const char *name);

/* Text for the end of "no provider named 'opnai'": "; there is 'openai'" (the nearest, or the
 * only one), "; there are 'a', 'b'", or "; there is none". The buffer is reset first. */
const char *name_hint(struct name_list list, const char *name, struct as_buf *scratch);

/* letters, digits and ._:/- ; begins with a letter or a digit */
bool name_is_model(const char *text);
bool name_is_metric(const char *text); /* letters, digits and ._- */
bool name_is_secret(const char *text); /* as an environment variable: letters, digits and _ */
/* NAME, NAME@2 or NAME@HASHPREFIX of 6 or more hex digits */
bool name_is_dataset(const char *text);
/* NAME, NAME@1, NAME@1.2, NAME@1.2.3 or NAME@sha256:HEX of 8 or more digits */
bool name_is_selector(const char *text);

#endif
