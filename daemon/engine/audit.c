/* One piece of work a note: an entry copied into an arena, with the state that it comes with. */
#include "daemon/engine/audit.h"

#include "lib/log.h"

#include <stdlib.h>

struct note {
    struct audit_entry entry;
    int64_t run; /* 0: no state changes */
    enum group_state state;
    audit_done_fn done; /* NULL: nobody waits */
    void *ctx;
    struct as_err err;
    struct as_arena arena;
};

static void note_work(struct store *store, void *ctx)
{
    struct note *note = ctx;
    int rc = note->run ? store_group_change_state(store, note->run, note->state, &note->entry)
                       : store_audit_add(store, &note->entry);
    if (rc)
        as_err_set(&note->err, rc, "%s of %s by %s could not be stored: %s", note->entry.action,
                   note->entry.target, note->entry.who, store_error(store));
}

static void note_done(void *ctx)
{
    struct note *note = ctx;
    if (note->err.code)
        as_log_err("%s", note->err.msg);
    if (note->done)
        note->done(note->ctx, note->err.code ? &note->err : NULL);
    as_arena_done(&note->arena);
    free(note);
}

static struct note *note_new(const struct audit_entry *entry)
{
    struct note *note = as_xcalloc(1, sizeof(*note));
    struct as_arena *arena = &note->arena;
    note->entry = (struct audit_entry){
        .at_ms = entry->at_ms ? entry->at_ms : clock_wall_ms(),
        .who = as_arena_strdup(arena, entry->who),
        .action = as_arena_strdup(arena, entry->action),
        .target = as_arena_strdup(arena, entry->target),
        .why = as_arena_strdup(arena, entry->why),
        .detail_json = as_arena_strdup(arena, entry->detail_json),
    };
    return note;
}

void audit_note(struct db *db, const struct audit_entry *entry)
{
    db_write(db, note_work, note_done, note_new(entry));
}

void audit_note_state(struct db *db, int64_t run, enum group_state state,
                      const struct audit_entry *entry, audit_done_fn done, void *ctx)
{
    struct note *note = note_new(entry);
    note->run = run;
    note->state = state;
    note->done = done;
    note->ctx = ctx;
    db_write(db, note_work, note_done, note);
}
