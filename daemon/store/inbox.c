/* One table, a row a file. A file that was refused and comes again takes its old row's place. */
#include "daemon/store/inbox.h"

#include "daemon/store/dataset_own.h"
#include "daemon/store/sql.h"

#define DROPPED_AT_ONCE 4

#define FILE_COLUMNS                                                                         \
    "id, dataset, hash, name, bytes, taken_ms, is_refused, good, known, bad, version, why, " \
    "dropped"

static int put_file(struct store *store, const struct inbox_file *file)
{
    struct sql *sql = sql_use(
        store, "INSERT OR REPLACE INTO inbox_file (dataset, hash, name, bytes, taken_ms,"
               " is_refused, good, known, bad, version, why, dropped) VALUES (?, ?, ?, ?, ?, ?, ?,"
               " ?, ?, ?, ?, ?)");
    sql_put_text(sql, as_str_from(file->dataset));
    sql_put_hash(sql, &file->hash);
    sql_put_text(sql, as_str_from(file->name));
    sql_put_int(sql, file->bytes);
    sql_put_int(sql, file->taken_ms);
    sql_put_int(sql, file->is_refused);
    sql_put_int(sql, file->good);
    sql_put_int(sql, file->known);
    sql_put_int(sql, file->bad);
    sql_put_int(sql, file->version);
    sql_put_text(sql, as_str_from(file->why));
    sql_put_int(sql, file->dropped);
    return sql_run(sql);
}

static int version_number(struct store *store, int64_t dataset_id, uint32_t *ret_version)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT version FROM dataset WHERE id = ?");
    sql_put_int(sql, dataset_id);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_version = (uint32_t)sql_int(sql, 0);
    return rc > 0 ? 0 : rc ? rc : AS_ENOENT;
}

static int make_version(struct store *store, const struct inbox_version *version, int64_t now_ms,
                        uint32_t *ret_number)
{
    int64_t id = 0;
    int rc = dataset_finish_staged(store, version->staging_id, version->hash, version->format,
                                   now_ms, &id);
    if (!rc)
        rc = version_number(store, id, ret_number);
    if (!rc && version->scratch_id)
        rc = dataset_delete_staged(store, version->scratch_id);
    return rc;
}

/* Made by the inbox alone, and of no run's pins. AS_ENOENT: there is none. */
static int find_unmeasured(struct store *store, int64_t newest_id, int64_t *ret_id)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT old.id FROM dataset AS newest JOIN dataset AS old ON old.name = newest.name"
               " WHERE newest.id = ? AND old.version <= newest.version - ?"
               " AND old.version IN (SELECT version FROM inbox_file WHERE dataset = newest.name)"
               " AND old.id NOT IN (SELECT dataset_id FROM run_group)"
               " AND old.id NOT IN (SELECT parent_id FROM dataset WHERE parent_id NOT NULL)"
               " ORDER BY old.version LIMIT 1");
    sql_put_int(sql, newest_id);
    sql_put_int(sql, INBOX_VERSIONS_KEPT);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_id = sql_int(sql, 0);
    return rc > 0 ? 0 : rc ? rc : AS_ENOENT;
}

/* Each version has all of its cases: a file every few minutes would fill the disk. */
static int drop_unmeasured(struct store *store, int64_t newest_id)
{
    for (int i = 0; i < DROPPED_AT_ONCE; i++) {
        int64_t id;
        int rc = find_unmeasured(store, newest_id, &id);
        if (!rc)
            rc = dataset_delete_version(store, id);
        if (rc)
            return rc == AS_ENOENT ? 0 : rc;
    }
    return 0;
}

int store_inbox_take(struct store *store, const struct inbox_taking *taking, uint32_t *ret_version)
{
    uint32_t number = 0;
    int rc = sql_begin(store);
    if (!rc && taking->version)
        rc = make_version(store, taking->version, taking->now_ms, &number);
    for (size_t i = 0; i < taking->count && !rc; i++) {
        struct inbox_file *file = &taking->files[i];
        file->taken_ms = taking->now_ms;
        file->version = file->good ? number : 0;
        rc = put_file(store, file);
    }
    if (!rc && taking->version)
        rc = drop_unmeasured(store, taking->version->staging_id);
    for (size_t i = 0; i < taking->event_count && !rc; i++)
        rc = store_event_add(store, &taking->events[i]);
    rc = sql_end(store, rc);
    if (!rc)
        *ret_version = number;
    return rc;
}

static struct inbox_file read_file(struct sql *sql, struct as_arena *arena)
{
    return (struct inbox_file){
        .id = sql_int(sql, 0),
        .dataset = sql_cstr_dup(sql, 1, arena),
        .hash = sql_hash(sql, 2),
        .name = sql_cstr_dup(sql, 3, arena),
        .bytes = sql_int(sql, 4),
        .taken_ms = sql_int(sql, 5),
        .is_refused = sql_int(sql, 6) != 0,
        .good = sql_int(sql, 7),
        .known = sql_int(sql, 8),
        .bad = sql_int(sql, 9),
        .version = (uint32_t)sql_int(sql, 10),
        .why = sql_cstr_dup(sql, 11, arena),
        .dropped = sql_int(sql, 12),
    };
}

int store_inbox_find(struct store *store, const char *dataset, const struct as_sha256 *hash,
                     struct as_arena *arena, struct inbox_file *ret_file)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " FILE_COLUMNS " FROM inbox_file"
                       " WHERE dataset = ? AND hash = ? AND NOT is_refused");
    sql_put_text(sql, as_str_from(dataset));
    sql_put_hash(sql, hash);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_file = read_file(sql, arena);
    return rc > 0 ? 0 : rc ? rc : AS_ENOENT;
}

int store_inbox_page(struct store *store, const char *dataset, int64_t before, uint32_t limit,
                     struct as_arena *arena, struct inbox_file **ret_files, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " FILE_COLUMNS " FROM inbox_file"
                       " WHERE (?1 IS NULL OR dataset = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3");
    struct as_buf files = {0};
    int rc;
    sql_put_text(sql, as_str_from(dataset));
    sql_put_int(sql, before ? before : INT64_MAX);
    sql_put_int(sql, limit);
    while ((rc = sql_step(sql)) > 0) {
        struct inbox_file file = read_file(sql, arena);
        as_buf_add(&files, &file, sizeof(file));
    }
    if (!rc)
        *ret_files = sql_give_array(&files, sizeof(**ret_files), arena, ret_count);
    as_buf_done(&files);
    return rc;
}
