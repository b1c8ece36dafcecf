/* Plugin sources by their hash: kept as evidence for as long as a run group or a score set may
 * refer to them, whatever happens to the file. */
#include "daemon/store/sql.h"

int store_source_put(struct store *store, const struct as_sha256 *hash, const char *label,
                     struct as_str source)
{
    struct as_str blob;
    codec_begin(store->codec);
    codec_put(store->codec, source);
    int rc = codec_seal(store->codec, &blob);
    if (rc)
        return as_err_set(&store->error, rc, "plugin %s is too large to be stored", label);
    struct sql *sql =
        sql_use(store, "INSERT OR IGNORE INTO plugin_source (hash, label, body) VALUES (?, ?, ?)");
    sql_put_hash(sql, hash);
    sql_put_text(sql, as_str_from(label));
    sql_put_blob(sql, blob);
    return sql_run(sql);
}

int store_source_drop(struct store *store, const struct as_sha256 *hash)
{
    struct sql *sql = sql_use(store, "DELETE FROM plugin_source WHERE hash = ?");
    sql_put_hash(sql, hash);
    return sql_run(sql);
}

int store_source_get(struct store *store, const struct as_sha256 *hash, struct as_arena *arena,
                     const char **ret_label, struct as_str *ret_source)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT label, body FROM plugin_source WHERE hash = ?");
    sql_put_hash(sql, hash);
    int rc = sql_step(sql);
    if (rc <= 0)
        return rc ? rc : AS_ENOENT;
    struct as_reader body;
    rc = codec_open(store->codec, sql_blob(sql, 1), arena, &body);
    struct as_str source = rc ? (struct as_str){NULL, 0} : codec_get(&body);
    if (rc || !as_reader_is_done(&body))
        return sql_damaged(store, "a plugin's source");
    *ret_label = sql_cstr_dup(sql, 0, arena);
    *ret_source = source;
    return 0;
}
