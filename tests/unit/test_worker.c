/* The worker as a process: it loads, answers rows in order, forgets between them, stays in its
 * limits, and is locked in. */
#include "tests/unit/worker_host.h"

#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_a_plugin_tells_what_it_is(void **state)
{
    (void)state;
    struct host h = host_start(
        "#!/usr/bin/lua\n-- Counts words.\n-- Misleads on lists.\n"
        "return { api = 1, kind = 'scorer', name = 'words', version = '1.2.3', pass = 0.5,\n"
        "params = { min = { type = 'integer', doc = 'at least', default = 3 } },\n"
        "requires = { 'length' }, examples = { { output = { text = '' }, score = 1 } },\n"
        "score = function() return 1 end }");
    const struct job_manifest *m = &h.loaded.manifest;
    assert_int_equal(m->kind, PLUGIN_SCORER);
    assert_str(m->name, "words");
    assert_str(m->version, "1.2.3");
    assert_str(m->doc, "Counts words. Misleads on lists.");
    assert_str(m->params_json,
               "{\"min\":{\"default\":3,\"doc\":\"at least\",\"type\":\"integer\"}}");
    assert_str(m->requires_json, "[\"length\"]");
    assert_null(m->auth_header.ptr);
    assert_true(m->pass == 0.5 && isnan(m->scale_min));
    assert_int_equal(m->example_count, 1);
    host_stop(&h);
}

static void test_a_syntax_error_names_its_line(void **state)
{
    (void)state;
    assert_refused("return {\n  api = 1,\n  }}", "t.lua:3: ");
    assert_refused("\xEF\xBB\xBF#!/bin/lua\nreturn }", "t.lua:2: ");
    assert_refused("\x1BLua", "attempt to load a binary chunk");
    assert_refused("local x = nil\nreturn x.y", "t.lua:2: attempt to index a nil value");
    assert_refused("return 5", "must return one table, got number");
}

/* Does the process have a handler for the signal by now? */
static bool catches(pid_t pid, int signal)
{
    char path[64], line[128];
    unsigned long long caught = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) && sscanf(line, "SigCgt: %llx", &caught) != 1)
        ;
    fclose(file);
    return caught >> (signal - 1) & 1;
}

static void test_a_load_that_hangs_is_stopped_softly(void **state)
{
    (void)state;
    struct host h = host_open();
    struct as_buf frame = {0};
    job_put_load(&frame, AS_STR("t.lua"), AS_STR("\nwhile true do end"));
    host_send(&h, &frame);
    struct as_str payload = {NULL, 0};
    struct pollfd ready = {.fd = h.fd, .events = POLLIN};
    while (!catches(h.pid, SIGUSR1))
        usleep(1000); /* it starts; there is nothing to wait for but its own state */
    for (int i = 0; i < 1000 && poll(&ready, 1, 20) == 0;
         i++) /* the signal may come before the script runs */
        kill(h.pid, SIGUSR1);
    payload = host_frame(&h, JOB_FRAME_LOADED);
    assert_int_equal(job_get_loaded(payload, &h.loaded), 0);
    assert_int_equal(h.loaded.status, JOB_TIMEOUT);
    assert_str(h.loaded.reason, "t.lua:2: stopped at the deadline");
    host_stop(&h);
}

static void test_what_a_load_may_keep_is_bounded(void **state)
{
    (void)state;
    struct host h = host_open();
    host_load(&h, AS_STR("big = ('x'):rep(17 << 20)\n" SCORER("return 1")));
    assert_int_equal(h.loaded.status, JOB_MEMORY);
    assert_true(reason_has(h.loaded.reason, "more than 16 MB"));
    host_stop(&h);
    h = host_start("big = ('x'):rep(7 << 20)\n" SCORER("return #big / 2 ^ 30"));
    assert_true(host_score(&h, "")->score == 7 / 1024.0);
    host_stop(&h);
}

