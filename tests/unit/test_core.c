/* daemon/core: the loop, and timers, descriptors, signals and pool work on it. */
#include "tests/unit/core_fixture.h"

#include "lib/buf.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* What happened, in order, one letter each. */
struct story {
    struct as_buf text;
    size_t count;
};

/* A callback that adds its letter, and does one more thing. */
struct teller {
    struct story *story;
    struct loop *loop;
    struct loop_timer *timer;
    void (*then)(struct teller *teller);
    char letter;
};

static void tell(void *ctx)
{
    struct teller *teller = ctx;
    as_buf_addc(&teller->story->text, teller->letter);
    teller->story->count++;
    if (teller->then)
        teller->then(teller);
}

static void expect_story(struct story *story, const char *want)
{
    assert_string_equal(story->text.ptr ? story->text.ptr : "", want);
    as_buf_done(&story->text);
}

static struct teller new_teller(struct core_fixture *f, struct story *story, char letter)
{
    return (struct teller){.story = story, .loop = f->loop, .letter = letter};
}

static void start_timer(struct teller *teller, uint64_t delay_ms)
{
    if (!teller->timer)
        teller->timer = loop_timer_new(teller->loop, tell, teller);
    loop_timer_start(teller->timer, delay_ms);
}

/* ---- timers ---- */

static void test_timers_fire_in_the_order_of_their_times(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller tellers[4];
    static const uint64_t delays_ms[] = {30, 10, 20, 10};
    for (size_t i = 0; i < AS_COUNT(tellers); i++) {
        tellers[i] = new_teller(f, &story, (char)('a' + i));
        start_timer(&tellers[i], delays_ms[i]);
    }
    run_until_count(f, &story.count, 4);
    for (size_t i = 0; i < AS_COUNT(tellers); i++)
        loop_timer_free(tellers[i].timer);
    expect_story(&story, "bdca");
}

static void test_a_timer_fires_once_and_not_before_its_time(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller teller = new_teller(f, &story, 'a');
    uint64_t start_ns = clock_now_ns();
    start_timer(&teller, 20);
    assert_true(loop_timer_is_active(teller.timer));
    run_until_count(f, &story.count, 1);
    assert_true(clock_now_ns() - start_ns >= 19 * 1000000u); /* the loop counts whole ms */
    assert_false(loop_timer_is_active(teller.timer));
    run_for_ms(f, 50);
    loop_timer_free(teller.timer);
    expect_story(&story, "a");
}

static void test_a_stopped_timer_does_not_fire_and_may_be_started_again(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller teller = new_teller(f, &story, 'a');
    start_timer(&teller, 5);
    loop_timer_stop(teller.timer);
    assert_false(loop_timer_is_active(teller.timer));
    run_for_ms(f, 20);
    assert_int_equal(story.count, 0);
    start_timer(&teller, 5);
    run_until_count(f, &story.count, 1);
    loop_timer_free(teller.timer);
    expect_story(&story, "a");
}

static void test_starting_a_timer_again_moves_it(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller moved = new_teller(f, &story, 'm'), other = new_teller(f, &story, 'o');
    start_timer(&moved, 5);
    start_timer(&other, 15);
    start_timer(&moved, 30);
    run_until_count(f, &story.count, 2);
    loop_timer_free(moved.timer);
    loop_timer_free(other.timer);
    expect_story(&story, "om");
}

static void free_own_timer(struct teller *teller)
{
    loop_timer_free(teller->timer);
}

static void test_a_timer_may_be_freed_in_its_own_callback(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller teller = new_teller(f, &story, 'a');
    teller.then = free_own_timer;
    start_timer(&teller, 0);
    run_until_count(f, &story.count, 1);
    expect_story(&story, "a");
}

static void restart_until_five(struct teller *teller)
{
    if (teller->story->count < 5)
        loop_timer_start(teller->timer, 0);
}

static void test_a_timer_may_be_started_in_its_own_callback(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller teller = new_teller(f, &story, 'a');
    teller.then = restart_until_five;
    start_timer(&teller, 0);
    run_until_count(f, &story.count, 5);
    loop_timer_free(teller.timer);
    expect_story(&story, "aaaaa");
}

static void test_a_freed_timer_never_fires(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller teller = new_teller(f, &story, 'a');
    start_timer(&teller, 0);
    loop_timer_free(teller.timer);
    run_for_ms(f, 10);
    expect_story(&story, "");
}

/* ---- running and stopping ---- */

static void test_a_loop_runs_until_nothing_is_left_to_wait_for(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller last = new_teller(f, &story, 'a'), idle = new_teller(f, &story, 'x');
    start_timer(&last, 10);
    start_timer(&idle, CORE_DEADLINE_MS);
    loop_timer_unref(idle.timer); /* alone, it is nothing to wait for */
    loop_run(f->loop);
    loop_timer_free(last.timer);
    loop_timer_free(idle.timer);
    expect_story(&story, "a");
}

