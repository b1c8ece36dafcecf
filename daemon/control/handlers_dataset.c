/* dataset.*: imports in chunks, and looking at what is there.
 *
 * An import belongs to its connection. Its chunks are parsed and stored on the writing connection's
 * pool thread, one after the other, so the importer is never in two hands. */
#include "daemon/control/handlers.h"
#include "daemon/engine/names.h"
#include "daemon/engine/staging.h"
#include "lib/base64.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define IMPORTS_MAX 16

struct control_import {
    struct control_import *next;
    struct control_app *app;
    int64_t id;
    uint64_t connection;
    struct staging *staging;
};

/* One call on its way through the pool. */
struct import_step {
    struct control_import *import;
    struct control_call *call; /* NULL: the connection has gone */
    struct as_buf data;
    char *file;
    bool is_strict;
    struct as_json *result;
    void (*work)(struct store *store, struct import_step *step);
    bool is_last;
};

/* ---- steps ---- */

static void import_free(struct control_import *import)
{
    struct control_import **at = &import->app->imports;
    while (*at != import)
        at = &(*at)->next;
    *at = import->next;
    staging_free(import->staging);
    free(import);
}

static void step_work(struct store *store, void *ctx)
{
    struct import_step *step = ctx;
    step->work(store, step);
}

static void step_done(void *ctx)
{
    struct import_step *step = ctx;
    struct control_import *import = step->import;
    struct as_err err = {0};
    if (step->call && staging_failure(import->staging, &err))
        control_fail(step->call, &err);
    else if (step->call)
        control_reply(step->call, as_json_share(step->result));
    as_json_free(step->result);
    as_buf_done(&step->data);
    free(step->file);
    if (step->is_last)
        import_free(import);
    free(step);
}

static void run_step(struct control_import *import, struct control_call *call,
                     struct import_step *step)
{
    step->import = import;
    step->call = call;
    db_write(import->app->db, step_work, step_done, step);
}

static void begin_work(struct store *store, struct import_step *step)
{
    struct control_import *import = step->import;
    staging_begin(import->staging, store);
    step->result = as_json_object();
    as_json_set_int(step->result, "import", import->id);
    step->is_last = staging_failure(import->staging, NULL) != 0;
}

static void chunk_work(struct store *store, struct import_step *step)
{
    struct staging *staging = step->import->staging;
    staging_feed(staging, store, step->file, as_buf_str(&step->data));
    step->result = as_json_object();
    as_json_set_int(step->result, "good", (int64_t)staging_good(staging));
    as_json_set_int(step->result, "bad", (int64_t)staging_bad(staging));
}

static void end_work(struct store *store, struct import_step *step)
{
    step->result = staging_finish(step->import->staging, store, step->is_strict);
}

static void abort_work(struct store *store, struct import_step *step)
{
    step->result = as_json_object();
    staging_abort(step->import->staging, store);
}

/* ---- handlers ---- */

static int check_begin(const struct control_app *app, const struct control_call *call,
                       struct as_err *err)
{
    const char *name = as_json_get_cstr(call->params, "name");
    size_t open = 0;
    for (const struct control_import *import = app->imports; import; import = import->next)
        open++;
    if (open >= IMPORTS_MAX)
        return as_err_set(err, AS_ELIMIT, "%zu imports are open: wait for one to end", open);
    return staging_check_name(name, err);
}

void handle_dataset_import_begin(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct as_err err = {0};
    if (check_begin(app, call, &err)) {
        control_fail(call, &err);
        return;
    }
    struct control_import *import = as_xcalloc(1, sizeof(*import));
    import->app = app;
    import->id = ++app->next_import;
    import->connection = call->connection;
    import->staging = staging_new(as_json_get_cstr(call->params, "name"));
    import->next = app->imports;
    app->imports = import;
    struct import_step *step = as_xcalloc(1, sizeof(*step));
    step->work = begin_work;
    run_step(import, call, step);
}

