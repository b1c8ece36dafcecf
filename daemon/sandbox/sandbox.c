/* The sandbox: plugin ids, the flush that hands work out, and the tick that looks at clocks.
 *
 * Both timers are the sandbox's own. The flush runs at the start of the next turn of the loop,
 * before it waits for events, so that rows submitted by all the callbacks of one turn are gathered.
 * Ids carry a generation: an id that outlives its plugin finds nothing, and its rows are
 * refused. */
#include "daemon/sandbox/pool.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKER_FD_MIN 5 /* above CHILD_PAGE_FD of core/child.c */
#define DEFAULT_ROW_DEADLINE_MS 250u
#define DEFAULT_LOAD_DEADLINE_MS 500u
#define DEFAULT_MAX_WORKERS 64u
#define DEFAULT_IDLE_MS 30000u
#define FIRST_SLOTS 16u

/* Turns */

void sandbox_wake(struct sandbox *s)
{
    if (s->is_flush_due || s->is_ending)
        return;
    s->is_flush_due = true;
    /* A flush that caused the next one lets the loop wait for events in between: a caller that
     * answers every refusal with a new row must not keep everybody else from running. */
    loop_timer_start(s->flush, s->is_flushing ? 1 : 0);
}

static void push_active(struct sandbox *s, struct hosted *h)
{
    if (h->is_active)
        return;
    h->is_active = true;
    h->next_active = NULL;
    *s->active_tail = h;
    s->active_tail = &h->next_active;
}

void sandbox_activate(struct sandbox *s, struct hosted *h)
{
    push_active(s, h);
    sandbox_wake(s);
}

static void remove_hosted(struct hosted *h)
{
    struct hosted **at = &h->sandbox->all;
    while (*at != h)
        at = &(*at)->next;
    *at = h->next;
    hosted_free(h);
}

static void refuse_lost_rows(struct sandbox *s)
{
    struct row_queue rows = s->refused;
    struct sandbox_row *row;
    s->refused = (struct row_queue){0};
    while ((row = row_queue_pop(&rows)))
        row_refuse(row, row->refusal_status, row->refusal);
}

/* First come, first served: who found no worker slot stays at the head of the list. */
static void on_flush(void *ctx)
{
    struct sandbox *s = ctx;
    struct hosted *h = s->active_head;
    s->active_head = NULL;
    s->active_tail = &s->active_head;
    s->is_flush_due = s->is_starved = false;
    s->is_flushing = true;
    while (h) {
        struct hosted *next = h->next_active;
        h->is_active = false;
        if (hosted_dispatch(h))
            push_active(s, h);
        else if (hosted_is_over(h))
            remove_hosted(h);
        h = next;
    }
    refuse_lost_rows(s);
    s->is_flushing = false;
}

void sandbox_arm_tick(struct sandbox *s, uint64_t delay_ms)
{
    uint64_t due_ms = loop_now_ms(s->loop) + delay_ms;
    if (loop_timer_is_active(s->tick) && s->tick_due_ms <= due_ms)
        return;
    s->tick_due_ms = due_ms;
    loop_timer_start(s->tick, delay_ms);
}

/* Returns in how many milliseconds to look at this worker again; 0 = not by the clock. */
static uint64_t look_at_worker(struct sandbox *s, struct worker *w)
{
    if (worker_is_busy(w))
        return worker_check(w);
    if (w->state != WORKER_READY)
        return 0;
    uint64_t idle_ms = loop_now_ms(s->loop) - w->idle_since_ms;
    if (idle_ms < s->idle_ms)
        return s->idle_ms - idle_ms;
    worker_doom(w, JOB_OK, "");
    return 0;
}

static void on_tick(void *ctx)
{
    struct sandbox *s = ctx;
    for (struct worker *w = s->workers; w; w = w->next_in_pool) {
        uint64_t delay_ms = look_at_worker(s, w);
        if (delay_ms)
            sandbox_arm_tick(s, delay_ms);
    }
    if (s->active_head)
        sandbox_wake(s);
}

/* Workers of all plugins */

