/* The method table, what is wrong with parameters and how it is said, and the lines both ways. */
#include "lib/proto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- the table ---- */

static void test_every_method_is_described_and_named_by_family(void **state)
{
    (void)state;
    for (const struct proto_method *method = NULL; (method = proto_next(method));) {
        assert_non_null(strchr(method->name, '.'));
        assert_non_null(method->doc);
        assert_non_null(method->result);
        assert_int_equal(method->result[0], '{');
        assert_ptr_equal(proto_find(method->name), method); /* so no name stands twice */
    }
}

static void test_every_parameter_is_described_and_its_bounds_make_sense(void **state)
{
    (void)state;
    for (const struct proto_method *method = NULL; (method = proto_next(method));)
        for (const struct proto_param *param = method->params; param->name; param++) {
            assert_non_null(param->doc);
            assert_true(!param->max || param->min <= param->max);
            bool is_bounded = param->type == PROTO_STRING || param->type == PROTO_STRINGS ||
                              param->type == PROTO_INT;
            assert_int_equal(is_bounded, param->max != 0);
            for (const struct proto_param *other = method->params; other != param; other++)
                assert_string_not_equal(other->name, param->name);
        }
}

static void test_every_error_that_a_method_names_is_one_of_ours(void **state)
{
    (void)state;
    for (const struct proto_method *method = NULL; (method = proto_next(method));) {
        char names[128] = "";
        char *rest = NULL;
        strncpy(names, method->errors ? method->errors : "", sizeof(names) - 1);
        for (char *name = strtok_r(names, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest))
            if (!as_err_from_wire(name))
                fail_msg("%s: %s", method->name, name);
    }
}

static void test_whoever_reads_may_not_change(void **state)
{
    /* plugin.shadow changes nothing, but keeps the machine busy */
    static const char *const changing[] = {
        "run.start",          "notify.test",          "run.pause",
        "run.resume",         "run.cancel",           "run.requeue",
        "row.retry",          "dataset.import_begin", "dataset.import_chunk",
        "dataset.import_end", "dataset.import_abort", "dataset.from_run",
        "run.replay",         "run.rescore",          "run.drop_scores",
        "schedule.enable",    "schedule.disable",     "schedule.trigger",
        "baseline.set",       "plugin.shadow"};
    (void)state;
    size_t above_observer = 0;
    for (const struct proto_method *method = NULL; (method = proto_next(method));)
        above_observer += method->role > PROTO_OBSERVER;
    assert_int_equal(above_observer, AS_COUNT(changing) + 5);
    assert_int_equal(proto_find("journal.prune")->role, PROTO_ADMIN);
    assert_int_equal(proto_find("daemon.limits_set")->role, PROTO_ADMIN);
    assert_int_equal(proto_find("daemon.reload")->role, PROTO_ADMIN);
    assert_int_equal(proto_find("promotion.make")->role, PROTO_ADMIN);
    assert_int_equal(proto_find("promotion.demote")->role, PROTO_ADMIN);
    for (size_t i = 0; i < AS_COUNT(changing); i++)
        assert_int_equal(proto_find(changing[i])->role, PROTO_OPERATOR);
}

static void test_a_mistyped_method_has_a_nearest_and_nonsense_has_none(void **state)
{
    (void)state;
    assert_string_equal(proto_nearest("run.strat"), "run.start");
    assert_string_equal(proto_nearest("plugin.lsit"), "plugin.list");
    assert_null(proto_nearest("qqqqqqqqqqqqqqqq"));
    assert_null(proto_find("run.strat"));
}

/* ---- parameters ---- */

static int check_text(const char *method, const char *params, struct as_err *err)
{
    struct as_json *value = NULL;
    assert_int_equal(as_json_parse(params, strlen(params), &value, NULL), 0);
    int rc = proto_check(proto_find(method), value, err);
    as_json_free(value);
    return rc;
}

