/* daemon/store: the batched commit, and reading rows, exchanges and facts back. */
#include "daemon/store/codec.h"
#include "tests/unit/store_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct row_filter everything = {
    .status = -1, .member = -1, .metric = -1, .limit = 1000};

/* "seq.sample.member " of each row of a page. */
static void assert_page(struct store_fixture *f, const struct row_filter *filter, const char *want)
{
    struct row_listing *rows = NULL;
    struct as_buf seen = {0};
    size_t count = 0;
    assert_int_equal(store_rows_page(f->store, filter, &f->arena, &rows, &count), 0);
    as_buf_adds(&seen, "");
    for (size_t i = 0; i < count; i++)
        as_buf_addf(&seen, "%lld.%u.%u ", (long long)rows[i].row.key.case_seq,
                    rows[i].row.key.sample, rows[i].row.key.member);
    assert_string_equal(seen.ptr, want);
    as_buf_done(&seen);
}

static struct row_listing only_row(struct store_fixture *f, int64_t group_id, int64_t case_seq)
{
    struct row_listing *rows = NULL;
    size_t count = 0;
    assert_int_equal(store_rows_of_case(f->store, group_id, case_seq, &f->arena, &rows, &count), 0);
    assert_int_equal(count, 1);
    return rows[0];
}

static void test_a_row_comes_back_with_every_field(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 3);
    struct scored_row want = fixture_row(fixture_key(group, 1, 1, 0));
    want.row.tool_calls_json = AS_STR("[{\"name\":\"f\"}]");
    want.row.cached_tokens = 4;
    want.row.reasoning_tokens = 5;
    fixture_commit_row(f->store, want);
    store_fixture_reopen(f);
    struct row_listing got = only_row(f, group, 1);
    assert_str(got.case_id, "c1");
    assert_int_equal(got.row.key.group_id, group);
    assert_int_equal(got.row.key.case_seq, 1);
    assert_int_equal(got.row.key.member, 1);
    assert_int_equal(got.row.key.sample, 0);
    assert_int_equal(got.row.status, ROW_OK);
    assert_str(got.row.error_class, NULL);
    assert_str(got.row.error, NULL);
    assert_str(got.row.text, "an answer");
    assert_str(got.row.tool_calls_json, "[{\"name\":\"f\"}]");
    assert_str(got.row.finish_reason, "stop");
    assert_str(got.row.model_id, "m-2024");
    assert_int_equal(got.row.input_tokens, 10);
    assert_int_equal(got.row.output_tokens, 20);
    assert_int_equal(got.row.cached_tokens, 4);
    assert_int_equal(got.row.reasoning_tokens, 5);
    assert_true(got.row.latency_ms == 12.5);
    assert_true(got.row.cost_usd == 0.25);
    assert_true(isnan(got.row.judge_cost_usd));
    assert_int_equal(got.row.attempts, 1);
    assert_int_equal(got.row.ended_ms, 1700000000012);
    assert_int_equal(got.score_count, 0);
}

static void test_a_failed_row_has_its_error_and_no_text(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct scored_row row = {.row = {
                                 .key = fixture_key(group, 0, 0, 0),
                                 .status = ROW_MODEL_ERROR,
                                 .error_class = AS_STR("rate_limit"),
                                 .error = AS_STR("HTTP 429"),
                                 .latency_ms = NAN,
                                 .cost_usd = NAN,
                                 .judge_cost_usd = NAN,
                             }};
    fixture_commit_row(f->store, row);
    struct row_listing got = only_row(f, group, 0);
    assert_int_equal(got.row.status, ROW_MODEL_ERROR);
    assert_str(got.row.error_class, "rate_limit");
    assert_str(got.row.error, "HTTP 429");
    assert_str(got.row.text, NULL);
    assert_str(got.row.tool_calls_json, NULL);
    assert_true(isnan(got.row.latency_ms));
}

