/* Steps on the pool: hash all files and look which are new; read a portion of one, have it redacted
 * and stage its cases, until all are read; copy the version together, portion by portion, so that
 * running groups commit in between; note it; move the files. Each says which one comes next. */
#include "daemon/inbox/batch.h"

#include "daemon/dataset/derive.h"
#include "daemon/dataset/import.h"
#include "daemon/engine/staging.h"
#include "daemon/inbox/redact.h"
#include "daemon/inbox/tell.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORTION_BYTES (1u << 20)
#define PORTION_CASES 256u
#define REASONS_SHOWN 20

/* From BATCH_CLEAN on the batch has come to its end, whatever that is. */
enum batch_step {
    BATCH_HASH,
    BATCH_LOOK,
    BATCH_READ,
    BATCH_REDACT,
    BATCH_STAGE,
    BATCH_COPY,
    BATCH_NOTE,
    BATCH_CLEAN, /* what was staged goes */
    BATCH_MOVE,
    BATCH_DONE
};

struct batch {
    struct batch_options options;
    struct inbox_rules rules; /* options.rules: a reload changes the inbox's own meanwhile */
    struct batch_file files[BATCH_FILES_MAX];
    struct as_buf reasons[BATCH_FILES_MAX];
    size_t count, at; /* at: the file that is read */
    enum batch_step step;
    bool is_cancelled;
    /* of the file that is read */
    int fd; /* -1: not opened yet */
    struct dataset_import *import;
    struct as_hasher *hasher;
    bool is_read;
    struct case_record *cases;                 /* of the portion: id and json, in its arena */
    size_t case_count, case_cap, cases_before; /* before: of the file, in earlier portions */
    struct as_arena portion;
    struct dataset_info base;      /* the version before; id 0: there is none yet */
    int64_t base_next, fresh_next; /* positions that the copy is at */
    struct staging *fresh;         /* the new cases; NULL before the first */
    struct staging *made;          /* the version in the making */
    uint32_t version;
    struct as_arena arena;
    int rc;
    struct as_err err;
};

static int store_failed(struct batch *batch, struct store *store, int rc)
{
    return rc ? as_err_set(&batch->err, rc, "%s", store_error(store)) : 0;
}

/* ---- which files are new ---- */

/* One that cannot be read, or is another one by now, stays where it is. */
static void hash_work(void *ctx)
{
    struct batch *batch = ctx;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_file *entry = &batch->files[i];
        entry->rc =
            folder_hash(batch->options.rules->dir, &entry->file, &entry->record.hash, &entry->err);
    }
    batch->step = BATCH_LOOK;
}

static bool is_passed_over(const struct batch_file *entry)
{
    return entry->is_known || entry->rc;
}

static int look_at(struct batch *batch, struct batch_file *entry, struct store *store)
{
    struct inbox_file known;
    int rc = store_inbox_find(store, batch->options.rules->dataset, &entry->record.hash,
                              &batch->arena, &known);
    entry->is_known = !rc;
    return rc == AS_ENOENT ? 0 : store_failed(batch, store, rc);
}

/* The same bytes under two names: the second waits for the next batch, when they are known. */
static void put_off_doubles(struct batch *batch)
{
    for (size_t i = 1; i < batch->count; i++)
        for (size_t j = 0; j < i && !is_passed_over(&batch->files[i]); j++)
            if (!batch->files[j].rc &&
                as_sha256_eq(&batch->files[i].record.hash, &batch->files[j].record.hash))
                batch->files[i].rc = AS_ENOENT;
}

static bool has_new_file(const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (!is_passed_over(&batch->files[i]))
            return true;
    return false;
}

/* The first file from here on that is to be read, or the end of them. */
static void go_to_next_file(struct batch *batch)
{
    while (batch->at < batch->count && is_passed_over(&batch->files[batch->at]))
        batch->at++;
    bool has_cases = batch->fresh && staging_good(batch->fresh);
    batch->step = batch->at < batch->count ? BATCH_READ
                  : !has_new_file(batch)   ? BATCH_MOVE
                  : has_cases              ? BATCH_COPY
                                           : BATCH_NOTE;
}

/* id 0: there is no version yet. */
static int find_newest(struct batch *batch, struct store *store, struct dataset_info *ret_newest)
{
    *ret_newest = (struct dataset_info){0};
    int rc = store_dataset_find(store, batch->options.rules->dataset, &batch->arena, ret_newest);
    return rc == AS_ENOENT ? 0 : store_failed(batch, store, rc);
}

