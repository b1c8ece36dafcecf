/* One lane a connection; a lane with nothing to do takes the next work of its queue. */
#include "daemon/engine/db.h"

#include <stdlib.h>

struct db_job {
    struct db_job *next;
    db_work_fn work;
    db_done_fn done;
    void *ctx;
};

struct db_queue {
    struct db_job *head;
    struct db_job **tail;
};

struct db_lane {
    struct db *db;
    struct store *store;
    struct db_queue *queue;
    struct db_job *job; /* what runs now; NULL = free */
};

struct db {
    struct loop *loop;
    struct db_queue writes, reads;
    struct db_lane writer;
    struct db_lane readers[DB_READERS];
};

static void run_job(void *ctx)
{
    struct db_lane *lane = ctx;
    lane->job->work(lane->store, lane->job->ctx);
}

static void job_done(void *ctx);

static void start_next(struct db_lane *lane)
{
    struct db_job *job = lane->queue->head;
    if (lane->job || !job)
        return;
    lane->queue->head = job->next;
    if (!lane->queue->head)
        lane->queue->tail = &lane->queue->head;
    lane->job = job;
    loop_work(lane->db->loop, run_job, job_done, lane);
}

static void job_done(void *ctx)
{
    struct db_lane *lane = ctx;
    struct db_job *job = lane->job;
    lane->job = NULL;
    start_next(lane);
    job->done(job->ctx);
    free(job);
}

static void enqueue(struct db_queue *queue, db_work_fn work, db_done_fn done, void *ctx)
{
    struct db_job *job = as_xmalloc(sizeof(*job));
    *job = (struct db_job){NULL, work, done, ctx};
    *queue->tail = job;
    queue->tail = &job->next;
}

int db_open(struct loop *loop, const char *path, struct db **ret_db, struct as_err *err)
{
    struct db *db = as_xcalloc(1, sizeof(*db));
    db->loop = loop;
    db->writes.tail = &db->writes.head;
    db->reads.tail = &db->reads.head;
    db->writer = (struct db_lane){.db = db, .queue = &db->writes};
    int rc = store_open(path, &db->writer.store, err);
    for (int i = 0; i < DB_READERS && !rc; i++) {
        db->readers[i] = (struct db_lane){.db = db, .queue = &db->reads};
        rc = store_open_reader(path, &db->readers[i].store, err);
    }
    if (rc) {
        db_close(db);
        return rc;
    }
    *ret_db = db;
    return 0;
}

void db_write(struct db *db, db_work_fn work, db_done_fn done, void *ctx)
{
    enqueue(&db->writes, work, done, ctx);
    start_next(&db->writer);
}

void db_read(struct db *db, db_work_fn work, db_done_fn done, void *ctx)
{
    enqueue(&db->reads, work, done, ctx);
    for (int i = 0; i < DB_READERS; i++)
        start_next(&db->readers[i]);
}

bool db_is_idle(const struct db *db)
{
    bool is_busy = db->writer.job || db->writes.head || db->reads.head;
    for (int i = 0; i < DB_READERS; i++)
        is_busy = is_busy || db->readers[i].job;
    return !is_busy;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    AS_ASSERT(db_is_idle(db));
    for (int i = 0; i < DB_READERS; i++)
        store_close(db->readers[i].store);
    store_close(db->writer.store); /* last: it truncates the WAL */
    free(db);
}
