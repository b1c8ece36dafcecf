/* An entry's life: read from the store, looked at by the clock and by people, one thing at a time.
 */
#include "daemon/schedule/entry.h"

#include "daemon/schedule/start.h"
#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

bool entry_is_off(const struct entry *entry)
{
    return entry->mark.is_disabled || !entry->rules->is_enabled;
}

static void answer_order(struct order *order, const struct as_err *err)
{
    if (order->kind == ORDER_TRIGGER)
        order->started(order->ctx, 0, err);
    else
        order->stored(order->ctx, err);
    order_free(order);
}

static void refuse_order(struct order *order)
{
    struct as_err err = {0};
    as_err_set(&err, AS_ECANCELED, "assayd is stopping, or the schedule is gone");
    answer_order(order, &err);
}

void entry_refuse_orders(struct entry *entry)
{
    while (entry->orders) {
        struct order *order = entry->orders;
        entry->orders = order->next;
        refuse_order(order);
    }
}

static void entry_free(struct entry *entry)
{
    entry_refuse_orders(entry);
    for (size_t i = 0; i < entry->owed_count; i++)
        if (entry->owed[i].order) /* it was triggered, and its file went before it could start */
            refuse_order(entry->owed[i].order);
    as_zone_free(entry->zone);
    free(entry->eval_name);
    free(entry->name);
    free(entry->seed);
    free(entry);
}

void entry_drop(struct entry *entry)
{
    entry->is_gone = true;
    if (entry->is_busy)
        return;
    for (struct entry **at = &entry->scheduler->entries; *at; at = &(*at)->next) {
        if (*at == entry) {
            *at = entry->next;
            break;
        }
    }
    entry_free(entry);
}

/* ---- loading ---- */

struct load {
    struct entry *entry;
    char *eval, *schedule; /* the entry's own may go meanwhile */
    struct schedule_mark mark;
    struct schedule_time *owed;
    size_t owed_count;
    int64_t live_run;
    int rc;
    struct as_err err;
    struct as_arena arena;
};

static void load_work(struct store *store, void *ctx)
{
    struct load *load = ctx;
    load->rc = store_schedule_mark_get(store, load->eval, load->schedule, &load->mark);
    if (load->rc == AS_ENOENT)
        load->rc = 0; /* it is new: seen_ms is 0 */
    if (!load->rc)
        load->rc = store_schedule_owed(store, load->eval, load->schedule, &load->arena, &load->owed,
                                       &load->owed_count);
    if (!load->rc)
        load->rc = store_schedule_live_run(store, load->eval, load->schedule, &load->live_run);
    if (load->rc)
        as_err_set(&load->err, load->rc, "%s", store_error(store));
}

static void take_loaded(struct entry *entry, const struct load *load)
{
    struct run_progress progress;
    entry->is_loaded = true;
    entry->mark = load->mark;
    entry->mark.eval = entry->eval_name;
    entry->mark.schedule = entry->name;
    /* A run that could not be taken up after a restart is not waited for. */
    if (load->live_run && !engine_progress(entry->scheduler->on.engine, load->live_run, &progress))
        entry->live_run = load->live_run;
    for (size_t i = 0; i < load->owed_count; i++)
        entry_owe(entry, &(struct owed_time){.due_ms = load->owed[i].slot.due_ms,
                                             .is_late = load->owed[i].is_late});
}

static void load_done(void *ctx)
{
    struct load *load = ctx;
    struct entry *entry = load->entry;
    entry->is_busy = false;
    if (entry->is_gone) {
        entry_drop(entry);
    } else if (load->rc) {
        if (!entry->is_unreadable)
            as_log_err("schedule=%s is not in force, what is known of it could not be read: %s; it "
                       "is tried again",
                       entry->seed, load->err.msg);
        entry->is_unreadable = true;
    } else {
        take_loaded(entry, load);
        entry_look(entry);
    }
    as_arena_done(&load->arena);
    free(load->eval);
    free(load->schedule);
    free(load);
}

static void start_load(struct entry *entry)
{
    struct load *load = as_xcalloc(1, sizeof(*load));
    *load = (struct load){
        .entry = entry, .eval = as_xstrdup(entry->eval_name), .schedule = as_xstrdup(entry->name)};
    entry->is_busy = true;
    db_read(entry->scheduler->on.db, load_work, load_done, load);
}

static bool is_at_other_times(const struct schedule_rules *a, const struct schedule_rules *b)
{
    return strcmp(a->line, b->line) != 0 || strcmp(a->timezone, b->timezone) != 0;
}

void entry_renew(struct entry *entry, const struct eval_def *eval,
                 const struct schedule_rules *rules)
{
    struct as_zone *zone = NULL;
    struct as_err err = {0};
    entry->is_edited = entry->is_edited || (entry->rules && is_at_other_times(entry->rules, rules));
    entry->eval = eval;
    entry->rules = rules;
    entry->next_ms = 0;
    if (as_zone_open(rules->timezone, &zone, &err)) { /* it was there when the file was checked */
        as_log_err("schedule=%s %s; %s", entry->seed, err.msg,
                   entry->zone ? "the zone of before stays in force" : "it starts nothing");
        return;
    }
    as_zone_free(entry->zone);
    entry->zone = zone;
}

