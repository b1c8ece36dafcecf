/* A child process of ours: spawned with every signal as at a program's start, watched by a pidfd,
 * and reaped by us alone. Inside daemon/core: what child.h and command.h have in common.
 *
 * Embedded in both. A process that was never spawned, or is reaped, has no pid. */
#ifndef DAEMON_CORE_PROCESS_H
#define DAEMON_CORE_PROCESS_H

#include "daemon/core/child.h"

#include <spawn.h>

struct process {
    pid_t pid; /* 0: none */
    int pidfd;
    struct loop_poll *poll;
};

struct process_start {
    const char *path;
    char *const *argv, *const *env;
    posix_spawn_file_actions_t *actions;
    int first_closed; /* after them, before exec, all from this one on are closed; 0: none */
    bool leads_group;
};

void process_init(struct process *process);
int process_spawn(struct process *process, const struct process_start *start) AS_MUST_USE;
/* fn fires when it has ended, again and again until process_reap. */
int process_watch(struct process *process, struct loop *loop, loop_poll_fn fn,
                  void *ctx) AS_MUST_USE;
/* Waits for its end, and watches it no longer. */
struct child_exit process_reap(struct process *process);
/* Of one that is not there any more: closes what is left. */
void process_done(struct process *process);

#endif
