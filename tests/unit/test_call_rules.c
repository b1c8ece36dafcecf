/* What a run says of its calls: through JSON and back, and its bounds. */
#include "daemon/model/call_rules.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *text, struct call_rules *ret_rules, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *json = NULL;
    assert_int_equal(as_json_parse(text, strlen(text), &json, NULL), 0);
    return call_rules_from_json(json, ret_rules, err);
}

static void test_what_was_said_comes_back(void **unused)
{
    (void)unused;
    struct call_rules rules;
    struct as_buf text = {0};
    const char *said = "{\"temperature\":0.5,\"max_concurrent\":3,\"request_delay_s\":0.25}";
    assert_int_equal(parse(said, &rules, NULL), 0);
    assert_int_equal(rules.max_concurrent, 3);
    assert_int_equal(rules.delay_ms, 250);
    AS_CLEANUP_JSON struct as_json *json = call_rules_to_json(&rules);
    as_json_write(json, &text);
    assert_string_equal(text.ptr, said);
    as_buf_done(&text);
}

static void test_nothing_said_is_nothing(void **unused)
{
    (void)unused;
    struct call_rules rules;
    assert_int_equal(parse("{\"eval\":\"x\",\"request_delay_s\":0}", &rules, NULL), 0);
    assert_true(isnan(rules.temperature));
    assert_null(call_rules_to_json(&rules));
    assert_int_equal(call_rules_from_json(NULL, &rules, NULL), 0);
    assert_null(call_rules_to_json(&rules));
}

static void test_a_temperature_of_0_is_said(void **unused)
{
    (void)unused;
    struct call_rules rules;
    assert_int_equal(parse("{\"temperature\":0}", &rules, NULL), 0);
    AS_CLEANUP_JSON struct as_json *json = call_rules_to_json(&rules);
    assert_non_null(as_json_get(json, "temperature"));
}

static void test_what_is_out_of_bounds_is_told(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"{\"temperature\":2.1}", "{\"temperature\":-1}",
                                      "{\"request_delay_s\":-0.1}", "{\"request_delay_s\":3601}",
                                      "{\"request_delay_s\":0.0001}"};
    struct call_rules rules = {.delay_ms = 7};
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct as_err err = {0};
        assert_int_equal(parse(bad[i], &rules, &err), AS_EINVAL);
        assert_true(*err.msg);
        assert_int_equal(rules.delay_ms, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_said_comes_back),
        cmocka_unit_test(test_nothing_said_is_nothing),
        cmocka_unit_test(test_a_temperature_of_0_is_said),
        cmocka_unit_test(test_what_is_out_of_bounds_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
