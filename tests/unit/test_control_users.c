/* Accounts of uids and the order of turns, without sockets. */
#include "daemon/control/server.h"
#include "daemon/control/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct control_user *enter(struct control_users *users, uid_t uid, enum role role)
{
    struct control_user *user = NULL;
    struct as_err err = {0};
    if (control_user_enter(users, uid, role, &user, &err))
        fail_msg("%s", err.msg);
    return user;
}

static void expect_refusal(struct control_users *users, uid_t uid, enum role role, const char *why)
{
    struct control_user *user = NULL;
    struct as_err err = {0};
    assert_int_equal(control_user_enter(users, uid, role, &user, &err), AS_ELIMIT);
    assert_null(user);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not hold '%s'", err.msg, why);
}

static void leave_all(struct control_users *users, enum role role)
{
    while (users->head)
        control_user_leave(users, users->head, role);
    assert_int_equal(users->connections, 0);
}

static void test_a_uid_has_as_many_connections_as_its_quota(void **state)
{
    (void)state;
    struct control_users users = {0};
    for (int i = 0; i < CONTROL_PER_UID_MAX; i++)
        enter(&users, 1, ROLE_OBSERVER);
    expect_refusal(&users, 1, ROLE_OBSERVER, "uid 1 has 256 connections open already");
    enter(&users, 2, ROLE_OBSERVER);
    leave_all(&users, ROLE_OBSERVER);
}

static void test_the_last_places_are_kept_for_administrators(void **state)
{
    (void)state;
    struct control_users users = {0};
    while (users.connections < CONTROL_CONNECTIONS_MAX - 16)
        enter(&users, (uid_t)users.connections / 200, ROLE_OPERATOR);
    expect_refusal(&users, 77, ROLE_OPERATOR, "496 connections are open already");
    for (int i = 0; i < 16; i++)
        enter(&users, 78, ROLE_ADMIN);
    expect_refusal(&users, 78, ROLE_ADMIN, "512 connections are open already");
    leave_all(&users, ROLE_ADMIN);
}

static void test_users_without_a_role_take_few_places(void **state)
{
    (void)state;
    struct control_users users = {0};
    for (uid_t uid = 0; uid < 8; uid++)
        for (int i = 0; i < 8; i++)
            enter(&users, uid, ROLE_NONE);
    expect_refusal(&users, 0, ROLE_NONE, "64 connections of users without a role");
    control_user_leave(&users, users.head, ROLE_NONE);
    expect_refusal(&users, 0, ROLE_NONE, "uid 0 has 8 connections open already");
    leave_all(&users, ROLE_NONE);
}

static void test_calls_count_until_they_are_answered_not_until_the_caller_leaves(void **state)
{
    (void)state;
    struct control_users users = {0};
    struct control_user *user = enter(&users, 1, ROLE_OPERATOR);
    for (int i = 0; i < CONTROL_CALLS_PER_UID_MAX; i++) {
        assert_true(control_user_may_call(user));
        control_user_begin_call(user, 10);
    }
    control_user_leave(&users, user, ROLE_OPERATOR);
    assert_ptr_equal(enter(&users, 1, ROLE_OPERATOR), user);
    assert_false(control_user_may_call(user));
    control_user_end_call(&users, user, 10);
    assert_true(control_user_may_call(user));
    control_user_leave(&users, user, ROLE_OPERATOR);
    while (users.head)
        control_user_end_call(&users, users.head, 10);
}

static void test_the_lines_of_open_calls_have_a_bound(void **state)
{
    (void)state;
    struct control_users users = {0};
    struct control_user *user = enter(&users, 1, ROLE_OPERATOR);
    for (int i = 0; i < 8; i++) {
        assert_true(control_user_may_call(user));
        control_user_begin_call(user, PROTO_LINE_MAX_BYTES);
    }
    assert_false(control_user_may_call(user));
    for (int i = 0; i < 8; i++)
        control_user_end_call(&users, user, PROTO_LINE_MAX_BYTES);
    leave_all(&users, ROLE_OPERATOR);
}

