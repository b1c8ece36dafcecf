/* One connection and its cache of prepared statements: how the other files of this folder speak
 * SQL.
 *
 * sql_use gives the statement of a text, prepared once per connection; the text must be a literal,
 * for the cache knows it by its address. Parameters are put in order, then it is stepped; columns
 * are read by number. Errors stick to the statement and come out of sql_step, translated, with the
 * sentence in store->error. A statement left before its end must be reset, or it holds a read
 * transaction and the WAL grows: SQL_CLEANUP does it on every way out. */
#ifndef DAEMON_STORE_SQL_H
#define DAEMON_STORE_SQL_H

#include "daemon/store/chain.h"
#include "daemon/store/codec.h"
#include "daemon/store/store.h"

#include <sqlite3.h>

#define SQL_MAX_STATEMENTS 256

struct sql {
    struct store *store;
    const char *text;
    sqlite3_stmt *stmt;
    int next_param;
    int rc; /* SQLite's; the first failure of prepare or bind */
};

struct store {
    sqlite3 *db;
    char *path;
    int lock_fd; /* of the writer's lock file; -1 for a reader */
    struct codec *codec;
    struct sql statements[SQL_MAX_STATEMENTS];
    size_t statement_count;
    struct chain_end *chains; /* of the batch that is being written */
    size_t chain_count;
    struct as_err error;
};

struct sql *sql_use(struct store *store, const char *literal);
void sql_put_int(struct sql *sql, int64_t value);
void sql_put_num(struct sql *sql, double value); /* NaN becomes NULL */
/* Borrowed until the statement is stepped or reset. Absent becomes NULL. */
void sql_put_text(struct sql *sql, struct as_str text);
void sql_put_blob(struct sql *sql, struct as_str bytes);
void sql_put_hash(struct sql *sql, const struct as_sha256 *hash);
/* Four: group_id, case_seq, sample, member. */
void sql_put_row_key(struct sql *sql, const struct row_key *key);

int sql_step(struct sql *sql) AS_MUST_USE; /* 1: a row; 0: the end; negative: AS_E* */
int sql_run(struct sql *sql) AS_MUST_USE;  /* steps to the end and resets; 0 or AS_E* */
void sql_reset(struct sql *sql);
void sql_reset_ptr(void *ptr_to_sql); /* for SQL_CLEANUP */
#define SQL_CLEANUP __attribute__((cleanup(sql_reset_ptr)))

/* Columns of the row that sql_step stands on; texts and BLOBs are borrowed until the next step. */
int64_t sql_int(struct sql *sql, int column);
double sql_num(struct sql *sql, int column); /* NULL gives NaN */
struct as_str sql_text(struct sql *sql, int column);
struct as_str sql_blob(struct sql *sql, int column);
struct as_sha256 sql_hash(struct sql *sql, int column);
struct row_key sql_row_key(struct sql *sql, int first_column); /* as sql_put_row_key */
struct as_str sql_text_dup(struct sql *sql, int column, struct as_arena *arena);
char *sql_cstr_dup(struct sql *sql, int column, struct as_arena *arena); /* NULL stays NULL */

/* Copies an array that was gathered in a buffer into the arena; NULL when it is empty. */
void *sql_give_array(const struct as_buf *items, size_t item_bytes, struct as_arena *arena,
                     size_t *ret_count);

int sql_begin(struct store *store) AS_MUST_USE;
/* Commits when rc is 0, else rolls back; returns rc, or why the commit failed. */
int sql_end(struct store *store, int rc) AS_MUST_USE;

/* events.c: an event whose columns, as in the table, begin with this one. False: of a kind that
 * this assayd does not know, for a newer one wrote it. */
struct event;
bool event_read(struct sql *sql, int first_column, struct as_arena *arena, struct event *ret_event);

/* Writes the sentence for SQLite's rc into store->error and returns our code for it. */
int sql_failed(struct store *store, int sqlite_rc);
/* The same for stored bytes that cannot be: what names the thing. */
int sql_damaged(struct store *store, const char *what);

#endif
