/* Bodies are parsed once; everything else is looked up in them. */
#include "daemon/report/series.h"

#include "daemon/model/recording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void series_add_take(struct series *series, const struct series_run *run)
{
    as_buf_add(&series->memory, run, sizeof(*run));
    series->runs = (struct series_run *)(void *)series->memory.ptr;
    series->count = series->memory.len / sizeof(*series->runs);
}

static void add_row(void *ctx, const struct summary_row *row)
{
    struct series *series = ctx;
    struct series_run run = {
        .run = row->record.run,
        .reference = row->record.reference,
        .created_ms = row->created_ms,
        .ended_ms = row->ended_ms,
        .outcome = as_arena_strdup(&series->arena, row->outcome),
        .tag = as_arena_strdup(&series->arena, row->tag),
    };
    if (as_json_parse(row->record.body, strlen(row->record.body), &run.body, NULL))
        return; /* not what we wrote: the run is due again with the next reference */
    if (as_json_has(run.body, "members"))
        series_add_take(series, &run);
    else
        as_json_free(run.body);
}

int series_load(struct store *store, const char *eval, struct series *series, struct as_err *err)
{
    int rc = store_summaries_each(store, eval, add_row, series);
    return rc ? as_err_set(err, rc, "the runs of eval '%s': %s", eval, store_error(store)) : 0;
}

void series_done(struct series *series)
{
    for (size_t i = 0; i < series->count; i++)
        as_json_free(series->runs[i].body);
    as_buf_done(&series->memory);
    as_arena_done(&series->arena);
}

/* ---- a body's parts ---- */

static const struct as_json *find(const struct as_json *list, const char *key, const char *value)
{
    for (size_t i = 0; i < as_json_len(list); i++)
        if (!strcmp(as_json_get_cstr_or(as_json_at(list, i), key, ""), value))
            return as_json_at(list, i);
    return NULL;
}

const struct as_json *series_member(const struct as_json *body, const char *model)
{
    return find(as_json_get(body, "members"), "model", model);
}

const struct as_json *series_versus(const struct as_json *body, const char *metric)
{
    return find(as_json_get(body, "versus"), "metric", metric);
}

const struct as_json *series_comparison(const struct as_json *versus, const char *model)
{
    return find(as_json_get(versus, "comparisons"), "model", model);
}

const char *series_main_id(const struct as_json *member)
{
    const char *id = as_json_cstr(as_json_at(as_json_get(member, "ids"), 0));
    return id ? id : "";
}

/* ---- drift ---- */

/* False: the run cannot be compared with the reference. */
static bool point_of(const struct series_line *line, const struct series_run *run,
                     struct drift_point *ret_point)
{
    *ret_point = (struct drift_point){.run = run->run, .p = 1};
    if (run->run == line->reference)
        return series_member(run->body, line->model) != NULL;
    const struct as_json *comparison =
        series_comparison(series_versus(run->body, line->metric), line->model);
    const struct as_json *ci = as_json_get(comparison, "ci");
    if (run->reference != line->reference || !comparison)
        return false;
    ret_point->diff = as_json_get_num(comparison, "diff", NAN);
    ret_point->low = as_json_num(as_json_at(ci, 0), NAN);
    ret_point->high = as_json_num(as_json_at(ci, 1), NAN);
    ret_point->p = as_json_get_num(comparison, "p", NAN);
    return !isnan(ret_point->diff);
}

struct drift_point *series_points(const struct series_line *line, size_t end, size_t *ret_count)
{
    const struct series_run *runs = line->series->runs;
    struct drift_point *points = as_xcalloc(end + 1, sizeof(*points));
    size_t count = 0;
    for (size_t i = 0; i < end; i++)
        if (runs[i].run >= line->reference && point_of(line, &runs[i], &points[count]))
            count++;
    *ret_count = count;
    return points;
}

struct drift series_drift(const struct series_line *line, size_t end)
{
    size_t count;
    AS_CLEANUP_FREE struct drift_point *points = series_points(line, end, &count);
    return drift_of(points, count);
}

double series_mean(const struct series_line *line)
{
    for (size_t i = 0; i < line->series->count; i++) {
        const struct series_run *run = &line->series->runs[i];
        const struct as_json *member = series_member(run->body, line->model);
        if (run->run == line->reference)
            return as_json_get_num(find(as_json_get(member, "metrics"), "metric", line->metric),
                                   "mean", NAN);
    }
    return NAN;
}

