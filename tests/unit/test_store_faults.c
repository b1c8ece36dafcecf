/* daemon/store when things go wrong: kill -9, a full disk, locks, damaged and foreign files. White
 * box where a fault cannot be made from outside: sql.h gives the connection. */
#include "daemon/store/schema.h"
#include "daemon/store/sql.h"
#include "tests/unit/store_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BATCH_ROWS 16
#define TEXT_BYTES 3000

static void run_sql(sqlite3 *db, const char *script)
{
    if (sqlite3_exec(db, script, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", script, sqlite3_errmsg(db));
}

/* Changes the closed file behind the store's back. */
static void tamper(struct store_fixture *f, const char *script)
{
    sqlite3 *db = NULL;
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    run_sql(db, script);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void assert_open_fails(struct store_fixture *f, int want_rc, const char *want_words)
{
    struct store *store = NULL;
    struct as_err err = {0};
    assert_int_equal(store_open(f->path, &store, &err), want_rc);
    assert_null(store);
    if (!strstr(err.msg, f->path) || !strstr(err.msg, want_words))
        fail_msg("'%s' does not name '%s' and '%s'", err.msg, f->path, want_words);
}

static void test_a_newer_schema_is_refused(void **state)
{
    struct store_fixture *f = *state;
    tamper(f, "PRAGMA user_version = 1000");
    assert_open_fails(f, AS_EINVAL, "newer assay (schema 1000");
}

static void test_another_programs_database_is_refused(void **state)
{
    struct store_fixture *f = *state;
    tamper(f, "PRAGMA application_id = 4711");
    assert_open_fails(f, AS_EINVAL, "another program");
    tamper(f, "PRAGMA application_id = 0");
    assert_open_fails(f, AS_EINVAL, "another program");
}

static void test_a_file_that_is_no_database_is_refused(void **state)
{
    struct store_fixture *f = *state;
    store_close(f->store);
    f->store = NULL;
    int fd = open(f->path, O_WRONLY | O_TRUNC);
    for (int i = 0; i < 100; i++)
        assert_int_equal(write(fd, "# notes, not a database\n", 24), 24);
    close(fd);
    assert_open_fails(f, AS_ECORRUPT, "not a database");
}

static void test_a_missing_directory_is_named(void **state)
{
    struct store_fixture *f = *state;
    store_close(f->store);
    f->store = NULL;
    unlink(f->path);
    char path[sizeof(f->path)];
    strcpy(path, f->path);
    snprintf(f->path, sizeof(f->path), "%s/none/assay.db", f->dir);
    assert_open_fails(f, AS_ENOENT, "No such file");
    strcpy(f->path, path);
}

static void test_a_reader_does_not_make_a_file(void **state)
{
    struct store_fixture *f = *state;
    struct store *reader = NULL;
    struct as_err err = {0};
    store_close(f->store);
    f->store = NULL;
    unlink(f->path);
    assert_int_equal(store_open_reader(f->path, &reader, &err), AS_EIO);
    assert_int_not_equal(access(f->path, F_OK), 0);
}

static void test_a_reader_of_an_older_schema_says_to_start_the_daemon(void **state)
{
    struct store_fixture *f = *state;
    struct store *reader = NULL;
    struct as_err err = {0};
    tamper(f, "PRAGMA user_version = 0");
    assert_int_equal(store_open_reader(f->path, &reader, &err), AS_ESTATE);
    assert_non_null(strstr(err.msg, "start assayd"));
}

/* A batch of BATCH_ROWS rows from case first_seq on, each with its exchange and a text that does
 * not compress. */
struct full_batch {
    struct scored_row rows[BATCH_ROWS];
    struct exchange_record exchanges[BATCH_ROWS];
    struct store_batch batch;
    char text[TEXT_BYTES];
};

static void fill_batch(struct full_batch *full, int64_t group, int64_t first_seq)
{
    struct as_sha256 identity = as_sha256_of("q", 1);
    for (size_t i = 0; i < TEXT_BYTES; i++)
        full->text[i] = (char)(i * i >> 3);
    for (int i = 0; i < BATCH_ROWS; i++) {
        struct row_key key = {group, first_seq + i, 0, 0};
        full->rows[i] = fixture_row(key);
        full->rows[i].row.text = (struct as_str){full->text, TEXT_BYTES};
        full->exchanges[i] = fixture_exchange(key, &identity);
        full->exchanges[i].response_body = full->rows[i].row.text;
    }
    full->batch = (struct store_batch){.exchanges = full->exchanges,
                                       .exchange_count = BATCH_ROWS,
                                       .rows = full->rows,
                                       .row_count = BATCH_ROWS};
}

static size_t count_rows(struct store_fixture *f, int64_t group)
{
    struct row_key *keys = NULL;
    size_t count = 0;
    assert_int_equal(store_rows_done(f->store, group, 0, INT64_MAX, &f->arena, &keys, &count), 0);
    return count;
}

/* Commits until a commit fails; returns the rows that were kept, as the store tells. */
static size_t commit_until_failure(struct store_fixture *f, int64_t group, const char *want_words)
{
    struct full_batch *full = as_xcalloc(1, sizeof(*full));
    size_t duplicates = 0;
    int64_t seq = 0;
    int rc = 0;
    for (; !rc && seq < 100 * BATCH_ROWS; seq += BATCH_ROWS) {
        fill_batch(full, group, seq);
        rc = store_commit(f->store, &full->batch, &duplicates);
    }
    free(full);
    assert_int_equal(rc, AS_EIO);
    if (!strstr(store_error(f->store), f->path) || !strstr(store_error(f->store), want_words))
        fail_msg("'%s' does not name '%s' and '%s'", store_error(f->store), f->path, want_words);
    assert_int_equal(count_rows(f, group), seq - BATCH_ROWS);
    return count_rows(f, group);
}

static void assert_commits_again(struct store_fixture *f, int64_t group, size_t row_count)
{
    struct full_batch *full = as_xcalloc(1, sizeof(*full));
    fill_batch(full, group, (int64_t)row_count);
    fixture_commit(f->store, &full->batch);
    assert_int_equal(count_rows(f, group), row_count + BATCH_ROWS);
    free(full);
}

static void test_a_full_disk_undoes_the_batch_and_the_store_goes_on(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    run_sql(f->store->db, "PRAGMA max_page_count = 60");
    size_t kept = commit_until_failure(f, group, "disk is full");
    run_sql(f->store->db, "PRAGMA max_page_count = 1000000");
    assert_commits_again(f, group, kept);
}

static void test_a_failing_write_undoes_the_batch_and_the_store_goes_on(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct rlimit old, low;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = old;
    low.rlim_cur = 600000; /* of the WAL */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    size_t kept = commit_until_failure(f, group, "the disk is full");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_commits_again(f, group, kept);
    store_fixture_reopen(f);
    assert_int_equal(count_rows(f, group), kept + BATCH_ROWS);
}

static void test_a_locked_file_says_so(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct scored_row row = fixture_row((struct row_key){group, 0, 0, 0});
    struct store_batch batch = {.rows = &row, .row_count = 1};
    size_t duplicates = 0;
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    run_sql(other, "BEGIN IMMEDIATE");
    run_sql(f->store->db, "PRAGMA busy_timeout = 10");
    assert_int_equal(store_commit(f->store, &batch, &duplicates), AS_EIO);
    assert_non_null(strstr(store_error(f->store), "another process"));
    run_sql(other, "ROLLBACK");
    sqlite3_close(other);
    fixture_commit_row(f->store, row);
}

static int interrupt_now(void *ctx)
{
    (void)ctx;
    return 1;
}

static void test_a_commit_that_fails_at_any_step_leaves_nothing(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct full_batch *full = as_xcalloc(1, sizeof(*full));
    size_t duplicates = 0, failures = 0;
    int rc = AS_EIO;
    fill_batch(full, group, 0);
    for (int steps = 1; rc; steps += 1 + steps / 4) {
        sqlite3_progress_handler(f->store->db, steps, interrupt_now, NULL);
        rc = store_commit(f->store, &full->batch, &duplicates);
        sqlite3_progress_handler(f->store->db, 0, NULL, NULL);
        if (rc) {
            failures++;
            assert_int_equal(count_rows(f, group), 0);
        }
    }
    assert_true(failures > 10);
    assert_int_equal(count_rows(f, group), BATCH_ROWS);
    free(full);
}

/* In the child: commits one batch after the other and tells the pipe of each. */
static void commit_for_ever(const char *path, int64_t group, int64_t seq, int tell_fd)
{
    struct store *store = NULL;
    struct as_err err = {0};
    struct full_batch *full = as_xcalloc(1, sizeof(*full));
    size_t duplicates = 0;
    if (store_open(path, &store, &err))
        _exit(1);
    for (;; seq += BATCH_ROWS) {
        fill_batch(full, group, seq);
        if (store_commit(store, &full->batch, &duplicates) || write(tell_fd, "+", 1) != 1)
            _exit(2);
    }
}

/* Kills a committing child after it told of batch_count commits; returns how many it told of in
 * all. */
static size_t kill_after(struct store_fixture *f, int64_t group, int64_t seq, size_t batch_count)
{
    int ends[2], status;
    char sign;
    size_t told = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (!pid)
        commit_for_ever(f->path, group, seq, ends[1]);
    close(ends[1]);
    while (told < batch_count && read(ends[0], &sign, 1) == 1)
        told++;
    kill(pid, SIGKILL);
    while (read(ends[0], &sign, 1) == 1)
        told++;
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    return told;
}

static void assert_rows_are_whole(struct store_fixture *f, int64_t group, size_t row_count)
{
    struct as_sha256 identity = as_sha256_of("q", 1);
    for (size_t seq = 0; seq < row_count; seq++) {
        struct row_listing *rows = NULL;
        struct exchange_record exchange;
        size_t count = 0;
        struct row_key key = {group, (int64_t)seq, 0, 0};
        int rc = store_rows_of_case(f->store, group, (int64_t)seq, &f->arena, &rows, &count);
        assert_int_equal(rc, 0);
        assert_int_equal(count, 1);
        assert_int_equal(rows[0].row.text.len, TEXT_BYTES);
        rc = store_exchange_find(f->store, &key, 0, 0, &identity, &f->arena, &exchange);
        assert_int_equal(rc, 0);
        assert_int_equal(exchange.response_body.len, TEXT_BYTES);
        as_arena_reset(&f->arena);
    }
}

static void test_kill_9_keeps_every_committed_batch_whole_and_none_half(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    size_t row_count = 0;
    for (size_t round = 1; round <= 4; round++) {
        store_close(f->store);
        f->store = NULL;
        size_t told = kill_after(f, group, (int64_t)row_count, round * 5);
        assert_true(told >= round * 5);
        store_fixture_reopen(f);
        size_t now = count_rows(f, group);
        assert_int_equal(now % BATCH_ROWS, 0);
        assert_true(now >= row_count + told * BATCH_ROWS);
        row_count = now;
        assert_rows_are_whole(f, group, row_count);
    }
}

static void test_damaged_texts_are_named_not_read(void **state)
{
    static const char *const damages[] = {
        "UPDATE row_body SET body = x''",
        "UPDATE row_body SET body = x'07'",
        "UPDATE row_body SET body = x'00'",
        "UPDATE row_body SET body = x'00ffff'",
        "UPDATE row_body SET body = x'0128b52ffd'",
        "UPDATE row_body SET body = x'0128b52ffd840000000020000000'",
        "UPDATE row_body SET body = CAST(body || x'00' AS BLOB)",
        "DELETE FROM row_body",
        "UPDATE run_row SET scores = x'00'",
    };
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct row_listing *rows = NULL;
    size_t count = 0;
    fixture_commit_row(f->store, fixture_row((struct row_key){group, 0, 0, 0}));
    for (size_t i = 0; i < AS_COUNT(damages); i++) {
        tamper(f, damages[i]);
        store_fixture_reopen(f);
        assert_int_equal(store_rows_of_case(f->store, group, 0, &f->arena, &rows, &count),
                         AS_ECORRUPT);
        assert_non_null(strstr(store_error(f->store), f->path));
    }
}

static void test_one_wrong_byte_in_a_compressed_text_is_noticed(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct scored_row row = fixture_row((struct row_key){group, 0, 0, 0});
    struct row_listing *rows = NULL;
    size_t count = 0;
    char text[2000];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = "abcdefgh ijkl"[i * i % 13];
    row.row.text = (struct as_str){text, sizeof(text)};
    fixture_commit_row(f->store, row);
    tamper(f, "UPDATE row_body"
              " SET body = CAST(substr(body, 1, 40) || x'55' || substr(body, 42) AS BLOB)");
    store_fixture_reopen(f);
    assert_int_equal(store_rows_of_case(f->store, group, 0, &f->arena, &rows, &count), AS_ECORRUPT);
}

static void test_a_damaged_file_is_an_error_not_a_crash(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct full_batch *full = as_xcalloc(1, sizeof(*full));
    struct row_listing *rows = NULL;
    struct row_filter filter = {.group_id = group,
                                .status = -1,
                                .member = -1,
                                .metric = -1,
                                .limit = 1000,
                                .with_text = true};
    size_t count = 0;
    fill_batch(full, group, 0);
    fixture_commit(f->store, &full->batch);
    free(full);
    store_close(f->store);
    f->store = NULL;
    int fd = open(f->path, O_RDWR);
    off_t size = lseek(fd, 0, SEEK_END);
    for (off_t at = 8192 * 2; at < size; at += 512) /* the schema and the first table stay */
        assert_int_equal(pwrite(fd, "\xff\x00\xff\x13\x37\xff\xff\xff", 8, at), 8);
    close(fd);
    struct as_err err = {0};
    int rc = store_open(f->path, &f->store, &err);
    if (!rc)
        rc = store_rows_page(f->store, &filter, &f->arena, &rows, &count);
    assert_int_equal(rc, AS_ECORRUPT);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_newer_schema_is_refused),
        TEST(test_another_programs_database_is_refused),
        TEST(test_a_file_that_is_no_database_is_refused),
        TEST(test_a_missing_directory_is_named),
        TEST(test_a_reader_does_not_make_a_file),
        TEST(test_a_reader_of_an_older_schema_says_to_start_the_daemon),
        TEST(test_a_full_disk_undoes_the_batch_and_the_store_goes_on),
        TEST(test_a_failing_write_undoes_the_batch_and_the_store_goes_on),
        TEST(test_a_locked_file_says_so),
        TEST(test_a_commit_that_fails_at_any_step_leaves_nothing),
        TEST(test_kill_9_keeps_every_committed_batch_whole_and_none_half),
        TEST(test_damaged_texts_are_named_not_read),
        TEST(test_one_wrong_byte_in_a_compressed_text_is_noticed),
        TEST(test_a_damaged_file_is_an_error_not_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
