/* Ends of chains while a batch is written, and the hash. What is hashed is fixed for good: numbers
 * as 64 bits, little-endian, in this order. */
#include "daemon/store/chain.h"

#include "daemon/store/sql.h"

#include <stdlib.h>

struct as_sha256 chain_hash(const struct as_sha256 *before, const struct exchange_record *exchange,
                            struct as_str body)
{
    const int64_t numbers[] = {
        exchange->row.group_id, exchange->row.case_seq, exchange->row.sample,
        exchange->row.member,   exchange->role,         exchange->turn,
        exchange->attempt,      exchange->outcome,      exchange->http_status,
        exchange->sent_ms,      exchange->connect_us,   exchange->first_byte_us,
        exchange->total_us,     exchange->paid_by,
    };
    uint8_t bytes[sizeof(numbers)];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)((uint64_t)numbers[i / 8] >> (8 * (i % 8)));
    struct as_hasher *hasher = as_hasher_new();
    as_hasher_add(hasher, before->bytes, sizeof(before->bytes));
    as_hasher_add(hasher, bytes, sizeof(bytes));
    as_hasher_add(hasher, exchange->identity.bytes, sizeof(exchange->identity.bytes));
    as_hasher_add_field(hasher, body);
    return as_hasher_finish_free(hasher);
}

int chain_read_end(struct store *store, int64_t group_id, struct chain_end *ret_end)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT exchanges, hash FROM journal_end WHERE group_id = ?");
    sql_put_int(sql, group_id);
    int rc = sql_step(sql);
    if (rc < 0)
        return rc;
    *ret_end = (struct chain_end){.group_id = group_id};
    if (rc) {
        ret_end->exchanges = sql_int(sql, 0);
        ret_end->hash = sql_hash(sql, 1);
    }
    return 0;
}

static int end_of(struct store *store, int64_t group_id, struct chain_end **ret_end)
{
    for (size_t i = 0; i < store->chain_count; i++) {
        if (store->chains[i].group_id != group_id)
            continue;
        *ret_end = &store->chains[i];
        return 0;
    }
    struct chain_end end;
    int rc = chain_read_end(store, group_id, &end);
    if (rc)
        return rc;
    store->chains = as_xrealloc(store->chains, (store->chain_count + 1) * sizeof(*store->chains));
    store->chains[store->chain_count] = end;
    *ret_end = &store->chains[store->chain_count++];
    return 0;
}

int chain_append(struct store *store, const struct exchange_record *exchange, struct as_str body,
                 struct as_sha256 *ret_hash)
{
    struct chain_end *end;
    int rc = end_of(store, exchange->row.group_id, &end);
    if (rc)
        return rc;
    end->hash = chain_hash(&end->hash, exchange, body);
    end->exchanges++;
    *ret_hash = end->hash;
    return 0;
}

int chain_flush(struct store *store)
{
    int rc = 0;
    for (size_t i = 0; i < store->chain_count && !rc; i++) {
        const struct chain_end *end = &store->chains[i];
        struct sql *sql = sql_use(store, "INSERT OR REPLACE INTO journal_end"
                                         " (group_id, exchanges, hash) VALUES (?, ?, ?)");
        sql_put_int(sql, end->group_id);
        sql_put_int(sql, end->exchanges);
        sql_put_hash(sql, &end->hash);
        rc = sql_run(sql);
    }
    return rc;
}

void chain_forget(struct store *store)
{
    free(store->chains);
    store->chains = NULL;
    store->chain_count = 0;
}
