/* The control socket: its file, how many may connect, and who is allowed what. */
#include "tests/unit/control_toy.h"

#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the socket file ---- */

static void test_a_stale_socket_is_replaced(void **state)
{
    struct toy *toy = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, toy->path);
    int dead = client_socket();
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof(address)), 0);
    close(dead);
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, STATUS_CALL);
    expect_result(toy, &client, 1);
    client_done(&client);
}

static void test_a_second_server_is_refused_and_the_first_goes_on(void **state)
{
    struct toy *toy = *state;
    struct control_server *second = NULL;
    struct as_err err = {0};
    toy_start(toy);
    assert_int_equal(toy_try_start(toy, &second, &err), AS_EBUSY);
    assert_non_null(strstr(err.msg, toy->path));
    struct client client = client_new(toy);
    client_say(toy, &client, STATUS_CALL);
    expect_result(toy, &client, 1);
    client_done(&client);
}

static void test_a_socket_that_another_program_serves_is_left_alone(void **state)
{
    struct toy *toy = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct as_err err = {0};
    strcpy(address.sun_path, toy->path);
    int other = client_socket();
    assert_int_equal(bind(other, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(other, 1), 0);
    assert_int_equal(toy_try_start(toy, &toy->server, &err), AS_EBUSY);
    assert_int_equal(access(toy->path, F_OK), 0);
    close(other);
}

static void test_a_file_that_is_no_socket_is_left_alone(void **state)
{
    struct toy *toy = *state;
    struct as_err err = {0};
    int fd = open(toy->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(toy_try_start(toy, &toy->server, &err), AS_EEXIST);
    assert_int_equal(access(toy->path, F_OK), 0);
}

static void test_the_socket_file_goes_with_the_server_if_it_is_still_its_own(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct stat info;
    assert_int_equal(stat(toy->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0666);
    control_server_free(toy->server);
    assert_int_equal(access(toy->path, F_OK), -1);
    toy_start(toy);
    unlink(toy->path);
    int fd = open(toy->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    close(fd);
    control_server_free(toy->server);
    toy->server = NULL;
    assert_int_equal(access(toy->path, F_OK), 0);
}

static void test_a_path_too_long_for_a_socket_is_said(void **state)
{
    struct toy *toy = *state;
    char path[200] = "/tmp/";
    struct as_err err = {0};
    memset(path + 5, 'a', sizeof(path) - 6);
    struct control_options options = {.socket_path = path, .routes = toy->routes, .app = toy};
    assert_int_equal(control_server_new(toy->loop, &options, &toy->server, &err), AS_EINVAL);
    assert_non_null(strstr(err.msg, "longer than 107 bytes"));
}

/* ---- accepting ---- */

static void test_a_user_has_a_quota_of_connections(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client clients[CONTROL_PER_UID_MAX + 1];
    for (int i = 0; i <= CONTROL_PER_UID_MAX; i++)
        clients[i] = client_new(toy);
    expect_error(toy, &clients[CONTROL_PER_UID_MAX], AS_ELIMIT, "256 connections open");
    expect_end(toy, &clients[CONTROL_PER_UID_MAX]);
    client_done(&clients[0]);
    while (control_connection_count(toy->server) == CONTROL_PER_UID_MAX)
        loop_turn(toy->loop);
    clients[0] = client_new(toy);
    client_say(toy, &clients[0], STATUS_CALL);
    expect_result(toy, &clients[0], 1);
    for (int i = 0; i <= CONTROL_PER_UID_MAX; i++)
        client_done(&clients[i]);
}

static void test_open_calls_of_a_uid_have_a_quota_over_all_its_connections(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client clients[3];
    for (int i = 0; i < 3; i++) {
        clients[i] = client_new(toy);
        for (int j = 0; j < CONTROL_CALLS_MAX; j++)
            client_say(toy, &clients[i], PARK_CALL(1));
    }
    toy_turn_until_parked(toy, CONTROL_CALLS_PER_UID_MAX);
    for (int i = 0; i < 5; i++)
        loop_turn(toy->loop);
    assert_int_equal(toy->parked_count, CONTROL_CALLS_PER_UID_MAX);
    toy_answer_parked(toy);
    toy_turn_until_parked(toy, 3 * CONTROL_CALLS_MAX - CONTROL_CALLS_PER_UID_MAX);
    toy_answer_parked(toy);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < CONTROL_CALLS_MAX; j++)
            expect_result(toy, &clients[i], 1);
        client_done(&clients[i]);
    }
}

static void test_half_lines_of_a_uid_have_a_bound_and_an_honest_client_is_served(void **state)
{
    enum { COUNT = 100, BYTES = 1000000 };
    struct toy *toy = *state;
    toy_start(toy);
    struct client clients[COUNT], honest = client_new(toy);
    char *half = as_xmalloc(BYTES);
    memset(half, 'x', BYTES);
    for (int i = 0; i < COUNT; i++) {
        clients[i] = client_new(toy);
        client_send(toy, &clients[i], half, BYTES); /* or the server has closed before */
    }
    free(half);
    client_say(toy, &honest, STATUS_CALL);
    expect_result(toy, &honest, 1);
    assert_true(control_connection_count(toy->server) - 1 <=
                CONTROL_HELD_PER_UID_MAX_BYTES / BYTES);
    assert_true(control_connection_count(toy->server) > 1);
    for (int i = 0; i < COUNT; i++)
        client_done(&clients[i]);
    client_done(&honest);
}

/* What a peer adds to a call is not kept while the call is open. */
static void test_an_open_call_keeps_its_parameters_and_no_more(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    struct as_buf line = {0};
    as_buf_adds(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"run.show\","
                       "\"params\":{\"run\":1},\"more\":[1");
    while (line.len < PROTO_LINE_MAX_BYTES - 100)
        as_buf_adds(&line, ",1");
    as_buf_adds(&line, "]}\n");
    assert_true(client_send(toy, &client, line.ptr, line.len));
    toy_turn_until_parked(toy, 1); /* what one costs for good is allocated */
    size_t before = mallinfo2().uordblks;
    for (size_t i = 2; i <= 5; i++) {
        assert_true(client_send(toy, &client, line.ptr, line.len));
        toy_turn_until_parked(toy, i);
    }
    assert_true(mallinfo2().uordblks < before + (4u << 20)); /* a tree of them has 30 MB */
    toy_answer_parked(toy);
    as_buf_done(&line);
    client_done(&client);
}

static void test_running_out_of_descriptors_delays_and_loses_nobody(void **state)
{
    struct toy *toy = *state;
    struct rlimit before, tight;
    toy_start(toy);
    struct client client = {.fd = client_socket()};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = (struct rlimit){(rlim_t)client.fd + 1, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    client_connect(toy, client.fd);
    client_say(toy, &client, STATUS_CALL);
    for (int i = 0; i < 3; i++)
        loop_turn(toy->loop);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(control_connection_count(toy->server), 0);
    expect_result(toy, &client, 1);
    client_done(&client);
}

/* ---- roles ---- */

static void test_a_user_without_a_role_is_denied_by_name(void **state)
{
    struct toy *toy = *state;
    char fragment[32];
    toy->rule_count = 0;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, STATUS_CALL);
    snprintf(fragment, sizeof(fragment), "uid %u has no role", (unsigned)getuid());
    expect_error(toy, &client, AS_EDENIED, fragment);
    client_say(toy, &client, STATUS_CALL);
    expect_error(toy, &client, AS_EDENIED, "`roles`");
    assert_int_equal(toy->status_calls, 0);
    client_done(&client);
}

static void test_an_observer_may_not_operate(void **state)
{
    struct toy *toy = *state;
    toy->rules[0].role = ROLE_OBSERVER;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, STATUS_CALL);
    expect_result(toy, &client, 1);
    client_say(toy, &client, TOY_CALL(2, "run.start", "\"eval\":\"e\""));
    expect_error(toy, &client, AS_EDENIED, "is observer, and run.start needs operator");
    client_done(&client);
}

/* What was asked before is answered; who lost a role does not go on with what he may not begin. */
static void test_a_role_that_is_taken_away_ends_the_connection(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, PARK_CALL(7));
    toy_turn_until_parked(toy, 1);
    toy->rules[0].role = ROLE_OBSERVER;
    control_server_set_roles(toy->server, toy->rules, toy->rule_count);
    toy_answer_parked(toy);
    expect_result(toy, &client, 7);
    expect_end(toy, &client);
    client_done(&client);
    client = client_new(toy);
    client_say(toy, &client, TOY_CALL(1, "daemon.reload", ""));
    expect_error(toy, &client, AS_EDENIED, "needs admin");
    client_done(&client);
}

