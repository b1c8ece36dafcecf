/* event.list and event.watch. A watching connection is first sent what the store has beyond the
 * event that it named, page by page; once it is level with the bus it is told of each event as it
 * comes. */
#include "daemon/control/handlers.h"

#include "lib/log.h"
#include "lib/nearest.h"

#include <stdlib.h>
#include <string.h>

#define CATCH_UP_PAGE 64

struct control_event_watch {
    struct control_event_watch *next;
    struct control_app *app;
    uint64_t connection;
    char *eval, *kind; /* NULL: all */
    int64_t sent_id;   /* everything up to here was sent, or was not asked for */
    bool is_reading;
    bool is_behind;  /* an event came meanwhile */
    bool is_dropped; /* freed as soon as it is not reading */
};

/* ---- list ---- */

/* Answers the call when its kind is none. */
static bool is_kind_known(struct control_call *call)
{
    const char *name = as_json_get_cstr(call->params, "kind");
    enum event_kind kind;
    struct as_nearest nearest = {0};
    struct as_err err = {0};
    if (!name || !event_kind_from(name, &kind))
        return true;
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        as_nearest_offer(&nearest, name, event_kind_name((enum event_kind)i));
    as_err_set(&err, AS_EINVAL, "there is no kind of event '%s': %s%s%s", name,
               nearest.best ? "did you mean '" : "see `assayctl event ls --help`",
               nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
    control_fail(call, &err);
    return false;
}

static void list_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    uint32_t limit = control_limit(query->call);
    struct event_filter filter = {
        .eval = as_json_get_cstr(params, "eval"),
        .kind = as_json_get_cstr(params, "kind"),
        .before_id = as_json_get_int(params, "before", 0),
    };
    struct event *events = NULL;
    size_t count = 0;
    int rc = store_events_page(store, &filter, true, limit, &query->arena, &events, &count);
    if (rc) {
        control_store_failed(store, query, rc, "the events");
        return;
    }
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < count; i++)
        as_json_push_take(list, event_to_json(&events[i]));
    query->result = as_json_object();
    as_json_set_take(query->result, "events", list);
    if (count == limit)
        as_json_set_int(query->result, "next", events[0].id);
}

void handle_event_list(void *ctx, struct control_call *call)
{
    if (is_kind_known(call))
        control_read(ctx, call, list_work, NULL);
}

/* ---- watch ---- */

static void watch_free(struct control_event_watch *watch)
{
    free(watch->eval);
    free(watch->kind);
    free(watch);
}

static void send_event(struct control_event_watch *watch, const struct event *event)
{
    bool is_wanted = (!watch->eval || (event->eval && !strcmp(watch->eval, event->eval))) &&
                     (!watch->kind || !strcmp(watch->kind, event_kind_name(event->kind)));
    if (event->id <= watch->sent_id)
        return;
    watch->sent_id = event->id;
    if (is_wanted && watch->app->server)
        control_notify(watch->app->server, watch->connection, "event", event_to_json(event));
}

struct catch_up {
    struct control_event_watch *watch;
    int64_t after_id;
    struct event *events;
    size_t count;
    int rc;
    struct as_arena arena;
};

static void catch_up(struct control_event_watch *watch);

static void catch_up_work(struct store *store, void *ctx)
{
    struct catch_up *page = ctx;
    struct event_filter filter = {.after_id = page->after_id};
    page->rc = store_events_page(store, &filter, false, CATCH_UP_PAGE, &page->arena, &page->events,
                                 &page->count);
    if (page->rc)
        as_log_err("conn=%llu events cannot be read, and are not sent: %s",
                   (unsigned long long)page->watch->connection, store_error(store));
}

static void catch_up_done(void *ctx)
{
    struct catch_up *page = ctx;
    struct control_event_watch *watch = page->watch;
    watch->is_reading = false;
    for (size_t i = 0; i < page->count && !watch->is_dropped; i++)
        send_event(watch, &page->events[i]);
    if (watch->is_dropped)
        watch_free(watch);
    else if (page->count == CATCH_UP_PAGE || watch->is_behind)
        catch_up(watch);
    as_arena_done(&page->arena);
    free(page);
}

static void catch_up(struct control_event_watch *watch)
{
    struct catch_up *page = as_xcalloc(1, sizeof(*page));
    page->watch = watch;
    page->after_id = watch->sent_id;
    watch->is_reading = true;
    watch->is_behind = false;
    db_read(watch->app->db, catch_up_work, catch_up_done, page);
}

void control_on_event(void *ctx, const struct event *event)
{
    struct control_app *app = ctx;
    for (struct control_event_watch *watch = app->event_watches; watch; watch = watch->next)
        if (watch->is_reading)
            watch->is_behind = true;
        else
            send_event(watch, event);
}

void control_drop_event_watches(struct control_app *app, uint64_t connection)
{
    struct control_event_watch **at = &app->event_watches;
    while (*at) {
        struct control_event_watch *watch = *at;
        if (watch->connection != connection) {
            at = &watch->next;
            continue;
        }
        *at = watch->next;
        watch->is_dropped = true;
        if (!watch->is_reading)
            watch_free(watch);
    }
}

static char *dup_param(const struct control_call *call, const char *name)
{
    const char *text = as_json_get_cstr(call->params, name);
    return text ? as_xstrdup(text) : NULL;
}

/* A connection has one watch: a further call takes the place of the one before. */
void handle_event_watch(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    if (!is_kind_known(call))
        return;
    control_drop_event_watches(app, call->connection);
    int64_t last = events_last_id(app->events);
    struct control_event_watch *watch = as_xcalloc(1, sizeof(*watch));
    *watch = (struct control_event_watch){
        .next = app->event_watches,
        .app = app,
        .connection = call->connection,
        .eval = dup_param(call, "eval"),
        .kind = dup_param(call, "kind"),
        .sent_id = as_json_get_int(call->params, "after", last),
    };
    app->event_watches = watch;
    struct as_json *json = as_json_object();
    as_json_set_int(json, "last", last);
    control_reply(call, json);
    if (watch->sent_id < last)
        catch_up(watch);
}
