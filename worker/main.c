/* assay-worker: hosts one plugin version in a jail and answers the daemon's jobs on descriptor 3.
 *
 * Start order: make room (buffers, Lua state, signal handler), lock down, and only then read the
 * first byte. Then one LOAD frame, and BATCH frames until the daemon closes the socket. Each row
 * starts from the heap as it was after the load, and is answered at once. The daemon is the only
 * judge of time: it sends SIGUSR1, then SIGKILL. */
#include "lib/buf.h"
#include "lib/job.h"
#include "worker/idle.h"
#include "worker/jail.h"
#include "worker/jobs.h"
#include "worker/manifest.h"
#include "worker/probe.h"
#include "worker/snapshot.h"
#include "worker/state.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 64
#define EXIT_PROTOCOL 76
#define READ_BYTES (64u << 10)
/* Replies wait for each other this long: a system call each would cost more than a small row. */
#define SEND_AFTER_NS 1000000u
#define SEND_BYTES (32u << 10)

struct worker {
    struct state state;
    struct snapshot snapshot;
    struct plugin plugin;
    bool is_loaded, has_examples;
    struct job_page *page;
    uint64_t now_ns, sent_ns; /* when the last row ended, when replies were last sent */
    struct as_buf in, out;
    struct as_buf reason, label; /* escaped texts of the reply that is being written */
};

/* Cuts at max bytes at most, between two characters. */
static size_t cut_utf8(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max && ((unsigned char)text[max] & 0xC0) == 0x80)
        max--;
    return max;
}

/* The text as valid UTF-8 without control characters, in the scratch buffer; an absent text stays
 * absent. */
static struct as_str clean(struct as_buf *scratch, struct as_str text, size_t max)
{
    if (!text.ptr)
        return text;
    as_buf_reset(scratch);
    as_buf_add_utf8_safe(scratch, text.ptr, text.len < max + 4 ? text.len : max + 4);
    return (struct as_str){scratch->ptr ? scratch->ptr : "",
                           cut_utf8(scratch->ptr, scratch->len, max)};
}

static void write_out(struct worker *w)
{
    for (size_t at = 0; at < w->out.len;) {
        ssize_t wrote = write(JAIL_SOCKET, w->out.ptr + at, w->out.len - at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            _exit(0); /* the daemon is gone */
        at += (size_t)wrote;
    }
    as_buf_reset(&w->out);
    w->sent_ns = w->now_ns;
}

/* Loading */

/* The heap that a load may leave, holes counted: every row starts from a copy of it. */
#define KEPT_MAX_BYTES (16u << 20)

static int collect_garbage(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT);
    return 0;
}

static struct as_str state_reason(const struct worker *w)
{
    return (struct as_str){w->state.reason, w->state.reason_len};
}

/* The manifest borrows from the Lua heap: it is written before the garbage goes. */
static void put_loaded(struct worker *w, struct load *load, enum job_status status)
{
    struct job_loaded loaded = {.status = status == JOB_SCRIPT_ERROR ? JOB_LOAD_ERROR : status};
    if (status == JOB_OK) {
        loaded.manifest = load->manifest;
        loaded.manifest.doc = clean(&w->label, load->manifest.doc, JOB_DOC_MAX_BYTES);
    } else {
        loaded.reason = clean(&w->reason, state_reason(w), JOB_REASON_MAX_BYTES);
    }
    job_put_loaded(&w->out, &loaded);
}

/* Makes the heap as it is now the one that every row starts from. */
static bool keep_heap(struct worker *w)
{
    if (state_run(&w->state, collect_garbage, NULL) != JOB_OK ||
        arena_settle(w->state.arena) > KEPT_MAX_BYTES)
        return false;
    snapshot_take(&w->snapshot, w->state.arena);
    w->is_loaded = true;
    return true;
}

static int on_load(struct worker *w, struct as_str payload)
{
    struct load load = {0};
    if (w->is_loaded || job_get_load(payload, &load.chunk_name, &load.source))
        return AS_EPROTO;
    state_seed(&w->state, 0);
    enum job_status status = state_run(&w->state, manifest_load, &load);
    put_loaded(w, &load, status);
    if (status == JOB_OK && !keep_heap(w)) {
        as_buf_reset(&w->out);
        job_put_loaded(&w->out, &(struct job_loaded){
                                    .status = JOB_MEMORY,
                                    .reason = AS_STR("loading it leaves a heap of more than 16 MB"),
                                });
    }
    w->plugin = load.plugin;
    w->has_examples = w->is_loaded && load.manifest.example_count;
    write_out(w);
    return 0;
}

/* Rows */

/* Mostly the vDSO's: no system call. */
static uint64_t now_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void run_row(struct worker *w, const struct job_row *row, struct job_reply *reply)
{
    struct call call = {.plugin = &w->plugin, .row = row, .reply = reply};
    uint64_t begin_ns = now_ns();
    snapshot_restore(&w->snapshot);
    state_seed(&w->state, row->seed);
    enum job_status status = state_run(&w->state, jobs_body, &call);
    if (status == JOB_SCRIPT_ERROR && call.is_reading)
        status = JOB_BAD_RESULT;
    if (status != JOB_OK)
        *reply =
            (struct job_reply){.index = reply->index, .kind = row->kind, .reason = state_reason(w)};
    reply->status = status;
    reply->memory_kb = (uint32_t)(arena_high_bytes(w->state.arena) / 1024);
    w->now_ns = now_ns();
    reply->row_us = (uint32_t)((w->now_ns - begin_ns) / 1000);
}

