/* daemon/dataset: files that are odd, hostile, or none of ours. */
#include "lib/rng.h"
#include "tests/unit/dataset_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- odd files ---- */

static void test_an_empty_file_is_nothing_to_import(void **unused)
{
    (void)unused;
    static const char *const texts[] = {"", "\n", " \n\t\r\n\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n"};
    for (size_t i = 0; i < AS_COUNT(texts); i++) {
        struct imported *out = import_text(texts[i]);
        assert_int_equal(out->rc, AS_EINVAL);
        assert_string_equal(out->err.msg, "there is nothing to import: no file has a line");
        assert_int_equal(out->bad_count, 0);
        import_free(out);
    }
}

static void test_a_file_of_bad_lines_alone_is_refused_with_their_number(void **unused)
{
    (void)unused;
    struct imported *out = import_text("{\"inptu\":1}\n{\n\n{\"input\":1}\n");
    assert_int_equal(out->rc, AS_EINVAL);
    assert_string_equal(out->err.msg, "not one of 3 lines is a good case");
    assert_int_equal(out->bad_count, 3);
    import_free(out);
}

static void test_a_byte_order_mark_and_carriage_returns_are_skipped(void **unused)
{
    (void)unused;
    struct imported *plain = import_text("{\"id\":\"a\",\"input\":\"q\"}\n{\"id\":\"b\",\"input\":"
                                         "\"q\"}\n");
    struct imported *odd = import_text("\xEF\xBB\xBF{\"id\":\"a\",\"input\":\"q\"}\r\n\r\n"
                                       "{\"id\":\"b\",\"input\":\"q\"}\r\n");
    assert_string_equal(odd->bad.ptr, "");
    assert_string_equal(odd->cases.ptr, plain->cases.ptr);
    assert_true(as_sha256_eq(&odd->summary.hash, &plain->summary.hash));
    import_free(plain);
    import_free(odd);
}

static void test_the_last_line_needs_no_newline(void **unused)
{
    (void)unused;
    struct imported *out = import_begin();
    import_add(out, "1", "{\"id\":\"a\",\"input\":\"q\"}");
    import_add(out, "2", "{\"id\":\"b\",\"input\":\"q\"}\nhalf");
    import_add(out, "3", "{\"id\":\"c\",\"input\":\"q\"}");
    import_finish(out);
    assert_string_equal(out->heads.ptr, "a - - -\nb - - -\nc - - -\n");
    assert_string_equal(out->bad.ptr,
                        "2:2: not JSON: a line is one JSON object and begins with '{'\n");
    import_free(out);
}

static void test_bytes_that_are_no_text_are_bad_lines(void **unused)
{
    (void)unused;
    static const char text[] = "{\"id\":\"a\",\"input\":\"q\"}\n"
                               "{\"id\":\"b\",\"input\":\"x\0y\"}\n"
                               "{\"id\":\"c\",\"input\":\"\xE4\"}\n"
                               "{\"id\":\"d\",\"input\":\"\xED\xA0\x80\"}\n"
                               "{\"id\":\"e\",\"input\":\"\\u0000 \xF0\x9F\x98\x80\"}\n";
    struct imported *out = import_bytes(text, sizeof(text) - 1, sizeof(text));
    assert_string_equal(out->bad.ptr, "f:2: the line holds a NUL byte: this is not text\n"
                                      "f:3: the line is not valid UTF-8: save the file as UTF-8\n"
                                      "f:4: the line is not valid UTF-8: save the file as UTF-8\n");
    assert_string_equal(out->heads.ptr, "a - - -\ne - - -\n");
    import_free(out);
}

static struct as_buf long_case(size_t len)
{
    struct as_buf line = {0};
    as_buf_adds(&line, "{\"id\":\"long\",\"input\":\"");
    while (line.len < len - 2)
        as_buf_addc(&line, 'x');
    as_buf_adds(&line, "\"}");
    assert_int_equal(line.len, len);
    return line;
}

static void test_a_line_of_20_mb_is_one_bad_line(void **unused)
{
    (void)unused;
    struct as_buf text = long_case(20u << 20);
    as_buf_adds(&text, "\n{\"id\":\"after\",\"input\":\"q\"}\n");
    static const size_t portions[] = {64u << 10, 256u << 10, 32u << 20};
    for (size_t i = 0; i < AS_COUNT(portions); i++) {
        struct imported *out = import_bytes(text.ptr, text.len, portions[i]);
        assert_string_equal(out->bad.ptr, "f:1: the line is longer than 4 MiB\n");
        assert_string_equal(out->heads.ptr, "after - - -\n");
        import_free(out);
    }
    as_buf_done(&text);
}

