/* The end of a group: its result is computed on a reading connection, stored by the writing one,
 * and only then is it over. */
#include "daemon/engine/group.h"

#include "daemon/engine/events.h"
#include "daemon/engine/group_events.h"
#include "daemon/engine/pinned_report.h"
#include "daemon/store/unknown_calls.h"
#include "lib/log.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

struct finish {
    struct group *group;
    struct pinned_report report;
    struct report_result result;
    struct as_buf result_text;
    int64_t now_ms;
    struct event *events;
    size_t event_count;
    int rc;
    struct as_err err;
    struct as_arena arena;
};

static void finish_free(struct finish *finish)
{
    as_json_free(finish->result.json);
    as_buf_done(&finish->result_text);
    as_arena_done(&finish->arena);
    free(finish);
}

static enum group_state state_at_end(const struct group *group)
{
    return group->state == GROUP_FINISHING ? GROUP_DONE : group->state;
}

static void store_work(struct store *store, void *ctx)
{
    struct finish *finish = ctx;
    const struct group *group = finish->group;
    struct group_end end = {
        .id = group->id,
        .state = state_at_end(group),
        .outcome = group->state == GROUP_FINISHING ? finish->result.outcome : NULL,
        .result_json = finish->result_text.ptr,
        .error = group->error[0] ? group->error : NULL,
        .now_ms = finish->now_ms,
        .events = finish->events,
        .event_count = finish->event_count,
    };
    int64_t left; /* of a cancelled group: calls that were given up in flight */
    finish->rc = store_group_settle_intents(store, group->id, finish->now_ms, &left);
    if (!finish->rc)
        finish->rc = store_group_end(store, &end);
    if (finish->rc)
        as_err_set(&finish->err, finish->rc, "%s", store_error(store));
}

static void store_done(void *ctx)
{
    struct finish *finish = ctx;
    struct group *group = finish->group;
    if (finish->rc) {
        if (!group_state_is_final(group->state))
            group_fault(group, finish->err.msg);
        else
            as_log_err("group=%lld its end could not be stored: %s", (long long)group->id,
                       finish->err.msg);
    } else if (group->state == GROUP_FINISHING) {
        int rc = group_step(&group->state, GROUP_EV_REPORTED);
        AS_ASSERT(rc == 0);
        as_log_info("group=%lld eval=%s done: %s", (long long)group->id, group->pins->eval_name,
                    finish->result.outcome ? finish->result.outcome : "no candidate");
    }
    if (!finish->rc)
        events_poke(group->engine->on.events);
    finish_free(finish);
    engine_group_ended(group);
}

static void report_work(struct store *store, void *ctx)
{
    struct finish *finish = ctx;
    (void)malloc_trim(0); /* what the rows needed goes back before the result asks for more */
    finish->rc = report_build(store, &finish->report.spec, &finish->result, &finish->err);
    if (!finish->rc)
        as_json_write(finish->result.json, &finish->result_text);
}

static void report_done(void *ctx)
{
    struct finish *finish = ctx;
    struct group *group = finish->group;
    if (finish->rc) {
        group_fault(group, finish->err.msg);
        finish_free(finish);
        engine_group_ended(group);
        return;
    }
    group_end_events(group, state_at_end(group), finish->result.json, finish->now_ms,
                     &finish->arena, &finish->events, &finish->event_count);
    db_write(group->engine->on.db, store_work, store_done, finish);
}

void group_finish(struct group *group)
{
    struct finish *finish = as_xcalloc(1, sizeof(*finish));
    finish->group = group;
    finish->now_ms = clock_wall_ms();
    pinned_report_init(&finish->report, group->pins, group->id, group->dataset_id,
                       group->case_count);
    db_read(group->engine->on.db, report_work, report_done, finish);
}
