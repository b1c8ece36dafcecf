/* Cases through a redactor, before anything of them is stored. Fails closed: the first case that it
 * fails with ends all of them.
 *
 * Belongs to the loop's thread. A case's id and what the redactor says of it may hold what it was
 * to take out: both are in a failure's text alone, which goes beside the file and nowhere else. */
#ifndef DAEMON_INBOX_REDACT_H
#define DAEMON_INBOX_REDACT_H

#include "daemon/sandbox/sandbox.h"
#include "daemon/store/store.h"

struct redact_failure {
    size_t at;        /* of the cases */
    const char *what; /* "timeout", "made no case of it": fit to be told to anybody */
    const char *text; /* with the case's id and the redactor's own words */
};
/* failure NULL: all are redacted. Borrowed for the call; fires on a later turn. */
typedef void (*redacted_fn)(void *ctx, const struct redact_failure *failure);

struct redact_options {
    struct sandbox *sandbox;
    uint64_t redactor; /* as the sandbox knows it */
    const char *params_json;
    struct case_record *cases; /* id and json become what may be kept; json NULL: left out */
    size_t count;              /* 1 at least */
    struct as_arena *arena;    /* of the cases' new texts */
    redacted_fn done;
    void *ctx;
};
void redact_cases(const struct redact_options *options);

#endif
