/* What is wrong with one configuration file, collected so that a person can mend it all in one go.
 *
 * Used by every part of daemon/config. A problem has a place and a sentence; problems_write puts
 * them in the order of the file, one line each. Sentences may quote the file: control characters
 * and bad UTF-8 are replaced, long lists are cut. */
#ifndef DAEMON_CONFIG_PROBLEMS_H
#define DAEMON_CONFIG_PROBLEMS_H

#include "lib/arena.h"
#include "lib/buf.h"

#include <stdint.h>

#define PROBLEMS_MAX 50 /* of one file; the rest is counted */

/* From 1; columns count characters, as editors do. Line 0: the file as a whole. */
struct place {
    uint32_t line, column;
};

struct problem {
    struct place place;
    const char *text;
};

struct problems {
    const char *path; /* as the user wrote it; borrowed */
    struct problem items[PROBLEMS_MAX];
    size_t count; /* may exceed PROBLEMS_MAX: those are not kept */
    struct as_arena arena;
};

void problems_init(struct problems *problems, const char *path);
void problems_done(struct problems *problems);

/* where is the key's path, as "models.gpt-x.provider"; "" leaves it out. */
void problems_add(struct problems *problems, struct place place, const char *where, const char *fmt,
                  ...) AS_PRINTF(4, 5);

/* Appends "path:line:column: where: sentence\n" for each. */
void problems_write(struct problems *problems, struct as_buf *out);

#endif
