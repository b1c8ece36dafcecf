/* daemon/dataset: TrainLoop events as loggers write them, quirks included, and as they are
 * documented. */
#include "tests/unit/dataset_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_an_event_becomes_a_case_with_what_production_answered(void **unused)
{
    (void)unused;
    struct imported *out = import_text(
        "{\"durationMs\":815,\"tag\":\"greet\",\"input\":[" U "],\"output\":{\"content\":\"yo\"},"
        "\"model\":\"gpt-4o\",\"modelParams\":{\"temperature\":0},\"startTimeMs\":1700000000000,"
        "\"endTimeMs\":null,\"url\":\"https://api.example/v1/chat?key=abc\","
        "\"location\":{\"file\":\"a.py\",\"lineNumber\":\"12\"},\"novel\":true}\n");
    const char *json = strchr(out->cases.ptr, ',');
    assert_string_equal(out->bad.ptr, "");
    assert_string_equal(
        json, ",\"messages\":[{\"content\":\"hi\",\"role\":\"user\"}],"
              "\"metadata\":{\"location\":{\"file\":\"a.py\",\"lineNumber\":12},"
              "\"modelParams\":{\"temperature\":0},\"novel\":true,\"startTimeMs\":1700000000000,"
              "\"url\":\"https://api.example/v1/chat\"},"
              "\"recorded\":{\"latency_ms\":815,\"model\":\"gpt-4o\",\"text\":\"yo\"},"
              "\"reference\":\"yo\",\"tags\":[\"greet\"]}\n");
    assert_int_equal(out->summary.format, DATASET_TRAINLOOP);
    import_free(out);
}

static void test_what_production_answered_is_never_the_expected_truth(void **unused)
{
    (void)unused;
    struct imported *out = import_text(EVENT("[" U "]", "\"yo\"", ""));
    assert_int_equal(out->case_count, 1);
    assert_null(strstr(out->cases.ptr, "\"expected\""));
    import_free(out);
}

static void test_an_answer_written_as_pythons_repr_is_read(void **unused)
{
    (void)unused;
    static const struct {
        const char *content, *recorded;
    } rows[] = {
        {"\"[{'type': 'text', 'text': 'hello'}]\"", "\"text\":\"hello\"}"},
        {"\"[{'type': 'text', 'text': \\\"it's\\\"}, {'type': 'text', 'text': ' 2'}]\"",
         "\"text\":\"it's 2\"}"},
        {"\"[{'type': 'text', 'text': 'a\\\\nb \\\\xe4 \\\\u20ac', 'citations': None}]\"",
         "\"text\":\"a\\nb \xC3\xA4 \xE2\x82\xAC\"}"},
        {"\"[{'type': 'tool_use', 'id': 't', 'name': 'f', 'input': {'x': True, 'y': 1.5}}]\"",
         "\"text\":\"\",\"tool_calls\":[{\"arguments\":{\"x\":true,\"y\":1.5},\"id\":\"t\","
         "\"name\":\"f\"}]}"},
        {"[{\"type\":\"text\",\"text\":\"hello\"}]", "\"text\":\"hello\"}"},
        /* what only looks like it is what the model said */
        {"\"[{'a': 1}]\"", "\"text\":\"[{'a': 1}]\"}"},
        {"\"[{'type': 'text', 'text': 'open\"", "\"text\":\"[{'type': 'text', 'text': 'open\"}"},
        {"\"[1, 2]\"", "\"text\":\"[1, 2]\"}"},
    };
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        char line[600];
        snprintf(line, sizeof(line), EVENT("[" U "]", "%s", ""), rows[i].content);
        struct imported *out = import_text(line);
        assert_string_equal(out->bad.ptr, "");
        if (!strstr(out->cases.ptr, rows[i].recorded))
            fail_msg("no %s in %s", rows[i].recorded, out->cases.ptr);
        import_free(out);
    }
}

static void test_none_is_a_lost_tool_call_only_where_tools_were_on_offer(void **unused)
{
    (void)unused;
    struct imported *out = import_text(
        EVENT("[" U "]", "\"None\"", ",\"modelParams\":{\"tools\":[{\"type\":\"function\"}]}")
            EVENT("[" U "]", "\"None\"", ""));
    const char *second = strchr(out->cases.ptr, '\n') + 1;
    const char *recorded = strstr(out->cases.ptr, "\"recorded\"");
    assert_int_equal(out->case_count, 2);
    assert_true(recorded > second);
    assert_non_null(strstr(second, "\"text\":\"None\""));
    import_free(out);
}

