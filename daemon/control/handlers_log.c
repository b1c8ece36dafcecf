/* run.log and daemon.log: the audit log, for those who ask what happened. */
#include "daemon/control/handlers.h"

#include <inttypes.h>
#include <string.h>

struct as_json *control_entry_json(const struct audit_entry *entry)
{
    struct as_json *json = as_json_object(), *detail = NULL;
    const char *text = entry->detail_json;
    as_json_set_int(json, "id", entry->id);
    as_json_set_int(json, "at_ms", entry->at_ms);
    as_json_set_str(json, "who", entry->who);
    as_json_set_str(json, "action", entry->action);
    as_json_set_str(json, "target", entry->target);
    as_json_set_str(json, "why", entry->why);
    if (text && as_json_parse(text, strlen(text), &detail, NULL))
        detail = NULL;
    as_json_set_take(json, "detail", detail);
    return json;
}

/* target NULL: all. */
static void give_page(struct store *store, struct control_query *query, const char *target)
{
    const struct control_call *call = query->call;
    uint32_t limit = control_limit(call);
    struct audit_entry *entries = NULL;
    size_t count = 0;
    int rc = store_audit_page(store, target, as_json_get_int(call->params, "before", 0), limit,
                              &query->arena, &entries, &count);
    if (rc) {
        control_store_failed(store, query, rc, "the audit log");
        return;
    }
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < count; i++)
        as_json_push_take(list, control_entry_json(&entries[i]));
    query->result = as_json_object();
    as_json_set_take(query->result, "entries", list);
    if (count == limit)
        as_json_set_int(query->result, "next", entries[0].id);
}

static void daemon_log_work(struct store *store, struct control_query *query)
{
    give_page(store, query, NULL);
}

static void run_log_work(struct store *store, struct control_query *query)
{
    int64_t run = as_json_get_int(query->call->params, "run", 0);
    struct group_record group;
    char target[AUDIT_TARGET_BYTES];
    audit_target_of_run(run, target);
    int rc = store_group_get(store, run, &query->arena, &group);
    if (rc)
        control_store_failed(store, query, rc, target);
    else
        give_page(store, query, target);
}

void handle_daemon_log(void *ctx, struct control_call *call)
{
    control_read(ctx, call, daemon_log_work, NULL);
}

void handle_run_log(void *ctx, struct control_call *call)
{
    control_read(ctx, call, run_log_work, NULL);
}
