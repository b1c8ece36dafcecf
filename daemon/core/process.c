/* posix_spawn has vfork's semantics: the cost does not grow with our memory. */
#include "daemon/core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void process_init(struct process *process)
{
    *process = (struct process){.pidfd = -1};
}

int process_spawn(struct process *process, const struct process_start *start)
{
    posix_spawnattr_t attr;
    sigset_t none, all;
    pid_t pid = 0;
    short group = start->leads_group ? POSIX_SPAWN_SETPGROUP : 0;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setpgroup(&attr, 0);
    if (start->first_closed)
        posix_spawn_file_actions_addclosefrom_np(start->actions, start->first_closed);
    int os_rc = posix_spawn(&pid, start->path, start->actions, &attr, start->argv, start->env);
    posix_spawnattr_destroy(&attr);
    if (os_rc)
        return as_err_from_errno(os_rc);
    process->pid = pid;
    return 0;
}

int process_watch(struct process *process, struct loop *loop, loop_poll_fn fn, void *ctx)
{
    process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    if (process->pidfd < 0)
        return as_err_from_errno(errno);
    fcntl(process->pidfd, F_SETFD, FD_CLOEXEC);
    int rc = loop_poll_new(loop, process->pidfd, fn, ctx, &process->poll);
    if (!rc)
        loop_poll_set(process->poll, LOOP_READABLE);
    return rc;
}

static uint64_t timeval_us(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_usec;
}

struct child_exit process_reap(struct process *process)
{
    struct rusage usage = {0};
    int status = 0;
    while (wait4(process->pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    process_done(process);
    return (struct child_exit){
        .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
        .signum = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .cpu_us = timeval_us(usage.ru_utime) + timeval_us(usage.ru_stime),
    };
}

void process_done(struct process *process)
{
    loop_poll_free(process->poll);
    if (process->pidfd >= 0)
        close(process->pidfd);
    process_init(process);
}
