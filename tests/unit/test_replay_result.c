/* daemon/engine: what of a result counts as another one, and what as made by an older assayd. */
#include "daemon/engine/replay_result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *was, const char *is, const char *differences, const char *added)
{
    struct replay_result result = {as_json_array(), as_json_array(), {0}};
    struct as_json *before = NULL, *after = NULL;
    struct as_buf text = {0};
    assert_int_equal(as_json_parse(was, strlen(was), &before, NULL), 0);
    assert_int_equal(as_json_parse(is, strlen(is), &after, NULL), 0);
    replay_result_compare(&result, before, after);
    as_json_write(result.differences, &text);
    assert_string_equal(text.ptr, differences);
    as_buf_reset(&text);
    as_json_write(result.added, &text);
    assert_string_equal(text.ptr, added);
    as_buf_done(&text);
    as_json_free(before);
    as_json_free(after);
    as_json_free(result.differences);
    as_json_free(result.added);
}

static void test_another_number_is_a_difference_where_it_stands(void **state)
{
    (void)state;
    expect("{\"members\":[{\"ok\":1},{\"ok\":2}]}", "{\"members\":[{\"ok\":1},{\"ok\":3}]}",
           "[{\"at\":\"members[1].ok\",\"was\":2,\"is\":3}]", "[]");
}

static void test_what_is_gone_is_a_difference(void **state)
{
    (void)state;
    expect("{\"p\":1}", "{}", "[{\"at\":\"p\",\"was\":1,\"is\":null}]", "[]");
    expect("{\"evidence\":[\"a\",\"b\"]}", "{\"evidence\":[\"a\"]}",
           "[{\"at\":\"evidence\",\"was\":[\"a\",\"b\"],\"is\":[\"a\"]}]", "[]");
    expect("{\"evidence\":[\"a\"]}", "{\"evidence\":[\"a\",\"b\"]}",
           "[{\"at\":\"evidence\",\"was\":[\"a\"],\"is\":[\"a\",\"b\"]}]", "[]");
}

static void test_new_members_are_told_once_and_are_no_difference(void **state)
{
    (void)state;
    expect("{\"pairs\":[{\"p\":1},{\"p\":2}]}",
           "{\"pairs\":[{\"p\":1,\"q\":5},{\"p\":2,\"q\":6}],\"best\":null}", "[]",
           "[\"pairs[].q\",\"best\"]");
}

static void test_checks_are_found_by_their_names(void **state)
{
    (void)state;
    expect("{\"checks\":[{\"name\":\"a\",\"x\":1},{\"name\":\"b\",\"x\":2}]}",
           "{\"checks\":[{\"name\":\"new\",\"x\":9},{\"name\":\"a\",\"x\":1},{\"name\":\"b\","
           "\"x\":3}]}",
           "[{\"at\":\"checks[1].x\",\"was\":2,\"is\":3}]", "[\"checks.new\"]");
    expect("{\"checks\":[{\"name\":\"a\"}]}", "{\"checks\":[{\"name\":\"b\"}]}",
           "[{\"at\":\"checks[0]\",\"was\":{\"name\":\"a\"},\"is\":null}]", "[\"checks.b\"]");
}

static void test_a_warning_may_be_added_and_none_may_go(void **state)
{
    (void)state;
    expect("{\"warnings\":[\"a\"]}", "{\"warnings\":[\"b\",\"a\"]}", "[]", "[\"warnings\"]");
    expect("{\"warnings\":[\"a\"]}", "{\"warnings\":[\"b\"]}",
           "[{\"at\":\"warnings[0]\",\"was\":\"a\",\"is\":null}]", "[\"warnings\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_number_is_a_difference_where_it_stands),
        cmocka_unit_test(test_what_is_gone_is_a_difference),
        cmocka_unit_test(test_new_members_are_told_once_and_are_no_difference),
        cmocka_unit_test(test_checks_are_found_by_their_names),
        cmocka_unit_test(test_a_warning_may_be_added_and_none_may_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
