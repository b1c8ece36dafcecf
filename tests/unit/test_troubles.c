/* model/troubles: the last errors, each once. */
#include "daemon/model/troubles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void note(struct troubles *troubles, enum row_status status, const char *error_class,
                 const char *text)
{
    struct row_record row = {
        .status = status, .error_class = as_str_from(error_class), .error = as_str_from(text)};
    troubles_note(troubles, &row);
}

static void test_what_differs_in_digits_only_is_told_once(void **state)
{
    (void)state;
    struct troubles troubles = {0};
    note(&troubles, ROW_TIMEOUT, "timeout", "no byte for 2000 ms");
    note(&troubles, ROW_TIMEOUT, "timeout", "no byte for 15 ms");
    note(&troubles, ROW_TIMEOUT, "timeout", "no byte for ever");
    assert_int_equal(troubles.count, 2);
    assert_string_equal(troubles.items[0].text, "no byte for ever");
    assert_string_equal(troubles.items[1].text, "no byte for 15 ms");
    assert_int_equal(troubles.items[1].count, 2);
}

static void test_status_and_class_tell_errors_apart(void **state)
{
    (void)state;
    struct troubles troubles = {0};
    note(&troubles, ROW_MODEL_ERROR, "bad_reply", "x");
    note(&troubles, ROW_JUDGE_ERROR, "bad_reply", "x");
    note(&troubles, ROW_MODEL_ERROR, "overload", "x");
    assert_int_equal(troubles.count, 3);
}

static void test_the_last_comes_first_and_the_oldest_goes(void **state)
{
    (void)state;
    struct troubles troubles = {0};
    const char *texts[] = {"a", "a", "b", "c", "d", "e", "f"};
    for (size_t i = 0; i < AS_COUNT(texts); i++)
        note(&troubles, ROW_MODEL_ERROR, "x", texts[i]);
    assert_int_equal(troubles.count, TROUBLES_MAX);
    assert_string_equal(troubles.items[0].text, "f");
    assert_string_equal(troubles.items[TROUBLES_MAX - 1].text, "b");
    assert_int_equal(troubles.forgotten, 2); /* a, twice */
    note(&troubles, ROW_MODEL_ERROR, "x", "b");
    assert_string_equal(troubles.items[0].text, "b");
    assert_int_equal(troubles.items[0].count, 2);
    assert_string_equal(troubles.items[TROUBLES_MAX - 1].text, "c");
}

static void test_rows_that_are_ok_or_skipped_are_no_trouble(void **state)
{
    (void)state;
    struct troubles troubles = {0};
    note(&troubles, ROW_OK, NULL, NULL);
    note(&troubles, ROW_SKIPPED, "budget", "used up");
    assert_int_equal(troubles.count, 0);
}

static void test_a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    struct troubles troubles = {0};
    char text[TROUBLE_TEXT_BYTES + 8];
    memset(text, 'x', sizeof(text));
    snprintf(text + TROUBLE_TEXT_BYTES - 2, 8, "%s", "\xc3\xa4yz"); /* the last byte splits it */
    note(&troubles, ROW_MODEL_ERROR, "x", text);
    assert_int_equal(strlen(troubles.items[0].text), TROUBLE_TEXT_BYTES - 2);
    assert_true(as_utf8_is_valid(troubles.items[0].text, strlen(troubles.items[0].text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_differs_in_digits_only_is_told_once),
        cmocka_unit_test(test_status_and_class_tell_errors_apart),
        cmocka_unit_test(test_the_last_comes_first_and_the_oldest_goes),
        cmocka_unit_test(test_rows_that_are_ok_or_skipped_are_no_trouble),
        cmocka_unit_test(test_a_long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
