/* The list of entries, one for each schedule of the evals in force, and the timer that looks at
 * them. */
#include "daemon/schedule/scheduler.h"

#include "daemon/schedule/entry.h"
#include "daemon/schedule/refresh.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_MS 1000

void scheduler_look(struct scheduler *scheduler)
{
    for (struct entry *entry = scheduler->entries, *next; entry; entry = next) {
        next = entry->next;
        entry_look(entry);
    }
    refresh_look(scheduler->refresh);
}

static void on_timer(void *ctx)
{
    struct scheduler *scheduler = ctx;
    if (scheduler->is_stopping)
        return;
    scheduler_look(scheduler);
    loop_timer_start(scheduler->timer, LOOK_EVERY_MS);
}

struct scheduler *scheduler_new(const struct scheduler_options *options)
{
    struct scheduler *scheduler = as_xcalloc(1, sizeof(*scheduler));
    scheduler->on = *options;
    scheduler->timer = loop_timer_new(options->loop, on_timer, scheduler);
    scheduler->refresh = refresh_new(scheduler);
    return scheduler;
}

void scheduler_stop(struct scheduler *scheduler)
{
    scheduler->is_stopping = true;
    loop_timer_stop(scheduler->timer);
    for (struct entry *entry = scheduler->entries; entry; entry = entry->next)
        entry_refuse_orders(entry);
}

bool scheduler_is_idle(const struct scheduler *scheduler)
{
    for (const struct entry *entry = scheduler->entries; entry; entry = entry->next)
        if (entry->is_busy)
            return false;
    return refresh_is_idle(scheduler->refresh);
}

void scheduler_free(struct scheduler *scheduler)
{
    if (!scheduler)
        return;
    while (scheduler->entries)
        entry_drop(scheduler->entries);
    loop_timer_free(scheduler->timer);
    refresh_free(scheduler->refresh);
    eval_set_unref(scheduler->evals);
    free(scheduler);
}

/* ---- the evals ---- */

static struct entry *find(const struct scheduler *scheduler, const char *eval, const char *name)
{
    for (struct entry *entry = scheduler->entries; entry; entry = entry->next)
        if (!entry->is_gone && !strcmp(entry->eval_name, eval) && !strcmp(entry->name, name))
            return entry;
    return NULL;
}

static const struct schedule_rules *rules_of(const struct eval_set *evals,
                                             const struct entry *entry)
{
    const struct eval_def *eval = eval_set_find(evals, entry->eval_name);
    for (size_t i = 0; eval && i < eval->schedule_count; i++)
        if (!strcmp(eval->schedules[i].name, entry->name))
            return &eval->schedules[i];
    return NULL;
}

static void add_entry(struct scheduler *scheduler, const struct eval_def *eval,
                      const struct schedule_rules *rules)
{
    struct entry **at = &scheduler->entries;
    while (*at)
        at = &(*at)->next;
    *at = entry_new(scheduler, eval, rules);
}

void scheduler_set_evals(struct scheduler *scheduler, struct eval_set *evals)
{
    struct eval_set *before = scheduler->evals;
    scheduler->evals = eval_set_ref(evals);
    for (struct entry *entry = scheduler->entries, *next; entry; entry = next) {
        next = entry->next;
        const struct schedule_rules *rules = entry->is_gone ? NULL : rules_of(evals, entry);
        if (rules)
            entry_renew(entry, eval_set_find(evals, entry->eval_name), rules);
        else
            entry_drop(entry);
    }
    for (size_t i = 0; i < evals->eval_count; i++) {
        const struct eval_def *eval = &evals->evals[i];
        for (size_t s = 0; s < eval->schedule_count; s++)
            if (!find(scheduler, eval->name, eval->schedules[s].name))
                add_entry(scheduler, eval, &eval->schedules[s]);
    }
    eval_set_unref(before);
    refresh_renew(scheduler->refresh);
    on_timer(scheduler);
}

void scheduler_pins_changed(struct scheduler *scheduler)
{
    refresh_renew(scheduler->refresh);
}

void scheduler_run_ended(struct scheduler *scheduler, int64_t run)
{
    for (struct entry *entry = scheduler->entries; entry; entry = entry->next) {
        if (entry->live_run == run) {
            entry_run_ended(entry);
            return;
        }
    }
}

/* ---- for people ---- */

