/* Copy away, copy back, and return the pages that a greedy row touched. The arena holds all of a
 * Lua state and is never moved, so that bytes put back where they were are that state again,
 * pointers included. */
#include "worker/snapshot.h"

#include "lib/err.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Pages below stay mapped: giving them back and faulting them in again costs more. */
#define KEEP_BYTES (1u << 20)
#define PAGE_BYTES 4096u

void snapshot_take(struct snapshot *snapshot, struct arena *arena)
{
    size_t bytes = arena_settle(arena);
    *snapshot = (struct snapshot){arena, as_xmemdup(arena, bytes), bytes};
}

void snapshot_restore(const struct snapshot *snapshot)
{
    size_t high = arena_high_bytes(snapshot->arena);
    size_t keep = snapshot->bytes > KEEP_BYTES ? snapshot->bytes : KEEP_BYTES;
    keep = (keep + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    if (high > keep) /* pages only go missing: no error of it could matter */
        (void)madvise((char *)snapshot->arena + keep, high - keep, MADV_DONTNEED);
    memcpy(snapshot->arena, snapshot->copy, snapshot->bytes);
}