struct cause series_cause(const struct series_line *line, const struct judge_word *judge,
                          struct as_arena *arena)
{
    size_t count;
    AS_CLEANUP_FREE struct drift_point *points = series_points(line, line->series->count, &count);
    struct drift drift = drift_of(points, count);
    const struct cause_subject subject = {
        .shift = cause_shift(points, count, &drift),
        .mean = series_mean(line),
        .is_recorded = recording_of(line->model) != NULL,
    };
    return cause_of(&subject, judge, arena);
}

const struct series_run *series_answered(const struct series *series, size_t end, const char *model)
{
    while (end--)
        if (*series_main_id(series_member(series->runs[end].body, model)))
            return &series->runs[end];
    return NULL;
}

/* ---- tell ---- */

struct telling {
    const struct series *series;
    const struct series_request *request;
    const char *metric;
};

static struct as_json *shared(const struct as_json *object, const char *key)
{
    return as_json_share(as_json_get(object, key));
}

/* What the comparison with the reference has to say of the run. */
static void set_versus(const struct telling *on, const struct series_run *run, const char *model,
                       struct as_json *point)
{
    bool is_current = run->reference == on->request->reference;
    const struct as_json *versus = is_current ? series_versus(run->body, on->metric) : NULL;
    const struct as_json *comparison = series_comparison(versus, model);
    as_json_set_bool(point, "is_reference", run->run == on->request->reference);
    as_json_set_take(point, "not_comparable", shared(versus, "error"));
    as_json_set_take(point, "n_pairs", shared(comparison, "n_pairs"));
    as_json_set_take(point, "diff", shared(comparison, "diff"));
    as_json_set_take(point, "diff_ci", shared(comparison, "ci"));
    as_json_set_take(point, "p", shared(comparison, "p"));
}

static const struct as_json *metric_of(const struct telling *on, size_t index, const char *model)
{
    const struct as_json *member = series_member(on->series->runs[index].body, model);
    return find(as_json_get(member, "metrics"), "metric", on->metric);
}

static struct as_json *point_json(const struct telling *on, size_t index, const char *model)
{
    const struct series_run *run = &on->series->runs[index];
    const struct series_run *before = series_answered(on->series, index, model);
    const struct as_json *member = series_member(run->body, model);
    const struct as_json *metric = metric_of(on, index, model);
    const char *id = series_main_id(member);
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", run->run);
    as_json_set_int(json, "ended_ms", run->ended_ms);
    as_json_set_str(json, "tag", run->tag);
    as_json_set_take(json, "role", shared(member, "role"));
    as_json_set_take(json, "n", shared(metric, "n"));
    as_json_set_take(json, "mean", shared(metric, "mean"));
    as_json_set_take(json, "ci", shared(metric, "ci"));
    set_versus(on, run, model, json);
    as_json_set_str(json, "outcome", run->outcome);
    as_json_set_take(json, "ids", shared(member, "ids"));
    as_json_set_bool(json, "id_changed",
                     before && *id &&
                         strcmp(id, series_main_id(series_member(before->body, model))) != 0);
    return json;
}

static void set_chart(struct as_json *json, const struct drift *drift)
{
    as_json_set_num(json, "mean", drift->chart.mean);
    as_json_set_num(json, "sd", drift->chart.sd);
    as_json_set_num(json, "low", drift->chart.final_low);
    as_json_set_num(json, "high", drift->chart.final_high);
    as_json_set_take(json, "alarm_run",
                     drift->alarm_run ? as_json_new_int(drift->alarm_run) : NULL);
    if (drift->alarm_run)
        as_json_set_str(json, "alarm_side", drift->is_low ? "low" : "high");
}

static void set_cause(const struct telling *on, const struct series_line *line,
                      struct as_json *json)
{
    struct as_arena arena = {0};
    struct cause cause = series_cause(line, on->request->judge, &arena);
    cause_set_json(json, &cause);
    as_arena_done(&arena);
}

static struct as_json *drift_json(const struct telling *on, const char *model)
{
    struct as_json *json = as_json_object();
    if (!on->request->reference) {
        as_json_set_str(json, "reason", "no run is pinned as the reference");
        return json;
    }
    const struct series_line line = {on->series, on->request->reference, model, on->metric};
    struct drift drift = series_drift(&line, on->series->count);
    as_json_set_bool(json, "drifting", drift.is_drifting);
    as_json_set_bool(json, "sudden", drift.is_sudden);
    as_json_set_take(json, "since_run",
                     drift.is_drifting ? as_json_new_int(drift.since_run) : NULL);
    as_json_set_int(json, "runs", (int64_t)drift.runs);
    as_json_set_int(json, "reference_runs", DRIFT_RUNS);
    as_json_set_num(json, "slack", DRIFT_SLACK);
    as_json_set_num(json, "limit", DRIFT_LIMIT);
    as_json_set_str(json, "reason", drift.reason);
    if (drift.is_drifting && on->request->judge)
        set_cause(on, &line, json);
    if (!drift.reason)
        set_chart(json, &drift);
    return json;
}

