/* A program of the operator's, run once: argv without a shell, a text on standard input, an
 * environment that holds PATH alone, and a time limit.
 *
 * It leads a process group of its own, which is killed when its time is over, and when it has ended
 * and left something behind. What it writes to standard error is kept up to COMMAND_SAID_BYTES; its
 * standard output goes nowhere. */
#ifndef DAEMON_CORE_COMMAND_H
#define DAEMON_CORE_COMMAND_H

#include "daemon/core/loop.h"
#include "lib/buf.h"

#define COMMAND_SAID_BYTES 400
#define COMMAND_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct command;

struct command_end {
    int exit_code; /* -1 when a signal ended it */
    int signum;    /* 0 unless a signal ended it */
    bool is_overdue;
    struct as_str said; /* the beginning of its standard error; borrowed for the call */
};
typedef void (*command_done_fn)(void *ctx, const struct command_end *end);

/* done fires once, when it is gone and reaped; free the command then, or from it. */
int command_run(struct loop *loop, char *const argv[], struct as_str input, uint32_t timeout_ms,
                command_done_fn done, void *ctx, struct command **ret_command) AS_MUST_USE;
/* Before it is done: kills it, and done does not fire. */
void command_free(struct command *command);

#endif
