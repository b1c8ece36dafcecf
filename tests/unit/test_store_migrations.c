/* Databases of every earlier version, made from the schema as it was then and with rows in them:
 * they are brought to the present one with nothing lost, also when power fails on the way, and a
 * run of theirs goes on. */
#include "daemon/store/schema.h"
#include "daemon/store/sql.h"
#include "daemon/store/unknown_calls.h"
#include "tests/unit/power_vfs.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CASES 30

static char path[128];
static struct codec *codec;

/* What was in the tables from the first version on, in the words of that version. */
static const char head_rows[] =
    "INSERT INTO dataset (id, name, version, hash, format, case_count)"
    " VALUES (1, 'tickets', 1, zeroblob(32), 'cases', 30);"
    "INSERT INTO intent (group_id, case_seq, sample, member, role, turn)"
    " VALUES (7, 20, 0, 0, 0, 0), (7, 20, 0, 1, 1, 0);";

/* What came later, as soon as it was there. */
static const struct {
    int version;
    const char *sql;
} later_rows[] = {
    {3, "INSERT INTO score_set (id, group_id, metric, metric_name, selector, hash, params,"
        " created_ms, ended_ms, scored) VALUES (3, 7, 0, 'exact_match', 'exact_match@2',"
        " zeroblob(32), '{}', 5, 6, 0)"},
    {4, "INSERT INTO audit (at_ms, who, action, target, why)"
        " VALUES (1, 'uid 1', 'run.start', 'run 7', 'nightly')"},
    {5, "INSERT INTO unknown_call (group_id, case_seq, sample, member, role, turn, attempt,"
        " found_ms) VALUES (7, 3, 0, 0, 0, 0, 1, 9);"
        "UPDATE run_group SET unknown_fate = 1"},
    {7, "INSERT INTO superseded VALUES (7, 29, 0, 0, 0, 0)"},
    {12, "INSERT INTO look VALUES (7, 1, 10, 0, 0, '{}')"},
    {13, "INSERT INTO schedule_time VALUES ('e', 'main', 5, 1, 0, 0, 7, 6, NULL)"},
    {14, "INSERT INTO event VALUES (1, 5, 'gate_fail', 0, 'e', 'm', 7, 'worse', NULL)"},
    {15, "INSERT INTO baseline_pin VALUES (1, 'e', 0, NULL, 7, 5, 'uid 1', NULL)"},
    {16, "INSERT OR REPLACE INTO run_summary VALUES (7, 0, '{}')"},
    {17, "INSERT INTO inbox_file (dataset, hash, name, bytes, taken_ms, is_refused, good, known,"
         " bad, version) VALUES ('d', zeroblob(32), 'a', 9, 5, 0, 1, 0, 0, 1)"},
    {18, "INSERT INTO promotion VALUES (1, 0, 'e', 'm', 7, 5, 'uid 1', NULL, 'pass', NULL, NULL,"
         " '{}', 'b', 0)"},
    {20, "INSERT INTO delivery VALUES (1, 1, 'e', 'main', 0, 0, 5, 0, NULL)"},
};

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static const char *text_of(int64_t seq, char text[64])
{
    snprintf(text, 64, "what was answered to case %lld", (long long)seq);
    return text;
}

static struct as_str sealed(const char *const *fields, size_t count)
{
    struct as_str blob;
    codec_begin(codec);
    for (size_t i = 0; i < count; i++)
        codec_put(codec, as_str_from(fields[i]));
    assert_int_equal(codec_seal(codec, &blob), 0);
    return blob;
}

static void insert(sqlite3 *db, const char *sql, int64_t seq, struct as_str blob)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_bind_int64(stmt, 1, seq);
    sqlite3_bind_blob(stmt, 2, blob.ptr, (int)blob.len, SQLITE_TRANSIENT);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
}

static void insert_case(sqlite3 *db, int64_t seq)
{
    char text[64];
    const char *const item[] = {"{\"id\":\"c\"}", "[]"};
    const char *const exchange[] = {"POST", "http://x/v1", "{}", "", text_of(seq, text), ""};
    const char *const row[] = {text, ""};
    insert(db, "INSERT INTO case_body (id, body) VALUES (?1 + 1, ?2)", seq, sealed(item, 2));
    insert(db,
           "INSERT INTO dataset_case (dataset_id, seq, id, is_critical, body_id)"
           " VALUES (1, ?1, 'c' || ?1, 0, ?1 + 1)",
           seq, (struct as_str){NULL, 0});
    if (seq >= 20)
        return;
    insert(db, "INSERT INTO exchange_body (id, body) VALUES (?1 + 1, ?2)", seq,
           sealed(exchange, 6));
    insert(db,
           "INSERT INTO exchange (group_id, case_seq, sample, member, body_id, role, turn, attempt,"
           " identity, outcome, http_status, sent_ms, connect_us, first_byte_us, total_us)"
           " VALUES (7, ?1, 0, 0, ?1 + 1, 0, 0, 1, zeroblob(32), 0, 200, 1000, 0, 5, 9)",
           seq, (struct as_str){NULL, 0});
    insert(db, "INSERT INTO row_body (id, body) VALUES (?1 + 1, ?2)", seq, sealed(row, 2));
    insert(db,
           "INSERT INTO run_row (group_id, case_seq, sample, member, status, input_tokens,"
           " output_tokens, scores, cached_tokens, reasoning_tokens, attempts, ended_ms, body_id)"
           " VALUES (7, ?1, 0, 0, 0, 1, 2, x'', -1, -1, 1, 1009, ?1 + 1)",
           seq, (struct as_str){NULL, 0});
}

