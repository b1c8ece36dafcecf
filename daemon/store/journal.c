/* Sums are made from the narrow table alone. The walk sorts the keys of a page at a time by the
 * order of writing, which no index has: a group is looked through once for every page, with the
 * memory of a page. */
#include "daemon/store/journal.h"

#include "daemon/store/exchange_own.h"

#include <string.h>

int store_journal_sums(struct store *store, int64_t group_id, store_sum_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store,
        "SELECT member, role, outcome, paid_by IS NOT NULL, count(*), ifnull(sum(raw_bytes), 0),"
        " ifnull(sum(stored_bytes), 0), count(*) - count(stored_bytes), min(sent_ms),"
        " max(sent_ms) FROM exchange WHERE group_id = ? GROUP BY 1, 2, 3, 4");
    sql_put_int(sql, group_id);
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct journal_sum sum = {
            .member = (uint32_t)sql_int(sql, 0),
            .role = (uint32_t)sql_int(sql, 1),
            .outcome = (uint32_t)sql_int(sql, 2),
            .is_reused = sql_int(sql, 3),
            .exchanges = sql_int(sql, 4),
            .raw_bytes = sql_int(sql, 5),
            .stored_bytes = sql_int(sql, 6),
            .unsized = sql_int(sql, 7),
            .oldest_ms = sql_int(sql, 8),
            .newest_ms = sql_int(sql, 9),
        };
        fn(ctx, &sum);
    }
    return rc;
}

/* ---- the walk ---- */

struct link_key {
    struct exchange_record head; /* without texts */
    int64_t body_id;
};

static int read_keys(struct store *store, const struct journal_walk *walk, uint32_t limit,
                     struct as_buf *keys)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT " EXCHANGE_HEAD ", e.body_id FROM exchange AS e"
                       " WHERE e.group_id = ? AND e.body_id > ? ORDER BY e.body_id LIMIT ?");
    sql_put_int(sql, walk->group_id);
    sql_put_int(sql, walk->after);
    sql_put_int(sql, limit);
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct link_key key = {exchange_head(sql), sql_int(sql, EXCHANGE_HEAD_COLUMNS)};
        as_buf_add(keys, &key, sizeof(key));
    }
    return rc;
}

/* The next link follows from the stored hash of the one before, or from the one that this should
 * have had: so a fault is told once, of the exchange that has it. */
static bool is_in_line(struct journal_walk *walk, const struct exchange_record *exchange,
                       struct as_str blob, const struct as_sha256 *stored)
{
    struct as_sha256 from_stored = chain_hash(&walk->stored, exchange, blob);
    struct as_sha256 from_computed = chain_hash(&walk->computed, exchange, blob);
    bool is_sound = as_sha256_eq(&from_stored, stored) || as_sha256_eq(&from_computed, stored);
    walk->stored = *stored;
    walk->computed = is_sound ? *stored : from_stored;
    walk->chained++;
    return is_sound;
}

static enum journal_fault fault_of(struct journal_walk *walk, struct sql *body,
                                   struct as_arena *arena, struct exchange_record *exchange)
{
    struct exchange_record whole = *exchange;
    struct as_str blob = sql_blob(body, 0);
    bool is_chained = sql_blob(body, 1).len == AS_SHA256_BYTES;
    bool is_sound = true;
    if (is_chained) {
        struct as_sha256 stored = sql_hash(body, 1);
        is_sound = is_in_line(walk, exchange, blob, &stored);
    } else {
        walk->unchained++;
    }
    if (exchange_texts(body->store, blob, arena, &whole))
        return JOURNAL_UNREADABLE;
    if (!is_sound)
        return JOURNAL_OUT_OF_LINE;
    if (!is_chained && walk->chained)
        return JOURNAL_UNCHAINED;
    *exchange = whole;
    return JOURNAL_SOUND;
}

static int visit(struct store *store, struct journal_walk *walk, const struct link_key *key,
                 struct as_arena *arena, store_link_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT body, chain FROM exchange_body WHERE id = ?");
    sql_put_int(sql, key->body_id);
    struct journal_link link = {key->head, JOURNAL_BODY_GONE};
    int rc = sql_step(sql);
    if (rc < 0)
        return rc;
    if (rc)
        link.fault = fault_of(walk, sql, arena, &link.exchange);
    walk->after = key->body_id;
    fn(ctx, &link);
    return 0;
}

int store_journal_walk(struct store *store, struct journal_walk *walk, uint32_t limit,
                       store_link_fn fn, void *ctx, uint32_t *ret_count)
{
    struct as_buf keys = {0};
    struct as_arena arena = {0};
    int rc = read_keys(store, walk, limit, &keys);
    size_t count = keys.len / sizeof(struct link_key);
    const struct link_key *list = (const void *)keys.ptr;
    for (size_t i = 0; i < count && !rc; i++) {
        rc = visit(store, walk, &list[i], &arena, fn, ctx);
        as_arena_reset(&arena);
    }
    if (!rc)
        *ret_count = (uint32_t)count;
    as_arena_done(&arena);
    as_buf_done(&keys);
    return rc;
}

int store_journal_end(struct store *store, int64_t group_id, int64_t *ret_exchanges,
                      struct as_sha256 *ret_hash)
{
    struct chain_end end;
    int rc = chain_read_end(store, group_id, &end);
    if (rc)
        return rc;
    *ret_exchanges = end.exchanges;
    *ret_hash = end.hash;
    return 0;
}

int store_journal_length(struct store *store, int64_t group_id, int64_t *ret_exchanges)
{
    struct chain_end end;
    int rc = chain_read_end(store, group_id, &end);
    if (!rc)
        *ret_exchanges = end.exchanges;
    return rc;
}

int store_journal_bare_rows(struct store *store, int64_t group_id, store_row_key_fn fn, void *ctx)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT group_id, case_seq, sample, member FROM run_row AS r WHERE group_id = ?1"
               " AND ((attempts > 0 AND NOT EXISTS (SELECT 1 FROM exchange AS e"
               "   WHERE e.group_id = r.group_id AND e.case_seq = r.case_seq"
               "   AND e.sample = r.sample AND e.member = r.member AND e.role = 0"
               "   AND (e.outcome = 0 OR r.finish_reason IS NULL)))"
               "  OR (judge_cost_usd IS NOT 0 AND NOT EXISTS (SELECT 1 FROM exchange AS e"
               "   WHERE e.group_id = r.group_id AND e.case_seq = r.case_seq"
               "   AND e.sample = r.sample AND e.member = r.member AND e.role = 1)))"
               " ORDER BY case_seq, sample, member");
    sql_put_int(sql, group_id);
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct row_key key = sql_row_key(sql, 0);
        fn(ctx, &key);
    }
    return rc;
}