static void test_rows_of_a_batch_are_answered_in_order(void **state)
{
    (void)state;
    struct host h =
        host_start(SCORER("return { score = #output.text / 100, reason = output.text }"));
    struct job_row rows[JOB_BATCH_MAX_ROWS];
    char texts[JOB_BATCH_MAX_ROWS][40];
    for (uint32_t i = 0; i < JOB_BATCH_MAX_ROWS; i++) {
        memset(texts[i], 'a', i);
        texts[i][i] = '\0';
        rows[i] = score_row(texts[i]);
    }
    host_send_rows(&h, rows, JOB_BATCH_MAX_ROWS);
    for (uint32_t i = 0; i < JOB_BATCH_MAX_ROWS; i++) {
        assert_true(host_reply(&h));
        assert_int_equal(h.reply.index, i);
        assert_int_equal(h.reply.status, JOB_OK);
        assert_true(h.reply.score == i / 100.0);
        assert_true(h.reply.reason.len == i && h.reply.memory_kb > 0);
    }
    host_stop(&h);
}

static void test_a_row_cannot_leave_anything_for_the_next(void **state)
{
    (void)state;
    struct host h = host_start("local upvalue, cache = 0, {}\n" SCORER(
        "upvalue = upvalue + 1; count = (count or 0) + 1; cache[#cache + 1] = output.text\n"
        "string.find = nil; assay.json = nil; pairs = nil\n"
        "return { score = 1, details = { upvalue, count, #cache } }"));
    for (int i = 0; i < 3; i++) {
        const struct job_reply *reply = host_score(&h, "x");
        assert_int_equal(reply->status, JOB_OK);
        assert_str(reply->details_json, "[1,1,1]");
    }
    host_stop(&h);
}

static void test_a_failed_row_leaves_the_next_untouched(void **state)
{
    (void)state;
    struct host h = host_start(SCORER(
        "local t = {}\n"
        "if output.text == 'memory' then while true do t[#t + 1] = { #t } end end\n"
        "if output.text == 'error' then error('boom') end\n"
        "if output.text == 'bad' then return 7 end\n"
        "if output.text == 'deep' then local function f(s) return (s:gsub('.', f)) end f('x') end\n"
        "return 0.25"));
    const struct {
        const char *text;
        enum job_status status;
    } rows[] = {{"memory", JOB_MEMORY},
                {"error", JOB_SCRIPT_ERROR},
                {"bad", JOB_BAD_RESULT},
                {"deep", JOB_SCRIPT_ERROR}};
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        assert_int_equal(host_score(&h, rows[i].text)->status, rows[i].status);
        assert_int_equal(host_score(&h, "fine")->status, JOB_OK);
        assert_true(h.reply.score == 0.25);
    }
    host_stop(&h);
}

static void test_memory_ends_at_the_limit(void **state)
{
    (void)state;
    struct host h = host_start(SCORER("local s = 'x' while true do s = s .. s end"));
    const struct job_reply *reply = host_score(&h, "");
    assert_int_equal(reply->status, JOB_MEMORY);
    assert_true(reason_has(reply->reason, "64 MB"));
    assert_true(reply->memory_kb > 30 << 10 && reply->memory_kb <= 64 << 10);
    host_stop(&h);
}

static void test_nearly_all_of_the_memory_can_be_used(void **state)
{
    (void)state;
    assert_status(
        SCORER("local parts = {} for i = 1, 50 do parts[i] = ('x'):rep(1000000) .. i end\n"
               "parts = nil\n"
               "local small = {} for i = 1, 400000 do small[i] = { i } end\n"
               "return small[400000][1] / 400000"),
        JOB_OK, NULL);
}

/* Sends SIGUSR1 until the row answers: an early one finds no row to stop. */
static const struct job_reply *stop_softly(struct host *h, const struct job_row *row)
{
    struct pollfd ready = {.fd = h->fd, .events = POLLIN};
    host_send_rows(h, row, 1);
    for (int i = 0; i < 1000 && poll(&ready, 1, 20) == 0; i++)
        kill(h->pid, SIGUSR1);
    assert_true(host_reply(h));
    return &h->reply;
}

static void test_a_soft_stop_names_the_line(void **state)
{
    (void)state;
    struct host h =
        host_start(SCORER("if output.text == 'fine' then return 1 end\nwhile true do end"));
    struct job_row row = score_row("spin");
    assert_int_equal(stop_softly(&h, &row)->status, JOB_TIMEOUT);
    assert_str(h.reply.reason, "t.lua:4: stopped at the deadline");
    assert_int_equal(host_score(&h, "fine")->status, JOB_OK);
    host_stop(&h);
}

