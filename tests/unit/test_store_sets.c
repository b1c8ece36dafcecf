/* daemon/store: score sets lie beside a group's rows, come back as they went in, and are dropped
 * unless they were finished. */
#include "daemon/store/score_sets.h"
#include "daemon/store/sql.h"
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t begin_set(struct store_fixture *f, int64_t group)
{
    struct score_set set = {
        .group_id = group,
        .metric = 1,
        .metric_name = "exact",
        .selector = "exact_match@2.0.0",
        .hash = as_sha256_of("return 2", 8),
        .params_json = "{\"lower\":true}",
        .requested_by = "uid 1000",
        .created_ms = 7000,
    };
    int64_t id = 0;
    assert_int_equal(store_set_begin(f->store, &set, AS_STR("return 2"), &id), 0);
    return id;
}

static const struct audit_entry made = {
    .at_ms = 9000, .who = "uid 1000", .action = "run.rescore", .target = "run 1"};
static const struct audit_entry dropped = {
    .at_ms = 9500, .who = "uid 1001", .action = "run.drop_scores", .target = "run 1"};

static int finish_set(struct store_fixture *f, int64_t id)
{
    return store_set_finish(f->store, id, "{\"moved\":3}", &made);
}

static struct set_score score_of(int64_t group, int64_t case_seq, uint32_t member, double score)
{
    return (struct set_score){.row = {group, case_seq, member, 0},
                              .score = {.metric = 1, .score = score, .pass = -1}};
}

static size_t count_sets(struct store_fixture *f, int64_t group)
{
    struct score_set *sets = NULL;
    size_t count = 0;
    assert_int_equal(store_sets_of_group(f->store, group, &f->arena, &sets, &count), 0);
    return count;
}

static int64_t count_of(struct store_fixture *f, const char *literal)
{
    SQL_CLEANUP struct sql *sql = sql_use(f->store, literal);
    assert_int_equal(sql_step(sql), 1);
    return sql_int(sql, 0);
}

static void assert_nothing_is_left(struct store_fixture *f)
{
    assert_int_equal(count_of(f, "SELECT count(*) FROM score_set"), 0);
    assert_int_equal(count_of(f, "SELECT count(*) FROM set_score"), 0);
    assert_int_equal(count_of(f, "SELECT count(*) FROM set_score_body"), 0);
}

static void test_a_finished_set_is_listed_with_who_what_and_when(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    struct score_set *sets = NULL;
    size_t count = 0;
    struct set_score scores[] = {score_of(group, 0, 0, 1), score_of(group, 0, 1, 0),
                                 score_of(group, 1, 0, 0)};
    scores[2].error_class = AS_STR("script_error");
    int64_t id = begin_set(f, group);
    assert_int_equal(store_set_add(f->store, id, scores, 3), 0);
    assert_int_equal(finish_set(f, id), 0);
    store_fixture_reopen(f);
    assert_int_equal(store_sets_of_group(f->store, group, &f->arena, &sets, &count), 0);
    assert_int_equal(count, 1);
    struct as_sha256 hash = as_sha256_of("return 2", 8);
    assert_int_equal(sets[0].id, id);
    assert_int_equal(sets[0].group_id, group);
    assert_int_equal(sets[0].metric, 1);
    assert_string_equal(sets[0].metric_name, "exact");
    assert_string_equal(sets[0].selector, "exact_match@2.0.0");
    assert_true(as_sha256_eq(&sets[0].hash, &hash));
    assert_string_equal(sets[0].params_json, "{\"lower\":true}");
    assert_string_equal(sets[0].requested_by, "uid 1000");
    assert_int_equal(sets[0].created_ms, 7000);
    assert_int_equal(sets[0].ended_ms, 9000);
    assert_int_equal(sets[0].scored, 2);
    assert_int_equal(sets[0].errors, 1);
}

