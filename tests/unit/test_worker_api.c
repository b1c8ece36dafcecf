/* What a script sees: Lua's library as trimmed, and assay.*. Each test is a scorer that asserts in
 * Lua; its score must be 1. */
#include "tests/unit/worker_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* What each of two workers says of the same row. */
static void assert_same_in_two_processes(const char *body)
{
    struct host one = host_start(body), two = host_start(body);
    host_score(&one, "x");
    host_score(&two, "x");
    assert_int_equal(one.reply.status, JOB_OK);
    assert_int_equal(one.reply.details_json.len, two.reply.details_json.len);
    assert_memory_equal(one.reply.details_json.ptr, two.reply.details_json.ptr,
                        one.reply.details_json.len);
    host_stop(&one);
    host_stop(&two);
}

static void test_the_environment_is_the_documented_list(void **state)
{
    (void)state;
    assert_lua(
        "local names = {} for k in pairs(_G) do names[#names + 1] = k end table.sort(names)\n"
        "local got = table.concat(names, ' ')\n"
        "assert(got == '_G _VERSION assay assert error getmetatable ipairs math next pairs "
        "pcall rawequal ' ..\n"
        "'rawget rawlen rawset select setmetatable string table tonumber tostring type utf8 "
        "xpcall', got)");
    assert_lua("local function list(t) local n = {} for k in pairs(t) do n[#n + 1] = k end "
               "table.sort(n) return "
               "table.concat(n, ' ') end\n"
               "assert(list(string) == 'byte char find format gmatch gsub len lower match pack "
               "packsize rep reverse sub ' ..\n"
               "'unpack upper', list(string))\n"
               "assert(not math.randomseed and math.random and math.floor)\n"
               "assert(list(assay) == 'criteria fence json num references regex rng '\n"
               "  .. 'schema text', list(assay))\n"
               "assert(list(assay.regex) == 'find match_all replace test', list(assay.regex))\n"
               "assert(list(assay.text) == 'bleu contains_word fold levenshtein lower normalise '\n"
               "  .. 'rouge_l sentences token_f1 trim words', list(assay.text))");
}

static void test_no_address_is_shown(void **state)
{
    (void)state;
    assert_lua(
        "local u = assay.json.null\n"
        "assert(tostring({}) == 'table' and tostring(print or pairs) == 'function' and tostring(u) "
        "== 'null')\n"
        "assert(('%s|%s|%d%%'):format({}, nil, 3) == 'table|nil|3%')\n"
        "assert(('%-7s|%5.1f'):format(true, 1.25) == 'true   |  1.2')\n"
        "assert(tostring(setmetatable({}, { __tostring = function() return 'mine' end })) == "
        "'mine')\n"
        "assert(not pcall(string.format, '%p', {}) and not pcall(string.format, '\\0%10p', {}))");
}

static void test_metatables_cannot_reach_out(void **state)
{
    (void)state;
    assert_lua("assert(getmetatable('') == false and not pcall(setmetatable, 'x', {}))\n"
               "local ok, err = pcall(setmetatable, {}, { __gc = function() end })\n"
               "assert(not ok and err:find('__gc', 1, true))\n"
               "assert(getmetatable(setmetatable({}, nil)) == nil)\n"
               "local locked = setmetatable({}, { __metatable = 1 })\n"
               "assert(not pcall(setmetatable, locked, {}))");
}

/* Strings, tables, functions and null as keys: Lua hashes the first by a seed, the others by
 * address. */
static void test_pairs_and_next_go_in_the_same_order_in_every_process(void **state)
{
    (void)state;
    assert_same_in_two_processes(SCORER(
        "local d, t, tables = {}, {}, {}\n"
        "for i = 1, 50 do t['key' .. i * 7919 % 101] = i; tables[{}] = i; t[i + 0.5] = i end\n"
        "for _, f in pairs(string) do tables[f] = f == string.find end\n"
        "tables[assay.json.null] = 'null'\n"
        "for k, v in pairs(t) do d[#d + 1] = k .. '=' .. v end\n"
        "for _, v in pairs(tables) do d[#d + 1] = tostring(v) end\n"
        "for name in next, math do d[#d + 1] = name end\n"
        "return { score = 1, details = { all = table.concat(d, ' ') } }"));
}

