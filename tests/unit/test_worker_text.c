/* assay.text: case, and how like another text is. The measures are held against published values,
 * named at each; what is computed otherwise comes from the definition, written out in Lua. Each
 * test is a scorer that asserts in Lua. */
#include "tests/unit/worker_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NEAR "local function near(a, b) return math.abs(a - b) < 1e-9 end\n"

/* CaseFolding.txt of Unicode 14.0, entries C and S. */
static void test_case_is_folded_as_unicode_says(void **state)
{
    (void)state;
    assert_lua("local folded = {A = 'a', Z = 'z', ['1'] = '1', ['\\u{DE}'] = '\\u{FE}',\n"
               "['\\u{D7}'] = '\\u{D7}', ['\\u{DF}'] = '\\u{DF}', ['\\u{1E9E}'] = '\\u{DF}',\n"
               "['\\u{B5}'] = '\\u{3BC}', ['\\u{17F}'] = 's', ['\\u{212A}'] = 'k',\n"
               "['\\u{3C2}'] = '\\u{3C3}', ['\\u{3A3}'] = '\\u{3C3}', ['\\u{130}'] = '\\u{130}',\n"
               "['\\u{531}'] = '\\u{561}', ['\\u{10A0}'] = '\\u{2D00}',\n"
               "['\\u{1C90}'] = '\\u{10D0}', ['\\u{1F88}'] = '\\u{1F80}',\n"
               "['\\u{23A}'] = '\\u{2C65}', ['\\u{1C4}'] = '\\u{1C6}',\n"
               "['\\u{1C5}'] = '\\u{1C6}', ['\\u{10400}'] = '\\u{10428}',\n"
               "['\\u{1E921}'] = '\\u{1E943}', ['\\u{1E922}'] = '\\u{1E922}'}\n"
               "for from, to in pairs(folded) do\n"
               "  assert(assay.text.fold(from) == to, assay.json.encode(from))\n"
               "end");
}

static void test_folding_twice_changes_nothing_more(void **state)
{
    (void)state;
    assert_lua("for c = 0, 0x1FFFF do\n"
               "  if c < 0xD800 or c > 0xDFFF then\n"
               "    local once = assay.text.fold(utf8.char(c))\n"
               "    assert(assay.text.fold(once) == once, c)\n"
               "  end\n"
               "end");
}

static void test_small_letters_stay_as_they_are_in_lower(void **state)
{
    (void)state;
    assert_lua("local lower, fold = assay.text.lower, assay.text.fold\n"
               "for _, c in ipairs { '\\u{3C2}', '\\u{17F}', '\\u{B5}', '\\u{1FBE}' } do\n"
               "  assert(lower(c) == c and fold(c) ~= c)\n"
               "end\n"
               "assert(lower('\\u{130}') == 'i' and lower('\\u{531}') == '\\u{561}')\n"
               "assert(lower('\\xFFA') == '\\xFFa' and fold('\\xFFA\\xC3') == '\\xFFa\\xC3')");
}

static void test_normalise_folds(void **state)
{
    (void)state;
    assert_lua(
        "local n = assay.text.normalise\n"
        "assert(n('\\u{39F}\\u{394}\\u{39F}\\u{3A3}') == n('\\u{3BF}\\u{3B4}\\u{3BF}\\u{3C2}'))\n"
        "assert(n(('\\u{23A}'):rep(1000)) == ('\\u{2C65}'):rep(1000))\n"
        "assert(n('\\xFF A  \\xFE') == '\\xFF a \\xFE')");
}

/* kitten: Levenshtein's textbook pair; intention: Jurafsky and Martin, Speech and Language
 * Processing, section 2.5; rain: the doctest of nltk.metrics.edit_distance. */
static void test_levenshtein_has_the_published_distances(void **state)
{
    (void)state;
    assert_lua("local pairs_of = {{'kitten', 'sitting', 3, 7}, {'saturday', 'sunday', 3, 8},\n"
               "{'intention', 'execution', 5, 9}, {'rain', 'shine', 3, 5}, {'', '', 0, 0},\n"
               "{'', 'abc', 3, 3}, {'abc', 'abc', 0, 3}, {'\\u{E4}', 'a', 1, 1},\n"
               "{'\\u{1F600}b', 'b\\u{1F600}', 2, 2}, {'\\xFFa', '\\xFEa', 1, 2}}\n"
               "for _, p in ipairs(pairs_of) do\n"
               "  for _ = 1, 2 do\n"
               "    local distance, longer = assay.text.levenshtein(p[1], p[2])\n"
               "    assert(distance == p[3] and longer == p[4], p[1] .. ' ' .. distance)\n"
               "    p[1], p[2] = p[2], p[1]\n"
               "  end\n"
               "end");
}

