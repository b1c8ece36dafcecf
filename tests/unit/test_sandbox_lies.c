/* The worker pool against a worker that was taken over (fake_worker.c): whatever it says on its
 * socket and in its page, it costs one row of its own plugin at most, and that row says why.
 *
 * Every lie is told in the middle of a batch, for each kind of row that it can be told of, beside
 * another plugin with rows of its own. */
#include "tests/unit/pool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 9
#define LIAR 4 /* the row whose text is the lie */
#define BROKEN "the worker broke the protocol"

static struct pool_fixture pool;

static void setup_with(uint32_t row_deadline_ms, uint32_t load_deadline_ms)
{
    struct sandbox_options options = {.worker_path = FAKE_WORKER,
                                      .row_deadline_ms = row_deadline_ms,
                                      .load_deadline_ms = load_deadline_ms,
                                      .idle_ms = 500}; /* a turn without an event ends by then */
    pool_setup(&pool, &options);
}

static int setup(void **state)
{
    (void)state;
    setup_with(0, 0);
    return 0;
}

/* For lies that end with the deadline. */
static int setup_short_deadlines(void **state)
{
    (void)state;
    setup_with(40, 60);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pool_teardown(&pool);
    return 0;
}

/* A row of this kind that says text to the fake worker. */
static void submit(uint64_t id, enum job_kind kind, const char *text, struct kept_reply *ret_reply)
{
    struct as_str said = as_str_from(text);
    struct job_row row = {.kind = kind,
                          .messages_json = said,
                          .case_json = said,
                          .http.body = said,
                          .output = {.text = said}};
    *ret_reply = (struct kept_reply){0};
    sandbox_submit(pool.sandbox, id, &row, keep_reply, ret_reply);
}

struct lie {
    const char *text;
    enum job_status status; /* of the row that pays */
    const char *reason;
    unsigned late; /* the row so many behind it pays: the lie came after a good answer */
};

static void assert_answered(const char *lie, enum job_kind kind, unsigned row,
                            const struct kept_reply *reply)
{
    if (reply->status != JOB_OK)
        fail_msg("%s, %s: row %u: %s: %s", lie, job_kind_name(kind), row,
                 job_status_name(reply->status), reply->reason);
}

static void check_replies(const struct lie *lie, enum job_kind kind,
                          const struct kept_reply *replies)
{
    unsigned payer = LIAR + lie->late;
    for (unsigned i = 0; i < ROWS; i++)
        if (i != payer)
            assert_answered(lie->text, kind, i, &replies[i]);
    if (replies[payer].status != lie->status)
        fail_msg("%s, %s: expected %s, got %s (%s)", lie->text, job_kind_name(kind),
                 job_status_name(lie->status), job_status_name(replies[payer].status),
                 replies[payer].reason);
    assert_has(replies[payer].reason, lie->reason);
}

static void check_lie(const struct lie *lie, enum job_kind kind)
{
    struct kept_reply replies[ROWS], others[ROWS], after;
    uint64_t id = pool_open_honest(&pool), other = pool_open_honest(&pool);
    for (unsigned i = 0; i < ROWS; i++) {
        submit(id, kind, i == LIAR ? lie->text : "x", &replies[i]);
        submit(other, kind, "x", &others[i]);
    }
    pool_wait_replies(&pool, replies, ROWS);
    pool_wait_replies(&pool, others, ROWS);
    check_replies(lie, kind, replies);
    for (unsigned i = 0; i < ROWS; i++)
        assert_answered(lie->text, kind, i, &others[i]);
    assert_int_equal(pool_stats_of(&pool, other).kills, 0);
    submit(id, kind, "x", &after);
    pool_wait_replies(&pool, &after, 1);
    assert_answered(lie->text, kind, ROWS, &after);
    assert_int_equal(pool_stats_of(&pool, id).kills, 1);
    sandbox_close(pool.sandbox, id);
    sandbox_close(pool.sandbox, other);
}

static void check_lies(enum job_kind kind, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_lie(&(struct lie){texts[i], JOB_CRASH, BROKEN, 0}, kind);
}

static void test_a_lie_about_the_row_is_a_crash_of_that_row_alone(void **state)
{
    static const char *const texts[] = {"index",     "far index",    "kind",   "no kind",
                                        "no status", "crash status", "reason", "long reason"};
    (void)state;
    for (enum job_kind kind = JOB_REQUEST; kind < JOB_KIND_COUNT; kind++)
        check_lies(kind, texts, AS_COUNT(texts));
}

static void test_a_false_score_is_a_crash_of_that_row_alone(void **state)
{
    static const char *const texts[] = {"nan",  "inf",   "-inf",       "above", "below",
                                        "pass", "label", "long label", "keys"};
    (void)state;
    check_lies(JOB_SCORE, texts, AS_COUNT(texts));
    check_lies(JOB_GRADE, texts, AS_COUNT(texts));
}

