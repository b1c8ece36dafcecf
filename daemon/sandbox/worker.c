/* A worker process: spawn, socket, deadlines, death.
 *
 * The deadline is measured by looking, not by bookkeeping per row: every WORKER_CHECK_MS a busy
 * worker's count of rows that it has begun, which it keeps in a page that both see, is compared
 * with the last look. When it moved, the clock starts anew; when it did not for a deadline's worth
 * of CPU time, the current row is over. So a row may get up to one interval more than its deadline,
 * never less, and a row costs no system call for it. A kill is carried out at once, but judged when
 * the exit is seen: what the worker managed to send before is read first, so that no row is
 * condemned whose answer was already under way. */
#include "daemon/sandbox/worker.h"

#include "lib/json.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_CHUNK_BYTES (64u << 10)
#define KEEP_BUFFER_BYTES (256u << 10)      /* an emptied buffer larger than this is given back */
#define LOADED_FRAME_MAX_BYTES (768u << 10) /* most of it: params and criteria */
#define SMALL_REPLY_MAX_BYTES (64u << 10)   /* reason, reasoning, label and details together */

static bool may_become(enum worker_state from, enum worker_state to)
{
    static const bool allowed[WORKER_STATE_COUNT][WORKER_STATE_COUNT] = {
        [WORKER_LOADING] = {[WORKER_READY] = true, [WORKER_DOOMED] = true},
        [WORKER_READY] = {[WORKER_DOOMED] = true},
    };
    return allowed[from][to];
}

static void set_state(struct worker *w, enum worker_state to)
{
    AS_ASSERT(may_become(w->state, to));
    w->state = to;
}

bool worker_is_busy(const struct worker *w)
{
    bool is_awaited = w->in_flight.head || w->is_eof;
    return w->state == WORKER_LOADING || (w->state == WORKER_READY && is_awaited);
}

/* The ordinal, from 1, of the row that it works on. What the worker tells is believed within what
 * it can be: the first row without an answer, or one behind that. */
static uint64_t current_row(const struct worker *w)
{
    const struct job_page *page = child_page(w->child);
    uint64_t told = page->rows_begun, last = w->replies + w->in_flight.count;
    uint64_t first = w->in_flight.count ? w->replies + 1 : w->replies;
    return told < first ? first : told > last ? last : told;
}

static void condemn(struct worker *w)
{
    w->condemned_row = w->in_flight.head ? current_row(w) : 0;
}

void worker_doom(struct worker *w, enum job_status status, const char *reason)
{
    if (w->state == WORKER_DOOMED)
        return;
    set_state(w, WORKER_DOOMED);
    w->end_status = status;
    condemn(w);
    w->is_ignored = status != JOB_TIMEOUT; /* an answer that crossed with the kill still counts */
    snprintf(w->end_reason, sizeof(w->end_reason), "%s", reason);
    child_kill(w->child, SIGKILL);
}

/* The lie stands where the answer to the first row was due, wherever the worker is by now. */
static void doom_liar(struct worker *w)
{
    if (w->state != WORKER_DOOMED) {
        worker_doom(w, JOB_CRASH, "the worker broke the protocol");
        w->condemned_row = w->in_flight.head ? w->replies + 1 : 0;
    }
    w->is_ignored = true;
}

/* Replies */

static size_t frame_limit(const struct worker *w)
{
    if (w->state == WORKER_LOADING)
        return LOADED_FRAME_MAX_BYTES;
    enum job_kind kind = w->in_flight.head ? w->in_flight.head->kind : JOB_SCORE;
    bool is_large =
        kind == JOB_REQUEST || kind == JOB_PARSE || kind == JOB_ASK || kind == JOB_REDACT;
    return is_large ? JOB_FRAME_MAX_BYTES : SMALL_REPLY_MAX_BYTES;
}

/* What the frame calls JSON goes to other plugins and into requests: it is read here once, so that
 * a lie is its worker's and not the next reader's. Details are only shown: rows are many, and who
 * shows them reads them. */