static void test_scores_come_back_with_numbers_and_words(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    const struct score_record scores[] = {
        {.metric = 0, .score = 1.0 / 3, .pass = 0, .label = AS_STR("mismatch")},
        {.metric = 2, .score = 1, .pass = 1, .reason = AS_STR("why"), .details_json = AS_STR("{}")},
        {.metric = 3, .is_na = true, .score = NAN, .pass = -1, .reason = AS_STR("no number")},
    };
    struct scored_row row = fixture_row(fixture_key(group, 0, 0, 0));
    row.scores = scores;
    row.score_count = 3;
    fixture_commit_row(f->store, row);
    struct row_listing got = only_row(f, group, 0);
    assert_int_equal(got.score_count, 3);
    assert_int_equal(got.scores[0].metric, 0);
    assert_true(got.scores[0].score == 1.0 / 3);
    assert_int_equal(got.scores[0].pass, 0);
    assert_str(got.scores[0].label, "mismatch");
    assert_str(got.scores[0].reason, NULL);
    assert_int_equal(got.scores[1].metric, 2);
    assert_int_equal(got.scores[1].pass, 1);
    assert_str(got.scores[1].reason, "why");
    assert_str(got.scores[1].details_json, "{}");
    assert_true(got.scores[2].is_na);
    assert_int_equal(got.scores[2].pass, -1);
    assert_str(got.scores[2].reason, "no number");
}

static void test_an_empty_text_is_not_an_absent_one(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct scored_row row = fixture_row(fixture_key(group, 0, 0, 0));
    row.row.text = AS_STR("");
    fixture_commit_row(f->store, row);
    struct row_listing got = only_row(f, group, 0);
    assert_non_null(got.row.text.ptr);
    assert_int_equal(got.row.text.len, 0);
}

static void test_long_texts_of_any_bytes_come_back_whole(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 8);
    static const size_t lengths[] = {1, 255, 256, 257, 5000, 100000, 3000000};
    char *bytes = as_xmalloc(3000000);
    for (size_t i = 0; i < 3000000; i++)
        bytes[i] = (char)(i * i >> 3); /* NULs, and no UTF-8 */
    for (size_t i = 0; i < AS_COUNT(lengths); i++) {
        struct scored_row row = fixture_row(fixture_key(group, (int64_t)i, 0, 0));
        row.row.text = (struct as_str){bytes, lengths[i]};
        fixture_commit_row(f->store, row);
        struct row_listing got = only_row(f, group, (int64_t)i);
        assert_int_equal(got.row.text.len, lengths[i]);
        assert_memory_equal(got.row.text.ptr, bytes, lengths[i]);
        assert_int_equal(got.row.text.ptr[lengths[i]], 0);
    }
    free(bytes);
}

static void test_a_text_over_the_limit_is_refused_and_nothing_of_its_batch_kept(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    char *bytes = as_xcalloc(1, CODEC_MAX_BYTES);
    struct scored_row rows[2] = {fixture_row(fixture_key(group, 0, 0, 0)),
                                 fixture_row(fixture_key(group, 1, 0, 0))};
    rows[1].row.text = (struct as_str){bytes, CODEC_MAX_BYTES};
    struct store_batch batch = {.rows = rows, .row_count = 2};
    size_t duplicates = 0;
    assert_int_equal(store_commit(f->store, &batch, &duplicates), AS_ELIMIT);
    assert_page(f,
                &(struct row_filter){
                    .group_id = group, .status = -1, .member = -1, .metric = -1, .limit = 10},
                "");
    free(bytes);
}

static void test_a_row_that_is_there_is_left_and_counted(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 2);
    struct scored_row rows[2] = {fixture_row(fixture_key(group, 0, 0, 0)),
                                 fixture_row(fixture_key(group, 1, 0, 0))};
    fixture_commit_row(f->store, rows[0]);
    rows[0].row.text = AS_STR("another answer");
    rows[0].row.status = ROW_REFUSED;
    struct store_batch batch = {.rows = rows, .row_count = 2};
    size_t duplicates = 0;
    assert_int_equal(store_commit(f->store, &batch, &duplicates), 0);
    assert_int_equal(duplicates, 1);
    struct row_listing got = only_row(f, group, 0);
    assert_int_equal(got.row.status, ROW_OK);
    assert_str(got.row.text, "an answer");
    assert_str(only_row(f, group, 1).row.text, "an answer");
}