static void test_a_false_question_is_a_crash_of_that_row_alone(void **state)
{
    static const char *const texts[] = {"question", "object question", "no question", "schema"};
    (void)state;
    check_lies(JOB_ASK, texts, AS_COUNT(texts));
}

static void test_a_false_request_is_a_crash_of_that_row_alone(void **state)
{
    static const char *const texts[] = {"method", "path", "header"};
    (void)state;
    check_lies(JOB_REQUEST, texts, AS_COUNT(texts));
}

static void test_a_false_output_is_a_crash_of_that_row_alone(void **state)
{
    static const char *const texts[] = {"class", "finish", "model", "calls", "tokens", "latency"};
    (void)state;
    check_lies(JOB_PARSE, texts, AS_COUNT(texts));
}

static void test_a_frame_that_is_none_is_a_crash_of_that_row_alone(void **state)
{
    static const char *const texts[] = {"huge", "flood", "no bytes", "frame type",
                                        "a byte too many"};
    (void)state;
    for (enum job_kind kind = JOB_REQUEST; kind < JOB_KIND_COUNT; kind++)
        check_lies(kind, texts, AS_COUNT(texts));
}

static void test_what_nobody_asked_for_costs_the_row_behind(void **state)
{
    static const struct lie lies[] = {
        {"twice", JOB_CRASH, BROKEN, 1},
        {"flood of answers", JOB_CRASH, BROKEN, 1},
        {"loaded again", JOB_CRASH, BROKEN, 1},
    };
    (void)state;
    for (enum job_kind kind = JOB_REQUEST; kind < JOB_KIND_COUNT; kind++)
        for (unsigned i = 0; i < AS_COUNT(lies); i++)
            check_lie(&lies[i], kind);
}

static void test_a_reply_that_breaks_off_is_the_end_of_its_row_alone(void **state)
{
    static const struct lie lies[] = {
        {"cut and die", JOB_CRASH, "signal 11 (SIGSEGV)", 0},
        {"cut and exit", JOB_CRASH, "worker died: exit status 0", 0},
        {"cut and silence", JOB_TIMEOUT, "wall-clock time", 0},
        {"hang up", JOB_TIMEOUT, "wall-clock time", 0},
    };
    (void)state;
    for (enum job_kind kind = JOB_REQUEST; kind < JOB_KIND_COUNT; kind++)
        for (unsigned i = 0; i < AS_COUNT(lies); i++)
            check_lie(&lies[i], kind);
}

/* It may put the blame on another of its own rows, no more. */
static void test_a_worker_that_lies_of_its_progress_harms_no_more_than_its_own_rows(void **state)
{
    static const char *const lies[] = {"page far ahead", "page far behind", "page backwards"};
    static const char *const ends[] = {"segv", "silence", "index"};
    (void)state;
    for (unsigned i = 0; i < AS_COUNT(lies) * AS_COUNT(ends); i++) {
        struct kept_reply replies[4], other;
        uint64_t id = pool_open_honest(&pool), bystander = pool_open_honest(&pool);
        submit(id, JOB_SCORE, lies[i % AS_COUNT(lies)], &replies[0]);
        submit(id, JOB_SCORE, ends[i / AS_COUNT(lies)], &replies[1]);
        submit(id, JOB_SCORE, "x", &replies[2]);
        submit(id, JOB_SCORE, "x", &replies[3]);
        submit(bystander, JOB_SCORE, "x", &other);
        pool_wait_replies(&pool, replies, 4);
        pool_wait_replies(&pool, &other, 1);
        assert_answered(lies[i % AS_COUNT(lies)], JOB_SCORE, 0, &replies[0]);
        assert_answered(lies[i % AS_COUNT(lies)], JOB_SCORE, 0, &other);
        for (unsigned k = 1; k < 4; k++)
            assert_true(replies[k].status == JOB_OK || replies[k].reason[0]);
        assert_int_equal(pool_stats_of(&pool, bystander).kills, 0);
        sandbox_close(pool.sandbox, id);
        sandbox_close(pool.sandbox, bystander);
    }
}

static void test_a_lie_at_load_is_a_plugin_that_did_not_load(void **state)
{
    static const char *const sources[] = {"load-bad-name", "load-doc",      "load-params",
                                          "load-requires", "load-criteria", "load-scale",
                                          "load-huge",     "load-status"};
    struct kept_load load;
    (void)state;
    uint64_t bystander = pool_open_honest(&pool);
    for (unsigned i = 0; i < AS_COUNT(sources); i++) {
        pool_open(&pool, sources[i], &load);
        if (load.status != JOB_CRASH)
            fail_msg("%s: %s", sources[i], job_status_name(load.status));
        assert_has(load.reason, BROKEN);
        assert_int_equal(pool_ask(&pool, bystander, "x").status, JOB_OK);
    }
}

