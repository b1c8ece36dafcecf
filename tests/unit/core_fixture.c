/* See core_fixture.h. */
#include "tests/unit/core_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#define TICK_MS 10

static size_t count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void ignore_signal(void *ctx, int signum)
{
    (void)ctx;
    (void)signum;
}

static void do_nothing(void *ctx)
{
    (void)ctx;
}

int core_fixture_group_setup(void **state)
{
    struct loop *loop = NULL;
    struct loop_signal *signal = NULL;
    (void)state;
    if (loop_new(&loop) || loop_signal_new(loop, SIGUSR1, ignore_signal, NULL, &signal))
        return -1;
    loop_work(loop, do_nothing, do_nothing, NULL);
    loop_run(loop);
    loop_signal_free(signal);
    loop_free(loop);
    return 0;
}

/* A turn waits for the next event; the tick is one, so that a deadline is looked at and what
 * happened at the start of a turn is seen. */
static void on_tick(void *ctx)
{
    struct core_fixture *f = ctx;
    f->is_late = loop_now_ms(f->loop) >= f->deadline_ms;
    loop_timer_start(f->tick, TICK_MS);
}

static void start_ticking(struct core_fixture *f)
{
    f->deadline_ms = loop_now_ms(f->loop) + CORE_DEADLINE_MS;
    loop_timer_start(f->tick, TICK_MS);
}

int core_fixture_setup(void **state)
{
    struct core_fixture *f = as_xcalloc(1, sizeof(*f));
    f->descriptor_count = count_descriptors();
    if (loop_new(&f->loop))
        return -1;
    f->tick = loop_timer_new(f->loop, on_tick, f);
    *state = f;
    return 0;
}

int core_fixture_teardown(void **state)
{
    struct core_fixture *f = *state;
    loop_timer_free(f->tick);
    loop_free(f->loop); /* asserts that no handle is open */
    bool has_child = waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
    bool is_clean = count_descriptors() == f->descriptor_count && !has_child;
    if (!is_clean)
        print_error("a descriptor or a child is left\n");
    free(f);
    return is_clean ? 0 : -1;
}

void run_until_count(struct core_fixture *f, const size_t *count, size_t want)
{
    start_ticking(f);
    while (*count < want && !f->is_late)
        loop_turn(f->loop);
    loop_timer_stop(f->tick);
    if (f->is_late)
        fail_msg("%zu of %zu happened before the deadline", *count, want);
}

void run_until(struct core_fixture *f, const bool *flag)
{
    start_ticking(f);
    while (!*flag && !f->is_late)
        loop_turn(f->loop);
    loop_timer_stop(f->tick);
    if (f->is_late)
        fail_msg("it did not happen before the deadline");
}

static void set_flag(void *ctx)
{
    *(bool *)ctx = true;
}

void run_for_ms(struct core_fixture *f, uint64_t ms)
{
    bool is_over = false;
    struct loop_timer *timer = loop_timer_new(f->loop, set_flag, &is_over);
    loop_timer_start(timer, ms);
    run_until(f, &is_over);
    loop_timer_free(timer);
}
