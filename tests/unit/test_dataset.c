/* daemon/dataset: what becomes of lines of cases and chats, their ids, and the content hash. */
#include "tests/unit/dataset_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect_cases(const char *text, const char *cases)
{
    struct imported *out = import_text(text);
    assert_string_equal(out->bad.ptr, "");
    assert_string_equal(out->cases.ptr, cases);
    assert_int_equal(out->rc, 0);
    import_free(out);
}

static struct as_sha256 hash_of(const char *text)
{
    struct imported *out = import_text(text);
    struct as_sha256 hash = out->summary.hash;
    assert_int_equal(out->rc, 0);
    import_free(out);
    return hash;
}

/* ---- our own format ---- */

static void test_an_input_becomes_the_users_turn(void **unused)
{
    (void)unused;
    expect_cases("{\"id\":\"a\",\"input\":\"2+2?\",\"expected\":4}\n",
                 "{\"expected\":4,\"id\":\"a\",\"input\":\"2+2?\","
                 "\"messages\":[{\"content\":\"2+2?\",\"role\":\"user\"}]}\n");
}

static void test_an_input_that_is_a_document_is_asked_as_its_json(void **unused)
{
    (void)unused;
    expect_cases("{\"id\":\"a\",\"input\":{\"q\":1}}\n",
                 "{\"id\":\"a\",\"input\":{\"q\":1},"
                 "\"messages\":[{\"content\":\"{\\\"q\\\":1}\",\"role\":\"user\"}]}\n");
}

static void test_messages_are_kept_as_they_stand(void **unused)
{
    (void)unused;
    expect_cases("{\"id\":\"a\",\"tags\":[\"x\"],\"messages\":[{\"role\":\"developer\",\"content\":"
                 "[{\"type\":\"text\",\"text\":\"t\"}],\"name\":\"n\"}]}\n",
                 "{\"id\":\"a\",\"messages\":[{\"content\":[{\"text\":\"t\",\"type\":\"text\"}],"
                 "\"name\":\"n\",\"role\":\"developer\"}],\"tags\":[\"x\"]}\n");
}

static void test_a_recorded_answer_gets_the_shape_of_an_output(void **unused)
{
    (void)unused;
    struct imported *out = import_text(
        "{\"id\":\"a\",\"input\":\"q\",\"recorded\":\"yes\"}\n"
        "{\"id\":\"b\",\"input\":\"q\",\"recorded\":{\"content\":[{\"type\":\"text\",\"text\":"
        "\"ye\"},{\"type\":\"text\",\"text\":\"s\"}],\"latency_ms\":12.5,\"model\":\"m\"}}\n"
        "{\"id\":\"c\",\"input\":\"q\",\"recorded\":{\"tool_calls\":[{\"id\":\"1\",\"function\":"
        "{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}]}}\n");
    assert_string_equal(out->bad.ptr, "");
    assert_non_null(strstr(out->cases.ptr, "\"recorded\":{\"text\":\"yes\"}}\n"));
    assert_non_null(strstr(
        out->cases.ptr, "\"recorded\":{\"latency_ms\":12.5,\"model\":\"m\",\"text\":\"yes\"}}\n"));
    assert_non_null(strstr(out->cases.ptr,
                           "\"recorded\":{\"text\":\"\",\"tool_calls\":[{\"arguments\":{\"x\":1},"
                           "\"id\":\"1\",\"name\":\"f\"}]}}\n"));
    import_free(out);
}

static void test_named_recordings_get_the_shape_of_outputs(void **unused)
{
    (void)unused;
    struct imported *out = import_text(
        "{\"id\":\"a\",\"input\":\"q\",\"recordings\":{\"gpt-4.1\":\"yes\",\"b/c:1\":{\"content\":"
        "\"no\",\"latency_ms\":3},\"none\":null}}\n");
    assert_string_equal(out->bad.ptr, "");
    assert_non_null(strstr(out->cases.ptr,
                           "\"recordings\":{\"b/c:1\":{\"latency_ms\":3,\"text\":\"no\"},"
                           "\"gpt-4.1\":{\"text\":\"yes\"}}}\n"));
    import_free(out);
}

static void test_cluster_stratum_and_criticality_stand_in_the_record(void **unused)
{
    (void)unused;
    struct imported *out = import_text(
        "{\"id\":\"a\",\"input\":\"q\",\"cluster\":\"k\",\"stratum\":\"s\",\"split\":\"t\"}\n"
        "{\"id\":\"b\",\"input\":\"q\",\"critical\":true,\"split\":\"t\",\"cluster\":\"\"}\n");
    assert_string_equal(out->heads.ptr, "a k s -\nb - t critical\n");
    import_free(out);
}

