/* The frames between daemon and worker: what goes in comes out, and nothing else is believed. */
#include "lib/job.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define assert_str(got, text) assert_true(as_str_eq(got, text))

static const struct job_output full_output = {
    .text = {"two\0parts\xFF", 10},
    .tool_calls_json = {"[{\"name\":\"f\"}]", 14},
    .finish_reason = {"stop", 4},
    .model_id = {"m-1", 3},
    .input_tokens = 12,
    .output_tokens = -1,
    .cached_tokens = 0,
    .reasoning_tokens = INT64_MAX,
    .latency_ms = 12.5,
    .cost_usd = 0.25,
};

/* The payload of the one frame in buf, as the peer would see it. */
static struct as_str payload_of(const struct as_buf *buf, enum job_frame type)
{
    enum job_frame got;
    struct as_str payload;
    size_t used;
    assert_int_equal(job_frame_next(buf->ptr, buf->len, JOB_FRAME_MAX_BYTES, &got, &payload, &used),
                     1);
    assert_int_equal(got, type);
    assert_int_equal(used, buf->len);
    return payload;
}

static struct job_manifest sample_manifest(void)
{
    return (struct job_manifest){
        .kind = PLUGIN_RUBRIC,
        .name = AS_STR("correct.ness-1"),
        .version = AS_STR("1.2.0"),
        .doc = AS_STR("Is it right?"),
        .params_json = AS_STR("{}"),
        .requires_json = AS_STR("[]"),
        .criteria_json = AS_STR("[{\"id\":\"a\"}]"),
        .auth_header = AS_STR("Authorization"),
        .auth_prefix = AS_STR("Bearer "),
        .scale_min = 1,
        .scale_max = 5,
        .pass = NAN,
        .example_count = 3,
    };
}

static struct job_reply sample_reply(enum job_kind kind)
{
    struct job_reply r = {
        .index = 3,
        .kind = kind,
        .score = 0.75,
        .pass = 1,
        .memory_kb = 77,
        .row_us = 12,
        .reason = AS_STR("because"),
        .label = AS_STR("spam"),
        .details_json = AS_STR("{\"n\":1}"),
        .messages_json = AS_STR("[]"),
        .schema_json = AS_STR("{}"),
        .case_json = AS_STR("{\"id\":\"a\"}"),
        .method = AS_STR("POST"),
        .path = AS_STR("/v1/chat?x=1"),
        .body = AS_STR("{}"),
        .header_count = 1,
        .headers = {{AS_STR("content-type"), AS_STR("application/json")}},
        .output = full_output,
    };
    r.output.latency_ms = r.output.cost_usd = NAN;
    return r;
}

static int reply_again(const struct job_reply *reply, struct job_reply *ret_reply)
{
    static struct as_buf buf; /* what was decoded borrows from it */
    as_buf_done(&buf);
    job_put_reply(&buf, reply);
    return job_get_reply(payload_of(&buf, JOB_FRAME_REPLY), ret_reply);
}

static void assert_output_equal(const struct job_output *a, const struct job_output *b)
{
    assert_int_equal(a->text.len, b->text.len);
    assert_memory_equal(a->text.ptr, b->text.ptr, a->text.len);
    assert_str(a->tool_calls_json, b->tool_calls_json.ptr);
    assert_str(a->finish_reason, b->finish_reason.ptr);
    assert_str(a->model_id, b->model_id.ptr);
    assert_true(a->input_tokens == b->input_tokens && a->output_tokens == b->output_tokens);
    assert_true(a->cached_tokens == b->cached_tokens && a->reasoning_tokens == b->reasoning_tokens);
}

static void test_load_comes_back_as_it_went(void **state)
{
    (void)state;
    struct as_buf buf = {0};
    struct as_str name, source;
    job_put_load(&buf, AS_STR("a.lua"), AS_STR("return {}"));
    assert_int_equal(job_get_load(payload_of(&buf, JOB_FRAME_LOAD), &name, &source), 0);
    assert_str(name, "a.lua");
    assert_str(source, "return {}");
    as_buf_done(&buf);
}

