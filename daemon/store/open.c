/* Opening and closing: whose file it is, its pragmas, migrations, the writer's lock, and what a
 * crash left behind.
 *
 * The lock is a file of its own beside the database: two daemons on one store would drop each
 * other's imports and pay twice for the same rows. It must not be taken on the database file
 * itself, since closing any descriptor of that file would release the POSIX locks which SQLite
 * holds on it. */
#include "daemon/store/schema.h"
#include "daemon/store/score_sets.h"
#include "daemon/store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The caches are small: rows are written and read in the order of their keys, so a page is seldom
 * wanted again. page_size works on an empty file only, and before WAL. 2000 pages of WAL are 16 MB;
 * what a long reader made it grow beyond 64 MB is given back. secure_delete is off: an intent lives
 * for seconds and holds no text. */
static const char writer_pragmas[] = "PRAGMA page_size = 8192;"
                                     "PRAGMA journal_mode = WAL;"
                                     "PRAGMA synchronous = FULL;"
                                     "PRAGMA cache_size = -2048;"
                                     "PRAGMA wal_autocheckpoint = 2000;"
                                     "PRAGMA journal_size_limit = 67108864;"
                                     "PRAGMA secure_delete = OFF;"
                                     "PRAGMA foreign_keys = ON;";
static const char common_pragmas[] = "PRAGMA busy_timeout = 5000;"
                                     "PRAGMA mmap_size = 0;"
                                     "PRAGMA temp_store = MEMORY;"
                                     "PRAGMA cell_size_check = ON;"
                                     "PRAGMA trusted_schema = OFF;";
static const char reader_pragmas[] = "PRAGMA query_only = ON;"
                                     "PRAGMA cache_size = -512;";

static int exec(struct store *store, const char *script)
{
    int rc = sqlite3_exec(store->db, script, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sql_failed(store, rc);
}

static int query_int(struct store *store, const char *literal, int64_t *ret_value)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, literal);
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_value = sql_int(sql, 0);
    return rc < 0 ? rc : 0;
}

/* The file holds prompts and answers: made for its owner alone, whatever the umask. SQLite gives
 * -wal and -shm the same mode. */
static int create_private(struct store *store)
{
    int fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return as_err_set(&store->error, as_err_from_errno(errno), "%s: cannot be opened: %s",
                          store->path, strerror(errno));
    close(fd);
    return 0;
}

static int take_writer_lock(struct store *store)
{
    struct as_buf name = {0};
    as_buf_addf(&name, "%s.lock", store->path);
    store->lock_fd = open(name.ptr, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int rc = store->lock_fd < 0 || flock(store->lock_fd, LOCK_EX | LOCK_NB) ? errno : 0;
    if (rc == EWOULDBLOCK)
        rc = as_err_set(&store->error, AS_EBUSY, "%s: another assayd has it open", store->path);
    else if (rc)
        rc = as_err_set(&store->error, as_err_from_errno(rc), "%s: cannot be locked: %s", name.ptr,
                        strerror(rc));
    as_buf_done(&name);
    return rc;
}

static int connect_file(struct store *store)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(store->path, &store->db, flags, NULL);
    return rc == SQLITE_OK ? exec(store, common_pragmas) : sql_failed(store, rc);
}

/* Reads the version, and refuses a file that is not ours. 0 is a new, empty file. */
static int read_version(struct store *store, int64_t *ret_version)
{
    int64_t application_id = 0, version = 0, object_count = 0;
    int rc = query_int(store, "PRAGMA application_id", &application_id);
    if (!rc)
        rc = query_int(store, "PRAGMA user_version", &version);
    if (!rc)
        rc = query_int(store, "SELECT count(*) FROM sqlite_schema", &object_count);
    if (rc)
        return rc;
    bool is_new = !application_id && !version && !object_count;
    if (!is_new && application_id != SCHEMA_APPLICATION_ID)
        return as_err_set(&store->error, AS_EINVAL, "%s: this database belongs to another program",
                          store->path);
    if (version > STORE_SCHEMA_VERSION)
        return as_err_set(&store->error, AS_EINVAL,
                          "%s: written by a newer assay (schema %lld; this one knows up to %d)",
                          store->path, (long long)version, STORE_SCHEMA_VERSION);
    *ret_version = version;
    return 0;
}

static int migrate(struct store *store, int64_t version)
{
    int rc = 0;
    for (; !rc && version < STORE_SCHEMA_VERSION; version++) {
        rc = sql_begin(store);
        if (!rc)
            rc = exec(store, schema_steps[version]);
        rc = sql_end(store, rc);
    }
    return rc;
}

/* A dataset without a version was being imported when the daemon died. */
static int drop_staged(struct store *store)
{
    int64_t id = 0;
    int rc;
    while (!(rc = query_int(store,
                            "SELECT ifnull(max(id), 0) FROM dataset"
                            " WHERE version IS NULL AND parent_id IS NULL",
                            &id)) &&
           id) {
        rc = store_dataset_abort(store, id);
        if (rc)
            return rc;
    }
    return rc;
}

static int open_writer(struct store *store)
{
    int64_t version = 0;
    int rc = create_private(store);
    if (!rc)
        rc = take_writer_lock(store);
    if (!rc)
        rc = connect_file(store);
    if (!rc)
        rc = read_version(store, &version);
    if (!rc)
        rc = exec(store, writer_pragmas);
    if (!rc)
        rc = migrate(store, version);
    if (!rc)
        rc = drop_staged(store);
    return rc ? rc : store_sets_drop_unfinished(store);
}

static int open_reader(struct store *store)
{
    int64_t version = 0;
    int rc = connect_file(store);
    if (!rc)
        rc = exec(store, reader_pragmas);
    if (!rc)
        rc = read_version(store, &version);
    if (!rc && version != STORE_SCHEMA_VERSION)
        rc = as_err_set(&store->error, AS_ESTATE,
                        "%s: schema %lld, not yet migrated to %d: start assayd first", store->path,
                        (long long)version, STORE_SCHEMA_VERSION);
    return rc;
}

static int open_with(int (*open_fn)(struct store *store), const char *path,
                     struct store **ret_store, struct as_err *err)
{
    struct store *store = as_xcalloc(1, sizeof(*store));
    store->path = as_xstrdup(path);
    store->lock_fd = -1;
    store->codec = codec_new();
    int rc = open_fn(store);
    if (rc) {
        as_err_set(err, rc, "%s", store->error.msg);
        store_close(store);
        return rc;
    }
    *ret_store = store;
    return 0;
}

int store_open(const char *path, struct store **ret_store, struct as_err *err)
{
    return open_with(open_writer, path, ret_store, err);
}

int store_open_reader(const char *path, struct store **ret_store, struct as_err *err)
{
    return open_with(open_reader, path, ret_store, err);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->statement_count; i++)
        sqlite3_finalize(store->statements[i].stmt);
    if (store->db && store->lock_fd >= 0)
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_close(store->db);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    codec_free(store->codec);
    free(store->path);
    free(store);
}

const char *store_error(const struct store *store)
{
    return store->error.msg;
}