static void test_a_scorer_gives_the_same_in_every_process(void **state)
{
    (void)state;
    assert_same_in_two_processes(SCORER("local d = {}\n"
                                        "for _ = 1, 5 do d[#d + 1] = math.random(1000) end\n"
                                        "local s = {} for i = 1, 3000 do s[i] = { i % 7, i } end\n"
                                        "table.sort(s, function(a, b) return a[1] < b[1] end)\n"
                                        "for i = 1, 3000, 100 do d[#d + 1] = s[i][2] end\n"
                                        "return { score = 1, details = d }"));
}

static void test_chance_comes_from_the_rows_seed(void **state)
{
    (void)state;
    struct host h = host_start(
        SCORER("return { score = 1, details = { math.random(1000000), assay.rng.below(1000000),\n"
               "assay.fence('A', '') } }"));
    struct job_row row = score_row("");
    char first[128];
    host_run(&h, &row);
    snprintf(first, sizeof(first), "%.*s", (int)h.reply.details_json.len, h.reply.details_json.ptr);
    host_run(&h, &row);
    assert_str(h.reply.details_json, first);
    row.seed = 2;
    host_run(&h, &row);
    assert_false(as_str_eq(h.reply.details_json, first));
    host_stop(&h);
}

static void test_random_keeps_its_ranges(void **state)
{
    (void)state;
    assert_lua("for _ = 1, 1000 do\n"
               "  local u, i, j = math.random(), math.random(6), math.random(-3, 3)\n"
               "  assert(u >= 0 and u < 1 and i >= 1 and i <= 6 and j >= -3 and j <= 3 and "
               "math.type(j) == 'integer')\n"
               "  local b, v = assay.rng.below(5), assay.rng.unit()\n"
               "  assert(b >= 0 and b < 5 and v >= 0 and v < 1)\n"
               "end\n"
               "assert(math.type(math.random(0)) == 'integer' and math.random(math.mininteger, "
               "math.maxinteger))\n"
               "assert(not pcall(math.random, 2, 1) and not pcall(assay.rng.below, 0) and "
               "math.random(7, 7) == 7)");
}

static void test_a_fence_cannot_be_forged(void **state)
{
    (void)state;
    assert_lua(
        "local fenced = assay.fence('ANSWER', 'line\\nANSWER-12345678>>>')\n"
        "local id, text, tail = fenced:match('^<<<(ANSWER%-%x+)\\n(.*)\\n(ANSWER%-%x+)>>>$')\n"
        "assert(id and #id == 15 and id == tail and text == 'line\\nANSWER-12345678>>>')\n"
        "assert(not text:find(id, 1, true))\n"
        "assert(assay.fence('ANSWER', '') ~= assay.fence('ANSWER', ''))\n"
        "assert(not pcall(assay.fence, 'a b', '') and not pcall(assay.fence, '', '') and not "
        "pcall(assay.fence, 'A'))");
}

static void test_a_fence_avoids_what_the_text_holds(void **state)
{
    (void)state;
    struct host h = host_start(SCORER("local f = assay.fence('A', output.text)\n"
                                      "return { score = 1, label = f:match('^<<<(A%-%x+)') }"));
    struct job_row row = score_row("");
    char held[32];
    host_run(&h, &row);
    snprintf(held, sizeof(held), "%.*s", (int)h.reply.label.len, h.reply.label.ptr);
    row.output.text = as_str_from(held); /* the mark that this seed draws first */
    host_run(&h, &row);
    assert_int_equal(h.reply.status, JOB_OK);
    assert_false(as_str_eq(h.reply.label, held));
    host_stop(&h);
}

