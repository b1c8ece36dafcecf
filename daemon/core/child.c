/* A freed child that still lives is killed and reaped in place: SIGKILL ends it within
 * microseconds. */
#include "daemon/core/child.h"

#include "daemon/core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHILD_SOCKET_FD 3
#define CHILD_PAGE_FD 4

struct child {
    struct process process;
    void *page;
    child_exit_fn on_exit;
    void *ctx;
};

static void on_ended(void *ctx, int events)
{
    struct child *child = ctx;
    (void)events;
    struct child_exit how = process_reap(&child->process);
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

static int spawn_with(struct child *child, const char *path, char *const argv[], int child_end,
                      int page_fd)
{
    static char *const no_env[] = {NULL};
    posix_spawn_file_actions_t actions;
    struct process_start start = {
        .path = path, /* perhaps of a descriptor of ours: none is closed before exec */
        .argv = argv,
        .env = no_env,
        .actions = &actions,
    };
    posix_spawn_file_actions_init(&actions);
    /* The socket first: when our own standard streams are closed, it may have one of their numbers.
     * Onto itself, dup2 would keep close-on-exec; posix_spawn clears it in that case, as POSIX
     * asks. */
    posix_spawn_file_actions_adddup2(&actions, child_end, CHILD_SOCKET_FD);
    posix_spawn_file_actions_adddup2(&actions, page_fd, CHILD_PAGE_FD);
    for (int fd = 0; fd <= 2; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    int rc = process_spawn(&child->process, &start);
    posix_spawn_file_actions_destroy(&actions);
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
    *child = (struct child){.on_exit = on_exit, .ctx = ctx};
    process_init(&child->process);
    int rc = make_page(&child->page, &page_fd);
    if (!rc) {
        rc = spawn_with(child, path, argv, ends[1], page_fd);
        close(page_fd);
    }
    close(ends[1]);
    if (!rc)
        rc = process_watch(&child->process, loop, on_ended, child);
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
    if (child->process.pid)
        kill(child->process.pid, signum);
}

uint64_t child_cpu_us(const struct child *child)
{
    pid_t pid = child->process.pid;
    clockid_t clock;
    struct timespec used;
    if (!pid || clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
        return 0;
    return (uint64_t)used.tv_sec * 1000000u + (uint64_t)used.tv_nsec / 1000u;
}

void child_free(struct child *child)
{
    if (!child)
        return;
    if (child->process.pid) {
        kill(child->process.pid, SIGKILL);
        (void)process_reap(&child->process);
    }
    process_done(&child->process);
    if (child->page)
        munmap(child->page, CHILD_PAGE_BYTES);
    free(child);
}