#define RANDOM_TEXT                                                 \
    "local function text(max, letters)\n"                           \
    "  local t = {}\n"                                              \
    "  for i = 1, assay.rng.below(max + 1) do\n"                    \
    "    t[i] = utf8.char(0x3B1 + 37 * assay.rng.below(letters))\n" \
    "  end\n"                                                       \
    "  return t\n"                                                  \
    "end\n"

static void test_levenshtein_agrees_with_its_definition(void **state)
{
    (void)state;
    assert_lua(RANDOM_TEXT
               "local function defined(a, b)\n"
               "  local row = {}\n"
               "  for j = 0, #b do row[j] = j end\n"
               "  for i = 1, #a do\n"
               "    local corner = row[0]\n"
               "    row[0] = i\n"
               "    for j = 1, #b do\n"
               "      local step = math.min(row[j] + 1, row[j - 1] + 1,\n"
               "        corner + (a[i] == b[j] and 0 or 1))\n"
               "      corner, row[j] = row[j], step\n"
               "    end\n"
               "  end\n"
               "  return row[#b]\n"
               "end\n"
               "for i = 1, 120 do\n"
               "  local a, b = text(220, 2 + i % 9), text(220, 2 + i % 9)\n"
               "  local got = assay.text.levenshtein(table.concat(a), table.concat(b))\n"
               "  assert(got == defined(a, b), i)\n"
               "end");
}

static void test_levenshtein_refuses_what_would_take_too_long(void **state)
{
    (void)state;
    assert_lua("local a, b = ('a'):rep(2 ^ 15), ('b'):rep(2 ^ 15)\n"
               "assert(assay.text.levenshtein(a, b) == 2 ^ 15)\n"
               "local none, why = assay.text.levenshtein(a .. 'a', b)\n"
               "assert(none == nil and why:find('too long', 1, true))\n"
               "local long = ('x'):rep(2 ^ 20)\n"
               "assert(assay.text.levenshtein(long, long) == 0)\n"
               "assert(assay.text.levenshtein(long, long .. 'yz') == 2)\n"
               "assert(assay.text.levenshtein(long, ('y'):rep(2 ^ 10)) == 2 ^ 20)");
}

/* The semantics of SQuAD's official evaluate-v2.0.py, compute_f1: lower case, no punctuation, no
 * articles, words as a bag; two texts without a word are equal. */
static void test_token_f1_is_squads(void **state)
{
    (void)state;
    assert_lua(NEAR "local f1 = assay.text.token_f1\n"
                    "local f, p, r = f1('The cat sat on the mat.', 'a cat sat')\n"
                    "assert(near(p, 2 / 4) and near(r, 2 / 2) and near(f, 2 / 3))\n"
                    "f, p, r = f1('to be or not to be', 'to be to be to be')\n"
                    "assert(near(p, 4 / 6) and near(r, 4 / 6) and near(f, 4 / 6))\n"
                    "assert(f1('Denver Broncos!', 'the denver broncos') == 1)\n"
                    "assert(f1('It\\'s U.S.', 'its us') == 1 and f1('x', 'y') == 0)\n"
                    "assert(f1('', '') == 1 and f1('the', '') == 1 and f1('', 'x') == 0)\n"
                    "assert(f1('x', '') == 0 and f1('\\xFF', '\\xFF') == 1)\n"
                    "assert(near((f1('a b c d', 'c d e')), (f1('c d e', 'a b c d'))))");
}

/* Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004), section 3.1, beta = 1: S2,
 * S3 and S4 against S1. "testing one": the tests of Google's rouge-score. The last two: computed
 * with rouge-score 0.1.2, without stemming. */