static void test_quirks_of_the_writer_are_no_errors(void **unused)
{
    (void)unused;
    static const char *const lines[] = {
        /* TypeScript writes null for an infinite duration */
        "{\"durationMs\":null,\"input\":[" U "],\"output\":{\"content\":\"x\"},"
        "\"endTimeMs\":null,\"location\":{}}\n",
        /* Go drops every value of a turn that is no string */
        EVENT("[" U ",{\"role\":\"assistant\"}," U "]", "\"x\"", ""),
        EVENT("[{\"role\":\"user\",\"content\":null}]", "\"x\"", ""),
        /* an answer that was never seen */
        "{\"durationMs\":1,\"input\":[" U "],\"output\":null}\n",
        EVENT("[" U "]", "null", ""),
    };
    for (size_t i = 0; i < AS_COUNT(lines); i++) {
        struct imported *out = import_text(lines[i]);
        assert_string_equal(out->bad.ptr, "");
        assert_int_equal(out->summary.format, DATASET_TRAINLOOP);
        import_free(out);
    }
}

static void test_a_system_prompt_among_the_parameters_is_asked_first(void **unused)
{
    (void)unused;
    struct imported *out =
        import_text(EVENT("[" U "]", "\"yo\"",
                          ",\"modelParams\":{\"system\":[{\"type\":\"text\",\"text\":"
                          "\"Be brief.\"}]}"));
    assert_non_null(strstr(out->cases.ptr,
                           "\"messages\":[{\"content\":\"Be brief.\",\"role\":\"system\"},"
                           "{\"content\":\"hi\",\"role\":\"user\"}]"));
    import_free(out);
}

static void test_an_events_id_is_that_of_the_call(void **unused)
{
    (void)unused;
    struct imported *out = import_text(EVENT("[" U "]", "\"one\"", "") EVENT(
        "[" U "]", "\"two\"", "") EVENT("[" U "]", "\"one\"", ",\"modelParams\":{\"seed\":1}"));
    assert_string_equal(out->bad.ptr, "f:2: the same case stands already in line 1\n");
    assert_int_equal(out->case_count, 2);
    import_free(out);
}

static void test_an_event_as_the_documentation_describes_it_is_read_too(void **unused)
{
    (void)unused;
    struct imported *out = import_text(
        "{\"timestamp\":\"2025-01-01T00:00:00Z\",\"input\":{\"model\":\"m\",\"messages\":[" U "],"
        "\"temperature\":0},\"output\":{\"content\":\"yo\",\"finish_reason\":\"stop\"},"
        "\"metadata\":{\"tags\":[\"t\",\"\"],\"duration_ms\":7}}\n");
    assert_string_equal(out->bad.ptr, "");
    assert_non_null(strstr(
        out->cases.ptr, "\"recorded\":{\"finish_reason\":\"stop\",\"latency_ms\":7,"
                        "\"model\":\"m\",\"text\":\"yo\"},\"reference\":\"yo\",\"tags\":[\"t\"]"));
    assert_non_null(strstr(out->cases.ptr, "\"request\":{\"model\":\"m\",\"temperature\":0}"));
    import_free(out);
}

static void test_an_event_without_turns_or_output_is_a_bad_line(void **unused)
{
    (void)unused;
    expect_bad("{\"durationMs\":1,\"output\":{\"content\":\"x\"}}\n"
               "{\"durationMs\":1,\"input\":\"hi\",\"output\":{\"content\":\"x\"}}\n"
               "{\"durationMs\":1,\"input\":[" U "]}\n"
               "{\"durationMs\":1,\"input\":[" U "],\"output\":\"x\"}\n"
               "{\"durationMs\":1,\"input\":[{\"content\":\"x\"}],\"output\":null}\n",
               "f:1: input must be an array, got null\n"
               "f:2: input must be an array, got string\n"
               "f:3: output is missing\n"
               "f:4: output must be an object, got string\n"
               "f:5: input[0].role is missing or not a string\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_event_becomes_a_case_with_what_production_answered),
        cmocka_unit_test(test_what_production_answered_is_never_the_expected_truth),
        cmocka_unit_test(test_an_answer_written_as_pythons_repr_is_read),
        cmocka_unit_test(test_none_is_a_lost_tool_call_only_where_tools_were_on_offer),
        cmocka_unit_test(test_quirks_of_the_writer_are_no_errors),
        cmocka_unit_test(test_a_system_prompt_among_the_parameters_is_asked_first),
        cmocka_unit_test(test_an_events_id_is_that_of_the_call),
        cmocka_unit_test(test_an_event_as_the_documentation_describes_it_is_read_too),
        cmocka_unit_test(test_an_event_without_turns_or_output_is_a_bad_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