static void test_loaded_carries_the_manifest(void **state)
{
    (void)state;
    struct as_buf buf = {0};
    struct job_loaded in = {.status = JOB_OK, .manifest = sample_manifest()}, out;
    job_put_loaded(&buf, &in);
    assert_int_equal(job_get_loaded(payload_of(&buf, JOB_FRAME_LOADED), &out), 0);
    assert_int_equal(out.status, JOB_OK);
    assert_null(out.reason.ptr);
    assert_int_equal(out.manifest.kind, PLUGIN_RUBRIC);
    assert_str(out.manifest.name, "correct.ness-1");
    assert_str(out.manifest.version, "1.2.0");
    assert_str(out.manifest.auth_prefix, "Bearer ");
    assert_str(out.manifest.criteria_json, "[{\"id\":\"a\"}]");
    assert_true(out.manifest.scale_min == 1 && out.manifest.scale_max == 5 &&
                isnan(out.manifest.pass));
    assert_int_equal(out.manifest.example_count, 3);
    as_buf_done(&buf);
}

static void test_a_failed_load_carries_only_its_reason(void **state)
{
    (void)state;
    struct as_buf buf = {0};
    struct job_loaded in = {.status = JOB_LOAD_ERROR, .reason = AS_STR("a.lua:1: no")}, out;
    job_put_loaded(&buf, &in);
    assert_int_equal(job_get_loaded(payload_of(&buf, JOB_FRAME_LOADED), &out), 0);
    assert_int_equal(out.status, JOB_LOAD_ERROR);
    assert_str(out.reason, "a.lua:1: no");
    as_buf_done(&buf);
}

static void put_all_rows(struct as_buf *buf)
{
    struct job_row row = {
        .seed = UINT64_MAX,
        .example_index = 9,
        .model_json = AS_STR("{\"m\":1}"),
        .messages_json = AS_STR("[1]"),
        .case_json = AS_STR("{\"id\":1}"),
        .output = full_output,
        .http = {.status = 529,
                 .header_count = 1,
                 .headers = {{AS_STR("a"), AS_STR("b")}},
                 .body = AS_STR("oops")},
    };
    size_t mark = job_batch_begin(buf);
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++) {
        row.kind = (enum job_kind)kind;
        job_batch_add(buf, &row);
    }
    job_batch_end(buf, mark, JOB_KIND_COUNT);
}

static void test_a_batch_gives_back_every_kind_of_row(void **state)
{
    (void)state;
    struct as_buf buf = {0};
    struct as_reader rows;
    struct job_row row[JOB_KIND_COUNT];
    uint32_t count;
    put_all_rows(&buf);
    assert_int_equal(job_get_batch(payload_of(&buf, JOB_FRAME_BATCH), &rows, &count), 0);
    assert_int_equal(count, JOB_KIND_COUNT);
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++) {
        assert_int_equal(job_get_row(&rows, &row[kind]), 0);
        assert_int_equal(row[kind].kind, kind);
        assert_true(row[kind].seed == UINT64_MAX);
    }
    assert_true(as_reader_is_done(&rows));
    assert_int_equal(row[JOB_EXAMPLE].example_index, 9);
    assert_str(row[JOB_REQUEST].messages_json, "[1]");
    assert_null(row[JOB_REQUEST].opts_json.ptr);
    assert_int_equal(row[JOB_PARSE].http.status, 529);
    assert_str(row[JOB_PARSE].http.headers[0].value, "b");
    assert_str(row[JOB_PARSE].http.body, "oops");
    assert_str(row[JOB_SCORE].case_json, "{\"id\":1}");
    assert_output_equal(&row[JOB_GRADE].output, &full_output);
    assert_true(row[JOB_ASK].output.latency_ms == 12.5);
    as_buf_done(&buf);
}

