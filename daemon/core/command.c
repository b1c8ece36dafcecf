/* The input is a file in memory, so nobody has to feed it. The group is killed while its leader is
 * a zombie still: until that is reaped, its number cannot belong to anybody else. */
#include "daemon/core/command.h"

#include "daemon/core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What comes next says whether the last character is whole. */
#define SAID_BYTES (COMMAND_SAID_BYTES + 1)

struct command {
    struct process process; /* the leader of its group */
    int said_fd;
    struct loop_poll *said_poll;
    struct loop_timer *limit;
    struct as_buf said;
    bool is_over_limit;
    command_done_fn done;
    void *ctx;
};

/* The leader too: it may have left for another group. */
static void kill_all(const struct command *command)
{
    kill(command->process.pid, SIGKILL);
    kill(-command->process.pid, SIGKILL);
}

/* A piece of it: who writes without an end must not hold the loop. False: there is none now. */
static bool read_said(struct command *command)
{
    char piece[4096];
    ssize_t got = read(command->said_fd, piece, sizeof(piece));
    size_t room = SAID_BYTES - command->said.len;
    if (got == 0)
        loop_poll_set(command->said_poll, 0);
    if (got > 0)
        as_buf_add(&command->said, piece, (size_t)got < room ? (size_t)got : room);
    return got > 0;
}

static void on_said(void *ctx, int events)
{
    (void)events;
    (void)read_said(ctx);
}

static void on_limit(void *ctx)
{
    struct command *command = ctx;
    command->is_over_limit = true;
    kill_all(command);
}

/* One that had ended when its time was over was in time. */
static void on_ended(void *ctx, int events)
{
    struct command *command = ctx;
    (void)events;
    loop_timer_stop(command->limit);
    kill_all(command);
    struct child_exit how = process_reap(&command->process);
    while (command->said.len < SAID_BYTES && read_said(command)) {
    }
    loop_poll_set(command->said_poll, 0);
    size_t said_len = as_utf8_fit(command->said.ptr, command->said.len, COMMAND_SAID_BYTES);
    struct command_end end = {
        .exit_code = how.exit_code,
        .signum = how.signum,
        .is_overdue = command->is_over_limit && how.signum == SIGKILL,
        .said = {command->said.ptr, said_len},
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
static int spawn_with(struct command *command, char *const argv[], int input_fd, int said_fd)
{
    static char path[] = "PATH=" COMMAND_PATH;
    static char *const env[] = {path, NULL};
    posix_spawn_file_actions_t actions;
    struct process_start start = {
        .path = argv[0],
        .argv = argv,
        .env = env,
        .actions = &actions,
        .first_closed = STDERR_FILENO + 1,
        .leads_group = true,
    };
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input_fd, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, said_fd, STDERR_FILENO);
    int rc = process_spawn(&command->process, &start);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
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
        rc = spawn_with(command, argv, input_fd, said[1]);
        close(said[1]);
    }
    close(input_fd);
    return rc;
}

static int watch(struct loop *loop, struct command *command)
{
    int rc = process_watch(&command->process, loop, on_ended, command);
    if (!rc)
        rc = loop_poll_new(loop, command->said_fd, on_said, command, &command->said_poll);
    if (!rc)
        loop_poll_set(command->said_poll, LOOP_READABLE);
    return rc;
}

int command_run(struct loop *loop, char *const argv[], struct as_str input, uint32_t timeout_ms,
                command_done_fn done, void *ctx, struct command **ret_command)
{
    struct command *command = as_xcalloc(1, sizeof(*command));
    *command = (struct command){.said_fd = -1, .done = done, .ctx = ctx};
    process_init(&command->process);
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
    if (command->process.pid) {
        kill_all(command);
        (void)process_reap(&command->process);
    }
    process_done(&command->process);
    loop_poll_free(command->said_poll);
    loop_timer_free(command->limit);
    if (command->said_fd >= 0)
        close(command->said_fd);
    as_buf_done(&command->said);
    free(command);
}
