/* Whose turn it is: between flows, groups and classes, with lanes that are full. */
#include "daemon/transport/fair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 1000u

static struct fair fair;
static struct lane lanes[3]; /* in_flight stands for the room that is left */

static int set_up(void **state)
{
    (void)state;
    memset(&fair, 0, sizeof(fair));
    for (size_t i = 0; i < 3; i++)
        lanes[i] = (struct lane){.in_flight = ROOM};
    return 0;
}

static bool lets_go(void *ctx, int64_t group_id, struct lane *lane)
{
    (void)group_id;
    (void)ctx;
    return lane->in_flight > 0;
}

static struct request *push(enum transport_priority priority, int64_t group, uint32_t member)
{
    struct request *request = as_xcalloc(1, sizeof(*request));
    request->priority = priority;
    request->key.group_id = group;
    request->key.member = member;
    request->lane = &lanes[member];
    fair_push(&fair, request, false);
    return request;
}

static void push_many(enum transport_priority priority, int64_t group, uint32_t member, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        push(priority, group, member);
}

/* Takes the next; false: there is none. */
static bool next(struct journal_key *ret_key)
{
    struct request *request = fair_next(&fair, lets_go, NULL);
    if (!request)
        return false;
    *ret_key = request->key;
    fair_take(&fair, request);
    request->lane->in_flight--;
    free(request);
    return true;
}

static void expect_next(int64_t group, uint32_t member)
{
    struct journal_key key = {0};
    assert_true(next(&key));
    assert_int_equal(key.group_id, group);
    assert_int_equal(key.member, member);
}

static void test_members_of_a_group_take_turns(void **state)
{
    (void)state;
    push_many(TRANSPORT_ON_DEMAND, 1, 0, 3);
    push_many(TRANSPORT_ON_DEMAND, 1, 1, 3);
    for (unsigned i = 0; i < 3; i++) {
        expect_next(1, 0);
        expect_next(1, 1);
    }
    assert_int_equal(fair.count, 0);
}

static void test_groups_take_turns_however_many_members_they_have(void **state)
{
    (void)state;
    push_many(TRANSPORT_ON_DEMAND, 1, 0, 4);
    push_many(TRANSPORT_ON_DEMAND, 1, 1, 4);
    push_many(TRANSPORT_ON_DEMAND, 2, 0, 4);
    unsigned of_second = 0;
    struct journal_key key;
    for (unsigned i = 0; i < 8 && next(&key); i++)
        of_second += key.group_id == 2;
    assert_int_equal(of_second, 4);
    while (next(&key))
        assert_int_equal(key.group_id, 1);
}

static void test_a_flow_is_first_in_first_out_and_a_retry_goes_first(void **state)
{
    (void)state;
    struct request *a = push(TRANSPORT_ON_DEMAND, 1, 0), *b = push(TRANSPORT_ON_DEMAND, 1, 0);
    assert_ptr_equal(fair_next(&fair, lets_go, NULL), a);
    fair_take(&fair, a);
    assert_ptr_equal(fair_next(&fair, lets_go, NULL), b);
    fair_push(&fair, a, true);
    assert_ptr_equal(fair_next(&fair, lets_go, NULL), a);
    fair_remove(&fair, a);
    fair_remove(&fair, b);
    assert_null(fair_next(&fair, lets_go, NULL));
    free(a);
    free(b);
}

static void test_a_full_lane_is_passed_over_and_keeps_its_turn(void **state)
{
    (void)state;
    push_many(TRANSPORT_ON_DEMAND, 1, 0, 2);
    push_many(TRANSPORT_ON_DEMAND, 1, 1, 2);
    lanes[0].in_flight = 0;
    expect_next(1, 1);
    lanes[0].in_flight = ROOM;
    expect_next(1, 0);
    expect_next(1, 1);
    expect_next(1, 0);
}

static void test_the_scheduled_class_waits_but_is_not_starved(void **state)
{
    (void)state;
    push_many(TRANSPORT_SCHEDULED, 1, 0, 10);
    push_many(TRANSPORT_ON_DEMAND, 2, 1, 70);
    unsigned of_scheduled = 0;
    struct journal_key key;
    for (unsigned i = 0; i < 80; i++) {
        assert_true(next(&key));
        of_scheduled += key.group_id == 1;
        assert_true(of_scheduled <= i / FAIR_LOWER_TURN + 1);
    }
    assert_int_equal(of_scheduled, 10);
}

static void test_the_scheduled_class_has_all_turns_that_nobody_else_wants(void **state)
{
    (void)state;
    push_many(TRANSPORT_SCHEDULED, 1, 0, 3);
    push_many(TRANSPORT_ON_DEMAND, 2, 1, 3);
    lanes[1].in_flight = 0;
    for (unsigned i = 0; i < 3; i++)
        expect_next(1, 0);
    lanes[1].in_flight = ROOM;
    for (unsigned i = 0; i < 3; i++)
        expect_next(2, 1);
}

static void test_what_waits_for_a_lane_moves_to_another_account_in_order(void **state)
{
    (void)state;
    struct fair other = {0};
    struct request *first = push(TRANSPORT_ON_DEMAND, 1, 0);
    push(TRANSPORT_ON_DEMAND, 1, 1);
    struct request *second = push(TRANSPORT_SCHEDULED, 3, 0);
    fair_move(&fair, &other, &lanes[0]);
    assert_int_equal(other.count, 2);
    assert_int_equal(fair.count, 1);
    assert_int_equal(lanes[0].queued, 2);
    expect_next(1, 1);
    assert_ptr_equal(fair_next(&other, lets_go, NULL), first);
    fair_remove(&other, first);
    assert_ptr_equal(fair_next(&other, lets_go, NULL), second);
    fair_remove(&other, second);
    free(first);
    free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_members_of_a_group_take_turns, set_up),
        cmocka_unit_test_setup(test_groups_take_turns_however_many_members_they_have, set_up),
        cmocka_unit_test_setup(test_a_flow_is_first_in_first_out_and_a_retry_goes_first, set_up),
        cmocka_unit_test_setup(test_a_full_lane_is_passed_over_and_keeps_its_turn, set_up),
        cmocka_unit_test_setup(test_the_scheduled_class_waits_but_is_not_starved, set_up),
        cmocka_unit_test_setup(test_the_scheduled_class_has_all_turns_that_nobody_else_wants,
                               set_up),
        cmocka_unit_test_setup(test_what_waits_for_a_lane_moves_to_another_account_in_order,
                               set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
