/* inbox.list: what lies in the inboxes, and what became of the files before. */
#include "daemon/control/handlers.h"

#include "daemon/store/inbox.h"

#include <string.h>

#define WAITING_SHOWN 20

static const char *state_of(const struct inbox_file *file)
{
    return file->is_refused ? "refused" : file->good || !file->known ? "taken" : "known";
}

static struct as_json *file_json(const struct inbox_file *file)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "id", file->id);
    as_json_set_str(json, "dataset", file->dataset);
    as_json_set_str(json, "file", file->name);
    control_set_hash(json, "hash", &file->hash);
    as_json_set_int(json, "bytes", file->bytes);
    as_json_set_int(json, "taken_ms", file->taken_ms);
    as_json_set_str(json, "state", state_of(file));
    as_json_set_int(json, "good", file->good);
    as_json_set_int(json, "known", file->known);
    as_json_set_int(json, "dropped", file->dropped);
    as_json_set_int(json, "bad", file->bad);
    as_json_set_take(json, "version", file->version ? as_json_new_int(file->version) : NULL);
    as_json_set_str(json, "why", file->why);
    return json;
}

static void list_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    uint32_t limit = control_limit(query->call);
    struct inbox_file *files = NULL;
    size_t count = 0;
    int rc = store_inbox_page(store, as_json_get_cstr(params, "inbox"),
                              as_json_get_int(params, "before", 0), limit, &query->arena, &files,
                              &count);
    if (rc) {
        control_store_failed(store, query, rc, "the files of inboxes");
        return;
    }
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < count; i++)
        as_json_push_take(list, file_json(&files[i]));
    query->result = as_json_object();
    as_json_set_take(query->result, "files", list);
    if (count == limit)
        as_json_set_int(query->result, "next", files[count - 1].id);
}

static void add_waiting(void *ctx, const struct inbox_waiting *file)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "file", file->name);
    as_json_set_int(json, "bytes", file->bytes);
    as_json_set_str(json, "why", file->why);
    as_json_push_take(ctx, json);
}

struct listing {
    struct control_query *query;
    struct as_json *inboxes;
};

static void add_inbox(void *ctx, const struct inbox_view *view)
{
    const struct listing *listing = ctx;
    const struct control_query *query = listing->query;
    const char *only = as_json_get_cstr(query->call->params, "inbox");
    struct as_json *json = as_json_object(), *files = as_json_array();
    inboxes_each_waiting(query->app->inboxes, view->rules->dataset, WAITING_SHOWN, add_waiting,
                         files);
    as_json_set_str(json, "dataset", view->rules->dataset);
    as_json_set_str(json, "dir", view->rules->dir);
    as_json_set_str(json, "redact", view->rules->redact);
    as_json_set_take(json, "keep_ms",
                     view->rules->keep_ms ? as_json_new_int(view->rules->keep_ms) : NULL);
    as_json_set_int(json, "max_cases", view->rules->max_cases);
    as_json_set_int(json, "quiet_ms", view->rules->quiet_ms);
    as_json_set_bool(json, "taking", view->is_taking);
    as_json_set_str(json, "trouble", view->trouble);
    as_json_set_int(json, "waiting", (int64_t)view->waiting_count);
    as_json_set_take(json, "files", files);
    if (!only || !strcmp(only, view->rules->dataset))
        as_json_push_take(listing->inboxes, json);
    else
        as_json_free(json);
}

static void list_finish(struct control_query *query)
{
    if (query->rc)
        return;
    struct listing listing = {query, as_json_array()};
    inboxes_each(query->app->inboxes, add_inbox, &listing);
    as_json_set_take(query->result, "inboxes", listing.inboxes);
}

void handle_inbox_list(void *ctx, struct control_call *call)
{
    control_read(ctx, call, list_work, list_finish);
}