static void look_work(struct store *store, void *ctx)
{
    struct batch *batch = ctx;
    for (size_t i = 0; i < batch->count && !batch->rc; i++)
        if (!batch->files[i].rc)
            batch->rc = look_at(batch, &batch->files[i], store);
    batch->rc = batch->rc ? batch->rc : find_newest(batch, store, &batch->base);
    if (batch->rc)
        return;
    put_off_doubles(batch);
    go_to_next_file(batch);
}

/* ---- read a portion of a file ---- */

static void on_case(void *ctx, const struct case_record *record)
{
    struct batch *batch = ctx;
    if (batch->case_count == batch->case_cap) {
        batch->case_cap = batch->case_cap ? batch->case_cap * 2 : PORTION_CASES;
        batch->cases = as_xrealloc(batch->cases, batch->case_cap * sizeof(*batch->cases));
    }
    batch->cases[batch->case_count++] = (struct case_record){
        .id = as_arena_dup(&batch->portion, record->id),
        .json = as_arena_dup(&batch->portion, record->json),
    };
}

/* The count goes on where the texts end. */
static void on_bad_line(void *ctx, const char *file, uint64_t line, const char *reason)
{
    struct batch *batch = ctx;
    if (++batch->files[batch->at].record.bad <= REASONS_SHOWN)
        as_buf_addf(&batch->reasons[batch->at], "%s:%" PRIu64 ": %s\n", file, line, reason);
}

static int open_file(struct batch *batch)
{
    const struct batch_file *entry = &batch->files[batch->at];
    const struct dataset_import_options options = {on_case, on_bad_line, batch};
    int rc = folder_open(batch->options.rules->dir, &entry->file, &batch->fd, &batch->err);
    if (rc)
        return rc;
    batch->import = dataset_import_new(&options);
    dataset_import_file(batch->import, entry->record.name);
    batch->hasher = as_hasher_new();
    batch->is_read = false;
    batch->cases_before = batch->case_count = 0;
    return 0;
}

static void close_file(struct batch *batch)
{
    if (batch->fd >= 0)
        close(batch->fd);
    if (batch->hasher)
        (void)as_hasher_finish_free(batch->hasher);
    if (batch->import)
        dataset_import_free(batch->import);
    batch->fd = -1;
    batch->hasher = NULL;
    batch->import = NULL;
}

/* The end of the file: it must be the bytes that were looked at. Not one good line is no failure
 * here: the file is refused, for the reasons that were told. */
static int finish_file(struct batch *batch)
{
    const struct inbox_file *record = &batch->files[batch->at].record;
    struct dataset_import_summary summary;
    int rc = dataset_import_finish(batch->import, &summary, NULL);
    struct as_sha256 hash = as_hasher_finish_free(batch->hasher);
    batch->is_read = true;
    batch->hasher = NULL;
    if (as_sha256_eq(&hash, &record->hash))
        return rc == AS_EINVAL ? 0 : rc;
    return as_err_set(&batch->err, AS_ENOENT, "%s changed while it was taken in", record->name);
}

static int read_portion(struct batch *batch)
{
    char *bytes = as_xmalloc(PORTION_BYTES);
    ssize_t got = read(batch->fd, bytes, PORTION_BYTES);
    int rc = 0;
    if (got > 0) {
        as_hasher_add(batch->hasher, bytes, (size_t)got);
        dataset_import_feed(batch->import, bytes, (size_t)got);
    } else {
        rc = got < 0 ? as_err_set(&batch->err, as_err_from_errno(errno), "%s cannot be read: %s",
                                  batch->files[batch->at].record.name, strerror(errno))
                     : finish_file(batch);
    }
    free(bytes);
    return rc;
}

static void read_work(void *ctx)
{
    struct batch *batch = ctx;
    as_arena_reset(&batch->portion);
    batch->cases_before += batch->case_count;
    batch->case_count = 0;
    if (batch->fd < 0)
        batch->rc = open_file(batch);
    if (!batch->rc)
        batch->rc = read_portion(batch);
    batch->step = batch->options.redactor && batch->case_count ? BATCH_REDACT : BATCH_STAGE;
}

/* ---- have it redacted, on the loop ---- */

static void go_on(void *ctx);

