/* eval.*: the evals in force. */
#include "daemon/control/handlers.h"

#include "daemon/model/gate_json.h"
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

struct as_json *control_eval_warnings(const struct eval_def *eval)
{
    struct as_json *warnings = as_json_array();
    const char *open = gate_rules_warning(&eval->gate);
    if (open)
        as_json_push_take(warnings, as_json_new_str(as_str_from(open)));
    return warnings;
}

void handle_eval_show(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    const struct eval_def *eval = control_eval_of(app, call);
    if (!eval)
        return;
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
    as_json_set_take(json, "warnings", control_eval_warnings(eval));
    as_json_set_str(json, "source", eval->source);
    control_reply(call, json);
}