static void test_null_counts_as_absent(void **unused)
{
    (void)unused;
    expect_cases("{\"id\":\"a\",\"input\":\"q\",\"messages\":null,\"recorded\":null,\"critical\":"
                 "null}\n",
                 "{\"id\":\"a\",\"input\":\"q\","
                 "\"messages\":[{\"content\":\"q\",\"role\":\"user\"}]}\n");
}

static void test_a_number_may_be_an_id(void **unused)
{
    (void)unused;
    struct imported *out =
        import_text("{\"id\":17,\"input\":\"q\"}\n{\"id\":-3,\"input\":\"q\"}\n");
    assert_string_equal(out->heads.ptr, "17 - - -\n-3 - - -\n");
    import_free(out);
}

static void test_an_id_that_is_not_given_depends_on_the_content_alone(void **unused)
{
    (void)unused;
    struct imported *one = import_text("{\"input\":\"q\",\"expected\":1}\n");
    struct imported *two = import_text("{\"input\":\"other\"}\n"
                                       "{ \"expected\" : 1, \"input\" : \"q\" }\n");
    assert_int_equal(strcspn(one->heads.ptr, " "), 16);
    assert_non_null(strstr(two->heads.ptr, one->heads.ptr));
    import_free(one);
    import_free(two);
}

static void test_an_unknown_key_is_refused_with_the_nearest_known_one(void **unused)
{
    (void)unused;
    static const struct {
        const char *line, *bad;
    } rows[] = {
        {"{\"input\":\"q\",\"expcted\":1}",
         "f:1: unknown key 'expcted': did you mean 'expected'?\n"},
        {"{\"input\":\"q\",\"metdata\":{}}",
         "f:1: unknown key 'metdata': did you mean 'metadata'?\n"},
        {"{\"input\":\"q\",\"Critical\":true}",
         "f:1: unknown key 'Critical': did you mean 'critical'?\n"},
        {"{\"id\":\"a\",\"inptu\":\"q\"}",
         "f:1: a case needs messages or input: unknown key 'inptu': did you mean 'input'?\n"},
        {"{\"id\":\"a\",\"message\":[" U "]}",
         "f:1: a case needs messages or input: unknown key 'message': did you mean 'messages'?\n"},
        {"{\"messages\":[" U "],\"expectd\":1}",
         "f:1: unknown key 'expectd': did you mean 'expected'?\n"},
        {"{\"input\":\"q\",\"recorded\":{\"txt\":\"a\"}}",
         "f:1: recorded: unknown key 'txt': did you mean 'text'?\n"},
        {"{\"input\":\"q\",\"ticket_url\":7}",
         "f:1: unknown key 'ticket_url': data of your own goes under metadata\n"},
        {"{\"question\":\"q\"}", "f:1: a case needs messages or input: unknown key 'question': "
                                 "data of your own goes under metadata\n"},
        {"{}", "f:1: a case needs messages or input\n"},
    };
    for (size_t i = 0; i < AS_COUNT(rows); i++)
        expect_bad(rows[i].line, rows[i].bad);
}

