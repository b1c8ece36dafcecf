/* Queries of the handlers, on the store's readers; and the few that change something, on its
 * writer.
 *
 * The readers serve the engine too, in the order of asking. So no more than CONTROL_QUERIES_MAX are
 * with them at a time; the others wait here, and each uid has one taken before any has a second:
 * whoever asks for a thousand long answers waits for them himself. */
#include "daemon/control/handlers.h"

#include <stdlib.h>

#define CONTROL_QUERIES_MAX DB_READERS

static void start_queries(struct control_app *app);

static void query_work(struct store *store, void *ctx)
{
    struct control_query *query = ctx;
    query->work(store, query);
}

static void answer(struct control_query *query)
{
    if (!query->rc && query->finish)
        query->finish(query);
    if (query->rc) {
        control_fail(query->call, &query->err);
        as_json_free(query->result);
    } else {
        control_reply(query->call, query->result ? query->result : as_json_object());
    }
    eval_set_unref(query->evals);
    as_arena_done(&query->arena);
    free(query);
}

static void read_done(void *ctx)
{
    struct control_query *query = ctx;
    query->app->queries_running--;
    start_queries(query->app);
    answer(query);
}

static void write_done(void *ctx)
{
    answer(ctx);
}

/* The oldest of the uid with the next higher number than the last one's, or of the lowest. */
static struct control_query **next_query(struct control_app *app)
{
    struct control_query **lowest = NULL, **next = NULL;
    for (struct control_query **at = &app->queries; *at; at = &(*at)->next) {
        uid_t uid = (*at)->call->uid;
        if (!lowest || uid < (*lowest)->call->uid)
            lowest = at;
        if (uid > app->last_query_uid && (!next || uid < (*next)->call->uid))
            next = at;
    }
    return next ? next : lowest;
}

static void start_queries(struct control_app *app)
{
    while (app->queries && app->queries_running < CONTROL_QUERIES_MAX) {
        struct control_query **at = next_query(app), *query = *at;
        *at = query->next;
        app->last_query_uid = query->call->uid;
        app->queries_running++;
        db_read(app->db, query_work, read_done, query);
    }
}

static struct control_query *query_new(struct control_app *app, struct control_call *call,
                                       control_query_fn work)
{
    struct control_query *query = as_xcalloc(1, sizeof(*query));
    query->app = app;
    query->evals = app->evals ? eval_set_ref(app->evals) : NULL;
    query->call = call;
    query->work = work;
    return query;
}

void control_read(struct control_app *app, struct control_call *call, control_query_fn work,
                  void (*finish)(struct control_query *query))
{
    struct control_query *query = query_new(app, call, work), **at = &app->queries;
    query->finish = finish;
    while (*at)
        at = &(*at)->next;
    *at = query;
    start_queries(app);
}

void control_write(struct control_app *app, struct control_call *call, control_query_fn work,
                   void (*finish)(struct control_query *query))
{
    struct control_query *query = query_new(app, call, work);
    query->finish = finish;
    db_write(app->db, query_work, write_done, query);
}
