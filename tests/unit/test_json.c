/* lib/json: strictness, types, canonical text. */
#include "lib/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_only_whole_strict_json_is_taken(void **unused)
{
    (void)unused;
    static const char *const good[] = {
        "{}", "[]", "0", "-1.5e3", "\"a\"", "true", "null", " {\"a\": [1, 2]} \n", "\"\\u00e9\"",
    };
    static const char *const bad[] = {"",         "{",   "{\"a\":1,}", "[1,]",     "{'a':1}",
                                      "NaN",      "01",  "[1] x",      "\"\xFF\"", "{\"a\" 1}",
                                      "// c\n{}", "\"a", "Infinity",   "[1 2]"};
    for (size_t i = 0; i < AS_COUNT(good); i++) {
        struct as_json *json = NULL;
        assert_int_equal(as_json_parse(good[i], strlen(good[i]), &json, NULL), 0);
        as_json_free(json);
    }
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct as_json *json = NULL;
        struct as_err err = {0};
        assert_int_equal(as_json_parse(bad[i], strlen(bad[i]), &json, &err), AS_EINVAL);
        assert_non_null(strstr(err.msg, "not valid JSON at "));
    }
}

static void test_errors_name_line_and_column(void **unused)
{
    (void)unused;
    struct as_json *json = NULL;
    struct as_err err = {0};
    assert_int_equal(as_json_parse("{\n \"a\": x}", 10, &json, &err), AS_EINVAL);
    assert_non_null(strstr(err.msg, "line 2, column 7"));
}

static void test_errors_are_told_in_words(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"{\"a\":nonsense}", "only true, false and null stand without quotes"},
        {"{\"a\":truth}", "only true, false and null stand without quotes"},
        {"{\"a\":1", "the text ends too early"},
        {"{\"a\":-x}", "this is no number"},
        {"[1e308, -1e400]", "column 10: the number is too large"},
        {"[\"\xC0\xBB\"]", "column 3: the text is not valid UTF-8"},
        {"1e999", "column 1: the number is too large"},
        {"[1 2]", "expected ',' or ']'"},
        {"{a:1}", "expected a key in double quotes"},
        {"{\"a\" 1}", "expected ':' after the key"},
        {"{\"a\":1 2}", "expected ',' or '}'"},
        {"{\"a\":\"\\q\"}", "no such escape in a text"},
    };
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_json *json = NULL;
        struct as_err err = {0};
        assert_int_equal(as_json_parse(rows[i].text, strlen(rows[i].text), &json, &err), AS_EINVAL);
        if (!strstr(err.msg, rows[i].reason))
            fail_msg("%s: %s", rows[i].text, err.msg);
    }
}

static int parse_nested(size_t depth)
{
    char text[2 * AS_JSON_MAX_DEPTH + 8];
    struct as_json *json = NULL;
    memset(text, '[', depth);
    text[depth] = '1';
    memset(text + depth + 1, ']', depth);
    int rc = as_json_parse(text, 2 * depth + 1, &json, NULL);
    as_json_free(json);
    return rc;
}

static void test_depth_is_bounded(void **unused)
{
    (void)unused;
    assert_int_equal(parse_nested(AS_JSON_MAX_DEPTH), 0);
    assert_int_equal(parse_nested(AS_JSON_MAX_DEPTH + 1), AS_EINVAL);
    assert_int_equal(parse_nested(AS_JSON_MAX_DEPTH + 3), AS_EINVAL);
}

static void test_getters_give_the_fallback_for_another_type(void **unused)
{
    (void)unused;
    static const char text[] = "{\"s\":\"x\",\"i\":7,\"d\":1.5,\"b\":true,\"n\":null}";
    AS_CLEANUP_JSON struct as_json *json = NULL;
    assert_int_equal(as_json_parse(text, strlen(text), &json, NULL), 0);
    assert_string_equal(as_json_get_cstr(json, "s"), "x");
    assert_null(as_json_get_cstr(json, "i"));
    assert_string_equal(as_json_get_cstr_or(json, "s", "y"), "x");
    assert_string_equal(as_json_get_cstr_or(json, "i", "y"), "y");
    assert_string_equal(as_json_get_cstr_or(json, "absent", "y"), "y");
    assert_int_equal(as_json_get_int(json, "i", 0), 7);
    assert_int_equal(as_json_get_int(json, "s", -3), -3);
    assert_true(as_json_get_num(json, "i", 0) == 7.0);
    assert_true(as_json_get_num(json, "d", 0) == 1.5);
    assert_true(as_json_get_bool(json, "b", false));
    assert_true(as_json_has(json, "n"));
    assert_null(as_json_get(json, "n"));
    assert_null(as_json_get(NULL, "n"));
}

static void test_canonical_text_is_equal_for_equal_values(void **unused)
{
    (void)unused;
    static const char *const same[] = {
        "{\"b\":1,\"a\":[1.0,2.50,\"\\u00e9\"]}",
        "{ \"a\" : [1, 2.5, \"\xC3\xA9\"],\n\"b\" : 1.0 }",
    };
    struct as_buf text[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        AS_CLEANUP_JSON struct as_json *json = NULL;
        assert_int_equal(as_json_parse(same[i], strlen(same[i]), &json, NULL), 0);
        as_json_write_canonical(json, &text[i]);
    }
    assert_string_equal(text[0].ptr, text[1].ptr);
    assert_string_equal(text[0].ptr, "{\"a\":[1,2.5,\"\xC3\xA9\"],\"b\":1}");
    as_buf_done(&text[0]);
    as_buf_done(&text[1]);
}

static void test_numbers_read_back_the_same(void **unused)
{
    (void)unused;
    static const double numbers[] = {0.1, 1.0 / 3, 1e300, -2.5e-9, 123456789.123};
    for (size_t i = 0; i < AS_COUNT(numbers); i++) {
        struct as_buf text = {0};
        struct as_json *json = as_json_new_num(numbers[i]), *back = NULL;
        as_json_write(json, &text);
        assert_int_equal(as_json_parse(text.ptr, text.len, &back, NULL), 0);
        assert_true(as_json_num(back, NAN) == numbers[i]);
        as_json_free(json);
        as_json_free(back);
        as_buf_done(&text);
    }
}

static void test_what_json_cannot_say_becomes_null(void **unused)
{
    (void)unused;
    struct as_json *json = as_json_object();
    struct as_buf text = {0};
    as_json_set_num(json, "nan", NAN);
    as_json_set_num(json, "inf", INFINITY);
    as_json_set_str(json, "absent", NULL);
    as_json_write(json, &text);
    assert_string_equal(text.ptr, "{\"nan\":null,\"inf\":null,\"absent\":null}");
    as_json_free(json);
    as_buf_done(&text);
}

static void test_bad_utf8_is_repaired_and_nul_is_kept(void **unused)
{
    (void)unused;
    struct as_buf text = {0};
    as_json_write_quoted((struct as_str){"a\xFF\0b", 4}, &text);
    assert_string_equal(text.ptr, "\"a\xEF\xBF\xBD\\u0000b\"");
    as_buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_whole_strict_json_is_taken),
        cmocka_unit_test(test_errors_name_line_and_column),
        cmocka_unit_test(test_errors_are_told_in_words),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_getters_give_the_fallback_for_another_type),
        cmocka_unit_test(test_canonical_text_is_equal_for_equal_values),
        cmocka_unit_test(test_numbers_read_back_the_same),
        cmocka_unit_test(test_what_json_cannot_say_becomes_null),
        cmocka_unit_test(test_bad_utf8_is_repaired_and_nul_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
