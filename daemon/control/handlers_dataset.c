/* dataset.*: imports in chunks, and looking at what is there.
 *
 * An import belongs to its connection. Its chunks are parsed and stored on the writing connection's
 * pool thread, one after the other, so the importer is never in two hands. */
#include "daemon/control/handlers.h"

#include "daemon/dataset/import.h"
#include "daemon/engine/names.h"
#include "lib/base64.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BAD_LINES_SHOWN 100
#define IMPORTS_MAX 16

struct bad_line {
    char *file, *reason;
    uint64_t line;
};

struct control_import {
    struct control_import *next;
    struct control_app *app;
    int64_t id;
    uint64_t connection;
    char *name;
    struct dataset_import *importer;
    int64_t staging_id;
    char *file;                /* whose bytes come now */
    struct case_record *cases; /* parsed, not stored yet; their strings are in the arena */
    size_t case_count, case_cap;
    struct as_arena arena;
    struct bad_line bad[BAD_LINES_SHOWN];
    size_t bad_shown;
    uint64_t good_count, bad_count;
    int rc; /* of the store: ends the import */
    struct as_err err;
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

/* ---- the importer's callbacks, on the pool thread ---- */

static void on_case(void *ctx, const struct case_record *record)
{
    struct control_import *import = ctx;
    if (import->case_count == import->case_cap) {
        import->case_cap = import->case_cap ? import->case_cap * 2 : 256;
        import->cases = as_xrealloc(import->cases, import->case_cap * sizeof(*import->cases));
    }
    struct case_record copy = *record;
    copy.id = as_arena_dup(&import->arena, record->id);
    copy.json = as_arena_dup(&import->arena, record->json);
    copy.messages_json = as_arena_dup(&import->arena, record->messages_json);
    copy.recorded_json = as_arena_dup(&import->arena, record->recorded_json);
    copy.cluster = as_arena_dup(&import->arena, record->cluster);
    copy.stratum = as_arena_dup(&import->arena, record->stratum);
    import->cases[import->case_count++] = copy;
    import->good_count++;
}

static void on_bad_line(void *ctx, const char *file, uint64_t line, const char *reason)
{
    struct control_import *import = ctx;
    import->bad_count++;
    if (import->bad_shown < BAD_LINES_SHOWN)
        import->bad[import->bad_shown++] =
            (struct bad_line){as_xstrdup(file), as_xstrdup(reason), line};
}

/* ---- steps ---- */

static void import_free(struct control_import *import)
{
    struct control_import **at = &import->app->imports;
    while (*at != import)
        at = &(*at)->next;
    *at = import->next;
    for (size_t i = 0; i < import->bad_shown; i++) {
        free(import->bad[i].file);
        free(import->bad[i].reason);
    }
    dataset_import_free(import->importer);
    as_arena_done(&import->arena);
    free(import->cases);
    free(import->file);
    free(import->name);
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
    if (step->call && import->rc)
        control_fail(step->call, &import->err);
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

static void store_cases(struct store *store, struct control_import *import)
{
    if (!import->case_count || import->rc)
        return;
    import->rc = store_dataset_add(store, import->staging_id, import->cases, import->case_count);
    if (import->rc)
        as_err_set(&import->err, import->rc, "%s", store_error(store));
    import->case_count = 0;
    as_arena_reset(&import->arena);
}

static void begin_work(struct store *store, struct import_step *step)
{
    struct control_import *import = step->import;
    import->rc = store_dataset_begin(store, import->name, &import->staging_id);
    if (import->rc)
        as_err_set(&import->err, import->rc, "%s", store_error(store));
    step->result = as_json_object();
    as_json_set_int(step->result, "import", import->id);
    step->is_last = import->rc != 0;
}

static void chunk_work(struct store *store, struct import_step *step)
{
    struct control_import *import = step->import;
    if (import->rc)
        return;
    if (!import->file || strcmp(import->file, step->file)) {
        free(import->file);
        import->file = as_xstrdup(step->file);
        dataset_import_file(import->importer, import->file);
    }
    dataset_import_feed(import->importer, step->data.ptr ? step->data.ptr : "", step->data.len);
    store_cases(store, import);
    step->result = as_json_object();
    as_json_set_int(step->result, "good", (int64_t)import->good_count);
    as_json_set_int(step->result, "bad", (int64_t)import->bad_count);
}

static struct as_json *dataset_json(const struct dataset_info *info)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "name", info->name);
    as_json_set_int(json, "version", info->version);
    control_set_hash(json, "hash", &info->hash);
    as_json_set_int(json, "cases", info->case_count);
    as_json_set_int(json, "critical", info->critical_count);
    as_json_set_int(json, "recorded", info->recorded_count);
    as_json_set_str(json, "format", info->format);
    as_json_set_int(json, "created_ms", info->created_ms);
    return json;
}

