/* The worker pool against a worker that lies, dies and dawdles on command (fake_worker.c): every
 * row gets exactly one reply, the row that broke a worker gets the blame, and its neighbours get
 * their answers. */
#include "tests/unit/pool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct pool_fixture pool;

static int setup(void **state)
{
    struct sandbox_options options = {
        .worker_path = FAKE_WORKER, .row_deadline_ms = 40, .load_deadline_ms = 60};
    (void)state;
    pool_setup(&pool, &options);
    return 0;
}

static int setup_two_workers(void **state)
{
    struct sandbox_options options = {.worker_path = FAKE_WORKER, .max_workers = 2};
    (void)state;
    pool_setup(&pool, &options);
    return 0;
}

static int setup_short_idle(void **state)
{
    struct sandbox_options options = {.worker_path = FAKE_WORKER, .idle_ms = 30};
    (void)state;
    pool_setup(&pool, &options);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pool_teardown(&pool);
    return 0;
}

static void assert_answered(const struct kept_reply *reply)
{
    if (reply->status != JOB_OK)
        fail_msg("%s: %s", job_status_name(reply->status), reply->reason);
    assert_float_equal(reply->score, 0.25, 0);
}

static void test_rows_are_answered_in_the_order_they_came(void **state)
{
    enum { ROWS = 300 };
    static struct kept_reply replies[ROWS];
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    for (unsigned i = 0; i < ROWS; i++)
        pool_submit_text(&pool, id, AS_STR("x"), &replies[i]);
    assert_int_equal(pool_stats_of(&pool, id).queued, ROWS);
    pool_wait_replies(&pool, replies, ROWS);
    for (unsigned i = 0; i < ROWS; i++)
        assert_answered(&replies[i]);
    struct sandbox_stats stats = pool_stats_of(&pool, id);
    assert_int_equal(stats.p50_us, 10); /* what the fake worker says of each row */
    assert_int_equal(stats.calls, ROWS);
    assert_int_equal(stats.errors, 0);
    assert_int_equal(stats.kills, 0);
    assert_int_equal(stats.queued, 0);
    assert_true(stats.memory_kb >= 100);
}

/* A row that breaks its worker sits between rows that do not. */
struct breakage {
    const char *text;
    enum job_status status;
    const char *reason;
};

/* On a machine with too little CPU left a row that spins meets a backstop before its soft stop. */
static bool has_starved(const struct kept_reply *reply)
{
    return reply->status == JOB_TIMEOUT && strstr(reply->reason, "stopped after ");
}

static void check_breakage_after(const char *before, const struct breakage *b)
{
    struct kept_reply replies[9];
    uint64_t id = pool_open_honest(&pool);
    for (unsigned i = 0; i < 9; i++) {
        const char *text = i < 4 ? before : i == 4 ? b->text : "x";
        pool_submit_text(&pool, id, as_str_from(text), &replies[i]);
    }
    pool_wait_replies(&pool, replies, 9);
    for (unsigned i = 0; i < 9; i++)
        if (i != 4)
            assert_answered(&replies[i]);
    if (replies[4].status != b->status)
        fail_msg("%s: expected %s, got %s (%s)", b->text, job_status_name(b->status),
                 job_status_name(replies[4].status), replies[4].reason);
    if (strcmp(b->text, "soft") != 0 || !has_starved(&replies[4]))
        assert_has(replies[4].reason, b->reason);
    sandbox_close(pool.sandbox, id);
}

static void check_breakage(const struct breakage *b)
{
    check_breakage_after("x", b);
}

/* The answers of quick rows travel together: those that die with the worker are made again. */
static void test_a_death_is_not_blamed_on_rows_whose_answers_had_not_left(void **state)
{
    static const struct breakage breakages[] = {
        {"segv", JOB_CRASH, "worker died: signal 11 (SIGSEGV)"},
        {"exit", JOB_CRASH, "worker died: exit status 3"},
        {"spin", JOB_TIMEOUT, " time"},
        {"soft", JOB_TIMEOUT, "fake.lua:7: stopped"},
    };
    (void)state;
    for (unsigned i = 0; i < AS_COUNT(breakages); i++)
        check_breakage_after("keep", &breakages[i]);
}

