/* The input is a file in memory, so nobody has to feed it. The group is killed while its leader is
 * a zombie still: until that is reaped, its number cannot belong to anybody else. */
#include "daemon/core/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct command {
    pid_t pid; /* and its group; 0 when it is reaped, or never began */
    int pidfd, said_fd;
    struct loop_poll *exit_poll, *said_poll;
    struct loop_timer *limit;
    struct as_buf said;
    bool is_overdue;
    command_done_fn done;
    void *ctx;
};

static int reap_group(struct command *command)
{
    int status = 0;
    kill(-command->pid, SIGKILL);
    while (waitpid(command->pid, &status, 0) < 0 && errno == EINTR) {
    }
    command->pid = 0;
    return status;
}

static void read_said(struct command *command)
{
    char chunk[1024];
    ssize_t got;
    while ((got = read(command->said_fd, chunk, sizeof(chunk))) > 0 || (got < 0 && errno == EINTR))
        for (ssize_t i = 0; i < got && command->said.len < COMMAND_SAID_BYTES; i++)
            as_buf_addc(&command->said, chunk[i]);
    if (got == 0)
        loop_poll_set(command->said_poll, 0);
}

static void on_said(void *ctx, int events)
{
    (void)events;
    read_said(ctx);
}

static void on_limit(void *ctx)
{
    struct command *command = ctx;
    command->is_overdue = true;
    kill(-command->pid, SIGKILL);
}

static void on_ended(void *ctx, int events)
{
    struct command *command = ctx;
    (void)events;
    loop_timer_stop(command->limit);
    loop_poll_set(command->exit_poll, 0);
    int status = reap_group(command);
    read_said(command);
    loop_poll_set(command->said_poll, 0);
    struct command_end end = {
        .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
        .signum = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .is_overdue = command->is_overdue,
        .said = as_buf_str(&command->said),
    };
    command->done(command->ctx, &end);
}

/* ---- start ---- */

static int make_input(struct as_str text, int *ret_fd)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return as_err_from_errno(errno);
    size_t at = 0;
    while (at < text.len) {
        ssize_t put = write(fd, text.ptr + at, text.len - at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            int os_errno = errno;
            close(fd);
            return as_err_from_errno(os_errno);
        }
        at += (size_t)put;
    }
    lseek(fd, 0, SEEK_SET);
    *ret_fd = fd;
    return 0;
}

/* Our own standard streams are open, so neither descriptor is 0, 1 or 2. */
static int spawn_with(char *const argv[], int input_fd, int said_fd, pid_t *ret_pid)
{
    static char path[] = "PATH=" COMMAND_PATH;
    static char *const env[] = {path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawn_file_actions_adddup2(&actions, input_fd, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, said_fd, STDERR_FILENO);
    int os_rc = posix_spawn(ret_pid, argv[0], &actions, &attr, argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return os_rc ? as_err_from_errno(os_rc) : 0;
}

static int start(struct command *command, char *const argv[], struct as_str input)
{
    int input_fd = -1, said[2];
    int rc = make_input(input, &input_fd);
    if (rc)
        return rc;
    if (pipe2(said, O_CLOEXEC)) {
        rc = as_err_from_errno(errno);
    } else {
        command->said_fd = said[0];
        fcntl(said[0], F_SETFL, O_NONBLOCK);
        rc = spawn_with(argv, input_fd, said[1], &command->pid);
        close(said[1]);
    }
    close(input_fd);
    return rc;
}

static int watch(struct loop *loop, struct command *command)
{
    command->pidfd = (int)syscall(SYS_pidfd_open, command->pid, 0);
    if (command->pidfd < 0)
        return as_err_from_errno(errno);
    fcntl(command->pidfd, F_SETFD, FD_CLOEXEC);
    int rc = loop_poll_new(loop, command->pidfd, on_ended, command, &command->exit_poll);
    if (!rc)
        rc = loop_poll_new(loop, command->said_fd, on_said, command, &command->said_poll);
    if (rc)
        return rc;
    loop_poll_set(command->exit_poll, LOOP_READABLE);
    loop_poll_set(command->said_poll, LOOP_READABLE);
    return 0;
}

int command_run(struct loop *loop, char *const argv[], struct as_str input, uint32_t timeout_ms,
                command_done_fn done, void *ctx, struct command **ret_command)
{
    struct command *command = as_xcalloc(1, sizeof(*command));
    *command = (struct command){.pidfd = -1, .said_fd = -1, .done = done, .ctx = ctx};
    command->limit = loop_timer_new(loop, on_limit, command);
    int rc = start(command, argv, input);
    if (!rc)
        rc = watch(loop, command);
    if (rc) {
        command_free(command);
        return rc;
    }
    loop_timer_start(command->limit, timeout_ms);
    *ret_command = command;
    return 0;
}

void command_free(struct command *command)
{
    if (!command)
        return;
    if (command->pid)
        (void)reap_group(command);
    loop_poll_free(command->exit_poll);
    loop_poll_free(command->said_poll);
    loop_timer_free(command->limit);
    if (command->pidfd >= 0)
        close(command->pidfd);
    if (command->said_fd >= 0)
        close(command->said_fd);
    as_buf_done(&command->said);
    free(command);
}
