/* baseline.*: what an eval is measured against. Whether a target can be one is told here, with what
 * there is instead; a model's name is looked up on the loop, where the configuration is. */
#include "daemon/control/handlers.h"

#include "daemon/model/recording.h"
#include "daemon/store/baselines.h"
#include "lib/nearest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_NAMED 5
#define LAST_WORD "last"
#define LAST_PAGE 100

static struct as_json *pin_json(const struct baseline_pin *pin)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "id", pin->id);
    as_json_set_str(json, "kind", baseline_kind_name(pin->kind));
    as_json_set_take(json, "run", pin->run ? as_json_new_int(pin->run) : NULL);
    as_json_set_str(json, "model", pin->model);
    as_json_set_int(json, "at_ms", pin->at_ms);
    as_json_set_str(json, "who", pin->who);
    as_json_set_str(json, "why", pin->why);
    return json;
}

/* ---- set ---- */

/* A number, or "last". */
static bool names_a_run(const char *target)
{
    return !strcmp(target, LAST_WORD) || (*target && !target[strspn(target, "0123456789")]);
}

/* "3, 2, 1": the eval's newest runs that are done; *ret_last is the newest, 0 = none. */
static int done_runs(struct store *store, struct control_query *query, const char *eval,
                     struct as_buf *names, int64_t *ret_last)
{
    struct group_record *groups = NULL;
    size_t count = 0, found = 0;
    int rc = store_groups_page(store, eval, 0, LAST_PAGE, &query->arena, &groups, &count);
    *ret_last = 0;
    for (size_t i = 0; !rc && i < count && found < RUNS_NAMED; i++) {
        if (groups[i].state != GROUP_DONE)
            continue;
        *ret_last = *ret_last ? *ret_last : groups[i].id;
        as_buf_addf(names, "%s%" PRId64, found++ ? ", " : "", groups[i].id);
    }
    if (rc)
        control_store_failed(store, query, rc, "the list of runs");
    return rc;
}

/* The sentence goes on with what there is. */
static void refuse_run(struct control_query *query, int code, const char *what,
                       const struct as_buf *names)
{
    const char *eval = as_json_get_cstr(query->call->params, "eval");
    query->rc = names->len
                    ? as_err_set(&query->err, code, "%s; runs of '%s' that are done: %s", what,
                                 eval, names->ptr)
                    : as_err_set(&query->err, code, "%s; no run of '%s' is done yet", what, eval);
}

static void check_run(struct store *store, struct control_query *query, int64_t *ret_run)
{
    const char *eval = as_json_get_cstr(query->call->params, "eval");
    const char *target = as_json_get_cstr(query->call->params, "target");
    struct group_record group = {0};
    struct as_buf names = {0};
    struct as_arena *arena = &query->arena;
    int64_t last;
    if (done_runs(store, query, eval, &names, &last))
        return;
    int64_t run = strcmp(target, LAST_WORD) ? strtoll(target, NULL, 10) : last;
    int rc = run ? store_group_get(store, run, arena, &group) : AS_ENOENT;
    if (rc == AS_ENOENT)
        refuse_run(query, rc, as_arena_printf(arena, "run %s is not there", target), &names);
    else if (rc)
        control_store_failed(store, query, rc, "the run");
    else if (strcmp(group.eval_name, eval) != 0)
        refuse_run(query, AS_EINVAL,
                   as_arena_printf(arena, "run %s is one of eval '%s'", target, group.eval_name),
                   &names);
    else if (group.state != GROUP_DONE)
        refuse_run(query, AS_ESTATE,
                   as_arena_printf(arena, "run %s is %s, and a reference must be done", target,
                                   group_state_name(group.state)),
                   &names);
    *ret_run = run;
    as_buf_done(&names);
}

static void check_recorded(struct store *store, struct control_query *query, const char *dataset)
{
    struct dataset_info info;
    int rc = store_dataset_find(store, dataset, &query->arena, &info);
    if (rc)
        control_store_failed(store, query, rc,
                             as_arena_printf(&query->arena, "dataset '%s'", dataset));
    else if (!info.recorded_count)
        query->rc =
            as_err_set(&query->err, AS_EINVAL,
                       "none of the %" PRId64 " cases of dataset '%s' has a recorded answer",
                       info.case_count, dataset);
}

/* The pin and its entry of the audit log. */
static int keep(struct store *store, struct control_query *query, struct baseline_pin *pin)
{
    AS_CLEANUP_JSON struct as_json *detail = as_json_object();
    struct as_buf text = {0};
    as_json_set_str(detail, "kind", baseline_kind_name(pin->kind));
    as_json_set_take(detail, pin->run ? "run" : "model",
                     pin->run ? as_json_new_int(pin->run)
                              : as_json_new_str(as_str_from(pin->model)));
    as_json_write(detail, &text);
    struct audit_entry entry = {
        .at_ms = pin->at_ms,
        .who = pin->who,
        .action = query->call->method->name,
        .target = as_arena_printf(&query->arena, "eval %s", pin->eval),
        .why = pin->why,
        .detail_json = text.ptr,
    };
    struct event event = {
        .at_ms = pin->at_ms,
        .kind = EVENT_BASELINE_SET,
        .eval = pin->eval,
        .run = pin->run,
        .text = pin->run
                    ? as_arena_printf(&query->arena, "run %" PRId64 " is the reference, set by %s",
                                      pin->run, pin->who)
                    : as_arena_printf(&query->arena, "%s is the baseline, set by %s", pin->model,
                                      pin->who),
        .detail_json = text.ptr,
    };
    int rc = store_baseline_note(store, pin, &entry, &event, &pin->id);
    as_buf_done(&text);
    if (rc)
        control_store_failed(store, query, rc, "the baseline");
    return rc;
}