static void test_a_reply_comes_back_for_every_kind(void **state)
{
    (void)state;
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++) {
        struct job_reply in = sample_reply((enum job_kind)kind), out;
        assert_int_equal(reply_again(&in, &out), 0);
        assert_int_equal(out.kind, kind);
        assert_int_equal(out.index, 3);
        assert_int_equal(out.memory_kb, 77);
        assert_int_equal(out.row_us, 12);
        assert_str(out.reason, "because");
        if (kind == JOB_SCORE || kind == JOB_GRADE) {
            assert_true(out.score == 0.75 && out.pass == 1);
            assert_str(out.label, "spam");
            assert_str(out.details_json, "{\"n\":1}");
        } else if (kind == JOB_ASK) {
            assert_str(out.schema_json, "{}");
        } else if (kind == JOB_REQUEST) {
            assert_str(out.path, "/v1/chat?x=1");
            assert_str(out.headers[0].name, "content-type");
        } else if (kind == JOB_PARSE) {
            assert_output_equal(&out.output, &in.output);
            assert_true(isnan(out.output.latency_ms));
        } else if (kind == JOB_REDACT) {
            assert_str(out.case_json, "{\"id\":\"a\"}");
        }
    }
}

static void test_a_row_that_does_not_apply_carries_no_score(void **state)
{
    (void)state;
    struct job_reply in = sample_reply(JOB_SCORE), out;
    in.is_na = true;
    in.score = NAN;
    assert_int_equal(reply_again(&in, &out), 0);
    assert_true(out.is_na);
    assert_int_equal(out.pass, -1);
}

static void test_a_provider_error_carries_its_class(void **state)
{
    (void)state;
    struct job_reply in = sample_reply(JOB_PARSE), out;
    in.error_class = AS_STR("rate_limit");
    assert_int_equal(reply_again(&in, &out), 0);
    assert_str(out.error_class, "rate_limit");
    in.error_class = AS_STR("rate");
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
}

typedef int (*decode_fn)(struct as_str payload);

static int decode_load(struct as_str payload)
{
    struct as_str name, source;
    return job_get_load(payload, &name, &source);
}

static int decode_loaded(struct as_str payload)
{
    struct job_loaded loaded;
    return job_get_loaded(payload, &loaded);
}

static int decode_batch(struct as_str payload)
{
    struct as_reader rows;
    struct job_row row;
    uint32_t count;
    int rc = job_get_batch(payload, &rows, &count);
    for (uint32_t i = 0; !rc && i < count; i++)
        rc = job_get_row(&rows, &row);
    return rc ? rc : as_reader_is_done(&rows) ? 0 : AS_EPROTO;
}

static int decode_reply(struct as_str payload)
{
    struct job_reply reply;
    return job_get_reply(payload, &reply);
}

/* Every shorter frame is "more", every shorter payload and one byte more is refused. Copies are
 * exact, for ASan. */
static void check_cuts(const struct as_buf *frame, decode_fn decode)
{
    enum job_frame type;
    struct as_str payload;
    size_t used;
    for (size_t len = 0; len < frame->len; len++) {
        char *copy = malloc(len ? len : 1);
        memcpy(copy, frame->ptr, len);
        assert_int_equal(job_frame_next(copy, len, JOB_FRAME_MAX_BYTES, &type, &payload, &used), 0);
        if (len >= 5)
            assert_int_equal(decode((struct as_str){copy + 5, len - 5}), AS_EPROTO);
        free(copy);
    }
    char *longer = calloc(1, frame->len + 1);
    memcpy(longer, frame->ptr, frame->len);
    assert_int_equal(decode((struct as_str){longer + 5, frame->len - 5}), 0);
    assert_int_equal(decode((struct as_str){longer + 5, frame->len - 4}), AS_EPROTO);
    free(longer);
}

