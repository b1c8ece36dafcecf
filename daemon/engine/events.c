/* Observers are told from the store, not from what was emitted: one read at a time, from the last
 * event told on. So the order is that of the ids, whoever wrote the events. */
#include "daemon/engine/events.h"

#include "lib/log.h"

#include <stdlib.h>

#define TELL_PAGE 64

struct events {
    struct db *db;
    struct {
        events_fn fn;
        void *ctx;
    } observers[EVENTS_OBSERVERS_MAX];
    size_t observer_count;
    int64_t told_id; /* -1: not known yet */
    bool is_reading; /* or still finds out told_id */
    bool is_poked;   /* once more, when that is done */
    uint64_t counts[EVENT_KIND_COUNT];
};

struct telling {
    struct events *events;
    int64_t after_id;
    struct event *page;
    size_t count;
    int rc;
    struct as_arena arena;
};

static void read_work(struct store *store, void *ctx)
{
    struct telling *telling = ctx;
    struct event_filter filter = {.after_id = telling->after_id};
    telling->rc = store_events_page(store, &filter, false, TELL_PAGE, &telling->arena,
                                    &telling->page, &telling->count);
    if (telling->rc)
        as_log_err("events cannot be read, and nobody is told of them: %s", store_error(store));
}

static void read_done(void *ctx)
{
    struct telling *telling = ctx;
    struct events *events = telling->events;
    for (size_t i = 0; i < telling->count; i++) {
        events->told_id = telling->page[i].id;
        events->counts[telling->page[i].kind]++;
        for (size_t o = 0; o < events->observer_count; o++)
            events->observers[o].fn(events->observers[o].ctx, &telling->page[i]);
    }
    events->is_reading = false;
    if (telling->count == TELL_PAGE || events->is_poked)
        events_poke(events);
    as_arena_done(&telling->arena);
    free(telling);
}

void events_poke(struct events *events)
{
    events->is_poked = events->is_reading;
    if (events->is_reading)
        return;
    struct telling *telling = as_xcalloc(1, sizeof(*telling));
    telling->events = events;
    telling->after_id = events->told_id;
    events->is_reading = true;
    db_read(events->db, read_work, read_done, telling);
}

/* ---- life ---- */

static void last_work(struct store *store, void *ctx)
{
    struct telling *telling = ctx;
    telling->rc = store_event_last(store, &telling->after_id);
    if (telling->rc)
        as_log_err("events cannot be read: %s", store_error(store));
}

static void last_done(void *ctx)
{
    struct telling *telling = ctx;
    struct events *events = telling->events;
    events->told_id = telling->after_id;
    events->is_reading = false;
    if (events->is_poked)
        events_poke(events);
    free(telling);
}

/* The last event is asked for in the queue of writes, before anything of this life is written. */
struct events *events_new(struct db *db)
{
    struct events *events = as_xcalloc(1, sizeof(*events));
    struct telling *telling = as_xcalloc(1, sizeof(*telling));
    events->db = db;
    events->told_id = -1;
    events->is_reading = true;
    telling->events = events;
    db_write(db, last_work, last_done, telling);
    return events;
}

void events_free(struct events *events)
{
    free(events);
}

void events_observe(struct events *events, events_fn fn, void *ctx)
{
    AS_ASSERT(events->observer_count < EVENTS_OBSERVERS_MAX);
    events->observers[events->observer_count].fn = fn;
    events->observers[events->observer_count++].ctx = ctx;
}

int64_t events_last_id(const struct events *events)
{
    return events->told_id;
}

uint64_t events_count(const struct events *events, enum event_kind kind)
{
    return events->counts[kind];
}

/* ---- emit ---- */

struct emission {
    struct events *events;
    struct event event;
    int rc;
    struct as_arena arena;
};

static void emit_work(struct store *store, void *ctx)
{
    struct emission *emission = ctx;
    emission->rc = store_event_add(store, &emission->event);
    if (emission->rc)
        as_log_err("event %s could not be stored: %s (%s)", event_kind_name(emission->event.kind),
                   store_error(store), emission->event.text);
}

static void emit_done(void *ctx)
{
    struct emission *emission = ctx;
    if (!emission->rc)
        events_poke(emission->events);
    as_arena_done(&emission->arena);
    free(emission);
}

void events_emit(struct events *events, const struct event *event)
{
    struct emission *emission = as_xcalloc(1, sizeof(*emission));
    struct as_arena *arena = &emission->arena;
    emission->events = events;
    emission->event = *event;
    emission->event.at_ms = event->at_ms ? event->at_ms : clock_wall_ms();
    emission->event.eval = as_arena_strdup(arena, event->eval);
    emission->event.subject = as_arena_strdup(arena, event->subject);
    emission->event.text = as_arena_strdup(arena, event->text);
    emission->event.detail_json = as_arena_strdup(arena, event->detail_json);
    db_write(events->db, emit_work, emit_done, emission);
}