static void test_an_exchange_comes_back_with_every_field(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 identity = as_sha256_of("q", 1);
    struct row_key key = fixture_key(store_fixture_group(f, 1), 0, 1, 0);
    struct exchange_record want = fixture_exchange(key, &identity), got;
    want.role = 1;
    want.turn = 1;
    want.attempt = 3;
    struct store_batch batch = {.exchanges = &want, .exchange_count = 1};
    fixture_commit(f->store, &batch);
    store_fixture_reopen(f);
    assert_int_equal(store_exchange_find(f->store, &key, 1, 1, &identity, &f->arena, &got), 0);
    assert_memory_equal(&got.row, &key, sizeof(key));
    assert_int_equal(got.role, 1);
    assert_int_equal(got.turn, 1);
    assert_int_equal(got.attempt, 3);
    assert_true(as_sha256_eq(&got.identity, &identity));
    assert_int_equal(got.outcome, 0);
    assert_int_equal(got.http_status, 200);
    assert_int_equal(got.sent_ms, want.sent_ms);
    assert_int_equal(got.connect_us, 150);
    assert_int_equal(got.first_byte_us, 9000);
    assert_int_equal(got.total_us, 12000);
    assert_str(got.method, "POST");
    assert_str(got.url, want.url.ptr);
    assert_str(got.request_body, want.request_body.ptr);
    assert_str(got.response_headers, want.response_headers.ptr);
    assert_str(got.response_body, want.response_body.ptr);
    assert_str(got.error, "");
}

static void test_an_exchange_is_found_for_exactly_its_row_role_turn_and_identity(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 identity = as_sha256_of("q", 1), other = as_sha256_of("r", 1);
    int64_t group = store_fixture_group(f, 2);
    struct row_key key = fixture_key(group, 0, 0, 0);
    const struct row_key others[] = {fixture_key(group + 1, 0, 0, 0), fixture_key(group, 1, 0, 0),
                                     fixture_key(group, 0, 1, 0), fixture_key(group, 0, 0, 1)};
    struct exchange_record exchange = fixture_exchange(key, &identity), got;
    struct store_batch batch = {.exchanges = &exchange, .exchange_count = 1};
    fixture_commit(f->store, &batch);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            store_exchange_find(f->store, &others[i], 0, 0, &identity, &f->arena, &got), AS_ENOENT);
    assert_int_equal(store_exchange_find(f->store, &key, 1, 0, &identity, &f->arena, &got),
                     AS_ENOENT);
    assert_int_equal(store_exchange_find(f->store, &key, 0, 1, &identity, &f->arena, &got),
                     AS_ENOENT);
    assert_int_equal(store_exchange_find(f->store, &key, 0, 0, &other, &f->arena, &got), AS_ENOENT);
    assert_int_equal(store_exchange_find(f->store, &key, 0, 0, &identity, &f->arena, &got), 0);
}

static void test_the_newest_whole_reply_is_found_among_attempts(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 identity = as_sha256_of("q", 1);
    struct row_key key = fixture_key(store_fixture_group(f, 1), 0, 0, 0);
    struct exchange_record attempts[4], got, *all = NULL;
    size_t count = 0;
    for (int i = 0; i < 4; i++) {
        attempts[i] = fixture_exchange(key, &identity);
        attempts[i].attempt = (uint32_t)i + 1;
        attempts[i].outcome = i == 0 || i == 3; /* the first and the last broke */
    }
    struct store_batch batch = {.exchanges = attempts, .exchange_count = 4};
    fixture_commit(f->store, &batch);
    assert_int_equal(store_exchange_find(f->store, &key, 0, 0, &identity, &f->arena, &got), 0);
    assert_int_equal(got.attempt, 3);
    assert_int_equal(store_exchanges_of_row(f->store, &key, &f->arena, &all, &count), 0);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(all[i].attempt, i + 1);
}

static void test_a_broken_attempt_alone_is_a_miss(void **state)
{
    struct store_fixture *f = *state;
    struct as_sha256 identity = as_sha256_of("q", 1);
    struct row_key key = fixture_key(store_fixture_group(f, 1), 0, 0, 0);
    struct exchange_record broken = fixture_exchange(key, &identity), got;
    broken.outcome = 3;
    struct store_batch batch = {.exchanges = &broken, .exchange_count = 1};
    fixture_commit(f->store, &batch);
    assert_int_equal(store_exchange_find(f->store, &key, 0, 0, &identity, &f->arena, &got),
                     AS_ENOENT);
}

/* Two members, two samples, three cases; the status of case 1 is a timeout, and metric 0 is seq
 * / 10. */
