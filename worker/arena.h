/* The Lua heap: one fixed stretch of address space that holds every byte of a Lua state, the
 * allocator's own bookkeeping included. Because nothing of it lies elsewhere, copying the stretch
 * away and back (worker/snapshot.h) restores a state exactly. Pages are taken from the kernel on
 * first touch only. When a row asks for more than there is, the allocator says so and Lua raises
 * its memory error. */
#ifndef WORKER_ARENA_H
#define WORKER_ARENA_H

#include <stddef.h>

#define ARENA_BYTES (64u << 20)
#define ARENA_BLOCK_MAX_BYTES (32u << 20)

struct arena; /* lies at the start of its own stretch */

struct arena *arena_new(void); /* NULL when the address space is not to be had */

/* A lua_Alloc; ud is the arena. */
void *arena_alloc(void *ud, void *block, size_t old_size, size_t new_size);

/* Gives an unused tail back, starts the high-water mark anew, and returns the bytes in use from the
 * arena's address on. */
size_t arena_settle(struct arena *arena);

/* A stretch that nothing uses, bookkeeping left out; offsets from the arena's address. */
struct arena_hole {
    size_t from, to;
};
/* Those of min_bytes or more, in order of address. The caller frees *ret_holes. */
size_t arena_holes(const struct arena *arena, size_t min_bytes, struct arena_hole **ret_holes);

/* The most bytes that were in use since then. */
size_t arena_high_bytes(const struct arena *arena);

#endif