static void test_a_bad_parameter_is_named_with_what_was_expected(void **state)
{
    static const struct {
        const char *method, *params, *sentence;
    } rows[] = {
        {"daemon.status", "{\"x\":1}", "daemon.status takes no parameters, but 'x' was given"},
        {"run.show", "{}",
         "run.show: parameter 'run' is missing: the run group's number (integer)"},
        {"run.show", "{\"run\":null}",
         "run.show: parameter 'run' is missing: the run group's number (integer)"},
        {"run.show", "{\"run\":\"7\"}", "run.show: parameter 'run' must be an integer, not string"},
        {"run.show", "{\"run\":7.5}", "run.show: parameter 'run' must be an integer, not number"},
        {"run.show", "{\"run\":0}", "run.show: parameter 'run' must be at least 1, not 0"},
        {"run.show", "{\"run\":7,\"rum\":7}",
         "run.show: unknown parameter 'rum': did you mean 'run'?"},
        {"row.show", "{\"run\":7,\"zzzzzz\":7}",
         "row.show: unknown parameter 'zzzzzz': it takes run, case"},
        {"row.show", "{\"run\":7,\"case\":\"\"}", "row.show: parameter 'case' must not be empty"},
        {"row.show", "{\"run\":7,\"case\":\"a\\u0000b\"}",
         "row.show: parameter 'case' must not hold a NUL character"},
        {"row.list", "{\"run\":7,\"limit\":1001}",
         "row.list: parameter 'limit' must be at most 1000, not 1001"},
        {"row.list", "{\"run\":7,\"min\":\"0.5\"}",
         "row.list: parameter 'min' must be a number, not string"},
        {"row.list", "{\"run\":7,\"status\":\"a status of more than 32 bytes....\"}",
         "row.list: parameter 'status' must be at most 32 bytes, not 34"},
        {"run.start", "{\"eval\":[]}", "run.start: parameter 'eval' must be a string, not array"},
        {"run.start", "{\"eval\":\"e\",\"models\":\"m\"}",
         "run.start: parameter 'models' must be an array of strings, not string"},
        {"run.start", "{\"eval\":\"e\",\"models\":[\"m\",4]}",
         "run.start: parameter 'models' must be an array of strings: item 1 is integer"},
        {"run.start", "{\"eval\":\"e\",\"models\":[\"m\",\"a\\u0000b\"]}",
         "run.start: parameter 'models' must not hold a NUL character"},
        {"run.start", "{\"eval\":\"e\",\"models\":[]}",
         "run.start: parameter 'models' must be at least 1 strings, not 0"},
        {"dataset.import_end", "{\"import\":1,\"strict\":1}",
         "dataset.import_end: parameter 'strict' must be a boolean, not integer"},
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_err err = {0};
        assert_int_equal(check_text(rows[i].method, rows[i].params, &err), AS_EINVAL);
        assert_int_equal(err.code, AS_EINVAL);
        assert_string_equal(err.msg, rows[i].sentence);
    }
}

static void test_good_parameters_pass(void **state)
{
    static const struct {
        const char *method, *params;
    } rows[] = {
        {"daemon.status", "{}"},
        {"run.show", "{\"run\":7}"},
        {"run.start", "{\"eval\":\"e\",\"models\":[\"a\",\"b\"],\"samples\":2,\"tag\":null}"},
        {"row.list", "{\"run\":7,\"min\":0,\"max\":0.5,\"limit\":1000}"},
        {"dataset.import_chunk", "{\"import\":1,\"file\":\"a.jsonl\",\"data\":\"\"}"},
        {"dataset.import_end", "{\"import\":1,\"strict\":true}"},
    };
    struct as_err err = {0};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(rows); i++)
        if (check_text(rows[i].method, rows[i].params, &err))
            fail_msg("%s", err.msg);
    assert_int_equal(proto_check(proto_find("daemon.status"), NULL, &err), 0);
    assert_int_equal(proto_check(proto_find("run.show"), NULL, &err), AS_EINVAL);
}

/* ---- lines ---- */

static int parse_text(const char *line, struct proto_message *ret_message, struct as_err *err)
{
    return proto_parse(as_str_from(line), ret_message, err);
}

static void test_what_is_no_message_is_told_from_what_is_no_json(void **state)
{
    static const struct {
        const char *line;
        int code;
    } rows[] = {
        {"", AS_EPROTO},
        {"{", AS_EPROTO},
        {"{} {}", AS_EPROTO},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", AS_EPROTO},
        {"null", AS_EUSAGE},
        {"7", AS_EUSAGE},
        {"[]", AS_EUSAGE},
        {"{}", AS_EUSAGE},
        {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"a\"}", AS_EUSAGE},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"a\"}", AS_EUSAGE},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", AS_EUSAGE},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", AS_EUSAGE},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\u0000b\"}", AS_EUSAGE},
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"a\"}", AS_EUSAGE},
        {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"a\"}", AS_EUSAGE},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":[1]}", AS_EUSAGE},
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct proto_message message = {0};
        struct as_err err = {0};
        if (parse_text(rows[i].line, &message, &err) != rows[i].code || err.code != rows[i].code)
            fail_msg("%s: %s", rows[i].line, err.msg);
        assert_null(message.root);
        assert_true(err.msg[0] != '\0');
    }
}

static void test_a_request_is_written_as_it_is_read(void **state)
{
    struct as_buf line = {0};
    struct proto_message message = {0};
    struct as_json *params = as_json_object();
    (void)state;
    as_json_set_int(params, "run", 7);
    proto_write_request(&line, 41, "run.show", params);
    assert_int_equal(line.ptr[line.len - 1], '\n');
    assert_int_equal(strcspn(line.ptr, "\n"), line.len - 1);
    assert_int_equal(proto_parse(as_buf_str(&line), &message, NULL), 0);
    assert_string_equal(message.method, "run.show");
    assert_int_equal(as_json_int(message.id, 0), 41);
    assert_int_equal(as_json_get_int(message.params, "run", 0), 7);
    proto_message_done(&message);
    as_buf_done(&line);
}