static void test_a_value_of_the_wrong_kind_is_refused_by_its_name(void **unused)
{
    (void)unused;
    static const struct {
        const char *line, *bad;
    } rows[] = {
        {"{\"input\":7}", "f:1: input must be a string or an object, got integer\n"},
        {"{\"input\":\"q\",\"messages\":[" U "]}", "f:1: a case has messages or input, not both\n"},
        {"{\"input\":\"q\",\"critical\":\"yes\"}",
         "f:1: critical must be true or false, got string\n"},
        {"{\"input\":\"q\",\"tags\":\"x\"}", "f:1: tags must be an array, got string\n"},
        {"{\"input\":\"q\",\"tags\":[1]}", "f:1: tags must be an array of strings, got integer\n"},
        {"{\"input\":\"q\",\"metadata\":[]}", "f:1: metadata must be an object, got array\n"},
        {"{\"input\":\"q\",\"id\":\"\"}", "f:1: id must not be empty\n"},
        {"{\"input\":\"q\",\"id\":1.5}", "f:1: id must be a string, got number\n"},
        {"{\"input\":\"q\",\"id\":\"a\\u0000b\"}", "f:1: id must not hold control characters\n"},
        {"{\"input\":\"q\",\"cluster\":\"a\\nb\"}",
         "f:1: cluster must not hold control characters\n"},
        {"{\"input\":\"q\",\"stratum\":3}", "f:1: stratum must be a string, got integer\n"},
        {"{\"input\":\"q\",\"recorded\":7}",
         "f:1: recorded must be a string or an object, got integer\n"},
        {"{\"input\":\"q\",\"recorded\":{}}", "f:1: recorded has neither text nor tool_calls\n"},
        {"{\"input\":\"q\",\"recorded\":{\"text\":\"a\",\"latency_ms\":-1}}",
         "f:1: recorded: recorded.latency_ms must not be negative\n"},
        {"{\"input\":\"q\",\"recordings\":[\"a\"]}",
         "f:1: recordings must be an object, got array\n"},
        {"{\"input\":\"q\",\"recordings\":{\"x\":{\"latency_ms\":1}}}",
         "f:1: recordings.x: recorded has neither text nor tool_calls\n"},
        {"{\"input\":\"q\",\"recordings\":{\"a b\":\"x\"}}",
         "f:1: recordings: 'a b' must be a recording's name: letters, digits and ._:/-, a letter "
         "or digit first, at most 64\n"},
        {"{\"id\":\"a\",\"messages\":[]}", "f:1: messages is empty\n"},
        {"{\"id\":\"a\",\"messages\":{}}", "f:1: messages must be an array, got object\n"},
        {"{\"messages\":[{\"content\":\"x\"}]}",
         "f:1: messages[0].role is missing or not a string\n"},
        {"{\"messages\":[" U ",{\"role\":\"robot\",\"content\":\"x\"}]}",
         "f:1: messages[1].role must be system, developer, user, assistant or tool, got 'robot'\n"},
        {"{\"messages\":[{\"role\":\"user\"}]}",
         "f:1: messages[0].content must be a string or an array of parts, got null\n"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[\"x\"]}]}",
         "f:1: messages[0].content[0] must be an object with a type\n"},
        {"{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\"}]}," U "]}",
         "f:1: messages[0]: tool_calls[0] does not name a function\n"},
        {"7", "f:1: this is no JSON object, and a dataset has one a line, such as {\"input\": "
              "\"...\"}; convert CSV and other tables first\n"},
        {"{\"input\":\"q\"", "f:1: not valid JSON at column 13: the text ends too early\n"},
    };
    for (size_t i = 0; i < AS_COUNT(rows); i++)
        expect_bad(rows[i].line, rows[i].bad);
}

static void test_ids_and_names_have_a_length_limit(void **unused)
{
    (void)unused;
    char name[300], line[400];
    memset(name, 'x', sizeof(name));
    name[DATASET_ID_MAX_BYTES] = '\0';
    snprintf(line, sizeof(line), "{\"input\":\"q\",\"id\":\"%s\"}", name);
    struct imported *out = import_text(line);
    assert_int_equal(out->case_count, 1);
    import_free(out);
    name[DATASET_ID_MAX_BYTES] = 'x';
    name[DATASET_ID_MAX_BYTES + 1] = '\0';
    snprintf(line, sizeof(line), "{\"input\":\"q\",\"id\":\"%s\"}", name);
    expect_bad(line, "f:1: id must have at most 256 bytes, got 257\n");
}

/* ---- ids that stand twice ---- */

static void test_an_id_that_stands_twice_is_a_bad_line_that_names_the_first(void **unused)
{
    (void)unused;
    struct imported *out = import_text("{\"id\":\"a\",\"input\":\"1\"}\n"
                                       "\n"
                                       "{\"id\":\"b\",\"input\":\"2\"}\n"
                                       "{\"id\":\"b\",\"input\":\"3\"}\n"
                                       "{\"id\":\"c\",\"input\":\"4\"}\n");
    assert_string_equal(out->bad.ptr,
                        "f:4: case id 'b' stands already in line 3: ids are unique in a dataset\n");
    assert_string_equal(out->heads.ptr, "a - - -\nb - - -\nc - - -\n");
    assert_null(strstr(out->cases.ptr, "\"input\":\"3\""));
    import_free(out);
}

static void test_an_id_of_another_file_is_named_with_that_file(void **unused)
{
    (void)unused;
    struct imported *out = import_begin();
    import_add(out, "none.jsonl", "not a case\n");
    import_add(out, "mon.jsonl", "{\"id\":\"a\",\"input\":\"1\"}\n{\"id\":\"b\",\"input\":\"1\"}");
    import_add(out, "tue.jsonl", "{\"id\":\"c\",\"input\":\"1\"}\n{\"id\":\"b\",\"input\":\"1\"}");
    import_finish(out);
    assert_non_null(strstr(out->bad.ptr, "tue.jsonl:2: case id 'b' stands already in mon.jsonl:2: "
                                         "ids are unique in a dataset\n"));
    assert_int_equal(out->case_count, 3);
    import_free(out);
}

static void test_a_line_without_an_id_that_stands_twice_is_named_the_same_case(void **unused)
{
    (void)unused;
    expect_bad("{\"input\":\"q\"}\n{ \"input\": \"q\" }\n",
               "f:2: the same case stands already in line 1\n");
}

static void test_a_number_and_its_digits_are_the_same_id(void **unused)
{
    (void)unused;
    expect_bad("{\"id\":7,\"input\":\"q\"}\n{\"id\":\"7\",\"input\":\"q\"}\n",
               "f:2: case id '7' stands already in line 1: ids are unique in a dataset\n");
}

static void test_the_id_of_a_bad_line_may_be_used_again(void **unused)
{
    (void)unused;
    struct imported *out = import_text("{\"id\":\"a\",\"inptu\":\"q\"}\n"
                                       "{\"id\":\"a\",\"input\":\"q\"}\n");
    assert_int_equal(out->bad_count, 1);
    assert_string_equal(out->heads.ptr, "a - - -\n");
    import_free(out);
}

static void test_an_id_is_found_again_among_thousands(void **unused)
{
    (void)unused;
    struct as_buf text = {0};
    for (int i = 0; i < 10000; i++)
        as_buf_addf(&text, "{\"id\":\"case-%d\",\"input\":\"q\"}\n", i);
    for (int i = 0; i < 10000; i += 777)
        as_buf_addf(&text, "{\"id\":\"case-%d\",\"input\":\"q\"}\n", i);
    struct imported *out = import_text(text.ptr);
    assert_int_equal(out->case_count, 10000);
    assert_int_equal(out->bad_count, 13);
    assert_non_null(strstr(out->bad.ptr, "f:10013: case id 'case-9324' stands already in line 9325"
                                         ": ids are unique in a dataset\n"));
    import_free(out);
    as_buf_done(&text);
}

/* ---- the content hash ---- */

static void test_the_hash_is_that_of_the_accepted_cases_alone(void **unused)
{
    (void)unused;
    struct as_sha256 clean =
        hash_of("{\"id\":\"a\",\"input\":\"1\"}\n{\"id\":\"b\",\"input\":2e0}\n"
                "{\"id\":\"c\",\"input\":\"3\"}\n");
    struct as_sha256 dirty =
        hash_of("{\"id\":\"a\",\"input\":\"1\"}\n"
                "{\"id\":\"a\",\"input\":\"other\"}\n"
                "not JSON\n"
                "{\"inptu\":\"1\"}\n"
                "{\"durationMs\":1,\"input\":[" U "],\"output\":{\"content\":\"x\"}}\n"
                "\n"
                "{\"input\":\"3\",\"id\":\"c\"}\r\n");
    assert_true(as_sha256_eq(&clean, &dirty));
}

static void test_the_hash_depends_on_every_case_and_their_order(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "{\"id\":\"a\",\"input\":\"1\"}\n{\"id\":\"b\",\"input\":\"2\"}\n",
        "{\"id\":\"b\",\"input\":\"2\"}\n{\"id\":\"a\",\"input\":\"1\"}\n",
        "{\"id\":\"a\",\"input\":\"1\"}\n{\"id\":\"b\",\"input\":\"3\"}\n",
        "{\"id\":\"a\",\"input\":\"1\"}\n{\"id\":\"c\",\"input\":\"2\"}\n",
        "{\"id\":\"a\",\"input\":\"1\"}\n",
    };
    for (size_t i = 0; i < AS_COUNT(texts); i++)
        for (size_t j = 0; j < i; j++) {
            struct as_sha256 one = hash_of(texts[i]), other = hash_of(texts[j]);
            assert_false(as_sha256_eq(&one, &other));
        }
}

