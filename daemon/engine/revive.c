/* A group that stood still since the store had failed is brought back from what the store has, by
 * the same way as after a restart: nothing that this life of it had in memory is trusted. The old
 * one is listed until the new one is there, so that at no time nobody knows of it. */
#include "daemon/engine/group.h"
#include "daemon/engine/row.h"

#include "lib/log.h"

#include <stdio.h>

/* Of a daemon that stops, no new one came: the old one ends with it. */
static void on_revived(void *ctx, const struct as_err *err)
{
    struct group *group = ctx;
    group->is_ending = false;
    if (!err || group->engine->is_stopping) {
        engine_drop_group(group);
        return;
    }
    snprintf(group->error, sizeof(group->error),
             "%.900s; when that is mended, `assayctl run resume %lld` goes on", err->msg,
             (long long)group->id);
    engine_group_faulted(group);
}

void group_revive_now(struct group *group)
{
    group->is_wanted = false;
    group->is_ending = true;
    transport_hold(group->engine->on.transport, group->id, TRANSPORT_HOLD_NONE);
    transport_throttle(group->engine->on.transport, group->id, 0, 0);
    engine_resume_run(group->engine, group->id, on_revived, group);
}

/* What is in flight still is given up: it becomes a call of unknown fate. */
void group_revive(struct group *group, const struct engine_order *order)
{
    const struct actor *actor = &order->actor;
    char target[AUDIT_TARGET_BYTES];
    audit_target_of_run(group->id, target);
    struct audit_entry entry = {
        .who = actor->who, .action = "run.resume", .target = target, .why = actor->why};
    audit_note_state(group->engine->on.db, 0, group->state, &entry, order->stored, order->ctx);
    as_log_info("group=%lld resumed by %s", (long long)group->id, actor->who);
    group->is_wanted = !group->is_ending;
    for (struct row *row = group->rows; row; row = row->next)
        row_cancel(row);
    group_feed(group);
}
