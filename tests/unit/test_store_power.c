/* daemon/store through power failures: real batches over a disk that forgets or tears whatever was
 * not synced. What was acknowledged is there, whole; what was not is there whole or not at all; and
 * nothing else is. */
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

#define CASES 400
#define BATCH 7 /* intents, exchanges and rows of a step */
#define TEXT_BYTES 900

static char path[128];

/* What a case's texts must be: nothing that compresses, and nothing that is another case's. */
static void text_of(int64_t seq, char text[TEXT_BYTES])
{
    struct as_rng rng = as_rng_stream(4711, (uint64_t)seq);
    for (size_t i = 0; i < TEXT_BYTES; i++)
        text[i] = (char)('!' + as_rng_next(&rng) % 90);
}

/* Step n sends the calls of its cases, keeps the replies of those before and the rows of those
 * before them: each case is in three commits one after another. */
struct step {
    struct store_intent intents[BATCH];
    struct exchange_record exchanges[BATCH];
    struct scored_row rows[BATCH];
    char texts[2][BATCH][TEXT_BYTES];
    struct store_batch batch;
};

static void fill_step(struct step *step, int64_t group, int64_t n)
{
    struct as_sha256 identity = as_sha256_of("q", 1);
    for (int i = 0; i < BATCH; i++) {
        int64_t sent = n * BATCH + i, kept = sent - BATCH, done = kept - BATCH;
        step->intents[i] = (struct store_intent){.row = {group, sent, 0, 0}, .attempt = 1};
        text_of(kept, step->texts[0][i]);
        step->exchanges[i] = fixture_exchange((struct row_key){group, kept, 0, 0}, &identity);
        step->exchanges[i].response_body = (struct as_str){step->texts[0][i], TEXT_BYTES};
        text_of(done, step->texts[1][i]);
        step->rows[i] = fixture_row((struct row_key){group, done, 0, 0});
        step->rows[i].row.text = (struct as_str){step->texts[1][i], TEXT_BYTES};
    }
    step->batch = (struct store_batch){
        .intents = step->intents,
        .intent_count = BATCH,
        .exchanges = step->exchanges,
        .exchange_count = n >= 1 ? BATCH : 0,
        .rows = step->rows,
        .row_count = n >= 2 ? BATCH : 0,
    };
}

/* What the store acknowledged, and what it was doing when power failed. */
struct model {
    int64_t group;       /* 0: not acknowledged */
    int64_t steps;       /* acknowledged */
    int64_t steps_begun; /* one more when a commit was under way */
};

static int make_group(struct store *store, struct model *model)
{
    struct as_arena arena = {0};
    struct as_sha256 hash = as_sha256_of("d", 1);
    struct dataset_info info;
    struct case_record *items = as_arena_alloc(&arena, CASES * sizeof(*items));
    int64_t id = 0;
    bool is_new;
    for (int64_t seq = 0; seq < CASES; seq++)
        items[seq] = fixture_case(&arena, seq);
    int rc = store_dataset_begin(store, "tickets", &id);
    if (!rc)
        rc = store_dataset_add(store, id, items, CASES);
    if (!rc)
        rc = store_dataset_finish(store, id, &hash, "cases", 1, &arena, &info, &is_new);
    struct group_record group = {.eval_name = "e",
                                 .state = GROUP_RUNNING,
                                 .dataset_id = id,
                                 .case_count = CASES,
                                 .member_count = 1,
                                 .sample_count = 1,
                                 .pins_json = "{}"};
    if (!rc)
        rc = store_group_create(store, &group, &id);
    if (!rc)
        model->group = id;
    as_arena_done(&arena);
    return rc;
}

/* Until power fails or `steps` are done. Small checkpoints, so that they are hit, too. */
static void drive(struct model *model, int64_t steps)
{
    struct store *store = NULL;
    struct as_err err = {0};
    struct step *step = as_xcalloc(1, sizeof(*step));
    size_t duplicates = 0;
    int rc = store_open(path, &store, &err);
    if (!rc)
        rc = sqlite3_exec(store->db, "PRAGMA wal_autocheckpoint = 12", NULL, NULL, NULL);
    if (!rc && !model->group)
        rc = make_group(store, model);
    while (!rc && model->steps < steps) {
        fill_step(step, model->group, model->steps);
        model->steps_begun = model->steps + 1;
        rc = store_commit(store, &step->batch, &duplicates);
        if (!rc)
            model->steps++;
    }
    free(step);
    store_close(store);
}

static size_t count_of(struct store *store, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    size_t count = (size_t)sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return count;
}

static void assert_sound(struct store *store)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(store->db, "PRAGMA integrity_check", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "ok");
    sqlite3_finalize(stmt);
}