static void test_a_line_of_20_mb_may_be_the_last_one(void **unused)
{
    (void)unused;
    struct as_buf text = long_case(20u << 20);
    struct imported *out = import_bytes(text.ptr, text.len, 256u << 10);
    assert_string_equal(out->bad.ptr, "f:1: the line is longer than 4 MiB\n");
    assert_string_equal(out->err.msg, "not one of 1 lines is a good case");
    import_free(out);
    as_buf_done(&text);
}

static void test_a_line_may_be_as_long_as_the_limit(void **unused)
{
    (void)unused;
    for (size_t over = 0; over <= 1; over++) {
        struct as_buf text = long_case(DATASET_LINE_MAX_BYTES + over);
        as_buf_addc(&text, '\n');
        struct imported *whole = import_bytes(text.ptr, text.len, text.len);
        struct imported *cut = import_bytes(text.ptr, text.len, 1000);
        assert_int_equal(whole->case_count, 1 - over);
        assert_int_equal(cut->case_count, 1 - over);
        import_free(whole);
        import_free(cut);
        as_buf_done(&text);
    }
}

static void add_repeated(struct as_buf *text, const char *part, int count)
{
    for (int i = 0; i < count; i++)
        as_buf_adds(text, part);
}

static struct imported *import_nested(const char *before, int depth, const char *after)
{
    struct as_buf text = {0};
    as_buf_adds(&text, before);
    add_repeated(&text, "[", depth);
    add_repeated(&text, "]", depth);
    as_buf_adds(&text, after);
    struct imported *out = import_text(text.ptr);
    as_buf_done(&text);
    return out;
}

static void test_json_as_deep_as_the_limit_is_kept_and_deeper_is_refused(void **unused)
{
    (void)unused;
    struct imported *out = import_nested("{\"input\":\"q\",\"expected\":", 63, "}");
    assert_string_equal(out->bad.ptr, "");
    import_free(out);
    out = import_nested("{\"input\":\"q\",\"expected\":", 64, "}");
    assert_string_equal(out->bad.ptr, "f:1: not valid JSON at column 88: nesting too deep\n");
    import_free(out);
    out = import_nested("{\"input\":\"q\",\"expected\":", 1000000, "}");
    assert_string_equal(out->bad.ptr, "f:1: not valid JSON at column 88: nesting too deep\n");
    import_free(out);
}

static void test_a_case_that_gets_deeper_than_its_line_is_refused_when_too_deep(void **unused)
{
    (void)unused;
    const char *before = "{\"durationMs\":1,\"input\":[" U "],\"output\":null,\"modelParams\":";
    struct imported *out = import_nested(before, 62, "}");
    assert_string_equal(out->bad.ptr, "");
    import_free(out);
    out = import_nested(before, 63, "}");
    assert_string_equal(out->bad.ptr, "f:1: as a case the line would nest deeper than 64 levels\n");
    import_free(out);
    before = "{\"input\":\"q\",\"recorded\":{\"tool_calls\":[{\"name\":\"f\",\"arguments\":\"";
    out = import_nested(before, 64, "\"}]}}");
    assert_string_equal(out->bad.ptr, "f:1: as a case the line would nest deeper than 64 levels\n");
    import_free(out);
}

static void test_a_number_that_would_not_be_kept_is_refused(void **unused)
{
    (void)unused;
    static const char *const integers[] = {"18446744073709551615", "9223372036854775808",
                                           "-9223372036854775809", "1234567890123456789012345"};
    for (size_t i = 0; i < AS_COUNT(integers); i++) {
        char line[100];
        snprintf(line, sizeof(line), "{\"input\":\"q\",\"expected\":[{\"x\":%s}]}", integers[i]);
        expect_bad(line, "f:1: an integer has more than 63 bits: write it as a string\n");
        snprintf(line, sizeof(line), "{\"input\":\"q\",\"id\":%s}", integers[i]);
        expect_bad(line, "f:1: an integer has more than 63 bits: write it as a string\n");
    }
    expect_bad("{\"input\":\"q\",\"expected\":-1e999}",
               "f:1: not valid JSON at column 26: the number is too large: write it as a string\n");
    struct imported *out = import_text("{\"input\":\"q\",\"expected\":[9223372036854775806,"
                                       "-9223372036854775807,1e308,0.1,-0.0,5e-324]}");
    assert_string_equal(out->bad.ptr, "");
    import_free(out);
}