static void test_every_cut_of_every_frame_is_refused(void **state)
{
    (void)state;
    struct as_buf buf = {0};
    job_put_load(&buf, AS_STR("a.lua"), AS_STR("return {}"));
    check_cuts(&buf, decode_load);
    as_buf_reset(&buf);
    struct job_loaded loaded = {.status = JOB_OK, .manifest = sample_manifest()};
    job_put_loaded(&buf, &loaded);
    check_cuts(&buf, decode_loaded);
    as_buf_reset(&buf);
    put_all_rows(&buf);
    check_cuts(&buf, decode_batch);
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++) {
        struct job_reply reply = sample_reply((enum job_kind)kind);
        as_buf_reset(&buf);
        job_put_reply(&buf, &reply);
        check_cuts(&buf, decode_reply);
    }
    as_buf_done(&buf);
}

/* Whatever a byte is changed to, a decoder answers 0 or AS_EPROTO and keeps inside the frame (ASan
 * watches). */
static void test_every_changed_byte_is_survived(void **state)
{
    (void)state;
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++) {
        struct as_buf buf = {0};
        struct job_reply reply = sample_reply((enum job_kind)kind);
        job_put_reply(&buf, &reply);
        for (size_t at = 5; at < buf.len; at++) {
            for (int bit = 0; bit < 8; bit++) {
                buf.ptr[at] = (char)(buf.ptr[at] ^ (1 << bit));
                int rc = decode_reply((struct as_str){buf.ptr + 5, buf.len - 5});
                assert_true(rc == 0 || rc == AS_EPROTO);
                buf.ptr[at] = (char)(buf.ptr[at] ^ (1 << bit));
            }
        }
        as_buf_done(&buf);
    }
}

static void test_a_frame_over_the_limit_or_of_no_type_is_refused_early(void **state)
{
    (void)state;
    enum job_frame type;
    struct as_str payload;
    size_t used;
    assert_int_equal(job_frame_next("\x00\x00\x00\x00", 4, 100, &type, &payload, &used), AS_EPROTO);
    assert_int_equal(job_frame_next("\x61\x00\x00\x00", 4, 100, &type, &payload, &used), AS_EPROTO);
    assert_int_equal(job_frame_next("\x60\x00\x00\x00", 4, 100, &type, &payload, &used), 0);
    assert_int_equal(job_frame_next("\xFF\xFF\xFF\xFF", 4, SIZE_MAX, &type, &payload, &used), 0);
    assert_int_equal(job_frame_next("\x60\x00\x00\x00\x00", 5, 100, &type, &payload, &used),
                     AS_EPROTO);
    assert_int_equal(job_frame_next("\x60\x00\x00\x00\x05", 5, 100, &type, &payload, &used),
                     AS_EPROTO);
}

static void test_two_frames_come_one_by_one(void **state)
{
    (void)state;
    struct as_buf buf = {0};
    job_put_load(&buf, AS_STR("a"), AS_STR("b"));
    size_t first = buf.len;
    struct job_reply reply = sample_reply(JOB_SCORE);
    job_put_reply(&buf, &reply);
    enum job_frame type;
    struct as_str payload;
    size_t used;
    assert_int_equal(job_frame_next(buf.ptr, buf.len, JOB_FRAME_MAX_BYTES, &type, &payload, &used),
                     1);
    assert_int_equal(used, first);
    as_buf_consume(&buf, used);
    payload_of(&buf, JOB_FRAME_REPLY);
    as_buf_done(&buf);
}

static void test_a_score_outside_the_unit_is_refused(void **state)
{
    (void)state;
    const double bad[] = {NAN, INFINITY, -INFINITY, -0.001, 1.001, 5};
    struct job_reply out;
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct job_reply in = sample_reply(i % 2 ? JOB_SCORE : JOB_GRADE);
        in.score = bad[i];
        assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    }
}

static void test_a_pass_other_than_yes_no_unsaid_is_refused(void **state)
{
    (void)state;
    struct job_reply in = sample_reply(JOB_SCORE), out;
    for (int pass = -1; pass <= 1; pass++) {
        in.pass = (int8_t)pass;
        assert_int_equal(reply_again(&in, &out), 0);
        assert_int_equal(out.pass, pass);
    }
    in.pass = 2;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in.pass = -2;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
}

