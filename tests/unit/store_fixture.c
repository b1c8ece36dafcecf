/* See store_fixture.h. */
#include "tests/unit/store_fixture.h"

#include "daemon/store/sql.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

int store_fixture_setup(void **state)
{
    struct store_fixture *f = as_xcalloc(1, sizeof(*f));
    struct as_err err = {0};
    strcpy(f->dir, "/tmp/test_store.XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/assay.db", f->dir);
    if (store_open(f->path, &f->store, &err)) {
        print_error("%s\n", err.msg);
        return -1;
    }
    *state = f;
    return 0;
}

void fixture_forget_database(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < AS_COUNT(endings); i++) {
        char name[160];
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
}

int store_fixture_teardown(void **state)
{
    struct store_fixture *f = *state;
    store_close(f->store);
    as_arena_done(&f->arena);
    fixture_forget_database(f->path);
    int rc = rmdir(f->dir); /* fails, and the test with it, when something was left behind */
    free(f);
    return rc;
}

void store_fixture_reopen(struct store_fixture *f)
{
    struct as_err err = {0};
    store_close(f->store);
    f->store = NULL;
    if (store_open(f->path, &f->store, &err))
        fail_msg("%s", err.msg);
}

/* What takes back the step to each version, from the newest down. */
static const struct {
    int version;
    const char *sql;
} undo[] = {
    {20, "DROP TABLE alert_mark; DROP TABLE alert; DROP TABLE delivery"},
    {19, "ALTER TABLE inbox_file DROP COLUMN dropped"},
    {18, "DROP TABLE promotion"},
    {17, "DROP TABLE inbox_file"},
    {16, "DROP TABLE run_summary"},
    {15, "DROP TABLE baseline_pin"},
    {14, "DROP TABLE event"},
    {13, "DROP TABLE schedule_mark; DROP TABLE schedule_time"},
    {12, "DROP TABLE look"},
    {11, "ALTER TABLE dataset DROP COLUMN parent_id"},
    {10, "DROP TABLE pruning; DROP TABLE journal_end; ALTER TABLE exchange DROP COLUMN raw_bytes;"
         "ALTER TABLE exchange DROP COLUMN stored_bytes;"
         "ALTER TABLE exchange_body DROP COLUMN chain"},
    {9, "ALTER TABLE score_set DROP COLUMN summary"},
    {8,
     "ALTER TABLE intent DROP COLUMN request_bytes; ALTER TABLE exchange DROP COLUMN request_bytes;"
     "ALTER TABLE unknown_call DROP COLUMN request_bytes; DROP TABLE call_usage"},
    {7, "DROP TABLE superseded"},
    {6, "DROP INDEX exchange_by_identity; ALTER TABLE exchange DROP COLUMN paid_by;"
        "ALTER TABLE run_row DROP COLUMN saved_usd"},
    {5, "DROP TABLE unknown_call"},
    {4, "DROP TABLE audit"},
    {3, "DROP TABLE set_score; DROP TABLE set_score_body; DROP TABLE score_set"},
};

