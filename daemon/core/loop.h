/* The one event loop of assayd, and what the modules wait for on it: timers, descriptors, signals,
 * pool work.
 *
 * libuv lives behind these names; no other folder includes uv.h. Everything here belongs to the
 * loop's thread, except the work function of loop_work. A handle is freed with its *_free, which
 * may be called from its own callback; the memory goes when libuv has closed it, on a later turn,
 * and no callback fires after *_free returned. loop_run is called by main only. */
#ifndef DAEMON_CORE_LOOP_H
#define DAEMON_CORE_LOOP_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_poll;
struct loop_signal;

int loop_new(struct loop **ret_loop) AS_MUST_USE;
void loop_run(struct loop *loop);  /* until loop_stop, or until nothing is left to wait for */
void loop_turn(struct loop *loop); /* tests: one turn, waiting for the next event */
void loop_stop(struct loop *loop);
/* Runs the pending close callbacks; a handle still open is our bug. */
void loop_free(struct loop *loop);

/* Clocks. now_ms is monotonic and cached for the turn; now_ns is read anew; wall_ms is Unix
 * time. */
uint64_t loop_now_ms(const struct loop *loop);
uint64_t clock_now_ns(void);
int64_t clock_wall_ms(void);

typedef void (*loop_timer_fn)(void *ctx);
struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_fn fn, void *ctx);
/* Once; starting again moves it. With 0 it fires before the loop waits again, never before this
 * returned: in this very turn, when a timer's callback starts it. */
void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_active(const struct loop_timer *timer);
void loop_timer_unref(struct loop_timer *timer); /* alone, it does not keep loop_run going */
void loop_timer_free(struct loop_timer *timer);

/* Watches a descriptor that the caller owns and closes after loop_poll_free. */
enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };
typedef void (*loop_poll_fn)(void *ctx, int events); /* an error or hang-up shows as readable */
int loop_poll_new(struct loop *loop, int fd, loop_poll_fn fn, void *ctx,
                  struct loop_poll **ret_poll) AS_MUST_USE;
void loop_poll_set(struct loop_poll *poll, int events); /* 0 stops watching */
void loop_poll_free(struct loop_poll *poll);

typedef void (*loop_signal_fn)(void *ctx, int signum);
int loop_signal_new(struct loop *loop, int signum, loop_signal_fn fn, void *ctx,
                    struct loop_signal **ret_signal) AS_MUST_USE;
void loop_signal_free(struct loop_signal *signal);

/* Runs work(ctx) on a pool thread, then done(ctx) on the loop. What ctx points to belongs to the
 * pool until done. */
void loop_work(struct loop *loop, void (*work)(void *ctx), void (*done)(void *ctx), void *ctx);

#endif
