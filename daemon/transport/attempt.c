/* Attempts and their pool. Buffers keep their memory from attempt to attempt while it is small, so
 * that a steady stream of replies allocates nothing; one huge reply does not stay in memory for the
 * daemon's life. */
#include "daemon/transport/attempt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL_MAX_ATTEMPTS 1024u
#define POOL_MAX_BUFFER_BYTES (16u << 10) /* of one buffer in the pool */
#define ERROR_MAX_BYTES 512

struct attempt *attempt_take(struct attempt_pool *pool, struct request *request)
{
    struct attempt *attempt = pool->head;
    if (attempt) {
        pool->head = attempt->next;
        pool->count--;
    } else {
        attempt = as_xcalloc(1, sizeof(*attempt));
    }
    attempt->next = NULL;
    attempt->request = request;
    return attempt;
}

static void attempt_free(struct attempt *attempt)
{
    as_buf_done(&attempt->headers);
    as_buf_done(&attempt->body);
    as_buf_done(&attempt->error);
    free(attempt);
}

static struct as_buf buffer_emptied(struct as_buf buf)
{
    if (buf.cap > POOL_MAX_BUFFER_BYTES)
        as_buf_done(&buf);
    as_buf_reset(&buf);
    return buf;
}

void attempt_give(struct attempt_pool *pool, struct attempt *attempt)
{
    if (!pool || pool->count == POOL_MAX_ATTEMPTS) {
        attempt_free(attempt);
        return;
    }
    *attempt = (struct attempt){
        .headers = buffer_emptied(attempt->headers),
        .body = buffer_emptied(attempt->body),
        .error = buffer_emptied(attempt->error),
        .next = pool->head,
    };
    pool->head = attempt;
    pool->count++;
}

void attempt_pool_done(struct attempt_pool *pool)
{
    while (pool->head) {
        struct attempt *attempt = pool->head;
        pool->head = attempt->next;
        attempt_free(attempt);
    }
    pool->count = 0;
}

void attempt_fail(struct attempt *attempt, enum exchange_outcome outcome, const char *fmt, ...)
{
    char text[ERROR_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    attempt->exchange.outcome = outcome;
    as_buf_reset(&attempt->error);
    as_buf_adds(&attempt->error, text);
}

void attempt_mask(struct attempt *attempt, const struct secret *secret)
{
    secret_mask(secret, &attempt->headers);
    secret_mask(secret, &attempt->body);
    secret_mask(secret, &attempt->error);
}

void attempt_seal(struct attempt *attempt)
{
    attempt->exchange.response_headers = as_buf_str(&attempt->headers);
    attempt->exchange.response_body = as_buf_str(&attempt->body);
    attempt->exchange.error = as_buf_str(&attempt->error);
}
