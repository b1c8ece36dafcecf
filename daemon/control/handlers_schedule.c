/* schedule.*: what starts by itself and when, what became of it, and a person's say in it. */
#include "daemon/control/handlers.h"

#include "lib/civil.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NEXT_DEFAULT 1

/* ---- what there is ---- */

static struct as_json *time_json(const struct schedule_time *time)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "eval", time->slot.eval);
    as_json_set_str(json, "schedule", time->slot.schedule);
    as_json_set_int(json, "due_ms", time->slot.due_ms);
    as_json_set_str(json, "state", schedule_state_name(time->state));
    as_json_set_bool(json, "late", time->is_late);
    as_json_set_bool(json, "manual", time->is_manual);
    as_json_set_take(json, "run", time->run ? as_json_new_int(time->run) : NULL);
    as_json_set_int(json, "at_ms", time->at_ms);
    as_json_set_str(json, "why", time->why);
    return json;
}

static struct as_json *due_json(const struct due_time *due, const struct as_zone *zone)
{
    struct as_zone_span span = as_zone_span_at(zone, due->due_ms / 1000);
    struct as_json *json = as_json_object();
    char text[AS_CIVIL_TEXT_BYTES];
    as_civil_text(due->due_ms / 1000 + span.offset_s, text);
    as_json_set_int(json, "due_ms", due->due_ms);
    as_json_set_int(json, "start_ms", due->start_ms);
    as_json_set_str(json, "local", text);
    as_json_set_str(json, "abbreviation", span.abbreviation);
    as_json_set_str(json, "shift", as_cron_shift_name(due->shift));
    return json;
}

struct latest {
    struct schedule_time *times;
    size_t count;
};

struct listing {
    const struct latest *latest;
    struct as_json *list;
    int64_t now_ms;
    size_t next;
};

static const char *state_of(const struct schedule_view *view)
{
    if (view->live_run)
        return "running";
    if (view->is_disabled || !view->rules->is_enabled)
        return "disabled";
    return view->owed || view->is_busy ? "starting" : "waiting";
}

static struct as_json *next_json(const struct schedule_view *view, const struct listing *listing)
{
    struct as_json *list = as_json_array();
    struct due_time *times = as_xcalloc(listing->next, sizeof(*times));
    size_t count = view->is_disabled || !view->rules->is_enabled
                       ? 0
                       : scheduler_next(view, listing->now_ms, times, listing->next);
    for (size_t i = 0; i < count; i++)
        as_json_push_take(list, due_json(&times[i], view->zone));
    free(times);
    return list;
}

static void add_schedule(void *ctx, const struct schedule_view *view)
{
    const struct listing *listing = ctx;
    struct as_json *json = as_json_object(), *last = NULL;
    for (size_t i = 0; i < listing->latest->count; i++) {
        const struct schedule_time *time = &listing->latest->times[i];
        if (!strcmp(time->slot.eval, view->eval) && !strcmp(time->slot.schedule, view->rules->name))
            last = time_json(time);
    }
    as_json_set_str(json, "eval", view->eval);
    as_json_set_str(json, "schedule", view->rules->name);
    as_json_set_str(json, "cron", view->rules->line);
    as_json_set_str(json, "timezone", view->rules->timezone);
    as_json_set_str(json, "state", state_of(view));
    as_json_set_bool(json, "enabled", !view->is_disabled && view->rules->is_enabled);
    as_json_set_take(json, "run", view->live_run ? as_json_new_int(view->live_run) : NULL);
    as_json_set_int(json, "owed", (int64_t)view->owed);
    as_json_set_take(json, "last", last);
    as_json_set_take(json, "next", next_json(view, listing));
    as_json_push_take(listing->list, json);
}

static void list_work(struct store *store, struct control_query *query)
{
    struct latest *latest = as_arena_alloc(&query->arena, sizeof(*latest));
    int rc = store_schedule_latest(store, &query->arena, &latest->times, &latest->count);
    if (rc)
        control_store_failed(store, query, rc, "the times of schedules");
    query->user = latest;
}

static void list_finish(struct control_query *query)
{
    const struct as_json *params = query->call->params;
    struct listing listing = {
        .latest = query->user,
        .list = as_json_array(),
        .now_ms = clock_wall_ms(),
        .next = (size_t)as_json_get_int(params, "next", NEXT_DEFAULT),
    };
    (void)scheduler_each(query->app->scheduler, as_json_get_cstr(params, "eval"), add_schedule,
                         &listing);
    query->result = as_json_object();
    as_json_set_int(query->result, "now_ms", listing.now_ms);
    as_json_set_take(query->result, "schedules", listing.list);
}

