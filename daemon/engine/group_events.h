/* The events that a group's life is told in. Private to daemon/engine. */
#ifndef DAEMON_ENGINE_GROUP_EVENTS_H
#define DAEMON_ENGINE_GROUP_EVENTS_H

#include "daemon/engine/group.h"
#include "daemon/model/event.h"

/* It started; its number is not known yet. schedule NULL: for none. */
struct event group_started_event(const struct group_record *record, const char *schedule,
                                 struct as_arena *arena);

/* What its end is told in: budget_stop, then of each candidate error_rate and the gate's word, and
 * run_ended last. A replay has that one only, for it tells of another run. result NULL: it has
 * none. */
void group_end_events(const struct group *group, enum group_state state,
                      const struct as_json *result, int64_t now_ms, struct as_arena *arena,
                      struct event **ret_events, size_t *ret_count);

#endif
