/* Datasets and their cases. An import is staged as a dataset without a version: nobody finds it,
 * and a crash leaves nothing that counts. Finishing gives it the next version of its name, unless
 * the newest content is known already. */
#include "daemon/store/dataset_own.h"
#include "daemon/store/sql.h"

#include <stdlib.h>
#include <string.h>

#define SELECTOR_HASH_MIN_DIGITS 4

#define DATASET_COLUMNS \
    "id, name, version, hash, case_count, critical_count, recorded_count, format, created_ms"

int store_dataset_begin(struct store *store, const char *name, int64_t *ret_staging_id)
{
    struct sql *sql = sql_use(store, "INSERT INTO dataset (name) VALUES (?)");
    sql_put_text(sql, as_str_from(name));
    int rc = sql_run(sql);
    if (!rc)
        *ret_staging_id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

static int staged_case_count(struct store *store, int64_t staging_id, int64_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT case_count FROM dataset WHERE id = ?"
                                                 " AND version IS NULL AND parent_id IS NULL");
    sql_put_int(sql, staging_id);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_count = sql_int(sql, 0);
    return rc > 0 ? 0 : rc ? rc : AS_ENOENT;
}

static int insert_case_body(struct store *store, const struct case_record *record)
{
    struct as_str blob;
    codec_begin(store->codec);
    codec_put(store->codec, record->json);
    codec_put(store->codec, record->messages_json);
    codec_put(store->codec, record->recorded_json);
    int rc = codec_seal(store->codec, &blob);
    if (rc)
        return as_err_set(&store->error, rc, "case %.*s is too large to be stored",
                          (int)record->id.len, record->id.ptr);
    struct sql *sql = sql_use(store, "INSERT INTO case_body (body) VALUES (?)");
    sql_put_blob(sql, blob);
    return sql_run(sql);
}

static int insert_case(struct store *store, int64_t dataset_id, const struct case_record *record)
{
    int rc = insert_case_body(store, record);
    if (rc)
        return rc;
    struct sql *sql =
        sql_use(store, "INSERT INTO dataset_case"
                       " (dataset_id, seq, id, is_critical, cluster, stratum, body_id)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?)");
    sql_put_int(sql, dataset_id);
    sql_put_int(sql, record->seq);
    sql_put_text(sql, record->id);
    sql_put_int(sql, record->is_critical);
    sql_put_text(sql, record->cluster);
    sql_put_text(sql, record->stratum);
    sql_put_int(sql, sqlite3_last_insert_rowid(store->db));
    return sql_run(sql);
}

static int add_to_counts(struct store *store, int64_t staging_id, const struct case_record *cases,
                         size_t count)
{
    int64_t critical_count = 0, recorded_count = 0;
    for (size_t i = 0; i < count; i++) {
        critical_count += cases[i].is_critical;
        recorded_count += cases[i].recorded_json.ptr != NULL;
    }
    struct sql *sql = sql_use(store, "UPDATE dataset SET case_count = case_count + ?,"
                                     " critical_count = critical_count + ?,"
                                     " recorded_count = recorded_count + ? WHERE id = ?");
    sql_put_int(sql, (int64_t)count);
    sql_put_int(sql, critical_count);
    sql_put_int(sql, recorded_count);
    sql_put_int(sql, staging_id);
    return sql_run(sql);
}

static int add_cases(struct store *store, int64_t staging_id, const struct case_record *cases,
                     size_t count)
{
    int64_t next_seq = 0;
    int rc = staged_case_count(store, staging_id, &next_seq);
    for (size_t i = 0; !rc && i < count; i++) {
        AS_ASSERT(cases[i].seq == next_seq + (int64_t)i);
        rc = insert_case(store, staging_id, &cases[i]);
        if (rc == AS_EEXIST)
            as_err_set(&store->error, rc, "case id '%.*s' stands twice", (int)cases[i].id.len,
                       cases[i].id.ptr);
    }
    return rc ? rc : add_to_counts(store, staging_id, cases, count);
}

