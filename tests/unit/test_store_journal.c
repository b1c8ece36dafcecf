/* daemon/store: what other groups may reuse of the journal, its hash chain, and pruning. */
#include "daemon/store/codec.h"
#include "daemon/store/journal.h"
#include "daemon/store/requeue.h"
#include "daemon/store/reuse.h"
#include "tests/unit/store_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SENT_MS 1700000000000

static const struct audit_entry who = {.who = "uid 0", .action = "journal.prune", .target = "run"};

static struct as_sha256 identity_of(const char *what)
{
    return as_sha256_of(what, strlen(what));
}

/* A good reply to that group's member. */
static void keep(struct store_fixture *f, int64_t group, uint32_t member, const char *asked,
                 const char *answer)
{
    struct as_sha256 identity = identity_of(asked);
    struct exchange_record exchange =
        fixture_exchange((struct row_key){group, 0, member, 0}, &identity);
    exchange.response_body = as_str_from(answer);
    struct store_batch batch = {.exchanges = &exchange, .exchange_count = 1};
    fixture_commit(f->store, &batch);
}

/* What comes after goes into the next stretch of the index. */
static void fill_a_stretch(struct store_fixture *f, int64_t group)
{
    static struct exchange_record exchanges[4096];
    struct as_sha256 identity = identity_of("of no interest");
    for (size_t i = 0; i < AS_COUNT(exchanges); i++)
        exchanges[i] = fixture_exchange((struct row_key){group, 0, 1, 0}, &identity);
    struct store_batch batch = {.exchanges = exchanges, .exchange_count = AS_COUNT(exchanges)};
    fixture_commit(f->store, &batch);
}

static struct reuse_query query_of(const struct as_sha256 *identity, int64_t group)
{
    return (struct reuse_query){.identity = identity, .group_id = group};
}

/* want NULL: a miss. */
static void assert_reuses(struct store_fixture *f, const struct reuse_query *query,
                          const char *want)
{
    struct exchange_record got;
    int rc = store_exchange_reuse(f->store, query, &f->arena, &got);
    assert_int_equal(rc, want ? 0 : AS_ENOENT);
    if (want)
        assert_str(got.response_body, want);
}

static void test_a_good_reply_of_another_group_is_found_by_its_whole_identity(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_group(f, 1), second = store_fixture_group(f, 1);
    struct as_sha256 asked = identity_of("a"), other = asked;
    other.bytes[AS_SHA256_BYTES - 1] ^= 1; /* the same in the index */
    keep(f, first, 1, "a", "yes");
    struct reuse_query query = query_of(&asked, second);
    assert_reuses(f, &query, "yes");
    query.identity = &other;
    assert_reuses(f, &query, NULL);
    query = query_of(&asked, first);
    assert_reuses(f, &query, NULL);
    query = (struct reuse_query){.identity = &asked, .group_id = second, .role = 1};
    assert_reuses(f, &query, NULL);
    query = (struct reuse_query){.identity = &asked, .group_id = second, .turn = 1};
    assert_reuses(f, &query, NULL);
}

static void test_the_nth_newest_reply_is_another_one_each(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_group(f, 1), second = store_fixture_group(f, 1);
    struct as_sha256 asked = identity_of("a");
    keep(f, first, 0, "a", "oldest");
    fill_a_stretch(f, first);
    keep(f, first, 0, "a", "older");
    keep(f, first, 1, "a", "newest");
    static const char *const want[] = {"newest", "older", "oldest", NULL};
    for (uint32_t i = 0; i < AS_COUNT(want); i++) {
        struct reuse_query query = query_of(&asked, second);
        query.nth = i;
        assert_reuses(f, &query, want[i]);
    }
}

static void test_what_is_too_old_is_not_reused(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_group(f, 1), second = store_fixture_group(f, 1);
    struct as_sha256 asked = identity_of("a");
    keep(f, first, 0, "a", "yes");
    struct reuse_query query = query_of(&asked, second);
    query.since_ms = SENT_MS;
    assert_reuses(f, &query, "yes");
    query.since_ms = SENT_MS + 1;
    assert_reuses(f, &query, NULL);
}