void store_fixture_migrate_from(struct store_fixture *f, int schema)
{
    char pragma[48];
    snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", schema);
    for (size_t i = 0; i < AS_COUNT(undo) && undo[i].version > schema; i++)
        assert_int_equal(sqlite3_exec(f->store->db, undo[i].sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(f->store->db, pragma, NULL, NULL, NULL), SQLITE_OK);
    store_fixture_reopen(f);
}

struct row_key fixture_key(int64_t group_id, int64_t case_seq, uint32_t member, uint32_t sample)
{
    return (struct row_key){group_id, case_seq, member, sample};
}

struct case_record fixture_case(struct as_arena *arena, int64_t seq)
{
    const char *json = as_arena_printf(arena, "{\"id\":\"c%lld\",\"messages\":[]}", (long long)seq);
    return (struct case_record){
        .seq = seq,
        .id = as_str_from(as_arena_printf(arena, "c%lld", (long long)seq)),
        .json = as_str_from(json),
        .messages_json = AS_STR("[]"),
        .is_critical = seq == 0,
    };
}

int64_t store_fixture_dataset(struct store_fixture *f, const char *name, size_t count)
{
    struct case_record *cases = as_arena_alloc(&f->arena, count * sizeof(*cases));
    struct as_sha256 hash = as_sha256_of(name, strlen(name));
    struct dataset_info info;
    int64_t id = 0;
    bool is_new = false;
    for (size_t i = 0; i < count; i++)
        cases[i] = fixture_case(&f->arena, (int64_t)i);
    assert_int_equal(store_dataset_begin(f->store, name, &id), 0);
    assert_int_equal(store_dataset_add(f->store, id, cases, count), 0);
    assert_int_equal(
        store_dataset_finish(f->store, id, &hash, "cases", 1000, &f->arena, &info, &is_new), 0);
    return info.id;
}

int64_t store_fixture_count(struct store_fixture *f, const char *table)
{
    char text[64];
    sqlite3_stmt *statement = NULL;
    snprintf(text, sizeof(text), "SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_prepare_v2(f->store->db, text, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

int64_t store_fixture_group(struct store_fixture *f, size_t case_count)
{
    return store_fixture_group_of(f, store_fixture_dataset(f, "tickets", case_count), case_count);
}

int64_t store_fixture_group_of(struct store_fixture *f, int64_t dataset_id, size_t case_count)
{
    struct group_record group = {
        .eval_name = "triage",
        .state = GROUP_RUNNING,
        .dataset_id = dataset_id,
        .case_count = (int64_t)case_count,
        .member_count = 2,
        .sample_count = 1,
        .pins_json = "{}",
        .requested_by = "uid 1000",
        .created_ms = 5000,
    };
    int64_t id = 0;
    assert_int_equal(store_group_create(f->store, &group, &id), 0);
    return id;
}

struct exchange_record fixture_exchange(struct row_key key, const struct as_sha256 *identity)
{
    return (struct exchange_record){
        .row = key,
        .attempt = 1,
        .identity = *identity,
        .http_status = 200,
        .sent_ms = 1700000000000,
        .connect_us = 150,
        .first_byte_us = 9000,
        .total_us = 12000,
        .method = AS_STR("POST"),
        .url = AS_STR("http://127.0.0.1:8080/v1/chat/completions"),
        .request_body = AS_STR("{\"model\":\"m\"}"),
        .response_headers = AS_STR("content-type: application/json\n"),
        .response_body = AS_STR("{\"choices\":[]}"),
        .error = AS_STR(""),
    };
}

struct scored_row fixture_row(struct row_key key)
{
    return (struct scored_row){.row = {
                                   .key = key,
                                   .status = ROW_OK,
                                   .text = AS_STR("an answer"),
                                   .finish_reason = AS_STR("stop"),
                                   .model_id = AS_STR("m-2024"),
                                   .input_tokens = 10,
                                   .output_tokens = 20,
                                   .cached_tokens = -1,
                                   .reasoning_tokens = -1,
                                   .latency_ms = 12.5,
                                   .cost_usd = 0.25,
                                   .judge_cost_usd = NAN,
                                   .attempts = 1,
                                   .ended_ms = 1700000000012,
                               }};
}

void fixture_commit(struct store *store, const struct store_batch *batch)
{
    size_t duplicates = 99;
    int rc = store_commit(store, batch, &duplicates);
    if (rc)
        fail_msg("%s", store_error(store));
    assert_int_equal(duplicates, 0);
}

void fixture_commit_row(struct store *store, struct scored_row row)
{
    struct store_batch batch = {.rows = &row, .row_count = 1};
    fixture_commit(store, &batch);
}

void assert_str(struct as_str got, const char *want)
{
    if (!want) {
        assert_null(got.ptr);
        return;
    }
    assert_non_null(got.ptr);
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}
