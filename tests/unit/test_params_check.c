/* Parameters, given and declared: what is told of each mistake, and that the worker, which has the
 * last word, takes and refuses the same ones. */
#include "daemon/plugin/params_check.h"

#include "tests/unit/registry_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char scorer[] =
    "return { api = 1, kind = 'scorer', name = 'picky', version = '1.0.0',\n"
    "  params = {\n"
    "    text = { type = 'string', required = true }, share = { type = 'number' },\n"
    "    count = { type = 'integer', default = 2 }, flag = { type = 'boolean' },\n"
    "    list = { type = 'array' }, map = { type = 'object' }, thing = { type = 'any' },\n"
    "    take = { type = 'string', enum = { 'first', 'last' } },\n"
    "    level = { type = 'number', enum = { 1, 2.5 } } },\n"
    "  score = function() return 1 end }\n";

static struct plugin_version *find_picky(void)
{
    fixture_write("picky.lua", scorer);
    fixture_wait_live("picky");
    return fixture_find("picky");
}

static bool worker_takes(const struct plugin_version *version, const char *params_json)
{
    struct kept_reply reply = {0};
    struct job_row row = {
        .kind = JOB_SCORE,
        .case_json = AS_STR("{\"id\":\"c1\"}"),
        .params_json = as_str_from(params_json),
        .output = {.text = AS_STR("x"), .finish_reason = AS_STR("stop")},
    };
    sandbox_submit(fixture.pool.sandbox, version->sandbox_id, &row, keep_reply, &reply);
    pool_wait_replies(&fixture.pool, &reply, 1);
    return reply.status == JOB_OK;
}

static void test_what_fits_is_taken_here_and_by_the_worker(void **state)
{
    static const char *const good[] = {
        "{\"text\":\"\"}",
        "{\"text\":\"x\",\"share\":1}",
        "{\"text\":\"x\",\"share\":0.5,\"count\":3}",
        "{\"text\":\"x\",\"count\":3.0}",
        "{\"text\":\"x\",\"flag\":false}",
        "{\"text\":\"x\",\"list\":[1,\"a\"],\"map\":{\"a\":1}}",
        "{\"text\":\"x\",\"list\":{},\"map\":[]}",
        "{\"text\":\"x\",\"list\":{\"a\":null}}",
        "{\"text\":\"x\",\"thing\":[{}]}",
        "{\"text\":\"x\",\"take\":\"last\",\"level\":1.0}",
        "{\"text\":\"x\",\"level\":2.5,\"share\":null}",
    };
    struct plugin_version *version = find_picky();
    (void)state;
    for (size_t i = 0; i < AS_COUNT(good); i++) {
        struct as_err err = {0};
        if (plugin_params_check(version, good[i], &err))
            fail_msg("%s: %s", good[i], err.msg);
        if (!worker_takes(version, good[i]))
            fail_msg("%s: the worker does not take it", good[i]);
    }
}

static void test_what_does_not_fit_is_told_and_refused_by_the_worker(void **state)
{
    static const struct {
        const char *params, *sentence;
    } bad[] = {
        {"{\"text\":\"x\",\"shre\":1}", "unknown parameter 'shre': did you mean 'share'?"},
        {"{\"text\":\"x\",\"nothing_near\":1}",
         "unknown parameter 'nothing_near': picky@1.0.0 has count, flag, level, list, map, share, "
         "take, text, thing"},
        {"{\"text\":\"x\",\"a\\u001b[2Jb\":1}", "unknown parameter 'a"},
        {"{}", "parameter 'text' of picky@1.0.0 is missing: it must be given"},
        {"{\"text\":null}", "parameter 'text' of picky@1.0.0 is missing: it must be given"},
        {"{\"text\":5}", "parameter 'text' must be of type string, got integer"},
        {"{\"text\":\"x\",\"share\":\"1\"}",
         "parameter 'share' must be of type number, got string"},
        {"{\"text\":\"x\",\"count\":1.5}", "parameter 'count' must be of type integer, got number"},
        {"{\"text\":\"x\",\"flag\":\"yes\"}",
         "parameter 'flag' must be of type boolean, got string"},
        {"{\"text\":\"x\",\"flag\":0}", "parameter 'flag' must be of type boolean, got integer"},
        {"{\"text\":\"x\",\"list\":\"a\"}", "parameter 'list' must be of type array, got string"},
        {"{\"text\":\"x\",\"list\":{\"a\":1}}",
         "parameter 'list' must be of type array, got object"},
        {"{\"text\":\"x\",\"map\":[1]}", "parameter 'map' must be of type object, got array"},
        {"{\"text\":\"x\",\"take\":\"middle\"}",
         "parameter 'take' must be one of [\"first\",\"last\"]"},
        {"{\"text\":\"x\",\"level\":2}", "parameter 'level' must be one of [1,2.5]"},
    };
    struct plugin_version *version = find_picky();
    (void)state;
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct as_err err = {0};
        assert_int_equal(plugin_params_check(version, bad[i].params, &err), AS_EINVAL);
        assert_has(err.msg, bad[i].sentence);
        assert_null(strchr(err.msg, '\x1b'));
        if (worker_takes(version, bad[i].params))
            fail_msg("%s: the worker takes it", bad[i].params);
    }
}

static void test_an_unknown_name_is_told_even_without_a_value(void **state)
{
    struct as_err err = {0};
    (void)state;
    assert_int_equal(plugin_params_check(find_picky(), "{\"text\":\"x\",\"takes\":null}", &err),
                     AS_EINVAL);
    assert_has(err.msg, "unknown parameter 'takes': did you mean 'take'?");
}

static void test_a_plugin_without_parameters_has_none(void **state)
{
    struct as_err err = {0};
    (void)state;
    fixture_write_scorer("half.lua", "half", "1.0.0", 0.5);
    fixture_wait_live("half");
    assert_int_equal(plugin_params_check(fixture_find("half"), "{}", &err), 0);
    assert_int_equal(plugin_params_check(fixture_find("half"), "{\"text\":1}", &err), AS_EINVAL);
    assert_string_equal(err.msg, "unknown parameter 'text': half@1.0.0 has none");
}

static void test_a_declaration_that_cannot_be_read_is_the_plugins_fault(void **state)
{
    char selector[] = "lying@1.0.0", declared[] = "{\"a\":";
    struct plugin_version version = {.selector = selector, .params_json = declared};
    struct as_err err = {0};
    (void)state;
    assert_int_equal(plugin_params_check(&version, "{}", &err), AS_EPLUGIN);
    assert_has(err.msg, "lying@1.0.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_registry(test_what_fits_is_taken_here_and_by_the_worker),
        with_registry(test_what_does_not_fit_is_told_and_refused_by_the_worker),
        with_registry(test_an_unknown_name_is_told_even_without_a_value),
        with_registry(test_a_plugin_without_parameters_has_none),
        cmocka_unit_test(test_a_declaration_that_cannot_be_read_is_the_plugins_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