static void test_bad_and_reused_replies_are_not_reused(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_group(f, 1), second = store_fixture_group(f, 1);
    struct as_sha256 asked = identity_of("a");
    struct exchange_record bad[3];
    for (size_t i = 0; i < AS_COUNT(bad); i++)
        bad[i] = fixture_exchange((struct row_key){first, 0, 0, 0}, &asked);
    bad[0].outcome = 2;
    bad[1].http_status = 500;
    bad[2].paid_by = 7;
    struct store_batch batch = {.exchanges = bad, .exchange_count = AS_COUNT(bad)};
    fixture_commit(f->store, &batch);
    struct reuse_query query = query_of(&asked, second);
    assert_reuses(f, &query, NULL);
}

static void test_a_reply_that_its_row_could_not_read_is_not_reused(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_group(f, 1), second = store_fixture_group(f, 1);
    struct as_sha256 asked = identity_of("a");
    struct scored_row row = fixture_row((struct row_key){first, 0, 0, 0});
    keep(f, first, 0, "a", "{\"error\":\"at 200\"}");
    struct reuse_query query = query_of(&asked, second);
    assert_reuses(f, &query, "{\"error\":\"at 200\"}");
    row.row.status = ROW_MODEL_ERROR;
    fixture_commit_row(f->store, row);
    assert_reuses(f, &query, NULL);
}

static void test_a_reply_that_was_asked_for_again_is_not_reused(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_group(f, 1), second = store_fixture_group(f, 1);
    struct as_sha256 asked = identity_of("a");
    struct scored_row row = fixture_row((struct row_key){first, 0, 0, 0});
    struct requeue_filter filter = {.group_id = first,
                                    .statuses = 1u << ROW_MODEL_ERROR,
                                    .member = -1,
                                    .case_seq = -1,
                                    .sample = -1};
    struct requeue_result result;
    keep(f, first, 0, "a", "unreadable");
    row.row.status = ROW_MODEL_ERROR;
    fixture_commit_row(f->store, row);
    assert_int_equal(store_rows_requeue(f->store, &filter, &who, &result), 0);
    struct reuse_query query = query_of(&asked, second);
    assert_reuses(f, &query, NULL);
    keep(f, first, 0, "a", "readable");
    assert_reuses(f, &query, "readable");
}