static void test_pcall_cannot_hold_a_soft_stop(void **state)
{
    (void)state;
    struct host h =
        host_start(SCORER("local function spin() while true do end end\n"
                          "while true do pcall(spin) xpcall(spin, function(e) return e end) end"));
    struct job_row row = score_row("");
    assert_int_equal(stop_softly(&h, &row)->status, JOB_TIMEOUT);
    host_stop(&h);
}

static void test_a_stop_between_rows_stops_nothing(void **state)
{
    (void)state;
    struct host h = host_start(SCORER("return 1"));
    kill(h.pid, SIGUSR1);
    assert_int_equal(host_score(&h, "")->status, JOB_OK);
    host_stop(&h);
}

static void test_an_error_says_where_and_who_called(void **state)
{
    (void)state;
    assert_status(SCORER("local function inner(x) return x.y.z end\n"
                         "local r = inner({})\n return r"),
                  JOB_SCRIPT_ERROR,
                  "t.lua:3: attempt to index a nil value (field 'y'); called from t.lua:4");
    assert_status(SCORER("error({ code = 1 })"), JOB_SCRIPT_ERROR,
                  "the script raised a table; at t.lua:3");
    assert_status(
        SCORER("error(setmetatable({}, { __tostring = function() while true do end end }))"),
        JOB_SCRIPT_ERROR, "raised a table");
    assert_status(SCORER("assay.json.encode(print)\nassay.json.encode({ tostring })"),
                  JOB_SCRIPT_ERROR, "t.lua:4: assay.json.encode: a function cannot be JSON");
}

static void test_a_hostile_error_text_comes_cut_and_clean(void **state)
{
    (void)state;
    struct host h = host_start(SCORER("error(('\\27[2J\\0\\xFF\\u{e9}'):rep(400000), 0)"));
    const struct job_reply *reply = host_score(&h, "");
    assert_int_equal(reply->status, JOB_SCRIPT_ERROR);
    assert_true(reply->reason.len > 400 && reply->reason.len <= JOB_REASON_MAX_BYTES);
    assert_null(memchr(reply->reason.ptr, '\033', reply->reason.len));
    assert_null(memchr(reply->reason.ptr, '\0', reply->reason.len));
    host_stop(&h);
}

static void test_an_output_over_the_limit_is_not_shown_to_the_script(void **state)
{
    (void)state;
    struct host h = host_start(SCORER("return #output.text == 1048576"));
    char *text = malloc(JOB_TEXT_MAX_BYTES + 1);
    memset(text, 'x', JOB_TEXT_MAX_BYTES + 1);
    struct job_row row = score_row("");
    row.output.text = (struct as_str){text, JOB_TEXT_MAX_BYTES};
    assert_true(host_run(&h, &row)->score == 1);
    row.output.text.len++;
    assert_int_equal(host_run(&h, &row)->status, JOB_OUTPUT_TOO_LARGE);
    free(text);
    host_stop(&h);
}

static void test_the_largest_frames_pass_both_ways(void **state)
{
    (void)state;
    struct host h =
        host_start("return { api = 1, kind = 'provider', name = 'p', version = '1.0.0',\n"
                   "request = function() return { path = '/x', body = '' } end,\n"
                   "response = function(http) return { text = http.body } end }");
    size_t len = 16u << 20;
    char *body = malloc(len);
    memset(body, 'b', len);
    struct job_row row = {.kind = JOB_PARSE, .http = {.status = 200, .body = {body, len}}};
    for (int i = 0; i < 2; i++) {
        const struct job_reply *reply = host_run(&h, &row);
        assert_int_equal(reply->status, JOB_OK);
        assert_int_equal(reply->output.text.len, len);
    }
    free(body);
    host_stop(&h);
}

static void test_a_frame_that_is_none_ends_the_worker(void **state)
{
    (void)state;
    struct host h = host_open();
    struct as_buf frame = {0};
    as_buf_add(&frame, "\x05\x00\x00\x00\x63junk", 9);
    host_send(&h, &frame);
    assert_null(host_frame(&h, JOB_FRAME_LOADED).ptr);
    int status = host_end(&h);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 76);
}

