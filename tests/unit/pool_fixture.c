/* The shared part of the tests that run real processes. */
#include "tests/unit/pool_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static uint32_t reply_count;

static unsigned count_fds(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* The first loop of a process opens descriptors that libuv keeps for good. */
static void warm_up(void)
{
    struct loop *loop;
    assert_int_equal(loop_new(&loop), 0);
    loop_free(loop);
}

void pool_setup(struct pool_fixture *f, const struct sandbox_options *options)
{
    struct as_err err = {0};
    warm_up();
    f->fds_before = count_fds();
    reply_count = 0;
    assert_int_equal(loop_new(&f->loop), 0);
    if (sandbox_new(f->loop, options, &f->sandbox, &err))
        fail_msg("%s", err.msg);
}

void pool_teardown(struct pool_fixture *f)
{
    sandbox_free(f->sandbox);
    loop_free(f->loop);
    assert_int_equal(count_fds(), f->fds_before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void copy_text(char *out, size_t size, struct as_str text)
{
    snprintf(out, size, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
}

void keep_reply(void *ctx, const struct job_reply *reply)
{
    struct kept_reply *kept = ctx;
    assert_false(kept->is_there); /* exactly once */
    *kept = (struct kept_reply){
        .is_there = true,
        .status = reply->status,
        .score = reply->score,
        .is_na = reply->is_na,
        .order = ++reply_count,
    };
    copy_text(kept->reason, sizeof(kept->reason), reply->reason);
    if (reply->status == JOB_OK)
        copy_text(kept->label, sizeof(kept->label), reply->label);
}

void keep_load(void *ctx, const struct job_loaded *loaded)
{
    struct kept_load *kept = ctx;
    assert_false(kept->is_there);
    *kept = (struct kept_load){.is_there = true, .status = loaded->status};
    copy_text(kept->reason, sizeof(kept->reason), loaded->reason);
}

uint64_t pool_open(struct pool_fixture *f, const char *source, struct kept_load *ret_load)
{
    *ret_load = (struct kept_load){0};
    uint64_t id = sandbox_open(f->sandbox, "test.lua", as_str_from(source), keep_load, ret_load);
    assert_true(id);
    assert_false(ret_load->is_there);
    while (!ret_load->is_there)
        loop_turn(f->loop);
    return id;
}

uint64_t pool_open_honest(struct pool_fixture *fixture)
{
    struct kept_load load;
    uint64_t id = pool_open(fixture, "honest", &load);
    assert_int_equal(load.status, JOB_OK);
    return id;
}

struct sandbox_stats pool_stats_of(struct pool_fixture *fixture, uint64_t id)
{
    struct sandbox_stats stats;
    assert_int_equal(sandbox_stats_of(fixture->sandbox, id, &stats), 0);
    return stats;
}

void pool_submit_text(struct pool_fixture *f, uint64_t id, struct as_str text,
                      struct kept_reply *ret_reply)
{
    *ret_reply = (struct kept_reply){0};
    struct job_row row = {
        .kind = JOB_SCORE,
        .case_json = AS_STR("{\"id\":\"c1\"}"),
        .params_json = AS_STR("{}"),
        .output = {.text = text, .finish_reason = AS_STR("stop")},
    };
    sandbox_submit(f->sandbox, id, &row, keep_reply, ret_reply);
    assert_false(ret_reply->is_there);
}

void pool_wait_replies(struct pool_fixture *f, const struct kept_reply *replies, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        while (!replies[i].is_there)
            loop_turn(f->loop);
}

struct kept_reply pool_ask(struct pool_fixture *f, uint64_t id, const char *text)
{
    struct kept_reply reply;
    pool_submit_text(f, id, as_str_from(text), &reply);
    pool_wait_replies(f, &reply, 1);
    return reply;
}

static void note_time(void *ctx)
{
    *(bool *)ctx = true;
}

void pool_turn_for_ms(struct pool_fixture *f, uint64_t ms)
{
    bool is_over = false;
    struct loop_timer *timer = loop_timer_new(f->loop, note_time, &is_over);
    loop_timer_start(timer, ms);
    while (!is_over)
        loop_turn(f->loop);
    loop_timer_free(timer);
}

void assert_has(const char *text, const char *part)
{
    assert_non_null(text);
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}