static void test_a_death_is_blamed_on_the_row_it_happened_at_and_the_rest_is_answered(void **state)
{
    static const struct breakage breakages[] = {
        {"segv", JOB_CRASH, "worker died: signal 11 (SIGSEGV)"},
        {"exit", JOB_CRASH, "worker died: exit status 3"},
        {"memory", JOB_MEMORY, ""},
    };
    (void)state;
    for (unsigned i = 0; i < AS_COUNT(breakages); i++)
        check_breakage(&breakages[i]);
}

static void test_a_row_over_its_deadline_is_a_timeout_and_the_rest_is_answered(void **state)
{
    static const struct breakage breakages[] = {
        /* Ends at the soft stop, and says where it was. */
        {"soft", JOB_TIMEOUT, "fake.lua:7: stopped"},
        {"spin", JOB_TIMEOUT, " time"}, /* ignores it; on a loaded machine wall time may end it */
        {"silence", JOB_TIMEOUT, "wall-clock time"}, /* uses no CPU */
        {"hang up", JOB_TIMEOUT, "wall-clock time"},
    };
    (void)state;
    for (unsigned i = 0; i < AS_COUNT(breakages); i++)
        check_breakage(&breakages[i]);
}

static void test_an_error_of_the_script_leaves_its_worker_alone(void **state)
{
    struct kept_reply replies[4];
    static const char *const texts[4] = {"x", "error", "bad", "x"};
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        replies[i] = pool_ask(&pool, id, texts[i]);
    assert_int_equal(replies[1].status, JOB_SCRIPT_ERROR);
    assert_int_equal(replies[2].status, JOB_BAD_RESULT);
    assert_int_equal(atoi(replies[0].label), atoi(replies[3].label));
    assert_int_equal(pool_stats_of(&pool, id).errors, 2);
    assert_int_equal(pool_stats_of(&pool, id).kills, 0);
}

static void test_a_stop_that_hit_the_wrong_row_runs_that_row_again(void **state)
{
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    struct kept_reply reply = pool_ask(&pool, id, "false timeout once");
    assert_answered(&reply);
    assert_int_equal(pool_stats_of(&pool, id).kills, 0);
}

static void test_a_row_is_run_again_only_once(void **state)
{
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    struct kept_reply reply = pool_ask(&pool, id, "false timeout");
    assert_int_equal(reply.status, JOB_TIMEOUT);
    assert_int_equal(pool_stats_of(&pool, id).calls, 1);
}

static void test_a_death_between_rows_is_nobodys_fault(void **state)
{
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    struct kept_reply first = pool_ask(&pool, id, "answer and die");
    assert_answered(&first);
    while (!pool_stats_of(&pool, id).kills)
        loop_turn(pool.loop);
    struct kept_reply second = pool_ask(&pool, id, "x");
    assert_answered(&second);
    assert_int_not_equal(atoi(first.label), atoi(second.label));
}

static void test_a_plugin_that_does_not_load_says_why_and_is_closed(void **state)
{
    static const struct breakage breakages[] = {
        {"load-error", JOB_LOAD_ERROR, "fake.lua:1: no"},
        {"load-spin", JOB_TIMEOUT, ""},
        {"load-crash", JOB_CRASH, "signal 6 (SIGABRT)"},
        {"load-exit", JOB_CRASH, "exit status 71, its jail could not be set up"},
    };
    struct sandbox_stats stats;
    struct kept_load load;
    (void)state;
    for (unsigned i = 0; i < AS_COUNT(breakages); i++) {
        uint64_t id = pool_open(&pool, breakages[i].text, &load);
        assert_int_equal(load.status, breakages[i].status);
        assert_has(load.reason, breakages[i].reason);
        assert_int_equal(sandbox_stats_of(pool.sandbox, id, &stats), AS_ENOENT);
        assert_int_equal(pool_ask(&pool, id, "x").status, JOB_CRASH);
    }
}

static void test_a_source_over_the_limit_is_a_load_error(void **state)
{
    char *source = malloc(JOB_SOURCE_MAX_BYTES + 2);
    struct kept_load load;
    (void)state;
    memset(source, '-', JOB_SOURCE_MAX_BYTES + 1);
    source[JOB_SOURCE_MAX_BYTES + 1] = '\0';
    pool_open(&pool, source, &load);
    free(source);
    assert_int_equal(load.status, JOB_LOAD_ERROR);
}