static int64_t commit_grid(struct store_fixture *f)
{
    int64_t group = store_fixture_group(f, 3);
    for (int i = 11; i >= 0; i--) { /* backwards: order must come from the key */
        struct row_key key = fixture_key(group, i / 4, (uint32_t)i % 2, (uint32_t)i / 2 % 2);
        struct score_record score = {.metric = 0, .score = (double)key.case_seq / 10, .pass = -1};
        struct scored_row row = fixture_row(key);
        row.row.status = key.case_seq == 1 ? ROW_TIMEOUT : ROW_OK;
        row.scores = &score;
        row.score_count = row.row.status == ROW_OK;
        fixture_commit_row(f->store, row);
    }
    return group;
}

static void test_rows_are_paged_by_case_sample_and_member(void **state)
{
    struct store_fixture *f = *state;
    struct row_filter filter = everything;
    filter.group_id = commit_grid(f);
    filter.limit = 5;
    assert_page(f, &filter, "0.0.0 0.0.1 0.1.0 0.1.1 1.0.0 ");
    struct row_key after = fixture_key(filter.group_id, 1, 0, 0);
    filter.after = &after;
    assert_page(f, &filter, "1.0.1 1.1.0 1.1.1 2.0.0 2.0.1 ");
    after = fixture_key(filter.group_id, 2, 0, 1);
    assert_page(f, &filter, "2.1.1 ");
    after = fixture_key(filter.group_id, 2, 1, 1);
    assert_page(f, &filter, "");
}

static void test_rows_are_filtered_by_status_and_member(void **state)
{
    struct store_fixture *f = *state;
    struct row_filter filter = everything;
    filter.group_id = commit_grid(f);
    filter.status = ROW_TIMEOUT;
    assert_page(f, &filter, "1.0.0 1.0.1 1.1.0 1.1.1 ");
    filter.member = 1;
    assert_page(f, &filter, "1.0.1 1.1.1 ");
    filter.status = -1;
    filter.limit = 3;
    assert_page(f, &filter, "0.0.1 0.1.1 1.0.1 ");
    filter.status = ROW_CANCELLED;
    assert_page(f, &filter, "");
}

static void test_rows_are_filtered_by_score(void **state)
{
    struct store_fixture *f = *state;
    struct row_filter filter = everything;
    filter.group_id = commit_grid(f);
    filter.metric = 0;
    filter.score_min = 0.2;
    filter.score_max = 1;
    assert_page(f, &filter, "2.0.0 2.0.1 2.1.0 2.1.1 ");
    filter.limit = 1;
    assert_page(f, &filter, "2.0.0 ");
    filter.metric = 1;
    assert_page(f, &filter, "");
}

static void test_a_page_without_texts_has_none_and_keeps_numbers(void **state)
{
    struct store_fixture *f = *state;
    struct row_filter filter = everything;
    struct row_listing *rows = NULL;
    size_t count = 0;
    filter.group_id = commit_grid(f);
    filter.limit = 1;
    assert_int_equal(store_rows_page(f->store, &filter, &f->arena, &rows, &count), 0);
    assert_null(rows[0].row.text.ptr);
    assert_int_equal(rows[0].score_count, 1);
    filter.with_text = true;
    assert_int_equal(store_rows_page(f->store, &filter, &f->arena, &rows, &count), 0);
    assert_str(rows[0].row.text, "an answer");
}

static void test_rows_done_are_those_of_the_window_in_order(void **state)
{
    struct store_fixture *f = *state;
    struct row_key *keys = NULL;
    size_t count = 0;
    int64_t group = commit_grid(f);
    assert_int_equal(store_rows_done(f->store, group, 1, 2, &f->arena, &keys, &count), 0);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 4; i++) {
        struct row_key want = fixture_key(group, 1, (uint32_t)i % 2, (uint32_t)i / 2);
        assert_memory_equal(&keys[i], &want, sizeof(want));
    }
    assert_int_equal(store_rows_done(f->store, group, 3, 9, &f->arena, &keys, &count), 0);
    assert_int_equal(count, 0);
}

static void collect_fact(void *ctx, const struct row_fact *fact)
{
    as_buf_addf(ctx, "%lld.%u:%s", (long long)fact->case_seq, fact->sample,
                row_status_name(fact->status));
    for (size_t i = 0; i < fact->metric_count; i++)
        as_buf_addf(ctx, ",%g/%d%s", isnan(fact->values[i].score) ? -1.0 : fact->values[i].score,
                    fact->values[i].pass, fact->values[i].is_na ? "/na" : "");
    as_buf_adds(ctx, " ");
}