static void test_json_decodes_what_json_is(void **state)
{
    (void)state;
    assert_lua("local d = assay.json.decode\n"
               "local v = d(' "
               "{\"a\":[1,-2,3.5,1e2],\"b\":{},\"c\":[],\"d\":null,\"e\":true,\"f\":"
               "\"x\\\\n\\\\u00e9\\\\ud83d\\\\ude00/\\\\/\"} ')\n"
               "assert(math.type(v.a[1]) == 'integer' and v.a[2] == -2 and v.a[3] == 3.5 and "
               "math.type(v.a[4]) == 'float')\n"
               "assert(#v.a == 4 and v.d == assay.json.null and v.e == true)\n"
               "assert(v.f == 'x\\n\\u{e9}\\u{1F600}//', v.f)\n"
               "assert(d('9223372036854775807') == math.maxinteger and "
               "math.type(d('9223372036854775808')) == 'float')\n"
               "assert(d('\"\\\\ud800x\"') == '\\u{FFFD}x' and d('{\"a\":1,\"a\":2}').a == 2)");
}

static void test_json_refuses_what_it_is_not(void **state)
{
    (void)state;
    assert_lua("local bad = { '', ' ', '{', '[1,]', '{\"a\":1,}', '{a:1}', '01', '1.', '.5', '+1', "
               "'1e', '0x1', 'nan', 'NaN',\n"
               "'Infinity', '1e999', '\"\\n\"', '\"\\\\x\"', '\"\\\\u12\"', '\"open', 'tru', '[1] "
               "2', '\\xFF', '\"\\xC0\\x80\"', \"'a'\",\n"
               "'[' , ']', '{\"a\"}', '{\"a\":}', '// c\\n1', '-', '\\0', ('['):rep(65) .. "
               "(']'):rep(65), ('['):rep(100000) }\n"
               "for i, text in ipairs(bad) do\n"
               "  local v, err = assay.json.decode(text)\n"
               "  assert(v == nil and type(err) == 'string', i .. ': ' .. text:sub(1, 20))\n"
               "end\n"
               "assert(select(2, assay.json.decode('{\\n  \"a\" 1}')) == \"line 2, column 7: "
               "expected ':'\")\n"
               "assert(assay.json.decode(('['):rep(64) .. (']'):rep(64)))");
}

static void test_json_encodes_the_same_bytes_every_time(void **state)
{
    (void)state;
    assert_lua(
        "local e = assay.json.encode\n"
        "assert(e({ b = 1, a = { 1, 2 }, ['a b'] = false }) == '{\"a\":[1,2],\"a "
        "b\":false,\"b\":1}')\n"
        "assert(e(1.0) == '1' and e(0.1) == '0.1' and e(1e300) == '1e+300' and e(-0.5) == '-0.5')\n"
        "assert(e(1/3) == '0.3333333333333333' and e(math.mininteger) == '-9223372036854775808')\n"
        "assert(e({}) == '{}' and e(assay.json.array()) == '[]' and e(assay.json.array({ 1 })) == "
        "'[1]')\n"
        "assert(e(assay.json.null) == 'null' and e({ assay.json.null }) == '[null]')\n"
        "assert(e('a\"\\\\\\n\\1\\xFF\\u{e9}') == "
        "'\"a\\\\\"\\\\\\\\\\\\n\\\\u0001\\u{FFFD}\\u{e9}\"', e('a\"\\\\\\n\\1\\xFF\\u{e9}'))");
}

static void test_a_json_fence_is_taken_off_only_when_it_is_all(void **state)
{
    (void)state;
    assert_lua("local u = assay.json.unfence\n"
               "assert(u('```json\\n{}\\n```') == '{}\\n' and u(' ```\\n1```\\n') == '1')\n"
               "assert(u('```json \\r\\n{}```') == '{}' and u('```\\n```') == '')\n"
               "for _, text in ipairs { '', '```', '{}', 'x ```json\\n{}\\n```', '```json\\n{}',\n"
               "    '```{}\\n```', '```json\\n``', '```json {}```', '``\\n```' } do\n"
               "  assert(u(text) == text, text)\n"
               "end");
}

static void test_references_are_what_the_case_says(void **state)
{
    (void)state;
    assert_lua(
        "local function join(case) return table.concat(assay.references(case), '|') end\n"
        "assert(join({ reference = 'r', expected = 'e' }) == 'r' and join({ expected = 4 }) == "
        "'4')\n"
        "assert(join({ expected = { 'a', 'b' } }) == 'a|b' and join({ reference = '' }) == '')\n"
        "assert(#assay.references({ reference = '' }) == 1 and #assay.references({}) == 0)\n"
        "assert(#assay.references({ expected = { 'a', 1 } }) == 0)\n"
        "assert(#assay.references({ expected = { a = 'b' } }) == 0)");
}

