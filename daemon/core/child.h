/* A child process with one socket and one page of memory that both see: how assayd starts its
 * workers.
 *
 * posix_spawn (vfork semantics: the cost does not grow with our memory), empty environment,
 * /dev/null as 0, 1 and 2, one end of a socket pair as descriptor 3, the page as descriptor 4 for
 * the child to map and close, everything else closed on exec. The exit is watched through a pidfd.
 * The child is reaped by us; nobody else may call waitpid(-1). */
#ifndef DAEMON_CORE_CHILD_H
#define DAEMON_CORE_CHILD_H

#include "daemon/core/loop.h"

#define CHILD_PAGE_BYTES 4096u

struct child;

struct child_exit {
    int exit_code;   /* -1 when a signal ended it */
    int signum;      /* 0 unless a signal ended it */
    uint64_t cpu_us; /* user and system time it used */
};

typedef void (*child_exit_fn)(void *ctx, const struct child_exit *how);

/* argv is NULL-terminated; argv[0] is passed too. *ret_fd is our non-blocking end of the socket:
 * the caller closes it. on_exit fires once, when the child is gone and reaped; child_free before
 * that kills it and reaps silently. */
int child_spawn(struct loop *loop, const char *path, char *const argv[], child_exit_fn on_exit,
                void *ctx, struct child **ret_child, int *ret_fd) AS_MUST_USE;
void child_kill(struct child *child, int signum);
/* CHILD_PAGE_BYTES of memory that the child may write at any time, zero at first; as long as the
 * child struct. */
const void *child_page(const struct child *child);
/* CPU time used so far, microseconds; 0 when it cannot be read any more. */
uint64_t child_cpu_us(const struct child *child);
void child_free(struct child *child);

#endif
