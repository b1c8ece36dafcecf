/* eval.*: the evals in force. */
#include "daemon/control/handlers.h"

#include "daemon/model/gate_json.h"
#include "daemon/store/baselines.h"
#include "lib/arena.h"
#include "lib/nearest.h"

#include <string.h>

static struct as_json *strings(const char *const *list, size_t count)
{
    struct as_json *array = as_json_array();
    for (size_t i = 0; i < count; i++)
        as_json_push_take(array, as_json_new_str(as_str_from(list[i])));
    return array;
}

static struct as_json *metric_names(const struct eval_def *eval)
{
    struct as_json *array = as_json_array();
    for (size_t i = 0; i < eval->scorer_count; i++)
        as_json_push_take(array, as_json_new_str(as_str_from(eval->scorers[i].name)));
    if (eval->has_rubric)
        as_json_push_take(array, as_json_new_str(as_str_from(eval->rubric.name)));
    return array;
}

void handle_eval_list(void *ctx, struct control_call *call)
{
    const struct eval_set *set = ((struct control_app *)ctx)->evals;
    struct as_json *evals = as_json_array(), *refused = as_json_array(), *json = as_json_object();
    for (size_t i = 0; i < set->eval_count; i++) {
        const struct eval_def *eval = &set->evals[i];
        struct as_json *item = as_json_object();
        as_json_set_str(item, "name", eval->name);
        as_json_set_str(item, "description", eval->description);
        as_json_set_str(item, "dataset", eval->dataset);
        as_json_set_str(item, "baseline", eval->baseline);
        as_json_set_take(item, "candidates", strings(eval->candidates, eval->candidate_count));
        as_json_set_take(item, "metrics", metric_names(eval));
        as_json_set_str(item, "primary", eval->primary);
        as_json_set_str(item, "judge", eval->judge);
        as_json_push_take(evals, item);
    }
    for (size_t i = 0; i < set->refusal_count; i++) {
        struct as_json *item = as_json_object();
        as_json_set_str(item, "path", set->refusals[i].path);
        as_json_set_str(item, "reason", set->refusals[i].reason);
        as_json_push_take(refused, item);
    }
    as_json_set_take(json, "evals", evals);
    as_json_set_take(json, "refused", refused);
    control_reply(call, json);
}

static struct as_json *plugin_json(const struct eval_plugin *plugin)
{
    struct as_json *json = as_json_object(), *params = NULL;
    as_json_set_str(json, "name", plugin->name);
    as_json_set_str(json, "selector", plugin->selector);
    if (!as_json_parse(plugin->params_json, strlen(plugin->params_json), &params, NULL))
        as_json_set_take(json, "params", params);
    return json;
}

static void say_why_not(const struct eval_set *set, const char *name, struct as_err *err)
{
    const struct eval_refusal *refusal = eval_set_refusal(set, name);
    struct as_nearest nearest = {0};
    for (size_t i = 0; i < set->eval_count; i++)
        as_nearest_offer(&nearest, name, set->evals[i].name);
    if (refusal)
        as_err_set(err, AS_ENOENT, "eval '%s' was refused: %s", name, refusal->reason);
    else if (nearest.best)
        as_err_set(err, AS_ENOENT, "no eval named '%s': did you mean '%s'?", name, nearest.best);
    else
        as_err_set(err, AS_ENOENT, "no eval named '%s': see `assayctl eval ls`", name);
}

const struct eval_def *control_eval_of(struct control_app *app, struct control_call *call)
{
    const char *name = as_json_get_cstr(call->params, "eval");
    const struct eval_def *eval = eval_set_find(app->evals, name);
    struct as_err err = {0};
    if (eval)
        return eval;
    say_why_not(app->evals, name, &err);
    control_fail(call, &err);
    return NULL;
}

static struct as_json *early_stop_json(const struct eval_def *eval)
{
    if (!eval->early_stop.looks)
        return NULL;
    struct as_json *json = as_json_object();
    as_json_set_int(json, "looks", eval->early_stop.looks);
    return json;
}

/* Each sentence once, whatever number of evals name the anchor. */
static void add_anchor_warnings(const struct eval_def *anchor, const char *said_by, bool is_pinned,
                                struct as_json *warnings)
{
    struct as_arena arena = {0};
    const char *name = anchor->name, *text;
    if (!is_pinned) {
        text = as_arena_printf(&arena,
                               "eval '%s' names '%s' as its anchor, which says nothing without a "
                               "reference: `assayctl run start %s --wait`, then `assayctl baseline "
                               "set %s last`",
                               said_by, name, name, name);
        as_json_push_take(warnings, as_json_new_str(as_str_from(text)));
    }
    if (!anchor->schedule_count) {
        text = as_arena_printf(&arena,
                               "eval '%s' names '%s' as its anchor, which is judged only when "
                               "somebody starts it: give %s a schedule",
                               said_by, name, anchor->path);
        as_json_push_take(warnings, as_json_new_str(as_str_from(text)));
    }
    as_arena_done(&arena);
}

