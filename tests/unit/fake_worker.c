/* A worker that lies: it speaks the protocol of lib/job.h and breaks it, or itself, on command.
 *
 * The source of its "plugin" says what happens at load, the text of a row what happens at that row:
 * see the two tables. Any other source loads, any other row is answered with score 0.25 and, as
 * label, its process id and how many rows it has seen. It has no jail and no Lua. */
#include "lib/job.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_FD 3

static volatile sig_atomic_t is_stopped;
static struct job_page *page;
static unsigned rows_seen;
static struct as_buf out;

static void on_stop(int signum)
{
    (void)signum;
    is_stopped = 1;
}

static void send_out(void)
{
    for (size_t sent = 0; sent < out.len;) {
        ssize_t n = write(SOCKET_FD, out.ptr + sent, out.len - sent);
        if (n <= 0)
            _exit(0);
        sent += (size_t)n;
    }
    as_buf_reset(&out);
}

/* Burns CPU time until the soft stop comes. */
static void spin_until_stopped(void)
{
    while (!is_stopped) {
    }
    is_stopped = 0;
}

static void spin_for_ever(void)
{
    for (volatile unsigned i = 0;; i++) {
    }
}

static void sleep_for_ever(void)
{
    for (;;)
        sleep(1000);
}

static void sleep_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left)) {
    }
}

static void die_of(int signum)
{
    signal(signum, SIG_DFL); /* a sanitizer catches some of them */
    raise(signum);
}

static void load(struct as_str source)
{
    struct job_loaded loaded = {
        .status = JOB_OK,
        .manifest =
            {
                .kind = PLUGIN_SCORER,
                .name = AS_STR("fake"),
                .version = AS_STR("1.0.0"),
                .params_json = AS_STR("{}"),
                .requires_json = AS_STR("[]"),
                .scale_min = NAN,
                .scale_max = NAN,
                .pass = NAN,
            },
    };
    if (as_str_eq(source, "load-error"))
        loaded = (struct job_loaded){.status = JOB_LOAD_ERROR, .reason = AS_STR("fake.lua:1: no")};
    else if (as_str_eq(source, "load-spin"))
        spin_for_ever();
    else if (as_str_eq(source, "load-crash"))
        die_of(SIGABRT);
    else if (as_str_eq(source, "load-exit"))
        _exit(JOB_EXIT_NO_JAIL);
    else if (as_str_eq(source, "load-bad-name"))
        loaded.manifest.name = AS_STR("no good name");
    job_put_loaded(&out, &loaded);
    send_out();
}

static void send_huge_header(void)
{
    as_put_u32(&out, 0x7FFFFFFF);
    as_put_u8(&out, JOB_FRAME_REPLY);
    send_out();
    sleep_for_ever();
}

static void flood(void)
{
    for (;;) {
        as_buf_add(&out, "garbage garbage garbage garbage ", 32);
        send_out();
    }
}

/* What a row's text can ask for before, or instead of, an answer. */
static void obey(struct as_str text, struct job_reply *reply)
{
    if (as_str_eq(text, "segv"))
        die_of(SIGSEGV);
    else if (as_str_eq(text, "sys"))
        die_of(SIGSYS);
    else if (as_str_eq(text, "exit"))
        _exit(3);
    else if (as_str_eq(text, "silence"))
        sleep_for_ever();
    else if (as_str_eq(text, "spin"))
        spin_for_ever();
    else if (as_str_eq(text, "huge"))
        send_huge_header();
    else if (as_str_eq(text, "flood"))
        flood();
    else if (as_str_eq(text, "hang up")) {
        close(SOCKET_FD);
        sleep_for_ever();
    } else if (as_str_eq(text, "soft")) {
        spin_until_stopped();
        reply->status = JOB_TIMEOUT;
        reply->reason = AS_STR("fake.lua:7: stopped");
    } else if (as_str_eq(text, "false timeout"))
        reply->status = JOB_TIMEOUT;
    else if (as_str_eq(text, "false timeout once")) {
        static bool was_claimed;
        reply->status = was_claimed ? JOB_OK : JOB_TIMEOUT;
        was_claimed = true;
    } else if (as_str_eq(text, "memory"))
        reply->status = JOB_MEMORY;
    else if (as_str_eq(text, "error"))
        reply->status = JOB_SCRIPT_ERROR;
    else if (as_str_eq(text, "bad"))
        reply->status = JOB_BAD_RESULT;
    else if (as_str_eq(text, "crash status"))
        reply->status = JOB_CRASH;
    else if (as_str_eq(text, "index"))
        reply->index++;
    else if (as_str_eq(text, "kind"))
        reply->kind = JOB_ASK;
    else if (as_str_eq(text, "nan"))
        reply->score = NAN;
    else if (as_str_eq(text, "slow"))
        sleep_ms(20);
    else if (as_str_eq(text, "page far ahead"))
        page->rows_begun = UINT64_MAX / 2;
    else if (as_str_eq(text, "page far behind"))
        page->rows_begun = 0;
}

static void answer(const struct job_row *row, uint32_t index)
{
    char label[64];
    snprintf(label, sizeof(label), "%d %u", (int)getpid(), ++rows_seen);
    struct job_reply reply = {
        .index = index,
        .kind = row->kind,
        .score = 0.25,
        .pass = -1,
        .label = as_str_from(label),
        .memory_kb = 100 + index,
        .row_us = 10,
    };
    struct as_str text = row->output.text;
    obey(text, &reply);
    job_put_reply(&out, &reply);
    if (as_str_eq(text, "twice"))
        job_put_reply(&out, &reply);
    if (as_str_eq(text, "keep")) /* goes out with the next answer */
        return;
    send_out();
    if (as_str_eq(text, "answer and die"))
        die_of(SIGSEGV);
}

static void work(struct as_str payload)
{
    struct as_reader rows;
    uint32_t count;
    if (job_get_batch(payload, &rows, &count))
        _exit(80);
    for (uint32_t i = 0; i < count; i++) {
        struct job_row row;
        if (job_get_row(&rows, &row))
            _exit(81);
        page->rows_begun++;
        answer(&row, i);
    }
}

static void take_frame(enum job_frame type, struct as_str payload)
{
    struct as_str name, source;
    if (type == JOB_FRAME_BATCH)
        work(payload);
    else if (type == JOB_FRAME_LOAD && !job_get_load(payload, &name, &source))
        load(source);
    else
        _exit(82);
}

int main(int argc, char **argv)
{
    struct as_buf in = {0};
    if (argc > 2 && !strcmp(argv[1], "--probe"))
        die_of(SIGSYS);
    signal(SIGUSR1, on_stop);
    page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, JOB_PAGE_FD, 0);
    if (page == MAP_FAILED)
        _exit(82);
    for (;;) {
        enum job_frame type;
        struct as_str payload;
        size_t used = 0;
        int rc = job_frame_next(in.ptr, in.len, JOB_FRAME_MAX_BYTES, &type, &payload, &used);
        if (rc < 0)
            _exit(83);
        if (rc == 1) {
            take_frame(type, payload);
            as_buf_consume(&in, used);
            continue;
        }
        ssize_t n = read(SOCKET_FD, as_buf_reserve(&in, 1 << 16), 1 << 16);
        if (n <= 0)
            _exit(0);
        in.len += (size_t)n;
    }
}