/* ---- files of another kind ---- */

static void test_a_file_that_is_no_json_lines_says_what_to_do(void **unused)
{
    (void)unused;
    static const char array[] = "f:1: this file is a JSON array, and a dataset has one JSON object "
                                "a line: `jq -c '.[]'` makes it so\n";
    static const char table[] = "f:1: this is no JSON object, and a dataset has one a line, such "
                                "as {\"input\": \"...\"}; convert CSV and other tables first\n";
    static const char utf16[] = "f:1: this file is UTF-16: save it as UTF-8\n";
    static const struct {
        const char *text;
        size_t len;
        const char *bad;
    } rows[] = {
        {"[{\"input\":\"q\"}]", 15, array},
        {"\xEF\xBB\xBF\n  [\n", 8,
         "f:2: this file is a JSON array, and a dataset has one JSON "
         "object a line: `jq -c '.[]'` makes it so\n"},
        {"id,input\n", 9, table},
        {"\"id\";\"input\"\n", 13, table},
        {"{\r\n", 3,
         "f:1: a JSON object goes over several lines here, and a dataset has one a "
         "line: `jq -c .` makes it so\n"},
        {"\xFF\xFE{\0\"\0", 6, utf16},
        {"\xFE\xFF\0{\0\"", 6, utf16},
        {"\x1F\x8B\x08\0\0", 5, "f:1: this file is compressed by gzip: unpack it first\n"},
        {"\x28\xB5\x2F\xFD\0", 5, "f:1: this file is compressed by zstd: unpack it first\n"},
        {"PK\x03\x04\x14\0", 6,
         "f:1: this file is a zip archive or a spreadsheet: a dataset has "
         "one JSON object a line\n"},
        {"PAR1\x15\0", 6, "f:1: this file is Parquet: a dataset has one JSON object a line\n"},
    };
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct imported *out = import_bytes(rows[i].text, rows[i].len, 3);
        assert_string_equal(out->bad.ptr, rows[i].bad);
        assert_int_equal(out->rc, AS_EINVAL);
        import_free(out);
    }
}

static void test_what_to_do_is_said_once_a_file(void **unused)
{
    (void)unused;
    struct imported *out = import_begin();
    import_add(out, "a.csv", "id,input\n1,hello\n");
    import_add(out, "b.jsonl", "{\"input\":\"q\"}\n[1]\n");
    import_finish(out);
    assert_string_equal(out->bad.ptr,
                        "a.csv:1: this is no JSON object, and a dataset has one a line, such as "
                        "{\"input\": \"...\"}; convert CSV and other tables first\n"
                        "a.csv:2: not JSON: a line is one JSON object and begins with '{'\n"
                        "b.jsonl:2: a line must be an object, got array\n");
    import_free(out);
}

static void test_no_line_of_a_file_of_another_kind_passes_for_a_case(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "[\n{\"id\":1,\"input\":\"q\"},\n{\"id\":2,\"input\":\"q\"}\n]\n",
        "[{\"id\":1,\"input\":\"q\"},\n{\"id\":2,\"input\":\"q\"}\n]\n",
        "\n{\n\"cases\": [\n{\"id\":1,\"input\":\"q\"}\n]}\n",
    };
    for (size_t i = 0; i < AS_COUNT(texts); i++)
        for (size_t portion = 1; portion < 80; portion += 13) {
            struct imported *out = import_bytes(texts[i], strlen(texts[i]), portion);
            assert_int_equal(out->rc, AS_EINVAL);
            assert_int_equal(out->bad_count, 1);
            import_free(out);
        }
}

static void test_the_file_after_one_of_another_kind_is_read(void **unused)
{
    (void)unused;
    struct imported *out = import_begin();
    import_add(out, "a.json", "[\n{\"id\":1,\"input\":\"q\"}\n");
    import_add(out, "b.jsonl", "{\"id\":2,\"input\":\"q\"}\n");
    import_add(out, "c.jsonl", "[1, 2]\n{\"id\":3,\"input\":\"q\"}\n"); /* a bad line alone */
    import_finish(out);
    assert_string_equal(out->heads.ptr, "2 - - -\n3 - - -\n");
    assert_int_equal(out->bad_count, 2);
    import_free(out);
}