/* The first eval that names it; NULL: none does. */
static const struct eval_def *named_by(const struct eval_set *set, const char *anchor)
{
    for (size_t i = 0; i < set->eval_count; i++)
        if (set->evals[i].drift.anchor && !strcmp(set->evals[i].drift.anchor, anchor))
            return &set->evals[i];
    return NULL;
}

void control_add_anchor_warnings(struct store *store, struct control_query *query,
                                 const struct eval_def *eval, struct as_json *warnings)
{
    const char *name = eval->drift.anchor ? eval->drift.anchor : eval->name;
    const struct eval_def *anchor = eval_set_find(query->evals, name);
    const struct eval_def *by = eval->drift.anchor ? eval : named_by(query->evals, name);
    struct baseline_pin pin;
    if (!by || !anchor) /* a file that was refused is told of where files are */
        return;
    int rc = store_baseline_run(store, name, &query->arena, &pin);
    if (rc && rc != AS_ENOENT)
        control_store_failed(store, query, rc, "the baseline");
    else
        add_anchor_warnings(anchor, by->name, !rc, warnings);
}

struct as_json *control_eval_warnings(const struct eval_def *eval)
{
    struct as_json *warnings = as_json_array();
    const char *open = gate_rules_warning(&eval->gate);
    if (open && eval->candidate_count) /* else the gate is never asked */
        as_json_push_take(warnings, as_json_new_str(as_str_from(open)));
    return warnings;
}

static struct as_json *drift_json(const struct eval_def *eval)
{
    if (!eval->drift.anchor)
        return NULL;
    struct as_json *json = as_json_object();
    as_json_set_str(json, "anchor", eval->drift.anchor);
    as_json_set_int(json, "max_gap_ms", eval->drift.max_gap_ms);
    return json;
}

static struct as_json *schedules_json(const struct eval_def *eval)
{
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < eval->schedule_count; i++) {
        const struct schedule_rules *rules = &eval->schedules[i];
        struct as_json *json = as_json_object();
        as_json_set_str(json, "name", rules->name);
        as_json_set_str(json, "cron", rules->line);
        as_json_set_str(json, "timezone", rules->timezone);
        as_json_set_bool(json, "enabled", rules->is_enabled);
        as_json_push_take(list, json);
    }
    return list;
}

/* Names alone: notify.list tells the rest, and keeps addresses that hold a token to itself. */
static struct as_json *notify_names(const struct notify_rules *rules)
{
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < rules->count; i++)
        as_json_push_take(list, as_json_new_str(as_str_from(rules->rules[i].name)));
    return list;
}

static struct as_json *show(const struct eval_def *eval)
{
    struct as_json *json = as_json_object(), *scorers = as_json_array();
    for (size_t i = 0; i < eval->scorer_count; i++)
        as_json_push_take(scorers, plugin_json(&eval->scorers[i]));
    as_json_set_str(json, "name", eval->name);
    as_json_set_str(json, "description", eval->description);
    as_json_set_str(json, "path", eval->path);
    as_json_set_str(json, "dataset", eval->dataset);
    as_json_set_str(json, "baseline", eval->baseline);
    control_set_time(json, "baseline_max_age_ms", eval->baseline_max_age_ms);
    as_json_set_take(json, "candidates", strings(eval->candidates, eval->candidate_count));
    as_json_set_take(json, "scorers", scorers);
    as_json_set_take(json, "rubric", eval->has_rubric ? plugin_json(&eval->rubric) : NULL);
    as_json_set_str(json, "judge", eval->judge);
    as_json_set_str(json, "primary", eval->primary);
    as_json_set_int(json, "samples", eval->samples);
    as_json_set_int(json, "max_cases", eval->max_cases);
    as_json_set_take(json, "budget", budget_rules_to_json(&eval->budget));
    as_json_set_take(json, "gate", gate_rules_to_json(&eval->gate));
    as_json_set_take(json, "early_stop", early_stop_json(eval));
    as_json_set_take(json, "journal", journal_rules_to_json(&eval->journal));
    as_json_set_take(json, "rank", rank_rules_to_json(&eval->rank));
    as_json_set_take(json, "drift", drift_json(eval));
    as_json_set_take(json, "schedules", schedules_json(eval));
    as_json_set_take(json, "notify", notify_names(&eval->notify));
    as_json_set_take(json, "warnings", control_eval_warnings(eval));
    as_json_set_str(json, "source", eval->source);
    return json;
}

static void show_work(struct store *store, struct control_query *query)
{
    const struct eval_def *eval =
        eval_set_find(query->evals, as_json_get_cstr(query->call->params, "eval"));
    query->result = show(eval);
    control_add_anchor_warnings(store, query, eval, as_json_get(query->result, "warnings"));
}

void handle_eval_show(void *ctx, struct control_call *call)
{
    if (control_eval_of(ctx, call))
        control_read(ctx, call, show_work, NULL);
}
