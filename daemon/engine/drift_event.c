/* The two events share their words. What was told last is read from the events themselves, so that
 * nothing is told twice, whatever was killed between. */
#include "daemon/engine/drift_event.h"

#include "daemon/core/loop.h"
#include "daemon/engine/anchor.h"
#include "daemon/store/baselines.h"
#include "daemon/store/events.h"

#include <inttypes.h>
#include <string.h>

#define TOLD_EVENTS 200 /* of an eval: how far back is looked for what was told of a model */

struct telling {
    const struct drift_sight *sight;
    const struct series_run *run; /* the newest */
    const struct as_json *comparison;
    struct drift drift;
    struct judge_word judge;
    struct cause cause;
    struct as_arena *arena;
};

static const char *difference_text(const struct telling *on)
{
    return as_arena_printf(on->arena, "by %s: %+.1f points in run %" PRId64 ", n %" PRId64,
                           on->sight->line.metric, 100 * as_json_get_num(on->comparison, "diff", 0),
                           on->run->run, as_json_get_int(on->comparison, "n_pairs", 0));
}

static const char *cause_text(const struct telling *on)
{
    return as_arena_printf(on->arena, "cause %s: %s", cause_name(on->cause.kind), on->cause.why);
}

static const char *drift_text(const struct telling *on)
{
    const char *model = on->sight->line.model;
    if (!on->drift.is_drifting)
        return as_arena_printf(on->arena, "%s no longer drifts from run %" PRId64 " %s", model,
                               on->sight->line.reference, difference_text(on));
    return as_arena_printf(on->arena, "%s drifts from run %" PRId64 " %s%s; %s", model,
                           on->sight->line.reference, difference_text(on),
                           on->drift.is_sudden ? "" : ", by the sum of many runs (CUSUM)",
                           cause_text(on));
}

static const char *detail(const struct telling *on)
{
    static const char *const keys[] = {"n_pairs", "diff", "ci", "p"};
    AS_CLEANUP_JSON struct as_json *json = as_json_object();
    struct as_buf text = {0};
    as_json_set_str(json, "metric", on->sight->line.metric);
    as_json_set_int(json, "reference", on->sight->line.reference);
    for (size_t i = 0; i < AS_COUNT(keys); i++)
        as_json_set_take(json, keys[i], as_json_share(as_json_get(on->comparison, keys[i])));
    if (on->drift.is_drifting) {
        as_json_set_int(json, "since_run", on->drift.since_run);
        cause_set_json(json, &on->cause);
        as_json_set_take(json, "judge", cause_judge_json(&on->judge));
    }
    as_json_write(json, &text);
    const char *copy = as_arena_dup(on->arena, as_buf_str(&text)).ptr;
    as_buf_done(&text);
    return copy;
}

/* False: the newest run cannot be compared, or the model was not in it. */
static bool look(const struct drift_sight *sight, struct as_arena *arena, struct telling *on)
{
    const struct series *series = sight->line.series;
    *on = (struct telling){.sight = sight, .run = &series->runs[series->count - 1], .arena = arena};
    on->comparison =
        series_comparison(series_versus(on->run->body, sight->line.metric), sight->line.model);
    on->drift = series_drift(&sight->line, series->count);
    return on->run->reference == sight->line.reference && on->comparison;
}

static int find_cause(struct telling *on, struct as_err *err)
{
    const struct drift_sight *sight = on->sight;
    const struct anchor_question question = {
        .eval = sight->eval,
        .run = on->run->run,
        .reference = sight->line.reference,
        .metric = sight->line.metric,
    };
    int rc = anchor_ask(sight->store, &question, on->arena, &on->judge, err);
    if (rc)
        return rc;
    on->cause = series_cause(&sight->line, &on->judge, on->arena);
    return 0;
}

int drift_event_make(const struct drift_sight *sight, struct as_arena *arena,
                     struct event *ret_event, struct as_err *err)
{
    struct telling on;
    if (!look(sight, arena, &on))
        return AS_ENOENT;
    struct drift before = series_drift(&sight->line, sight->line.series->count - 1);
    if (before.is_drifting == on.drift.is_drifting)
        return AS_ENOENT;
    int rc = on.drift.is_drifting ? find_cause(&on, err) : 0;
    if (rc)
        return rc;
    *ret_event = (struct event){
        .kind = EVENT_DRIFT,
        .is_over = !on.drift.is_drifting,
        .subject = sight->line.model,
        .text = drift_text(&on),
        .detail_json = detail(&on),
    };
    return 0;
}

/* ---- causes that are known later ---- */

struct finding {
    struct store *store;
    struct as_arena *arena;
    struct as_buf events; /* struct event */
    struct as_err *err;
};