static void test_reuse_is_counted_by_who_paid_and_money_by_row(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 3);
    struct as_sha256 asked = identity_of("a");
    struct reuse_count *counts = NULL;
    size_t count = 0;
    double cost = 0, saved = 0;
    struct exchange_record exchanges[3];
    for (uint32_t i = 0; i < 3; i++) {
        exchanges[i] = fixture_exchange((struct row_key){group, i, 0, 0}, &asked);
        exchanges[i].paid_by = i ? 4 : 0;
        struct scored_row row = fixture_row(exchanges[i].row);
        row.row.saved_usd = i ? 0.25 : 0;
        fixture_commit_row(f->store, row);
    }
    struct store_batch batch = {.exchanges = exchanges, .exchange_count = 3};
    fixture_commit(f->store, &batch);
    assert_int_equal(store_group_reuse(f->store, group, &f->arena, &counts, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(counts[0].paid_by, 4);
    assert_int_equal(counts[0].exchanges, 2);
    assert_int_equal(store_group_spending(f->store, group, &cost, &saved), 0);
    assert_true(cost == 0.75 && saved == 0.5);
    assert_int_equal(store_group_spending(f->store, group + 1, &cost, &saved), 0);
    assert_true(isnan(cost) && saved == 0);
}

static void test_exchanges_of_an_older_store_can_be_reused(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_group(f, 1), second = store_fixture_group(f, 1);
    struct as_sha256 asked = identity_of("a");
    keep(f, first, 0, "a", "yes");
    store_fixture_migrate_from(f, 5);
    struct reuse_query query = query_of(&asked, second);
    assert_reuses(f, &query, "yes");
}

/* ---- the chain ---- */

struct seen {
    int64_t links, faults;
};

static void see(void *ctx, const struct journal_link *link)
{
    struct seen *seen = ctx;
    seen->links++;
    seen->faults += link->fault != JOURNAL_SOUND;
}

static struct journal_walk walk_all(struct store_fixture *f, int64_t group, struct seen *seen)
{
    struct journal_walk walk = {.group_id = group};
    uint32_t count = 2;
    while (count == 2)
        assert_int_equal(store_journal_walk(f->store, &walk, 2, see, seen, &count), 0);
    return walk;
}

static void assert_sound(struct store_fixture *f, int64_t group, int64_t links)
{
    struct seen seen = {0};
    struct journal_walk walk = walk_all(f, group, &seen);
    int64_t length = 0;
    assert_int_equal(store_journal_length(f->store, group, &length), 0);
    assert_int_equal(seen.links, links);
    assert_int_equal(seen.faults, 0);
    assert_int_equal(walk.chained, length);
    assert_int_equal(walk.chained + walk.unchained, links);
}

static void test_each_group_has_a_chain_of_its_own(void **state)
{
    struct store_fixture *f = *state;
    int64_t first = store_fixture_group(f, 1), second = store_fixture_group(f, 1);
    for (int i = 0; i < 3; i++) {
        keep(f, first, 0, "a", "yes");
        keep(f, second, 1, "b", "no");
    }
    store_fixture_reopen(f);
    keep(f, first, 1, "c", "after all");
    assert_sound(f, first, 4);
    assert_sound(f, second, 3);
    assert_sound(f, second + 1, 0);
}

static void test_a_batch_that_fails_leaves_the_chain_as_it_was(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    struct as_sha256 identity = identity_of("a");
    size_t duplicates;
    struct exchange_record exchanges[2];
    exchanges[0] = exchanges[1] = fixture_exchange((struct row_key){group, 0, 0, 0}, &identity);
    exchanges[1].response_body.len = (size_t)CODEC_MAX_BYTES + 1;
    struct store_batch batch = {.exchanges = exchanges, .exchange_count = 2};
    keep(f, group, 0, "a", "before");
    assert_int_equal(store_commit(f->store, &batch, &duplicates), AS_ELIMIT);
    keep(f, group, 0, "a", "after");
    assert_sound(f, group, 2);
}

static void test_exchanges_of_an_older_store_are_counted_and_no_fault(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 1);
    keep(f, group, 0, "a", "before");
    store_fixture_migrate_from(f, 9);
    keep(f, group, 0, "b", "after");
    struct seen seen = {0};
    struct journal_walk walk = walk_all(f, group, &seen);
    assert_int_equal(seen.faults, 0);
    assert_int_equal(walk.unchained, 1);
    assert_int_equal(walk.chained, 1);
}

static void see_row(void *ctx, const struct row_key *row)
{
    *(int64_t *)ctx = *(int64_t *)ctx * 100 + row->case_seq;
}

static void test_a_row_whose_reply_is_not_there_is_bare(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 3), bare = 0;
    struct as_sha256 identity = identity_of("a");
    for (int64_t seq = 0; seq < 3; seq++) {
        struct scored_row row = fixture_row((struct row_key){group, seq, 0, 0});
        struct exchange_record exchange = fixture_exchange(row.row.key, &identity);
        struct store_batch batch = {.exchanges = &exchange, .exchange_count = seq != 2};
        row.row.attempts = seq != 1; /* a call that was never made owes no reply */
        row.row.judge_cost_usd = 0;
        fixture_commit(f->store, &batch);
        fixture_commit_row(f->store, row);
    }
    assert_int_equal(store_journal_bare_rows(f->store, group, see_row, &bare), 0);
    assert_int_equal(bare, 2);
}

