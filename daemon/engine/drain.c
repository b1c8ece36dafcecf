/* Draining is `run pause --drain` of every group at once, but for its state: that stays what it is,
 * so that the next start goes on as after a crash, only that nothing was under way. */
#include "daemon/engine/engine.h"

#include "daemon/engine/group.h"
#include "daemon/engine/row.h"

void engine_drain(struct engine *engine)
{
    engine->is_draining = true;
    for (struct group *group = engine->groups; group; group = group->next)
        group_apply_hold(group);
}

/* Nothing was paid for it, and nothing will be: its first call was not made. */
static bool has_not_begun(const struct row *row)
{
    struct transport_call call;
    if (!row->transport_id ||
        !transport_call_of(row->group->engine->on.transport, row->transport_id, &call))
        return false;
    bool is_queued = call.where == TRANSPORT_AT_QUEUE || call.where == TRANSPORT_AT_LIMIT ||
                     call.where == TRANSPORT_AT_BUDGET;
    return call.where == TRANSPORT_AT_HOLD ||
           (is_queued && !call.attempt && row->fsm.state == ROW_AT_SEND);
}

size_t engine_rows_to_end(const struct engine *engine)
{
    size_t count = 0;
    for (const struct group *group = engine->groups; group; group = group->next)
        for (const struct row *row = group->rows; row; row = row->next)
            count += !has_not_begun(row);
    return count;
}

bool engine_is_drained(const struct engine *engine)
{
    for (const struct group *group = engine->groups; group; group = group->next)
        if (group->state == GROUP_FINISHING || group->is_looking)
            return false;
    return !engine_rows_to_end(engine);
}
