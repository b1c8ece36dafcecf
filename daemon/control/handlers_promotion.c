/* promotion.*: a model is put in force by a run's evidence, or taken back; and what reports have to
 * tell of it. */
#include "daemon/control/handlers.h"

#include "daemon/engine/pointer_file.h"
#include "daemon/engine/promote.h"

#include <string.h>

struct as_json *control_promotion_json(const struct promotion *promotion)
{
    struct as_json *json = as_json_object(), *against = NULL;
    const char *text = promotion->differences_json;
    if (text && as_json_parse(text, strlen(text), &against, NULL))
        against = NULL;
    as_json_set_int(json, "id", promotion->id);
    as_json_set_str(json, "action", promotion->is_demotion ? "demote" : "promote");
    as_json_set_str(json, "eval", promotion->eval);
    as_json_set_str(json, "model", promotion->model);
    as_json_set_int(json, "run", promotion->run);
    as_json_set_int(json, "at_ms", promotion->at_ms);
    as_json_set_str(json, "who", promotion->who);
    as_json_set_str(json, "why", promotion->why);
    as_json_set_str(json, "outcome", promotion->outcome);
    as_json_set_bool(json, "override", promotion->reason != NULL);
    as_json_set_str(json, "reason", promotion->reason);
    as_json_set_take(json, "against", against ? against : as_json_array());
    as_json_set_str(json, "baseline", promotion->baseline);
    as_json_set_take(json, "previous",
                     promotion->previous ? as_json_new_int(promotion->previous) : NULL);
    return json;
}

void control_set_overrides(struct store *store, const struct group_record *group,
                           struct as_json *json)
{
    struct as_arena arena = {0};
    struct promotion *overrides = NULL;
    size_t count = 0;
    struct as_json *list = as_json_array();
    if (store_overrides_of_run(store, group, &arena, &overrides, &count))
        as_json_push_take(list, as_json_new_str(AS_STR("whether a promotion was overridden cannot "
                                                       "be read from the database")));
    for (size_t i = 0; i < count; i++)
        as_json_push_take(
            list, as_json_new_str(as_str_from(promotion_override_text(&overrides[i], &arena))));
    if (as_json_len(list))
        as_json_set_take(json, "overrides", list);
    else
        as_json_free(list);
    as_arena_done(&arena);
}

/* ---- make ---- */

static void on_promoted(void *call, struct as_json *answer, const struct as_err *err)
{
    if (err)
        control_fail(call, err);
    else
        control_reply(call, answer);
}

static int check_call(const struct as_json *params, struct as_err *err)
{
    bool has_reason = as_json_get_cstr(params, "reason") != NULL;
    if (as_json_get_bool(params, "override", false) != has_reason)
        return as_err_set(err, AS_EINVAL,
                          "--override and --reason go together: say for the record why the "
                          "evidence is overridden (--why is for a plain promotion)");
    return pointer_file_check(as_json_get_cstr(params, "eval"), err);
}

void handle_promotion_make(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    const struct as_json *params = call->params;
    char who[CONTROL_WHO_BYTES];
    struct as_err err = {0};
    const struct eval_def *eval = control_eval_of(app, call);
    if (!eval)
        return;
    control_who(call, who);
    struct promote_request request = {
        .evals = app->evals,
        .eval = eval,
        .run = as_json_get_int(params, "run", 0),
        .model = as_json_get_cstr(params, "model"),
        .reason = as_json_get_cstr(params, "reason"),
        .actor = {who, as_json_get_cstr(params, "why")},
    };
    if (check_call(params, &err))
        control_fail(call, &err);
    else
        engine_promote(app->engine, &request, on_promoted, call);
}

/* ---- list ---- */

/* null: none is in force. */
static int set_in_force(struct store *store, struct control_query *query, const char *eval)
{
    struct promotion promotion;
    int rc = store_promotion_in_force(store, eval, &query->arena, &promotion);
    if (rc && rc != AS_ENOENT) {
        control_store_failed(store, query, rc, "what is promoted");
        return rc;
    }
    as_json_set_take(query->result, "in_force", rc ? NULL : promotion_pointer_json(&promotion));
    return 0;
}

static void list_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    const char *eval = as_json_get_cstr(params, "eval");
    uint32_t limit = control_limit(query->call);
    struct promotion *promotions = NULL;
    size_t count = 0;
    query->result = as_json_object();
    if (set_in_force(store, query, eval))
        return;
    int rc = store_promotions_page(store, eval, as_json_get_int(params, "before", 0), limit,
                                   &query->arena, &promotions, &count);
    if (rc) {
        control_store_failed(store, query, rc, "the promotions");
        return;
    }
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < count; i++)
        as_json_push_take(list, control_promotion_json(&promotions[i]));
    as_json_set_take(query->result, "promotions", list);
    if (count == limit)
        as_json_set_int(query->result, "next", promotions[count - 1].id);
}

void handle_promotion_list(void *ctx, struct control_call *call)
{
    control_read(ctx, call, list_work, NULL);
}

/* ---- demote ---- */

static int demote(struct store *store, struct control_query *query, struct promotion *demotion)
{
    AS_CLEANUP_JSON struct as_json *detail = as_json_object();
    struct as_buf text = {0};
    as_json_set_str(detail, "eval", demotion->eval);
    as_json_write(detail, &text);
    struct audit_entry entry = {.at_ms = demotion->at_ms,
                                .who = demotion->who,
                                .action = query->call->method->name,
                                .why = demotion->why,
                                .detail_json = text.ptr};
    int rc = store_promotion_demote(store, demotion, &query->arena, &entry);
    as_buf_done(&text);
    if (rc == AS_ENOENT)
        query->rc = as_err_set(&query->err, rc,
                               "nothing is promoted for '%s', so there is nothing to take back: "
                               "`assayctl promotions %s` tells what was",
                               demotion->eval, demotion->eval);
    else if (rc)
        control_store_failed(store, query, rc, "the demotion");
    return rc;
}

static void demote_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    char who[CONTROL_WHO_BYTES];
    control_who(query->call, who);
    struct promotion demotion = {
        .eval = as_json_get_cstr(params, "eval"),
        .at_ms = clock_wall_ms(),
        .who = who,
        .why = as_json_get_cstr(params, "why"),
    };
    if (demote(store, query, &demotion))
        return;
    query->result = as_json_object();
    as_json_set_str(query->result, "eval", demotion.eval);
    as_json_set_take(query->result, "taken_back", control_promotion_json(&demotion));
    if (!set_in_force(store, query, demotion.eval))
        query->rc = promote_point(store, query->app->promoted_dir, demotion.eval, &query->err);
}

static void demote_finish(struct control_query *query)
{
    events_poke(query->app->events);
}

void handle_promotion_demote(void *ctx, struct control_call *call)
{
    control_write(ctx, call, demote_work, demote_finish);
}