static bool is_json(struct as_str text, enum as_json_type type)
{
    AS_CLEANUP_JSON struct as_json *json = NULL;
    return !text.ptr ||
           (!as_json_parse(text.ptr, text.len, &json, NULL) && as_json_type_of(json) == type);
}

static bool is_manifest_json(const struct job_manifest *m)
{
    return is_json(m->params_json, AS_JSON_OBJECT) && is_json(m->requires_json, AS_JSON_ARRAY) &&
           is_json(m->criteria_json, AS_JSON_ARRAY);
}

static bool is_reply_json(const struct job_reply *reply)
{
    return is_json(reply->messages_json, AS_JSON_ARRAY) &&
           is_json(reply->schema_json, AS_JSON_OBJECT) &&
           is_json(reply->output.tool_calls_json, AS_JSON_ARRAY);
}

static void take_loaded(struct worker *w, struct as_str payload)
{
    struct job_loaded loaded;
    if (w->state != WORKER_LOADING || job_get_loaded(payload, &loaded) ||
        !is_manifest_json(&loaded.manifest)) {
        doom_liar(w);
        return;
    }
    set_state(w, WORKER_READY);
    w->is_stop_sent = false;
    w->idle_since_ms = loop_now_ms(w->setup->loop);
    w->setup->events->loaded(w, &loaded);
}

static void take_reply(struct worker *w, struct as_str payload)
{
    struct job_reply reply;
    struct sandbox_row *row = w->in_flight.head;
    if (!row || job_get_reply(payload, &reply) || reply.index != row->index ||
        reply.kind != row->kind || !is_reply_json(&reply)) {
        doom_liar(w);
        return;
    }
    bool is_last = row->is_last;
    row_queue_pop(&w->in_flight);
    w->replies++;
    w->is_spent |= w->replies >= WORKER_MAX_ROWS;
    w->batches_in_flight -= is_last;
    if (!w->in_flight.head)
        w->idle_since_ms = loop_now_ms(w->setup->loop);
    w->is_reply_stopped = w->is_stop_sent && w->replies == w->stop_row;
    w->is_stop_sent = w->is_stop_sent && w->replies < w->stop_row;
    w->setup->events->replied(w, row, &reply);
    if (is_last)
        w->batch_begin_ns = clock_now_ns();
}

static void take_frames(struct worker *w)
{
    size_t used = 0;
    while (!w->is_ignored) {
        enum job_frame type = JOB_FRAME_LOAD;
        struct as_str payload = {0};
        size_t frame_len = 0;
        int rc = job_frame_next(w->in.ptr + used, w->in.len - used, frame_limit(w), &type, &payload,
                                &frame_len);
        if (rc == 0)
            break;
        used += frame_len;
        if (rc == 1 && type == JOB_FRAME_REPLY)
            take_reply(w, payload);
        else if (rc == 1 && type == JOB_FRAME_LOADED)
            take_loaded(w, payload);
        else
            doom_liar(w);
    }
    as_buf_consume(&w->in, w->is_ignored ? w->in.len : used);
    if (!w->in.len && w->in.cap > KEEP_BUFFER_BYTES)
        as_buf_done(&w->in);
}

/* Socket */

static void watch_socket(struct worker *w)
{
    bool has_output = w->out_sent < w->out.len;
    int events = w->is_eof ? 0 : LOOP_READABLE | (has_output ? LOOP_WRITABLE : 0);
    if (events == w->polled_events)
        return;
    loop_poll_set(w->poll, events);
    w->polled_events = events;
}

/* One read. Returns the number of bytes, 0 when there is nothing now or no more ever. */
static size_t read_some(struct worker *w)
{
    char *end = as_buf_reserve(&w->in, READ_CHUNK_BYTES);
    ssize_t n = recv(w->fd, end, READ_CHUNK_BYTES, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        w->is_eof = true; /* its exit or its deadline deals with it */
        return 0;
    }
    w->in.len += (size_t)n;
    w->in.ptr[w->in.len] = '\0';
    take_frames(w);
    return (size_t)n;
}