static void test_a_role_that_is_given_holds_at_once(void **state)
{
    struct toy *toy = *state;
    toy->rule_count = 0;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, STATUS_CALL);
    expect_error(toy, &client, AS_EDENIED, "has no role");
    toy->rule_count = 1;
    control_server_set_roles(toy->server, toy->rules, toy->rule_count);
    client_say(toy, &client, STATUS_CALL);
    expect_result(toy, &client, 1);
    client_done(&client);
}

static void test_a_group_gives_its_role_and_the_highest_role_counts(void **state)
{
    struct toy *toy = *state;
    toy->rules[0] = (struct role_rule){ROLE_OBSERVER, false, getuid()};
    toy->rules[1] = (struct role_rule){ROLE_OPERATOR, true, getgid()};
    toy->rules[2] = (struct role_rule){ROLE_ADMIN, true, 4294967000u}; /* nobody's */
    toy->rule_count = 3;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, PARK_CALL(1));
    toy_turn_until_parked(toy, 1);
    assert_int_equal(toy->parked[0]->role, ROLE_OPERATOR);
    assert_int_equal(toy->parked[0]->uid, getuid());
    toy_answer_parked(toy);
    expect_result(toy, &client, 1);
    client_done(&client);
}

/* The peer of the socket, in a process of another user: 0 when he was denied. */
static void be_another_user(const struct toy *toy)
{
    int fd = client_socket();
    if (setgid(65534) || setuid(65534))
        _exit(2);
    client_connect(toy, fd);
    fcntl(fd, F_SETFL, 0);
    char reply[1024] = "";
    if (send(fd, STATUS_CALL, strlen(STATUS_CALL), 0) < 0)
        _exit(3);
    if (recv(fd, reply, sizeof(reply) - 1, 0) < 0)
        _exit(4);
    _exit(strstr(reply, "uid 65534 has no role") ? 0 : 1);
}

