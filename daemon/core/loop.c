/* libuv handles, one small heap object each: the object embeds the handle, so that the close
 * callback frees both. */
#include "daemon/core/loop.h"

#include "daemon/core/loop_uv.h"

#include <stdlib.h>
#include <time.h>
#include <uv.h>

struct loop {
    uv_loop_t uv;
    struct loop_watches watches;
};

struct loop_timer {
    uv_timer_t uv;
    loop_timer_fn fn;
    void *ctx;
};

struct loop_poll {
    uv_poll_t uv;
    loop_poll_fn fn;
    void *ctx;
};

struct loop_signal {
    uv_signal_t uv;
    loop_signal_fn fn;
    void *ctx;
};

struct loop_job {
    uv_work_t uv;
    void (*work)(void *ctx);
    void (*done)(void *ctx);
    void *ctx;
};

int loop_new(struct loop **ret_loop)
{
    struct loop *loop = as_xcalloc(1, sizeof(*loop));
    if (uv_loop_init(&loop->uv)) {
        free(loop);
        return AS_EIO;
    }
    *ret_loop = loop;
    return 0;
}

uv_loop_t *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

struct loop_watches *loop_watches(struct loop *loop)
{
    return &loop->watches;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_turn(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_ONCE);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    while (uv_run(&loop->uv, UV_RUN_DEFAULT)) {
        /* once more, when a loop_stop that no loop_run has seen ended it at once */
    }
    int rc = uv_loop_close(&loop->uv);
    AS_ASSERT(rc == 0);
    free(loop);
}

uint64_t loop_now_ms(const struct loop *loop)
{
    return uv_now(&loop->uv);
}

uint64_t clock_now_ns(void)
{
    return uv_hrtime();
}

int64_t clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Every handle object starts with its uv handle, so one close callback serves all. */
static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void on_timer(uv_timer_t *uv)
{
    struct loop_timer *timer = (struct loop_timer *)uv;
    timer->fn(timer->ctx);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_fn fn, void *ctx)
{
    struct loop_timer *timer = as_xcalloc(1, sizeof(*timer));
    uv_timer_init(&loop->uv, &timer->uv);
    timer->fn = fn;
    timer->ctx = ctx;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms)
{
    uv_timer_start(&timer->uv, on_timer, delay_ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

bool loop_timer_is_active(const struct loop_timer *timer)
{
    return uv_is_active((const uv_handle_t *)&timer->uv);
}

void loop_timer_unref(struct loop_timer *timer)
{
    uv_unref((uv_handle_t *)&timer->uv);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, free_handle);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct loop_poll *poll = (struct loop_poll *)uv;
    int seen = 0;
    if (status < 0 || events & (UV_READABLE | UV_DISCONNECT))
        seen |= LOOP_READABLE;
    if (events & UV_WRITABLE)
        seen |= LOOP_WRITABLE;
    if (seen)
        poll->fn(poll->ctx, seen);
}

int loop_poll_new(struct loop *loop, int fd, loop_poll_fn fn, void *ctx,
                  struct loop_poll **ret_poll)
{
    struct loop_poll *poll = as_xcalloc(1, sizeof(*poll));
    int rc = uv_poll_init(&loop->uv, &poll->uv, fd);
    if (rc) {
        free(poll);
        return as_err_from_errno(-rc);
    }
    poll->fn = fn;
    poll->ctx = ctx;
    *ret_poll = poll;
    return 0;
}

void loop_poll_set(struct loop_poll *poll, int events)
{
    int uv_events = events & LOOP_READABLE ? UV_READABLE : 0;
    uv_events |= events & LOOP_WRITABLE ? UV_WRITABLE : 0;
    if (uv_events)
        uv_poll_start(&poll->uv, uv_events, on_poll);
    else
        uv_poll_stop(&poll->uv);
}

void loop_poll_free(struct loop_poll *poll)
{
    if (!poll)
        return;
    uv_poll_stop(&poll->uv); /* before the caller closes the descriptor */
    uv_close((uv_handle_t *)&poll->uv, free_handle);
}

static void on_signal(uv_signal_t *uv, int signum)
{
    struct loop_signal *signal = (struct loop_signal *)uv;
    signal->fn(signal->ctx, signum);
}

int loop_signal_new(struct loop *loop, int signum, loop_signal_fn fn, void *ctx,
                    struct loop_signal **ret_signal)
{
    struct loop_signal *signal = as_xcalloc(1, sizeof(*signal));
    uv_signal_init(&loop->uv, &signal->uv);
    signal->fn = fn;
    signal->ctx = ctx;
    int rc = uv_signal_start(&signal->uv, on_signal, signum);
    if (rc) {
        loop_signal_free(signal);
        return AS_EINVAL;
    }
    uv_unref((uv_handle_t *)&signal->uv);
    *ret_signal = signal;
    return 0;
}

void loop_signal_free(struct loop_signal *signal)
{
    if (signal)
        uv_close((uv_handle_t *)&signal->uv, free_handle);
}

static void on_work(uv_work_t *uv)
{
    struct loop_job *job = (struct loop_job *)uv;
    job->work(job->ctx);
}

static void on_work_done(uv_work_t *uv, int status)
{
    struct loop_job *job = (struct loop_job *)uv;
    (void)status; /* never cancelled: we do not call uv_cancel */
    job->done(job->ctx);
    free(job);
}

void loop_work(struct loop *loop, void (*work)(void *ctx), void (*done)(void *ctx), void *ctx)
{
    struct loop_job *job = as_xcalloc(1, sizeof(*job));
    job->work = work;
    job->done = done;
    job->ctx = ctx;
    int rc = uv_queue_work(&loop->uv, &job->uv, on_work, on_work_done);
    AS_ASSERT(rc == 0);
}
