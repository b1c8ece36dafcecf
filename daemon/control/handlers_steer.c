/* run.pause, run.resume, run.cancel: what a person does to a group that is under way. */
#include "daemon/control/handlers.h"

#include <inttypes.h>
#include <string.h>

static enum group_event event_of(const struct control_call *call)
{
    const char *method = call->method->name;
    if (!strcmp(method, "run.cancel"))
        return GROUP_EV_CANCEL;
    if (!strcmp(method, "run.resume"))
        return GROUP_EV_RESUME;
    return as_json_get_bool(call->params, "hold", false) ? GROUP_EV_HOLD : GROUP_EV_PAUSE;
}

/* The group as the store knows it: whoever names one that has ended, or none, is told so. */
static void find_work(struct store *store, struct control_query *query)
{
    struct group_record group;
    int64_t run = as_json_get_int(query->call->params, "run", 0);
    int rc = store_group_get(store, run, &query->arena, &group);
    if (rc)
        control_store_failed(store, query, rc, as_arena_printf(&query->arena, "run %" PRId64, run));
    else if (group_state_is_final(group.state))
        query->rc = as_err_set(&query->err, AS_ESTATE, "run %" PRId64 " has ended: it is %s", run,
                               group_state_name(group.state));
}

static void steer(struct control_query *query)
{
    struct control_call *call = query->call;
    char who[CONTROL_WHO_BYTES];
    struct actor actor = {who, as_json_get_cstr(call->params, "why")};
    enum group_state state;
    int64_t run = as_json_get_int(call->params, "run", 0);
    control_who(call, who);
    query->rc = engine_steer(query->app->engine, run, event_of(call), &actor, &state, &query->err);
    if (query->rc)
        return;
    query->result = as_json_object();
    as_json_set_int(query->result, "run", run);
    as_json_set_str(query->result, "state", group_state_name(state));
}

void handle_run_steer(void *ctx, struct control_call *call)
{
    control_read(ctx, call, find_work, steer);
}