static void test_facts_of_one_member_come_in_case_order(void **state)
{
    struct store_fixture *f = *state;
    struct as_buf seen = {0};
    int64_t group = commit_grid(f);
    assert_int_equal(store_facts_each(f->store, group, 1, 2, collect_fact, &seen), 0);
    assert_string_equal(seen.ptr, "0.0:ok,0/-1,-1/-1 0.1:ok,0/-1,-1/-1 "
                                  "1.0:timeout,-1/-1,-1/-1 1.1:timeout,-1/-1,-1/-1 "
                                  "2.0:ok,0.2/-1,-1/-1 2.1:ok,0.2/-1,-1/-1 ");
    as_buf_done(&seen);
}

static void test_a_fact_has_no_number_for_a_score_that_does_not_apply(void **state)
{
    struct store_fixture *f = *state;
    struct as_buf seen = {0};
    int64_t group = store_fixture_group(f, 1);
    const struct score_record scores[] = {{.metric = 0, .is_na = true, .score = 0, .pass = 0},
                                          {.metric = 1, .score = 0.5, .pass = 1},
                                          {.metric = 7, .score = 1, .pass = 1}};
    struct scored_row row = fixture_row(fixture_key(group, 0, 0, 0));
    row.scores = scores;
    row.score_count = 3;
    fixture_commit_row(f->store, row);
    assert_int_equal(store_facts_each(f->store, group, 0, 2, collect_fact, &seen), 0);
    assert_string_equal(seen.ptr, "0.0:ok,-1/-1/na,0.5/1 ");
    as_buf_done(&seen);
}

static void copy_fact(void *ctx, const struct row_fact *fact)
{
    *(struct row_fact *)ctx = *fact;
}

static void test_a_fact_has_the_rows_numbers(void **state)
{
    struct store_fixture *f = *state;
    struct row_fact fact = {0};
    int64_t group = store_fixture_group(f, 1);
    fixture_commit_row(f->store, fixture_row(fixture_key(group, 0, 0, 0)));
    assert_int_equal(store_facts_each(f->store, group, 0, 0, copy_fact, &fact), 0);
    assert_true(fact.latency_ms == 12.5);
    assert_true(fact.cost_usd == 0.25);
    assert_true(isnan(fact.judge_cost_usd));
    assert_int_equal(fact.input_tokens, 10);
    assert_int_equal(fact.output_tokens, 20);
}

static void test_counts_are_by_member_and_status(void **state)
{
    struct store_fixture *f = *state;
    int64_t counts[2][ROW_STATUS_COUNT];
    int64_t group = commit_grid(f);
    assert_int_equal(store_group_counts(f->store, group, 2, counts[0]), 0);
    for (int member = 0; member < 2; member++) {
        for (int status = 0; status < ROW_STATUS_COUNT; status++) {
            int want = status == ROW_OK ? 4 : status == ROW_TIMEOUT ? 2 : 0;
            assert_int_equal(counts[member][status], want);
        }
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_row_comes_back_with_every_field),
        TEST(test_a_failed_row_has_its_error_and_no_text),
        TEST(test_scores_come_back_with_numbers_and_words),
        TEST(test_an_empty_text_is_not_an_absent_one),
        TEST(test_long_texts_of_any_bytes_come_back_whole),
        TEST(test_a_text_over_the_limit_is_refused_and_nothing_of_its_batch_kept),
        TEST(test_a_row_that_is_there_is_left_and_counted),
        TEST(test_an_exchange_comes_back_with_every_field),
        TEST(test_an_exchange_is_found_for_exactly_its_row_role_turn_and_identity),
        TEST(test_the_newest_whole_reply_is_found_among_attempts),
        TEST(test_a_broken_attempt_alone_is_a_miss),
        TEST(test_rows_are_paged_by_case_sample_and_member),
        TEST(test_rows_are_filtered_by_status_and_member),
        TEST(test_rows_are_filtered_by_score),
        TEST(test_a_page_without_texts_has_none_and_keeps_numbers),
        TEST(test_rows_done_are_those_of_the_window_in_order),
        TEST(test_facts_of_one_member_come_in_case_order),
        TEST(test_a_fact_has_no_number_for_a_score_that_does_not_apply),
        TEST(test_a_fact_has_the_rows_numbers),
        TEST(test_counts_are_by_member_and_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