/* ---- pruning ---- */

static void test_a_group_is_pruned_whole_and_its_rest_in_pieces(void **state)
{
    struct store_fixture *f = *state;
    int64_t group = store_fixture_group(f, 150), other = store_fixture_group(f, 150);
    struct as_sha256 identity = identity_of("a");
    struct group_record record;
    bool is_left = true;
    unsigned steps = 0;
    for (int64_t seq = 0; seq < 150; seq += 10) {
        struct exchange_record exchange =
            fixture_exchange((struct row_key){group, seq, 0, 0}, &identity);
        struct store_batch batch = {.exchanges = &exchange, .exchange_count = 1};
        fixture_commit(f->store, &batch);
        fixture_commit_row(f->store, fixture_row(exchange.row));
    }
    keep(f, other, 0, "b", "stays");
    assert_int_equal(store_prune_group(f->store, group, &who), AS_ESTATE);
    assert_int_equal(store_group_set_state(f->store, group, GROUP_DONE), 0);
    assert_int_equal(store_prune_group(f->store, group, &who), 0);
    assert_int_equal(store_group_get(f->store, group, &f->arena, &record), AS_ENOENT);
    while (is_left && ++steps)
        assert_int_equal(store_prune_step(f->store, &is_left), 0);
    assert_int_equal(steps, 4); /* three of 64 cases, and one that finds nothing */
    assert_sound(f, group, 0);
    assert_sound(f, other, 1);
}

static void test_prune_means_old_ended_groups_without_a_tag_and_spares_the_last(void **state)
{
    struct store_fixture *f = *state;
    int64_t ids[4], *list = NULL;
    size_t count = 0;
    struct group_record record = {.eval_name = "e",
                                  .state = GROUP_RUNNING,
                                  .dataset_id = store_fixture_dataset(f, "d", 1),
                                  .pins_json = "{}"};
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        record.tag = i == 1 ? "kept" : NULL;
        assert_int_equal(store_group_create(f->store, &record, &ids[i]), 0);
        if (i != 2)
            assert_int_equal(store_group_finish(f->store, ids[i], GROUP_DONE, NULL, NULL, NULL,
                                                1000 + (int64_t)i),
                             0);
    }
    struct prune_filter filter = {.ended_before_ms = INT64_MAX};
    assert_int_equal(store_prune_list(f->store, &filter, &f->arena, &list, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(list[0], ids[0]);
    assert_int_equal(list[1], ids[3]);
    filter.ended_before_ms = 1003;
    assert_int_equal(store_prune_list(f->store, &filter, &f->arena, &list, &count), 0);
    assert_int_equal(count, 1);
    filter = (struct prune_filter){.ended_before_ms = INT64_MAX, .keep_last = 1};
    assert_int_equal(store_prune_list(f->store, &filter, &f->arena, &list, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(list[0], ids[0]);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_good_reply_of_another_group_is_found_by_its_whole_identity),
        TEST(test_the_nth_newest_reply_is_another_one_each),
        TEST(test_what_is_too_old_is_not_reused),
        TEST(test_bad_and_reused_replies_are_not_reused),
        TEST(test_a_reply_that_its_row_could_not_read_is_not_reused),
        TEST(test_a_reply_that_was_asked_for_again_is_not_reused),
        TEST(test_reuse_is_counted_by_who_paid_and_money_by_row),
        TEST(test_exchanges_of_an_older_store_can_be_reused),
        TEST(test_each_group_has_a_chain_of_its_own),
        TEST(test_a_batch_that_fails_leaves_the_chain_as_it_was),
        TEST(test_exchanges_of_an_older_store_are_counted_and_no_fault),
        TEST(test_a_row_whose_reply_is_not_there_is_bare),
        TEST(test_a_group_is_pruned_whole_and_its_rest_in_pieces),
        TEST(test_prune_means_old_ended_groups_without_a_tag_and_spares_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
