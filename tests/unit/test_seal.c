/* lib/seal: what is sealed holds, and each changed byte shows. */
#include "lib/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct as_buf sealed_text(void)
{
    static const char body[] =
        "{\"b\": {\"x\": 1.0, \"y\": -0.0}, \"a\": [\"k\\u00e9y\", null, 1e-9]}";
    struct as_json *parsed = NULL;
    struct as_buf text = {0};
    assert_int_equal(as_json_parse(body, strlen(body), &parsed, NULL), 0);
    AS_CLEANUP_JSON struct as_json *sealed = as_seal("doc", parsed);
    as_seal_write(sealed, &text);
    return text;
}

/* The sentences, one a line; to be released. */
static struct as_buf problems_of(struct as_str text)
{
    struct as_json *sealed = NULL;
    AS_CLEANUP_JSON struct as_json *problems = as_json_array();
    struct as_buf all = {0};
    as_seal_check(text, "doc", problems, &sealed);
    for (size_t i = 0; i < as_json_len(problems); i++)
        as_buf_addf(&all, "%s\n", as_json_cstr(as_json_at(problems, i)));
    as_json_free(sealed);
    return all;
}

static void test_what_was_sealed_holds(void **state)
{
    (void)state;
    struct as_buf text = sealed_text(), problems = problems_of(as_buf_str(&text));
    assert_int_equal(problems.len, 0);
    assert_memory_equal(text.ptr, "{\"doc\":{\"a\":", 12);
    as_buf_done(&problems);
    as_buf_done(&text);
}

static void test_each_flipped_bit_shows(void **state)
{
    (void)state;
    struct as_buf text = sealed_text();
    for (size_t i = 0; i < text.len * 8; i++) {
        text.ptr[i / 8] ^= (char)(1 << i % 8);
        struct as_buf problems = problems_of(as_buf_str(&text));
        assert_true(problems.len > 0);
        as_buf_done(&problems);
        text.ptr[i / 8] ^= (char)(1 << i % 8);
    }
    as_buf_done(&text);
}

static void test_a_cut_or_longer_text_shows(void **state)
{
    (void)state;
    struct as_buf text = sealed_text();
    for (size_t len = 0; len < text.len; len++) {
        struct as_buf problems = problems_of((struct as_str){text.ptr, len});
        assert_true(problems.len > 0);
        as_buf_done(&problems);
    }
    as_buf_addc(&text, '\n');
    struct as_buf problems = problems_of(as_buf_str(&text));
    assert_non_null(strstr(problems.ptr, "its text is not as it was written"));
    as_buf_done(&problems);
    as_buf_done(&text);
}

static void test_the_changed_part_is_named(void **state)
{
    (void)state;
    struct as_buf text = sealed_text();
    char *x = strstr(text.ptr, "\"x\":1");
    assert_non_null(x);
    x[4] = '2';
    struct as_buf problems = problems_of(as_buf_str(&text));
    assert_non_null(strstr(problems.ptr, "part 'b' was changed"));
    assert_null(strstr(problems.ptr, "part 'a'"));
    as_buf_done(&problems);
    as_buf_done(&text);
}

static void test_what_is_no_document_is_told_as_such(void **state)
{
    (void)state;
    struct as_buf problems = problems_of(AS_STR("{\"report\": 1}"));
    assert_string_equal(problems.ptr, "there is no 'doc' in it\n");
    as_buf_done(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_sealed_holds),
        cmocka_unit_test(test_each_flipped_bit_shows),
        cmocka_unit_test(test_a_cut_or_longer_text_shows),
        cmocka_unit_test(test_the_changed_part_is_named),
        cmocka_unit_test(test_what_is_no_document_is_told_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
