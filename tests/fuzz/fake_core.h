/* A loop and child processes that a fuzz target plays by itself: daemon/core's names for what
 * daemon/sandbox uses of it, without processes, and with a clock that the target moves.
 *
 * A spawned child is an end of a socket pair. The target speaks for each child that lives, reads
 * what the daemon told it, writes its page, and ends it. core_turn is a turn of the loop: timers
 * that are due, sockets that have something, exits. One loop at a time. */
#ifndef TESTS_FUZZ_FAKE_CORE_H
#define TESTS_FUZZ_FAKE_CORE_H

#include "daemon/core/child.h"
#include "lib/buf.h"

struct loop *core_begin(void);
void core_end(void); /* nothing of the loop's may be left */

/* The clock goes on by so much first; children use CPU meanwhile, until they hang up. */
void core_turn(uint64_t ms);

/* The child so many before the youngest, among those that live; NULL when there are not so many. */
struct child *core_child(unsigned before);
uint64_t core_child_number(const struct child *child);   /* from 1, in the order of spawning */
void core_say(struct child *child, struct as_str bytes); /* what does not fit the socket is lost */
/* What the daemon told it since the last call, appended. */
void core_hear(struct child *child, struct as_buf *ret_heard);
void core_set_page(struct child *child, uint64_t rows_begun);
void core_hang_up(struct child *child);                    /* closes its end; it lives on */
void core_die(struct child *child, struct child_exit how); /* seen on the next turn */

#endif
