/* Differences by line and by word: what is shown, and that what is shown leads from the one text to
 * the other. */
#include "ctl/textdiff.h"
#include "lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_diff(const char *before, const char *after, const char *expected)
{
    struct as_buf out = {0};
    bool differs = textdiff_unified(as_str_from(before), as_str_from(after), &out);
    assert_int_equal(differs, *expected != '\0');
    assert_string_equal(as_buf_str(&out).ptr ? as_buf_str(&out).ptr : "", expected);
    as_buf_done(&out);
}

static void test_the_same_text_gives_nothing(void **state)
{
    (void)state;
    assert_diff("a\nb\n", "a\nb\n", "");
    assert_diff("", "", "");
}

static void test_a_change_stands_between_three_lines_of_context(void **state)
{
    (void)state;
    assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
                "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

static void test_an_empty_side_names_the_line_before_it(void **state)
{
    (void)state;
    assert_diff("", "a\n", "@@ -0,0 +1,1 @@\n+a\n");
    assert_diff("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n");
}

static void test_a_missing_last_newline_is_marked(void **state)
{
    (void)state;
    assert_diff("a\n", "a", "@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n");
}

static void test_changes_close_to_each_other_share_a_hunk(void **state)
{
    (void)state;
    assert_diff("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
                "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
    assert_diff("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
                "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

/* The lines of one side: unchanged ones and those with the sign. */
static void take_side(struct as_str diff, char sign, struct as_buf *out)
{
    for (size_t at = 0; at < diff.len;) {
        const char *line = diff.ptr + at, *end = strchr(line, '\n');
        size_t len = (size_t)(end - line) + 1;
        if (*line == ' ' || *line == sign)
            as_buf_add(out, line + 1, len - 1);
        at += len;
    }
}

/* Texts of a few different lines, with the first and last line changed and little in between left
 * out of the hunk: the hunk holds both texts whole. */
static void test_both_texts_can_be_read_from_the_difference(void **state)
{
    struct as_rng rng = as_rng_stream(7, 0);
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct as_buf texts[2] = {{0}, {0}}, diff = {0}, sides[2] = {{0}, {0}};
        for (int t = 0; t < 2; t++) {
            as_buf_adds(&texts[t], t ? "new\n" : "old\n");
            for (uint64_t n = as_rng_below(&rng, 7); n; n--)
                as_buf_addf(&texts[t], "%c\n", (char)('a' + as_rng_below(&rng, 3)));
        }
        assert_true(textdiff_unified(as_buf_str(&texts[0]), as_buf_str(&texts[1]), &diff));
        take_side(as_buf_str(&diff), '-', &sides[0]);
        take_side(as_buf_str(&diff), '+', &sides[1]);
        for (int t = 0; t < 2; t++) {
            bool is_whole = sides[t].len == texts[t].len;
            bool is_a_beginning = !memcmp(sides[t].ptr, texts[t].ptr, sides[t].len);
            assert_true(is_a_beginning && (is_whole || texts[t].len - sides[t].len <= 6));
            as_buf_done(&texts[t]);
            as_buf_done(&sides[t]);
        }
        as_buf_done(&diff);
    }
}

static void test_the_fewest_lines_change(void **state)
{
    struct as_buf out = {0};
    (void)state;
    textdiff_unified(AS_STR("a\nb\nc\na\nb\nb\na\n"), AS_STR("c\nb\na\nb\na\nc\n"), &out);
    unsigned changed = 0;
    for (const char *line = strchr(out.ptr, '\n') + 1; *line; line = strchr(line, '\n') + 1)
        changed += *line != ' ';
    assert_int_equal(changed, 5);
    as_buf_done(&out);
}

/* ---- words ---- */

static void add_piece(void *ctx, enum textdiff_kind kind, struct as_str piece)
{
    static const char *const looks[] = {
        [TEXTDIFF_SAME] = "%.*s", [TEXTDIFF_GONE] = "[-%.*s-]", [TEXTDIFF_NEW] = "{+%.*s+}"};
    as_buf_addf(ctx, looks[kind], (int)piece.len, piece.ptr);
}

static void assert_words(const char *before, const char *after, const char *expected)
{
    struct as_buf out = {0};
    bool is_shown = textdiff_words(as_str_from(before), as_str_from(after), add_piece, &out);
    assert_int_equal(is_shown, *expected != '\0');
    assert_string_equal(as_buf_str(&out).ptr ? as_buf_str(&out).ptr : "", expected);
    as_buf_done(&out);
}

static void test_a_word_that_changed_is_shown_in_its_line(void **state)
{
    (void)state;
    assert_words("the sum is 167.\n", "the sum is 168.\n", "the sum is [-167.-]{+168.+}\n");
    assert_words("a b c d", "a b c d e f", "a b c d{+ e f+}");
    assert_words("a b c d", "c d", "[-a b -]c d");
}

static void test_white_space_that_changed_is_shown(void **state)
{
    (void)state;
    assert_words("a b", "a\nb", "a[- -]{+\n+}b");
}

static void test_texts_that_share_few_words_are_not_shown_word_by_word(void **state)
{
    (void)state;
    assert_words("167", "168", "");
    assert_words("one two three", "one four five", "");
    assert_words("same", "same", "");
}

static void test_a_long_text_is_not_shown_word_by_word(void **state)
{
    struct as_buf text = {0}, out = {0};
    (void)state;
    while (text.len <= TEXTDIFF_WORDS_MAX_BYTES)
        as_buf_adds(&text, "word ");
    struct as_str whole = as_buf_str(&text), shorter = {text.ptr, text.len - 5};
    assert_false(textdiff_words(whole, shorter, add_piece, &out));
    assert_int_equal(out.len, 0);
    as_buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_text_gives_nothing),
        cmocka_unit_test(test_a_change_stands_between_three_lines_of_context),
        cmocka_unit_test(test_an_empty_side_names_the_line_before_it),
        cmocka_unit_test(test_a_missing_last_newline_is_marked),
        cmocka_unit_test(test_changes_close_to_each_other_share_a_hunk),
        cmocka_unit_test(test_both_texts_can_be_read_from_the_difference),
        cmocka_unit_test(test_the_fewest_lines_change),
        cmocka_unit_test(test_a_word_that_changed_is_shown_in_its_line),
        cmocka_unit_test(test_white_space_that_changed_is_shown),
        cmocka_unit_test(test_texts_that_share_few_words_are_not_shown_word_by_word),
        cmocka_unit_test(test_a_long_text_is_not_shown_word_by_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
