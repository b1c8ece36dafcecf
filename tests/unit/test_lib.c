/* lib: errors, buffers, frame fields, UTF-8, arena, hash, random streams. */
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/duration.h"
#include "lib/hash.h"
#include "lib/rng.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_every_error_has_a_text_a_wire_name_and_an_exit_code(void **unused)
{
    (void)unused;
#define X(sym, value, wire, text, exit_code)       \
    assert_string_equal(as_err_text(sym), text);   \
    assert_string_equal(as_err_wire(sym), wire);   \
    assert_int_equal(as_err_from_wire(wire), sym); \
    assert_int_equal(as_err_exit_code(sym), exit_code);
    AS_ERR_TABLE(X)
#undef X
    assert_int_equal(as_err_exit_code(0), 0);
    assert_int_equal(as_err_from_wire("no such name"), 0);
}

static void test_error_prefix_keeps_code_and_sentence(void **unused)
{
    (void)unused;
    struct as_err err = {0};
    assert_int_equal(as_err_set(&err, AS_ENOENT, "no key '%s'", "K"), AS_ENOENT);
    assert_int_equal(as_err_prefix(&err, "model %d", 3), AS_ENOENT);
    assert_string_equal(err.msg, "model 3: no key 'K'");
}

static void test_system_errors_map_to_the_nearest_code(void **unused)
{
    (void)unused;
    assert_int_equal(as_err_from_errno(ENOENT), AS_ENOENT);
    assert_int_equal(as_err_from_errno(EACCES), AS_EDENIED);
    assert_int_equal(as_err_from_errno(ECONNREFUSED), AS_ECONN);
    assert_int_equal(as_err_from_errno(ENOSPC), AS_EIO);
}

static void test_buffer_grows_keeps_its_nul_and_consumes(void **unused)
{
    (void)unused;
    struct as_buf buf = {0};
    for (int i = 0; i < 1000; i++)
        as_buf_addf(&buf, "%d,", i);
    assert_int_equal(strlen(buf.ptr), buf.len);
    as_buf_consume(&buf, 2);
    assert_memory_equal(buf.ptr, "1,2,", 4);
    as_buf_consume(&buf, buf.len);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.ptr, "");
    as_buf_done(&buf);
}

static void test_frame_fields_come_back_as_they_went_in(void **unused)
{
    (void)unused;
    struct as_buf buf = {0};
    as_put_u8(&buf, 200);
    as_put_u16(&buf, 65535);
    as_put_u32(&buf, 4000000000u);
    as_put_u64(&buf, UINT64_MAX - 1);
    as_put_f64(&buf, -0.125);
    as_put_str(&buf, AS_STR("a\0b"));
    as_put_str(&buf, (struct as_str){NULL, 0});
    struct as_reader in = as_reader_of(buf.ptr, buf.len);
    assert_int_equal(as_get_u8(&in), 200);
    assert_int_equal(as_get_u16(&in), 65535);
    assert_int_equal(as_get_u32(&in), 4000000000u);
    assert_true(as_get_u64(&in) == UINT64_MAX - 1);
    assert_true(as_get_f64(&in) == -0.125);
    struct as_str text = as_get_str(&in, 3);
    assert_int_equal(text.len, 3);
    assert_memory_equal(text.ptr, "a\0b", 3);
    assert_null(as_get_str(&in, 3).ptr);
    assert_true(as_reader_is_done(&in));
    as_buf_done(&buf);
}

static void test_reader_stays_bad_after_the_first_short_read(void **unused)
{
    (void)unused;
    struct as_reader in = as_reader_of("\x05\0\0\0ab", 6);
    assert_null(as_get_str(&in, 100).ptr);
    assert_true(in.is_bad);
    assert_int_equal(as_get_u8(&in), 0);
    assert_false(as_reader_is_done(&in));
}

static void test_reader_refuses_a_string_over_its_limit(void **unused)
{
    (void)unused;
    struct as_reader in = as_reader_of("\x05\0\0\0abcde", 9);
    assert_null(as_get_str(&in, 4).ptr);
    assert_true(in.is_bad);
}

static void test_utf8_validity(void **unused)
{
    (void)unused;
    static const struct {
        const char *bytes;
        bool is_valid;
    } cases[] = {
        {"plain", true},
        {"\xC3\xA9", true},          /* e acute */
        {"\xE2\x82\xAC", true},      /* euro */
        {"\xF0\x9F\x98\x80", true},  /* emoji */
        {"\xF4\x8F\xBF\xBF", true},  /* the last code point */
        {"\xC0\xAF", false},         /* overlong */
        {"\xE0\x80\xAF", false},     /* overlong */
        {"\xED\xA0\x80", false},     /* surrogate */
        {"\xF4\x90\x80\x80", false}, /* beyond the last */
        {"\x80", false},             /* no start */
        {"\xE2\x82", false},         /* cut */
        {"\xFF", false},
    };
    for (size_t i = 0; i < AS_COUNT(cases); i++)
        assert_int_equal(as_utf8_is_valid(cases[i].bytes, strlen(cases[i].bytes)),
                         cases[i].is_valid);
}

