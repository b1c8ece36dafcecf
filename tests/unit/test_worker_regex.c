/* assay.regex: what it finds, how it reports a bad pattern, and that a hostile one is given up long
 * before a row's deadline. Each test is a scorer that asserts in Lua. */
#include "tests/unit/worker_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROW_DEADLINE_NS 250000000

static void test_a_pattern_is_found_anywhere(void **state)
{
    (void)state;
    assert_lua("local test = assay.regex.test\n"
               "assert(test('b+', 'abbc') and not test('^b', 'abbc') and test('', ''))\n"
               "assert(test([[\\d{4}-\\d{2}]], 'on 2024-05-01') and not test([[\\d]], 'none'))\n"
               "assert(test([[(\\w+) \\1]], 'the the') and test('(?<=a)b(?=c)', 'abc'))\n"
               "assert(test('a\\0b', 'xa\\0b') and test('x$', 'x\\n'))");
}

static void test_flags_change_the_reading(void **state)
{
    (void)state;
    assert_lua("local test = assay.regex.test\n"
               "assert(not test('ABC', 'abc') and test('ABC', 'abc', 'i'))\n"
               "assert(test('\\u{416}', '\\u{436}', 'i'))\n"
               "assert(not test('^b', 'a\\nb') and test('^b', 'a\\nb', 'm'))\n"
               "assert(not test('a.b', 'a\\nb') and test('a.b', 'a\\nb', 's'))\n"
               "assert(test('a b # both', 'ab', 'x') and test('A . b', 'a\\nb', 'xsi'))\n"
               "assert(not test('x$', 'x\\n', 'j') and test([[^\\u00e9$|[] ]], '\\u{E9}', 'j'))\n"
               "assert(not pcall(test, 'a', 'a', 'g'))");
}

static void test_characters_are_those_of_unicode(void **state)
{
    (void)state;
    assert_lua("local regex = assay.regex\n"
               "assert(regex.test('^.$', '\\u{1F600}') and regex.test([[^\\p{L}+$]], '\\u{E4}b'))\n"
               "local m = regex.find('[\\u{E4}-\\u{FC}]', 'ab\\u{F6}c')\n"
               "assert(m.start == 3 and m.stop == 4)");
}

static void test_find_tells_where_and_what(void **state)
{
    (void)state;
    assert_lua("local text = 'id: x=1, y=22'\n"
               "local m = assay.regex.find('(y)=(\\\\d+)(z)?', text)\n"
               "assert(text:sub(m.start, m.stop) == 'y=22' and #m.captures == 3)\n"
               "assert(m.captures[1] == 'y' and m.captures[2] == '22' and m.captures[3] == false)\n"
               "assert(assay.regex.find('q', text) == nil)\n"
               "local empty = assay.regex.find('', text)\n"
               "assert(empty.start == 1 and empty.stop == 0 and #empty.captures == 0)");
}

static void test_match_all_takes_each_match_once_and_keeps_its_cap(void **state)
{
    (void)state;
    assert_lua("local all = assay.regex.match_all\n"
               "local function spans(pattern, text, max)\n"
               "  local list, has_more, out = nil, nil, {}\n"
               "  list, has_more = all(pattern, text, '', max)\n"
               "  for i, m in ipairs(list) do out[i] = m.start .. '-' .. m.stop end\n"
               "  return table.concat(out, ' ') .. (has_more and ' more' or '')\n"
               "end\n"
               "assert(spans('a', 'banana') == '2-2 4-4 6-6' and spans('q', 'banana') == '')\n"
               "assert(spans('a*', 'baac') == '1-0 2-3 4-3 5-4', spans('a*', 'baac'))\n"
               "assert(spans('', '\\u{E4}b') == '1-0 3-2 4-3' and spans('x*', '') == '1-0')\n"
               "assert(spans([[a\\K]], 'aa') == '2-1 3-2')\n"
               "assert(spans('a', 'banana', 2) == '2-2 4-4 more')\n"
               "assert(spans('a', 'banana', 3) == '2-2 4-4 6-6')\n"
               "assert(#all('a', ('a'):rep(5000)) == 1000 and not pcall(all, 'a', 'a', '', 0))");
}

