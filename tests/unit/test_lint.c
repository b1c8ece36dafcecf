/* What `plugin check` warns of, and what it must not warn of. */
#include "ctl/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* All warnings for this source as lines "LINE: warning"; the report as plugin.check gives it. */
static char *lint(const char *source, const char *report_text)
{
    struct as_json *report = NULL;
    struct as_buf text = {0};
    assert_int_equal(as_json_parse(report_text, strlen(report_text), &report, NULL), 0);
    struct as_json *warnings = lint_plugin(as_str_from(source), report);
    as_buf_adds(&text, "");
    for (size_t i = 0; i < as_json_len(warnings); i++)
        as_buf_addf(&text, "%lld: %s\n",
                    (long long)as_json_get_int(as_json_at(warnings, i), "line", 0),
                    as_json_get_cstr(as_json_at(warnings, i), "warning"));
    as_json_free(warnings);
    as_json_free(report);
    return as_buf_take(&text);
}

#define GOOD_EXAMPLES \
    "examples = { { output = { text = \"\" } }, { output = { text = \"\\xff\" } } }"
#define GOOD_REPORT "{\"doc\": \"d\", \"examples\": 2, \"params\": {}}"

/* A body of code before a plugin that is good; expected is a part of the warnings, "" = none. */
static void assert_lint(const char *code, const char *expected)
{
    char source[2048];
    snprintf(source, sizeof(source), "%s\nreturn { " GOOD_EXAMPLES " }", code);
    char *got = lint(source, GOOD_REPORT);
    bool is_as_expected = *expected ? strstr(got, expected) != NULL : !*got;
    if (!is_as_expected)
        fail_msg("of '%s' expected '%s', got '%s'", code, expected, got);
    free(got);
}

static void test_setting_a_global_is_told_with_its_line(void **state)
{
    (void)state;
    assert_lint("\ntotal = 1", "2: 'total' is set as a global");
    assert_lint("local a, b = 1\na, c = 2, 3", "2: 'c' is set as a global");
    assert_lint("function f() end", "1: 'f' is set as a global");
    assert_lint("local function g() h = 1 end", "1: 'h' is set as a global");
}

static void test_a_name_that_the_jail_lacks_is_told_once(void **state)
{
    (void)state;
    assert_lint("local t = os.time()\nlocal u = os.clock()", "1: 'os' is no global");
    char *got = lint("local t = os.time()\nlocal u = os.clock()\nreturn { " GOOD_EXAMPLES " }",
                     GOOD_REPORT);
    assert_null(strstr(got, "2:"));
    free(got);
    assert_lint("local x = print", "'print' is no global");
    assert_lint("foo.bar = 1", "'foo' is no global");
    assert_lint("foo 'x'", "'foo' is no global");
    assert_lint("local x = { [undefined] = 1 }", "'undefined' is no global");
}

static void test_a_global_that_is_set_is_not_told_again_when_used(void **state)
{
    (void)state;
    char *got = lint("n = 1\nlocal m = n\nreturn { " GOOD_EXAMPLES " }", GOOD_REPORT);
    assert_string_equal(got, "1: 'n' is set as a global: write `local`\n");
    free(got);
}

