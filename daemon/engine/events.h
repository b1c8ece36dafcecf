/* The event bus: notes events durably, and tells observers of each that was written, in the order
 * of writing.
 *
 * Observers see what the store has: an event that was written in a transaction of somebody else
 * (store_event_add beside the state that it tells of) needs events_poke only. What was written
 * before the bus was made is not told; who wants that reads it from the store. One a process, on
 * the loop's thread; used by engine, schedule, control and notify. */
#ifndef DAEMON_ENGINE_EVENTS_H
#define DAEMON_ENGINE_EVENTS_H

#include "daemon/engine/db.h"
#include "daemon/store/events.h"

#define EVENTS_OBSERVERS_MAX 4

struct events;

struct events *events_new(struct db *db);
void events_free(struct events *events); /* only when the db is idle */

/* Everything is copied. If it cannot be stored, that is logged, and nobody is told. */
void events_emit(struct events *events, const struct event *event);
/* Events were written, or may have been: tell what there is. */
void events_poke(struct events *events);

/* The event is borrowed for the call. Observers stay for as long as the bus. */
typedef void (*events_fn)(void *ctx, const struct event *event);
void events_observe(struct events *events, events_fn fn, void *ctx);
/* The last event that observers were told of; 0 before the first, -1 before the bus has looked. */
int64_t events_last_id(const struct events *events);
/* How many of the kind observers were told of. */
uint64_t events_count(const struct events *events, enum event_kind kind);

#endif