static void test_replace_fills_in_the_groups(void **state)
{
    (void)state;
    assert_lua("local replace = assay.regex.replace\n"
               "local text, count = replace([[(\\w+)@(\\w+)]], 'a@b, c@d', '$2 at $1')\n"
               "assert(text == 'b at a, d at c' and count == 2, text)\n"
               "assert(replace('b', 'abc', '[$0$$]') == 'a[b$]c' and replace('', 'ab', '-') == "
               "'-a-b-')\n"
               "assert(replace('(x)?b', 'ab', '<$1>') == 'a<>' and replace('B', 'ab', '', 'i') == "
               "'a')\n"
               "assert(replace('z', 'ab', 'c') == 'ab')\n"
               "for _, bad in ipairs { '$', '$x', '$2', 'a$' } do\n"
               "  assert(not pcall(replace, '(a)', 'a', bad), bad)\n"
               "end");
}

static void test_text_that_is_not_utf8_is_matched_all_the_same(void **state)
{
    (void)state;
    assert_lua("local regex = assay.regex\n"
               "local m = regex.find('b(.)c', 'a\\xFFb\\xFEc')\n"
               "assert(m.start == 3 and m.stop == 5 and m.captures[1] == '\\xFE')\n"
               "assert(regex.test('^\\x1A$', '\\xFF') and not regex.test([[\\w]], '\\xC3\\xFF'))\n"
               "assert(regex.replace('b', '\\xFFb\\xC3', 'x') == '\\xFFx\\xC3')\n"
               "assert(not pcall(regex.test, '\\xFF', 'a'))");
}

static void test_a_bad_pattern_is_told_with_its_place(void **state)
{
    (void)state;
    assert_lua("local bad = {['a(b'] = 'offset 3: missing closing parenthesis',\n"
               "['a**'] = 'offset 2: quantifier does not follow', ['[z-a]'] = 'offset 3: range',\n"
               "['(?<=a+)b'] = 'offset 0: lookbehind', ['\\\\C'] = 'offset 2: using \\\\C',\n"
               "[('x'):rep(8193)] = 'is longer than', ['(?1)'] = 'non-existent',\n"
               "['((a{1,999}){1,999}){1,999}'] = 'too large',\n"
               "[('('):rep(300)] = 'too deeply nested', ['(?(DEFINE)(?'] = 'offset'}\n"
               "for pattern, part in pairs(bad) do\n"
               "  local ok, why = pcall(assay.regex.test, pattern, 'text')\n"
               "  assert(not ok and why:find('assay.regex: bad pattern at ', 1, true), pattern)\n"
               "  assert(why:find(part, 1, true), why)\n"
               "end");
}

static void test_many_patterns_are_dropped_before_they_fill_the_memory(void **state)
{
    (void)state;
    assert_lua("for i = 1, 3000 do\n"
               "  assert(assay.regex.test('^(a|b)+' .. i, ('ab'):rep(50) .. i))\n"
               "end");
}

static void test_a_pattern_of_the_load_serves_every_row(void **state)
{
    (void)state;
    struct host h = host_start("local is_word = assay.regex.test('^\\\\w+$', 'loaded')\n" SCORER(
        "return is_word and assay.regex.test('^\\\\w+$', output.text)"));
    for (int i = 0; i < 3; i++) {
        assert_true(host_score(&h, "word")->score == 1);
        assert_true(host_score(&h, "two words")->score == 0);
    }
    host_stop(&h);
}

/* The pattern on the text, both Lua expressions, is given up for this reason before the deadline.
 */
