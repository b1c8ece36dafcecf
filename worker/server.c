/* Loading a plugin, answering rows, and the frames that both come in.
 *
 * The row's clock is read here, where no script can see it. Texts are made safe on their way out:
 * whatever a script said, the daemon gets valid UTF-8 of bounded length. Examples come first and
 * are let go before the first row of another kind. */
#include "worker/server.h"

#include "worker/jobs.h"
#include "worker/manifest.h"
#include "worker/snapshot.h"
#include "worker/state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES (64u << 10)
/* Replies wait for each other this long: a system call each would cost more than a small row. */
#define SEND_AFTER_NS 1000000u
#define SEND_BYTES (32u << 10)

struct server {
    struct state state;
    struct snapshot snapshot;
    struct plugin plugin;
    bool is_loaded, has_examples;
    struct job_page *page;
    server_send_fn send;
    uint64_t now_ns, sent_ns; /* when the last row ended, when replies were last sent */
    struct as_buf in, out;
    struct as_buf reason, label; /* escaped texts of the reply that is being written */
};

/* The text as valid UTF-8 without control characters, in the scratch buffer; an absent text stays
 * absent. */
static struct as_str clean(struct as_buf *scratch, struct as_str text, size_t max)
{
    if (!text.ptr)
        return text;
    as_buf_reset(scratch);
    as_buf_add_utf8_safe(scratch, text.ptr, text.len < max + 4 ? text.len : max + 4);
    return (struct as_str){scratch->ptr ? scratch->ptr : "",
                           as_utf8_fit(scratch->ptr, scratch->len, max)};
}

static void write_out(struct server *s)
{
    s->send(as_buf_str(&s->out));
    as_buf_reset(&s->out);
    s->sent_ns = s->now_ns;
}

/* Loading */

/* The heap that a load may leave, holes counted: every row starts from a copy of it. */
#define KEPT_MAX_BYTES (16u << 20)

static int collect_garbage(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT);
    return 0;
}

static struct as_str state_reason(const struct server *s)
{
    return (struct as_str){s->state.reason, s->state.reason_len};
}

/* The manifest borrows from the Lua heap: it is written before the garbage goes. */
static void put_loaded(struct server *s, struct load *load, enum job_status status)
{
    struct job_loaded loaded = {.status = status == JOB_SCRIPT_ERROR ? JOB_LOAD_ERROR : status};
    if (status == JOB_OK) {
        loaded.manifest = load->manifest;
        loaded.manifest.doc = clean(&s->label, load->manifest.doc, JOB_DOC_MAX_BYTES);
    } else {
        loaded.reason = clean(&s->reason, state_reason(s), JOB_REASON_MAX_BYTES);
    }
    job_put_loaded(&s->out, &loaded);
}

/* Makes the heap as it is now the one that every row starts from. */
static bool keep_heap(struct server *s)
{
    if (state_run(&s->state, collect_garbage, NULL) != JOB_OK ||
        arena_settle(s->state.arena) > KEPT_MAX_BYTES)
        return false;
    snapshot_take(&s->snapshot, s->state.arena);
    s->is_loaded = true;
    return true;
}

