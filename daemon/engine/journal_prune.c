/* First what is meant and what it takes, by reading; then one group after the other is taken out,
 * and the rest of it in pieces between the commits of running groups. */
#include "daemon/engine/journal_care.h"

#include "daemon/engine/group.h"
#include "daemon/engine/uses.h"
#include "daemon/store/journal.h"

#include "lib/log.h"

#include <inttypes.h>
#include <stdlib.h>

struct prune {
    struct engine *engine;
    struct prune_filter filter;
    bool is_dry_run;
    const char *who, *why;
    care_done_fn done;
    void *ctx;
    int64_t *ids;
    size_t count, at;
    int64_t exchanges, stored_bytes; /* of all that is meant */
    struct as_json *runs;
    bool has_rest; /* a pruned group has rows or exchanges left */
    int rc;
    struct as_err err;
    struct as_arena arena;
};

static void prune_over(struct prune *prune)
{
    struct as_json *json = as_json_object();
    as_json_set_bool(json, "dry_run", prune->is_dry_run);
    as_json_set_take(json, "runs", prune->runs);
    as_json_set_int(json, "exchanges", prune->exchanges);
    as_json_set_int(json, "stored_bytes", prune->stored_bytes);
    if (prune->rc) {
        as_json_free(json);
        json = NULL;
    }
    prune->engine->pending_starts--;
    prune->done(prune->ctx, json, prune->rc ? &prune->err : NULL);
    as_arena_done(&prune->arena);
    free(prune);
}

/* ---- taking out ---- */

struct hashes { /* of the versions that a group pinned */
    struct as_sha256 list[PINS_MAX_MEMBERS + PINS_MAX_METRICS + 1];
    size_t count;
};

static void add_hash(void *ctx, const struct as_sha256 *hash, const char *label,
                     struct plugin_version **slot)
{
    struct hashes *hashes = ctx;
    (void)label, (void)slot;
    hashes->list[hashes->count++] = *hash;
}

/* Sources that nothing refers to any more go with the group; pins that cannot be read keep them. */
static int take_group(struct store *store, struct prune *prune, int64_t id)
{
    struct group_record record;
    struct as_arena arena = {0};
    struct pins *pins = NULL;
    struct hashes hashes = {0};
    char target[AUDIT_TARGET_BYTES];
    audit_target_of_run(id, target);
    struct audit_entry entry = {.at_ms = clock_wall_ms(),
                                .who = prune->who,
                                .action = "journal.prune",
                                .target = target,
                                .why = prune->why};
    int rc = store_group_get(store, id, &arena, &record);
    if (!rc && !pins_from_json(record.pins_json, &pins, NULL))
        pins_each_plugin(pins, add_hash, &hashes);
    if (!rc)
        rc = store_prune_group(store, id, &entry);
    for (size_t i = 0; i < hashes.count && !rc; i++)
        rc = uses_release(store, &hashes.list[i]);
    pins_free(pins);
    as_arena_done(&arena);
    return rc;
}

/* One group, or one piece of what is left of one. A group that was opened again,
 * tagged, pinned or promoted by meanwhile stays. */
static void take_work(struct store *store, void *ctx)
{
    struct prune *prune = ctx;
    prune->rc = store_prune_step(store, &prune->has_rest);
    if (!prune->rc && !prune->has_rest && prune->at < prune->count) {
        int rc = take_group(store, prune, prune->ids[prune->at++]);
        prune->has_rest = true;
        prune->rc = rc == AS_ESTATE || rc == AS_ENOENT ? 0 : rc;
    }
    if (prune->rc)
        as_err_set(&prune->err, prune->rc, "%s", store_error(store));
}

static void take_done(void *ctx)
{
    struct prune *prune = ctx;
    if (!prune->rc && prune->engine->is_stopping)
        prune->rc = as_err_set(&prune->err, AS_ECANCELED,
                               "assayd is stopping; the rest goes with "
                               "the next prune");
    if (prune->rc || !prune->has_rest) {
        as_log_info("journal: %zu of %zu groups pruned", prune->at, prune->count);
        prune_over(prune);
    } else {
        db_write(prune->engine->on.db, take_work, take_done, prune);
    }
}

/* ---- what is meant ---- */

static void take_sum(void *ctx, const struct journal_sum *sum)
{
    struct journal_sum *all = ctx;
    all->exchanges += sum->exchanges;
    all->stored_bytes += sum->stored_bytes;
}

static int describe(struct store *store, struct prune *prune, int64_t id)
{
    struct group_record record;
    struct journal_sum sum = {0};
    int rc = store_group_get(store, id, &prune->arena, &record);
    if (!rc)
        rc = store_journal_sums(store, id, take_sum, &sum);
    if (rc)
        return rc;
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", id);
    as_json_set_str(json, "eval", record.eval_name);
    as_json_set_int(json, "ended_ms", record.ended_ms);
    as_json_set_int(json, "exchanges", sum.exchanges);
    as_json_set_int(json, "stored_bytes", sum.stored_bytes);
    as_json_push_take(prune->runs, json);
    prune->exchanges += sum.exchanges;
    prune->stored_bytes += sum.stored_bytes;
    return 0;
}

static void list_work(struct store *store, void *ctx)
{
    struct prune *prune = ctx;
    prune->rc = store_prune_list(store, &prune->filter, &prune->arena, &prune->ids, &prune->count);
    for (size_t i = 0; i < prune->count && !prune->rc; i++)
        prune->rc = describe(store, prune, prune->ids[i]);
    if (prune->rc)
        as_err_set(&prune->err, prune->rc, "%s", store_error(store));
}

static void list_done(void *ctx)
{
    struct prune *prune = ctx;
    if (prune->rc || prune->is_dry_run)
        prune_over(prune);
    else
        db_write(prune->engine->on.db, take_work, take_done, prune);
}

void engine_journal_prune(struct engine *engine, const struct prune_request *request,
                          care_done_fn done, void *ctx)
{
    struct prune *prune = as_xcalloc(1, sizeof(*prune));
    prune->engine = engine;
    prune->filter = (struct prune_filter){
        .ended_before_ms =
            request->older_than_ms ? clock_wall_ms() - request->older_than_ms : INT64_MAX,
        .keep_last = request->keep_last,
    };
    prune->is_dry_run = request->is_dry_run;
    prune->who = as_arena_strdup(&prune->arena, request->who);
    prune->why = as_arena_strdup(&prune->arena, request->why);
    prune->done = done;
    prune->ctx = ctx;
    prune->runs = as_json_array();
    engine->pending_starts++;
    db_read(engine->on.db, list_work, list_done, prune);
}