static void stop_loop(struct teller *teller)
{
    loop_stop(teller->loop);
}

static void test_a_stopped_loop_goes_on_where_it_was(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller first = new_teller(f, &story, 'a'), second = new_teller(f, &story, 'b');
    first.then = stop_loop;
    start_timer(&first, 1);
    start_timer(&second, 30);
    loop_run(f->loop);
    assert_int_equal(story.count, 1);
    loop_run(f->loop);
    loop_timer_free(first.timer);
    loop_timer_free(second.timer);
    expect_story(&story, "ab");
}

static void test_a_loop_that_was_told_to_stop_can_be_freed(void **state)
{
    struct core_fixture *f = *state;
    struct story story = {0};
    struct teller teller = new_teller(f, &story, 'a');
    start_timer(&teller, 0);
    loop_timer_free(teller.timer);
    loop_stop(f->loop); /* and the teardown frees it, with a close callback pending */
    expect_story(&story, "");
}

static void test_the_loops_clock_goes_on_and_stands_still_within_a_turn(void **state)
{
    struct core_fixture *f = *state;
    uint64_t before = loop_now_ms(f->loop), start_ns = clock_now_ns();
    while (clock_now_ns() - start_ns < 3 * 1000000u) {
    }
    assert_int_equal(loop_now_ms(f->loop), before);
    run_for_ms(f, 3);
    assert_true(loop_now_ms(f->loop) >= before + 3);
    assert_true(clock_wall_ms() > 1500000000000);
}

/* ---- descriptors ---- */

struct watched {
    struct loop_poll *poll;
    int ends[2]; /* the first one is watched */
    int seen;
    size_t count;
};

static void on_poll(void *ctx, int events)
{
    struct watched *watched = ctx;
    watched->seen |= events;
    watched->count++;
}

static void watch_socket(struct core_fixture *f, struct watched *watched)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, watched->ends), 0);
    assert_int_equal(loop_poll_new(f->loop, watched->ends[0], on_poll, watched, &watched->poll), 0);
}

static void unwatch(struct watched *watched)
{
    loop_poll_free(watched->poll);
    close(watched->ends[0]);
    if (watched->ends[1] >= 0)
        close(watched->ends[1]);
}

static void test_a_descriptor_is_readable_when_there_is_something_to_read(void **state)
{
    struct core_fixture *f = *state;
    struct watched watched = {0};
    watch_socket(f, &watched);
    loop_poll_set(watched.poll, LOOP_READABLE);
    run_for_ms(f, 10);
    assert_int_equal(watched.count, 0);
    assert_int_equal(write(watched.ends[1], "x", 1), 1);
    run_until_count(f, &watched.count, 1);
    assert_int_equal(watched.seen, LOOP_READABLE);
    unwatch(&watched);
}

static void test_a_descriptor_with_room_is_writable(void **state)
{
    struct core_fixture *f = *state;
    struct watched watched = {0};
    watch_socket(f, &watched);
    loop_poll_set(watched.poll, LOOP_READABLE | LOOP_WRITABLE);
    run_until_count(f, &watched.count, 1);
    assert_int_equal(watched.seen, LOOP_WRITABLE);
    unwatch(&watched);
}

static void test_a_hang_up_shows_as_readable(void **state)
{
    struct core_fixture *f = *state;
    struct watched watched = {0};
    watch_socket(f, &watched);
    loop_poll_set(watched.poll, LOOP_READABLE);
    close(watched.ends[1]);
    watched.ends[1] = -1;
    run_until_count(f, &watched.count, 1);
    assert_int_equal(watched.seen, LOOP_READABLE);
    unwatch(&watched);
}

static void test_a_descriptor_that_is_no_longer_watched_is_silent(void **state)
{
    struct core_fixture *f = *state;
    struct watched watched = {0};
    watch_socket(f, &watched);
    loop_poll_set(watched.poll, LOOP_READABLE | LOOP_WRITABLE);
    loop_poll_set(watched.poll, 0);
    assert_int_equal(write(watched.ends[1], "x", 1), 1);
    run_for_ms(f, 10);
    assert_int_equal(watched.count, 0);
    loop_poll_set(watched.poll, LOOP_READABLE);
    run_until_count(f, &watched.count, 1);
    unwatch(&watched);
}

static void test_a_file_cannot_be_watched_as_a_descriptor(void **state)
{
    struct core_fixture *f = *state;
    struct loop_poll *poll = NULL;
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_true(loop_poll_new(f->loop, fileno(file), on_poll, NULL, &poll) < 0);
    assert_null(poll);
    fclose(file);
}

/* ---- signals ---- */

static void on_signal(void *ctx, int signum)
{
    *(size_t *)ctx = (size_t)signum;
}

