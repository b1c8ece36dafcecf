/* Copy away, copy back, and return the pages that a greedy row touched. The arena holds all of a
 * Lua state and is never moved, so that bytes put back where they were are that state again,
 * pointers included. */
#include "worker/snapshot.h"

#include "lib/err.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Pages below stay mapped: giving them back and faulting them in again costs more. */
#define KEEP_BYTES (1u << 20)
#define PAGE_BYTES 4096u
#define HOLE_MIN_BYTES 512u /* copying a smaller one costs less than going around it */

void snapshot_take(struct snapshot *snapshot, struct arena *arena)
{
    free(snapshot->copy);
    free(snapshot->holes);
    *snapshot = (struct snapshot){.arena = arena, .bytes = arena_settle(arena)};
    snapshot->copy = as_xmemdup(arena, snapshot->bytes);
    snapshot->hole_count = arena_holes(arena, HOLE_MIN_BYTES, &snapshot->holes);
}

static void copy_back(const struct snapshot *snapshot, size_t from, size_t to)
{
    memcpy((char *)snapshot->arena + from, snapshot->copy + from, to - from);
}

void snapshot_restore(const struct snapshot *snapshot)
{
    size_t high = arena_high_bytes(snapshot->arena);
    size_t keep = snapshot->bytes > KEEP_BYTES ? snapshot->bytes : KEEP_BYTES;
    keep = (keep + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    if (high > keep) /* pages only go missing: no error of it could matter */
        (void)madvise((char *)snapshot->arena + keep, high - keep, MADV_DONTNEED);
    size_t at = 0;
    for (size_t i = 0; i < snapshot->hole_count; i++) {
        copy_back(snapshot, at, snapshot->holes[i].from);
        at = snapshot->holes[i].to;
    }
    copy_back(snapshot, at, snapshot->bytes);
}