void handle_schedule_list(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    scheduler_look(app->scheduler);
    if (as_json_get_cstr(call->params, "eval") && !control_eval_of(app, call))
        return;
    control_read(app, call, list_work, list_finish);
}

/* A page's `next`: DUE_MS SCHEDULE EVAL of its last time. */
static struct as_json *next_page_json(const struct schedule_slot *last)
{
    struct as_buf text = {0};
    as_buf_addf(&text, "%" PRId64 " %s %s", last->due_ms, last->schedule, last->eval);
    struct as_json *json = as_json_new_str(as_buf_str(&text));
    as_buf_done(&text);
    return json;
}

static int read_next_page(struct control_query *query, struct schedule_slot *ret_last)
{
    const char *text = as_json_get_cstr(query->call->params, "after");
    char *end = NULL;
    if (!text)
        return 0;
    ret_last->due_ms = strtoll(text, &end, 10);
    const char *eval = *end == ' ' ? strchr(end + 1, ' ') : NULL;
    if (ret_last->due_ms <= 0 || !eval)
        return query->rc = as_err_set(&query->err, AS_EINVAL,
                                      "after is no `next` of a page before: '%s'", text);
    ret_last->schedule = as_arena_printf(&query->arena, "%.*s", (int)(eval - end - 1), end + 1);
    ret_last->eval = eval + 1;
    return 0;
}

static void history_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    struct schedule_query asked = {.eval = as_json_get_cstr(params, "eval"),
                                   .schedule = as_json_get_cstr(params, "schedule"),
                                   .before_ms = as_json_get_int(params, "before", 0),
                                   .limit = control_limit(query->call)};
    struct schedule_time *times = NULL;
    size_t count = 0;
    if (read_next_page(query, &asked.after))
        return;
    int rc = store_schedule_page(store, &asked, &query->arena, &times, &count);
    if (rc) {
        control_store_failed(store, query, rc, "the times of schedules");
        return;
    }
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < count; i++)
        as_json_push_take(list, time_json(&times[i]));
    query->result = as_json_object();
    as_json_set_take(query->result, "times", list);
    if (count == asked.limit)
        as_json_set_take(query->result, "next", next_page_json(&times[count - 1].slot));
}

void handle_schedule_history(void *ctx, struct control_call *call)
{
    control_read(ctx, call, history_work, NULL);
}

/* ---- what a person wants ---- */

static struct schedule_order order_of(struct control_call *call, char who[CONTROL_WHO_BYTES])
{
    control_who(call, who);
    return (struct schedule_order){
        .eval = as_json_get_cstr(call->params, "eval"),
        .schedule = as_json_get_cstr(call->params, "schedule"),
        .actor = {who, as_json_get_cstr(call->params, "why")},
        .ctx = call,
    };
}

struct switching {
    struct control_call *call;
    char *schedule; /* its name, also where the call has none */
};

static void switching_free(struct switching *switching)
{
    free(switching->schedule);
    free(switching);
}

static void on_switched(void *ctx, const struct as_err *err)
{
    struct switching *switching = ctx;
    struct control_call *call = switching->call;
    if (err) {
        control_fail(call, err);
    } else {
        struct as_json *json = as_json_object();
        as_json_set_str(json, "eval", as_json_get_cstr(call->params, "eval"));
        as_json_set_str(json, "schedule", switching->schedule);
        as_json_set_bool(json, "enabled", !strcmp(call->method->name, "schedule.enable"));
        control_reply(call, json);
    }
    switching_free(switching);
}

static void take_name(void *ctx, const struct schedule_view *view)
{
    *(const char **)ctx = view->rules->name;
}

void handle_schedule_switch(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    char who[CONTROL_WHO_BYTES];
    struct schedule_order order = order_of(call, who);
    struct as_err err = {0};
    const char *name = order.schedule;
    if (!control_eval_of(app, call))
        return;
    if (!name) /* of several any one: that is refused below */
        (void)scheduler_each(app->scheduler, order.eval, take_name, &name);
    struct switching *switching = as_xcalloc(1, sizeof(*switching));
    *switching = (struct switching){call, name ? as_xstrdup(name) : NULL};
    order.ctx = switching;
    if (scheduler_enable(app->scheduler, &order, !strcmp(call->method->name, "schedule.enable"),
                         on_switched, &err)) {
        control_fail(call, &err);
        switching_free(switching);
    }
}

void handle_schedule_trigger(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    char who[CONTROL_WHO_BYTES];
    struct schedule_order order = order_of(call, who);
    struct as_err err = {0};
    if (!control_eval_of(app, call))
        return;
    if (scheduler_trigger(app->scheduler, &order, control_run_started, &err))
        control_fail(call, &err);
}