/* The file stays, and the others are tried again without it. */
static void keep_file(struct batch *batch, const struct redact_failure *failure)
{
    struct batch_file *entry = &batch->files[batch->at];
    const char *name = entry->record.name;
    entry->rc = as_err_set(&entry->err, AS_EPLUGIN,
                           "%s: the redactor failed with its case %zu (%s): see .%s.reason", name,
                           batch->cases_before + failure->at + 1, failure->what, name);
    as_buf_done(&batch->reasons[batch->at]);
    as_buf_adds(&batch->reasons[batch->at], failure->text);
    batch->rc = AS_ENOENT;
}

static void on_redacted(void *ctx, const struct redact_failure *failure)
{
    struct batch *batch = ctx;
    if (failure)
        keep_file(batch, failure);
    batch->step = BATCH_STAGE;
    go_on(batch);
}

static void redact(struct batch *batch)
{
    const struct redact_options options = {
        .sandbox = batch->options.sandbox,
        .redactor = batch->options.redactor->sandbox_id,
        .params_json = batch->options.rules->params_json,
        .cases = batch->cases,
        .count = batch->case_count,
        .arena = &batch->portion,
        .done = on_redacted,
        .ctx = batch,
    };
    redact_cases(&options);
}

/* ---- stage what is new of it ---- */

/* AS_EEXIST: the dataset has such a case, or an earlier portion brought one. */
static int check_is_new(struct batch *batch, struct store *store, const char *id,
                        struct as_arena *arena)
{
    struct case_record known;
    int rc = AS_ENOENT;
    if (batch->base.id)
        rc = store_case_find(store, batch->base.id, id, arena, &known);
    if (rc == AS_ENOENT)
        rc = store_case_find(store, staging_id(batch->fresh), id, arena, &known);
    return !rc ? AS_EEXIST : rc == AS_ENOENT ? 0 : store_failed(batch, store, rc);
}

/* The case as a line; record NULL: as it is. */
static int add_line(struct batch *batch, struct as_str text, const struct inbox_file *record,
                    struct as_buf *lines)
{
    struct as_json *item = NULL;
    if (as_json_parse(text.ptr, text.len, &item, NULL))
        return as_err_set(&batch->err, AS_ECORRUPT, "a case cannot be read again");
    struct as_json *made = record ? dataset_derive_taken(item, record->name, batch->options.now_ms)
                                  : dataset_derive_case(item, NULL);
    as_json_write_canonical(made, lines);
    as_buf_addc(lines, '\n');
    as_json_free(made);
    as_json_free(item);
    return 0;
}

static int stage_case(struct batch *batch, struct store *store, const struct case_record *item,
                      struct as_arena *arena)
{
    struct inbox_file *record = &batch->files[batch->at].record;
    struct as_buf line = {0};
    if (!item->json.ptr) {
        record->dropped++;
        return 0;
    }
    int rc = check_is_new(batch, store, item->id.ptr, arena);
    record->known += rc == AS_EEXIST;
    if (rc)
        return rc == AS_EEXIST ? 0 : rc;
    uint64_t good = staging_good(batch->fresh);
    rc = add_line(batch, item->json, record, &line);
    if (!rc)
        staging_parse(batch->fresh, record->name, as_buf_str(&line));
    if (!rc && staging_good(batch->fresh) > good)
        record->good++;
    else if (!rc && ++record->bad <= REASONS_SHOWN)
        as_buf_addf(&batch->reasons[batch->at], "%s: case '%s' is not one that a dataset takes\n",
                    record->name, item->id.ptr);
    as_buf_done(&line);
    return rc;
}

static int begin_staging(struct batch *batch, struct store *store, struct staging **staging)
{
    if (!*staging) {
        *staging = staging_new(batch->options.rules->dataset);
        staging_own_cases(*staging);
        staging_begin(*staging, store);
    }
    return staging_failure(*staging, &batch->err);
}

static void stage_work(struct store *store, void *ctx)
{
    struct batch *batch = ctx;
    struct as_arena arena = {0};
    batch->rc = begin_staging(batch, store, &batch->fresh);
    for (size_t i = 0; i < batch->case_count && !batch->rc; i++) {
        batch->rc = stage_case(batch, store, &batch->cases[i], &arena);
        as_arena_reset(&arena);
    }
    as_arena_done(&arena);
    if (!batch->rc)
        staging_store(batch->fresh, store);
    batch->rc = batch->rc ? batch->rc : staging_failure(batch->fresh, &batch->err);
    batch->step = BATCH_READ;
    if (!batch->is_read)
        return;
    struct inbox_file *record = &batch->files[batch->at].record;
    record->is_refused = record->bad && !record->good && !record->known && !record->dropped;
    close_file(batch);
    batch->at++;
    go_to_next_file(batch);
}

