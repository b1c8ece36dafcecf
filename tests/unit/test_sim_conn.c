/* How assay-sim treats its connections, and its command line. */
#include "tests/unit/sim_client.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct sim sim = SIM("--latency-ms", "1", "--jitter-ms", "3");
    int fd = sim_connect(&sim);
    struct as_buf out = {0};
    for (int i = 0; i < 50; i++) {
        char prompt[32];
        snprintf(prompt, sizeof(prompt), "number %d", i);
        char *body = chat_body("sim-echo", prompt);
        add_request(&out, "POST", OPENAI, "", body);
        free(body);
    }
    send_all(fd, out.ptr, out.len);
    for (int i = 0; i < 50; i++) {
        char prompt[32];
        struct reply reply;
        snprintf(prompt, sizeof(prompt), "number %d", i);
        assert_int_equal(read_reply(fd, &reply), 0);
        struct as_json *json AS_CLEANUP_JSON = json_of(&reply);
        assert_text_at(json, "choices.0.message.content", prompt);
        reply_done(&reply);
    }
    as_buf_done(&out);
    close(fd);
    sim_end(&sim);
}

static void test_a_request_may_come_byte_by_byte(void **state)
{
    (void)state;
    struct sim sim = SIM("--require-key", "k1");
    int fd = sim_connect(&sim);
    struct as_buf out = {0};
    struct reply reply;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    add_request(&out, "POST", OPENAI, "authorization: Bearer k1\r\n", SUM_BODY "}");
    for (size_t i = 0; i < out.len; i++)
        send_all(fd, out.ptr + i, 1);
    assert_int_equal(read_reply(fd, &reply), 0);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    as_buf_done(&out);
    close(fd);
    sim_end(&sim);
}

static void test_bytes_that_are_no_http_are_refused(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    struct reply reply;
    send_all(fd, "\x16\x03\x01 hello\r\n\r\n", 12);
    read_reply(fd, &reply);
    assert_int_equal(reply.status, 400);
    reply_done(&reply);
    close(fd);
    assert_int_equal(stat_of(&sim, "requests"), 0);
    sim_end(&sim);
}

static void test_a_body_over_the_limit_is_refused_in_the_vendors_shape(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    size_t len = ((size_t)32 << 20) + 1;
    char *body = as_xmalloc(len + 1);
    memset(body, 'x', len);
    body[len] = '\0';
    struct reply reply = post(fd, ANTHROPIC, VERSION, body);
    struct as_json *json AS_CLEANUP_JSON = json_of(&reply);
    assert_int_equal(reply.status, 413);
    assert_text_at(json, "error.type", "request_too_large");
    reply_done(&reply);
    free(body);
    close(fd);
    sim_end(&sim);
}

static void test_idle_connections_are_closed_after_their_time(void **state)
{
    (void)state;
    struct sim sim = SIM("--keepalive-ms", "80");
    int fd = sim_connect(&sim);
    char byte;
    free(ask(fd, "sim-q90", "x"));
    int64_t start = now_ms();
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    assert_true(now_ms() - start >= 70);
    close(fd);
    sim_end(&sim);
}

static void test_connection_close_is_honoured(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    char byte;
    struct reply reply = post(fd, OPENAI, "Connection: close\r\n", SUM_BODY "}");
    assert_int_equal(reply.status, 200);
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    reply_done(&reply);
    close(fd);
    sim_end(&sim);
}

#define MANY 1000

static void test_a_thousand_requests_wait_side_by_side(void **state)
{
    (void)state;
    static int fds[MANY];
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct sim sim = SIM("--latency-ms", "400");
    for (size_t i = 0; i < MANY; i++)
        fds[i] = sim_connect(&sim);
    int64_t start = now_ms();
    for (size_t i = 0; i < MANY; i++)
        send_request(fds[i], OPENAI, "", SUM_BODY "}");
    for (size_t i = 0; i < MANY; i++) {
        struct reply reply;
        assert_int_equal(read_reply(fds[i], &reply), 0);
        assert_int_equal(reply.status, 200);
        reply_done(&reply);
        close(fds[i]);
    }
    assert_true(now_ms() - start >= 395);
    assert_true(stat_of(&sim, "max_in_flight") > MANY / 2);
    sim_end(&sim);
}

extern char **environ;

static int exit_code(const char *arg, const char *value)
{
    char *argv[] = {(char *)(uintptr_t)(BIN_DIR "/assay-sim"), (char *)(uintptr_t)arg,
                    (char *)(uintptr_t)value, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    assert_int_equal(posix_spawn(&pid, argv[0], &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void test_wrong_arguments_are_usage_errors(void **state)
{
    (void)state;
    assert_int_equal(exit_code("--help", NULL), 0);
    assert_int_equal(exit_code("--port", "x"), 64);
    assert_int_equal(exit_code("--port", NULL), 64);
    assert_int_equal(exit_code("--nonsense", NULL), 64);
    assert_int_equal(exit_code("--fault", "429:2"), 64);
    assert_int_equal(exit_code("--fault", "quake:1"), 64);
    assert_int_equal(exit_code("--fault", "429:1:x"), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelined_requests_are_answered_in_order),
        cmocka_unit_test(test_a_request_may_come_byte_by_byte),
        cmocka_unit_test(test_bytes_that_are_no_http_are_refused),
        cmocka_unit_test(test_a_body_over_the_limit_is_refused_in_the_vendors_shape),
        cmocka_unit_test(test_idle_connections_are_closed_after_their_time),
        cmocka_unit_test(test_connection_close_is_honoured),
        cmocka_unit_test(test_a_thousand_requests_wait_side_by_side),
        cmocka_unit_test(test_wrong_arguments_are_usage_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