static void test_the_hash_does_not_depend_on_files_and_portions(void **unused)
{
    (void)unused;
    static const char text[] =
        "{\"id\":\"a\",\"input\":\"\xC3\xA4\"}\nbad\n{\"id\":\"b\",\"input\":"
        "\"2\"}\n";
    struct as_sha256 whole = hash_of(text);
    for (size_t portion = 1; portion < sizeof(text); portion++) {
        struct imported *out = import_bytes(text, sizeof(text) - 1, portion);
        assert_true(as_sha256_eq(&out->summary.hash, &whole));
        assert_int_equal(out->bad_count, 1);
        import_free(out);
    }
    struct imported *two = import_begin();
    import_add(two, "1", "{\"id\":\"a\",\"input\":\"\xC3\xA4\"}");
    import_add(two, "2", "{\"id\":\"b\",\"input\":\"2\"}");
    import_finish(two);
    assert_true(as_sha256_eq(&two->summary.hash, &whole));
    import_free(two);
}

/* ---- chat ---- */

static void test_the_last_answer_of_a_chat_is_recorded_and_not_asked(void **unused)
{
    (void)unused;
    struct imported *out = import_text("{\"id\":\"a\",\"messages\":[" U "," A "," U "," A "]}\n");
    assert_string_equal(out->cases.ptr,
                        "{\"id\":\"a\",\"messages\":[{\"content\":\"hi\",\"role\":\"user\"},"
                        "{\"content\":\"yo\",\"role\":\"assistant\"},"
                        "{\"content\":\"hi\",\"role\":\"user\"}],"
                        "\"recorded\":{\"text\":\"yo\"},\"reference\":\"yo\"}\n");
    assert_int_equal(out->summary.format, DATASET_CHAT);
    import_free(out);
}