static void test_a_worker_without_its_parent_does_not_start(void **state)
{
    (void)state;
    int sockets[2], status;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    char *const argv[] = {"assay-worker", "1", NULL};
    pid_t pid = host_spawn(argv, sockets[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == JOB_EXIT_NO_JAIL);
    close(sockets[0]);
    close(sockets[1]);
}

static int probe(char *name)
{
    int sockets[2], status;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    char *const argv[] = {"assay-worker", "--probe", name, NULL};
    pid_t pid = host_spawn(argv, sockets[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(sockets[0]);
    close(sockets[1]);
    return status;
}

static void skip_without_jail(void)
{
    if (!IS_SANITIZED)
        return;
    print_message("the sanitized worker has no jail: nothing to probe\n");
    skip();
}

/* All that worker/probe.c has: scripts/check-jail compares. */
static void test_every_forbidden_act_is_deadly(void **state)
{
    (void)state;
    static char names[][16] = {
        "open",          "openat",      "stat",        "getdents",      "memfd",
        "mount",         "chroot",      "inotify",     "read_stdin",    "write_stdout",
        "write_stderr",  "write_page",  "dup",         "pipe",          "ioctl",
        "fcntl",         "sendmsg",     "recvmsg",     "epoll",         "socket",
        "unix_socket",   "connect",     "bind",        "accept",        "sendto",
        "fork",          "clone3",      "execve",      "execveat",      "kill_parent",
        "tgkill",        "ptrace",      "read_memory", "write_memory",  "pidfd_open",
        "shmget",        "setpriority", "affinity",    "mmap_exec",     "mmap_file",
        "mprotect_exec", "mremap",      "mlock",       "madvise_other", "userfaultfd",
        "prctl",         "seccomp",     "setrlimit",   "setuid",        "sigaction",
        "sigprocmask",   "unshare",     "setns",       "io_uring",      "bpf",
        "perf",          "keyctl",      "x32",         "nanosleep",     "futex",
        "wall_clock",    "getrandom",
    };
    skip_without_jail();
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        int status = probe(names[i]);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
            fail_msg("probe %s ended with status %d", names[i], status);
    }
}

static void test_memory_above_the_limit_is_refused(void **state)
{
    (void)state;
    skip_without_jail();
    int status = probe("address_space");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 69);
}

static void test_a_probe_that_does_nothing_lives(void **state)
{
    (void)state;
    int status = probe("none");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = probe("no-such-probe");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plugin_tells_what_it_is),
        cmocka_unit_test(test_a_syntax_error_names_its_line),
        cmocka_unit_test(test_a_load_that_hangs_is_stopped_softly),
        cmocka_unit_test(test_what_a_load_may_keep_is_bounded),
        cmocka_unit_test(test_rows_of_a_batch_are_answered_in_order),
        cmocka_unit_test(test_a_row_cannot_leave_anything_for_the_next),
        cmocka_unit_test(test_a_failed_row_leaves_the_next_untouched),
        cmocka_unit_test(test_memory_ends_at_the_limit),
        cmocka_unit_test(test_nearly_all_of_the_memory_can_be_used),
        cmocka_unit_test(test_a_soft_stop_names_the_line),
        cmocka_unit_test(test_pcall_cannot_hold_a_soft_stop),
        cmocka_unit_test(test_a_stop_between_rows_stops_nothing),
        cmocka_unit_test(test_an_error_says_where_and_who_called),
        cmocka_unit_test(test_a_hostile_error_text_comes_cut_and_clean),
        cmocka_unit_test(test_an_output_over_the_limit_is_not_shown_to_the_script),
        cmocka_unit_test(test_the_largest_frames_pass_both_ways),
        cmocka_unit_test(test_a_frame_that_is_none_ends_the_worker),
        cmocka_unit_test(test_a_worker_without_its_parent_does_not_start),
        cmocka_unit_test(test_every_forbidden_act_is_deadly),
        cmocka_unit_test(test_memory_above_the_limit_is_refused),
        cmocka_unit_test(test_a_probe_that_does_nothing_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
