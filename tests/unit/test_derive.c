/* daemon/dataset/derive: what a case that is taken from a run keeps, and what is added to it. */
#include "daemon/dataset/derive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct dataset_origin origin = {7, "sums", 2, "it failed"};

#define NOTE "{\"dataset\":\"sums@2\",\"run\":7,\"why\":\"it failed\"}"

static void assert_derived(const char *text, const struct dataset_origin *from, const char *want)
{
    struct as_json *item = NULL;
    struct as_buf got = {0};
    assert_int_equal(as_json_parse(text, strlen(text), &item, NULL), 0);
    struct as_json *made = dataset_derive_case(item, from);
    as_json_write_canonical(made, &got);
    assert_string_equal(got.ptr, want);
    as_buf_done(&got);
    as_json_free(made);
    as_json_free(item);
}

static void test_a_case_keeps_what_it_has_and_says_where_it_comes_from(void **state)
{
    (void)state;
    assert_derived("{\"id\":\"a\",\"messages\":[1],\"tags\":[\"x\"]}", &origin,
                   "{\"id\":\"a\",\"messages\":[1],\"metadata\":{\"from_runs\":[" NOTE
                   "]},\"tags\":[\"x\"]}");
}

static void test_messages_that_an_input_became_are_left_to_the_import(void **state)
{
    (void)state;
    assert_derived("{\"id\":\"a\",\"input\":\"q\",\"messages\":[1]}", &origin,
                   "{\"id\":\"a\",\"input\":\"q\",\"metadata\":{\"from_runs\":[" NOTE "]}}");
}

static void test_origins_are_listed_one_after_the_other(void **state)
{
    (void)state;
    assert_derived("{\"id\":\"a\",\"metadata\":{\"from_runs\":[1],\"x\":2}}", &origin,
                   "{\"id\":\"a\",\"metadata\":{\"from_runs\":[1," NOTE "],\"x\":2}}");
    assert_derived("{\"id\":\"a\",\"metadata\":{\"from_runs\":\"mine\"}}", &origin,
                   "{\"id\":\"a\",\"metadata\":{\"from_runs\":[\"mine\"," NOTE "]}}");
}

static void test_a_case_without_an_origin_gets_no_note(void **state)
{
    (void)state;
    assert_derived("{\"id\":\"a\",\"input\":\"q\",\"messages\":[1]}", NULL,
                   "{\"id\":\"a\",\"input\":\"q\"}");
}

static void test_a_case_of_an_inbox_says_when_it_was_taken_in(void **state)
{
    static const char text[] = "{\"id\":\"a\",\"input\":\"q\",\"messages\":[1],"
                               "\"metadata\":{\"user\":\"u\"}}";
    struct as_json *item = NULL;
    struct as_buf got = {0};
    (void)state;
    assert_int_equal(as_json_parse(text, strlen(text), &item, NULL), 0);
    assert_int_equal(dataset_taken_ms(item), 0);
    struct as_json *made = dataset_derive_taken(item, "a.jsonl", 5000);
    assert_int_equal(dataset_taken_ms(made), 5000);
    as_json_write_canonical(made, &got);
    assert_string_equal(got.ptr, "{\"id\":\"a\",\"input\":\"q\",\"metadata\":{\"inbox\":"
                                 "{\"file\":\"a.jsonl\",\"taken_ms\":5000},\"user\":\"u\"}}");
    as_buf_done(&got);
    as_json_free(made);
    as_json_free(item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_case_keeps_what_it_has_and_says_where_it_comes_from),
        cmocka_unit_test(test_messages_that_an_input_became_are_left_to_the_import),
        cmocka_unit_test(test_origins_are_listed_one_after_the_other),
        cmocka_unit_test(test_a_case_without_an_origin_gets_no_note),
        cmocka_unit_test(test_a_case_of_an_inbox_says_when_it_was_taken_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