static void test_memory_has_a_bound_for_each_uid_and_for_all(void **state)
{
    (void)state;
    struct control_users users = {0};
    struct control_user *each[5];
    for (uid_t uid = 0; uid < 5; uid++) {
        each[uid] = enter(&users, uid, ROLE_OPERATOR);
        control_user_hold(&users, each[uid], 0, 50u << 20);
        assert_false(control_user_holds_too_much(&users, each[uid]));
    }
    control_user_hold(&users, each[0], 50u << 20, 65u << 20);
    assert_true(control_user_holds_too_much(&users, each[0]));
    assert_true(control_user_holds_too_much(&users, each[1])); /* all have 265 MiB */
    control_user_hold(&users, each[0], 65u << 20, 56u << 20);
    assert_false(control_user_holds_too_much(&users, each[0]));
    for (uid_t uid = 0; uid < 5; uid++)
        control_user_hold(&users, each[uid], uid ? 50u << 20 : 56u << 20, 0);
    leave_all(&users, ROLE_OPERATOR);
}

/* ---- turns ---- */

/* A connection with a whole line. */
static struct conn ready_conn(struct control_user *user, uint64_t id)
{
    return (struct conn){.user = user, .id = id, .in_lines = 1};
}

static void test_each_uid_gets_a_turn_before_one_gets_a_second(void **state)
{
    (void)state;
    static const uint64_t order[] = {1, 4, 2, 3};
    struct control_users users = {0};
    struct control_user *many = enter(&users, 5, ROLE_OBSERVER),
                        *one = enter(&users, 9, ROLE_OBSERVER);
    struct conn conns[] = {ready_conn(many, 1), ready_conn(many, 2), ready_conn(many, 3),
                           ready_conn(one, 4)};
    for (int i = 0; i < 4; i++) {
        turns_enter(&conns[i]);
        turns_enter(&conns[i]); /* it stands there once */
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(turns_next(&users)->id, order[i]);
    assert_null(turns_next(&users));
    leave_all(&users, ROLE_OBSERVER);
}

static void test_a_uid_with_all_its_calls_open_is_passed_over(void **state)
{
    (void)state;
    struct control_users users = {0};
    struct control_user *full = enter(&users, 1, ROLE_OBSERVER),
                        *other = enter(&users, 2, ROLE_OBSERVER);
    struct conn conns[] = {ready_conn(full, 1), ready_conn(other, 2)};
    turns_enter(&conns[0]);
    turns_enter(&conns[1]);
    control_user_begin_call(full, CONTROL_CALL_BYTES_PER_UID_MAX);
    assert_int_equal(turns_next(&users)->id, 2);
    assert_null(turns_next(&users));
    control_user_end_call(&users, full, CONTROL_CALL_BYTES_PER_UID_MAX);
    assert_int_equal(turns_next(&users)->id, 1);
    leave_all(&users, ROLE_OBSERVER);
}

static void test_one_that_leaves_the_line_keeps_the_order_of_the_others(void **state)
{
    (void)state;
    struct control_users users = {0};
    struct control_user *user = enter(&users, 1, ROLE_OBSERVER);
    struct conn conns[4];
    for (int i = 0; i < 4; i++) {
        conns[i] = ready_conn(user, (uint64_t)i);
        if (i < 3)
            turns_enter(&conns[i]);
    }
    turns_leave(&conns[2]); /* the last one: the next to enter comes after conns[1] */
    turns_leave(&conns[2]);
    turns_enter(&conns[3]);
    turns_leave(&conns[0]);
    assert_int_equal(turns_next(&users)->id, 1);
    assert_int_equal(turns_next(&users)->id, 3);
    assert_null(turns_next(&users));
    leave_all(&users, ROLE_OBSERVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_uid_has_as_many_connections_as_its_quota),
        cmocka_unit_test(test_the_last_places_are_kept_for_administrators),
        cmocka_unit_test(test_users_without_a_role_take_few_places),
        cmocka_unit_test(test_calls_count_until_they_are_answered_not_until_the_caller_leaves),
        cmocka_unit_test(test_the_lines_of_open_calls_have_a_bound),
        cmocka_unit_test(test_memory_has_a_bound_for_each_uid_and_for_all),
        cmocka_unit_test(test_each_uid_gets_a_turn_before_one_gets_a_second),
        cmocka_unit_test(test_a_uid_with_all_its_calls_open_is_passed_over),
        cmocka_unit_test(test_one_that_leaves_the_line_keeps_the_order_of_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