static const char *cause_in(const struct event *event, struct as_arena *arena)
{
    AS_CLEANUP_JSON struct as_json *json = NULL;
    const char *text = event->detail_json;
    if (!text || as_json_parse(text, strlen(text), &json, NULL))
        return NULL;
    return as_arena_strdup(arena, as_json_get_cstr(json, "cause"));
}

/* The newest event of the kind; id 0: none of the eval's last ones is of the model. */
static int find_told(struct finding *on, const struct drift_sight *sight, enum event_kind kind,
                     struct event *ret_event)
{
    const struct event_filter filter = {.eval = sight->eval->name, .kind = event_kind_name(kind)};
    struct event *events = NULL;
    size_t count = 0;
    int rc = store_events_page(on->store, &filter, true, TOLD_EVENTS, on->arena, &events, &count);
    *ret_event = (struct event){0};
    for (size_t i = 0; i < count && !rc; i++)
        if (events[i].subject && !strcmp(events[i].subject, sight->line.model))
            *ret_event = events[i];
    return rc ? as_err_set(on->err, rc, "the events: %s", store_error(on->store)) : 0;
}

/* *ret_cause: what was told of the drift that is on; NULL: nobody was told of one, and then its
 * cause is no news either. */
static int told_cause(struct finding *on, const struct drift_sight *sight, const char **ret_cause)
{
    struct event drift, cause = {0};
    int rc = find_told(on, sight, EVENT_DRIFT, &drift);
    if (!rc)
        rc = find_told(on, sight, EVENT_DRIFT_CAUSE, &cause);
    if (rc)
        return rc;
    bool is_on = drift.id && !drift.is_over;
    *ret_cause = is_on ? cause_in(cause.id > drift.id ? &cause : &drift, on->arena) : NULL;
    return 0;
}

static int find_of_model(struct finding *on, const struct drift_sight *sight)
{
    struct telling telling;
    const char *told = NULL;
    if (!look(sight, on->arena, &telling) || !telling.drift.is_drifting)
        return 0;
    int rc = told_cause(on, sight, &told);
    if (rc || !told)
        return rc;
    rc = find_cause(&telling, on->err);
    const char *now = cause_name(telling.cause.kind);
    if (rc || telling.cause.kind == CAUSE_UNKNOWN || !strcmp(now, told))
        return rc;
    struct event event = {
        .at_ms = clock_wall_ms(),
        .kind = EVENT_DRIFT_CAUSE,
        .eval = as_arena_strdup(on->arena, sight->eval->name),
        .subject = sight->line.model,
        .run = telling.run->run,
        .text =
            as_arena_printf(on->arena, "%s drifts from run %" PRId64 " %s; %s", sight->line.model,
                            sight->line.reference, difference_text(&telling), cause_text(&telling)),
        .detail_json = detail(&telling),
    };
    as_buf_add(&on->events, &event, sizeof(event));
    return 0;
}

static int find_of_models(struct finding *on, struct drift_sight *sight)
{
    const struct as_json *body = sight->line.series->runs[sight->line.series->count - 1].body;
    const struct as_json *members = as_json_get(body, "members");
    int rc = 0;
    sight->line.metric = as_json_get_cstr_or(body, "primary", "");
    for (size_t i = 0; i < as_json_len(members) && !rc; i++) {
        sight->line.model =
            as_arena_strdup(on->arena, as_json_get_cstr_or(as_json_at(members, i), "model", ""));
        bool is_twin = i && series_member(body, sight->line.model) != as_json_at(members, i);
        rc = is_twin ? 0 : find_of_model(on, sight);
    }
    return rc;
}

static int find_of_eval(struct finding *on, const struct eval_def *eval)
{
    struct baseline_pin pin;
    struct series series = {0};
    int rc = store_baseline_run(on->store, eval->name, on->arena, &pin);
    if (rc)
        return rc == AS_ENOENT
                   ? 0
                   : as_err_set(on->err, rc, "the baseline: %s", store_error(on->store));
    struct drift_sight sight = {
        .store = on->store, .eval = eval, .line = {.series = &series, .reference = pin.run}};
    rc = series_load(on->store, eval->name, &series, on->err);
    if (!rc && series.count)
        rc = find_of_models(on, &sight);
    series_done(&series);
    return rc;
}

int drift_causes_find(struct store *store, const struct eval_set *evals, struct as_arena *arena,
                      struct event **ret_events, size_t *ret_count, struct as_err *err)
{
    struct finding on = {.store = store, .arena = arena, .err = err};
    int rc = 0;
    for (size_t i = 0; i < evals->eval_count && !rc; i++)
        if (evals->evals[i].drift.anchor)
            rc = find_of_eval(&on, &evals->evals[i]);
    *ret_count = on.events.len / sizeof(struct event);
    *ret_events = as_arena_alloc(arena, on.events.len + 1);
    if (on.events.len)
        memcpy(*ret_events, on.events.ptr, on.events.len);
    as_buf_done(&on.events);
    return rc;
}
