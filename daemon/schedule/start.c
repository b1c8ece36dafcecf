/* A time that is owed leaves the list when its run is being started. What became of it is written
 * together with the run, by the store, or here, where there is none. */
#include "daemon/schedule/start.h"

#include "lib/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void order_free(struct order *order)
{
    if (!order)
        return;
    free(order->who);
    free(order->why);
    free(order);
}

void entry_owe(struct entry *entry, const struct owed_time *owed)
{
    size_t at = owed->order ? 0 : entry->owed_count;
    AS_ASSERT(!owed->order || entry->owed_count < ENTRY_OWED_MAX);
    if (entry->owed_count == ENTRY_OWED_MAX) {
        as_log_warn("schedule=%s due_ms=%" PRId64 " is owed, and waits for a restart: %d are owed "
                    "before it",
                    entry->seed, owed->due_ms, ENTRY_OWED_MAX);
        return;
    }
    memmove(entry->owed + at + 1, entry->owed + at,
            (entry->owed_count - at) * sizeof(entry->owed[0]));
    entry->owed[at] = *owed;
    entry->owed_count++;
}

/* ---- what comes to no run ---- */

struct settling {
    struct events *events;
    struct schedule_time time;
    struct event failed; /* written only with a time that did */
    struct as_arena arena;
};

static void settle_work(struct store *store, void *ctx)
{
    struct settling *settling = ctx;
    bool has_failed = settling->time.state == SCHEDULE_FAILED;
    int rc = store_schedule_settle(store, &settling->time, has_failed ? &settling->failed : NULL);
    if (rc && rc != AS_ENOENT)
        as_log_err("schedule=%s/%s what became of a time could not be stored: %s",
                   settling->time.slot.eval, settling->time.slot.schedule, store_error(store));
}

static void settle_done(void *ctx)
{
    struct settling *settling = ctx;
    events_poke(settling->events);
    as_arena_done(&settling->arena);
    free(settling);
}

static void settle(struct entry *entry, int64_t due_ms, enum schedule_state state, const char *why)
{
    struct settling *settling = as_xcalloc(1, sizeof(*settling));
    settling->time = (struct schedule_time){
        .slot = {as_arena_strdup(&settling->arena, entry->eval_name),
                 as_arena_strdup(&settling->arena, entry->name), due_ms},
        .state = state,
        .at_ms = clock_wall_ms(),
        .why = as_arena_strdup(&settling->arena, why),
    };
    settling->events = entry->scheduler->on.events;
    settling->failed = (struct event){
        .at_ms = settling->time.at_ms,
        .kind = EVENT_SCHEDULE_FAILED,
        .eval = settling->time.slot.eval,
        .subject = settling->time.slot.schedule,
        .text = settling->time.why,
    };
    db_write(entry->scheduler->on.db, settle_work, settle_done, settling);
}

static void cancelled(void *ctx, const struct as_err *err)
{
    (void)ctx;
    if (err)
        as_log_err("a scheduled run was cancelled, and that could not be stored: %s", err->msg);
}

void entry_replace(struct entry *entry)
{
    struct as_err err = {0};
    enum group_state state;
    struct engine_order order = {
        .run = entry->live_run,
        .event = GROUP_EV_CANCEL,
        .actor = {"assayd", "its schedule is due again, and replaces it (overlap: replace)"},
        .stored = cancelled,
    };
    for (size_t i = 0; i < entry->owed_count; i++)
        settle(entry, entry->owed[i].due_ms, SCHEDULE_REPLACED, "a later time took its place");
    entry->owed_count = 0;
    if (entry->live_run && engine_steer(entry->scheduler->on.engine, &order, &state, &err))
        as_log_warn("schedule=%s its run %" PRId64 " could not be cancelled: %s", entry->seed,
                    entry->live_run, err.msg);
}

/* ---- the start ---- */

struct starting {
    struct entry *entry;
    struct owed_time owed;
};

static void started(void *ctx, int64_t run, const struct as_err *err)
{
    struct starting *starting = ctx;
    struct entry *entry = starting->entry;
    struct owed_time *owed = &starting->owed;
    entry->is_busy = false;
    if (!err) {
        as_log_info("schedule=%s group=%" PRId64 " started", entry->seed, run);
        entry->live_run = run;
    } else if (err->code != AS_ECANCELED && err->code != AS_EEXIST) {
        /* Cancelled: assayd is stopping, and owes it still. Exists: it has its run. */
        as_log_err("schedule=%s its run could not be started: %s", entry->seed, err->msg);
        settle(entry, owed->due_ms, SCHEDULE_FAILED, err->msg);
    }
    if (owed->order)
        owed->order->started(owed->order->ctx, run, err);
    order_free(owed->order);
    free(starting);
    if (entry->is_gone)
        entry_drop(entry);
    else
        entry_look(entry);
}

void entry_start_next(struct entry *entry)
{
    const struct order *order = entry->owed_count ? entry->owed[0].order : NULL;
    if (entry->is_busy || entry->live_run || !entry->owed_count || entry->scheduler->is_stopping ||
        (entry_is_off(entry) && !order))
        return;
    struct starting *starting = as_xcalloc(1, sizeof(*starting));
    struct as_buf who = {0};
    starting->entry = entry;
    starting->owed = entry->owed[0];
    memmove(entry->owed, entry->owed + 1, --entry->owed_count * sizeof(entry->owed[0]));
    as_buf_addf(&who, "schedule %s", entry->name);
    struct schedule_slot slot = {entry->eval_name, entry->name, starting->owed.due_ms};
    struct engine_request request = {
        .evals = entry->scheduler->evals,
        .eval = entry->eval,
        .requested_by = order ? order->who : who.ptr,
        .why = order ? order->why : NULL,
        .slot = &slot,
    };
    run_overrides_init(&request.overrides);
    request.overrides.selection = entry->rules->selection;
    request.overrides.is_scheduled = !order && entry->rules->priority == SCHEDULE_PRIORITY_LOW;
    entry->is_busy = true;
    engine_start(entry->scheduler->on.engine, &request, started, starting);
    as_buf_done(&who);
}
