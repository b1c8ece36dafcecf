/* What a run group is waiting for, in one line: from counts of where its rows are to a sentence.
 *
 * Pure: the engine counts (engine/live.c), this words. What holds a group up is told, not what
 * merely queues behind it: calls in flight come before calls in a queue. Used by engine and by
 * run.why. */
#ifndef DAEMON_MODEL_WHY_H
#define DAEMON_MODEL_WHY_H

#include "daemon/model/row.h"

enum why_kind {
    WHY_MODEL,   /* calls to a model in flight */
    WHY_JUDGE,   /* calls to the judge in flight */
    WHY_LIMIT,   /* calls that the rate limit of a model or provider puts off */
    WHY_BACKOFF, /* calls that failed and are tried again later */
    WHY_BUDGET,  /* calls that wait until others have told what they cost */
    WHY_SCORER,  /* rows in the worker of a scorer or rubric */
    WHY_WORKER,  /* rows in the worker of a provider's plugin */
    WHY_STORE,   /* rows and calls that are being looked up or committed */
    WHY_CASES,   /* cases are being read */
    WHY_QUEUE,   /* calls behind those in flight */
    WHY_HELD,    /* calls that the pause holds back */
    WHY_KIND_COUNT
};
const char *why_kind_name(enum why_kind kind);

#define WHY_UNKNOWN_MS (-1)

struct why_wait {
    enum why_kind kind;
    const char *name; /* of the model or plugin; NULL: none */
    int64_t count;
    int64_t oldest_ms; /* how long the oldest of them has waited; WHY_UNKNOWN_MS */
    int64_t next_ms;   /* until the next of them may go; WHY_UNKNOWN_MS */
};

#define WHY_WAITS_MAX 64

struct why_facts {
    enum group_state state;
    struct why_wait waits[WHY_WAITS_MAX];
    size_t wait_count;
    const char *paused_by, *paused_why; /* of a paused group; NULL: not known, not said */
    const char *error;                  /* of one that stopped or was cancelled; NULL: none */
};

/* Adds to the wait of this kind and name; one too many of them goes uncounted. name is borrowed. */
void why_add(struct why_facts *facts, enum why_kind kind, const char *name, int64_t waited_ms,
             int64_t next_ms);
/* The most first, queues last. */
void why_sort(struct why_facts *facts);
/* Of sorted facts. Appends one line, without its newline. */
void why_sentence(const struct why_facts *facts, struct as_buf *out);

#endif
