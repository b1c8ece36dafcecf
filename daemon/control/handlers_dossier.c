/* run.dossier: a run's decision as one sealed document, out of the store. */
#include "daemon/control/handlers.h"

#include "daemon/report/dossier.h"
#include "daemon/report/result_fit.h"
#include "daemon/store/journal.h"

#include <inttypes.h>
#include <string.h>

#define ENTRIES_MAX 1000

static struct as_json *audit_json(struct store *store, struct control_query *query, int64_t run)
{
    char target[AUDIT_TARGET_BYTES];
    struct audit_entry *entries = NULL;
    struct as_json *list = as_json_array();
    size_t count = 0;
    audit_target_of_run(run, target);
    int rc = store_audit_page(store, target, 0, ENTRIES_MAX, &query->arena, &entries, &count);
    if (rc)
        control_store_failed(store, query, rc, "the audit log");
    for (size_t i = 0; !rc && i < count; i++)
        as_json_push_take(list, control_entry_json(&entries[i]));
    return list;
}

/* Those by the run, and what took them back. */
static struct as_json *promotions_json(struct store *store, struct control_query *query,
                                       const struct group_record *group)
{
    struct promotion *promotions = NULL;
    struct as_json *list = as_json_array();
    size_t count = 0;
    int rc = store_promotions_page(store, group->eval_name, 0, ENTRIES_MAX, &query->arena,
                                   &promotions, &count);
    if (rc)
        control_store_failed(store, query, rc, "the promotions");
    for (size_t i = count; !rc && i-- > 0;)
        if (promotions[i].run == group->id)
            as_json_push_take(list, control_promotion_json(&promotions[i]));
    return list;
}

/* Where the chain of the group's exchanges ends, and what the stored result is. */
static struct as_json *journal_json(struct store *store, struct control_query *query,
                                    const struct group_record *group)
{
    struct as_json *json = as_json_object();
    struct as_sha256 end = {0};
    const char *result = group->result_json;
    int64_t exchanges = 0;
    int rc = store_journal_end(store, group->id, &exchanges, &end);
    if (rc)
        control_store_failed(store, query, rc, "the journal's end");
    as_json_set_int(json, "exchanges", exchanges);
    control_set_hash(json, "hash", &end);
    if (result) {
        struct as_sha256 hash = as_sha256_of(result, strlen(result));
        control_set_hash(json, "result_sha256", &hash);
    }
    return json;
}

static void dossier_work(struct store *store, struct control_query *query)
{
    int64_t run = as_json_get_int(query->call->params, "run", 0);
    struct group_record group;
    int rc = store_group_get(store, run, &query->arena, &group);
    if (rc) {
        control_store_failed(store, query, rc, as_arena_printf(&query->arena, "run %" PRId64, run));
        return;
    }
    if (!group_state_is_final(group.state)) {
        query->rc = as_err_set(&query->err, AS_ESTATE,
                               "run %" PRId64 " is still %s: a dossier is made of one that has "
                               "ended (`assayctl run watch %" PRId64 "`)",
                               run, group_state_name(group.state), run);
        return;
    }
    AS_CLEANUP_JSON struct as_json *shown = control_run_json(store, &group);
    result_fit(shown, CONTROL_RUN_MAX_BYTES);
    struct dossier_sources sources = {
        .run = shown,
        .promotions_take = promotions_json(store, query, &group),
        .audit_take = audit_json(store, query, run),
        .journal_take = journal_json(store, query, &group),
        .version = ASSAY_VERSION,
        .made_ms = clock_wall_ms(),
    };
    query->result = dossier_of(&sources);
}

void handle_run_dossier(void *ctx, struct control_call *call)
{
    control_read(ctx, call, dossier_work, NULL);
}