static void test_a_signal_is_told_on_the_loop(void **state)
{
    struct core_fixture *f = *state;
    struct loop_signal *signal = NULL;
    size_t seen = 0;
    assert_int_equal(loop_signal_new(f->loop, SIGUSR1, on_signal, &seen, &signal), 0);
    loop_run(f->loop); /* a signal alone is nothing to wait for */
    raise(SIGUSR1);
    assert_int_equal(seen, 0);
    run_until_count(f, &seen, SIGUSR1);
    loop_signal_free(signal);
}

static void test_a_signal_that_cannot_be_caught_is_refused(void **state)
{
    struct core_fixture *f = *state;
    struct loop_signal *signal = NULL;
    assert_int_equal(loop_signal_new(f->loop, SIGKILL, on_signal, NULL, &signal), AS_EINVAL);
    assert_null(signal);
}

/* ---- pool work ---- */

struct job {
    pthread_t worked_by, done_by;
    size_t *done_count;
    unsigned input, square;
};

static void work_on_job(void *ctx)
{
    struct job *job = ctx;
    job->worked_by = pthread_self();
    job->square = job->input * job->input;
}

static void job_done(void *ctx)
{
    struct job *job = ctx;
    job->done_by = pthread_self();
    (*job->done_count)++;
}

static void test_work_is_done_on_another_thread_and_told_on_ours(void **state)
{
    struct core_fixture *f = *state;
    size_t done_count = 0;
    struct job job = {.done_count = &done_count, .input = 7};
    loop_work(f->loop, work_on_job, job_done, &job);
    assert_int_equal(done_count, 0);
    run_until_count(f, &done_count, 1);
    assert_int_equal(job.square, 49);
    assert_false(pthread_equal(job.worked_by, pthread_self()));
    assert_true(pthread_equal(job.done_by, pthread_self()));
}

static void test_every_piece_of_work_is_done_once(void **state)
{
    struct core_fixture *f = *state;
    static struct job jobs[500];
    size_t done_count = 0;
    for (unsigned i = 0; i < AS_COUNT(jobs); i++) {
        jobs[i] = (struct job){.done_count = &done_count, .input = i};
        loop_work(f->loop, work_on_job, job_done, &jobs[i]);
    }
    loop_run(f->loop); /* work is something to wait for */
    assert_int_equal(done_count, AS_COUNT(jobs));
    for (unsigned i = 0; i < AS_COUNT(jobs); i++)
        assert_int_equal(jobs[i].square, i * i);
}

struct blocked_work {
    int fd; /* what the pool waits for */
    bool is_done;
};

static void wait_for_byte(void *ctx)
{
    char byte;
    struct blocked_work *work = ctx;
    if (read(work->fd, &byte, 1) != 1)
        abort();
}

static void blocked_work_done(void *ctx)
{
    ((struct blocked_work *)ctx)->is_done = true;
}

static void test_the_loop_turns_while_the_pool_works(void **state)
{
    struct core_fixture *f = *state;
    struct blocked_work work = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    work.fd = ends[0];
    loop_work(f->loop, wait_for_byte, blocked_work_done, &work);
    run_for_ms(f, 20);
    assert_false(work.is_done);
    assert_int_equal(write(ends[1], "x", 1), 1);
    run_until(f, &work.is_done);
    close(ends[0]);
    close(ends[1]);
}

#define CORE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, core_fixture_setup, core_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CORE_TEST(test_timers_fire_in_the_order_of_their_times),
        CORE_TEST(test_a_timer_fires_once_and_not_before_its_time),
        CORE_TEST(test_a_stopped_timer_does_not_fire_and_may_be_started_again),
        CORE_TEST(test_starting_a_timer_again_moves_it),
        CORE_TEST(test_a_timer_may_be_freed_in_its_own_callback),
        CORE_TEST(test_a_timer_may_be_started_in_its_own_callback),
        CORE_TEST(test_a_freed_timer_never_fires),
        CORE_TEST(test_a_loop_runs_until_nothing_is_left_to_wait_for),
        CORE_TEST(test_a_stopped_loop_goes_on_where_it_was),
        CORE_TEST(test_a_loop_that_was_told_to_stop_can_be_freed),
        CORE_TEST(test_the_loops_clock_goes_on_and_stands_still_within_a_turn),
        CORE_TEST(test_a_descriptor_is_readable_when_there_is_something_to_read),
        CORE_TEST(test_a_descriptor_with_room_is_writable),
        CORE_TEST(test_a_hang_up_shows_as_readable),
        CORE_TEST(test_a_descriptor_that_is_no_longer_watched_is_silent),
        CORE_TEST(test_a_file_cannot_be_watched_as_a_descriptor),
        CORE_TEST(test_a_signal_is_told_on_the_loop),
        CORE_TEST(test_a_signal_that_cannot_be_caught_is_refused),
        CORE_TEST(test_work_is_done_on_another_thread_and_told_on_ours),
        CORE_TEST(test_every_piece_of_work_is_done_once),
        CORE_TEST(test_the_loop_turns_while_the_pool_works),
    };
    return cmocka_run_group_tests(tests, core_fixture_group_setup, NULL);
}