static void test_names_in_scope_are_no_globals(void **state)
{
    static const char *const codes[] = {
        "local a <const>, b <close> = 1, nil; a = a",
        "local function f(x, ...) return f(x), ... end",
        "local f = function(x) return x end",
        "for i = 1, 2 do local j = i end",
        "for k, v in pairs({}) do local j = k + v end",
        "repeat local q = 1 until q == 1",
        "while true do local w = 1; if w then break elseif w then w = 2 else w = 3 end end",
        "local t = {}; function t.a.b:c(x) return self, x end",
        "local t = { a = 1, ['b'] = 2, 3; d = function() return 1 end }; t.x, t['y'] = 1, 2",
        "do local x = 1 end goto out ::out::",
        "local s = [==[ a ]] nothing.here ]==] .. 'it\\'s' .. \"\\z\n x\" -- no.comment",
        "--[[ x = 1\n]] local n = 1e-5 + 0x1p+3 // 2 ~ 3",
        "local s = ('%d'):format(#'x'); s = -s .. s; s = not s",
        "local x = assay.json.encode(math.floor(_ENV.y))",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_lint(codes[i], "");
}

static void test_a_local_ends_with_its_block(void **state)
{
    (void)state;
    assert_lint("do local x = 1 end\nlocal y = x", "2: 'x' is no global");
    assert_lint("for i = 1, 2 do end local y = i", "'i' is no global");
    assert_lint("local x = x", "'x' is no global");
}

/* Parameters: the report declares a and b. */
static void assert_params(const char *code, const char *expected)
{
    char source[1024];
    snprintf(source, sizeof(source), "%s\nreturn { score = score, " GOOD_EXAMPLES " }", code);
    char *got =
        lint(source, "{\"doc\": \"d\", \"examples\": 2, \"params\": {\"a\": {}, \"b\": {}}}");
    assert_string_equal(got, expected);
    free(got);
}

static void test_a_parameter_that_is_never_read_is_told(void **state)
{
    (void)state;
    assert_params("local function score(c, o, p) return p.a end",
                  "0: the parameter 'b' is declared and never read\n");
    assert_params("local function score(c, o, p) return p.a + p['b'] end", "");
    assert_params("local function help(params) return params.b end\n"
                  "local function score(c, o, opts) return opts.a + help(opts) end",
                  "");
}

static void test_where_the_parameters_are_handed_on_nothing_is_said_of_reading(void **state)
{
    (void)state;
    assert_params("local function score(c, o, p) return assay.text.normalise(o, p) end", "");
    assert_params("local function score(c, o, p) for k in pairs(p) do return p[k] end end", "");
    assert_params("local function score(c, o, p) local q = p; return q.a end", "");
}

static void test_a_parameter_that_is_read_but_not_declared_is_told(void **state)
{
    (void)state;
    assert_params("local function score(c, o, p) return p.a + p.b + p.c end",
                  "1: the parameter 'c' is read but not declared in `params`\n");
}

static void test_what_is_missing_in_the_file_is_told(void **state)
{
    (void)state;
    char *got = lint("return {}", "{\"doc\": \"\", \"examples\": 0, \"params\": {}}");
    assert_non_null(strstr(got, "no first comment"));
    assert_non_null(strstr(got, "no examples"));
    assert_null(strstr(got, "UTF-8"));
    free(got);
    got = lint("local e = '\\xff'\nreturn { x = '', examples = { { output = { text = \"x\" } } } }",
               GOOD_REPORT);
    assert_non_null(strstr(got, "no example with an empty text"));
    assert_non_null(strstr(got, "not UTF-8"));
    free(got);
}

static void test_empty_and_odd_examples_are_seen_in_every_spelling(void **state)
{
    static const char *const examples[] = {
        "examples = { { output = {} }, { output = { text = 'caf\\233' } } }",
        "examples = { { reply = { text = [[]] } }, { reply = { text = '\xff' } } }",
        "examples = made",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        char source[256];
        snprintf(source, sizeof(source), "local made = {{ '', '\\xFF' }}\nreturn { %s }",
                 examples[i]);
        char *got = lint(source, GOOD_REPORT);
        assert_string_equal(got, "");
        free(got);
    }
}

/* Cut anywhere, it must end and stay within the text. */
static void test_broken_and_deep_texts_end(void **state)
{
    static const char text[] =
        "local a <const> = { b = function(p) return p.x[\"y\"] end, [=[z]=] } "
        "for i = 1, 2 do repeat x() until a:b'c' end if a then else end";
    char deep[3000];
    (void)state;
    for (size_t len = 0; len < sizeof(text); len++) {
        char *cut = strndup(text, len);
        free(lint(cut, GOOD_REPORT));
        free(cut);
    }
    memset(deep, '(', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    free(lint(deep, GOOD_REPORT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_setting_a_global_is_told_with_its_line),
        cmocka_unit_test(test_a_name_that_the_jail_lacks_is_told_once),
        cmocka_unit_test(test_a_global_that_is_set_is_not_told_again_when_used),
        cmocka_unit_test(test_names_in_scope_are_no_globals),
        cmocka_unit_test(test_a_local_ends_with_its_block),
        cmocka_unit_test(test_a_parameter_that_is_never_read_is_told),
        cmocka_unit_test(test_where_the_parameters_are_handed_on_nothing_is_said_of_reading),
        cmocka_unit_test(test_a_parameter_that_is_read_but_not_declared_is_told),
        cmocka_unit_test(test_what_is_missing_in_the_file_is_told),
        cmocka_unit_test(test_empty_and_odd_examples_are_seen_in_every_spelling),
        cmocka_unit_test(test_broken_and_deep_texts_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