static void assert_given_up(const char *pattern, const char *text, const char *why)
{
    struct as_buf source = {0};
    as_buf_addf(&source, SCORER("assay.regex.test(%s, %s)"), pattern, text);
    struct host h = host_start(source.ptr);
    int64_t before = host_cpu_ns(&h);
    const struct job_reply *reply = host_score(&h, "x");
    if (reply->status != JOB_SCRIPT_ERROR)
        print_error("%s: %s\n", pattern, job_status_name(reply->status));
    assert_int_equal(reply->status, JOB_SCRIPT_ERROR);
    assert_true(reason_has(reply->reason, why));
    if (!IS_SANITIZED)
        assert_in_range(host_cpu_ns(&h) - before, 0, ROW_DEADLINE_NS);
    host_stop(&h);
    as_buf_done(&source);
}

static void test_a_pattern_that_goes_back_without_end_is_given_up(void **state)
{
    (void)state;
    static const char *const attacks[][2] = {
        {"'(a+)+$'", "('a'):rep(30) .. 'b'"},
        {"'(a+)+$'", "('a'):rep(1000000) .. 'b'"},
        {"'(a|aa)+$'", "('a'):rep(5000) .. 'b'"},
        {"'(a|a?)+$'", "('a'):rep(5000) .. 'b'"},
        {"'(.*)*[xy]'", "('a'):rep(100000)"},
        {"'^(a?){50}a{50}$'", "('a'):rep(50) .. 'b'"},
        {"'(\\\\w+)\\\\s\\\\1[xyz]'", "('ab '):rep(300000)"},
        {"[[^(\\w+\\s?)*$]]", "('word '):rep(40) .. '!'"},
        {"'(?:a{0,300}a{0,300})[bc]'", "('a'):rep(100000)"},
    };
    for (size_t i = 0; i < AS_COUNT(attacks); i++)
        assert_given_up(attacks[i][0], attacks[i][1], "too many steps");
}

/* Quadratic: every start passes over the rest again. Harmless on the answers that one tries. */
static void test_an_honest_pattern_on_a_hostile_text_is_given_up(void **state)
{
    (void)state;
    assert_given_up("[[\\s+$]]", "(' '):rep(1000000) .. 'x'", "too many steps");
    assert_given_up("'[(].*?[)][yz]'", "('('):rep(1000000) .. ') y'", "too many steps");
}

static void test_a_match_that_needs_too_much_memory_is_given_up(void **state)
{
    (void)state;
    assert_given_up("'^(?:a|b)*$'", "('ab'):rep(500000)", "too much memory");
    assert_given_up("[[^(\\((?:[^()]|(?1))*\\))$]]", "('('):rep(500000)", "too much memory");
}

static void test_honest_patterns_get_through_a_megabyte(void **state)
{
    (void)state;
    assert_lua("local text = ('some words of a text, '):rep(45000) .. '2024-01-02 going'\n"
               "local test = assay.regex.test\n"
               "assert(test([[\\d{4}-\\d{2}-\\d{2}]], text) and test([[\\b\\w+ing\\b]], text))\n"
               "assert(test('.*going$', text) and not test('[a-z]+@[a-z]+', text))");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pattern_is_found_anywhere),
        cmocka_unit_test(test_flags_change_the_reading),
        cmocka_unit_test(test_characters_are_those_of_unicode),
        cmocka_unit_test(test_find_tells_where_and_what),
        cmocka_unit_test(test_match_all_takes_each_match_once_and_keeps_its_cap),
        cmocka_unit_test(test_replace_fills_in_the_groups),
        cmocka_unit_test(test_text_that_is_not_utf8_is_matched_all_the_same),
        cmocka_unit_test(test_a_bad_pattern_is_told_with_its_place),
        cmocka_unit_test(test_many_patterns_are_dropped_before_they_fill_the_memory),
        cmocka_unit_test(test_a_pattern_of_the_load_serves_every_row),
        cmocka_unit_test(test_a_pattern_that_goes_back_without_end_is_given_up),
        cmocka_unit_test(test_an_honest_pattern_on_a_hostile_text_is_given_up),
        cmocka_unit_test(test_a_match_that_needs_too_much_memory_is_given_up),
        cmocka_unit_test(test_honest_patterns_get_through_a_megabyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
