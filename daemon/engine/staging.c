/* Parsed cases are gathered in an arena and written after every portion, so that memory is that of
 * one portion. A store that fails leaves the importer unfed: what it says then is not shown. */
#include "daemon/engine/staging.h"

#include "daemon/core/loop.h"
#include "daemon/dataset/import.h"
#include "lib/hash.h"

#include <stdlib.h>
#include <string.h>

#define BAD_LINES_SHOWN 100

struct bad_line {
    char *file, *reason;
    uint64_t line;
};

struct staging {
    char *name;
    struct dataset_import *importer;
    int64_t id;
    char *file;                /* whose bytes come now */
    struct case_record *cases; /* parsed, not stored yet; their strings are in the arena */
    size_t case_count, case_cap;
    struct as_arena arena;
    struct bad_line bad[BAD_LINES_SHOWN];
    size_t bad_shown;
    uint64_t good_count, bad_count;
    int rc;
    struct as_err err;
};

/* ---- the importer's callbacks ---- */

static void on_case(void *ctx, const struct case_record *record)
{
    struct staging *staging = ctx;
    struct as_arena *arena = &staging->arena;
    if (staging->case_count == staging->case_cap) {
        staging->case_cap = staging->case_cap ? staging->case_cap * 2 : 256;
        staging->cases = as_xrealloc(staging->cases, staging->case_cap * sizeof(*staging->cases));
    }
    struct case_record copy = *record;
    copy.id = as_arena_dup(arena, record->id);
    copy.json = as_arena_dup(arena, record->json);
    copy.messages_json = as_arena_dup(arena, record->messages_json);
    copy.recorded_json = as_arena_dup(arena, record->recorded_json);
    copy.cluster = as_arena_dup(arena, record->cluster);
    copy.stratum = as_arena_dup(arena, record->stratum);
    staging->cases[staging->case_count++] = copy;
    staging->good_count++;
}

static void on_bad_line(void *ctx, const char *file, uint64_t line, const char *reason)
{
    struct staging *staging = ctx;
    staging->bad_count++;
    if (staging->bad_shown < BAD_LINES_SHOWN)
        staging->bad[staging->bad_shown++] =
            (struct bad_line){as_xstrdup(file), as_xstrdup(reason), line};
}

/* ---- the way to a version ---- */

struct staging *staging_new(const char *name)
{
    struct staging *staging = as_xcalloc(1, sizeof(*staging));
    struct dataset_import_options options = {on_case, on_bad_line, staging};
    staging->name = as_xstrdup(name);
    staging->importer = dataset_import_new(&options);
    return staging;
}

void staging_own_cases(struct staging *staging)
{
    dataset_import_own_cases(staging->importer);
}

void staging_free(struct staging *staging)
{
    if (!staging)
        return;
    for (size_t i = 0; i < staging->bad_shown; i++) {
        free(staging->bad[i].file);
        free(staging->bad[i].reason);
    }
    dataset_import_free(staging->importer);
    as_arena_done(&staging->arena);
    free(staging->cases);
    free(staging->file);
    free(staging->name);
    free(staging);
}

int staging_failure(const struct staging *staging, struct as_err *err)
{
    if (staging->rc && err)
        *err = staging->err;
    return staging->rc;
}

int64_t staging_id(const struct staging *staging)
{
    return staging->id;
}

uint64_t staging_good(const struct staging *staging)
{
    return staging->good_count;
}

uint64_t staging_bad(const struct staging *staging)
{
    return staging->bad_count;
}

static void keep_failure(struct staging *staging, struct store *store, int rc)
{
    if (!rc || staging->rc)
        return;
    staging->rc = rc;
    as_err_set(&staging->err, rc, "%s", store_error(store));
}

void staging_begin(struct staging *staging, struct store *store)
{
    keep_failure(staging, store, store_dataset_begin(store, staging->name, &staging->id));
}

void staging_store(struct staging *staging, struct store *store)
{
    if (!staging->case_count || staging->rc)
        return;
    keep_failure(staging, store,
                 store_dataset_add(store, staging->id, staging->cases, staging->case_count));
    staging->case_count = 0;
    as_arena_reset(&staging->arena);
}

