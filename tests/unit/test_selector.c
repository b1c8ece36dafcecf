/* Version numbers and selectors: which version is meant by a name, and what is no name at all. */
#include "daemon/plugin/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_numbers_are_three_plain_numbers(void **state)
{
    static const char *const good[] = {"0.0.0", "1.2.3", "10.200.999999999"};
    static const char *const bad[] = {"",       "1",      "1.2",    "1.2.3.4", "1.2.x",
                                      "1..2",   ".1.2",   "1.2.",   "01.2.3",  "1.2.3-rc1",
                                      "v1.2.3", " 1.2.3", "1.2.3 ", "-1.2.3",  "1.2.9999999999"};
    struct plugin_number number;
    (void)state;
    for (size_t i = 0; i < AS_COUNT(good); i++)
        assert_int_equal(plugin_number_parse(good[i], &number), 0);
    for (size_t i = 0; i < AS_COUNT(bad); i++)
        if (plugin_number_parse(bad[i], &number) != AS_EINVAL)
            fail_msg("'%s' was taken", bad[i]);
}

static void test_numbers_are_ordered_as_numbers(void **state)
{
    static const char *const rising[] = {"0.0.1", "0.0.10", "0.2.0", "0.10.0", "1.0.0",
                                         "1.2.0", "1.10.0", "9.0.0", "10.0.0"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(rising); i++) {
        for (size_t k = 0; k < AS_COUNT(rising); k++) {
            struct plugin_number a, b;
            assert_int_equal(plugin_number_parse(rising[i], &a), 0);
            assert_int_equal(plugin_number_parse(rising[k], &b), 0);
            assert_int_equal(plugin_number_compare(&a, &b), i < k ? -1 : i > k);
        }
    }
}

static void test_a_selector_takes_the_versions_that_it_starts(void **state)
{
    static const struct {
        const char *selector, *number;
        bool is_taken;
    } cases[] = {
        {"exact_match", "0.1.0", true},        {"exact_match@1", "1.9.3", true},
        {"exact_match@1", "10.0.0", false},    {"exact_match@1.2", "1.2.7", true},
        {"exact_match@1.2", "1.20.0", false},  {"exact_match@1.2.0", "1.2.0", true},
        {"exact_match@1.2.0", "1.2.1", false}, {"a.b-c_9@0", "0.0.1", true},
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        struct selector selector;
        struct plugin_number number;
        assert_int_equal(selector_parse(cases[i].selector, &selector, NULL), 0);
        assert_int_equal(plugin_number_parse(cases[i].number, &number), 0);
        assert_int_equal(selector_takes_number(&selector, &number), cases[i].is_taken);
    }
}

static void test_a_selector_by_hash_takes_a_prefix_of_eight_digits_or_more(void **state)
{
    struct as_sha256 hash = as_sha256_of("abc", 3); /* ba7816bf 8f01cfea ... */
    struct selector selector;
    (void)state;
    assert_int_equal(selector_parse("m@sha256:ba7816bf", &selector, NULL), 0);
    assert_true(selector_takes_hash(&selector, &hash));
    assert_int_equal(selector_parse("m@sha256:ba7816be", &selector, NULL), 0);
    assert_false(selector_takes_hash(&selector, &hash));
    assert_int_equal(selector_parse("m@sha256:ba7816b", &selector, NULL), AS_EINVAL);
}

static void test_a_malformed_selector_is_answered_with_the_forms_there_are(void **state)
{
    static const char *const bad[] = {
        "",      "@1", "a b", "a@", "a@x", "a@1.2.3.4", "a@1@2", "a@sha256:", "a@sha256:zzzzzzzz",
        "a@>=1", "a/b"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct selector selector;
        struct as_err err = {0};
        assert_int_equal(selector_parse(bad[i], &selector, &err), AS_EINVAL);
        assert_non_null(strstr(err.msg, "NAME@1.2.0"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_three_plain_numbers),
        cmocka_unit_test(test_numbers_are_ordered_as_numbers),
        cmocka_unit_test(test_a_selector_takes_the_versions_that_it_starts),
        cmocka_unit_test(test_a_selector_by_hash_takes_a_prefix_of_eight_digits_or_more),
        cmocka_unit_test(test_a_malformed_selector_is_answered_with_the_forms_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
