/* The members come from the stored result, the comparisons from compare_runs, as run.compare makes
 * them. Events are told of a run that has no summary yet: a new pin is no news of the model. */
#include "daemon/engine/summary.h"

#include "daemon/engine/compare_runs.h"
#include "daemon/engine/drift_event.h"
#include "daemon/report/series.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct making {
    struct store *store;
    const struct eval_set *evals;
    const struct summary_due *due;
    struct as_arena *arena;
    struct group_record group;
    struct pins *pins;
    struct as_json *body;
    struct as_buf events;
    struct as_err *err;
};

/* ---- the body ---- */

static struct as_json *shared(const struct as_json *object, const char *key)
{
    return as_json_share(as_json_get(object, key));
}

static struct as_json *pick(const struct as_json *object, const char *const *keys)
{
    struct as_json *json = as_json_object();
    for (; *keys; keys++)
        as_json_set_take(json, *keys, shared(object, *keys));
    return json;
}

static struct as_json *member_json(const struct as_json *member)
{
    static const char *const keys[] = {"metric", "n", "mean", "ci", NULL};
    struct as_json *json = as_json_object(), *ids = as_json_array(), *metrics = as_json_array();
    const struct as_json *returned = as_json_get(member, "returned_ids");
    const struct as_json *measured = as_json_get(member, "metrics");
    for (size_t i = 0; i < as_json_len(returned); i++)
        as_json_push_take(ids, shared(as_json_at(returned, i), "id"));
    for (size_t i = 0; i < as_json_len(measured); i++)
        as_json_push_take(metrics, pick(as_json_at(measured, i), keys));
    as_json_set_take(json, "model", shared(member, "model"));
    as_json_set_take(json, "role", shared(member, "role"));
    as_json_set_take(json, "ids", ids);
    as_json_set_take(json, "metrics", metrics);
    return json;
}

static struct as_json *comparison_json(const struct as_json *comparison)
{
    static const char *const keys[] = {"n_pairs", "diff",   "ci",   "p",        "confidence",
                                       "wins",    "losses", "ties", "sentence", NULL};
    struct as_json *json = pick(comparison, keys);
    as_json_set_take(json, "model", shared(comparison, "candidate"));
    return json;
}

/* A refusal is kept as what it is, and so is a reference that cannot be read: it would hold up the
 * summaries of all runs to come. Only a store that fails is an error. */
static int compare(struct making *on, const char *metric, struct as_json **ret_json)
{
    struct compare_request request = {
        .sides = {.run = on->due->reference, .other = on->due->run, .metric = metric}};
    AS_CLEANUP_JSON struct as_json *compared = NULL;
    struct as_err err = {0};
    int rc = compare_runs(on->store, &request, &compared, &err);
    bool is_refusal = rc == AS_EINVAL || rc == AS_ESTATE || rc == AS_ENOENT || rc == AS_ECORRUPT;
    if (rc && !is_refusal)
        return as_err_set(on->err, rc, "%s", err.msg);
    struct as_json *json = as_json_object(), *list = as_json_array();
    const struct as_json *comparisons = as_json_get(compared, "comparisons");
    for (size_t i = 0; i < as_json_len(comparisons); i++)
        as_json_push_take(list, comparison_json(as_json_at(comparisons, i)));
    as_json_set_str(json, "metric", metric);
    as_json_set_str(json, "error", rc ? err.msg : NULL);
    as_json_set_take(json, "notes", shared(compared, "notes"));
    as_json_set_take(json, "comparisons", list);
    *ret_json = json;
    return 0;
}

static int compare_all(struct making *on)
{
    struct as_json *versus = as_json_array();
    int rc = 0;
    as_json_set_take(on->body, "versus", versus);
    for (size_t i = 0; i < on->pins->metric_count && !rc; i++) {
        struct as_json *json = NULL;
        rc = compare(on, on->pins->metrics[i].name, &json);
        if (!rc)
            as_json_push_take(versus, json);
    }
    return rc;
}

static int make_body(struct making *on)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    const char *text = on->group.result_json;
    struct as_json *members = as_json_array();
    if (as_json_parse(text, strlen(text), &result, NULL))
        result = NULL; /* it was sealed by us: then there are no members */
    const struct as_json *measured = as_json_get(result, "members");
    for (size_t i = 0; i < as_json_len(measured); i++)
        as_json_push_take(members, member_json(as_json_at(measured, i)));
    as_json_set_str(on->body, "primary", on->pins->metrics[on->pins->primary].name);
    as_json_set_take(on->body, "members", members);
    return on->due->reference && on->due->reference != on->due->run ? compare_all(on) : 0;
}

/* ---- events ---- */