int store_dataset_add(struct store *store, int64_t staging_id, const struct case_record *cases,
                      size_t count)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = add_cases(store, staging_id, cases, count);
    return sql_end(store, rc);
}

static int delete_by_id(struct store *store, const char *literal, int64_t id)
{
    struct sql *sql = sql_use(store, literal);
    sql_put_int(sql, id);
    return sql_run(sql);
}

int dataset_delete_version(struct store *store, int64_t id)
{
    int rc = delete_by_id(store,
                          "DELETE FROM case_body WHERE id IN"
                          " (SELECT body_id FROM dataset_case WHERE dataset_id = ?)",
                          id);
    if (!rc)
        rc = delete_by_id(store, "DELETE FROM dataset_case WHERE dataset_id = ?", id);
    return rc ? rc : delete_by_id(store, "DELETE FROM dataset WHERE id = ?", id);
}

int dataset_delete_staged(struct store *store, int64_t staging_id)
{
    int64_t count = 0;
    int rc = staged_case_count(store, staging_id, &count); /* never a finished version */
    return rc ? rc : dataset_delete_version(store, staging_id);
}

int store_dataset_abort(struct store *store, int64_t staging_id)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = dataset_delete_staged(store, staging_id);
    return sql_end(store, rc);
}

/* Texts borrowed from the statement. */
static struct dataset_info info_of(struct sql *sql)
{
    return (struct dataset_info){
        .id = sql_int(sql, 0),
        .name = sql_text(sql, 1).ptr,
        .version = (uint32_t)sql_int(sql, 2),
        .hash = sql_hash(sql, 3),
        .case_count = sql_int(sql, 4),
        .critical_count = sql_int(sql, 5),
        .recorded_count = sql_int(sql, 6),
        .format = sql_text(sql, 7).ptr,
        .created_ms = sql_int(sql, 8),
    };
}

static int step_info(struct sql *sql, struct as_arena *arena, struct dataset_info *ret_info)
{
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    struct dataset_info info = info_of(sql);
    info.name = as_arena_strdup(arena, info.name);
    info.format = as_arena_strdup(arena, info.format);
    *ret_info = info;
    return 0;
}

int store_dataset_get(struct store *store, int64_t id, struct as_arena *arena,
                      struct dataset_info *ret_info)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " DATASET_COLUMNS " FROM dataset WHERE version IS NOT NULL AND id ="
                       " (SELECT ifnull(parent_id, id) FROM dataset WHERE id = ?)");
    sql_put_int(sql, id);
    return step_info(sql, arena, ret_info);
}

static int find_same_content(struct store *store, int64_t staging_id, const struct as_sha256 *hash,
                             int64_t *ret_id)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT old.id FROM dataset AS staged JOIN dataset AS old ON old.name = staged.name"
               " WHERE staged.id = ? AND old.version IS NOT NULL AND old.hash = ?");
    sql_put_int(sql, staging_id);
    sql_put_hash(sql, hash);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_id = sql_int(sql, 0);
    return rc > 0 ? 0 : rc ? rc : AS_ENOENT;
}

static int make_version(struct store *store, int64_t staging_id, const struct as_sha256 *hash,
                        const char *format, int64_t now_ms)
{
    struct sql *sql =
        sql_use(store, "UPDATE dataset SET hash = ?, format = ?, created_ms = ?, version ="
                       " (SELECT ifnull(max(other.version), 0) + 1 FROM dataset AS other"
                       "  WHERE other.name = dataset.name) WHERE id = ?");
    sql_put_hash(sql, hash);
    sql_put_text(sql, as_str_from(format));
    sql_put_int(sql, now_ms);
    sql_put_int(sql, staging_id);
    return sql_run(sql);
}

int dataset_finish_staged(struct store *store, int64_t staging_id, const struct as_sha256 *hash,
                          const char *format, int64_t now_ms, int64_t *ret_id)
{
    int64_t count = 0, same_id = staging_id;
    int rc = staged_case_count(store, staging_id, &count);
    if (rc)
        return rc;
    rc = find_same_content(store, staging_id, hash, &same_id);
    if (!rc)
        rc = dataset_delete_staged(store, staging_id);
    else if (rc == AS_ENOENT)
        rc = make_version(store, staging_id, hash, format, now_ms);
    *ret_id = same_id;
    return rc;
}