static void test_rouge_l_has_the_published_values(void **state)
{
    (void)state;
    assert_lua(NEAR "local rouge, s1 = assay.text.rouge_l, 'police killed the gunman'\n"
                    "assert(rouge('police kill the gunman', s1) == 0.75)\n"
                    "assert(rouge('the gunman kill police', s1) == 0.5)\n"
                    "assert(rouge('the gunman police killed', s1) == 0.5)\n"
                    "for _, got in ipairs { 'testing one', 'testing two' } do\n"
                    "  local f, p, r = rouge(got, 'testing one two')\n"
                    "  assert(p == 1 and near(r, 2 / 3) and near(f, 4 / 5))\n"
                    "end\n"
                    "assert(near(rouge('The quick brown fox jumps over the lazy dog',\n"
                    "  'The quick brown dog jumps on the log.'), 0.5882352941176471))\n"
                    "assert(near(rouge(\"It's a well-known fact: 3.5!\",\n"
                    "  'it is a well known fact 3 5'), 0.875))");
}

static void test_rouge_l_weighs_recall_by_beta(void **state)
{
    (void)state;
    assert_lua(NEAR
               "local rouge = assay.text.rouge_l\n"
               "local f, p, r = rouge('a b', 'a b c d', 2)\n"
               "assert(p == 1 and r == 0.5 and near(f, 5 * 0.5 / (0.5 + 4)))\n"
               "assert(rouge('x y', 'x y') == 1 and rouge('', '') == 0 and rouge('', 'x') == 0)\n"
               "assert(rouge('x', '...') == 0 and not pcall(rouge, 'a', 'a', 0))\n"
               "assert(near((rouge('a b c d', 'c d e')), (rouge('c d e', 'a b c d'))))");
}

static void test_rouge_l_agrees_with_its_definition(void **state)
{
    (void)state;
    assert_lua(NEAR RANDOM_TEXT
               "local function common(a, b)\n"
               "  local row = {}\n"
               "  for j = 0, #b do row[j] = 0 end\n"
               "  for i = 1, #a do\n"
               "    local corner = 0\n"
               "    for j = 1, #b do\n"
               "      local cell = a[i] == b[j] and corner + 1 or math.max(row[j], row[j - 1])\n"
               "      corner, row[j] = row[j], cell\n"
               "    end\n"
               "  end\n"
               "  return row[#b]\n"
               "end\n"
               "for i = 1, 120 do\n"
               "  local a, b = text(220, 2 + i % 9), text(220, 2 + i % 9)\n"
               "  local _, _, r = assay.text.rouge_l(table.concat(a, ' '), table.concat(b, ' '))\n"
               "  assert(near(r, #b > 0 and common(a, b) / #b or 0), i)\n"
               "end");
}

#define PAPINENI                                                                                \
    "local one = 'It is a guide to action which ensures that the military always obeys the '\n" \
    "  .. 'commands of the party'\n"                                                            \
    "local two = 'It is to insure the troops forever hearing the activity guidebook that '\n"   \
    "  .. 'party direct'\n"                                                                     \
    "local references = { 'It is a guide to action that ensures that the military will '\n"     \
    "  .. 'forever heed Party commands', 'It is the guiding principle which guarantees the '\n" \
    "  .. 'military forces always being under the command of the Party',\n"                     \
    "  'It is the practical guide for the army always to heed the directions of the party' }\n"

/* Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation" (2002), section
 * 2.1: the modified precisions of its examples. 0.50456...: also the doctest of
 * nltk.translate.bleu_score.sentence_bleu. 0.06963...: sacrebleu 2.6.0 and NLTK's
 * SmoothingFunction().method3, which agree. */
static void test_bleu_has_the_published_values(void **state)
{
    (void)state;
    assert_lua(NEAR PAPINENI
               "local bleu = assay.text.bleu\n"
               "local the = ('the '):rep(7)\n"
               "local cats = { 'the cat is on the mat', 'there is a cat on the mat' }\n"
               "assert(near(bleu(the, cats, 1), 2 / 7))\n"
               "assert(near(bleu(one, references, 1), 17 / 18))\n"
               "assert(near(bleu(two, references, 1), 8 / 14 * math.exp(1 - 16 / 14)))\n"
               "assert(near(bleu(one, references, 2), (17 / 18 * 10 / 17) ^ 0.5))\n"
               "assert(near(bleu(one, references), 0.50456668400584846))\n"
               "assert(near(bleu(two, references), 0.06963003305718091))");
}