static void test_rows_may_be_submitted_before_the_plugin_is_loaded(void **state)
{
    struct kept_load load = {0};
    struct kept_reply reply;
    (void)state;
    uint64_t id = sandbox_open(pool.sandbox, "test.lua", AS_STR("honest"), keep_load, &load);
    pool_submit_text(&pool, id, AS_STR("x"), &reply);
    pool_wait_replies(&pool, &reply, 1);
    assert_true(load.is_there);
    assert_answered(&reply);
}

static void test_five_deaths_in_a_row_put_the_plugin_into_quarantine(void **state)
{
    struct kept_reply replies[8];
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    for (unsigned i = 0; i < 8; i++)
        pool_submit_text(&pool, id, AS_STR("segv"), &replies[i]);
    pool_wait_replies(&pool, replies, 8);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(replies[i].status, i < 5 ? JOB_CRASH : JOB_QUARANTINED);
    assert_has(replies[7].reason, "SIGSEGV");
    assert_true(pool_stats_of(&pool, id).is_quarantined);
    assert_has(pool_stats_of(&pool, id).reason, "SIGSEGV");
    assert_int_equal(pool_stats_of(&pool, id).kills, 5);
    assert_int_equal(pool_ask(&pool, id, "x").status, JOB_QUARANTINED);
}

static void test_a_forbidden_system_call_is_denied_and_quarantined_at_once(void **state)
{
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    assert_int_equal(pool_ask(&pool, id, "sys").status, JOB_DENIED);
    assert_int_equal(pool_ask(&pool, id, "x").status, JOB_QUARANTINED);
}

static void test_quarantine_of_one_plugin_leaves_another_alone(void **state)
{
    uint64_t bad = pool_open_honest(&pool), good = pool_open_honest(&pool);
    (void)state;
    assert_int_equal(pool_ask(&pool, bad, "sys").status, JOB_DENIED);
    struct kept_reply reply = pool_ask(&pool, good, "x");
    assert_answered(&reply);
}

static void test_an_output_over_the_limit_is_not_shown_to_a_scorer(void **state)
{
    char *text = malloc(JOB_TEXT_MAX_BYTES + 1);
    struct kept_reply at_limit, over;
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    memset(text, 'a', JOB_TEXT_MAX_BYTES + 1);
    pool_submit_text(&pool, id, (struct as_str){text, JOB_TEXT_MAX_BYTES}, &at_limit);
    pool_submit_text(&pool, id, (struct as_str){text, JOB_TEXT_MAX_BYTES + 1}, &over);
    free(text);
    pool_wait_replies(&pool, &at_limit, 1);
    pool_wait_replies(&pool, &over, 1);
    assert_answered(&at_limit);
    assert_int_equal(over.status, JOB_OUTPUT_TOO_LARGE);
}

static void test_bodies_larger_than_any_socket_buffer_go_through(void **state)
{
    enum { ROWS = 6, SIZE = 5 << 20 };
    struct kept_reply replies[ROWS] = {0};
    char *body = calloc(1, SIZE);
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    for (unsigned i = 0; i < ROWS; i++) {
        struct job_row row = {
            .kind = JOB_GRADE, .case_json = {body, SIZE}, .params_json = AS_STR("{}")};
        sandbox_submit(pool.sandbox, id, &row, keep_reply, &replies[i]);
    }
    free(body);
    pool_wait_replies(&pool, replies, ROWS);
    for (unsigned i = 0; i < ROWS; i++)
        assert_answered(&replies[i]);
}

static void test_a_closed_plugin_answers_what_was_queued_and_ends_its_workers(void **state)
{
    struct kept_reply replies[100];
    struct sandbox_stats stats;
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        pool_submit_text(&pool, id, AS_STR("x"), &replies[i]);
    sandbox_close(pool.sandbox, id);
    assert_int_equal(sandbox_stats_of(pool.sandbox, id, &stats), AS_ENOENT);
    pool_wait_replies(&pool, replies, 100);
    for (unsigned i = 0; i < 100; i++)
        assert_answered(&replies[i]);
}

static void test_an_old_id_does_not_find_the_plugin_that_took_its_place(void **state)
{
    uint64_t old = pool_open_honest(&pool);
    (void)state;
    sandbox_close(pool.sandbox, old);
    uint64_t new = pool_open_honest(&pool);
    assert_int_not_equal(old, new);
    assert_int_equal(pool_ask(&pool, old, "x").status, JOB_CRASH);
}

/* A caller that does from its callback everything that it may do. */
struct reentrant {
    uint64_t id;
    unsigned replies, left;
    bool is_loaded;
};