struct entry *entry_new(struct scheduler *scheduler, const struct eval_def *eval,
                        const struct schedule_rules *rules)
{
    struct entry *entry = as_xcalloc(1, sizeof(*entry));
    struct as_buf seed = {0};
    as_buf_addf(&seed, "%s/%s", eval->name, rules->name);
    entry->scheduler = scheduler;
    entry->eval_name = as_xstrdup(eval->name);
    entry->name = as_xstrdup(rules->name);
    entry->seed = seed.ptr;
    entry_renew(entry, eval, rules);
    start_load(entry);
    return entry;
}

/* ---- looking ---- */

static void was_marked(struct entry *entry, const struct schedule_time *times, const bool *is_new,
                       size_t count, const struct as_err *err, void *ctx)
{
    (void)times, (void)is_new, (void)count;
    if (!err)
        return;
    as_log_err("schedule=%s %s; it is tried again", entry->seed, err->msg);
    entry->is_edited = entry->is_edited || ctx;
}

/* A schedule that is new, or that was off and is on, begins now, one that was edited with the last
 * look: no time before was missed. */
static void begin(struct entry *entry, int64_t from_ms)
{
    struct entry_note note = {
        .mark = entry->mark, .done = was_marked, .ctx = entry->is_edited ? entry : NULL};
    note.mark.seen_ms = from_ms;
    entry->is_edited = false;
    entry->next_ms = 0;
    entry_write(entry, &note);
}

static void was_ordered(struct entry *entry, const struct schedule_time *times, const bool *is_new,
                        size_t count, const struct as_err *err, void *ctx)
{
    struct order *order = ctx;
    struct as_err taken = {0};
    entry->next_ms = 0;
    if (!err && order->kind == ORDER_TRIGGER && count && is_new[0]) {
        entry_owe(entry, &(struct owed_time){.due_ms = times[0].slot.due_ms, .order = order});
        return;
    }
    if (!err && order->kind == ORDER_TRIGGER) {
        as_err_set(&taken, AS_EBUSY, "a run was started at this very moment");
        err = &taken;
    }
    answer_order(order, err);
}

/* 0, or why no run can be started by hand. */
static int check_trigger(const struct entry *entry, struct as_err *err)
{
    if (entry->live_run)
        return as_err_set(err, AS_ESTATE,
                          "its run %lld is still under way: wait for its end, or cancel it",
                          (long long)entry->live_run);
    if (entry->owed_count == ENTRY_OWED_MAX)
        return as_err_set(err, AS_ESTATE,
                          "%d times wait for their runs already: let some of them start first "
                          "(schedule enable)",
                          ENTRY_OWED_MAX);
    return 0;
}

/* A trigger is a time like any other, but that it is now. */
static void carry_out(struct entry *entry, struct order *order, int64_t now_ms)
{
    struct schedule_time time = {
        .slot = {.due_ms = now_ms}, .state = SCHEDULE_OWED, .is_manual = true, .at_ms = now_ms};
    struct audit_entry audit = {
        .who = order->who,
        .why = order->why,
        .action = order->kind == ORDER_ENABLE ? "schedule.enable" : "schedule.disable",
    };
    struct as_err err = {0};
    struct entry_note note = {.mark = entry->mark, .done = was_ordered, .ctx = order};
    if (order->kind == ORDER_TRIGGER) {
        if (check_trigger(entry, &err)) {
            answer_order(order, &err);
            return;
        }
        note.times = &time;
        note.count = 1;
    } else {
        note.audit = &audit;
        note.mark.is_disabled = order->kind == ORDER_DISABLE;
        note.mark.seen_ms = now_ms;
    }
    entry_write(entry, &note);
}

void entry_order_take(struct entry *entry, struct order *order)
{
    struct order **at = &entry->orders;
    while (*at)
        at = &(*at)->next;
    *at = order;
}

/* Times that come again are known. */
static void look_at_clock(struct entry *entry, int64_t now_ms)
{
    if (now_ms < entry->looked_ms)
        entry->looked_ms = now_ms;
    if (now_ms < entry->mark.seen_ms) {
        entry->mark.seen_ms = now_ms;
        entry->next_ms = 0;
    }
}

/* False: nothing came due, or nothing can. */
static bool take_due(struct entry *entry, int64_t now_ms)
{
    if (entry_is_off(entry) || !entry->zone)
        return false;
    if (now_ms >= entry->next_ms && entry_take_due(entry, now_ms))
        return true;
    entry->looked_ms = now_ms;
    return false;
}

static void look(struct entry *entry, int64_t now_ms)
{
    int64_t seen_ms = entry->mark.seen_ms;
    if (!seen_ms || entry->mark.was_off != entry_is_off(entry))
        begin(entry, now_ms);
    else if (entry->is_edited)
        begin(entry, entry->looked_ms > seen_ms ? entry->looked_ms : seen_ms);
    else if (!take_due(entry, now_ms))
        entry_start_next(entry);
}

void entry_look(struct entry *entry)
{
    int64_t now_ms = clock_wall_ms();
    if (entry->is_gone || entry->scheduler->is_stopping)
        return;
    if (!entry->is_loaded && !entry->is_busy)
        start_load(entry);
    while (entry->is_loaded && entry->orders && !entry->is_busy) {
        struct order *order = entry->orders;
        entry->orders = order->next;
        carry_out(entry, order, now_ms);
    }
    if (entry->is_busy)
        return;
    look_at_clock(entry, now_ms);
    look(entry, now_ms);
}

void entry_run_ended(struct entry *entry)
{
    entry->live_run = 0;
    entry_look(entry);
}
