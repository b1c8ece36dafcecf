/* An eval's runs in a row for people: of each model a line that shows its means, a table, and what
 * is said of drift. And what `run show` says of the run that is pinned. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/spark.h"
#include "ctl/wrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPARK_POINTS 60

static void print_spark(const struct output *out, const struct as_json *points)
{
    size_t count = as_json_len(points), first = count > SPARK_POINTS ? count - SPARK_POINTS : 0;
    double values[SPARK_POINTS];
    struct as_buf text = {0};
    for (size_t i = first; i < count; i++)
        values[i - first] = as_json_get_num(as_json_at(points, i), "mean", NAN);
    spark_add(&text, values, count - first, out->is_utf8);
    out_print(out, "  %s  %s to %s\n", as_buf_str(&text).ptr,
              fmt_score(as_json_at(points, first), "mean").s,
              fmt_score(as_json_at(points, count - 1), "mean").s);
    as_buf_done(&text);
}

static const char *what_of(const struct as_json *point)
{
    if (as_json_get_bool(point, "is_reference", false))
        return "reference";
    if (as_json_get_cstr(point, "not_comparable"))
        return "not comparable";
    return as_json_get_bool(point, "id_changed", false) ? "another model id" : "";
}

static void add_point(struct grid *grid, const struct as_json *point)
{
    const char *id = as_json_cstr(as_json_at(as_json_get(point, "ids"), 0));
    size_t ids = as_json_len(as_json_get(point, "ids"));
    grid_add(grid, point, NULL);
    grid_cell(grid, "NOTE", "%s", what_of(point));
    if (ids > 1)
        grid_cell(grid, "MODEL ID", "%s and %zu more", id, ids - 1);
    else
        grid_cell(grid, "MODEL ID", "%s", id ? id : "");
    if (!as_json_get(point, "diff")) {
        grid_cell(grid, "PAIRS", "%s", "");
        grid_cell(grid, "DIFF", "%s", "");
        grid_cell(grid, "ITS INTERVAL", "%s", "");
    }
}

static void print_points(const struct output *out, const struct as_json *points)
{
    static const struct grid_column columns[] = {
        {"RUN", GRID_RIGHT, "run", fmt_count},
        {"ENDED", 0, "ended_ms", fmt_time},
        {"N", GRID_RIGHT, "n", fmt_count},
        {"MEAN", GRID_RIGHT | GRID_BOLD, "mean", fmt_score},
        {"95 % INTERVAL", 0, "ci", fmt_interval},
        {"PAIRS", GRID_RIGHT, "n_pairs", fmt_count},
        {"DIFF", GRID_RIGHT | GRID_BOLD, "diff", fmt_diff},
        {"ITS INTERVAL", 0, "diff_ci", fmt_interval},
        {"RUN'S GATE", GRID_WORD, "outcome", NULL},
        {"MODEL ID", GRID_TRUNC | GRID_WIDE, NULL, NULL},
        {"NOTE", 0, NULL, NULL},
        {0},
    };
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(points); i++)
        add_point(grid, as_json_at(points, i));
    grid_print_free(grid);
}

/* Each sentence once, whatever number of runs it stands at. */
static void print_refusals(const struct output *out, const struct as_json *points)
{
    const char *last = "";
    for (size_t i = 0; i < as_json_len(points); i++) {
        const char *why = as_json_get_cstr(as_json_at(points, i), "not_comparable");
        if (why && strcmp(why, last) != 0)
            wrap_print_after(out, STYLE_WARN, "warning: ", why);
        last = why ? why : last;
    }
}

static void print_cause(const struct output *out, const struct as_json *drift)
{
    struct as_buf text = {0};
    if (!as_json_get_cstr(drift, "cause"))
        return;
    as_buf_addf(&text, "%s: %s", str_or(drift, "cause", "?"), str_or(drift, "cause_why", "?"));
    wrap_print_after(out, STYLE_BOLD, "  cause: ", text.ptr);
    as_buf_done(&text);
}

