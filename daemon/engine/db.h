/* The database off the loop: queues of work for the one writing connection and for the reading
 * ones.
 *
 * A piece of work runs on a pool thread with a connection that is its own for that time; its done
 * callback runs on the loop. Writes run one after the other in the order they were given; reads run
 * beside them on DB_READERS connections. What ctx points to belongs to the pool until done. */
#ifndef DAEMON_ENGINE_DB_H
#define DAEMON_ENGINE_DB_H

#include "daemon/core/loop.h"
#include "daemon/store/store.h"

#define DB_READERS 2

struct db;

typedef void (*db_work_fn)(struct store *store, void *ctx); /* on a pool thread */
typedef void (*db_done_fn)(void *ctx);                      /* on the loop */

int db_open(struct loop *loop, const char *path, struct db **ret_db,
            struct as_err *err) AS_MUST_USE;
void db_write(struct db *db, db_work_fn work, db_done_fn done, void *ctx);
void db_read(struct db *db, db_work_fn work, db_done_fn done, void *ctx);
bool db_is_idle(const struct db *db);
void db_close(struct db *db); /* only when idle */

#endif
