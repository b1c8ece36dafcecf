/* Statements are found by the address of their text: a few dozen literals, so a linear look over
 * pointers is enough, and a loop over rows fetches its statement once. A text that two places share
 * may be prepared twice; that is harmless. */
#include "daemon/store/sql.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* What SQLite calls an I/O error may be one that somebody can do something about. */
static int cause_of(int primary_rc, int os_errno)
{
    if (primary_rc != SQLITE_IOERR)
        return primary_rc;
    if (os_errno == ENOSPC || os_errno == EDQUOT || os_errno == EFBIG)
        return SQLITE_FULL;
    return os_errno == EROFS ? SQLITE_READONLY : primary_rc;
}

static const char *sentence_of(int primary_rc)
{
    switch (primary_rc) {
    case SQLITE_FULL: return "the disk is full; free some space and try again";
    case SQLITE_READONLY:
        return "the file or its directory cannot be written; mount it writable, or mend the "
               "permissions";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another process holds the lock on it; end what it does there";
    case SQLITE_CORRUPT: return "the file is damaged; restore it from a backup";
    case SQLITE_NOTADB: return "the file is not a database; restore it from a backup";
    case SQLITE_CANTOPEN:
        return "the file cannot be opened; see to its permissions and its directory";
    case SQLITE_IOERR:
        return "reading or writing failed; see to the disk, the kernel's log says more";
    case SQLITE_TOOBIG: return "a value is too large to be stored";
    case SQLITE_NOMEM: return "memory is out";
    default: return "the database refused the operation";
    }
}

static int code_of(int sqlite_rc)
{
    switch (sqlite_rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY: return AS_EEXIST;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return AS_ENOENT;
    }
    switch (sqlite_rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return AS_ECORRUPT;
    case SQLITE_CONSTRAINT: return AS_EINVAL;
    case SQLITE_TOOBIG: return AS_ELIMIT;
    case SQLITE_NOMEM: return AS_ENOMEM;
    default: return AS_EIO;
    }
}

int sql_failed(struct store *store, int sqlite_rc)
{
    int primary = sqlite_rc & 0xff;
    int last_errno = errno; /* SQLite forgets it where a commit fails */
    int os_errno = sqlite3_system_errno(store->db);
    os_errno = os_errno ? os_errno : last_errno;
    bool is_os = os_errno && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN);
    return as_err_set(&store->error, code_of(sqlite_rc), "%s: %s (%s)", store->path,
                      sentence_of(cause_of(primary, is_os ? os_errno : 0)),
                      is_os ? strerror(os_errno) : sqlite3_errmsg(store->db));
}

int sql_damaged(struct store *store, const char *what)
{
    return as_err_set(&store->error, AS_ECORRUPT, "%s: the file is damaged: %s", store->path, what);
}

static struct sql *find(struct store *store, const char *literal)
{
    for (size_t i = 0; i < store->statement_count; i++)
        if (store->statements[i].text == literal)
            return &store->statements[i];
    AS_ASSERT(store->statement_count < SQL_MAX_STATEMENTS);
    struct sql *sql = &store->statements[store->statement_count++];
    *sql = (struct sql){.store = store, .text = literal};
    return sql;
}

struct sql *sql_use(struct store *store, const char *literal)
{
    struct sql *sql = find(store, literal);
    sql->rc = SQLITE_OK;
    sql->next_param = 1;
    if (!sql->stmt)
        sql->rc =
            sqlite3_prepare_v3(store->db, literal, -1, SQLITE_PREPARE_PERSISTENT, &sql->stmt, NULL);
    return sql;
}

static void note_bind(struct sql *sql, int rc)
{
    sql->next_param++;
    if (sql->rc == SQLITE_OK)
        sql->rc = rc;
}

void sql_put_int(struct sql *sql, int64_t value)
{
    note_bind(sql, sqlite3_bind_int64(sql->stmt, sql->next_param, value));
}

void sql_put_num(struct sql *sql, double value)
{
    note_bind(sql, sqlite3_bind_double(sql->stmt, sql->next_param, value));
}

void sql_put_text(struct sql *sql, struct as_str text)
{
    note_bind(sql, sqlite3_bind_text64(sql->stmt, sql->next_param, text.ptr, text.len,
                                       SQLITE_STATIC, SQLITE_UTF8));
}

