/* See dataset_fixture.h. */
#include "tests/unit/dataset_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_reads_back(struct as_str json)
{
    AS_CLEANUP_JSON struct as_json *value = NULL;
    struct as_buf again = {0};
    struct as_err err = {0};
    if (as_json_parse(json.ptr, json.len, &value, &err))
        fail_msg("%s: %.*s", err.msg, (int)json.len, json.ptr);
    as_json_write_canonical(value, &again);
    assert_int_equal(again.len, json.len);
    assert_memory_equal(again.ptr, json.ptr, json.len);
    as_buf_done(&again);
}

static void on_case(void *ctx, const struct case_record *record)
{
    struct imported *out = ctx;
    assert_int_equal(record->seq, out->case_count++);
    assert_reads_back(record->json);
    assert_reads_back(record->messages_json);
    if (record->recorded_json.ptr)
        assert_reads_back(record->recorded_json);
    as_buf_addf(&out->cases, "%.*s\n", (int)record->json.len, record->json.ptr);
    as_buf_addf(&out->heads, "%.*s %s %s %s\n", (int)record->id.len, record->id.ptr,
                record->cluster.ptr ? record->cluster.ptr : "-",
                record->stratum.ptr ? record->stratum.ptr : "-",
                record->is_critical ? "critical" : "-");
}

static void on_bad_line(void *ctx, const char *file, uint64_t line, const char *reason)
{
    struct imported *out = ctx;
    assert_true(as_utf8_is_valid(reason, strlen(reason)));
    out->bad_count++;
    as_buf_addf(&out->bad, "%s:%llu: %s\n", file, (unsigned long long)line, reason);
}

struct imported *import_begin(void)
{
    struct imported *out = as_xcalloc(1, sizeof(*out));
    struct dataset_import_options options = {on_case, on_bad_line, out};
    out->import = dataset_import_new(&options);
    as_buf_adds(&out->cases, "");
    as_buf_adds(&out->heads, "");
    as_buf_adds(&out->bad, "");
    return out;
}

void import_add(struct imported *out, const char *file, const char *text)
{
    dataset_import_file(out->import, file);
    dataset_import_feed(out->import, text, strlen(text));
}

void import_finish(struct imported *out)
{
    out->rc = dataset_import_finish(out->import, &out->summary, &out->err);
    if (out->rc)
        return;
    assert_int_equal(out->summary.good, out->case_count);
    assert_int_equal(out->summary.bad, out->bad_count);
}

struct imported *import_bytes(const char *data, size_t len, size_t portion)
{
    struct imported *out = import_begin();
    dataset_import_file(out->import, "f");
    for (size_t at = 0; at < len; at += portion)
        dataset_import_feed(out->import, data + at, len - at < portion ? len - at : portion);
    import_finish(out);
    return out;
}

struct imported *import_text(const char *text)
{
    return import_bytes(text, strlen(text), strlen(text) + 1);
}

void import_free(struct imported *out)
{
    dataset_import_free(out->import);
    as_buf_done(&out->cases);
    as_buf_done(&out->heads);
    as_buf_done(&out->bad);
    free(out);
}

void expect_bad(const char *text, const char *bad)
{
    struct imported *out = import_text(text);
    assert_string_equal(out->bad.ptr, bad);
    import_free(out);
}
