/* A bump allocator for things that die together: a row, a control request, a configuration
 * snapshot.
 *
 * Memory comes in chunks and goes back all at once with as_arena_reset (keeps the first chunk) or
 * as_arena_done. Allocation never fails: it aborts when memory is out, so sizes chosen by a peer
 * are bounded before. */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include "lib/buf.h"

#include <stddef.h>

struct as_arena_chunk;

/* {0} is a valid empty arena. */
struct as_arena {
    struct as_arena_chunk *head;
    size_t total_bytes; /* taken from malloc so far */
};

void *as_arena_alloc(struct as_arena *arena, size_t size);       /* zeroed, aligned for any type */
char *as_arena_strdup(struct as_arena *arena, const char *text); /* NULL gives NULL */
struct as_str as_arena_dup(struct as_arena *arena, struct as_str text); /* plus a NUL */
char *as_arena_printf(struct as_arena *arena, const char *fmt, ...) AS_PRINTF(2, 3);
void as_arena_reset(struct as_arena *arena);
void as_arena_done(struct as_arena *arena);

#endif