static void test_json_comes_back_as_it_went(void **state)
{
    (void)state;
    assert_lua(
        "for _, text in ipairs { '[]', '{}', '[[],{}]', '{\"a\":[],\"b\":{},\"c\":null}', "
        "'[null,1]', '\"x\"', '1.5' } do\n"
        "  assert(assay.json.encode(assay.json.decode(text)) == text, text)\n"
        "end\n"
        "local long = {} for i = 1, 5000 do long[i] = { id = i, text = ('y'):rep(i % 50) } end\n"
        "local text = assay.json.encode(long)\n"
        "assert(assay.json.encode(assay.json.decode(text)) == text)");
}

static void test_json_refuses_to_write_what_would_be_lost(void **state)
{
    (void)state;
    assert_lua("local cycle = {} cycle[1] = cycle\n"
               "local bad = { 0/0, math.huge, pairs, { pairs }, { 1, a = 2 }, { [1] = 1, [3] = 3 "
               "}, { [1.5] = 1 }, cycle,\n"
               "{ [1] = 1, [1.5] = 2, [3] = 3 }, { [true] = 1 }, { [0] = 1 } }\n"
               "for i, v in ipairs(bad) do assert(not pcall(assay.json.encode, v), i) end\n"
               "assert(not pcall(assay.json.encode) and assay.json.encode(nil) == 'null')");
}

static void test_text_trims_and_lowers_beyond_ascii(void **state)
{
    (void)state;
    assert_lua("local t = assay.text\n"
               "assert(t.trim(' \\t\\n a b\\u{a0}\\u{3000} ') == 'a b' and t.trim('') == '' and "
               "t.trim('  ') == '')\n"
               "assert(t.lower('ABC \\u{c4}\\u{d6}\\u{3a3}\\u{416}\\u{160}\\u{178}') == 'abc "
               "\\u{e4}\\u{f6}\\u{3c3}\\u{436}\\u{161}\\u{ff}')\n"
               "assert(t.lower('\\xFFA\\xC3') == '\\xFFa\\xC3')");
}

static void test_text_normalises_as_asked(void **state)
{
    (void)state;
    assert_lua(
        "local n = assay.text.normalise\n"
        "assert(n('  The  Quick,\\n BROWN\\u{a0}fox. ') == 'the quick, brown fox.')\n"
        "assert(n('The quick, brown fox: \\u{201c}don\\'t\\u{201d}.', { strip_punctuation = true "
        "}) == 'the quick brown fox dont')\n"
        "assert(n('The cat and an apple', { strip_articles = true }) == 'cat and apple')\n"
        "assert(n('the', { strip_articles = true }) == '' and n('') == '' and n(' ') == '')\n"
        "assert(n('theory a', { strip_articles = true }) == 'theory')");
}

static void test_text_finds_words_and_sentences(void **state)
{
    (void)state;
    assert_lua("local t = assay.text\n"
               "local function join(x) return table.concat(x, '|') end\n"
               "assert(join(t.words(\"It's well-known: foo_bar, \\u{e9}t\\u{e9} 42!\")) == "
               "\"It's|well-known|foo_bar|\\u{e9}t\\u{e9}|42\")\n"
               "assert(join(t.words(\"a--b '' -c-\")) == 'a|b|c' and #t.words('') == 0 and "
               "#t.words('...') == 0)\n"
               "assert(join(t.sentences('One. Two!  Three?\\nFour 1.5 five')) == "
               "'One.|Two!|Three?|Four 1.5 five')\n"
               "assert(#t.sentences(' \\n ') == 0)");
    assert_lua("local has = assay.text.contains_word\n"
               "assert(has('the cat sat', 'cat') and not has('concatenate', 'cat') and has('cat', "
               "'cat'))\n"
               "assert(has('concat cat', 'cat') and has('a guaranteed return!', 'guaranteed "
               "return') and has('x (cat).', 'cat'))\n"
               "assert(not has('\\u{e9}cat', 'cat') and has('C++ rules', 'C++') and not has('Cat', "
               "'cat') and not has('', 'a'))\n"
               "assert(not pcall(has, 'a', ''))");
}

