/* daemon/store: what other groups may reuse of the journal. */
#include "tests/unit/store_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SENT_MS 1700000000000

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
        TEST(test_reuse_is_counted_by_who_paid_and_money_by_row),
        TEST(test_exchanges_of_an_older_store_can_be_reused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
