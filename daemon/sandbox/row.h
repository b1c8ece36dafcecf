/* A row inside the pool: its encoded bytes, who is told of the reply, and the queues it waits in.
 *
 * Private to daemon/sandbox. A row is made by sandbox_submit and ends in exactly one of row_answer
 * and row_refuse, which tell its owner and free it. Until then it is in one queue: waiting (of its
 * plugin), in flight (of a worker) or refused (of the sandbox). It keeps its bytes while in flight,
 * because a worker that dies hands it back. */
#ifndef DAEMON_SANDBOX_ROW_H
#define DAEMON_SANDBOX_ROW_H

#include "daemon/sandbox/sandbox.h"

struct sandbox_row {
    struct sandbox_row *next;
    sandbox_row_fn done;
    void *ctx;
    const char *refusal; /* static text, for a row that is refused before it has a plugin */
    enum job_status refusal_status;
    enum job_kind kind;
    uint32_t index; /* position in the batch it was sent in last */
    bool is_last;   /* of that batch */
    bool was_rerun; /* a stop meant for another row hit it once already */
    size_t len;
    char bytes[]; /* as job_batch_add wrote them */
};

struct sandbox_row *row_new(enum job_kind kind, struct as_str encoded, sandbox_row_fn done,
                            void *ctx);
void row_answer(struct sandbox_row *row, const struct job_reply *reply);
void row_refuse(struct sandbox_row *row, enum job_status status, const char *reason);

/* First in, first out. {0} is an empty queue. */
struct row_queue {
    struct sandbox_row *head, *tail;
    uint32_t count;
};

void row_queue_push(struct row_queue *queue, struct sandbox_row *row);
void row_queue_push_front(struct row_queue *queue, struct sandbox_row *row);
struct sandbox_row *row_queue_pop(struct row_queue *queue); /* NULL when empty */
/* Takes out the one that has index others before it; there must be more than that. */
struct sandbox_row *row_queue_take(struct row_queue *queue, uint64_t index);
/* Puts all of front before what is in queue; front is empty afterwards. */
void row_queue_prepend(struct row_queue *queue, struct row_queue *front);

#endif