static void test_text_is_cut_between_characters(void **unused)
{
    static const char text[] = "a\u00E9\u20AC\U0001F600z"; /* of 1, 2, 3, 4 and 1 bytes */
    static const size_t fits[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11};
    (void)unused;
    for (size_t max = 0; max < AS_COUNT(fits); max++) {
        char cut[16];
        assert_int_equal(as_utf8_fit(text, strlen(text), max), fits[max]);
        as_utf8_format(cut, max + 1, "%s", text);
        assert_int_equal(strlen(cut), fits[max]);
        assert_memory_equal(cut, text, fits[max]);
    }
    /* What is no UTF-8 is cut where it must be, and never read beyond. */
    assert_int_equal(as_utf8_fit("\x80\x80\x80\x80\x80", 5, 4), 4);
    assert_int_equal(as_utf8_fit("\xFF\xFF", 2, 1), 0);
    assert_int_equal(as_utf8_fit("", 0, 0), 0);
}

static void test_a_long_error_is_cut_between_characters(void **unused)
{
    (void)unused;
    for (size_t before = 0; before < 3; before++) {
        char name[2 * AS_ERR_MSG_MAX] = "aa";
        struct as_err err = {0};
        for (size_t at = before; at + 4 < sizeof(name); at += 3)
            memcpy(name + at, "\u20AC", 4);
        assert_int_equal(as_err_set(&err, AS_EINVAL, "no model '%s'", name), AS_EINVAL);
        assert_true(as_utf8_is_valid(err.msg, strlen(err.msg)));
        as_err_prefix(&err, "%s", name);
        assert_true(as_utf8_is_valid(err.msg, strlen(err.msg)));
    }
}

static void test_text_for_a_terminal_has_no_control_characters(void **unused)
{
    (void)unused;
    static const char hostile[] = "a\x1b[31mb\0c\x7f\xC2\x9Bz\xFF\n\t";
    struct as_buf buf = {0};
    as_buf_add_utf8_safe(&buf, hostile, sizeof(hostile) - 1);
    assert_true(as_utf8_is_valid(buf.ptr, buf.len));
    for (size_t i = 0; i < buf.len; i++)
        assert_true((unsigned char)buf.ptr[i] >= 0x20 || buf.ptr[i] == '\n' || buf.ptr[i] == '\t');
    assert_null(strstr(buf.ptr, "\xC2\x9B"));
    as_buf_done(&buf);
}

static void test_text_for_a_terminal_keeps_its_order(void **unused)
{
    (void)unused;
    static const char hostile[] =
        "\u202Eevil\u202C \u2066x\u2069\u200F\u061C\u2028\u05D0\u00E9\U0001F600";
    struct as_buf buf = {0};
    as_buf_add_utf8_safe(&buf, hostile, sizeof(hostile) - 1);
    assert_string_equal(buf.ptr,
                        "\uFFFDevil\uFFFD \uFFFDx\uFFFD\uFFFD\uFFFD\uFFFD\u05D0\u00E9\U0001F600");
    as_buf_done(&buf);
}

static void test_arena_memory_is_zeroed_aligned_and_survives_growth(void **unused)
{
    (void)unused;
    struct as_arena arena = {0};
    char *first = as_arena_strdup(&arena, "first");
    for (int i = 0; i < 1000; i++) {
        char *at = as_arena_alloc(&arena, (size_t)i + 1);
        assert_int_equal((uintptr_t)at % sizeof(void *), 0);
        for (int k = 0; k <= i; k++)
            assert_int_equal(at[k], 0);
        memset(at, 'x', (size_t)i + 1);
    }
    assert_string_equal(first, "first");
    as_arena_reset(&arena);
    assert_true(arena.total_bytes <= 8192);
    as_arena_done(&arena);
    assert_int_equal(arena.total_bytes, 0);
}