static void test_another_user_is_told_apart(void **state)
{
    struct toy *toy = *state;
    if (getuid())
        skip();
    assert_int_equal(chmod(toy->dir, 0755), 0);
    toy_start(toy);
    pid_t child = fork();
    if (!child)
        be_another_user(toy);
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0)
        loop_turn(toy->loop);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, toy_setup, toy_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_stale_socket_is_replaced),
        CASE(test_a_second_server_is_refused_and_the_first_goes_on),
        CASE(test_a_socket_that_another_program_serves_is_left_alone),
        CASE(test_a_file_that_is_no_socket_is_left_alone),
        CASE(test_the_socket_file_goes_with_the_server_if_it_is_still_its_own),
        CASE(test_a_path_too_long_for_a_socket_is_said),
        CASE(test_a_user_has_a_quota_of_connections),
        CASE(test_open_calls_of_a_uid_have_a_quota_over_all_its_connections),
        CASE(test_half_lines_of_a_uid_have_a_bound_and_an_honest_client_is_served),
        CASE(test_an_open_call_keeps_its_parameters_and_no_more),
        CASE(test_running_out_of_descriptors_delays_and_loses_nobody),
        CASE(test_a_user_without_a_role_is_denied_by_name),
        CASE(test_an_observer_may_not_operate),
        CASE(test_a_role_that_is_taken_away_ends_the_connection),
        CASE(test_a_role_that_is_given_holds_at_once),
        CASE(test_a_group_gives_its_role_and_the_highest_role_counts),
        CASE(test_another_user_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