static void load_again(void *ctx, const struct job_loaded *loaded)
{
    ((struct reentrant *)ctx)->is_loaded = loaded->status == JOB_OK;
}

static void submit_again(void *ctx, const struct job_reply *reply)
{
    struct reentrant *r = ctx;
    struct job_row row = {.kind = JOB_SCORE, .output = {.text = AS_STR("x")}};
    (void)reply;
    r->replies++;
    if (r->left && r->left--)
        sandbox_submit(pool.sandbox, r->id, &row, submit_again, r);
    if (r->replies == 50)
        sandbox_close(pool.sandbox, r->id);
    if (r->replies == 60)
        sandbox_open(pool.sandbox, "other.lua", AS_STR("honest"), load_again, r);
}

static void test_a_callback_may_submit_close_and_open(void **state)
{
    struct reentrant r = {.id = pool_open_honest(&pool), .left = 100};
    (void)state;
    struct job_row row = {.kind = JOB_SCORE, .output = {.text = AS_STR("x")}};
    sandbox_submit(pool.sandbox, r.id, &row, submit_again, &r);
    while (r.replies < 101 || !r.is_loaded)
        loop_turn(pool.loop);
    assert_int_equal(r.replies, 101);
}

static void test_free_answers_everything_that_is_due(void **state)
{
    struct pool_fixture own;
    struct kept_reply replies[40];
    struct kept_load load, never = {0};
    (void)state;
    pool_setup(&own, &(struct sandbox_options){.worker_path = FAKE_WORKER});
    uint64_t id = pool_open(&own, "honest", &load);
    for (unsigned i = 0; i < 40; i++)
        pool_submit_text(&own, id, AS_STR("silence"), &replies[i]);
    loop_turn(own.loop);
    sandbox_open(own.sandbox, "late.lua", AS_STR("load-spin"), keep_load, &never);
    pool_teardown(&own);
    assert_int_equal(never.status, JOB_CRASH);
    for (unsigned i = 0; i < 40; i++)
        assert_string_equal(replies[i].reason, "shutting down");
}

static void test_more_plugins_than_workers_take_turns(void **state)
{
    enum { PLUGINS = 7, ROWS = 40 };
    static struct kept_reply replies[PLUGINS][ROWS];
    uint64_t ids[PLUGINS];
    uint32_t workers = 0;
    (void)state;
    for (unsigned p = 0; p < PLUGINS; p++)
        ids[p] = pool_open_honest(&pool);
    for (unsigned i = 0; i < ROWS; i++)
        for (unsigned p = 0; p < PLUGINS; p++)
            pool_submit_text(&pool, ids[p], AS_STR("x"), &replies[p][i]);
    for (unsigned p = 0; p < PLUGINS; p++) {
        pool_wait_replies(&pool, replies[p], ROWS);
        for (unsigned i = 0; i < ROWS; i++)
            assert_answered(&replies[p][i]);
    }
    pool_turn_for_ms(&pool, 50); /* the killed ones are reaped */
    for (unsigned p = 0; p < PLUGINS; p++)
        workers += pool_stats_of(&pool, ids[p]).workers;
    assert_true(workers <= 2);
}

static void test_an_idle_worker_is_ended_and_comes_back_when_needed(void **state)
{
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    assert_int_equal(pool_stats_of(&pool, id).workers, 1);
    while (pool_stats_of(&pool, id).workers)
        loop_turn(pool.loop);
    assert_int_equal(pool_stats_of(&pool, id).kills, 0);
    struct kept_reply reply = pool_ask(&pool, id, "x");
    assert_answered(&reply);
}

static void test_a_long_queue_gets_a_second_process(void **state)
{
    enum { ROWS = 40 };
    static struct kept_reply replies[ROWS];
    uint64_t id = pool_open_honest(&pool);
    uint32_t most = 0;
    (void)state;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
        skip();
    for (unsigned i = 0; i < ROWS; i++)
        pool_submit_text(&pool, id, AS_STR("slow"), &replies[i]);
    while (pool_stats_of(&pool, id).calls < ROWS) {
        loop_turn(pool.loop);
        most = pool_stats_of(&pool, id).workers > most ? pool_stats_of(&pool, id).workers : most;
    }
    assert_true(most >= 2);
}

static void test_the_spent_cpu_time_of_ended_processes_is_kept(void **state)
{
    uint64_t id = pool_open_honest(&pool);
    (void)state;
    pool_ask(&pool, id, "spin");
    pool_ask(&pool, id, "x");
    assert_true(pool_stats_of(&pool, id).cpu_us >= 5000); /* the row "x" takes far less */
}

