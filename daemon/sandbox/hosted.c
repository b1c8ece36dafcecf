/* One hosted plugin: who gets its rows, when it gets another worker, and what its workers' deaths
 * mean.
 *
 * Batches are sized to some milliseconds of work, so that a slow script's rows do not all sit in
 * one worker while a second one could share them. A second process starts when rows have been
 * waiting for a while behind full workers. */
#include "daemon/sandbox/pool.h"

#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH_TARGET_US 10000u   /* work in one batch, about */
#define FIRST_ROW_GUESS_US 1000u /* until the first batch has been timed */
#define AHEAD_MIN_ROWS 8u   /* a busy worker gets a second batch only when it is worth a message */
#define CROWDED_NS 5000000u /* a queue that long for so long is worth another process */

static void set_state(struct hosted *h, enum hosted_state to)
{
    static const bool allowed[HOSTED_STATE_COUNT][HOSTED_STATE_COUNT] = {
        [HOSTED_LOADING] = {[HOSTED_LIVE] = true, [HOSTED_FAILED] = true},
        [HOSTED_LIVE] = {[HOSTED_QUARANTINED] = true},
    };
    AS_ASSERT(allowed[h->state][to]);
    h->state = to;
}

static void count_call(struct hosted *h, enum job_kind kind, enum job_status status)
{
    h->calls += kind != JOB_EXAMPLE;
    h->errors += kind != JOB_EXAMPLE && status != JOB_OK;
}

static void refuse(struct hosted *h, struct sandbox_row *row, enum job_status status,
                   const char *reason)
{
    count_call(h, row->kind, status);
    row_refuse(row, status, reason);
}

/* A callback may submit again: those rows wait for the next flush. */
static void refuse_waiting(struct hosted *h, enum job_status status, const char *reason)
{
    struct row_queue rows = h->waiting;
    struct sandbox_row *row;
    h->waiting = (struct row_queue){0};
    while ((row = row_queue_pop(&rows)))
        refuse(h, row, status, reason);
}

static void end_workers(struct hosted *h)
{
    for (struct worker *w = h->workers; w; w = w->next_of_plugin)
        if (!w->in_flight.head)
            worker_doom(w, JOB_OK, "");
}

static void close_id(struct hosted *h)
{
    struct sandbox *s = h->sandbox;
    for (uint32_t i = 0; i < s->slot_count; i++)
        if (s->slots[i].hosted == h)
            s->slots[i].hosted = NULL;
    h->is_closed = true;
}

/* Load */

static void tell_load(struct hosted *h, const struct job_loaded *loaded)
{
    sandbox_load_fn on_load = h->on_load;
    h->on_load = NULL;
    sandbox_activate(h->sandbox, h);
    if (on_load)
        on_load(h->load_ctx, loaded);
}

static void fail_load(struct hosted *h, const struct job_loaded *loaded)
{
    set_state(h, HOSTED_FAILED);
    h->verdict = loaded->status;
    struct as_str why = loaded->reason.ptr ? loaded->reason : AS_STR("");
    snprintf(h->reason, sizeof(h->reason), "%.*s", (int)why.len, why.ptr);
    end_workers(h);
    close_id(h);
    tell_load(h, loaded);
}

static void fail_load_with(struct hosted *h, enum job_status status, const char *reason)
{
    struct job_loaded loaded = {.status = status, .reason = as_str_from(reason)};
    fail_load(h, &loaded);
}

/* Deaths */

static void quarantine(struct hosted *h, const char *last_reason)
{
    set_state(h, HOSTED_QUARANTINED);
    h->verdict = JOB_QUARANTINED;
    snprintf(h->reason, sizeof(h->reason),
             "not tried: the plugin ended %llu workers, %u of them in a row; the last: %s",
             (unsigned long long)h->kills, h->backoff.in_a_row, last_reason);
    as_log_warn("plugin quarantined plugin=%s kills=%llu reason=\"%s\"", h->chunk_name,
                (unsigned long long)h->kills, last_reason);
    struct event event = {
        .kind = EVENT_PLUGIN_QUARANTINED, .subject = h->chunk_name, .text = h->reason};
    if (h->sandbox->on_event)
        h->sandbox->on_event(h->sandbox->ctx, &event);
    end_workers(h);
}

static void note_death(struct hosted *h, bool is_of_row, enum job_status status, const char *reason)
{
    h->kills++;
    backoff_note_death(&h->backoff, is_of_row);
    if (h->state != HOSTED_LIVE)
        return;
    if (status == JOB_DENIED || backoff_is_hopeless(&h->backoff))
        quarantine(h, reason);
    else
        h->not_before_ms = loop_now_ms(h->sandbox->loop) + backoff_delay_ms(&h->backoff);
}

/* What the workers report */