/* RFC 4231, cases 2 and 6. */
static void test_hmac_sha256_of_known_texts(void **unused)
{
    (void)unused;
    char hex[AS_SHA256_HEX_BYTES], key[131];
    struct as_sha256 hash = as_hmac_sha256(AS_STR("Jefe"), AS_STR("what do ya want for nothing?"));
    as_sha256_hex(&hash, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    hash = as_hmac_sha256((struct as_str){key, sizeof(key)},
                          AS_STR("Test Using Larger Than Block-Size Key - Hash Key First"));
    as_sha256_hex(&hash, hex);
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_sha256_of_known_text(void **unused)
{
    (void)unused;
    struct as_sha256 hash = as_sha256_of("abc", 3), back;
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(&hash, hex);
    /* The first example of FIPS 180-4. */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(as_sha256_from_hex(hex, &back), 0);
    assert_true(as_sha256_eq(&hash, &back));
    assert_int_equal(as_sha256_from_hex("xyz", &back), AS_EINVAL);
}

static void test_hashed_fields_cannot_slide_into_each_other(void **unused)
{
    (void)unused;
    struct as_sha256 hashes[3];
    static const struct as_str pairs[3][2] = {
        {AS_STR("ab"), AS_STR("c")},
        {AS_STR("a"), AS_STR("bc")},
        {AS_STR("abc"), {NULL, 0}},
    };
    for (int i = 0; i < 3; i++) {
        struct as_hasher *hasher = as_hasher_new();
        as_hasher_add_field(hasher, pairs[i][0]);
        as_hasher_add_field(hasher, pairs[i][1]);
        hashes[i] = as_hasher_finish_free(hasher);
    }
    assert_false(as_sha256_eq(&hashes[0], &hashes[1]));
    assert_false(as_sha256_eq(&hashes[0], &hashes[2]));
    assert_false(as_sha256_eq(&hashes[1], &hashes[2]));
}

static void test_random_streams_repeat_and_differ(void **unused)
{
    (void)unused;
    struct as_rng a = as_rng_stream(1, 0), again = as_rng_stream(1, 0), other = as_rng_stream(1, 1);
    uint64_t first = as_rng_next(&a);
    assert_true(first == as_rng_next(&again));
    assert_true(first != as_rng_next(&other));
    for (int i = 0; i < 1000; i++) {
        assert_true(as_rng_below(&a, 7) < 7);
        double unit = as_rng_unit(&a);
        assert_true(unit >= 0 && unit < 1);
    }
    assert_int_equal(as_rng_below(&a, 0), 0);
}

/* Whole groups of eight, tails, and bounds at the ends of the range. */
static void test_numbers_drawn_together_are_those_drawn_one_by_one(void **unused)
{
    static const uint32_t bounds[] = {0, 1, 7, 10000, 0x80000001u, UINT32_MAX};
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(bounds); i++)
        for (size_t n = 0; n < 35; n++) {
            struct as_rng together = as_rng_stream(i, n), alone = together;
            uint32_t drawn[40];
            as_rng_fill_below(&together, bounds[i], drawn, n);
            for (size_t k = 0; k < n; k++)
                assert_int_equal(drawn[k], as_rng_below(&alone, bounds[i]));
            assert_true(as_rng_next(&together) == as_rng_next(&alone));
        }
}

static void test_durations_are_counts_with_units(void **unused)
{
    static const struct {
        const char *text;
        int64_t ms; /* 0: refused */
    } cases[] = {
        {"90", 90000},     {"90s", 90000},       {"15m", 900000}, {"1h30m", 5400000},
        {"7d", 604800000}, {"1d12h", 129600000}, {"", 0},         {"0", 0},
        {"-1s", 0},        {"soon", 0},          {"5 m", 0},      {"7w", 0},
        {"99999999d", 0},  {"1s1s1s1s1s", 0},
    };
    (void)unused;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        int64_t ms = 0;
        int rc = as_duration_parse(cases[i].text, &ms);
        assert_int_equal(rc, cases[i].ms ? 0 : AS_EINVAL);
        assert_int_equal(ms, cases[i].ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations_are_counts_with_units),
        cmocka_unit_test(test_every_error_has_a_text_a_wire_name_and_an_exit_code),
        cmocka_unit_test(test_error_prefix_keeps_code_and_sentence),
        cmocka_unit_test(test_system_errors_map_to_the_nearest_code),
        cmocka_unit_test(test_buffer_grows_keeps_its_nul_and_consumes),
        cmocka_unit_test(test_frame_fields_come_back_as_they_went_in),
        cmocka_unit_test(test_reader_stays_bad_after_the_first_short_read),
        cmocka_unit_test(test_reader_refuses_a_string_over_its_limit),
        cmocka_unit_test(test_utf8_validity),
        cmocka_unit_test(test_text_is_cut_between_characters),
        cmocka_unit_test(test_a_long_error_is_cut_between_characters),
        cmocka_unit_test(test_text_for_a_terminal_has_no_control_characters),
        cmocka_unit_test(test_text_for_a_terminal_keeps_its_order),
        cmocka_unit_test(test_arena_memory_is_zeroed_aligned_and_survives_growth),
        cmocka_unit_test(test_hmac_sha256_of_known_texts),
        cmocka_unit_test(test_sha256_of_known_text),
        cmocka_unit_test(test_hashed_fields_cannot_slide_into_each_other),
        cmocka_unit_test(test_random_streams_repeat_and_differ),
        cmocka_unit_test(test_numbers_drawn_together_are_those_drawn_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
