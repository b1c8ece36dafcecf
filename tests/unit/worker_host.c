/* Blocking sockets and a poll before each read, so that a worker that hangs fails the test. */
#include "tests/unit/worker_host.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WORKER_PATH BIN_DIR "/assay-worker"

pid_t host_spawn(char *const argv[], int socket)
{
    char *const envp[] = {NULL};
    pid_t pid;
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, 0, 1), 0);
    if (!IS_SANITIZED) /* a sanitizer's report should be seen */
        assert_int_equal(posix_spawn_file_actions_adddup2(&actions, 0, 2), 0);
    int page = memfd_create("page", MFD_CLOEXEC);
    assert_int_equal(ftruncate(page, 4096), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, socket, 3), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, page, JOB_PAGE_FD), 0);
    assert_int_equal(posix_spawn(&pid, WORKER_PATH, &actions, NULL, argv, envp), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(page);
    return pid;
}

struct host host_open(void)
{
    int sockets[2];
    char parent[16];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    char *const argv[] = {"assay-worker", parent, NULL};
    struct host h = {.pid = host_spawn(argv, sockets[1]), .fd = sockets[0]};
    close(sockets[1]);
    return h;
}

void host_send(struct host *h, struct as_buf *frame)
{
    for (size_t at = 0; at < frame->len;) {
        ssize_t wrote = send(h->fd, frame->ptr + at, frame->len - at, MSG_NOSIGNAL);
        assert_true(wrote > 0);
        at += (size_t)wrote;
    }
    as_buf_done(frame);
}

/* One more piece of what the worker says. False at its end. */
static bool host_read(struct host *h)
{
    struct pollfd ready = {.fd = h->fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, HOST_WAIT_MS), 1);
    char *end = as_buf_reserve(&h->in, 65536);
    ssize_t got = recv(h->fd, end, 65536, 0);
    if (got <= 0)
        return false;
    h->in.len += (size_t)got;
    return true;
}

struct as_str host_frame(struct host *h, enum job_frame wanted)
{
    enum job_frame type;
    struct as_str payload;
    as_buf_consume(&h->in, h->used);
    h->used = 0;
    for (;;) {
        int rc =
            job_frame_next(h->in.ptr, h->in.len, JOB_FRAME_MAX_BYTES, &type, &payload, &h->used);
        assert_true(rc >= 0);
        if (rc) {
            assert_int_equal(type, wanted);
            return payload;
        }
        if (!host_read(h))
            return (struct as_str){NULL, 0};
    }
}

void host_load(struct host *h, struct as_str source)
{
    struct as_buf frame = {0};
    job_put_load(&frame, AS_STR("t.lua"), source);
    host_send(h, &frame);
    struct as_str payload = host_frame(h, JOB_FRAME_LOADED);
    assert_non_null(payload.ptr);
    assert_int_equal(job_get_loaded(payload, &h->loaded), 0);
}

struct host host_start(const char *source)
{
    struct host h = host_open();
    host_load(&h, as_str_from(source));
    if (h.loaded.status != JOB_OK)
        print_error("load: %.*s\n", (int)h.loaded.reason.len, h.loaded.reason.ptr);
    assert_int_equal(h.loaded.status, JOB_OK);
    return h;
}

void host_send_rows(struct host *h, const struct job_row *rows, uint32_t count)
{
    struct as_buf frame = {0};
    size_t mark = job_batch_begin(&frame);
    for (uint32_t i = 0; i < count; i++)
        job_batch_add(&frame, &rows[i]);
    job_batch_end(&frame, mark, count);
    host_send(h, &frame);
}

bool host_reply(struct host *h)
{
    struct as_str payload = host_frame(h, JOB_FRAME_REPLY);
    if (!payload.ptr)
        return false;
    assert_int_equal(job_get_reply(payload, &h->reply), 0);
    return true;
}

const struct job_reply *host_run(struct host *h, const struct job_row *row)
{
    host_send_rows(h, row, 1);
    assert_true(host_reply(h));
    return &h->reply;
}

struct job_row score_row(const char *text)
{
    return (struct job_row){
        .kind = JOB_SCORE,
        .seed = 1,
        .case_json = AS_STR("{\"id\":\"c1\",\"input\":\"q\",\"expected\":\"a\"}"),
        .output = {.text = as_str_from(text),
                   .input_tokens = -1,
                   .output_tokens = -1,
                   .cached_tokens = -1,
                   .reasoning_tokens = -1,
                   .latency_ms = NAN,
                   .cost_usd = NAN},
    };
}

const struct job_reply *host_score(struct host *h, const char *text)
{
    struct job_row row = score_row(text);
    return host_run(h, &row);
}

const struct job_reply *host_example(struct host *h, uint32_t index)
{
    struct job_row row = {.kind = JOB_EXAMPLE, .example_index = index};
    return host_run(h, &row);
}

int64_t host_cpu_ns(const struct host *h)
{
    clockid_t clock;
    struct timespec used;
    assert_int_equal(clock_getcpuclockid(h->pid, &clock), 0);
    assert_int_equal(clock_gettime(clock, &used), 0);
    return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

int host_end(struct host *h)
{
    int status = 0;
    close(h->fd);
    assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
    as_buf_done(&h->in);
    return status;
}

void host_stop(struct host *h)
{
    int status = host_end(h);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

bool reason_has(struct as_str reason, const char *part)
{
    bool has = reason.ptr && memmem(reason.ptr, reason.len, part, strlen(part));
    if (!has)
        print_error("no '%s' in: %.*s\n", part, (int)reason.len, reason.ptr ? reason.ptr : "");
    return has;
}

void assert_refused(const char *source, const char *part)
{
    struct host h = host_open();
    host_load(&h, as_str_from(source));
    assert_int_equal(h.loaded.status, JOB_LOAD_ERROR);
    assert_true(reason_has(h.loaded.reason, part));
    host_stop(&h);
}

void assert_status(const char *source, enum job_status status, const char *part)
{
    struct host h = host_start(source);
    const struct job_reply *reply = host_score(&h, "text");
    if (reply->status != status)
        print_error("status %s: %.*s\n", job_status_name(reply->status), (int)reply->reason.len,
                    reply->reason.ptr ? reply->reason.ptr : "");
    assert_int_equal(reply->status, status);
    if (part)
        assert_true(reason_has(reply->reason, part));
    host_stop(&h);
}

void assert_lua(const char *body)
{
    struct as_buf source = {0};
    as_buf_addf(&source, SCORER("%s\nreturn 1"), body);
    assert_status(source.ptr, JOB_OK, NULL);
    as_buf_done(&source);
}