void staging_parse(struct staging *staging, const char *file, struct as_str bytes)
{
    if (staging->rc)
        return;
    if (!staging->file || strcmp(staging->file, file)) {
        free(staging->file);
        staging->file = as_xstrdup(file);
        dataset_import_file(staging->importer, staging->file);
    }
    dataset_import_feed(staging->importer, bytes.ptr ? bytes.ptr : "", bytes.len);
}

void staging_feed(struct staging *staging, struct store *store, const char *file,
                  struct as_str bytes)
{
    staging_parse(staging, file, bytes);
    staging_store(staging, store);
}

void staging_abort(struct staging *staging, struct store *store)
{
    keep_failure(staging, store, store_dataset_abort(store, staging->id));
}

/* ---- the end ---- */

struct as_json *staging_dataset_json(const struct dataset_info *info)
{
    char hex[AS_SHA256_HEX_BYTES];
    struct as_json *json = as_json_object();
    as_sha256_hex(&info->hash, hex);
    as_json_set_str(json, "name", info->name);
    as_json_set_int(json, "version", info->version);
    as_json_set_str(json, "hash", hex);
    as_json_set_int(json, "cases", info->case_count);
    as_json_set_int(json, "critical", info->critical_count);
    as_json_set_int(json, "recorded", info->recorded_count);
    as_json_set_str(json, "format", info->format);
    as_json_set_int(json, "created_ms", info->created_ms);
    return json;
}

static struct as_json *bad_lines_json(const struct staging *staging)
{
    struct as_json *lines = as_json_array();
    for (size_t i = 0; i < staging->bad_shown; i++) {
        struct as_json *line = as_json_object();
        as_json_set_str(line, "file", staging->bad[i].file);
        as_json_set_int(line, "line", (int64_t)staging->bad[i].line);
        as_json_set_str(line, "reason", staging->bad[i].reason);
        as_json_push_take(lines, line);
    }
    return lines;
}

int staging_seal(struct staging *staging, struct store *store, struct staging_seal *ret_seal)
{
    struct dataset_import_summary summary;
    int rc = dataset_import_finish(staging->importer, &summary, NULL);
    staging_store(staging, store);
    if (staging->rc || rc)
        return staging->rc ? staging->rc : rc;
    *ret_seal =
        (struct staging_seal){staging->id, summary.hash, dataset_format_name(summary.format)};
    return 0;
}

/* Into the result: the version, and the one that the name alone means now. False: nothing is kept.
 */
static bool keep_version(struct staging *staging, struct store *store, bool is_strict,
                         struct as_json *result)
{
    struct staging_seal seal;
    struct dataset_info info, newest;
    bool is_new = false;
    if (staging_seal(staging, store, &seal) || (is_strict && staging->bad_count))
        return false;
    int rc = store_dataset_finish(store, seal.id, &seal.hash, seal.format, clock_wall_ms(),
                                  &staging->arena, &info, &is_new);
    if (!rc)
        rc = store_dataset_find(store, staging->name, &staging->arena, &newest);
    keep_failure(staging, store, rc);
    if (rc)
        return false;
    as_json_set_take(result, "dataset", staging_dataset_json(&info));
    as_json_set_bool(result, "is_new", is_new);
    as_json_set_int(result, "newest", newest.version);
    return true;
}

struct as_json *staging_finish(struct staging *staging, struct store *store, bool is_strict)
{
    struct as_json *result = as_json_object();
    as_json_set_take(result, "dataset", NULL);
    as_json_set_bool(result, "is_new", false);
    as_json_set_take(result, "newest", NULL);
    bool is_kept = !staging->rc && keep_version(staging, store, is_strict, result);
    if (!is_kept)
        staging_abort(staging, store);
    as_json_set_int(result, "good", (int64_t)staging->good_count);
    as_json_set_int(result, "bad", (int64_t)staging->bad_count);
    as_json_set_take(result, "bad_lines", bad_lines_json(staging));
    return result;
}

int staging_check_name(const char *name, struct as_err *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (name[0] && name[0] != '.' && strspn(name, allowed) == strlen(name))
        return 0;
    return as_err_set(err, AS_EINVAL,
                      "'%s' cannot be a dataset's name: use letters, digits, '-', '_' and '.'",
                      name);
}
