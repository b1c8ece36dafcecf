/* Draining is `run pause` of every group at once, and then `run pause --hold`, but for its state:
 * that stays what it is, so that the next start goes on as after a crash, only that nothing was
 * under way. */
#include "daemon/engine/engine.h"

#include "daemon/engine/group.h"
#include "daemon/engine/row.h"

void engine_drain(struct engine *engine, enum engine_drain what)
{
    engine->drain = what;
    for (struct group *group = engine->groups; group; group = group->next)
        group_apply_hold(group);
}

/* Nothing is paid for now, nor will be: its first call was not made, or no further one is. */
static bool waits_for_next_start(const struct row *row)
{
    const struct engine *engine = row->group->engine;
    struct transport_call call;
    if (!row->transport_id || !transport_call_of(engine->on.transport, row->transport_id, &call))
        return false;
    bool is_first = !call.attempt && row->fsm.state == ROW_AT_SEND;
    bool is_queued = call.where == TRANSPORT_AT_QUEUE || call.where == TRANSPORT_AT_LIMIT ||
                     call.where == TRANSPORT_AT_BUDGET;
    if (engine->drain == ENGINE_DRAINS_CALLS && (is_queued || call.where == TRANSPORT_AT_BACKOFF))
        return true;
    return call.where == TRANSPORT_AT_HOLD || (is_queued && is_first);
}

size_t engine_rows_to_end(const struct engine *engine)
{
    size_t count = 0;
    for (const struct group *group = engine->groups; group; group = group->next)
        for (const struct row *row = group->rows; row; row = row->next)
            count += !waits_for_next_start(row);
    return count;
}

bool engine_is_draining(const struct engine *engine)
{
    return engine->drain != ENGINE_DRAINS_NOTHING;
}

bool engine_is_drained(const struct engine *engine)
{
    for (const struct group *group = engine->groups; group; group = group->next)
        if (group->state == GROUP_FINISHING || group->is_looking)
            return false;
    return !engine_rows_to_end(engine);
}