static void on_loaded(struct worker *w, const struct job_loaded *loaded)
{
    struct hosted *h = w->hosted;
    if (h->state == HOSTED_LOADING && loaded->status == JOB_OK) {
        set_state(h, HOSTED_LIVE);
        tell_load(h, loaded);
    } else if (h->state == HOSTED_LOADING) {
        fail_load(h, loaded);
    } else if (loaded->status != JOB_OK) {
        note_death(h, false, loaded->status, "it did not load again");
        worker_doom(w, JOB_OK, "");
    }
    sandbox_activate(h->sandbox, h);
}

static void time_batch(struct hosted *h, const struct worker *w, uint32_t row_count)
{
    uint64_t us = (clock_now_ns() - w->batch_begin_ns) / 1000 / row_count;
    if (us > UINT32_MAX / 4)
        us = UINT32_MAX / 4;
    h->row_us = (h->row_us * 3 + (uint32_t)us) / 4;
}

static void on_replied(struct worker *w, struct sandbox_row *row, const struct job_reply *reply)
{
    struct hosted *h = w->hosted;
    if (row->is_last)
        time_batch(h, w, row->index + 1);
    if (h->waiting.head || h->is_closed)
        sandbox_activate(h->sandbox, h);
    if (reply->memory_kb > h->memory_kb)
        h->memory_kb = reply->memory_kb;
    if (reply->status == JOB_TIMEOUT && !w->is_reply_stopped && !row->was_rerun) {
        row->was_rerun = true;
        row_queue_push_front(&h->waiting, row);
        sandbox_activate(h->sandbox, h);
        return;
    }
    bool is_deadly = reply->status == JOB_TIMEOUT || reply->status == JOB_MEMORY;
    if (is_deadly)
        note_death(h, true, reply->status, job_status_name(reply->status));
    else
        backoff_note_row(&h->backoff);
    if (is_deadly || (w->is_spent && !w->in_flight.head))
        worker_doom(w, JOB_OK, "");
    count_call(h, row->kind, reply->status);
    if (row->kind != JOB_EXAMPLE)
        histogram_add(&h->times, reply->row_us);
    row_answer(row, reply);
}

static void unlink_worker(struct worker *w)
{
    struct worker **at = &w->hosted->workers;
    while (*at != w)
        at = &(*at)->next_of_plugin;
    *at = w->next_of_plugin;
    at = &w->hosted->sandbox->workers;
    while (*at != w)
        at = &(*at)->next_in_pool;
    *at = w->next_in_pool;
}

static void on_ended(struct worker *w, const struct worker_end *end)
{
    struct hosted *h = w->hosted;
    unlink_worker(w);
    h->ended_cpu_us += end->cpu_us;
    row_queue_prepend(&h->waiting, &w->in_flight);
    if (end->status != JOB_OK)
        note_death(h, end->culprit, end->status, end->reason);
    if (h->state == HOSTED_LOADING)
        fail_load_with(h, end->status == JOB_OK ? JOB_CRASH : end->status, end->reason);
    if (end->culprit)
        refuse(h, end->culprit, end->status, end->reason);
    sandbox_activate(h->sandbox, h);
}

const struct worker_events hosted_worker_events = {on_loaded, on_replied, on_ended};

/* Handing out */

static uint32_t batch_rows(const struct hosted *h)
{
    uint32_t rows = BATCH_TARGET_US / (h->row_us ? h->row_us : 1);
    return rows < 1 ? 1 : rows > JOB_BATCH_MAX_ROWS ? JOB_BATCH_MAX_ROWS : rows;
}

/* An idle worker, else one that works on its last batch when there are enough rows to be worth a
 * message. */
static struct worker *pick_worker(const struct hosted *h)
{
    uint32_t worth = batch_rows(h) < AHEAD_MIN_ROWS ? batch_rows(h) : AHEAD_MIN_ROWS;
    bool may_queue = h->waiting.count >= worth && !h->sandbox->is_starved;
    struct worker *best = NULL;
    for (struct worker *w = h->workers; w; w = w->next_of_plugin) {
        if (w->state != WORKER_READY || w->is_spent || w->is_eof)
            continue;
        if (!w->batches_in_flight)
            return w;
        if (!best && may_queue && w->batches_in_flight < WORKER_BATCHES_AHEAD)
            best = w;
    }
    return best;
}

static void feed(struct hosted *h)
{
    struct worker *w;
    while (h->waiting.head && (w = pick_worker(h))) {
        worker_send(w, &h->waiting, batch_rows(h));
        sandbox_arm_tick(h->sandbox, WORKER_CHECK_MS);
    }
}

/* True when rows have waited for a while behind workers that are all busy, and the machine has a
 * core to spare. */