static void test_numbers_are_read_from_prose(void **state)
{
    (void)state;
    assert_lua("local p = assay.num.parse\n"
               "local cases = { ['about $1,234.50 in all'] = 1234.5, ['12 %'] = 12, ['is -5'] = "
               "-5, ['-$3.5'] = -3.5,\n"
               "['$-7'] = -7, ['\\u{2212}4'] = -4, ['pages 10-12'] = 10, ['.5'] = 0.5, ['1e3'] = "
               "1000, ['1,2'] = 1,\n"
               "['Q3: 8'] = 8, ['1,234,567'] = 1234567, ['5kg'] = 5, ['3.'] = 3, ['\\u{20ac}9'] = "
               "9, ['a-5'] = 5, ['= 7'] = 7, ['1,2345'] = 1,\n"
               "['99999999999999999999'] = 1e20 }\n"
               "for text, wanted in pairs(cases) do assert(p(text) == wanted, text .. ' gave ' .. "
               "tostring(p(text))) end\n"
               "assert(p('none') == nil and p('') == nil and p('v2') == nil and p(('9'):rep(500)) "
               "== nil)\n"
               "assert(math.type(p('42')) == 'integer' and math.type(p('42.0')) == 'float')\n"
               "local all = assay.num.all('3 of 1,000 is 0.3%, or x9 -2')\n"
               "assert(#all == 4 and all[1] == 3 and all[2] == 1000 and all[3] == 0.3 and all[4] "
               "== -2, #all)");
    assert_lua("local c = assay.num.close\n"
               "assert(c(1, 1) and c(0.1 + 0.2, 0.3) and not c(1, 1.1) and c(1, 1.1, 0.2) and "
               "c(100, 101, 0, 0.01))\n"
               "assert(not c(0/0, 0/0) and not c(1, 2, 0.5, 0.1))");
}

static void test_the_helpers_take_a_megabyte_in_their_stride(void **state)
{
    (void)state;
    assert_lua(
        "local t, n = assay.text, assay.num\n"
        "for _, piece in ipairs { ' ', 'a', 'a ', \"'\", '-', '.', '. ', '1,', '1,111', '\\xFF', "
        "'(', '9', '\\\\', '\"', '[', 'ab' } do\n"
        "  local big = piece:rep(2 ^ 20 // #piece)\n"
        "  t.trim(big) t.lower(big) t.normalise(big, { strip_punctuation = true }) t.words(big) "
        "t.sentences(big)\n"
        "  t.contains_word(big, 'aab') n.parse(big) assay.json.decode(big) assay.fence('X', big)\n"
        "end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_environment_is_the_documented_list),
        cmocka_unit_test(test_no_address_is_shown),
        cmocka_unit_test(test_metatables_cannot_reach_out),
        cmocka_unit_test(test_pairs_and_next_go_in_the_same_order_in_every_process),
        cmocka_unit_test(test_a_scorer_gives_the_same_in_every_process),
        cmocka_unit_test(test_chance_comes_from_the_rows_seed),
        cmocka_unit_test(test_random_keeps_its_ranges),
        cmocka_unit_test(test_a_fence_cannot_be_forged),
        cmocka_unit_test(test_a_fence_avoids_what_the_text_holds),
        cmocka_unit_test(test_json_decodes_what_json_is),
        cmocka_unit_test(test_json_refuses_what_it_is_not),
        cmocka_unit_test(test_json_encodes_the_same_bytes_every_time),
        cmocka_unit_test(test_a_json_fence_is_taken_off_only_when_it_is_all),
        cmocka_unit_test(test_references_are_what_the_case_says),
        cmocka_unit_test(test_json_comes_back_as_it_went),
        cmocka_unit_test(test_json_refuses_to_write_what_would_be_lost),
        cmocka_unit_test(test_text_trims_and_lowers_beyond_ascii),
        cmocka_unit_test(test_text_normalises_as_asked),
        cmocka_unit_test(test_text_finds_words_and_sentences),
        cmocka_unit_test(test_numbers_are_read_from_prose),
        cmocka_unit_test(test_the_helpers_take_a_megabyte_in_their_stride),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