static void write_socket(struct worker *w)
{
    while (w->out_sent < w->out.len) {
        ssize_t n = send(w->fd, w->out.ptr + w->out_sent, w->out.len - w->out_sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            w->is_eof = true;
            break;
        }
        w->out_sent += (size_t)n;
    }
    if (w->is_eof || w->out_sent == w->out.len) {
        w->out_sent = 0;
        as_buf_reset(&w->out);
        if (w->out.cap > KEEP_BUFFER_BYTES)
            as_buf_done(&w->out);
    }
    watch_socket(w);
}

static void on_socket(void *ctx, int events)
{
    struct worker *w = ctx;
    while (events & LOOP_READABLE && read_some(w) == READ_CHUNK_BYTES) {
    } /* a short read means that it was all */
    if (events & LOOP_WRITABLE)
        write_socket(w);
    watch_socket(w);
}

/* Death */

static void describe_exit(struct worker *w, const struct child_exit *how)
{
    char *text = w->end_reason;
    size_t size = sizeof(w->end_reason);
    w->end_status = JOB_CRASH;
    if (how->signum == SIGSYS) {
        w->end_status = JOB_DENIED;
        snprintf(text, size, "killed by the jail: a forbidden system call (SIGSYS)");
    } else if (how->signum == SIGXCPU || (how->signum == SIGUSR1 && w->is_stop_sent)) {
        w->end_status = JOB_TIMEOUT;
        snprintf(text, size, "the worker used up its CPU time (SIG%s)", sigabbrev_np(how->signum));
    } else if (how->signum) {
        const char *name = sigabbrev_np(how->signum);
        snprintf(text, size, "worker died: signal %d (SIG%s)", how->signum, name ? name : "?");
    } else {
        snprintf(text, size, "worker died: exit status %d%s", how->exit_code,
                 how->exit_code == JOB_EXIT_NO_JAIL ? ", its jail could not be set up" : "");
    }
}

/* A row condemned by the deadline may have answered just before the kill: then nobody is to blame.
 * Rows before it were done, but their answers died with the worker: they are tried again. */
static struct sandbox_row *find_culprit(struct worker *w)
{
    if (w->end_status == JOB_OK || !w->condemned_row)
        return NULL;
    if (w->condemned_row > w->replies)
        return row_queue_take(&w->in_flight, w->condemned_row - w->replies - 1);
    w->end_status = JOB_OK;
    return NULL;
}

static void on_exit_seen(void *ctx, const struct child_exit *how)
{
    struct worker *w = ctx;
    while (!w->is_ignored && read_some(w)) {
    }
    if (w->state != WORKER_DOOMED) {
        set_state(w, WORKER_DOOMED);
        condemn(w);
        describe_exit(w, how);
    }
    struct worker_end end = {.culprit = find_culprit(w), .cpu_us = how->cpu_us};
    end.status = w->end_status;
    end.reason = w->end_reason;
    w->setup->events->ended(w, &end);
    worker_free(w);
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    AS_ASSERT(!w->in_flight.head);
    loop_poll_free(w->poll);
    if (w->fd >= 0)
        close(w->fd);
    child_free(w->child);
    as_buf_done(&w->in);
    as_buf_done(&w->out);
    free(w);
}

/* Deadline */

static void mark(struct worker *w, uint64_t cpu_us)
{
    w->is_marked = true;
    w->is_stop_sent = false;
    w->mark_row = current_row(w);
    w->mark_cpu_us = cpu_us;
    w->mark_ns = clock_now_ns();
    w->is_spent |= cpu_us >= WORKER_MAX_CPU_US;
}

