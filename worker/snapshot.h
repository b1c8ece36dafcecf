/* The Lua heap as it was right after a plugin loaded, and the way back to it.
 *
 * Restoring before every row makes rows independent: no global, upvalue, metatable or cache that
 * one row left is there for the next. It costs a copy of some 30 KB. The snapshot lies outside the
 * heap and lives as long as the process. */
#ifndef WORKER_SNAPSHOT_H
#define WORKER_SNAPSHOT_H

#include "worker/arena.h"

struct snapshot {
    struct arena *arena;
    char *copy;
    size_t bytes;
};

/* The Lua state must be at rest: no call open, garbage collected. */
void snapshot_take(struct snapshot *snapshot, struct arena *arena);
void snapshot_restore(const struct snapshot *snapshot);

#endif
