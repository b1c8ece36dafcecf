/* Rows and their queues. A refusal is a reply like any other to the row's owner; its numbers are
 * "not known", so that nobody can mistake it for a score. */
#include "daemon/sandbox/row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sandbox_row *row_new(enum job_kind kind, struct as_str encoded, sandbox_row_fn done,
                            void *ctx)
{
    struct sandbox_row *row = as_xmalloc(sizeof(*row) + encoded.len);
    *row = (struct sandbox_row){.done = done, .ctx = ctx, .kind = kind, .len = encoded.len};
    memcpy(row->bytes, encoded.ptr, encoded.len);
    return row;
}

void row_answer(struct sandbox_row *row, const struct job_reply *reply)
{
    row->done(row->ctx, reply);
    free(row);
}

void row_refuse(struct sandbox_row *row, enum job_status status, const char *reason)
{
    struct job_reply reply = {
        .kind = row->kind,
        .status = status,
        .reason = as_str_from(reason),
        .score = NAN,
        .pass = -1,
    };
    row_answer(row, &reply);
}

void row_queue_push(struct row_queue *queue, struct sandbox_row *row)
{
    row->next = NULL;
    if (queue->tail)
        queue->tail->next = row;
    else
        queue->head = row;
    queue->tail = row;
    queue->count++;
}

void row_queue_push_front(struct row_queue *queue, struct sandbox_row *row)
{
    row->next = queue->head;
    queue->head = row;
    if (!queue->tail)
        queue->tail = row;
    queue->count++;
}

struct sandbox_row *row_queue_pop(struct row_queue *queue)
{
    struct sandbox_row *row = queue->head;
    if (!row)
        return NULL;
    queue->head = row->next;
    if (!queue->head)
        queue->tail = NULL;
    queue->count--;
    return row;
}

struct sandbox_row *row_queue_take(struct row_queue *queue, uint64_t index)
{
    struct row_queue before = {0};
    AS_ASSERT(index < queue->count);
    while (index--)
        row_queue_push(&before, row_queue_pop(queue));
    struct sandbox_row *row = row_queue_pop(queue);
    row_queue_prepend(queue, &before);
    return row;
}

void row_queue_prepend(struct row_queue *queue, struct row_queue *front)
{
    if (!front->head)
        return;
    front->tail->next = queue->head;
    queue->head = front->head;
    if (!queue->tail)
        queue->tail = front->tail;
    queue->count += front->count;
    *front = (struct row_queue){0};
}