static void test_a_chat_that_ends_unanswered_is_asked_whole_wherever_it_stands(void **unused)
{
    (void)unused;
    struct imported *out = import_text("{\"id\":\"a\",\"messages\":[" U "," A "," U "]}\n"
                                       "{\"id\":\"b\",\"messages\":[" U "," A "]}\n"
                                       "{\"id\":\"c\",\"messages\":[" U "," A "," U "]}\n");
    const char *turns = "\"messages\":[{\"content\":\"hi\",\"role\":\"user\"},{\"content\":\"yo\","
                        "\"role\":\"assistant\"},{\"content\":\"hi\",\"role\":\"user\"}]}\n";
    assert_string_equal(out->bad.ptr, "");
    const char *first = strstr(out->cases.ptr, turns);
    assert_non_null(first);
    assert_non_null(strstr(first + 1, turns));
    assert_int_equal(out->summary.format, DATASET_CHAT);
    import_free(out);
}

static void test_tools_of_a_chat_are_kept_as_metadata(void **unused)
{
    (void)unused;
    expect_cases("{\"id\":\"a\",\"messages\":[" U "],\"tools\":[{\"type\":\"function\"}],"
                 "\"metadata\":{\"k\":1}}\n",
                 "{\"id\":\"a\",\"messages\":[{\"content\":\"hi\",\"role\":\"user\"}],"
                 "\"metadata\":{\"k\":1,\"tools\":[{\"type\":\"function\"}]}}\n");
}

static void test_chat_lines_are_checked_key_by_key(void **unused)
{
    (void)unused;
    static const struct {
        const char *line, *bad;
    } rows[] = {
        {"{\"messages\":[" U "," A "],\"temperature\":1}",
         "f:1: unknown key 'temperature': data of your own goes under metadata\n"},
        {"{\"messages\":[" U "," A "],\"tols\":[]}",
         "f:1: unknown key 'tols': did you mean 'tools'?\n"},
        {"{\"messages\":[" A "]}", "f:1: messages holds an answer alone: nothing was asked\n"},
        {"{\"messages\":[" U "," A "],\"tools\":{}}", "f:1: tools must be an array, got object\n"},
    };
    for (size_t i = 0; i < AS_COUNT(rows); i++)
        expect_bad(rows[i].line, rows[i].bad);
}

/* ---- one format an import ---- */

/* A conversation that ends with an answer looks like a chat, whose last answer is its recording. */
static void test_cases_of_our_own_are_not_taken_for_a_chat(void **unused)
{
    (void)unused;
    struct imported *out = import_begin();
    dataset_import_own_cases(out->import);
    import_add(out, "f", "{\"id\":\"a\",\"messages\":[" U "," A "]}\n");
    import_finish(out);
    assert_int_equal(out->rc, 0);
    assert_int_equal(out->summary.format, DATASET_CASES);
    assert_null(strstr(out->cases.ptr, "recorded"));
    import_free(out);
}