struct probed {
    bool is_there;
    int rc;
    char what[200];
};

static void keep_probe(void *ctx, int rc, const char *what)
{
    struct probed *probed = ctx;
    probed->is_there = true;
    probed->rc = rc;
    snprintf(probed->what, sizeof(probed->what), "%s", what);
}

static void test_the_probe_believes_only_death_by_sigsys(void **state)
{
    static const struct {
        const char *program;
        int rc;
    } cases[] = {{FAKE_WORKER, 0}, {"/bin/true", AS_EDENIED}, {"/bin/false", AS_EDENIED}};
    (void)state;
    for (unsigned i = 0; i < AS_COUNT(cases); i++) {
        struct pool_fixture own;
        struct probed probed = {0};
        pool_setup(&own, &(struct sandbox_options){.worker_path = cases[i].program});
        sandbox_probe(own.sandbox, keep_probe, &probed);
        assert_false(probed.is_there);
        while (!probed.is_there)
            loop_turn(own.loop);
        assert_int_equal(probed.rc, cases[i].rc);
        pool_teardown(&own);
    }
}

static void test_a_worker_program_that_is_not_there_is_named(void **state)
{
    struct sandbox *sandbox = NULL;
    struct as_err err = {0};
    struct sandbox_options options = {.worker_path = "/nowhere/assay-worker"};
    (void)state;
    assert_int_equal(sandbox_new(pool.loop, &options, &sandbox, &err), AS_ENOENT);
    assert_has(err.msg, "/nowhere/assay-worker");
}

static void test_a_program_that_is_no_worker_fails_the_load(void **state)
{
    struct pool_fixture own;
    struct kept_load load;
    (void)state;
    pool_setup(&own, &(struct sandbox_options){.worker_path = "/bin/true"});
    pool_open(&own, "honest", &load);
    assert_int_equal(load.status, JOB_CRASH);
    pool_teardown(&own);
}

#define with_pool(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_pool(test_rows_are_answered_in_the_order_they_came),
        with_pool(test_a_death_is_blamed_on_the_row_it_happened_at_and_the_rest_is_answered),
        with_pool(test_a_death_is_not_blamed_on_rows_whose_answers_had_not_left),
        with_pool(test_a_row_over_its_deadline_is_a_timeout_and_the_rest_is_answered),
        with_pool(test_an_error_of_the_script_leaves_its_worker_alone),
        with_pool(test_a_stop_that_hit_the_wrong_row_runs_that_row_again),
        with_pool(test_a_row_is_run_again_only_once),
        with_pool(test_a_death_between_rows_is_nobodys_fault),
        with_pool(test_a_plugin_that_does_not_load_says_why_and_is_closed),
        with_pool(test_a_source_over_the_limit_is_a_load_error),
        with_pool(test_rows_may_be_submitted_before_the_plugin_is_loaded),
        with_pool(test_five_deaths_in_a_row_put_the_plugin_into_quarantine),
        with_pool(test_a_forbidden_system_call_is_denied_and_quarantined_at_once),
        with_pool(test_quarantine_of_one_plugin_leaves_another_alone),
        with_pool(test_an_output_over_the_limit_is_not_shown_to_a_scorer),
        with_pool(test_bodies_larger_than_any_socket_buffer_go_through),
        with_pool(test_a_closed_plugin_answers_what_was_queued_and_ends_its_workers),
        with_pool(test_an_old_id_does_not_find_the_plugin_that_took_its_place),
        with_pool(test_a_callback_may_submit_close_and_open),
        cmocka_unit_test(test_free_answers_everything_that_is_due),
        cmocka_unit_test_setup_teardown(test_more_plugins_than_workers_take_turns,
                                        setup_two_workers, teardown),
        cmocka_unit_test_setup_teardown(test_an_idle_worker_is_ended_and_comes_back_when_needed,
                                        setup_short_idle, teardown),
        with_pool(test_a_long_queue_gets_a_second_process),
        with_pool(test_the_spent_cpu_time_of_ended_processes_is_kept),
        cmocka_unit_test(test_the_probe_believes_only_death_by_sigsys),
        with_pool(test_a_worker_program_that_is_not_there_is_named),
        cmocka_unit_test(test_a_program_that_is_no_worker_fails_the_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
