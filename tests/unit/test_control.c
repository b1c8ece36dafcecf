/* The control server: what peers send wrongly, in pieces, too much, or never read. */
#include "tests/unit/control_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* ---- lines ---- */

static void test_a_call_is_answered_by_its_id(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client,
               "{\"jsonrpc\":\"2.0\",\"id\":\"seven\",\"method\":\"daemon.status\"}\r\n");
    struct proto_message message = client_next(toy, &client);
    assert_true(as_str_eq(as_json_str(message.id), "seven"));
    assert_int_equal(as_json_get_int(message.result, "calls", 0), 1);
    proto_message_done(&message);
    client_done(&client);
}

static void test_a_line_that_comes_byte_by_byte_is_put_together(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    for (const char *c = STATUS_CALL; *c; c++) {
        assert_true(client_send(toy, &client, c, 1));
        loop_turn(toy->loop);
    }
    expect_result(toy, &client, 1);
    client_done(&client);
}

static void test_lines_that_come_together_are_told_apart(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, "\n" STATUS_CALL "\n" STATUS_CALL "{\"jsonrpc\":");
    expect_result(toy, &client, 1);
    expect_result(toy, &client, 1);
    assert_int_equal(toy->status_calls, 2);
    client_done(&client);
}

static void test_a_line_over_the_limit_gets_one_error_and_the_end(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    char *line = as_xmalloc(PROTO_LINE_MAX_BYTES * 2);
    memset(line, 'x', PROTO_LINE_MAX_BYTES * 2);
    client_send(toy, &client, line, PROTO_LINE_MAX_BYTES * 2);
    free(line);
    expect_error(toy, &client, AS_ELIMIT, "1048576 bytes");
    expect_end(toy, &client);
    assert_int_equal(client.in.len, 0);
    assert_int_equal(control_connection_count(toy->server), 0);
    client_done(&client);
}

static void test_a_line_of_just_the_limit_is_read(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    struct as_buf line = {0};
    as_buf_adds(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.status\"}");
    while (line.len < PROTO_LINE_MAX_BYTES)
        as_buf_addc(&line, ' ');
    as_buf_addc(&line, '\n');
    assert_true(client_send(toy, &client, line.ptr, line.len));
    as_buf_done(&line);
    expect_result(toy, &client, 1);
    client_done(&client);
}

static void test_a_cut_line_at_the_end_is_not_carried_out(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.status\"}");
    shutdown(client.fd, SHUT_WR);
    expect_end(toy, &client);
    assert_int_equal(toy->status_calls, 0);
    assert_int_equal(client.in.len, 0);
    client_done(&client);
}

static void test_a_peer_that_has_sent_all_still_gets_its_answers(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    for (int i = 0; i < 200; i++) /* more than a turn handles */
        client_say(toy, &client, STATUS_CALL);
    client_say(toy, &client, PARK_CALL(2));
    shutdown(client.fd, SHUT_WR);
    for (int i = 0; i < 200; i++)
        expect_result(toy, &client, 1);
    toy_turn_until_parked(toy, 1);
    toy_answer_parked(toy);
    expect_result(toy, &client, 2);
    expect_end(toy, &client);
    client_done(&client);
}

static void test_of_a_peer_that_has_gone_it_is_told_before_its_calls_are_answered(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, PARK_CALL(1));
    toy_turn_until_parked(toy, 1);
    client_done(&client);
    while (!toy->closed_count)
        loop_turn(toy->loop);
    assert_int_equal(toy->parked_count, 1);
    assert_int_equal(toy->closed_id, toy->parked[0]->connection);
    toy_answer_parked(toy);
    assert_int_equal(toy->closed_count, 1);
}

/* ---- what is no proper call ---- */

static void test_what_is_no_call_is_refused_and_the_connection_goes_on(void **state)
{
    static const struct {
        const char *line;
        int code;
        const char *fragment;
    } rows[] = {
        {"nonsense\n", AS_EPROTO, "not valid JSON"},
        {"[1]\n", AS_EUSAGE, "one message a line"},
        {"{\"id\":1,\"method\":\"daemon.status\"}\n", AS_EUSAGE, "jsonrpc"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"daemon.status\"}\n", AS_EUSAGE, "\"id\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n", AS_EUSAGE, "no responses"},
        {TOY_CALL(1, "daemon.statsu", ""), AS_EMETHOD, "'daemon.status'"},
        {TOY_CALL(1, "%s%n", ""), AS_EMETHOD, "unknown method '%s%n'"},
        {TOY_CALL(1, "run.show", ""), AS_EINVAL, "'run' is missing"},
        {TOY_CALL(1, "eval.list", ""), AS_ENOENT, "no such toy"},
    };
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        client_say(toy, &client, rows[i].line);
        expect_error(toy, &client, rows[i].code, rows[i].fragment);
    }
    client_say(toy, &client, STATUS_CALL);
    expect_result(toy, &client, 1);
    client_done(&client);
}

/* ---- too much, too slow, gone ---- */

