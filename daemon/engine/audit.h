/* Notes into the audit log, from the loop: what was done, by whom and why.
 *
 * A note is queued for the writing connection in the order of the calls; when it cannot be stored,
 * that is logged, and whoever gave a callback is told. */
#ifndef DAEMON_ENGINE_AUDIT_H
#define DAEMON_ENGINE_AUDIT_H

#include "daemon/engine/db.h"
#include "daemon/store/audit.h"

/* Who asks for a change, and why. */
struct actor {
    const char *who; /* "uid 1000" */
    const char *why; /* NULL: it was not said */
};

/* Everything is copied; at_ms 0 = now. */
void audit_note(struct db *db, const struct audit_entry *entry);
/* The same, together with a group's new state (run 0: without one). done fires once, on a later
 * turn: err NULL: both are on disk; else neither is. */
typedef void (*audit_done_fn)(void *ctx, const struct as_err *err);
void audit_note_state(struct db *db, int64_t run, enum group_state state,
                      const struct audit_entry *entry, audit_done_fn done, void *ctx);

#endif