/* Examples come before all other rows. What they are made of would be copied before each of those.
 */
static void let_examples_go(struct worker *w)
{
    w->has_examples = false;
    snapshot_restore(&w->snapshot);
    if (state_run(&w->state, manifest_drop_examples, NULL) != JOB_OK || !keep_heap(w))
        _exit(EXIT_PROTOCOL); /* the heap was good a moment ago: this one is beyond help */
}

static void answer_row(struct worker *w, const struct job_row *row, uint32_t index)
{
    struct job_reply reply = {.index = index, .kind = row->kind, .pass = -1};
    bool is_judging = row->kind == JOB_SCORE || row->kind == JOB_ASK || row->kind == JOB_GRADE;
    if (is_judging && row->output.text.len > JOB_TEXT_MAX_BYTES) {
        reply.status = JOB_OUTPUT_TOO_LARGE;
        reply.reason = AS_STR("the output has more than 1 MB");
    } else {
        run_row(w, row, &reply);
    }
    bool is_grade = row->kind == JOB_GRADE && reply.status == JOB_OK;
    reply.reason =
        clean(&w->reason, reply.reason, is_grade ? JOB_REASONING_MAX_BYTES : JOB_REASON_MAX_BYTES);
    reply.label = clean(&w->label, reply.label, JOB_LABEL_MAX_BYTES);
    job_put_reply(&w->out, &reply);
    if (w->out.len >= SEND_BYTES || w->now_ns - w->sent_ns >= SEND_AFTER_NS)
        write_out(w);
}

static int on_batch(struct worker *w, struct as_str payload)
{
    struct as_reader rows;
    struct job_row row;
    uint32_t count;
    if (!w->is_loaded || job_get_batch(payload, &rows, &count))
        return AS_EPROTO;
    for (uint32_t i = 0; i < count; i++) {
        if (job_get_row(&rows, &row))
            return AS_EPROTO;
        if (w->has_examples && row.kind != JOB_EXAMPLE)
            let_examples_go(w);
        w->page->rows_begun++;
        answer_row(w, &row, i);
    }
    write_out(w);
    return as_reader_is_done(&rows) ? 0 : AS_EPROTO;
}

/* Frames */

static int on_frame(struct worker *w, enum job_frame type, struct as_str payload)
{
    switch (type) {
    case JOB_FRAME_LOAD: return on_load(w, payload);
    case JOB_FRAME_BATCH: return on_batch(w, payload);
    case JOB_FRAME_LOADED:
    case JOB_FRAME_REPLY: break;
    }
    return AS_EPROTO;
}

static int handle_frames(struct worker *w)
{
    enum job_frame type;
    struct as_str payload;
    size_t used, done = 0;
    int rc;
    while ((rc = job_frame_next(w->in.ptr + done, w->in.len - done, JOB_FRAME_MAX_BYTES, &type,
                                &payload, &used)) > 0) {
        if (on_frame(w, type, payload))
            return AS_EPROTO;
        done += used;
    }
    as_buf_consume(&w->in, done);
    return rc;
}

/* How much to ask for: the rest of the frame that has begun, so that large ones take few reads. */
static size_t read_room(const struct worker *w)
{
    struct as_reader head = as_reader_of(w->in.ptr, w->in.len);
    size_t frame = (size_t)as_get_u32(&head) + 4;
    return !head.is_bad && frame > w->in.len + READ_BYTES ? frame - w->in.len : READ_BYTES;
}

static int serve(struct worker *w)
{
    for (;;) {
        size_t room = read_room(w);
        char *end = as_buf_reserve(&w->in, room);
        ssize_t got = idle_read(JAIL_SOCKET, end, room);
        if (got <= 0)
            return 0;
        w->in.len += (size_t)got;
        if (handle_frames(w))
            return EXIT_PROTOCOL;
    }
}

/* Address space for the largest frame each way is taken now: growing later could need a call that
 * the jail forbids (mremap), or more than the limit leaves while old and new lie side by side.
 * Untouched pages cost nothing. */
static void make_room(struct worker *w)
{
    mallopt(M_MMAP_MAX, 0); /* one heap, grown by brk alone */
    as_buf_reserve(&w->in, JOB_FRAME_MAX_BYTES);
    as_buf_reserve(&w->out, SEND_BYTES + JOB_FRAME_MAX_BYTES);
}

static bool open_page(struct worker *w)
{
    void *page = mmap(NULL, sizeof(*w->page), PROT_READ | PROT_WRITE, MAP_SHARED, JOB_PAGE_FD, 0);
    w->page = page;
    return page != MAP_FAILED;
}

static int work(pid_t parent)
{
    static struct worker w;
    make_room(&w);
    if (!open_page(&w) || !idle_prepare(JAIL_SOCKET) || !state_open(&w.state) ||
        !jail_enter(parent))
        return JOB_EXIT_NO_JAIL;
    return serve(&w);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--probe"))
        _exit(probe_run(argv[2]));
    if (argc == 2 && !strcmp(argv[1], "--version")) {
        puts("assay-worker " ASSAY_VERSION);
        return 0;
    }
    char *end = NULL;
    long parent = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (parent <= 0 || *end) {
        fputs("usage: assay-worker PARENT-PID | --probe NAME | --version\n"
              "Started by assayd, with a socket as descriptor 3 and a page of memory as 4.\n",
              stderr);
        return EXIT_USAGE;
    }
    _exit(work((pid_t)parent));
}
