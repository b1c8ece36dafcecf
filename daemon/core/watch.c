/* uv_fs_event with two timers: one gathers a burst of events into a single call, one looks every
 * second whether the path still leads to the directory that is watched. libuv cannot tell that: an
 * inotify watch follows the inode, and a directory that is replaced takes its watch away.
 *
 * Nor does libuv tell when the kernel's queue, which all watches of a loop share, was full and
 * events of any of them were lost. But whenever that happens there are as many events to come as
 * the queue holds, so every so many of them all watches are told to look again. */
#include "daemon/core/watch.h"

#include "daemon/core/loop_uv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#define EVENTS_PER_LOOK 256 /* fewer than fs.inotify.max_queued_events, 16384 as a rule */

struct event_handle {
    uv_fs_event_t uv;    /* first: freed by its close callback */
    struct watch *owner; /* NULL once the watch let go of it */
};

struct watch {
    struct watch *next; /* of the loop's */
    struct loop *loop;
    struct event_handle *events; /* NULL while the directory is missing */
    struct loop_timer *quiet;
    struct loop_timer *retry;
    char *directory;
    watch_fn on_change;
    void *ctx;
    uint64_t first_event_ms; /* 0: nothing pending */
    ino_t inode;             /* of the directory that is being watched */
    bool is_in_doubt;        /* it was touched itself: it may be another one by now */
};

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void detach(struct watch *watch)
{
    if (!watch->events)
        return;
    watch->events->owner = NULL;
    uv_close((uv_handle_t *)&watch->events->uv, on_closed);
    watch->events = NULL;
}

static void schedule_change(struct watch *watch)
{
    uint64_t now = loop_now_ms(watch->loop);
    if (!watch->first_event_ms)
        watch->first_event_ms = now ? now : 1;
    uint64_t waited = now - watch->first_event_ms;
    uint64_t left = waited >= WATCH_MAX_DELAY_MS ? 0 : WATCH_MAX_DELAY_MS - waited;
    loop_timer_start(watch->quiet, left < WATCH_QUIET_MS ? left : WATCH_QUIET_MS);
}

static void count_event(struct loop *loop)
{
    struct loop_watches *watches = loop_watches(loop);
    if (++watches->event_count % EVENTS_PER_LOOK)
        return;
    for (struct watch *watch = watches->first; watch; watch = watch->next)
        schedule_change(watch);
}

/* libuv gives an event of the directory itself (deleted, moved) the directory's own name. */
static bool is_about_itself(const struct watch *watch, const char *name)
{
    const char *slash = strrchr(watch->directory, '/');
    return !name || !strcmp(name, slash ? slash + 1 : watch->directory);
}

static void on_fs_event(uv_fs_event_t *uv, const char *name, int events, int status)
{
    struct watch *watch = ((struct event_handle *)uv)->owner;
    (void)events;
    if (!watch)
        return;
    watch->is_in_doubt |= status || is_about_itself(watch, name);
    schedule_change(watch);
    count_event(watch->loop);
}

static bool attach(struct watch *watch)
{
    struct stat about;
    if (stat(watch->directory, &about) || !S_ISDIR(about.st_mode))
        return false;
    struct event_handle *events = as_xcalloc(1, sizeof(*events));
    uv_fs_event_init(loop_uv(watch->loop), &events->uv);
    if (uv_fs_event_start(&events->uv, on_fs_event, watch->directory, 0)) {
        uv_close((uv_handle_t *)&events->uv, on_closed);
        return false;
    }
    events->owner = watch;
    watch->events = events;
    watch->inode = about.st_ino;
    return true;
}

/* The directory may have been moved away and another put in its place without an event on the new
 * one. */
static void on_retry(void *ctx)
{
    struct watch *watch = ctx;
    struct stat about;
    bool is_there = !stat(watch->directory, &about) && S_ISDIR(about.st_mode);
    bool is_same = is_there && watch->events && about.st_ino == watch->inode;
    if (!is_same && (is_there || watch->events)) {
        detach(watch);
        if (is_there)
            attach(watch);
        schedule_change(watch);
    }
    loop_timer_start(watch->retry, WATCH_RETRY_MS);
}

/* A directory made anew may even have the inode of the one that was deleted, so a watch in doubt is
 * made anew too. */
static void on_quiet(void *ctx)
{
    struct watch *watch = ctx;
    watch->first_event_ms = 0;
    if (watch->is_in_doubt) {
        watch->is_in_doubt = false;
        detach(watch);
        attach(watch);
    }
    watch->on_change(watch->ctx);
}

struct watch *watch_new(struct loop *loop, const char *directory, watch_fn on_change, void *ctx)
{
    struct watch *watch = as_xcalloc(1, sizeof(*watch));
    watch->loop = loop;
    watch->directory = as_xstrdup(directory);
    watch->on_change = on_change;
    watch->ctx = ctx;
    watch->quiet = loop_timer_new(loop, on_quiet, watch);
    watch->retry = loop_timer_new(loop, on_retry, watch);
    watch->next = loop_watches(loop)->first;
    loop_watches(loop)->first = watch;
    attach(watch);
    loop_timer_start(watch->retry, WATCH_RETRY_MS);
    return watch;
}

static void forget(struct watch *watch)
{
    struct watch **at = &loop_watches(watch->loop)->first;
    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    forget(watch);
    detach(watch);
    loop_timer_free(watch->quiet);
    loop_timer_free(watch->retry);
    free(watch->directory);
    free(watch);
}