static void set_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    const char *target = as_json_get_cstr(params, "target"), *recording = recording_of(target);
    char who[CONTROL_WHO_BYTES];
    struct baseline_pin pin = {
        .eval = as_json_get_cstr(params, "eval"),
        .kind = recording             ? BASELINE_RECORDED
                : names_a_run(target) ? BASELINE_RUN
                                      : BASELINE_MODEL,
        .model = target,
        .at_ms = clock_wall_ms(),
        .who = who,
        .why = as_json_get_cstr(params, "why"),
    };
    control_who(query->call, who);
    if (pin.kind == BASELINE_RUN) {
        pin.model = NULL;
        check_run(store, query, &pin.run);
    } else if (recording && !*recording) {
        check_recorded(store, query, eval_set_find(query->evals, pin.eval)->dataset);
    }
    if (query->rc || keep(store, query, &pin))
        return;
    query->result = as_json_object();
    as_json_set_str(query->result, "eval", pin.eval);
    as_json_set_take(query->result, "pin", pin_json(&pin));
}

static void set_finish(struct control_query *query)
{
    events_poke(query->app->events);
    summaries_look(query->app->summaries);
    scheduler_pins_changed(query->app->scheduler);
}

/* Of a target that is neither a run nor recorded. */
static int check_model(const struct config *config, const char *name, struct as_err *err)
{
    struct as_nearest nearest = {0};
    struct as_buf names = {0};
    if (config_model(config, name))
        return 0;
    for (size_t i = 0; i < config->model_count; i++) {
        as_nearest_offer(&nearest, name, config->models[i].name);
        as_buf_addf(&names, "%s%s", i ? ", " : "", config->models[i].name);
    }
    int rc = nearest.best
                 ? as_err_set(err, AS_ENOENT, "no model named '%s': did you mean '%s'?", name,
                              nearest.best)
                 : as_err_set(err, AS_ENOENT,
                              "'%s' is neither a run's number nor recorded nor a model; there is "
                              "%.400s",
                              name, names.len ? names.ptr : "no model");
    as_buf_done(&names);
    return rc;
}

void handle_baseline_set(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    const char *target = as_json_get_cstr(call->params, "target");
    struct as_err err = {0};
    if (!control_eval_of(app, call))
        return;
    if (!recording_of(target) && !names_a_run(target) && check_model(app->config, target, &err)) {
        control_fail(call, &err);
        return;
    }
    control_write(app, call, set_work, set_finish);
}

/* ---- show ---- */

/* *ret_json: the pin, or NULL where there is none. */
static int give_pin(struct store *store, struct control_query *query, int rc,
                    const struct baseline_pin *pin, struct as_json **ret_json)
{
    *ret_json = rc ? NULL : pin_json(pin);
    if (rc && rc != AS_ENOENT)
        control_store_failed(store, query, rc, "the baseline");
    return rc == AS_ENOENT ? 0 : rc;
}

static void show_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    const char *eval = as_json_get_cstr(params, "eval");
    const struct eval_def *def = eval_set_find(query->evals, eval);
    const char *of_file = def->baseline;
    uint32_t limit = control_limit(query->call);
    struct baseline_pin member, reference, *pins = NULL;
    struct as_json *json = as_json_object(), *list = as_json_array(), *pin = NULL;
    struct as_json *warnings = as_json_array();
    size_t count = 0;
    query->result = json;
    as_json_set_take(json, "history", list);
    as_json_set_take(json, "warnings", warnings);
    as_json_set_str(json, "eval", eval);
    as_json_set_str(json, "file_baseline", of_file);
    int rc = store_baseline_member(store, eval, &query->arena, &member);
    as_json_set_str(json, "baseline", rc ? of_file : member.model);
    if (give_pin(store, query, rc, &member, &pin))
        return;
    as_json_set_take(json, "member", pin);
    rc = store_baseline_run(store, eval, &query->arena, &reference);
    if (give_pin(store, query, rc, &reference, &pin))
        return;
    as_json_set_take(json, "reference", pin);
    rc = store_baseline_page(store, eval, as_json_get_int(params, "before", 0), limit,
                             &query->arena, &pins, &count);
    if (rc) {
        control_store_failed(store, query, rc, "the baselines");
        return;
    }
    for (size_t i = 0; i < count; i++)
        as_json_push_take(list, pin_json(&pins[i]));
    if (count == limit)
        as_json_set_int(json, "next", pins[count - 1].id);
    control_add_anchor_warnings(store, query, def, warnings);
}

void handle_baseline_show(void *ctx, struct control_call *call)
{
    if (control_eval_of(ctx, call))
        control_read(ctx, call, show_work, NULL);
}