static void test_scores_of_a_case_come_back_with_numbers_words_and_errors(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    struct set_score scores[] = {score_of(group, 1, 1, 0), score_of(group, 1, 0, 0.25),
                                 score_of(group, 0, 0, 1)};
    scores[0].error_class = AS_STR("script_error");
    scores[0].score.reason = AS_STR("v2.lua:3: boom");
    scores[1].score.pass = 1;
    scores[1].score.label = AS_STR("close");
    scores[1].score.details_json = AS_STR("{\"d\":1}");
    struct score_set set = {.id = begin_set(f, group), .group_id = group};
    assert_int_equal(store_set_add(f->store, set.id, scores, 3), 0);
    struct set_score *got = NULL;
    size_t count = 0;
    assert_int_equal(store_set_scores_of_case(f->store, &set, 1, &f->arena, &got, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(got[0].row.group_id, group);
    assert_int_equal(got[0].row.case_seq, 1);
    assert_int_equal(got[0].row.member, 0);
    assert_true(got[0].score.score == 0.25);
    assert_int_equal(got[0].score.pass, 1);
    assert_str(got[0].score.label, "close");
    assert_str(got[0].score.details_json, "{\"d\":1}");
    assert_str(got[0].error_class, NULL);
    assert_int_equal(got[1].row.member, 1);
    assert_str(got[1].error_class, "script_error");
    assert_str(got[1].score.reason, "v2.lua:3: boom");
}

static void test_the_plugins_source_is_kept_with_its_set(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 hash = as_sha256_of("return 2", 8);
    const char *label = NULL;
    struct as_str source;
    begin_set(f, store_fixture_group(f, 1));
    assert_int_equal(store_source_get(f->store, &hash, &f->arena, &label, &source), 0);
    assert_string_equal(label, "exact_match@2.0.0");
    assert_str(source, "return 2");
}

static void test_the_rows_own_scores_stay_as_they_are(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    const struct score_record own = {.metric = 1, .score = 1, .pass = -1};
    struct scored_row row = fixture_row((struct row_key){group, 0, 0, 0});
    struct row_listing *rows = NULL;
    size_t count = 0;
    row.scores = &own;
    row.score_count = 1;
    fixture_commit_row(f->store, row);
    int64_t id = begin_set(f, group);
    struct set_score other = score_of(group, 0, 0, 0);
    assert_int_equal(store_set_add(f->store, id, &other, 1), 0);
    assert_int_equal(finish_set(f, id), 0);
    assert_int_equal(store_rows_of_case(f->store, group, 0, &f->arena, &rows, &count), 0);
    assert_int_equal(rows[0].score_count, 1);
    assert_true(rows[0].scores[0].score == 1);
}

static void
test_a_set_that_is_not_finished_is_not_listed_and_goes_when_the_store_opens(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct set_score score = score_of(group, 0, 0, 1);
    score.score.reason = AS_STR("why");
    int64_t id = begin_set(f, group);
    assert_int_equal(store_set_add(f->store, id, &score, 1), 0);
    begin_set(f, group);
    assert_int_equal(count_sets(f, group), 0);
    store_fixture_reopen(f);
    assert_nothing_is_left(f);
    assert_int_equal(finish_set(f, id), AS_ENOENT);
}

static void test_a_dropped_set_leaves_nothing_and_the_others_whole(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct set_score score = score_of(group, 0, 0, 1);
    score.score.reason = AS_STR("why");
    int64_t first = begin_set(f, group), second = begin_set(f, group);
    assert_int_equal(store_set_add(f->store, first, &score, 1), 0);
    assert_int_equal(store_set_add(f->store, second, &score, 1), 0);
    assert_int_equal(finish_set(f, second), 0);
    assert_int_equal(store_set_drop(f->store, first), 0);
    assert_int_equal(count_of(f, "SELECT count(*) FROM set_score_body"), 1);
    assert_int_equal(count_sets(f, group), 1);
    assert_int_equal(store_set_drop(f->store, second), 0);
    assert_nothing_is_left(f);
}

static void test_a_sets_summary_comes_back_as_it_went_in(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1), id = begin_set(f, group);
    struct score_set set;
    const char *summary = NULL;
    assert_int_equal(store_set_get(f->store, group, id, &f->arena, &set, &summary), AS_ENOENT);
    assert_int_equal(finish_set(f, id), 0);
    store_fixture_reopen(f);
    assert_int_equal(store_set_get(f->store, group, id, &f->arena, &set, &summary), 0);
    assert_int_equal(set.id, id);
    assert_string_equal(set.selector, "exact_match@2.0.0");
    assert_string_equal(summary, "{\"moved\":3}");
    assert_int_equal(store_set_get(f->store, group + 1, id, &f->arena, &set, &summary), AS_ENOENT);
}

static void test_a_set_is_deleted_whole_and_the_audit_log_says_by_whom(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1), id = begin_set(f, group);
    struct set_score score = score_of(group, 0, 0, 1);
    struct audit_entry *entries = NULL;
    size_t count = 0;
    score.score.reason = AS_STR("why");
    assert_int_equal(store_set_add(f->store, id, &score, 1), 0);
    assert_int_equal(store_set_delete(f->store, id, &dropped), AS_ENOENT); /* it is being made */
    assert_int_equal(finish_set(f, id), 0);
    assert_int_equal(store_set_delete(f->store, id, &dropped), 0);
    assert_nothing_is_left(f);
    assert_int_equal(store_set_delete(f->store, id, &dropped), AS_ENOENT);
    assert_int_equal(store_audit_page(f->store, "run 1", 0, 10, &f->arena, &entries, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].action, "run.rescore");
    assert_string_equal(entries[1].action, "run.drop_scores");
    assert_string_equal(entries[1].who, "uid 1001");
}