void sql_put_blob(struct sql *sql, struct as_str bytes)
{
    note_bind(sql,
              sqlite3_bind_blob64(sql->stmt, sql->next_param, bytes.ptr, bytes.len, SQLITE_STATIC));
}

void sql_put_hash(struct sql *sql, const struct as_sha256 *hash)
{
    sql_put_blob(sql, (struct as_str){(const char *)hash->bytes, AS_SHA256_BYTES});
}

void sql_put_row_key(struct sql *sql, const struct row_key *key)
{
    sql_put_int(sql, key->group_id);
    sql_put_int(sql, key->case_seq);
    sql_put_int(sql, key->sample);
    sql_put_int(sql, key->member);
}

void sql_reset(struct sql *sql)
{
    sqlite3_reset(sql->stmt);
    sql->next_param = 1;
}

void sql_reset_ptr(void *ptr_to_sql)
{
    sql_reset(*(struct sql **)ptr_to_sql);
}

int sql_step(struct sql *sql)
{
    errno = 0;
    int rc = sql->rc == SQLITE_OK ? sqlite3_step(sql->stmt) : sql->rc;
    if (rc == SQLITE_ROW)
        return 1;
    int code = rc == SQLITE_DONE ? 0 : sql_failed(sql->store, rc);
    sql_reset(sql);
    return code;
}

int sql_run(struct sql *sql)
{
    int rc;
    do
        rc = sql_step(sql);
    while (rc > 0);
    return rc;
}

int64_t sql_int(struct sql *sql, int column)
{
    return sqlite3_column_int64(sql->stmt, column);
}

double sql_num(struct sql *sql, int column)
{
    bool is_null = sqlite3_column_type(sql->stmt, column) == SQLITE_NULL;
    return is_null ? NAN : sqlite3_column_double(sql->stmt, column);
}

struct as_str sql_text(struct sql *sql, int column)
{
    const char *text = (const char *)sqlite3_column_text(sql->stmt, column);
    return (struct as_str){text, (size_t)sqlite3_column_bytes(sql->stmt, column)};
}

struct as_str sql_blob(struct sql *sql, int column)
{
    const char *bytes = sqlite3_column_blob(sql->stmt, column);
    return (struct as_str){bytes, (size_t)sqlite3_column_bytes(sql->stmt, column)};
}

struct as_sha256 sql_hash(struct sql *sql, int column)
{
    struct as_sha256 hash = {{0}};
    struct as_str bytes = sql_blob(sql, column);
    if (bytes.len == AS_SHA256_BYTES)
        memcpy(hash.bytes, bytes.ptr, AS_SHA256_BYTES);
    return hash;
}

struct row_key sql_row_key(struct sql *sql, int first_column)
{
    return (struct row_key){
        .group_id = sql_int(sql, first_column),
        .case_seq = sql_int(sql, first_column + 1),
        .sample = (uint32_t)sql_int(sql, first_column + 2),
        .member = (uint32_t)sql_int(sql, first_column + 3),
    };
}

struct as_str sql_text_dup(struct sql *sql, int column, struct as_arena *arena)
{
    return as_arena_dup(arena, sql_text(sql, column));
}

char *sql_cstr_dup(struct sql *sql, int column, struct as_arena *arena)
{
    return as_arena_strdup(arena, sql_text(sql, column).ptr);
}

void *sql_give_array(const struct as_buf *items, size_t item_bytes, struct as_arena *arena,
                     size_t *ret_count)
{
    *ret_count = items->len / item_bytes;
    return items->len ? memcpy(as_arena_alloc(arena, items->len), items->ptr, items->len) : NULL;
}

int sql_begin(struct store *store)
{
    return sql_run(sql_use(store, "BEGIN IMMEDIATE"));
}

/* After some failures (disk full, I/O) SQLite has rolled back by itself, and a ROLLBACK would be
 * one more error. It is run past the statement cache, so that the sentence of the failure that led
 * here stays. */
static void roll_back(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

int sql_end(struct store *store, int rc)
{
    if (!rc)
        rc = sql_run(sql_use(store, "COMMIT"));
    if (rc)
        roll_back(store);
    return rc;
}