/* Only the connection that opened an import may go on with it. NULL: the call has been answered. */
static struct control_import *import_of(struct control_app *app, struct control_call *call)
{
    int64_t id = as_json_get_int(call->params, "import", 0);
    struct control_import *import = app->imports;
    while (import && (import->id != id || import->connection != call->connection))
        import = import->next;
    if (!import) {
        struct as_err err = {0};
        as_err_set(&err, AS_ENOENT, "no import %" PRId64 " is open on this connection", id);
        control_fail(call, &err);
    }
    return import;
}

void handle_dataset_import_chunk(void *ctx, struct control_call *call)
{
    struct control_import *import = import_of(ctx, call);
    struct as_buf data = {0};
    if (!import)
        return;
    if (as_base64_decode(as_json_get_str(call->params, "data"), &data)) {
        struct as_err err = {0};
        as_err_set(&err, AS_EINVAL, "dataset.import_chunk: data is not base64");
        control_fail(call, &err);
        return;
    }
    struct import_step *step = as_xcalloc(1, sizeof(*step));
    step->data = data;
    step->file = as_xstrdup(as_json_get_cstr(call->params, "file"));
    step->work = chunk_work;
    run_step(import, call, step);
}

static void last_step(struct control_import *import, struct control_call *call,
                      void (*work)(struct store *store, struct import_step *step), bool is_strict)
{
    struct import_step *step = as_xcalloc(1, sizeof(*step));
    step->work = work;
    step->is_last = true;
    step->is_strict = is_strict;
    import->connection = 0; /* nobody finds it any more */
    run_step(import, call, step);
}

void handle_dataset_import_end(void *ctx, struct control_call *call)
{
    struct control_import *import = import_of(ctx, call);
    if (import)
        last_step(import, call, end_work, as_json_get_bool(call->params, "strict", false));
}

void handle_dataset_import_abort(void *ctx, struct control_call *call)
{
    struct control_import *import = import_of(ctx, call);
    if (import)
        last_step(import, call, abort_work, false);
}

void control_drop_imports(struct control_app *app, uint64_t connection)
{
    for (struct control_import *import = app->imports; import; import = import->next)
        if (import->connection == connection)
            last_step(import, NULL, abort_work, false);
}

static void list_dataset(void *ctx, const struct dataset_info *info)
{
    as_json_push_take(ctx, staging_dataset_json(info));
}

static void list_work(struct store *store, struct control_query *query)
{
    struct as_json *datasets = as_json_array();
    query->result = as_json_object();
    as_json_set_take(query->result, "datasets", datasets);
    int rc = store_dataset_each(store, list_dataset, datasets);
    if (rc)
        control_store_failed(store, query, rc, "the list of datasets");
}

void handle_dataset_list(void *ctx, struct control_call *call)
{
    control_read(ctx, call, list_work, NULL);
}

static void show_work(struct store *store, struct control_query *query)
{
    const char *selector = as_json_get_cstr(query->call->params, "dataset");
    uint32_t limit = control_limit(query->call);
    int64_t after = as_json_get_int(query->call->params, "after", 0);
    struct dataset_info info;
    struct case_record *cases = NULL;
    size_t count = 0;
    char *what = as_arena_printf(&query->arena, "dataset '%s'", selector);
    int rc = store_dataset_find(store, selector, &query->arena, &info);
    if (rc == AS_ENOENT) {
        query->rc = names_dataset_missing(store, selector, &query->err);
        return;
    }
    if (!rc)
        rc = store_cases_page(store, info.id, after, limit, &query->arena, &cases, &count);
    if (rc) {
        control_store_failed(store, query, rc, what);
        return;
    }
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < count; i++) {
        struct as_json *item = NULL;
        if (!as_json_parse(cases[i].json.ptr, cases[i].json.len, &item, NULL))
            as_json_push_take(list, item);
    }
    query->result = as_json_object();
    as_json_set_take(query->result, "dataset", staging_dataset_json(&info));
    as_json_set_take(query->result, "cases", list);
    if (after + (int64_t)count < info.case_count)
        as_json_set_int(query->result, "next", after + (int64_t)count);
}

void handle_dataset_show(void *ctx, struct control_call *call)
{
    control_read(ctx, call, show_work, NULL);
}