static int on_load(struct server *s, struct as_str payload)
{
    struct load load = {0};
    if (s->is_loaded || job_get_load(payload, &load.chunk_name, &load.source))
        return AS_EPROTO;
    state_seed(&s->state, 0);
    enum job_status status = state_run(&s->state, manifest_load, &load);
    put_loaded(s, &load, status);
    if (status == JOB_OK && !keep_heap(s)) {
        as_buf_reset(&s->out);
        job_put_loaded(&s->out, &(struct job_loaded){
                                    .status = JOB_MEMORY,
                                    .reason = AS_STR("loading it leaves a heap of more than 16 MB"),
                                });
    }
    s->plugin = load.plugin;
    s->has_examples = s->is_loaded && load.manifest.example_count;
    write_out(s);
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

static void run_row(struct server *s, const struct job_row *row, struct job_reply *reply)
{
    struct call call = {.plugin = &s->plugin, .row = row, .reply = reply};
    uint64_t begin_ns = now_ns();
    snapshot_restore(&s->snapshot);
    state_seed(&s->state, row->seed);
    enum job_status status = state_run(&s->state, jobs_body, &call);
    if (status == JOB_SCRIPT_ERROR && call.is_reading)
        status = JOB_BAD_RESULT;
    if (status != JOB_OK)
        *reply =
            (struct job_reply){.index = reply->index, .kind = row->kind, .reason = state_reason(s)};
    reply->status = status;
    reply->memory_kb = (uint32_t)(arena_high_bytes(s->state.arena) / 1024);
    s->now_ns = now_ns();
    reply->row_us = (uint32_t)((s->now_ns - begin_ns) / 1000);
}

/* Examples come before all other rows. What they are made of would be copied before each of those.
 */
static void let_examples_go(struct server *s)
{
    s->has_examples = false;
    snapshot_restore(&s->snapshot);
    if (state_run(&s->state, manifest_drop_examples, NULL) != JOB_OK || !keep_heap(s))
        _exit(SERVER_EXIT_PROTOCOL); /* the heap was good a moment ago: this one is beyond help */
}

static void answer_row(struct server *s, const struct job_row *row, uint32_t index)
{
    struct job_reply reply = {.index = index, .kind = row->kind, .pass = -1};
    bool is_judging = row->kind == JOB_SCORE || row->kind == JOB_ASK || row->kind == JOB_GRADE;
    if (is_judging && row->output.text.len > JOB_TEXT_MAX_BYTES) {
        reply.status = JOB_OUTPUT_TOO_LARGE;
        reply.reason = AS_STR("the output has more than 1 MB");
    } else {
        run_row(s, row, &reply);
    }
    bool is_grade = row->kind == JOB_GRADE && reply.status == JOB_OK;
    reply.reason =
        clean(&s->reason, reply.reason, is_grade ? JOB_REASONING_MAX_BYTES : JOB_REASON_MAX_BYTES);
    reply.label = clean(&s->label, reply.label, JOB_LABEL_MAX_BYTES);
    job_put_reply(&s->out, &reply);
    if (s->out.len >= SEND_BYTES || s->now_ns - s->sent_ns >= SEND_AFTER_NS)
        write_out(s);
}

static int on_batch(struct server *s, struct as_str payload)
{
    struct as_reader rows;
    struct job_row row;
    uint32_t count;
    if (!s->is_loaded || job_get_batch(payload, &rows, &count))
        return AS_EPROTO;
    for (uint32_t i = 0; i < count; i++) {
        if (job_get_row(&rows, &row))
            return AS_EPROTO;
        if (s->has_examples && row.kind != JOB_EXAMPLE)
            let_examples_go(s);
        s->page->rows_begun++;
        answer_row(s, &row, i);
    }
    write_out(s);
    return as_reader_is_done(&rows) ? 0 : AS_EPROTO;
}

/* Frames */

static int on_frame(struct server *s, enum job_frame type, struct as_str payload)
{
    switch (type) {
    case JOB_FRAME_LOAD: return on_load(s, payload);
    case JOB_FRAME_BATCH: return on_batch(s, payload);
    case JOB_FRAME_LOADED:
    case JOB_FRAME_REPLY: break;
    }
    return AS_EPROTO;
}

static int handle_frames(struct server *s)
{
    enum job_frame type;
    struct as_str payload;
    size_t used, done = 0;
    int rc;
    while ((rc = job_frame_next(s->in.ptr + done, s->in.len - done, JOB_FRAME_MAX_BYTES, &type,
                                &payload, &used)) > 0) {
        if (on_frame(s, type, payload))
            return AS_EPROTO;
        done += used;
    }
    as_buf_consume(&s->in, done);
    return rc;
}

/* How much to ask for: the rest of the frame that has begun, so that large ones take few reads. */
static size_t wanted_bytes(const struct server *s)
{
    struct as_reader head = as_reader_of(s->in.ptr, s->in.len);
    size_t frame = (size_t)as_get_u32(&head) + 4;
    return !head.is_bad && frame > s->in.len + READ_BYTES ? frame - s->in.len : READ_BYTES;
}

char *server_room(struct server *s, size_t *ret_bytes)
{
    *ret_bytes = wanted_bytes(s);
    return as_buf_reserve(&s->in, *ret_bytes);
}

int server_take(struct server *s, size_t len)
{
    s->in.len += len;
    return handle_frames(s);
}

struct server *server_new(struct job_page *page, server_send_fn send)
{
    struct server *s = as_xcalloc(1, sizeof(*s));
    s->page = page;
    s->send = send;
    if (state_open(&s->state))
        return s;
    free(s);
    return NULL;
}

void server_make_room(struct server *s)
{
    as_buf_reserve(&s->in, JOB_FRAME_MAX_BYTES);
    as_buf_reserve(&s->out, SEND_BYTES + JOB_FRAME_MAX_BYTES);
}

void server_free(struct server *s)
{
    if (!s)
        return;
    munmap(s->state.arena, ARENA_BYTES);
    free(s->snapshot.copy);
    free(s->snapshot.holes);
    as_buf_done(&s->in);
    as_buf_done(&s->out);
    as_buf_done(&s->reason);
    as_buf_done(&s->label);
    free(s);
}
