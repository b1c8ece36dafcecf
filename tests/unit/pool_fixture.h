/* For the tests of sandbox, registry and attacks: a loop, a sandbox, and rows whose replies are
 * kept.
 *
 * Everything here is for one test at a time: pool_setup and pool_teardown are cmocka's, and the
 * teardown fails the test when a descriptor or a child process is left. */
#ifndef TESTS_UNIT_POOL_FIXTURE_H
#define TESTS_UNIT_POOL_FIXTURE_H

#include "daemon/sandbox/sandbox.h"

#define FAKE_WORKER BIN_DIR "/fake_worker"
#define REAL_WORKER BIN_DIR "/assay-worker"

struct pool_fixture {
    struct loop *loop;
    struct sandbox *sandbox;
    unsigned fds_before;
};

/* A copy of a reply. */
struct kept_reply {
    bool is_there;
    enum job_status status;
    double score;
    bool is_na;
    uint32_t order; /* the how-manyth reply of this test it was */
    char reason[512];
    char label[160];
};

struct kept_load {
    bool is_there;
    enum job_status status;
    char reason[512];
};

void pool_setup(struct pool_fixture *fixture, const struct sandbox_options *options);
void pool_teardown(struct pool_fixture *fixture);

/* Opens and waits for the load. */
uint64_t pool_open(struct pool_fixture *fixture, const char *source, struct kept_load *ret_load);
/* The fake worker, telling the truth; its load must succeed. */
uint64_t pool_open_honest(struct pool_fixture *fixture);
struct sandbox_stats pool_stats_of(struct pool_fixture *fixture, uint64_t id);
void pool_submit_text(struct pool_fixture *fixture, uint64_t id, struct as_str text,
                      struct kept_reply *ret_reply);
void pool_wait_replies(struct pool_fixture *fixture, const struct kept_reply *replies,
                       unsigned count);
struct kept_reply pool_ask(struct pool_fixture *fixture, uint64_t id, const char *text);
void pool_turn_for_ms(struct pool_fixture *fixture, uint64_t ms);
void keep_reply(void *kept_reply, const struct job_reply *reply); /* a sandbox_row_fn */
void keep_load(void *kept_load, const struct job_loaded *loaded); /* a sandbox_load_fn */

/* part is in text, which is not NULL. */
void assert_has(const char *text, const char *part);

#endif