static void print_drift(const struct output *out, const struct as_json *drift,
                        const struct as_json *result)
{
    const char *reason = as_json_get_cstr(drift, "reason");
    if (as_json_get_bool(drift, "drifting", false))
        out_styled(out, STYLE_BAD, "  DRIFTS from run %s since run %s%s\n",
                   fmt_count(result, "reference").s, fmt_count(drift, "since_run").s,
                   as_json_get_bool(drift, "sudden", false) ? ", which differs with p < 0.001"
                                                            : ", by the sum of many runs (CUSUM)");
    print_cause(out, drift);
    if (reason)
        out_field(out, "drift", "no chart: %s", reason);
    else if (as_json_get(drift, "alarm_run"))
        out_field(out, "drift", "the chart passed its limit in run %s, on the %s side",
                  fmt_count(drift, "alarm_run").s, str_or(drift, "alarm_side", "?"));
    else
        out_field(out, "drift", "none by the chart of %s", fmt_counted(drift, "runs", "run").s);
}

/* What the anchor says of the judge; nothing where no judge makes the metric. */
static void print_judge(const struct output *out, const struct as_json *judge)
{
    const struct as_json *points = as_json_get(judge, "points");
    if (!judge)
        return;
    out_styled(out, STYLE_BOLD, "\nthe judge");
    if (as_json_get(judge, "anchor"))
        out_print(out, ", by %s", str_or(judge, "anchor", "?"));
    if (as_json_len(points))
        print_spark(out, points);
    else
        out_print(out, "\n");
    if (as_json_get(judge, "since_run"))
        out_styled(out, STYLE_BAD, "  DRIFTS since run %s\n", fmt_count(judge, "since_run").s);
    if (as_json_get(judge, "n"))
        out_field(out, "shift", "%s %s, n %s, %s up and %s down, run %s against run %s",
                  fmt_diff(judge, "diff").s, fmt_interval(judge, "ci").s, fmt_count(judge, "n").s,
                  fmt_count(judge, "up").s, fmt_count(judge, "down").s, fmt_count(judge, "run").s,
                  fmt_count(judge, "reference").s);
    wrap_print_after(out, STYLE_DIM, "  ", str_or(judge, "reason", ""));
    wrap_print_after(out, STYLE_DIM, "  ", str_or(judge, "lag", ""));
}

void print_history(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *models = as_json_get(result, "models");
    if (as_json_get_bool(result, "pending", false))
        out_styled(out, STYLE_WARN,
                   "a run that has just ended may be missing still: look again in a moment\n");
    out_styled(out, STYLE_BOLD, "%s", str_or(result, "eval", "?"));
    if (!as_json_len(models)) {
        out_print(out, "  no run of it is done yet\n");
        return;
    }
    out_print(out, "  %s", str_or(result, "metric", "?"));
    if (as_json_get(result, "reference"))
        out_print(out, ", against run %s", fmt_count(result, "reference").s);
    out_print(out, "\n");
    for (size_t i = 0; i < as_json_len(models); i++) {
        const struct as_json *model = as_json_at(models, i);
        const struct as_json *points = as_json_get(model, "points");
        out_styled(out, STYLE_BOLD, "\n%s", str_or(model, "model", "?"));
        print_spark(out, points);
        print_points(out, points);
        print_refusals(out, points);
        print_drift(out, as_json_get(model, "drift"), result);
    }
    print_judge(out, as_json_get(result, "judge"));
}

/* ---- run show ---- */

static const struct as_json *primary_of(const struct as_json *run, const struct as_json *metrics)
{
    const char *primary = str_or(run, "primary", "");
    for (size_t i = 0; i < as_json_len(metrics); i++)
        if (!strcmp(str_or(as_json_at(metrics, i), "metric", ""), primary))
            return as_json_at(metrics, i);
    return NULL;
}

void print_against_reference(const struct output *out, const struct as_json *run)
{
    const struct as_json *reference = as_json_get(run, "reference");
    const struct as_json *versus = primary_of(run, as_json_get(reference, "metrics"));
    const struct as_json *comparisons = as_json_get(versus, "comparisons");
    const char *error = as_json_get_cstr(versus, "error");
    if (!versus)
        return;
    out_styled(out, STYLE_BOLD, "\nagainst run %s, the reference\n", fmt_count(reference, "run").s);
    if (error)
        wrap_print_after(out, STYLE_WARN, "warning: ", error);
    for (size_t i = 0; i < as_json_len(comparisons); i++) {
        const struct as_json *pair = as_json_at(comparisons, i);
        out_field(out, str_or(pair, "model", "?"), "%s %s, p %s, %s", fmt_diff(pair, "diff").s,
                  fmt_interval(pair, "ci").s, fmt_p(pair, "p").s,
                  fmt_counted(pair, "n_pairs", "pair").s);
    }
}