static void tell(struct making *on, struct event event)
{
    event.at_ms = on->group.ended_ms;
    event.eval = on->group.eval_name;
    event.run = on->due->run;
    as_buf_add(&on->events, &event, sizeof(event));
}

static void tell_id(struct making *on, const struct series *series, const char *model)
{
    size_t last = series->count - 1;
    const struct series_run *before = series_answered(series, last, model);
    const char *id = series_main_id(series_member(on->body, model));
    if (!before || !*id || !strcmp(id, series_main_id(series_member(before->body, model))))
        return;
    tell(on, (struct event){
                 .kind = EVENT_MODEL_ID_CHANGED,
                 .subject = model,
                 .text = as_arena_printf(on->arena,
                                         "%s is answered by another model id in run %" PRId64
                                         " than in run %" PRId64 ": `assayctl history` has both",
                                         model, on->due->run, before->run)});
}

static int tell_drift(struct making *on, const struct series *series, const char *model)
{
    const struct drift_sight sight = {
        .store = on->store,
        .eval = eval_set_find(on->evals, on->group.eval_name),
        .line = {series, on->due->reference, model, on->pins->metrics[on->pins->primary].name},
    };
    struct event event;
    int rc = drift_event_make(&sight, on->arena, &event, on->err);
    if (!rc)
        tell(on, event);
    return rc == AS_ENOENT ? 0 : rc;
}

/* NULL: the run was compared, or not asked to be. */
static const char *refusal_of(const struct making *on, const struct as_json *body)
{
    const char *metric = on->pins->metrics[on->pins->primary].name;
    return as_json_get_cstr(series_versus(body, metric), "error");
}

/* When it begins and when it ends, by the newest run before that had the same reference. */
static void tell_refusal(struct making *on, const struct series *series)
{
    const char *why = refusal_of(on, on->body), *before = NULL;
    bool is_asked = as_json_has(on->body, "versus");
    for (size_t i = series->count - 1; is_asked && i--;) {
        if (series->runs[i].reference != on->due->reference)
            continue;
        before = refusal_of(on, series->runs[i].body);
        break;
    }
    if (is_asked && !why != !before)
        tell(on,
             (struct event){.kind = EVENT_NOT_COMPARABLE,
                            .is_over = !why,
                            .text = why ? as_arena_strdup(on->arena, why)
                                        : as_arena_printf(on->arena,
                                                          "run %" PRId64 " can be compared with "
                                                          "run %" PRId64 " again",
                                                          on->due->run, on->due->reference)});
}

/* Runs are summarised in the order of their numbers, so those of before are all there. */
static int tell_news(struct making *on)
{
    struct series series = {0};
    struct series_run own = {
        .run = on->due->run, .reference = on->due->reference, .body = as_json_share(on->body)};
    int rc = series_load(on->store, on->group.eval_name, &series, on->err);
    series_add_take(&series, &own);
    if (!rc)
        tell_refusal(on, &series);
    for (size_t i = 0; i < on->pins->member_count && !rc; i++) {
        const char *model = as_arena_strdup(on->arena, on->pins->members[i].spec.name);
        bool is_twin = i && !strcmp(model, on->pins->members[0].spec.name);
        if (is_twin)
            continue;
        tell_id(on, &series, model);
        rc = tell_drift(on, &series, model);
    }
    series_done(&series);
    return rc;
}

/* ---- all of it ---- */

static int make(struct making *on)
{
    int rc = store_group_get(on->store, on->due->run, on->arena, &on->group);
    if (rc)
        return as_err_set(on->err, rc, "run %" PRId64 ": %s", on->due->run, store_error(on->store));
    if (pins_from_json(on->group.pins_json, &on->pins, NULL) || on->pins->journal.of_run)
        return 0; /* of an assayd that we cannot read; or a replay, which is no new run */
    rc = make_body(on);
    return rc || !on->due->is_new ? rc : tell_news(on);
}

int summary_make(struct store *store, const struct eval_set *evals, const struct summary_due *due,
                 struct as_arena *arena, struct summary *ret_summary, struct as_err *err)
{
    struct making on = {.store = store,
                        .evals = evals,
                        .due = due,
                        .arena = arena,
                        .body = as_json_object(),
                        .err = err};
    struct as_buf text = {0};
    int rc = make(&on);
    if (!rc) {
        as_json_write(on.body, &text);
        *ret_summary = (struct summary){
            .eval = on.group.eval_name,
            .record = {due->run, due->reference, as_arena_strdup(arena, text.ptr)},
            .events = as_arena_alloc(arena, on.events.len + 1),
            .event_count = on.events.len / sizeof(struct event),
        };
        if (on.events.len)
            memcpy(ret_summary->events, on.events.ptr, on.events.len);
    }
    as_buf_done(&text);
    as_buf_done(&on.events);
    as_json_free(on.body);
    pins_free(on.pins);
    return rc;
}