static void make_database(int version)
{
    const char *const pins[] = {"{\"eval\":\"old\"}"};
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run(db, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN");
    for (int i = 0; i < version; i++)
        run(db, schema_steps[i]);
    run(db, head_rows);
    insert(db,
           "INSERT INTO run_group (id, eval_name, state, dataset_id, case_count, member_count,"
           " sample_count, created_ms, pins) VALUES (7, 'old', ?1, 1, 30, 2, 1, 500, ?2)",
           GROUP_RUNNING, sealed(pins, 1));
    for (int64_t seq = 0; seq < CASES; seq++)
        insert_case(db, seq);
    for (size_t i = 0; i < AS_COUNT(later_rows); i++)
        if (later_rows[i].version <= version)
            run(db, later_rows[i].sql);
    run(db, "COMMIT");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void assert_group_is_there(struct store *store, int version, struct as_arena *arena)
{
    struct group_record group, *unfinished = NULL;
    size_t count = 0;
    assert_int_equal(store_group_get(store, 7, arena, &group), 0);
    assert_string_equal(group.eval_name, "old");
    assert_string_equal(group.pins_json, "{\"eval\":\"old\"}");
    assert_int_equal(group.unknown_fate, version >= 5);
    assert_int_equal(store_groups_unfinished(store, arena, &unfinished, &count), 0);
    assert_int_equal(count, 1);
}

static void assert_rows_are_there(struct store *store, struct as_arena *arena)
{
    struct row_filter filter = {
        .group_id = 7, .status = -1, .member = -1, .metric = -1, .limit = 100, .with_text = true};
    struct row_listing *rows = NULL;
    struct as_sha256 identity = {{0}};
    size_t count = 0;
    char text[64];
    assert_int_equal(store_rows_page(store, &filter, arena, &rows, &count), 0);
    assert_int_equal(count, 20);
    for (int64_t seq = 0; seq < 20; seq++) {
        struct exchange_record found;
        assert_str(rows[seq].row.text, text_of(seq, text));
        assert_int_equal(
            store_exchange_find(store, &rows[seq].row.key, 0, 0, &identity, arena, &found), 0);
        assert_str(found.response_body, text);
    }
}

/* The calls of unknown fate become named ones, and the run goes on. */
static void assert_run_goes_on(struct store *store, int version, struct as_arena *arena)
{
    struct unknown_call *calls = NULL;
    struct as_sha256 identity = {{1}};
    struct row_key key = {7, 21, 0, 0};
    struct exchange_record exchange = fixture_exchange(key, &identity), found;
    struct scored_row row = fixture_row(key);
    struct store_intent intent = {.row = {7, 22, 0, 0}, .attempt = 1};
    struct store_batch batch = {.intents = &intent,
                                .intent_count = 1,
                                .exchanges = &exchange,
                                .exchange_count = 1,
                                .rows = &row,
                                .row_count = 1};
    size_t count = 0;
    int64_t settled = 0;
    assert_int_equal(store_group_settle_intents(store, 7, 77, &settled), 0);
    assert_int_equal(settled, 2);
    assert_int_equal(store_unknown_calls(store, 7, 10, arena, &calls, &count), 0);
    assert_int_equal(count, 2 + (version >= 5));
    assert_str(calls[count - 1].case_id, "c20");
    fixture_commit(store, &batch);
    assert_int_equal(store_exchange_find(store, &key, 0, 0, &identity, arena, &found), 0);
}

static void assert_is_migrated(int version)
{
    struct as_arena arena = {0};
    struct as_err err = {0};
    struct store *store = NULL, *reader = NULL;
    if (store_open(path, &store, &err))
        fail_msg("from version %d: %s", version, err.msg);
    assert_group_is_there(store, version, &arena);
    assert_rows_are_there(store, &arena);
    assert_run_goes_on(store, version, &arena);
    assert_int_equal(store_open_reader(path, &reader, &err), 0);
    store_close(reader);
    store_close(store);
    as_arena_done(&arena);
}

static int set_up(void **state)
{
    (void)state;
    char dir[] = "/tmp/test_store_migrations.XXXXXX";
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/assay.db", dir);
    codec = codec_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    codec_free(codec);
    fixture_forget_database(path);
    *strrchr(path, '/') = '\0';
    return rmdir(path);
}

static void test_a_database_of_every_version_is_brought_to_the_present_one(void **state)
{
    (void)state;
    for (int version = 1; version <= STORE_SCHEMA_VERSION; version++) {
        make_database(version);
        assert_is_migrated(version);
        fixture_forget_database(path);
    }
}

/* Each version's step is a transaction: what the failure leaves is a version, and the next start
 * goes on from there. */
static void test_power_may_fail_anywhere_in_a_migration(void **state)
{
    (void)state;
    bool has_failed = true;
    for (uint64_t at = 1; has_failed; at += 3) {
        struct store *store = NULL;
        struct as_err err = {0};
        power_vfs_install(at, 0);
        make_database(1);
        power_vfs_install(at, at);
        if (!store_open(path, &store, &err))
            store_close(store);
        has_failed = power_vfs_has_failed();
        power_vfs_restore();
        assert_is_migrated(1);
        fixture_forget_database(path);
        power_vfs_remove();
        assert_true(at < 10000);
    }
}

int main(void)
{
    alarm(200);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_database_of_every_version_is_brought_to_the_present_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_power_may_fail_anywhere_in_a_migration, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
