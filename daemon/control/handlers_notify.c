/* notify.list and notify.test: who is told of what, what was told, and does it arrive. */
#include "daemon/control/handlers.h"

#include <stdlib.h>
#include <string.h>

/* ---- list ---- */

static struct as_json *kinds_json(const struct notify_rule *rule)
{
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        if (notify_rule_wants(rule, (enum event_kind)i))
            as_json_push_take(list,
                              as_json_new_str(as_str_from(event_kind_name((enum event_kind)i))));
    return list;
}

static void add_rules(struct as_json *list, const char *eval, const struct notify_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct notify_rule *rule = &rules->rules[i];
        struct as_json *json = as_json_object();
        struct as_buf target = {0};
        notify_target_text(&rule->to, &target);
        as_json_set_str(json, "eval", eval);
        as_json_set_str(json, "rule", rule->name);
        as_json_set_take(json, "on", kinds_json(rule));
        as_json_set_take(json, "to", as_json_new_str(as_buf_str(&target)));
        as_json_set_str(json, "secret", rule->to.secret);
        as_json_set_int(json, "timeout_ms", rule->to.timeout_ms);
        as_json_set_int(json, "retries", rule->to.retries);
        as_json_push_take(list, json);
        as_buf_done(&target);
    }
}

static const char *or_null(const char *text)
{
    return text && *text ? text : NULL;
}

static struct as_json *condition_json(const struct alert_record *record)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "eval", or_null(record->eval));
    as_json_set_str(json, "subject", or_null(record->subject));
    as_json_set_str(json, "condition", record->condition);
    as_json_set_str(json, "state", record->is_bad ? "bad" : "good");
    as_json_set_str(json, "kind", record->kind);
    control_set_time(json, "since_ms", record->since_ms);
    as_json_set_take(json, "since_run",
                     record->since_run ? as_json_new_int(record->since_run) : NULL);
    as_json_set_take(json, "run", record->run ? as_json_new_int(record->run) : NULL);
    as_json_set_int(json, "times", record->times);
    return json;
}

static struct as_json *delivery_json(const struct delivery *delivery)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "id", delivery->id);
    as_json_set_int(json, "event", delivery->event_id);
    as_json_set_str(json, "eval", or_null(delivery->eval));
    as_json_set_str(json, "rule", delivery->rule);
    as_json_set_str(json, "state", delivery_state_name(delivery->state));
    as_json_set_int(json, "tries", delivery->tries);
    control_set_time(json, "made_ms", delivery->made_ms);
    control_set_time(json, "ended_ms", delivery->ended_ms);
    as_json_set_str(json, "outcome", delivery->outcome);
    return json;
}

static int set_conditions(struct store *store, struct control_query *query)
{
    struct alert_record *records = NULL;
    size_t count = 0;
    int rc = store_alerts_page(store, as_json_get_cstr(query->call->params, "eval"),
                               CONTROL_PAGE_MAX, &query->arena, &records, &count);
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < count; i++)
        as_json_push_take(list, condition_json(&records[i]));
    as_json_set_take(query->result, "conditions", list);
    return rc;
}

static void list_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    uint32_t limit = control_limit(query->call);
    struct delivery *deliveries = NULL;
    size_t count = 0;
    struct as_json *list = as_json_array();
    query->result = as_json_object();
    as_json_set_take(query->result, "deliveries", list);
    int rc = set_conditions(store, query);
    if (!rc)
        rc = store_deliveries_page(store, as_json_get_cstr(params, "eval"),
                                   as_json_get_int(params, "before", 0), limit, &query->arena,
                                   &deliveries, &count);
    if (rc) {
        control_store_failed(store, query, rc, "the notifications");
        return;
    }
    for (size_t i = 0; i < count; i++)
        as_json_push_take(list, delivery_json(&deliveries[i]));
    if (count == limit)
        as_json_set_int(query->result, "next", deliveries[0].id);
}

static void list_finish(struct control_query *query)
{
    const struct control_app *app = query->app;
    const char *eval = as_json_get_cstr(query->call->params, "eval");
    struct as_json *list = as_json_array();
    add_rules(list, NULL, &app->config->notify);
    for (size_t i = 0; i < app->evals->eval_count; i++)
        if (!eval || !strcmp(eval, app->evals->evals[i].name))
            add_rules(list, app->evals->evals[i].name, &app->evals->evals[i].notify);
    as_json_set_take(query->result, "rules", list);
}

void handle_notify_list(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    if (as_json_get_cstr(call->params, "eval") && !control_eval_of(app, call))
        return;
    control_read(app, call, list_work, list_finish);
}

/* ---- test ---- */

struct tested {
    struct control_app *app;
    struct control_call *call;
    int64_t event_id;
    struct as_json *result;
    struct as_err err;
};

static void tested_free(struct tested *tested)
{
    if (tested->err.code)
        control_fail(tested->call, &tested->err);
    else
        control_reply(tested->call, tested->result);
    free(tested);
}

/* Its deliveries are the eval's newest, but for what happened since. */
static void tested_work(struct store *store, void *ctx)
{
    struct tested *tested = ctx;
    struct as_arena arena = {0};
    struct delivery *deliveries = NULL;
    size_t count = 0;
    struct as_json *list = as_json_array();
    int rc = store_deliveries_page(store, as_json_get_cstr(tested->call->params, "eval"), 0,
                                   CONTROL_PAGE_MAX, &arena, &deliveries, &count);
    for (size_t i = 0; i < count; i++)
        if (deliveries[i].event_id == tested->event_id)
            as_json_push_take(list, delivery_json(&deliveries[i]));
    as_arena_done(&arena);
    tested->result = as_json_object();
    as_json_set_int(tested->result, "event", tested->event_id);
    as_json_set_take(tested->result, "deliveries", list);
    if (!rc)
        return;
    as_err_set(&tested->err, rc, "the test was sent, but what came back cannot be read: %s",
               store_error(store));
    as_json_free(tested->result);
}

static void tested_done(void *ctx)
{
    tested_free(ctx);
}

static void on_tested(void *ctx, int64_t event_id, const struct as_err *err)
{
    struct tested *tested = ctx;
    tested->event_id = event_id;
    if (err) {
        tested->err = *err;
        tested_free(tested);
        return;
    }
    db_read(tested->app->db, tested_work, tested_done, tested);
}

void handle_notify_test(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    char who[CONTROL_WHO_BYTES];
    if (!control_eval_of(app, call))
        return;
    struct tested *tested = as_xcalloc(1, sizeof(*tested));
    tested->app = app;
    tested->call = call;
    control_who(call, who);
    notify_test(app->notify, as_json_get_cstr(call->params, "eval"), who, on_tested, tested);
}