bool sandbox_make_room(struct sandbox *s)
{
    struct worker *oldest = NULL;
    uint32_t count = 0;
    for (struct worker *w = s->workers; w; w = w->next_in_pool) {
        count += w->state != WORKER_DOOMED;
        bool is_idle = w->state == WORKER_READY && !w->in_flight.head;
        if (is_idle && (!oldest || w->idle_since_ms < oldest->idle_since_ms))
            oldest = w;
    }
    if (count < s->max_workers)
        return true;
    if (oldest)
        worker_doom(oldest, JOB_OK, "");
    return oldest;
}

uint32_t sandbox_count_busy(const struct sandbox *s)
{
    uint32_t count = 0;
    for (const struct worker *w = s->workers; w; w = w->next_in_pool)
        count += worker_is_busy(w);
    return count;
}

/* Ids: generation in the high half, slot plus one in the low half. */

static struct hosted *find_hosted(const struct sandbox *s, uint64_t plugin_id)
{
    uint32_t slot = (uint32_t)plugin_id - 1;
    if (slot >= s->slot_count || s->slots[slot].generation != plugin_id >> 32)
        return NULL;
    return s->slots[slot].hosted;
}

static uint64_t take_slot(struct sandbox *s, struct hosted *h)
{
    uint32_t slot = 0;
    while (slot < s->slot_count && s->slots[slot].hosted)
        slot++;
    if (slot == s->slot_count) {
        uint32_t count = s->slot_count ? s->slot_count * 2 : FIRST_SLOTS;
        s->slots = as_xrealloc(s->slots, count * sizeof(*s->slots));
        memset(s->slots + s->slot_count, 0, (count - s->slot_count) * sizeof(*s->slots));
        s->slot_count = count;
    }
    s->slots[slot].hosted = h;
    s->slots[slot].generation++;
    return (uint64_t)s->slots[slot].generation << 32 | (slot + 1);
}

uint64_t sandbox_open(struct sandbox *s, const char *chunk_name, struct as_str source,
                      sandbox_load_fn done, void *ctx)
{
    struct hosted *h = hosted_new(s, chunk_name, source, done, ctx);
    h->next = s->all;
    s->all = h;
    sandbox_activate(s, h);
    return take_slot(s, h);
}

void sandbox_close(struct sandbox *s, uint64_t plugin_id)
{
    struct hosted *h = find_hosted(s, plugin_id);
    if (!h)
        return;
    s->slots[(uint32_t)plugin_id - 1].hosted = NULL;
    h->is_closed = true;
    sandbox_activate(s, h);
}

/* Rows */

static bool shows_output_to_script(enum job_kind kind)
{
    return kind == JOB_SCORE || kind == JOB_ASK || kind == JOB_GRADE;
}

static void refuse_later(struct sandbox *s, struct sandbox_row *row, enum job_status status,
                         const char *reason)
{
    row->refusal_status = status;
    row->refusal = reason;
    row_queue_push(&s->refused, row);
    sandbox_wake(s);
}

void sandbox_submit(struct sandbox *s, uint64_t plugin_id, const struct job_row *job,
                    sandbox_row_fn done, void *ctx)
{
    struct hosted *h = find_hosted(s, plugin_id);
    as_buf_reset(&s->scratch);
    bool is_too_large =
        shows_output_to_script(job->kind) && job->output.text.len > JOB_TEXT_MAX_BYTES;
    if (!is_too_large)
        job_batch_add(&s->scratch, job);
    is_too_large |= s->scratch.len > JOB_FRAME_MAX_BYTES - JOB_BATCH_MAX_BYTES;
    struct as_str encoded = is_too_large ? AS_STR("") : as_buf_str(&s->scratch);
    struct sandbox_row *row = row_new(job->kind, encoded, done, ctx);
    if (s->scratch.cap > JOB_BATCH_MAX_BYTES)
        as_buf_done(&s->scratch);
    if (s->is_ending)
        refuse_later(s, row, JOB_CRASH, "shutting down");
    else if (!h)
        refuse_later(s, row, JOB_CRASH, "the plugin is closed");
    else if (is_too_large)
        refuse_later(s, row, JOB_OUTPUT_TOO_LARGE, "larger than a script is shown");
    else {
        row_queue_push(&h->waiting, row);
        sandbox_activate(s, h);
    }
}

