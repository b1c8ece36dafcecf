/* A loop for the tests of daemon/core, and the proof at each test's end that no handle, descriptor
 * or child is left. Nothing is waited for by sleeping: the loop turns until it happened, or a
 * deadline fails the test. */
#ifndef TESTS_UNIT_CORE_FIXTURE_H
#define TESTS_UNIT_CORE_FIXTURE_H

#include "daemon/core/loop.h"

#define CORE_DEADLINE_MS 20000

struct core_fixture {
    struct loop *loop;
    struct loop_timer *tick;
    uint64_t deadline_ms;
    size_t descriptor_count; /* before the loop was there */
    bool is_late;
};

/* Of the whole program: what libuv opens once and keeps. */
int core_fixture_group_setup(void **state);
/* Of one test; *state is the fixture. */
int core_fixture_setup(void **state);
int core_fixture_teardown(void **state);

/* Turns the loop until the flag is set. */
void run_until(struct core_fixture *f, const bool *flag);
void run_until_count(struct core_fixture *f, const size_t *count, size_t want);
/* Lets events come in for that long, to see that something does not happen. */
void run_for_ms(struct core_fixture *f, uint64_t ms);

#endif