static void test_a_line_of_another_format_is_a_bad_line(void **unused)
{
    (void)unused;
    expect_bad("{\"id\":\"a\",\"input\":\"q\"}\n"
               "{\"messages\":[" U "," A "]}\n"
               "{\"durationMs\":1,\"input\":[" U "],\"output\":{\"content\":\"x\"}}\n",
               "f:2: this is a chat with its answer, but the import began with a case: "
               "one format an import\n"
               "f:3: this is a TrainLoop event, but the import began with a case: "
               "one format an import\n");
}

static void test_a_bad_line_settles_no_format(void **unused)
{
    (void)unused;
    struct imported *out = import_text("{\"input\":7}\n{\"messages\":[" U "," A "]}\n");
    assert_int_equal(out->summary.format, DATASET_CHAT);
    assert_int_equal(out->bad_count, 1);
    import_free(out);
}

static void test_a_line_like_none_is_judged_by_the_format_that_is_settled(void **unused)
{
    (void)unused;
    expect_bad("{\"messages\":[" U "," A "]}\n{\"mesages\":[" U "]}\n{\"id\":\"x\"}\n",
               "f:2: unknown key 'mesages': did you mean 'messages'?\n"
               "f:3: a chat needs messages\n");
}

static void test_lines_without_answers_alone_make_a_dataset_of_cases(void **unused)
{
    (void)unused;
    struct imported *out = import_text("{\"messages\":[" U "]}\n");
    assert_int_equal(out->rc, 0);
    assert_int_equal(out->summary.format, DATASET_CASES);
    assert_string_equal(dataset_format_name(out->summary.format), "cases");
    import_free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_input_becomes_the_users_turn),
        cmocka_unit_test(test_an_input_that_is_a_document_is_asked_as_its_json),
        cmocka_unit_test(test_messages_are_kept_as_they_stand),
        cmocka_unit_test(test_a_recorded_answer_gets_the_shape_of_an_output),
        cmocka_unit_test(test_named_recordings_get_the_shape_of_outputs),
        cmocka_unit_test(test_cluster_stratum_and_criticality_stand_in_the_record),
        cmocka_unit_test(test_null_counts_as_absent),
        cmocka_unit_test(test_a_number_may_be_an_id),
        cmocka_unit_test(test_an_id_that_is_not_given_depends_on_the_content_alone),
        cmocka_unit_test(test_an_unknown_key_is_refused_with_the_nearest_known_one),
        cmocka_unit_test(test_a_value_of_the_wrong_kind_is_refused_by_its_name),
        cmocka_unit_test(test_ids_and_names_have_a_length_limit),
        cmocka_unit_test(test_an_id_that_stands_twice_is_a_bad_line_that_names_the_first),
        cmocka_unit_test(test_an_id_of_another_file_is_named_with_that_file),
        cmocka_unit_test(test_a_line_without_an_id_that_stands_twice_is_named_the_same_case),
        cmocka_unit_test(test_a_number_and_its_digits_are_the_same_id),
        cmocka_unit_test(test_the_id_of_a_bad_line_may_be_used_again),
        cmocka_unit_test(test_an_id_is_found_again_among_thousands),
        cmocka_unit_test(test_the_hash_is_that_of_the_accepted_cases_alone),
        cmocka_unit_test(test_the_hash_depends_on_every_case_and_their_order),
        cmocka_unit_test(test_the_hash_does_not_depend_on_files_and_portions),
        cmocka_unit_test(test_the_last_answer_of_a_chat_is_recorded_and_not_asked),
        cmocka_unit_test(test_a_chat_that_ends_unanswered_is_asked_whole_wherever_it_stands),
        cmocka_unit_test(test_tools_of_a_chat_are_kept_as_metadata),
        cmocka_unit_test(test_chat_lines_are_checked_key_by_key),
        cmocka_unit_test(test_cases_of_our_own_are_not_taken_for_a_chat),
        cmocka_unit_test(test_a_line_of_another_format_is_a_bad_line),
        cmocka_unit_test(test_a_bad_line_settles_no_format),
        cmocka_unit_test(test_a_line_like_none_is_judged_by_the_format_that_is_settled),
        cmocka_unit_test(test_lines_without_answers_alone_make_a_dataset_of_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