static void assert_row_is_whole(struct store *store, int64_t group, int64_t seq)
{
    struct as_arena arena = {0};
    struct row_listing *rows = NULL;
    struct exchange_record *exchanges = NULL;
    struct row_key key = {group, seq, 0, 0};
    char text[TEXT_BYTES];
    size_t count = 0;
    text_of(seq, text);
    assert_int_equal(store_rows_of_case(store, group, seq, &arena, &rows, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].row.text.len, TEXT_BYTES);
    assert_memory_equal(rows[0].row.text.ptr, text, TEXT_BYTES);
    assert_int_equal(store_exchanges_of_row(store, &key, &arena, &exchanges, &count), 0);
    assert_int_equal(count, 1);
    assert_memory_equal(exchanges[0].response_body.ptr, text, TEXT_BYTES);
    as_arena_done(&arena);
}

/* The store is at the state after `steps` or, when one was under way, after one more: wholly. */
static void check(struct model *model)
{
    struct store *store = NULL;
    struct as_err err = {0};
    if (store_open(path, &store, &err))
        fail_msg("after the failure the store cannot be opened: %s", err.msg);
    assert_sound(store);
    size_t groups = count_of(store, "SELECT count(*) FROM run_group");
    assert_true(groups >= (model->group != 0) && groups <= 1);
    if (groups) {
        size_t rows = count_of(store, "SELECT count(*) FROM run_row");
        size_t exchanges = count_of(store, "SELECT count(*) FROM exchange");
        size_t intents = count_of(store, "SELECT count(*) FROM intent");
        int64_t steps = model->steps;
        if (model->steps_begun > steps && exchanges + intents > (size_t)steps * BATCH)
            steps++;
        assert_int_equal(exchanges + intents, steps * BATCH);
        assert_int_equal(exchanges, steps ? (steps - 1) * BATCH : 0);
        assert_int_equal(rows, steps > 2 ? (steps - 2) * BATCH : 0);
        for (int64_t seq = 0; seq < (steps - 2) * BATCH; seq++)
            assert_row_is_whole(store, 1, seq);
        model->group = 1;
        model->steps = steps;
    }
    store_close(store);
}

static int set_up(void **state)
{
    (void)state;
    char dir[] = "/tmp/test_store_power.XXXXXX";
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/assay.db", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    power_vfs_remove();
    fixture_forget_database(path);
    *strrchr(path, '/') = '\0';
    return rmdir(path);
}

/* Power fails once at every so many calls of a life from an empty directory on. */
static void test_what_was_acknowledged_survives_a_power_failure_at_any_write(void **state)
{
    (void)state;
    struct model calm = {0};
    power_vfs_install(1, 0);
    drive(&calm, 12);
    uint64_t calls = power_vfs_calls();
    assert_int_equal(calm.steps, 12);
    assert_true(calls > 200);
    fixture_forget_database(path);
    power_vfs_remove();
    for (uint64_t at = 1; at < calls; at += 1 + calls / 150) {
        struct model model = {0};
        power_vfs_install(at, at);
        drive(&model, 12);
        assert_true(power_vfs_has_failed());
        power_vfs_restore();
        check(&model);
        fixture_forget_database(path);
        power_vfs_remove();
    }
    power_vfs_install(0, 0);
}

/* The same life goes on after each failure. */
static void test_a_store_survives_one_power_failure_after_another(void **state)
{
    (void)state;
    struct model model = {0};
    struct as_rng rng = as_rng_stream(99, 0);
    unsigned failures = 0;
    while (model.steps < 40) {
        power_vfs_install(as_rng_next(&rng), 1 + as_rng_next(&rng) % 120);
        drive(&model, 40);
        failures += power_vfs_has_failed();
        power_vfs_restore();
        check(&model);
        assert_true(failures < 1000);
    }
    assert_true(failures > 10);
}

/* A test of the disk itself: it does forget. */
static void test_without_a_sync_an_acknowledged_batch_would_be_lost(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct as_err err = {0};
    struct model model = {0};
    size_t lost = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct step *step = as_xcalloc(1, sizeof(*step));
        size_t duplicates = 0;
        power_vfs_install(seed, 0);
        assert_int_equal(store_open(path, &store, &err), 0);
        model = (struct model){0};
        assert_int_equal(make_group(store, &model), 0);
        assert_int_equal(sqlite3_exec(store->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), 0);
        fill_step(step, model.group, 0);
        assert_int_equal(store_commit(store, &step->batch, &duplicates), 0);
        power_vfs_install(seed, 1); /* closing must not sync */
        store_close(store);
        power_vfs_restore();
        assert_int_equal(store_open(path, &store, &err), 0);
        lost += count_of(store, "SELECT count(*) FROM intent") < BATCH;
        store_close(store);
        free(step);
        fixture_forget_database(path);
        power_vfs_remove();
    }
    power_vfs_install(0, 0);
    assert_true(lost > 0);
}

int main(void)
{
    alarm(200);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_what_was_acknowledged_survives_a_power_failure_at_any_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_store_survives_one_power_failure_after_another,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_sync_an_acknowledged_batch_would_be_lost,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