static struct as_json *bad_lines_json(const struct control_import *import)
{
    struct as_json *lines = as_json_array();
    for (size_t i = 0; i < import->bad_shown; i++) {
        struct as_json *line = as_json_object();
        as_json_set_str(line, "file", import->bad[i].file);
        as_json_set_int(line, "line", (int64_t)import->bad[i].line);
        as_json_set_str(line, "reason", import->bad[i].reason);
        as_json_push_take(lines, line);
    }
    return lines;
}

/* Into the result: the version, and the one that the name alone means now. False: nothing is kept.
 */
static bool keep_version(struct store *store, struct import_step *step)
{
    struct control_import *import = step->import;
    struct dataset_import_summary summary;
    struct dataset_info info, newest;
    bool is_new = false;
    int rc = dataset_import_finish(import->importer, &summary, NULL);
    store_cases(store, import);
    if (rc || import->rc || (step->is_strict && import->bad_count))
        return false;
    import->rc = store_dataset_finish(store, import->staging_id, &summary.hash,
                                      dataset_format_name(summary.format), clock_wall_ms(),
                                      &import->arena, &info, &is_new);
    if (!import->rc)
        import->rc = store_dataset_find(store, import->name, &import->arena, &newest);
    if (import->rc) {
        as_err_set(&import->err, import->rc, "%s", store_error(store));
        return false;
    }
    as_json_set_take(step->result, "dataset", dataset_json(&info));
    as_json_set_bool(step->result, "is_new", is_new);
    as_json_set_int(step->result, "newest", newest.version);
    return true;
}

static void end_work(struct store *store, struct import_step *step)
{
    struct control_import *import = step->import;
    step->result = as_json_object();
    as_json_set_take(step->result, "dataset", NULL);
    as_json_set_bool(step->result, "is_new", false);
    as_json_set_take(step->result, "newest", NULL);
    bool is_kept = !import->rc && keep_version(store, step);
    if (!is_kept && store_dataset_abort(store, import->staging_id))
        as_err_set(&import->err, AS_EIO, "%s", store_error(store));
    as_json_set_int(step->result, "good", (int64_t)import->good_count);
    as_json_set_int(step->result, "bad", (int64_t)import->bad_count);
    as_json_set_take(step->result, "bad_lines", bad_lines_json(import));
}

static void abort_work(struct store *store, struct import_step *step)
{
    struct control_import *import = step->import;
    step->result = as_json_object();
    import->rc = store_dataset_abort(store, import->staging_id);
    if (import->rc)
        as_err_set(&import->err, import->rc, "%s", store_error(store));
}

/* ---- handlers ---- */

static bool is_dataset_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return name[0] && name[0] != '.' && strspn(name, allowed) == strlen(name);
}

static int check_begin(const struct control_app *app, const struct control_call *call,
                       struct as_err *err)
{
    const char *name = as_json_get_cstr(call->params, "name");
    size_t open = 0;
    for (const struct control_import *import = app->imports; import; import = import->next)
        open++;
    if (open >= IMPORTS_MAX)
        return as_err_set(err, AS_ELIMIT, "%zu imports are open: wait for one to end", open);
    if (!is_dataset_name(name))
        return as_err_set(err, AS_EINVAL,
                          "'%s' cannot be a dataset's name: use letters, digits, '-', '_' and '.'",
                          name);
    return 0;
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
    struct dataset_import_options options = {on_case, on_bad_line, import};
    import->app = app;
    import->id = ++app->next_import;
    import->connection = call->connection;
    import->name = as_xstrdup(as_json_get_cstr(call->params, "name"));
    import->importer = dataset_import_new(&options);
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
    as_json_push_take(ctx, dataset_json(info));
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
    as_json_set_take(query->result, "dataset", dataset_json(&info));
    as_json_set_take(query->result, "cases", list);
    if (after + (int64_t)count < info.case_count)
        as_json_set_int(query->result, "next", after + (int64_t)count);
}

void handle_dataset_show(void *ctx, struct control_call *call)
{
    control_read(ctx, call, show_work, NULL);
}
