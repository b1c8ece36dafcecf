/* Lists, a clock that is a number, and socket pairs. Handles that were freed are taken off their
 * list at once: a callback may free any of them, so every walk begins again after a callback. */
#include "tests/fuzz/fake_core.h"

#include "daemon/core/loop.h"
#include "lib/job.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURN_MAX_CALLBACKS 10000 /* more in one turn is a loop that never ends */

struct loop_timer {
    struct loop_timer *next;
    loop_timer_fn fn;
    void *ctx;
    bool is_active;
    uint64_t due_ms;
};

struct loop_poll {
    struct loop_poll *next;
    loop_poll_fn fn;
    void *ctx;
    int fd, events;
    uint64_t turn; /* the last that it was called in */
};

struct child {
    struct child *next;
    child_exit_fn on_exit;
    void *ctx;
    int fd; /* the child's end */
    bool is_ending, is_gone;
    struct child_exit how;
    uint64_t number, cpu_us;
    struct job_page page;
};

struct loop {
    uint64_t now_ms, turn, spawned;
    unsigned callbacks; /* in this turn */
    struct loop_timer *timers;
    struct loop_poll *polls;
    struct child *children; /* the youngest first */
};

static struct loop the_loop;

static void count_callback(void)
{
    AS_ASSERT(the_loop.callbacks++ < TURN_MAX_CALLBACKS);
}

/* daemon/core/loop.h */

uint64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

uint64_t clock_now_ns(void)
{
    return the_loop.now_ms * 1000000;
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_fn fn, void *ctx)
{
    struct loop_timer *timer = as_xcalloc(1, sizeof(*timer));
    *timer = (struct loop_timer){.next = loop->timers, .fn = fn, .ctx = ctx};
    loop->timers = timer;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms)
{
    timer->is_active = true;
    timer->due_ms = the_loop.now_ms + delay_ms;
}

bool loop_timer_is_active(const struct loop_timer *timer)
{
    return timer->is_active;
}

void loop_timer_free(struct loop_timer *timer)
{
    struct loop_timer **at = &the_loop.timers;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    free(timer);
}

int loop_poll_new(struct loop *loop, int fd, loop_poll_fn fn, void *ctx,
                  struct loop_poll **ret_poll)
{
    struct loop_poll *poll = as_xcalloc(1, sizeof(*poll));
    *poll = (struct loop_poll){.next = loop->polls, .fn = fn, .ctx = ctx, .fd = fd};
    loop->polls = poll;
    *ret_poll = poll;
    return 0;
}

void loop_poll_set(struct loop_poll *poll, int events)
{
    poll->events = events;
}

void loop_poll_free(struct loop_poll *poll)
{
    struct loop_poll **at = &the_loop.polls;
    if (!poll)
        return;
    while (*at != poll)
        at = &(*at)->next;
    *at = poll->next;
    free(poll);
}

/* daemon/core/child.h */

int child_spawn(struct loop *loop, const char *path, char *const argv[], child_exit_fn on_exit,
                void *ctx, struct child **ret_child, int *ret_fd)
{
    int ends[2];
    (void)path, (void)argv;
    AS_ASSERT(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends));
    struct child *child = as_xcalloc(1, sizeof(*child));
    *child = (struct child){
        .next = loop->children,
        .on_exit = on_exit,
        .ctx = ctx,
        .fd = ends[1],
        .number = ++loop->spawned,
    };
    loop->children = child;
    *ret_child = child;
    *ret_fd = ends[0];
    return 0;
}

void child_kill(struct child *child, int signum)
{
    if (signum == SIGKILL)
        core_die(child, (struct child_exit){.exit_code = -1, .signum = SIGKILL});
}

const void *child_page(const struct child *child)
{
    return &child->page;
}

uint64_t child_cpu_us(const struct child *child)
{
    return child->is_gone ? 0 : child->cpu_us;
}

void child_free(struct child *child)
{
    struct child **at = &the_loop.children;
    if (!child)
        return;
    while (*at != child)
        at = &(*at)->next;
    *at = child->next;
    core_hang_up(child);
    free(child);
}

/* The target's side */

struct loop *core_begin(void)
{
    the_loop = (struct loop){.now_ms = 1000};
    return &the_loop;
}

void core_end(void)
{
    AS_ASSERT(!the_loop.timers && !the_loop.polls && !the_loop.children);
}

static struct loop_timer *find_due_timer(void)
{
    struct loop_timer *timer = the_loop.timers;
    while (timer && !(timer->is_active && timer->due_ms <= the_loop.now_ms))
        timer = timer->next;
    return timer;
}

static void fire_timers(void)
{
    struct loop_timer *timer;
    while ((timer = find_due_timer())) {
        count_callback();
        timer->is_active = false;
        timer->fn(timer->ctx);
    }
}

static int ready_events(const struct loop_poll *at)
{
    short wanted = (short)((at->events & LOOP_READABLE ? POLLIN : 0) |
                           (at->events & LOOP_WRITABLE ? POLLOUT : 0));
    struct pollfd pollfd = {.fd = at->fd, .events = wanted};
    if (!wanted || poll(&pollfd, 1, 0) < 1)
        return 0;
    return (pollfd.revents & ~POLLOUT ? LOOP_READABLE : 0) |
           (pollfd.revents & POLLOUT ? LOOP_WRITABLE : 0);
}

static void fire_polls(void)
{
    struct loop_poll *at = the_loop.polls;
    while (at) {
        int events = at->turn == the_loop.turn ? 0 : ready_events(at);
        at->turn = the_loop.turn;
        if (events) {
            count_callback();
            at->fn(at->ctx, events);
        }
        at = events ? the_loop.polls : at->next;
    }
}

static void fire_exits(void)
{
    struct child *child = the_loop.children;
    while (child) {
        bool is_due = child->is_ending && !child->is_gone;
        if (is_due) {
            count_callback();
            child->how.cpu_us = child_cpu_us(child);
            child->is_gone = true;
            child->on_exit(child->ctx, &child->how);
        }
        child = is_due ? the_loop.children : child->next;
    }
}

void core_turn(uint64_t ms)
{
    the_loop.now_ms += ms;
    the_loop.turn++;
    the_loop.callbacks = 0;
    for (struct child *child = the_loop.children; child; child = child->next)
        child->cpu_us += child->fd < 0 ? 0 : ms * 1000;
    fire_timers();
    fire_polls();
    fire_exits();
}

struct child *core_child(unsigned before)
{
    struct child *child = the_loop.children;
    while (child && (child->is_ending || before--))
        child = child->next;
    return child;
}

uint64_t core_child_number(const struct child *child)
{
    return child->number;
}

void core_say(struct child *child, struct as_str bytes)
{
    if (child->fd >= 0 && bytes.len)
        (void)!send(child->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
}

void core_hear(struct child *child, struct as_buf *ret_heard)
{
    for (;;) {
        char *end = as_buf_reserve(ret_heard, 65536);
        ssize_t got = child->fd < 0 ? 0 : recv(child->fd, end, 65536, 0);
        if (got <= 0)
            return;
        ret_heard->len += (size_t)got;
    }
}

void core_set_page(struct child *child, uint64_t rows_begun)
{
    child->page.rows_begun = rows_begun;
}

void core_hang_up(struct child *child)
{
    if (child->fd >= 0)
        close(child->fd);
    child->fd = -1;
}

void core_die(struct child *child, struct child_exit how)
{
    if (child->is_ending)
        return;
    child->is_ending = true;
    child->how = how;
    core_hang_up(child);
}