/* Over the deadline. First a soft stop, which gives the script's line; then the kill. */
static uint32_t stop_row(struct worker *w, bool is_cpu, uint64_t spent_ms)
{
    uint64_t now_ns = clock_now_ns();
    if (!w->is_stop_sent) {
        w->is_stop_sent = true;
        w->stop_row = w->mark_row;
        w->stop_ns = now_ns;
        child_kill(w->child, SIGUSR1);
    }
    uint32_t waited_ms = (uint32_t)((now_ns - w->stop_ns) / 1000000);
    if (waited_ms >= WORKER_HARD_STOP_MS) {
        char reason[100];
        snprintf(reason, sizeof(reason), "stopped after %llu ms of %s time",
                 (unsigned long long)spent_ms, is_cpu ? "CPU" : "wall-clock");
        worker_doom(w, JOB_TIMEOUT, reason);
        return WORKER_HARD_STOP_MS;
    }
    return WORKER_HARD_STOP_MS - waited_ms; /* a timer may fire a moment early */
}

uint32_t worker_check(struct worker *w)
{
    const struct worker_setup *setup = w->setup;
    bool is_loading = w->state == WORKER_LOADING;
    uint64_t deadline_us =
        1000ull * (is_loading ? setup->load_deadline_ms : setup->row_deadline_ms);
    uint64_t cpu_us = child_cpu_us(w->child);
    if (!w->is_marked || w->mark_row != current_row(w)) {
        mark(w, cpu_us);
        return WORKER_CHECK_MS;
    }
    uint64_t spent_us = cpu_us > w->mark_cpu_us ? cpu_us - w->mark_cpu_us : 0;
    uint64_t waited_us = (clock_now_ns() - w->mark_ns) / 1000;
    bool is_late = waited_us >= deadline_us * WORKER_WALL_FACTOR;
    if (spent_us < deadline_us && !is_late) {
        uint64_t left_ms = (deadline_us - spent_us) / 1000 + 1;
        return left_ms < WORKER_CHECK_MS ? (uint32_t)left_ms : WORKER_CHECK_MS;
    }
    /* The loop may have been held up: what lies unread in the socket may be the answer. */
    on_socket(w, LOOP_READABLE);
    if (w->mark_row != current_row(w) || w->state == WORKER_DOOMED)
        return WORKER_CHECK_MS;
    bool is_cpu = spent_us >= deadline_us;
    return stop_row(w, is_cpu, (is_cpu ? spent_us : waited_us) / 1000);
}

/* Start */

int worker_spawn(const struct worker_setup *setup, struct hosted *hosted, struct as_str chunk_name,
                 struct as_str source, struct worker **ret_worker)
{
    char name[] = "assay-worker", parent[16];
    char *argv[] = {name, parent, NULL};
    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    struct worker *w = as_xcalloc(1, sizeof(*w));
    *w = (struct worker){.hosted = hosted, .setup = setup, .fd = -1};
    int rc = child_spawn(setup->loop, setup->path, argv, on_exit_seen, w, &w->child, &w->fd);
    if (!rc)
        rc = loop_poll_new(setup->loop, w->fd, on_socket, w, &w->poll);
    if (rc) {
        worker_free(w);
        return rc;
    }
    mark(w, 0);
    job_put_load(&w->out, chunk_name, source);
    write_socket(w);
    *ret_worker = w;
    return 0;
}

void worker_send(struct worker *w, struct row_queue *waiting, uint32_t max_rows)
{
    size_t begin = job_batch_begin(&w->out);
    uint32_t count = 0;
    if (!w->in_flight.head) {
        w->is_marked = false;
        w->batch_begin_ns = clock_now_ns();
    }
    while (waiting->head && count < max_rows) {
        if (count && w->out.len - begin + waiting->head->len > JOB_BATCH_MAX_BYTES)
            break;
        struct sandbox_row *row = row_queue_pop(waiting);
        row->index = count++;
        row->is_last = false;
        as_buf_add(&w->out, row->bytes, row->len);
        row_queue_push(&w->in_flight, row);
    }
    w->in_flight.tail->is_last = true;
    job_batch_end(&w->out, begin, count);
    w->batches_in_flight++;
    write_socket(w);
}
