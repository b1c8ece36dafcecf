/* The writes of an entry: its mark, times and an audit entry in one transaction on the pool. What
 * is written is a copy, for the entry may be gone when it is done. */
#include "daemon/schedule/entry.h"

#include "lib/civil.h"

#include <stdlib.h>
#include <string.h>

struct write {
    struct entry *entry;
    struct entry_note note;
    struct schedule_time times[ENTRY_TIMES_MAX];
    bool is_new[ENTRY_TIMES_MAX];
    struct audit_entry audit;
    struct event missed;
    int rc;
    struct as_err err;
    struct as_arena arena;
};

static void write_work(struct store *store, void *ctx)
{
    struct write *write = ctx;
    struct schedule_note note = {
        .mark = &write->note.mark,
        .times = write->times,
        .count = write->note.count,
        .entry = write->note.audit,
        .missed = &write->missed,
    };
    write->rc = store_schedule_note(store, &note, write->is_new);
    if (write->rc)
        as_err_set(&write->err, write->rc, "the schedule could not be stored: %s",
                   store_error(store));
}

static void write_done(void *ctx)
{
    struct write *write = ctx;
    struct entry *entry = write->entry;
    entry->is_busy = false;
    if (!write->rc) {
        entry->mark = write->note.mark;
        entry->mark.eval = entry->eval_name;
        entry->mark.schedule = entry->name;
        events_poke(entry->scheduler->on.events);
    }
    write->note.done(entry, write->times, write->is_new, write->note.count,
                     write->rc ? &write->err : NULL, write->note.ctx);
    if (entry->is_gone)
        entry_drop(entry);
    else if (!write->rc) /* one that failed is tried again at the next look */
        entry_look(entry);
    as_arena_done(&write->arena);
    free(write);
}

static const char *missed_text(struct write *write, size_t missed)
{
    const char *name = write->note.mark.schedule;
    char since[AS_CIVIL_TEXT_BYTES];
    if (!write->note.has_untold)
        return as_arena_printf(&write->arena,
                               "schedule %s missed %zu of its times: assayd was not there", name,
                               missed);
    as_civil_text(write->times[0].slot.due_ms / 1000, since);
    return as_arena_printf(&write->arena,
                           "schedule %s missed very many of its times, from %s UTC on: assayd was "
                           "not there",
                           name, since);
}

static struct event missed_event(struct write *write)
{
    size_t missed = 0;
    for (size_t i = 0; i < write->note.count; i++)
        missed += write->times[i].state == SCHEDULE_MISSED;
    return (struct event){
        .at_ms = clock_wall_ms(),
        .kind = EVENT_SCHEDULE_MISSED,
        .eval = write->note.mark.eval,
        .subject = write->note.mark.schedule,
        .text = missed_text(write, missed),
    };
}

void entry_write(struct entry *entry, const struct entry_note *note)
{
    struct write *write = as_xcalloc(1, sizeof(*write));
    struct schedule_mark *mark = &write->note.mark;
    write->entry = entry;
    write->note = *note;
    mark->was_off = mark->is_disabled || !entry->rules->is_enabled;
    mark->eval = as_arena_strdup(&write->arena, entry->eval_name);
    mark->schedule = as_arena_strdup(&write->arena, entry->name);
    for (size_t i = 0; i < note->count; i++) {
        write->times[i] = note->times[i];
        write->times[i].slot.eval = mark->eval;
        write->times[i].slot.schedule = mark->schedule;
        write->times[i].why = as_arena_strdup(&write->arena, note->times[i].why);
    }
    write->missed = missed_event(write);
    if (note->audit) {
        write->audit = (struct audit_entry){
            .at_ms = clock_wall_ms(),
            .who = as_arena_strdup(&write->arena, note->audit->who),
            .action = note->audit->action,
            .target = as_arena_printf(&write->arena, "schedule %s", entry->seed),
            .why = as_arena_strdup(&write->arena, note->audit->why),
        };
        write->note.audit = &write->audit;
    }
    entry->is_busy = true;
    db_write(entry->scheduler->on.db, write_work, write_done, write);
}