static void test_a_load_that_never_ends_is_a_timeout_and_one_that_breaks_off_a_crash(void **state)
{
    static const struct {
        const char *source;
        enum job_status status;
        const char *reason;
    } loads[] = {
        {"load-silence", JOB_TIMEOUT, "wall-clock time"},
        {"load-spin", JOB_TIMEOUT, "CPU time"},
        {"load-cut", JOB_CRASH, "signal 11 (SIGSEGV)"},
    };
    struct kept_load load;
    (void)state;
    for (unsigned i = 0; i < AS_COUNT(loads); i++) {
        pool_open(&pool, loads[i].source, &load);
        assert_int_equal(load.status, loads[i].status);
        assert_has(load.reason, loads[i].reason);
    }
}

/* No row is there to pay for it: the worker is ended, and so are those after it. */
static void test_a_worker_that_answers_before_it_is_asked_is_ended(void **state)
{
    static const char *const sources[] = {"load-eager", "load-twice"};
    struct kept_reply replies[20];
    struct kept_load load;
    (void)state;
    uint64_t bystander = pool_open_honest(&pool);
    for (unsigned i = 0; i < AS_COUNT(sources); i++) {
        uint64_t id = pool_open(&pool, sources[i], &load);
        assert_int_equal(load.status, JOB_OK);
        while (!pool_stats_of(&pool, id).kills)
            loop_turn(pool.loop);
        for (unsigned row = 0; row < AS_COUNT(replies); row++)
            submit(id, JOB_SCORE, "x", &replies[row]);
        pool_wait_replies(&pool, replies, AS_COUNT(replies));
        for (unsigned row = 0; row < AS_COUNT(replies); row++)
            assert_true(replies[row].status == JOB_OK || replies[row].reason[0]);
        assert_int_equal(pool_ask(&pool, bystander, "x").status, JOB_OK);
    }
}

static void test_a_worker_that_never_reads_costs_its_rows_and_nobody_elses(void **state)
{
    enum { SIZE = 5 << 20 };
    struct kept_load load;
    struct kept_reply reply = {0}, other;
    char *body = calloc(1, SIZE);
    (void)state;
    uint64_t id = pool_open(&pool, "load-deaf", &load), bystander = pool_open_honest(&pool);
    struct job_row row = {.kind = JOB_PARSE, .http.body = {body, SIZE}};
    sandbox_submit(pool.sandbox, id, &row, keep_reply, &reply);
    free(body);
    submit(bystander, JOB_PARSE, "x", &other);
    pool_wait_replies(&pool, &other, 1);
    assert_int_equal(other.status, JOB_OK);
    pool_wait_replies(&pool, &reply, 1);
    assert_int_equal(reply.status, JOB_TIMEOUT);
    assert_has(reply.reason, "wall-clock time");
}

/* sleep takes the parent's process id for seconds. */
static void test_a_program_that_neither_reads_nor_answers_fails_the_load(void **state)
{
    struct pool_fixture own;
    struct kept_load load;
    (void)state;
    pool_setup(&own,
               &(struct sandbox_options){.worker_path = "/bin/sleep", .load_deadline_ms = 20});
    pool_open(&own, "honest", &load);
    assert_int_equal(load.status, JOB_TIMEOUT);
    pool_teardown(&own);
}

#define with_pool(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define with_short_deadlines(test) \
    cmocka_unit_test_setup_teardown(test, setup_short_deadlines, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_pool(test_a_lie_about_the_row_is_a_crash_of_that_row_alone),
        with_pool(test_a_false_score_is_a_crash_of_that_row_alone),
        with_pool(test_a_false_question_is_a_crash_of_that_row_alone),
        with_pool(test_a_false_request_is_a_crash_of_that_row_alone),
        with_pool(test_a_false_output_is_a_crash_of_that_row_alone),
        with_pool(test_a_frame_that_is_none_is_a_crash_of_that_row_alone),
        with_pool(test_what_nobody_asked_for_costs_the_row_behind),
        with_short_deadlines(test_a_reply_that_breaks_off_is_the_end_of_its_row_alone),
        with_short_deadlines(
            test_a_worker_that_lies_of_its_progress_harms_no_more_than_its_own_rows),
        with_pool(test_a_lie_at_load_is_a_plugin_that_did_not_load),
        with_short_deadlines(
            test_a_load_that_never_ends_is_a_timeout_and_one_that_breaks_off_a_crash),
        with_pool(test_a_worker_that_answers_before_it_is_asked_is_ended),
        with_short_deadlines(test_a_worker_that_never_reads_costs_its_rows_and_nobody_elses),
        cmocka_unit_test(test_a_program_that_neither_reads_nor_answers_fails_the_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