/* Computed with sacrebleu 2.6.0: BLEU(effective_order=True).sentence_score. */
static void test_bleu_cuts_and_smooths_as_sacrebleu(void **state)
{
    (void)state;
    assert_lua(NEAR "local bleu = assay.text.bleu\n"
                    "assert(near(bleu(\"It's $3.50, isn't it? 10-12 (yes).\",\n"
                    "  \"It's $3.50 - isn't it? 10-12 (yes)!\"), 0.6997522298221911))\n"
                    "assert(near(bleu('Hello, world! 1,000.5 a.b',\n"
                    "  'Hello world! 1,000.5 a. b'), 0.7071067811865478))\n"
                    "assert(near(bleu('a & b <c> \"d\" 5- x-y',\n"
                    "  'a & b <c> \"d\" 5 - x-y z'), 0.9200444146293236))\n"
                    "assert(near(bleu('the cat', 'the cat sat on the mat'), 0.13533528323661276))\n"
                    "assert(bleu('x y z', 'a b c') == 0)");
}

static void test_bleu_keeps_its_bounds(void **state)
{
    (void)state;
    assert_lua(NEAR
               "local bleu = assay.text.bleu\n"
               "for n = 1, 9 do assert(near(bleu('a b c d e', 'a b c d e', n), 1)) end\n"
               "assert(bleu('', 'a') == 0 and bleu('a', '') == 0 and bleu('', '') == 0)\n"
               "assert(near(bleu('\\xFF \\xFE', {'\\xFF \\xFE'}), 1) and bleu('A', 'a') == 0)\n"
               "assert(not pcall(bleu, 'a', {}) and not pcall(bleu, 'a', {1}))\n"
               "assert(not pcall(bleu, 'a', 'a', 0) and not pcall(bleu, 'a', 'a', 10))\n"
               "local none, why = bleu(('a '):rep(2 ^ 18), 'a')\n"
               "assert(none == nil and why:find('too long', 1, true))\n"
               "local many = {}\n"
               "for i = 1, 1000 do many[i] = 'reference ' .. i end\n"
               "assert(near(bleu('reference 500', many), 1))");
}

static void test_the_measures_take_a_megabyte(void **state)
{
    (void)state;
    assert_lua("local t = assay.text\n"
               "for _, piece in ipairs { ' ', 'a', 'a ', '.', \"'\", '\\xFF', '\\u{E4}b ' } do\n"
               "  local big = piece:rep(2 ^ 20 // #piece)\n"
               "  t.fold(big) t.token_f1(big, 'a b') t.rouge_l(big, 'a b c') t.bleu(big, 'a b')\n"
               "  t.levenshtein(big, 'a reference of some words')\n"
               "end\n"
               "local words = {}\n"
               "for i = 1, 100000 do words[i] = 'w' .. i end\n"
               "local text = table.concat(words, ' ')\n"
               "assert(t.token_f1(text, text) == 1 and t.bleu(text, text) == 1)\n"
               "assert(t.rouge_l(text, text) == nil and t.rouge_l(text, 'w5 w9') > 0)");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_is_folded_as_unicode_says),
        cmocka_unit_test(test_folding_twice_changes_nothing_more),
        cmocka_unit_test(test_small_letters_stay_as_they_are_in_lower),
        cmocka_unit_test(test_normalise_folds),
        cmocka_unit_test(test_levenshtein_has_the_published_distances),
        cmocka_unit_test(test_levenshtein_agrees_with_its_definition),
        cmocka_unit_test(test_levenshtein_refuses_what_would_take_too_long),
        cmocka_unit_test(test_token_f1_is_squads),
        cmocka_unit_test(test_rouge_l_has_the_published_values),
        cmocka_unit_test(test_rouge_l_weighs_recall_by_beta),
        cmocka_unit_test(test_rouge_l_agrees_with_its_definition),
        cmocka_unit_test(test_bleu_has_the_published_values),
        cmocka_unit_test(test_bleu_cuts_and_smooths_as_sacrebleu),
        cmocka_unit_test(test_bleu_keeps_its_bounds),
        cmocka_unit_test(test_the_measures_take_a_megabyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