static void test_a_slow_reader_is_dropped_and_not_waited_for(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client slow = client_new(toy), other = client_new(toy);
    client_say(toy, &slow, NOTICES_CALL);
    while (!toy->closed_count)
        loop_turn(toy->loop);
    assert_int_equal(toy->closed_count, 1);
    client_say(toy, &other, STATUS_CALL);
    expect_result(toy, &other, 1);
    expect_end(toy, &slow);
    client_done(&slow);
    client_done(&other);
}

static void test_a_flood_leaves_turns_to_others(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client flood = client_new(toy), other = client_new(toy);
    struct as_buf lines = {0};
    for (int i = 0; i < 2000; i++)
        as_buf_adds(&lines, STATUS_CALL);
    ssize_t sent = send(flood.fd, lines.ptr, lines.len, MSG_NOSIGNAL); /* what the socket takes */
    assert_true(sent > 40000);
    client_say(toy, &other, WATCH_CALL);
    expect_result(toy, &other, 1);
    assert_true(toy->calls_before_watch < 100);
    as_buf_done(&lines);
    client_done(&flood);
    client_done(&other);
}

static void test_more_than_the_open_calls_allowed_wait_for_an_answer(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    for (int i = 0; i < CONTROL_CALLS_MAX + 8; i++)
        client_say(toy, &client, PARK_CALL(3));
    toy_turn_until_parked(toy, CONTROL_CALLS_MAX);
    loop_turn(toy->loop);
    assert_int_equal(toy->parked_count, CONTROL_CALLS_MAX);
    toy_answer_parked(toy);
    toy_turn_until_parked(toy, 8);
    toy_answer_parked(toy);
    for (int i = 0; i < CONTROL_CALLS_MAX + 8; i++)
        expect_result(toy, &client, 3);
    client_done(&client);
}

static void test_an_answer_to_a_peer_that_left_is_dropped(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client gone = client_new(toy), other = client_new(toy);
    client_say(toy, &gone, PARK_CALL(1));
    toy_turn_until_parked(toy, 1);
    client_done(&gone);
    toy_answer_parked(toy);
    while (!toy->closed_count)
        loop_turn(toy->loop);
    client_say(toy, &other, STATUS_CALL);
    expect_result(toy, &other, 1);
    client_done(&other);
}

static void test_an_answer_after_the_server_was_freed_is_dropped(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, PARK_CALL(1) PARK_CALL(2));
    toy_turn_until_parked(toy, 2);
    control_server_free(toy->server);
    toy->server = NULL;
    assert_int_equal(toy->closed_count, 1);
    struct as_err err = {0};
    as_err_set(&err, AS_ECANCELED, "the daemon stops");
    control_fail(toy->parked[0], &err);
    control_reply(toy->parked[1], as_json_object());
    expect_end(toy, &client);
    client_done(&client);
}

static void test_notices_reach_their_connection_until_it_closes(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, WATCH_CALL);
    expect_result(toy, &client, 1);
    control_notify(toy->server, toy->watcher, "run.ended", as_json_object());
    struct proto_message message = client_next(toy, &client);
    assert_string_equal(message.method, "run.ended");
    assert_null(message.id);
    proto_message_done(&message);
    client_done(&client);
    while (!toy->closed_count)
        loop_turn(toy->loop);
    assert_int_equal(toy->closed_id, toy->watcher);
    control_notify(toy->server, toy->watcher, "run.ended", as_json_object());
}

static void test_an_answer_longer_than_a_line_becomes_an_error(void **state)
{
    struct toy *toy = *state;
    toy_start(toy);
    struct client client = client_new(toy);
    client_say(toy, &client, LONG_CALL);
    expect_error(toy, &client, AS_ELIMIT, "row.show: the answer has");
    client_done(&client);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, toy_setup, toy_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_call_is_answered_by_its_id),
        CASE(test_a_line_that_comes_byte_by_byte_is_put_together),
        CASE(test_lines_that_come_together_are_told_apart),
        CASE(test_a_line_over_the_limit_gets_one_error_and_the_end),
        CASE(test_a_line_of_just_the_limit_is_read),
        CASE(test_a_cut_line_at_the_end_is_not_carried_out),
        CASE(test_a_peer_that_has_sent_all_still_gets_its_answers),
        CASE(test_of_a_peer_that_has_gone_it_is_told_before_its_calls_are_answered),
        CASE(test_what_is_no_call_is_refused_and_the_connection_goes_on),
        CASE(test_a_slow_reader_is_dropped_and_not_waited_for),
        CASE(test_a_flood_leaves_turns_to_others),
        CASE(test_more_than_the_open_calls_allowed_wait_for_an_answer),
        CASE(test_an_answer_to_a_peer_that_left_is_dropped),
        CASE(test_an_answer_after_the_server_was_freed_is_dropped),
        CASE(test_notices_reach_their_connection_until_it_closes),
        CASE(test_an_answer_longer_than_a_line_becomes_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