static void test_only_a_workers_own_verdicts_are_believed(void **state)
{
    (void)state;
    struct job_reply in = sample_reply(JOB_SCORE), out;
    for (unsigned status = 0; status <= JOB_STATUS_COUNT; status++) {
        bool is_a_rows = status <= JOB_OUTPUT_TOO_LARGE || status == JOB_TIMEOUT;
        in.status = (enum job_status)status;
        assert_int_equal(reply_again(&in, &out), is_a_rows ? 0 : AS_EPROTO);
    }
    in = sample_reply(JOB_SCORE);
    in.kind = JOB_KIND_COUNT;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_SCORE);
    in.index = JOB_BATCH_MAX_ROWS;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
}

static void test_texts_over_their_limit_are_refused(void **state)
{
    (void)state;
    static char text[JOB_REASONING_MAX_BYTES + 2];
    memset(text, 'a', sizeof(text));
    struct job_reply in = sample_reply(JOB_SCORE), out;
    in.reason = (struct as_str){text, JOB_REASON_MAX_BYTES};
    assert_int_equal(reply_again(&in, &out), 0);
    in.reason.len++;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in.kind = JOB_GRADE;
    assert_int_equal(reply_again(&in, &out), 0);
    in.reason.len = JOB_REASONING_MAX_BYTES + 1;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_SCORE);
    in.label = (struct as_str){text, JOB_LABEL_MAX_BYTES + 1};
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_SCORE);
    in.details_json = (struct as_str){text, JOB_DETAILS_MAX_BYTES + 1};
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
}

static void test_invalid_utf8_is_refused_where_text_is_shown(void **state)
{
    (void)state;
    const struct as_str bad = AS_STR("a\xC0\xAF");
    struct job_reply in = sample_reply(JOB_SCORE), out;
    in.reason = bad;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_SCORE);
    in.label = bad;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_SCORE);
    in.details_json = bad;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_ASK);
    in.messages_json = bad;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_PARSE);
    in.output.tool_calls_json = bad;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
}

static void test_a_request_cannot_smuggle_a_header_or_a_host(void **state)
{
    (void)state;
    struct job_reply in = sample_reply(JOB_REQUEST), out;
    in.headers[0].value = AS_STR("a\r\nHost: evil");
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in.headers[0] = (struct job_header){AS_STR("a b"), AS_STR("c")};
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_REQUEST);
    const char *bad_paths[] = {"v1", "", "//evil.example/v1", "/a b", "/a\nb", "/a\x80"};
    for (size_t i = 0; i < AS_COUNT(bad_paths); i++) {
        in.path = as_str_from(bad_paths[i]);
        assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    }
    in = sample_reply(JOB_REQUEST);
    in.method = AS_STR("post");
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
}

static void test_a_parsed_output_cannot_name_its_own_cost(void **state)
{
    (void)state;
    struct job_reply in = sample_reply(JOB_PARSE), out;
    in.output.cost_usd = 0;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_PARSE);
    in.output.input_tokens = -2;
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
    in = sample_reply(JOB_PARSE);
    in.output.finish_reason = AS_STR("because");
    assert_int_equal(reply_again(&in, &out), AS_EPROTO);
}

static int loaded_again(const struct job_manifest *manifest)
{
    struct as_buf buf = {0};
    struct job_loaded in = {.status = JOB_OK, .manifest = *manifest}, out;
    job_put_loaded(&buf, &in);
    int rc = job_get_loaded(payload_of(&buf, JOB_FRAME_LOADED), &out);
    as_buf_done(&buf);
    return rc;
}