int store_dataset_finish(struct store *store, int64_t staging_id, const struct as_sha256 *hash,
                         const char *format, int64_t now_ms, struct as_arena *arena,
                         struct dataset_info *ret_info, bool *ret_is_new)
{
    int64_t id = 0;
    int rc = sql_begin(store);
    if (!rc)
        rc = dataset_finish_staged(store, staging_id, hash, format, now_ms, &id);
    rc = sql_end(store, rc);
    if (!rc)
        rc = store_dataset_get(store, id, arena, ret_info);
    if (!rc)
        *ret_is_new = id == staging_id;
    return rc;
}

static int find_newest(struct store *store, struct as_str name, struct as_arena *arena,
                       struct dataset_info *ret_info)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT " DATASET_COLUMNS " FROM dataset WHERE name = ? AND version IS NOT NULL"
               " ORDER BY version DESC LIMIT 1");
    sql_put_text(sql, name);
    return step_info(sql, arena, ret_info);
}

static int find_version(struct store *store, struct as_str name, const char *digits,
                        struct as_arena *arena, struct dataset_info *ret_info)
{
    char *end = NULL;
    long long version = strtoll(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end)
        return AS_ENOENT;
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " DATASET_COLUMNS " FROM dataset WHERE name = ? AND version = ?");
    sql_put_text(sql, name);
    sql_put_int(sql, version);
    return step_info(sql, arena, ret_info);
}

/* The hashes that begin with these hex digits lie between low (padded with 0) and high (padded with
 * f). */
static int hash_range(const char *prefix, struct as_sha256 *ret_low, struct as_sha256 *ret_high)
{
    char low[AS_SHA256_HEX_BYTES], high[AS_SHA256_HEX_BYTES];
    size_t len = strlen(prefix);
    if (len < SELECTOR_HASH_MIN_DIGITS || len >= sizeof(low))
        return AS_ENOENT;
    memset(low, '0', sizeof(low) - 1);
    memset(high, 'f', sizeof(high) - 1);
    low[sizeof(low) - 1] = high[sizeof(high) - 1] = '\0';
    memcpy(low, prefix, len);
    memcpy(high, prefix, len);
    return as_sha256_from_hex(low, ret_low) || as_sha256_from_hex(high, ret_high) ? AS_ENOENT : 0;
}

static int find_hash(struct store *store, struct as_str name, const char *prefix,
                     struct as_arena *arena, struct dataset_info *ret_info)
{
    struct as_sha256 low, high;
    int rc = hash_range(prefix, &low, &high);
    if (rc)
        return rc;
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT " DATASET_COLUMNS " FROM dataset WHERE name = ? AND version IS NOT NULL"
               " AND hash BETWEEN ? AND ? ORDER BY version DESC");
    sql_put_text(sql, name);
    sql_put_hash(sql, &low);
    sql_put_hash(sql, &high);
    rc = step_info(sql, arena, ret_info);
    if (!rc && sql_step(sql) > 0)
        return as_err_set(&store->error, AS_EINVAL,
                          "dataset %.*s: more than one version begins with %s", (int)name.len,
                          name.ptr, prefix);
    return rc;
}

int store_dataset_find(struct store *store, const char *selector, struct as_arena *arena,
                       struct dataset_info *ret_info)
{
    const char *at = strrchr(selector, '@');
    struct as_str name = {selector, at ? (size_t)(at - selector) : strlen(selector)};
    if (!at)
        return find_newest(store, name, arena, ret_info);
    int rc = find_version(store, name, at + 1, arena, ret_info);
    return rc == AS_ENOENT ? find_hash(store, name, at + 1, arena, ret_info) : rc;
}

int store_dataset_each(struct store *store, store_dataset_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " DATASET_COLUMNS " FROM dataset"
                       " WHERE version IS NOT NULL ORDER BY name, version");
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct dataset_info info = info_of(sql);
        fn(ctx, &info);
    }
    return rc;
}