static void test_an_array_of_20_mb_on_one_line_is_named_as_one(void **unused)
{
    (void)unused;
    struct as_buf text = {0};
    as_buf_adds(&text, "[");
    while (text.len < 20u << 20)
        as_buf_adds(&text, "{\"input\":\"q\"},");
    struct imported *out = import_bytes(text.ptr, text.len, 256u << 10);
    assert_int_equal(out->bad_count, 1);
    assert_non_null(strstr(out->bad.ptr, "f:1: this file is a JSON array"));
    import_free(out);
    as_buf_done(&text);
}

static void test_a_reason_is_safe_on_a_terminal(void **unused)
{
    (void)unused;
    struct imported *out = import_text("{\"input\":\"q\",\"\\u001b]0;x\\u0007\":1}\n");
    assert_int_equal(out->bad_count, 1);
    assert_null(strchr(out->bad.ptr, '\x1B'));
    assert_null(strchr(out->bad.ptr, '\a'));
    import_free(out);
}

/* ---- any bytes ---- */

static bool is_blank_line(const char *line, size_t len, bool is_first)
{
    if (is_first && len >= 3 && !memcmp(line, "\xEF\xBB\xBF", 3)) {
        line += 3;
        len -= 3;
    }
    for (size_t i = 0; i < len; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t at = 0; at < len;) {
        const char *newline = memchr(text + at, '\n', len - at);
        size_t line_len = newline ? (size_t)(newline - text) - at : len - at;
        count += !is_blank_line(text + at, line_len, at == 0);
        at += line_len + 1;
    }
    return count;
}

/* All but the first two: a file that begins with {" is taken for JSON Lines to its end. */
static void test_every_line_of_any_bytes_is_good_or_bad(void **unused)
{
    (void)unused;
    static const char seed[] =
        "{\"id\":\"a\",\"input\":{\"q\":[1,2.5,null]},\"recorded\":{\"text\":\"x\",\"latency_ms\":"
        "1},\"critical\":true}\n"
        "{\"messages\":[" U ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":"
        "\"1\",\"name\":\"f\",\"input\":{}}]}],\"tools\":[]}\n" EVENT(
            "[" U "]", "\"[{'type': 'text', 'text': 'it\\\\'s \\\\xe4'}]\"",
            ",\"modelParams\":{\"system\":\"s\"},\"location\":{\"lineNumber\":\"7\"}");
    static const char spice[] = "{}[]\",:'\\\n\r\0\x1B\xEF\xBB\xBF\xFF 09e-+.NntfIu";
    struct as_rng rng = as_rng_stream(7, 0);
    for (int round = 0; round < 4000; round++) {
        char text[sizeof(seed)];
        memcpy(text, seed, sizeof(seed));
        for (uint64_t i = 0; i < 1 + (uint64_t)round % 6; i++)
            text[2 + as_rng_below(&rng, sizeof(seed) - 3)] =
                spice[as_rng_below(&rng, sizeof(spice) - 1)];
        struct imported *out =
            import_bytes(text, sizeof(seed) - 1, 1 + as_rng_below(&rng, sizeof(seed)));
        assert_int_equal(out->case_count + out->bad_count, count_lines(text, sizeof(seed) - 1));
        import_free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_file_is_nothing_to_import),
        cmocka_unit_test(test_a_file_of_bad_lines_alone_is_refused_with_their_number),
        cmocka_unit_test(test_a_byte_order_mark_and_carriage_returns_are_skipped),
        cmocka_unit_test(test_the_last_line_needs_no_newline),
        cmocka_unit_test(test_bytes_that_are_no_text_are_bad_lines),
        cmocka_unit_test(test_a_line_of_20_mb_is_one_bad_line),
        cmocka_unit_test(test_a_line_of_20_mb_may_be_the_last_one),
        cmocka_unit_test(test_a_line_may_be_as_long_as_the_limit),
        cmocka_unit_test(test_json_as_deep_as_the_limit_is_kept_and_deeper_is_refused),
        cmocka_unit_test(test_a_case_that_gets_deeper_than_its_line_is_refused_when_too_deep),
        cmocka_unit_test(test_a_number_that_would_not_be_kept_is_refused),
        cmocka_unit_test(test_a_file_that_is_no_json_lines_says_what_to_do),
        cmocka_unit_test(test_what_to_do_is_said_once_a_file),
        cmocka_unit_test(test_no_line_of_a_file_of_another_kind_passes_for_a_case),
        cmocka_unit_test(test_the_file_after_one_of_another_kind_is_read),
        cmocka_unit_test(test_an_array_of_20_mb_on_one_line_is_named_as_one),
        cmocka_unit_test(test_a_reason_is_safe_on_a_terminal),
        cmocka_unit_test(test_every_line_of_any_bytes_is_good_or_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