/* ---- copy the version together ---- */

static void begin_copy(struct batch *batch)
{
    int64_t fresh = (int64_t)staging_good(batch->fresh);
    int64_t most = batch->options.rules->max_cases;
    int64_t room = fresh < most ? most - fresh : 0;
    batch->fresh_next = fresh > most ? fresh - most : 0;
    batch->base_next = batch->base.case_count > room ? batch->base.case_count - room : 0;
}

static bool is_too_old(const struct batch *batch, const struct case_record *record)
{
    AS_CLEANUP_JSON struct as_json *item = NULL;
    int64_t keep_ms = batch->options.rules->keep_ms;
    if (!keep_ms || as_json_parse(record->json.ptr, record->json.len, &item, NULL))
        return false;
    int64_t taken_ms = dataset_taken_ms(item);
    return taken_ms && taken_ms < batch->options.now_ms - keep_ms;
}

static int copy_portion(struct batch *batch, struct store *store)
{
    bool is_base = batch->base_next < batch->base.case_count;
    int64_t *next = is_base ? &batch->base_next : &batch->fresh_next;
    struct as_arena arena = {0};
    struct as_buf lines = {0};
    struct case_record *cases = NULL;
    size_t count = 0;
    int rc = store_cases_page(store, is_base ? batch->base.id : staging_id(batch->fresh), *next,
                              PORTION_CASES, &arena, &cases, &count);
    if (rc || !count)
        rc = as_err_set(&batch->err, rc ? rc : AS_ECORRUPT, "the dataset's cases cannot be read");
    for (size_t i = 0; i < count && !rc && lines.len < PORTION_BYTES; i++) {
        if (!is_base || !is_too_old(batch, &cases[i]))
            rc = add_line(batch, cases[i].json, NULL, &lines);
        ++*next;
    }
    if (!rc)
        staging_feed(batch->made, store, "the inbox", as_buf_str(&lines));
    as_buf_done(&lines);
    as_arena_done(&arena);
    return rc ? rc : staging_failure(batch->made, &batch->err);
}

static void copy_work(struct store *store, void *ctx)
{
    struct batch *batch = ctx;
    if (!batch->made)
        begin_copy(batch);
    batch->rc = begin_staging(batch, store, &batch->made);
    if (!batch->rc)
        batch->rc = copy_portion(batch, store);
    if (batch->base_next >= batch->base.case_count &&
        batch->fresh_next >= (int64_t)staging_good(batch->fresh))
        batch->step = BATCH_NOTE;
}

/* ---- note it, all at once ---- */

/* Reasons may quote the file, so where a redactor is wanted they stay beside it. */
static const char *why_of(struct batch *batch, size_t i)
{
    const struct inbox_file *record = &batch->files[i].record;
    if (!batch->options.redactor)
        return batch->reasons[i].ptr;
    return as_arena_printf(&batch->arena, "see %s.reason in %s/", record->name,
                           record->is_refused ? "bad" : "done");
}

static int note_files(struct batch *batch, struct store *store, const struct inbox_version *version)
{
    struct inbox_file files[BATCH_FILES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_file *entry = &batch->files[i];
        entry->record.why = batch->reasons[i].len ? why_of(batch, i) : NULL;
        if (!is_passed_over(entry))
            files[count++] = entry->record;
    }
    struct inbox_taking taking = {version, files, count, NULL, 0, batch->options.now_ms};
    tell_noted(&taking, batch->options.kept_back, &batch->arena);
    int rc = store_inbox_take(store, &taking, &batch->version);
    for (size_t i = 0, n = 0; i < batch->count && !rc; i++)
        if (!is_passed_over(&batch->files[i]))
            batch->files[i].record = files[n++];
    return store_failed(batch, store, rc);
}

/* Somebody may have made a version meanwhile: the next try builds upon it. */
static int check_base(struct batch *batch, struct store *store)
{
    struct dataset_info newest;
    int rc = find_newest(batch, store, &newest);
    if (rc || newest.id == batch->base.id)
        return rc;
    return as_err_set(&batch->err, AS_ENOENT, "the dataset has a newer version meanwhile");
}