static void test_a_manifest_out_of_its_rules_is_refused(void **state)
{
    (void)state;
    struct job_manifest m = sample_manifest();
    m.name = AS_STR("a/b");
    assert_int_equal(loaded_again(&m), AS_EPROTO);
    m = sample_manifest();
    m.kind = PLUGIN_KIND_COUNT;
    assert_int_equal(loaded_again(&m), AS_EPROTO);
    m = sample_manifest();
    m.scale_max = m.scale_min;
    assert_int_equal(loaded_again(&m), AS_EPROTO);
    m = sample_manifest();
    m.scale_min = NAN;
    assert_int_equal(loaded_again(&m), AS_EPROTO);
    m = sample_manifest();
    m.pass = 1.5;
    assert_int_equal(loaded_again(&m), AS_EPROTO);
    m = sample_manifest();
    m.auth_header = (struct as_str){NULL, 0};
    assert_int_equal(loaded_again(&m), AS_EPROTO);
    m = sample_manifest();
    m.params_json = (struct as_str){NULL, 0};
    assert_int_equal(loaded_again(&m), AS_EPROTO);
}

static void test_a_batch_of_none_or_too_many_rows_is_refused(void **state)
{
    (void)state;
    struct as_buf buf = {0};
    put_all_rows(&buf);
    as_set_u32(&buf, 5, 0);
    assert_int_equal(decode_batch(payload_of(&buf, JOB_FRAME_BATCH)), AS_EPROTO);
    as_set_u32(&buf, 5, JOB_BATCH_MAX_ROWS + 1);
    assert_int_equal(decode_batch(payload_of(&buf, JOB_FRAME_BATCH)), AS_EPROTO);
    as_buf_done(&buf);
}

static void test_every_enum_value_has_a_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < JOB_STATUS_COUNT; i++)
        assert_string_not_equal(job_status_name((enum job_status)i), "unknown");
    for (unsigned i = 0; i < JOB_KIND_COUNT; i++)
        assert_string_not_equal(job_kind_name((enum job_kind)i), "unknown");
    enum plugin_kind kind;
    for (unsigned i = 0; i < PLUGIN_KIND_COUNT; i++) {
        assert_int_equal(plugin_kind_from(plugin_kind_name((enum plugin_kind)i), &kind), 0);
        assert_int_equal(kind, i);
    }
    assert_int_equal(plugin_kind_from("scorers", &kind), AS_EINVAL);
    assert_string_equal(job_status_name(JOB_STATUS_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_comes_back_as_it_went),
        cmocka_unit_test(test_loaded_carries_the_manifest),
        cmocka_unit_test(test_a_failed_load_carries_only_its_reason),
        cmocka_unit_test(test_a_batch_gives_back_every_kind_of_row),
        cmocka_unit_test(test_a_reply_comes_back_for_every_kind),
        cmocka_unit_test(test_a_row_that_does_not_apply_carries_no_score),
        cmocka_unit_test(test_a_provider_error_carries_its_class),
        cmocka_unit_test(test_every_cut_of_every_frame_is_refused),
        cmocka_unit_test(test_every_changed_byte_is_survived),
        cmocka_unit_test(test_a_frame_over_the_limit_or_of_no_type_is_refused_early),
        cmocka_unit_test(test_two_frames_come_one_by_one),
        cmocka_unit_test(test_a_score_outside_the_unit_is_refused),
        cmocka_unit_test(test_a_pass_other_than_yes_no_unsaid_is_refused),
        cmocka_unit_test(test_only_a_workers_own_verdicts_are_believed),
        cmocka_unit_test(test_texts_over_their_limit_are_refused),
        cmocka_unit_test(test_invalid_utf8_is_refused_where_text_is_shown),
        cmocka_unit_test(test_a_request_cannot_smuggle_a_header_or_a_host),
        cmocka_unit_test(test_a_parsed_output_cannot_name_its_own_cost),
        cmocka_unit_test(test_a_manifest_out_of_its_rules_is_refused),
        cmocka_unit_test(test_a_batch_of_none_or_too_many_rows_is_refused),
        cmocka_unit_test(test_every_enum_value_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
