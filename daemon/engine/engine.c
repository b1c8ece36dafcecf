/* The list of live groups, progress to observers, cancel and stop. How groups come to be is in
 * start.c and resume.c. */
#include "daemon/engine/engine.h"

#include "daemon/engine/group.h"
#include "daemon/engine/rescore.h"
#include "daemon/engine/row.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_S 1000000000ull

static void on_tick(void *ctx)
{
    struct engine *engine = ctx;
    bool is_any_live = false;
    for (struct group *group = engine->groups; group; group = group->next) {
        is_any_live = true;
        if (engine->on.on_progress)
            engine->on.on_progress(engine->on.ctx, group->id);
    }
    if (is_any_live)
        loop_timer_start(engine->tick, 1000);
}

struct engine *engine_new(const struct engine_options *options)
{
    struct engine *engine = as_xcalloc(1, sizeof(*engine));
    engine->on = *options;
    engine->tick = loop_timer_new(options->loop, on_tick, engine);
    loop_timer_unref(engine->tick);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    AS_ASSERT(!engine->groups && !engine->pending_starts && !engine->rescores);
    loop_timer_free(engine->tick);
    config_unref(engine->config);
    free(engine);
}

void engine_set_config(struct engine *engine, struct config *config)
{
    config_unref(engine->config);
    engine->config = config_ref(config);
}

void engine_add_group(struct engine *engine, struct group *group)
{
    group->engine = engine;
    group->next = engine->groups;
    engine->groups = group;
    loop_timer_start(engine->tick, 1000);
    group_begin(group);
}

void engine_group_changed(struct group *group)
{
    struct engine *engine = group->engine;
    uint64_t now = clock_now_ns();
    if (!engine->on.on_progress || now - group->last_progress_ns < NS_PER_S / ENGINE_PROGRESS_PER_S)
        return;
    group->last_progress_ns = now;
    engine->on.on_progress(engine->on.ctx, group->id);
}

void engine_group_faulted(struct group *group)
{
    if (group->engine->on.on_ended)
        group->engine->on.on_ended(group->engine->on.ctx, group->id);
}

/* A group that faulted stays listed with its error until it is revived or the daemon ends: it is
 * not final, and a restart resumes it. */
void engine_group_ended(struct group *group)
{
    struct engine *engine = group->engine;
    int64_t run = group->id;
    if (group->state == GROUP_FAULTED && !engine->is_stopping)
        return;
    transport_throttle(engine->on.transport, run, 0, 0);
    engine_drop_group(group);
    if (engine->on.on_ended && !engine->is_stopping)
        engine->on.on_ended(engine->on.ctx, run);
}

void engine_drop_group(struct group *group)
{
    struct group **at = &group->engine->groups;
    while (*at != group)
        at = &(*at)->next;
    *at = group->next;
    group_free(group);
}

void engine_store_failed(struct engine *engine, const char *why)
{
    for (struct group *group = engine->groups; group; group = group->next)
        if (!group_state_is_final(group->state))
            group_fault(group, why);
}

void engine_stop(struct engine *engine)
{
    engine->is_stopping = true;
    loop_timer_stop(engine->tick);
    engine_rescore_stop(engine);
    struct group *next = NULL;
    for (struct group *group = engine->groups; group; group = next) {
        next = group->next;
        for (struct row *row = group->rows; row; row = row->next)
            if (row->transport_id)
                transport_cancel(engine->on.transport, row->transport_id);
        bool is_finishing = group->state == GROUP_FINISHING || group_state_is_final(group->state);
        if (!is_finishing || group->state == GROUP_FAILED)
            group_feed(group); /* ends it when nothing is under way */
    }
}

bool engine_is_idle(const struct engine *engine)
{
    return !engine->groups && !engine->pending_starts && !engine->rescores &&
           writer_is_idle(engine->on.writer) && db_is_idle(engine->on.db);
}

struct group *engine_find_group(const struct engine *engine, int64_t run)
{
    struct group *group = engine->groups;
    while (group && group->id != run)
        group = group->next;
    return group;
}