static void note_work(struct store *store, void *ctx)
{
    struct batch *batch = ctx;
    struct staging_seal seal;
    batch->rc = check_base(batch, store);
    if (batch->rc)
        return;
    struct inbox_version version = {0};
    if (batch->made && staging_seal(batch->made, store, &seal)) {
        if (!staging_failure(batch->made, &batch->err))
            as_err_set(&batch->err, AS_ECORRUPT, "the new version has no case");
        batch->rc = batch->err.code;
        return;
    }
    if (batch->made)
        version =
            (struct inbox_version){seal.id, &seal.hash, seal.format, staging_id(batch->fresh)};
    batch->rc = note_files(batch, store, batch->made ? &version : NULL);
    if (!batch->rc)
        batch->step = batch->made ? BATCH_MOVE : BATCH_CLEAN;
}

static void clean_work(struct store *store, void *ctx)
{
    struct batch *batch = ctx;
    if (batch->fresh)
        staging_abort(batch->fresh, store);
    if (batch->made)
        staging_abort(batch->made, store);
    batch->step = BATCH_MOVE;
}

/* ---- and out of the way ---- */

static void move_file(struct batch *batch, size_t i)
{
    struct batch_file *entry = &batch->files[i];
    struct folder_place place = {
        .sub_folder = entry->record.is_refused ? "bad" : "done",
        .hash = entry->record.hash,
        .reason = batch->reasons[i].len ? batch->reasons[i].ptr : NULL,
    };
    entry->rc = folder_move(batch->options.rules->dir, &entry->file, &place, &entry->err);
}

static void move_work(void *ctx)
{
    struct batch *batch = ctx;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_file *entry = &batch->files[i];
        if (entry->rc == AS_EPLUGIN)
            (void)folder_explain(batch->options.rules->dir, &entry->file, batch->reasons[i].ptr);
        else if (!entry->rc && !batch->rc)
            move_file(batch, i);
    }
    batch->step = BATCH_DONE;
}

/* ---- on the loop ---- */

static void end(struct batch *batch)
{
    struct batch_result result = {batch->rc, batch->err, batch->version, batch->files,
                                  batch->count};
    batch->options.done(batch->options.ctx, &result);
    close_file(batch);
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->files[i].file.name);
        as_buf_done(&batch->reasons[i]);
    }
    plugin_version_unref(batch->options.redactor);
    staging_free(batch->fresh);
    staging_free(batch->made);
    as_arena_done(&batch->portion);
    as_arena_done(&batch->arena);
    free(batch->cases);
    free(batch);
}

static void go_on(void *ctx)
{
    struct batch *batch = ctx;
    bool is_over = batch->step >= BATCH_CLEAN;
    if (batch->is_cancelled && !batch->rc && !is_over)
        batch->rc = as_err_set(&batch->err, AS_ECANCELED, "it was told to stop");
    if (batch->rc && !is_over)
        batch->step = BATCH_CLEAN;
    switch (batch->step) {
    case BATCH_HASH: loop_work(batch->options.loop, hash_work, go_on, batch); break;
    case BATCH_LOOK: db_read(batch->options.db, look_work, go_on, batch); break;
    case BATCH_READ: loop_work(batch->options.loop, read_work, go_on, batch); break;
    case BATCH_REDACT: redact(batch); break;
    case BATCH_STAGE: db_write(batch->options.db, stage_work, go_on, batch); break;
    case BATCH_COPY: db_write(batch->options.db, copy_work, go_on, batch); break;
    case BATCH_NOTE: db_write(batch->options.db, note_work, go_on, batch); break;
    case BATCH_CLEAN: db_write(batch->options.db, clean_work, go_on, batch); break;
    case BATCH_MOVE: loop_work(batch->options.loop, move_work, go_on, batch); break;
    case BATCH_DONE: end(batch); break;
    }
}

struct batch *batch_start(const struct batch_options *options,
                          const struct folder_file *const *files, size_t count)
{
    struct batch *batch = as_xcalloc(1, sizeof(*batch));
    AS_ASSERT(count >= 1 && count <= BATCH_FILES_MAX);
    batch->options = *options;
    batch->rules = *options->rules;
    batch->options.rules = &batch->rules;
    batch->count = count;
    batch->fd = -1;
    for (size_t i = 0; i < count; i++) {
        struct batch_file *entry = &batch->files[i];
        struct as_buf shown = {0};
        entry->file = folder_file_copy(files[i]);
        as_buf_add_utf8_safe(&shown, entry->file.name, strlen(entry->file.name));
        entry->record.dataset = options->rules->dataset;
        entry->record.name = as_arena_strdup(&batch->arena, shown.ptr);
        entry->record.bytes = entry->file.bytes;
        as_buf_done(&shown);
    }
    go_on(batch);
    return batch;
}

void batch_cancel(struct batch *batch)
{
    batch->is_cancelled = true;
}