/* NULL: none of the runs has measured it. */
static struct as_json *model_json(const struct telling *on, const char *model)
{
    size_t first = on->series->count, found = 0;
    while (first && found < on->request->last)
        found += metric_of(on, --first, model) != NULL;
    if (!found)
        return NULL;
    struct as_json *json = as_json_object(), *points = as_json_array();
    for (size_t i = first; i < on->series->count; i++)
        if (metric_of(on, i, model))
            as_json_push_take(points, point_json(on, i, model));
    as_json_set_str(json, "model", model);
    as_json_set_take(json, "points", points);
    as_json_set_take(json, "drift", drift_json(on, model));
    return json;
}

typedef void (*name_fn)(void *ctx, const char *name);

/* The models of the newest run in the order of its members, then those of earlier ones. */
static void each_model(const struct series *series, name_fn fn, void *ctx)
{
    for (size_t i = series->count; i--;) {
        const struct as_json *members = as_json_get(series->runs[i].body, "members");
        for (size_t m = 0; m < as_json_len(members); m++)
            fn(ctx, as_json_get_cstr_or(as_json_at(members, m), "model", ""));
    }
}

static void each_metric(const struct series *series, name_fn fn, void *ctx)
{
    for (size_t i = series->count; i--;) {
        const struct as_json *members = as_json_get(series->runs[i].body, "members");
        const struct as_json *metrics = as_json_get(as_json_at(members, 0), "metrics");
        for (size_t m = 0; m < as_json_len(metrics); m++)
            fn(ctx, as_json_get_cstr_or(as_json_at(metrics, m), "metric", ""));
    }
}

struct gathering {
    const struct telling *on;
    struct as_json *models;
};

static void gather_model(void *ctx, const char *model)
{
    struct gathering *gathering = ctx;
    const char *wanted = gathering->on->request->model;
    if ((wanted && strcmp(model, wanted) != 0) || find(gathering->models, "model", model))
        return;
    struct as_json *json = model_json(gathering->on, model);
    if (json)
        as_json_push_take(gathering->models, json);
}

static void gather_name(void *ctx, const char *name)
{
    as_json_set_bool(ctx, name, true);
}

static void add_name(void *ctx, const char *name, struct as_json *value)
{
    struct as_buf *out = ctx;
    (void)value;
    as_buf_addf(out, "%s%s", out->len ? ", " : "", name);
}

static int refuse(const struct telling *on, struct as_err *err)
{
    const struct series_request *request = on->request;
    AS_CLEANUP_JSON struct as_json *models = as_json_object(), *metrics = as_json_object();
    struct as_buf of_models = {0}, of_metrics = {0};
    each_model(on->series, gather_name, models);
    each_metric(on->series, gather_name, metrics);
    as_json_each(models, add_name, &of_models);
    as_json_each(metrics, add_name, &of_metrics);
    int rc = as_err_set(err, AS_EINVAL,
                        "no run of eval '%s' measured '%s'%s%s%s; the models are %.300s, the "
                        "metrics %.300s",
                        request->eval, on->metric, request->model ? " of '" : "",
                        request->model ? request->model : "", request->model ? "'" : "",
                        as_buf_str(&of_models).ptr, as_buf_str(&of_metrics).ptr);
    as_buf_done(&of_models);
    as_buf_done(&of_metrics);
    return rc;
}

const char *series_metric(const struct series *series, const struct series_request *request)
{
    if (request->metric || !series->count)
        return request->metric ? request->metric : "";
    return as_json_get_cstr_or(series->runs[series->count - 1].body, "primary", "");
}

int series_tell(const struct series *series, const struct series_request *request,
                struct as_json **ret_json, struct as_err *err)
{
    struct telling on = {
        .series = series, .request = request, .metric = series_metric(series, request)};
    struct gathering gathering = {&on, as_json_array()};
    each_model(series, gather_model, &gathering);
    if (series->count && !as_json_len(gathering.models)) {
        as_json_free(gathering.models);
        return refuse(&on, err);
    }
    struct as_json *json = as_json_object();
    as_json_set_str(json, "eval", request->eval);
    as_json_set_str(json, "metric", *on.metric ? on.metric : NULL);
    as_json_set_take(json, "reference",
                     request->reference ? as_json_new_int(request->reference) : NULL);
    as_json_set_take(json, "models", gathering.models);
    *ret_json = json;
    return 0;
}