static void test_a_result_and_a_notice_are_told_apart_by_the_reader(void **state)
{
    struct as_buf line = {0};
    struct proto_message message = {0};
    struct as_json *id = as_json_new_int(3);
    (void)state;
    proto_write_result(&line, id, as_json_object());
    assert_int_equal(proto_parse(as_buf_str(&line), &message, NULL), 0);
    assert_null(message.method);
    assert_non_null(message.result);
    proto_message_done(&message);
    as_buf_reset(&line);
    proto_write_notice(&line, "run.ended", as_json_object());
    assert_int_equal(proto_parse(as_buf_str(&line), &message, NULL), 0);
    assert_string_equal(message.method, "run.ended");
    assert_null(message.id);
    proto_message_done(&message);
    as_json_free(id);
    as_buf_done(&line);
}

static void test_every_error_comes_back_as_it_was_sent(void **state)
{
    static const int codes[] = {
#define X(sym, value, wire, text, exit_code) sym,
        AS_ERR_TABLE(X)
#undef X
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(codes); i++) {
        struct as_err sent = {0}, got = {0};
        struct as_buf line = {0};
        struct proto_message message = {0};
        as_err_set(&sent, codes[i], "it went \"wrong\"\n");
        proto_write_error(&line, NULL, &sent);
        assert_int_equal(strcspn(line.ptr, "\n"), line.len - 1);
        assert_int_equal(proto_parse(as_buf_str(&line), &message, NULL), 0);
        assert_int_equal(proto_error_of(&message, &got), codes[i]);
        assert_string_equal(got.msg, sent.msg);
        proto_message_done(&message);
        as_buf_done(&line);
    }
}

static void test_the_codes_of_json_rpc_are_kept_for_what_they_mean(void **state)
{
    static const struct {
        int code, rpc;
    } rows[] = {{AS_EPROTO, -32700},
                {AS_EUSAGE, -32600},
                {AS_EMETHOD, -32601},
                {AS_EINVAL, -32602},
                {AS_ENOENT, -32000}};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_err err = {.code = rows[i].code};
        struct as_buf line = {0};
        struct proto_message message = {0};
        proto_write_error(&line, NULL, &err);
        assert_int_equal(proto_parse(as_buf_str(&line), &message, NULL), 0);
        assert_int_equal(as_json_get_int(message.error, "code", 0), rows[i].rpc);
        proto_message_done(&message);
        as_buf_done(&line);
    }
}

static void test_an_error_without_our_name_is_a_broken_protocol(void **state)
{
    struct proto_message message = {0};
    struct as_err err = {0};
    (void)state;
    const char *line = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000}}";
    assert_int_equal(parse_text(line, &message, NULL), 0);
    assert_int_equal(proto_error_of(&message, &err), AS_EPROTO);
    proto_message_done(&message);
}

static void test_the_docs_name_every_method_parameter_and_error(void **state)
{
    struct as_buf docs = {0};
    (void)state;
    proto_write_docs(&docs);
    for (const struct proto_method *method = NULL; (method = proto_next(method));) {
        char heading[64];
        snprintf(heading, sizeof(heading), "\n### %s\n", method->name);
        assert_non_null(strstr(docs.ptr, heading));
    }
    assert_non_null(strstr(docs.ptr, "| `limit` (optional) | integer, 1 to 1000 |"));
    assert_non_null(strstr(docs.ptr, "| `not_found` | -32000 | not found | 65 |"));
    as_buf_done(&docs);
}

static void test_an_id_has_a_bound_as_it_is_repeated_in_the_answer(void **state)
{
    (void)state;
    struct proto_message message = {0};
    struct as_err err = {0};
    for (int len = 128; len <= 129; len++) {
        struct as_buf line = {0};
        as_buf_addf(&line, "{\"jsonrpc\":\"2.0\",\"id\":\"%0*d\",\"method\":\"a\"}", len, 7);
        assert_int_equal(proto_parse(as_buf_str(&line), &message, &err),
                         len == 128 ? 0 : AS_EUSAGE);
        as_buf_done(&line);
    }
    assert_string_equal(err.msg, "\"id\" must have at most 128 bytes, not 129");
    proto_message_done(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_method_is_described_and_named_by_family),
        cmocka_unit_test(test_every_parameter_is_described_and_its_bounds_make_sense),
        cmocka_unit_test(test_every_error_that_a_method_names_is_one_of_ours),
        cmocka_unit_test(test_whoever_reads_may_not_change),
        cmocka_unit_test(test_a_mistyped_method_has_a_nearest_and_nonsense_has_none),
        cmocka_unit_test(test_a_bad_parameter_is_named_with_what_was_expected),
        cmocka_unit_test(test_good_parameters_pass),
        cmocka_unit_test(test_what_is_no_message_is_told_from_what_is_no_json),
        cmocka_unit_test(test_a_request_is_written_as_it_is_read),
        cmocka_unit_test(test_a_result_and_a_notice_are_told_apart_by_the_reader),
        cmocka_unit_test(test_every_error_comes_back_as_it_was_sent),
        cmocka_unit_test(test_the_codes_of_json_rpc_are_kept_for_what_they_mean),
        cmocka_unit_test(test_an_error_without_our_name_is_a_broken_protocol),
        cmocka_unit_test(test_the_docs_name_every_method_parameter_and_error),
        cmocka_unit_test(test_an_id_has_a_bound_as_it_is_repeated_in_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