/* What an event is called in a sentence: "it cannot be ...". */
static const char *const done_words[GROUP_EVENT_COUNT] = {
    [GROUP_EV_CANCEL] = "cancelled",
    [GROUP_EV_PAUSE] = "paused",
    [GROUP_EV_HOLD] = "held",
    [GROUP_EV_RESUME] = "resumed",
};

static int refuse_event(const struct group *group, enum group_event event, struct as_err *err)
{
    long long run = (long long)group->id;
    if (group->state == GROUP_FAULTED)
        return as_err_set(err, AS_ESTATE, "run %lld stands still: %.900s", run, group->error);
    if (event == GROUP_EV_RESUME && group->state == GROUP_RUNNING)
        return as_err_set(err, AS_ESTATE, "run %lld is running: there is nothing to resume", run);
    return as_err_set(err, AS_ESTATE, "run %lld is %s: it cannot be %s", run,
                      group_state_name(group->state), done_words[event]);
}

int engine_steer(struct engine *engine, const struct engine_order *order,
                 enum group_state *ret_state, struct as_err *err)
{
    struct group *group = engine_find_group(engine, order->run);
    if (!group)
        return as_err_set(err, AS_ENOENT, "run %lld is not under way: it cannot be %s",
                          (long long)order->run, done_words[order->event]);
    enum group_state next = group->state;
    if (group_step(&next, order->event))
        return refuse_event(group, order->event, err);
    *ret_state = next;
    if (group->state == GROUP_FAULTED)
        group_revive(group, order);
    else if (order->event == GROUP_EV_CANCEL)
        group_cancel(group, order);
    else
        group_pause(group, order);
    return 0;
}

static int64_t count_calls(const struct group *group)
{
    const struct transport *transport = group->engine->on.transport;
    int64_t count = 0;
    for (const struct row *row = group->rows; row; row = row->next) {
        struct transport_call call;
        count += row->transport_id && transport_call_of(transport, row->transport_id, &call) &&
                 call.attempt_age_ms != TRANSPORT_NEVER;
    }
    return count;
}

int engine_progress(const struct engine *engine, int64_t run, struct run_progress *ret_progress)
{
    const struct group *group = engine_find_group(engine, run);
    if (!group)
        return AS_ENOENT;
    int64_t total = group->case_count * (int64_t)group->pins->member_count * group->pins->samples;
    const struct group_tally *tally = &group->tally;
    bool is_paused = group->state == GROUP_PAUSED || group->state == GROUP_HELD;
    double rate = pace_rate(&group->pace, loop_now_ms(engine->on.loop), tally->done);
    *ret_progress = (struct run_progress){
        .run = run,
        .state = group->is_given_up ? GROUP_FINISHING : group->state, /* until that is stored */
        .done = tally->done,
        .total = total,
        .ok = tally->ok,
        .failed = tally->failed,
        .in_flight = (int64_t)group->active,
        .calls_in_flight = count_calls(group),
        .cost_usd = tally->cost_usd > 0 || !tally->has_unpriced ? tally->cost_usd : NAN,
        .rows_per_s = rate,
        .eta_s = is_paused ? NAN : pace_eta_s(rate, total - tally->done),
        .troubles = &group->troubles,
        .error = group->error,
    };
    return 0;
}

struct as_json *engine_budget(const struct engine *engine, int64_t run)
{
    const struct group *group = engine_find_group(engine, run);
    return group ? spending_to_json(group->pins, spending_budget(&group->spending)) : NULL;
}

const struct engine_totals *engine_totals(const struct engine *engine)
{
    return &engine->totals;
}

size_t engine_rows_under_way(const struct engine *engine)
{
    size_t count = 0;
    for (const struct group *group = engine->groups; group; group = group->next)
        count += group->active;
    return count;
}

size_t engine_live_count(const struct engine *engine)
{
    size_t count = 0;
    for (const struct group *group = engine->groups; group; group = group->next)
        count += !group_has_stopped(group);
    return count;
}