size_t scheduler_each(struct scheduler *scheduler, const char *eval, schedule_view_fn fn, void *ctx)
{
    size_t count = 0;
    for (struct entry *entry = scheduler->entries; entry; entry = entry->next) {
        if (entry->is_gone || (eval && strcmp(eval, entry->eval_name) != 0))
            continue;
        struct schedule_view view = {
            .eval = entry->eval_name,
            .rules = entry->rules,
            .zone = entry->zone,
            .is_disabled = entry->mark.is_disabled,
            .live_run = entry->live_run,
            .owed = entry->owed_count,
            .is_busy = entry->is_busy,
        };
        fn(ctx, &view);
        count++;
    }
    return count;
}

size_t scheduler_next(const struct schedule_view *view, int64_t now_ms, struct due_time *times,
                      size_t count)
{
    struct as_buf seed = {0};
    size_t found = 0;
    as_buf_addf(&seed, "%s/%s", view->eval, view->rules->name);
    struct due_look look = {seed.ptr, view->rules, view->zone, 0, now_ms};
    while (view->zone && found < count && !due_next(&look, false, &times[found]))
        look.now_ms = times[found++].start_ms;
    as_buf_done(&seed);
    return found;
}

/* The entry that is meant; NULL: err says why none is. */
static struct entry *find_meant(struct scheduler *scheduler, const struct schedule_order *order,
                                struct as_err *err)
{
    struct entry *meant = NULL;
    struct as_buf names = {0};
    size_t count = 0;
    as_buf_adds(&names, "");
    for (struct entry *entry = scheduler->entries; entry; entry = entry->next) {
        if (entry->is_gone || strcmp(entry->eval_name, order->eval) != 0)
            continue;
        as_buf_addf(&names, "%s%s", count++ ? ", " : "", entry->name);
        if (!order->schedule || !strcmp(order->schedule, entry->name))
            meant = entry;
    }
    if (!count)
        as_err_set(err, AS_ENOENT, "eval '%s' has no schedule; its file's section is `schedule`",
                   order->eval);
    else if (!meant)
        as_err_set(err, AS_ENOENT, "eval '%s' has no schedule '%s'; there is %s", order->eval,
                   order->schedule, names.ptr);
    else if (!order->schedule && count > 1)
        as_err_set(err, AS_EINVAL, "eval '%s' has several schedules: name one with --schedule: %s",
                   order->eval, names.ptr);
    else if (scheduler->is_stopping) /* nobody looks at orders any more */
        as_err_set(err, AS_ESTATE, "assayd is stopping: ask again when it is back");
    else if (!meant->is_loaded)
        as_err_set(err, AS_EBUSY, "the schedule is being read; try again");
    as_buf_done(&names);
    return err->code ? NULL : meant;
}

static struct order *order_of(const struct schedule_order *asked)
{
    struct order *order = as_xcalloc(1, sizeof(*order));
    order->who = as_xstrdup(asked->actor.who);
    order->why = asked->actor.why ? as_xstrdup(asked->actor.why) : NULL;
    order->ctx = asked->ctx;
    return order;
}

static void give_order(struct entry *entry, struct order *order)
{
    entry_order_take(entry, order);
    /* Not before this has returned: an order may be answered at once. */
    loop_timer_start(entry->scheduler->timer, 0);
}

int scheduler_enable(struct scheduler *scheduler, const struct schedule_order *order,
                     bool is_enabled, audit_done_fn stored, struct as_err *err)
{
    struct entry *entry = find_meant(scheduler, order, err);
    if (!entry)
        return err->code;
    if (is_enabled && !entry->rules->is_enabled)
        return as_err_set(err, AS_ESTATE,
                          "schedule '%s' of eval '%s' is off in its file: take `enabled: false` "
                          "out there",
                          entry->name, entry->eval_name);
    struct order *made = order_of(order);
    made->kind = is_enabled ? ORDER_ENABLE : ORDER_DISABLE;
    made->stored = stored;
    give_order(entry, made);
    return 0;
}

int scheduler_trigger(struct scheduler *scheduler, const struct schedule_order *order,
                      engine_started_fn started, struct as_err *err)
{
    struct entry *entry = find_meant(scheduler, order, err);
    if (!entry)
        return err->code;
    struct order *made = order_of(order);
    made->kind = ORDER_TRIGGER;
    made->started = started;
    give_order(entry, made);
    return 0;
}
