/* posix_spawn and a pidfd. A freed child that still lives is killed and reaped in place: SIGKILL
 * ends it within microseconds. */
#include "daemon/core/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILD_SOCKET_FD 3
#define CHILD_PAGE_FD 4

struct child {
    pid_t pid;
    int pidfd;
    struct loop_poll *poll;
    void *page;
    child_exit_fn on_exit;
    void *ctx;
    bool is_reaped; /* or never began */
};

static uint64_t timeval_us(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_usec;
}

static struct child_exit reap(struct child *child)
{
    struct rusage usage = {0};
    int status = 0;
    while (wait4(child->pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    child->is_reaped = true;
    return (struct child_exit){
        .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
        .signum = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .cpu_us = timeval_us(usage.ru_utime) + timeval_us(usage.ru_stime),
    };
}

static void stop_watching(struct child *child)
{
    loop_poll_free(child->poll);
    child->poll = NULL;
    close(child->pidfd);
    child->pidfd = -1;
}

static void on_pidfd(void *ctx, int events)
{
    struct child *child = ctx;
    (void)events;
    struct child_exit how = reap(child);
    stop_watching(child);
    child->on_exit(child->ctx, &how);
}

/* A file in memory of one page, mapped here; its size is sealed. The descriptor is above those that
 * the child's own will have. AS_E* */
static int make_page(void **ret_page, int *ret_fd)
{
    int low = memfd_create("assay-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, CHILD_PAGE_FD + 1);
    int os_errno = errno;
    void *page = MAP_FAILED;
    if (low >= 0)
        close(low);
    if (fd >= 0 && !ftruncate(fd, CHILD_PAGE_BYTES) &&
        !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
        page = mmap(NULL, CHILD_PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        os_errno = fd >= 0 ? errno : os_errno;
        if (fd >= 0)
            close(fd);
        return as_err_from_errno(os_errno);
    }
    *ret_page = page;
    *ret_fd = fd;
    return 0;
}

static int spawn_with(const char *path, char *const argv[], int child_end, int page_fd,
                      pid_t *ret_pid)
{
    static char *const no_env[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    /* The socket first: when our own standard streams are closed, it may have one of their numbers.
     * Onto itself, dup2 would keep close-on-exec; posix_spawn clears it in that case, as POSIX
     * asks. */
    posix_spawn_file_actions_adddup2(&actions, child_end, CHILD_SOCKET_FD);
    posix_spawn_file_actions_adddup2(&actions, page_fd, CHILD_PAGE_FD);
    for (int fd = 0; fd <= 2; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    int rc = posix_spawn(ret_pid, path, &actions, &attr, argv, no_env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int watch_child(struct loop *loop, struct child *child)
{
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    if (child->pidfd < 0)
        return as_err_from_errno(errno);
    fcntl(child->pidfd, F_SETFD, FD_CLOEXEC);
    int rc = loop_poll_new(loop, child->pidfd, on_pidfd, child, &child->poll);
    if (!rc)
        loop_poll_set(child->poll, LOOP_READABLE);
    return rc;
}

int child_spawn(struct loop *loop, const char *path, char *const argv[], child_exit_fn on_exit,
                void *ctx, struct child **ret_child, int *ret_fd)
{
    int ends[2], page_fd = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return as_err_from_errno(errno);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    struct child *child = as_xcalloc(1, sizeof(*child));
    *child = (struct child){.pidfd = -1, .on_exit = on_exit, .ctx = ctx, .is_reaped = true};
    int rc = make_page(&child->page, &page_fd);
    if (!rc) {
        int os_rc = spawn_with(path, argv, ends[1], page_fd, &child->pid);
        rc = os_rc ? as_err_from_errno(os_rc) : 0;
        child->is_reaped = rc;
        close(page_fd);
    }
    close(ends[1]);
    if (!rc)
        rc = watch_child(loop, child);
    if (rc) {
        close(ends[0]);
        child_free(child);
        return rc;
    }
    *ret_child = child;
    *ret_fd = ends[0];
    return 0;
}

const void *child_page(const struct child *child)
{
    return child->page;
}

void child_kill(struct child *child, int signum)
{
    if (!child->is_reaped)
        kill(child->pid, signum);
}

uint64_t child_cpu_us(const struct child *child)
{
    clockid_t clock;
    struct timespec used;
    if (child->is_reaped || clock_getcpuclockid(child->pid, &clock) || clock_gettime(clock, &used))
        return 0;
    return (uint64_t)used.tv_sec * 1000000u + (uint64_t)used.tv_nsec / 1000u;
}

void child_free(struct child *child)
{
    if (!child)
        return;
    if (!child->is_reaped) {
        kill(child->pid, SIGKILL);
        reap(child);
    }
    if (child->pidfd >= 0)
        stop_watching(child);
    if (child->page)
        munmap(child->page, CHILD_PAGE_BYTES);
    free(child);
}
