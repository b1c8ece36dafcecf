/* run.start and run.plan: what a caller says of a run, as the engine is asked for it. */
#include "daemon/control/handlers.h"

#include <math.h>
#include <stdlib.h>

static void tell_started(struct control_call *call, int64_t run, struct as_json *warnings_take,
                         const struct as_err *err)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", run);
    if (warnings_take)
        as_json_set_take(json, "warnings", warnings_take);
    if (err) {
        control_fail(call, err);
        as_json_free(json);
    } else {
        control_reply(call, json);
    }
}

void control_run_started(void *ctx, int64_t run, const struct as_err *err)
{
    tell_started(ctx, run, NULL, err);
}

/* The eval may be another by the time the run is there. */
struct starting {
    struct control_call *call;
    struct as_json *warnings;
};

static void on_note(void *ctx, const char *sentence)
{
    struct starting *starting = ctx;
    as_json_push_take(starting->warnings, as_json_new_str(as_str_from(sentence)));
}

static void on_started(void *ctx, int64_t run, const struct as_err *err)
{
    struct starting *starting = ctx;
    tell_started(starting->call, run, starting->warnings, err);
    free(starting);
}

static void start(struct control_app *app, const struct eval_def *eval,
                  struct engine_request *request, struct control_call *call)
{
    struct starting *starting = as_xcalloc(1, sizeof(*starting));
    *starting = (struct starting){call, control_eval_warnings(eval)};
    if (engine_is_draining(app->engine))
        on_note(starting, "assayd is stopping: the run begins when it is started again");
    request->note = on_note;
    engine_start(app->engine, request, on_started, starting);
}

static struct budget_rules caps_of(const struct as_json *params)
{
    struct budget_rules caps;
    budget_rules_init(&caps);
    caps.max_cost_usd = as_json_get_num(params, "max_cost_usd", NAN);
    caps.max_requests = as_json_get_int(params, "max_requests", 0);
    caps.max_tokens = as_json_get_int(params, "max_tokens", 0);
    return caps;
}

static void on_planned(void *ctx, struct as_json *plan, const struct as_err *err)
{
    if (err)
        control_fail(ctx, err);
    else
        control_reply(ctx, plan);
}

/* Its strings are in the arena. */
static int selection_of(const struct as_json *params, struct as_arena *arena,
                        struct selection_rules *ret_rules, struct as_err *err)
{
    *ret_rules = (struct selection_rules){
        .max_cases = as_json_get_int(params, "max_cases", 0),
        .has_seed = as_json_has(params, "seed"),
        .seed = (uint64_t)as_json_get_int(params, "seed", 0),
    };
    int rc = selection_parse_where(as_json_get_cstr(params, "where"), arena, ret_rules, err);
    return rc ? rc
              : selection_parse_sample(as_json_get_cstr(params, "sample"), arena, ret_rules, err);
}

struct settings { /* what a call says of a run */
    const char *models[EVAL_MAX_CANDIDATES];
    struct journal_rules journal;
    struct run_overrides overrides; /* points to the above, the call and the arena */
    struct as_arena arena;
};

static void take_models(const struct as_json *params, struct settings *settings)
{
    const struct as_json *wanted = as_json_get(params, "models");
    size_t count = as_json_len(wanted);
    for (size_t i = 0; i < count && i < EVAL_MAX_CANDIDATES; i++)
        settings->models[i] = as_json_cstr(as_json_at(wanted, i));
    settings->overrides.models = wanted ? settings->models : NULL;
    settings->overrides.model_count = count;
}

/* run.start and run.plan are told the same. The arena is the caller's to release in any case. */
static int settings_of(const struct as_json *params, struct settings *settings, struct as_err *err)
{
    struct run_overrides *overrides = &settings->overrides;
    bool has_journal = as_json_has(params, "journal") || as_json_has(params, "max_age");
    int rc = has_journal ? control_journal_rules(params, &settings->journal, err) : 0;
    if (!rc)
        rc = selection_of(params, &settings->arena, &overrides->selection, err);
    if (!rc)
        rc = call_rules_from_json(params, &overrides->calls, err);
    take_models(params, settings);
    overrides->samples = (uint32_t)as_json_get_int(params, "samples", 0);
    overrides->is_scheduled = as_json_get_bool(params, "scheduled", false);
    overrides->has_no_looks = as_json_get_bool(params, "no_early_stop", false);
    overrides->budget = caps_of(params);
    overrides->journal = has_journal ? &settings->journal : NULL;
    return rc;
}

static void start_or_plan(struct control_app *app, struct control_call *call, bool is_plan)
{
    struct settings settings = {.arena = {0}};
    struct as_err err = {0};
    char requested_by[CONTROL_WHO_BYTES];
    const struct eval_def *eval = control_eval_of(app, call);
    if (!eval)
        return;
    control_who(call, requested_by);
    int rc = settings_of(call->params, &settings, &err);
    struct engine_request request = {
        .evals = app->evals,
        .eval = eval,
        .overrides = settings.overrides,
        .requested_by = requested_by,
        .tag = as_json_get_cstr(call->params, "tag"),
        .why = as_json_get_cstr(call->params, "why"),
    };
    if (rc)
        control_fail(call, &err);
    else if (is_plan)
        engine_plan(app->engine, &request, on_planned, call);
    else
        start(app, eval, &request, call);
    as_arena_done(&settings.arena);
}

void handle_run_start(void *ctx, struct control_call *call)
{
    start_or_plan(ctx, call, false);
}

void handle_run_plan(void *ctx, struct control_call *call)
{
    start_or_plan(ctx, call, true);
}
