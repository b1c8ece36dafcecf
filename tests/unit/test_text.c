/* Base64 and "did you mean". */
#include "lib/base64.h"
#include "lib/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The vectors of RFC 4648, section 10. */
static const struct {
    const char *bytes, *text;
} vectors[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

static void test_base64_agrees_with_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < AS_COUNT(vectors); i++) {
        struct as_buf text = {0}, bytes = {0};
        as_base64_encode(as_str_from(vectors[i].bytes), &text);
        assert_true(as_str_eq(as_buf_str(&text), vectors[i].text));
        assert_int_equal(as_base64_decode(as_str_from(vectors[i].text), &bytes), 0);
        assert_true(as_str_eq(as_buf_str(&bytes), vectors[i].bytes));
        as_buf_done(&text);
        as_buf_done(&bytes);
    }
}

static void test_base64_brings_every_byte_back(void **state)
{
    struct as_buf in = {0}, text = {0}, out = {0};
    (void)state;
    for (int i = 0; i < 1000; i++)
        as_buf_addc(&in, (char)(i * 7));
    as_base64_encode(as_buf_str(&in), &text);
    assert_int_equal(as_base64_decode(as_buf_str(&text), &out), 0);
    assert_int_equal(out.len, in.len);
    assert_memory_equal(out.ptr, in.ptr, in.len);
    as_buf_done(&in);
    as_buf_done(&text);
    as_buf_done(&out);
}

static void test_base64_that_is_not_canonical_is_refused_and_nothing_appended(void **state)
{
    static const char *const bad[] = {"Z",    "Zg",   "Zg=",      "Zg==Zg==", "Z===",
                                      "====", "Zh==", "Zm9=",     "Zm9v\n",   "Zm 9v",
                                      "Zm9-", "Zm9_", "Zm9vZg=v", "\xffm9v",  "Zm9v=AAA"};
    struct as_buf out = {0};
    (void)state;
    as_buf_adds(&out, "before");
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        assert_int_equal(as_base64_decode(as_str_from(bad[i]), &out), AS_EINVAL);
        assert_string_equal(out.ptr, "before");
    }
    as_buf_done(&out);
}

static void test_edit_distance_counts_single_edits_and_swaps(void **state)
{
    (void)state;
    assert_int_equal(as_edit_distance("", ""), 0);
    assert_int_equal(as_edit_distance("", "abc"), 3);
    assert_int_equal(as_edit_distance("abc", "abc"), 0);
    assert_int_equal(as_edit_distance("start", "strat"), 1);
    assert_int_equal(as_edit_distance("kitten", "sitting"), 3);
    char longest[AS_NEAREST_MAX_BYTES + 2];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_true(as_edit_distance(longest, "a") == SIZE_MAX);
}

static void test_the_nearest_name_is_the_one_meant_or_none(void **state)
{
    struct as_nearest nearest = {0};
    (void)state;
    as_nearest_offer(&nearest, "candidate", "baseline");
    assert_null(nearest.best);
    as_nearest_offer(&nearest, "candidate", "candidates");
    as_nearest_offer(&nearest, "candidate", "candid");
    assert_string_equal(nearest.best, "candidates");
    nearest = (struct as_nearest){0};
    as_nearest_offer(&nearest, "ls", "show");
    assert_null(nearest.best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_agrees_with_the_vectors_of_the_rfc),
        cmocka_unit_test(test_base64_brings_every_byte_back),
        cmocka_unit_test(test_base64_that_is_not_canonical_is_refused_and_nothing_appended),
        cmocka_unit_test(test_edit_distance_counts_single_edits_and_swaps),
        cmocka_unit_test(test_the_nearest_name_is_the_one_meant_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