int sandbox_stats_of(const struct sandbox *s, uint64_t plugin_id, struct sandbox_stats *ret_stats)
{
    const struct hosted *h = find_hosted(s, plugin_id);
    if (!h)
        return AS_ENOENT;
    struct sandbox_stats stats = {
        .calls = h->calls,
        .errors = h->errors,
        .kills = h->kills,
        .cpu_us = h->ended_cpu_us,
        .queued = h->waiting.count + hosted_in_flight(h),
        .memory_kb = h->memory_kb,
        .p50_us = histogram_quantile(&h->times, 0.5),
        .p99_us = histogram_quantile(&h->times, 0.99),
        .timed = h->times.count,
        .total_us = h->times.sum,
        .is_quarantined = h->state == HOSTED_QUARANTINED,
        .reason = h->state == HOSTED_QUARANTINED ? h->reason : NULL,
    };
    for (const struct worker *w = h->workers; w; w = w->next_of_plugin) {
        stats.workers++;
        stats.cpu_us += child_cpu_us(w->child);
    }
    *ret_stats = stats;
    return 0;
}

/* Life */

static uint32_t usable_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) ? 1 : (uint32_t)CPU_COUNT(&set);
}

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

/* The descriptor is above those that a worker's own will have. */
static int open_worker(const char *path)
{
    int low = access(path, X_OK) ? -1 : open(path, O_PATH | O_CLOEXEC);
    int fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, WORKER_FD_MIN);
    if (low >= 0)
        close(low);
    return fd;
}

int sandbox_new(struct loop *loop, const struct sandbox_options *options,
                struct sandbox **ret_sandbox, struct as_err *err)
{
    int worker_fd = open_worker(options->worker_path);
    if (worker_fd < 0)
        return as_err_set(err, AS_ENOENT, "worker program %s: not there, or not executable",
                          options->worker_path);
    struct sandbox *s = as_xcalloc(1, sizeof(*s));
    s->loop = loop;
    s->worker_path = as_xstrdup(options->worker_path);
    s->worker_fd = worker_fd;
    snprintf(s->worker_exec, sizeof(s->worker_exec), "/proc/self/fd/%d", worker_fd);
    s->setup = (struct worker_setup){
        .loop = loop,
        .path = s->worker_exec,
        .row_deadline_ms = or_default(options->row_deadline_ms, DEFAULT_ROW_DEADLINE_MS),
        .load_deadline_ms = or_default(options->load_deadline_ms, DEFAULT_LOAD_DEADLINE_MS),
        .events = &hosted_worker_events,
    };
    s->max_workers = or_default(options->max_workers, DEFAULT_MAX_WORKERS);
    s->idle_ms = or_default(options->idle_ms, DEFAULT_IDLE_MS);
    s->on_event = options->on_event;
    s->ctx = options->ctx;
    s->cpu_count = usable_cpus();
    s->active_tail = &s->active_head;
    s->flush = loop_timer_new(loop, on_flush, s);
    s->tick = loop_timer_new(loop, on_tick, s);
    *ret_sandbox = s;
    return 0;
}

static bool has_callbacks_due(const struct sandbox *s)
{
    bool is_due = s->refused.head;
    for (const struct hosted *h = s->all; h; h = h->next)
        is_due |= h->waiting.head || h->state == HOSTED_LOADING;
    return is_due;
}

void sandbox_free(struct sandbox *s)
{
    if (!s)
        return;
    s->is_ending = true;
    probe_free_all(s);
    do {
        for (struct hosted *h = s->all; h; h = h->next)
            hosted_shut_down(h);
        refuse_lost_rows(s);
    } while (has_callbacks_due(s)); /* a callback may have submitted again */
    while (s->all)
        remove_hosted(s->all);
    loop_timer_free(s->flush);
    loop_timer_free(s->tick);
    as_buf_done(&s->scratch);
    free(s->slots);
    close(s->worker_fd);
    free(s->worker_path);
    free(s);
}