static bool wants_another(struct hosted *h, uint32_t worker_count)
{
    if (h->waiting.count <= WORKER_BATCHES_AHEAD * batch_rows(h)) {
        h->crowded_since_ns = 0;
        return false;
    }
    uint64_t now_ns = clock_now_ns();
    if (!h->crowded_since_ns)
        h->crowded_since_ns = now_ns;
    uint32_t cores = h->sandbox->cpu_count < 2 ? 2 : h->sandbox->cpu_count;
    return now_ns - h->crowded_since_ns >= CROWDED_NS && worker_count < h->sandbox->cpu_count &&
           sandbox_count_busy(h->sandbox) < cores;
}

static bool needs_worker(struct hosted *h)
{
    uint32_t usable = 0;
    for (const struct worker *w = h->workers; w; w = w->next_of_plugin) {
        if (w->state == WORKER_LOADING)
            return false;
        usable += w->state == WORKER_READY && !w->is_spent && !w->is_eof;
    }
    return usable ? wants_another(h, usable) : h->state == HOSTED_LOADING || h->waiting.head;
}

static void on_spawn_failed(struct hosted *h, int rc)
{
    char reason[JOB_REASON_MAX_BYTES];
    snprintf(reason, sizeof(reason), "cannot start %s: %s", h->sandbox->worker_path,
             as_err_text(rc));
    h->not_before_ms = loop_now_ms(h->sandbox->loop) + BACKOFF_FIRST_DELAY_MS;
    if (h->state == HOSTED_LOADING)
        fail_load_with(h, JOB_CRASH, reason);
    if (!h->workers)
        refuse_waiting(h, JOB_CRASH, reason);
}

static void start_worker(struct hosted *h)
{
    struct sandbox *s = h->sandbox;
    uint64_t now_ms = loop_now_ms(s->loop);
    if (now_ms < h->not_before_ms) {
        sandbox_arm_tick(s, h->not_before_ms - now_ms);
        return;
    }
    if (!sandbox_make_room(s)) {
        s->is_starved = true;
        return;
    }
    struct worker *w;
    int rc = worker_spawn(&s->setup, h, as_str_from(h->chunk_name), h->source, &w);
    if (rc) {
        on_spawn_failed(h, rc);
        return;
    }
    w->next_of_plugin = h->workers;
    h->workers = w;
    w->next_in_pool = s->workers;
    s->workers = w;
    h->crowded_since_ns = 0;
    sandbox_arm_tick(s, WORKER_CHECK_MS);
}

bool hosted_dispatch(struct hosted *h)
{
    if (h->state == HOSTED_FAILED || h->state == HOSTED_QUARANTINED)
        refuse_waiting(h, h->verdict, h->reason);
    else if (h->state == HOSTED_LIVE)
        feed(h);
    else if (h->state == HOSTED_LOADING && h->source.len > JOB_SOURCE_MAX_BYTES)
        fail_load_with(h, JOB_LOAD_ERROR, "the source is larger than 256 KB");
    if ((h->state == HOSTED_LIVE || h->state == HOSTED_LOADING) && needs_worker(h))
        start_worker(h);
    if (h->is_closed && h->state != HOSTED_LOADING && !h->waiting.head)
        end_workers(h);
    return h->waiting.head || (h->state == HOSTED_LOADING && !h->workers);
}

/* Life */

struct hosted *hosted_new(struct sandbox *sandbox, const char *chunk_name, struct as_str source,
                          sandbox_load_fn on_load, void *ctx)
{
    struct hosted *h = as_xcalloc(1, sizeof(*h));
    h->sandbox = sandbox;
    h->chunk_name = as_xstrdup(chunk_name);
    h->source = (struct as_str){as_xmemdup(source.ptr, source.len), source.len};
    h->on_load = on_load;
    h->load_ctx = ctx;
    h->row_us = FIRST_ROW_GUESS_US;
    return h;
}

bool hosted_is_over(const struct hosted *h)
{
    return h->is_closed && h->state != HOSTED_LOADING && !h->waiting.head && !h->workers &&
           !h->is_active;
}

uint32_t hosted_in_flight(const struct hosted *h)
{
    uint32_t count = 0;
    for (const struct worker *w = h->workers; w; w = w->next_of_plugin)
        count += w->in_flight.count;
    return count;
}

void hosted_shut_down(struct hosted *h)
{
    static const char reason[] = "shutting down";
    for (struct worker *w = h->workers; w; w = w->next_of_plugin)
        row_queue_prepend(&h->waiting, &w->in_flight);
    if (h->state == HOSTED_LOADING)
        fail_load_with(h, JOB_CRASH, reason);
    refuse_waiting(h, JOB_CRASH, reason);
}

void hosted_free(struct hosted *h)
{
    while (h->workers) {
        struct worker *w = h->workers;
        unlink_worker(w);
        worker_free(w);
    }
    AS_ASSERT(!h->waiting.head);
    free((char *)h->source.ptr);
    free(h->chunk_name);
    free(h);
}
