/* run.inflight and run.why: what a group is doing now, and what it waits for. */
#include "daemon/control/handlers.h"
#include "daemon/engine/live.h"

#include <inttypes.h>
#include <string.h>

static int64_t run_of(const struct control_query *query)
{
    return as_json_get_int(query->call->params, "run", 0);
}

/* What the store knows; a live group's state is set again from the engine. */
static int find_group(struct store *store, struct control_query *query,
                      struct group_record *ret_group)
{
    int64_t run = run_of(query);
    int rc = store_group_get(store, run, &query->arena, ret_group);
    if (rc) {
        control_store_failed(store, query, rc, as_arena_printf(&query->arena, "run %" PRId64, run));
        return rc;
    }
    query->result = as_json_object();
    as_json_set_int(query->result, "run", run);
    as_json_set_str(query->result, "state", group_state_name(ret_group->state));
    return 0;
}

/* ---- run.inflight ---- */

static void set_ms(struct as_json *json, const char *key, int64_t ms)
{
    as_json_set_take(json, key, ms < 0 ? NULL : as_json_new_int(ms));
}

static struct as_json *call_json(const struct live_call *live)
{
    const struct transport_call *call = &live->call;
    struct as_json *json = as_json_object();
    as_json_set_take(json, "case", as_json_new_str(live->case_id));
    as_json_set_str(json, "model", live->model);
    as_json_set_int(json, "sample", live->sample);
    as_json_set_str(json, "role", live->is_judge ? "judge" : "model");
    as_json_set_str(json, "where", transport_where_name(call->where));
    as_json_set_int(json, "attempt", call->attempt);
    as_json_set_int(json, "age_ms", call->age_ms);
    set_ms(json, "attempt_age_ms", call->attempt_age_ms);
    set_ms(json, "last_byte_ms", call->silent_ms);
    set_ms(json, "wait_ms", call->wait_ms);
    as_json_set_take(json, "last_status",
                     call->last_status ? as_json_new_int(call->last_status) : NULL);
    as_json_set_int(json, "bytes", call->bytes);
    return json;
}

static void inflight_work(struct store *store, struct control_query *query)
{
    struct group_record group;
    (void)find_group(store, query, &group); /* the query has the error */
}

static void inflight_finish(struct control_query *query)
{
    const struct engine *engine = query->app->engine;
    struct live_call *calls = NULL;
    struct run_progress progress;
    size_t count = 0, limit = control_limit(query->call);
    struct as_json *list = as_json_array();
    if (!engine_calls(engine, run_of(query), &query->arena, &calls, &count) &&
        !engine_progress(engine, run_of(query), &progress))
        as_json_set_str(query->result, "state", group_state_name(progress.state));
    for (size_t i = 0; i < count && i < limit; i++)
        as_json_push_take(list, call_json(&calls[i]));
    as_json_set_int(query->result, "total", (int64_t)count);
    as_json_set_take(query->result, "calls", list);
}

void handle_run_inflight(void *ctx, struct control_call *call)
{
    control_read(ctx, call, inflight_work, inflight_finish);
}

/* ---- run.why ---- */

/* Who paused it last, out of the audit log: over a restart it is all there is. */
static void add_pause(struct store *store, struct control_query *query, int64_t run)
{
    struct audit_entry *entries = NULL;
    size_t count = 0;
    char target[AUDIT_TARGET_BYTES];
    audit_target_of_run(run, target);
    if (store_audit_page(store, target, 0, CONTROL_PAGE_DEFAULT, &query->arena, &entries, &count))
        return;
    while (count && strcmp(entries[count - 1].action, "run.pause"))
        count--;
    as_json_set_str(query->result, "paused_by", count ? entries[count - 1].who : NULL);
    as_json_set_str(query->result, "paused_why", count ? entries[count - 1].why : NULL);
}

static void why_work(struct store *store, struct control_query *query)
{
    struct group_record group;
    if (find_group(store, query, &group))
        return;
    as_json_set_str(query->result, "error", group.error);
    if (!group_state_is_final(group.state))
        add_pause(store, query, group.id);
}

static struct as_json *wait_json(const struct why_wait *wait)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "kind", why_kind_name(wait->kind));
    as_json_set_str(json, "name", wait->name);
    as_json_set_int(json, "count", wait->count);
    set_ms(json, "oldest_ms", wait->oldest_ms);
    set_ms(json, "next_ms", wait->next_ms);
    return json;
}

/* Of a group that is not live: its state, as the store has it. */
static enum group_state state_of(const struct as_json *result)
{
    const char *name = as_json_get_cstr_or(result, "state", "");
    enum group_state state = GROUP_PENDING;
    while (state + 1 < GROUP_STATE_COUNT && strcmp(group_state_name(state), name))
        state++;
    return state;
}

static void why_finish(struct control_query *query)
{
    struct as_json *result = query->result, *waits = as_json_array();
    struct why_facts facts = {0};
    struct as_buf line = {0};
    if (engine_why(query->app->engine, run_of(query), &facts))
        facts = (struct why_facts){.state = state_of(result),
                                   .error = as_json_get_cstr(result, "error")};
    if (facts.state == GROUP_PAUSED || facts.state == GROUP_HELD) {
        facts.paused_by = as_json_get_cstr(result, "paused_by");
        facts.paused_why = as_json_get_cstr(result, "paused_why");
    } else {
        as_json_set_str(result, "paused_by", NULL);
        as_json_set_str(result, "paused_why", NULL);
    }
    why_sentence(&facts, &line);
    as_json_set_str(result, "state", group_state_name(facts.state));
    as_json_set_take(result, "why", as_json_new_str(as_buf_str(&line)));
    for (size_t i = 0; i < facts.wait_count; i++)
        as_json_push_take(waits, wait_json(&facts.waits[i]));
    as_json_set_take(result, "waits", waits);
    as_buf_done(&line);
}

void handle_run_why(void *ctx, struct control_call *call)
{
    control_read(ctx, call, why_work, why_finish);
}
