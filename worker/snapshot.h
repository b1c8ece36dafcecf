/* The Lua heap as it was right after a plugin loaded, and the way back to it.
 *
 * Restoring before every row makes rows independent: no global, upvalue, metatable or cache that
 * one row left is there for the next. It costs a copy of what the heap holds, some 40 KB; the
 * holes between are left as they are, since no script can see them. The snapshot lies outside the
 * heap and lives as long as the process. */
#ifndef WORKER_SNAPSHOT_H
#define WORKER_SNAPSHOT_H

#include "worker/arena.h"

struct snapshot { /* all zero: none yet */
    struct arena *arena;
    char *copy;
    size_t bytes; /* of the heap, holes included */
    struct arena_hole *holes;
    size_t hole_count;
};

/* The Lua state must be at rest: no call open, garbage collected. Replaces the one before. */
void snapshot_take(struct snapshot *snapshot, struct arena *arena);
void snapshot_restore(const struct snapshot *snapshot);

#endif