static void test_a_set_of_schema_8_has_no_summary(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1), id = begin_set(f, group);
    struct score_set set;
    const char *summary = "";
    assert_int_equal(finish_set(f, id), 0);
    store_fixture_migrate_from(f, 8);
    assert_int_equal(store_set_get(f->store, group, id, &f->arena, &set, &summary), 0);
    assert_int_equal(set.scored, 0);
    assert_null(summary);
}

static void test_a_batch_with_a_row_twice_is_refused_whole(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1), id = begin_set(f, group);
    struct set_score twice[] = {score_of(group, 0, 0, 1), score_of(group, 0, 0, 0)};
    assert_int_not_equal(store_set_add(f->store, id, twice, 2), 0);
    assert_int_equal(count_of(f, "SELECT count(*) FROM set_score"), 0);
}

/* A file as schema 2 left it: the tables of step 3 are not there. */
static void test_a_store_of_schema_2_keeps_its_groups_and_takes_sets(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct group_record got;
    store_fixture_migrate_from(f, 2);
    assert_int_equal(count_of(f, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
    assert_int_equal(store_group_get(f->store, group, &f->arena, &got), 0);
    int64_t id = begin_set(f, group);
    assert_int_equal(finish_set(f, id), 0);
    assert_int_equal(count_sets(f, group), 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_finished_set_is_listed_with_who_what_and_when),
        TEST(test_scores_of_a_case_come_back_with_numbers_words_and_errors),
        TEST(test_the_plugins_source_is_kept_with_its_set),
        TEST(test_the_rows_own_scores_stay_as_they_are),
        TEST(test_a_set_that_is_not_finished_is_not_listed_and_goes_when_the_store_opens),
        TEST(test_a_dropped_set_leaves_nothing_and_the_others_whole),
        TEST(test_a_sets_summary_comes_back_as_it_went_in),
        TEST(test_a_set_is_deleted_whole_and_the_audit_log_says_by_whom),
        TEST(test_a_set_of_schema_8_has_no_summary),
        TEST(test_a_batch_with_a_row_twice_is_refused_whole),
        TEST(test_a_store_of_schema_2_keeps_its_groups_and_takes_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
