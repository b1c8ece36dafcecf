/* Golden kinds over series and sets: adjusted p-values, sequential looks, drift, cost against
 * quality. */
#include "daemon/stats/multiple.h"
#include "daemon/stats/pareto.h"
#include "daemon/stats/seq.h"
#include "tests/golden/golden.h"

#include <math.h>
#include <string.h>

static double *read_column(const struct table *table, const char *name)
{
    double *values = as_xcalloc(table->rows + 1, sizeof(*values));
    for (size_t row = 0; row < table->rows; row++)
        values[row] = table_num(table, row, table_col(table, name));
    return values;
}

static struct as_json *numbers_json(const double *values, size_t n)
{
    struct as_json *out = as_json_array();
    for (size_t i = 0; i < n; i++)
        as_json_push_take(out, as_json_new_num(values[i]));
    return out;
}

static struct as_json *adjusted_json(const double *p, size_t n)
{
    AS_CLEANUP_FREE double *adjusted = as_xcalloc(n + 1, sizeof(*adjusted));
    struct as_json *out = as_json_object();
    as_json_set_take(out, "p", numbers_json(p, n));
    stats_holm(p, n, adjusted);
    as_json_set_take(out, "holm", numbers_json(adjusted, n));
    stats_benjamini_hochberg(p, n, adjusted);
    as_json_set_take(out, "bh", numbers_json(adjusted, n));
    return out;
}

/* The rows of one set stand together; a set without rows is an empty one. */
struct as_json *golden_multiplicity(const struct golden_input *input)
{
    const struct table *table = &input->table;
    AS_CLEANUP_FREE double *p = read_column(table, "p");
    AS_CLEANUP_FREE double *set = read_column(table, "set");
    struct as_json *out = as_json_array();
    size_t at = 0;
    for (size_t number = 0; number < as_json_len(input->expect); number++) {
        size_t first = at;
        while (at < table->rows && set[at] == (double)number)
            at++;
        as_json_push_take(out, adjusted_json(p + first, at - first));
    }
    return out;
}

static struct as_json *eprocess_json(const struct stats_eprocess *process)
{
    struct as_json *out = as_json_object();
    as_json_set_num(out, "ln_wealth", process->ln_wealth);
    as_json_set_num(out, "ln_wealth_max", process->ln_wealth_max);
    as_json_set_num(out, "p_anytime", process->p_anytime);
    as_json_set_num(out, "stop", process->stop);
    return out;
}

struct as_json *golden_eprocess(const struct golden_input *input)
{
    AS_CLEANUP_FREE double *diffs = read_column(&input->table, "diff");
    double margin = as_json_get_num(input->options, "margin", NAN);
    struct stats_eprocess not_worse = stats_eprocess_not_worse(diffs, input->table.rows, margin);
    struct stats_eprocess worse = stats_eprocess_worse(diffs, input->table.rows, margin);
    struct as_json *out = as_json_object();
    as_json_set_take(out, "not_worse", eprocess_json(&not_worse));
    as_json_set_take(out, "worse", eprocess_json(&worse));
    return out;
}

struct as_json *golden_group_sequential(const struct golden_input *input)
{
    AS_CLEANUP_FREE double *diffs = read_column(&input->table, "diff");
    struct stats_look_plan plan = {
        .looks = (size_t)as_json_get_int(input->options, "looks", 0),
        .n_max = (size_t)as_json_get_int(input->options, "nmax", 0),
        .margin = as_json_get_num(input->options, "margin", NAN),
    };
    if (plan.looks < STATS_LOOKS_MIN || plan.looks > STATS_LOOKS_MAX) {
        table_refuse(&input->table, "options.looks is not %d to %d", STATS_LOOKS_MIN,
                     STATS_LOOKS_MAX);
        return NULL;
    }
    struct as_json *out = as_json_array();
    enum stats_decision decision = STATS_DECISION_CONTINUE;
    for (size_t k = 1; k <= plan.looks && decision == STATS_DECISION_CONTINUE; k++) {
        if (stats_look_size(&plan, k) > input->table.rows)
            break;
        struct stats_look look = stats_look_at(&plan, k, diffs);
        struct as_json *row = as_json_object();
        as_json_set_int(row, "look", (int64_t)look.look);
        as_json_set_int(row, "n", (int64_t)look.n);
        as_json_set_num(row, "c", look.critical);
        as_json_set_num(row, "lo", look.ci.low);
        as_json_set_num(row, "hi", look.ci.high);
        as_json_set_str(row, "decision", stats_decision_name(look.decision));
        as_json_push_take(out, row);
        decision = look.decision;
    }
    return out;
}

struct as_json *golden_cusum(const struct golden_input *input)
{
    AS_CLEANUP_FREE double *means = read_column(&input->table, "mean");
    struct stats_cusum_plan plan = {
        .reference = (size_t)as_json_get_int(input->options, "reference_runs", 0),
        .slack = as_json_get_num(input->options, "k", NAN),
        .limit = as_json_get_num(input->options, "h", NAN),
    };
    struct stats_cusum chart = stats_cusum_of(&plan, means, input->table.rows);
    struct as_json *out = as_json_object();
    as_json_set_num(out, "mu0", chart.mean);
    as_json_set_num(out, "sd0", chart.sd);
    as_json_set_num(out, "alarm_low", chart.alarm_low);
    as_json_set_num(out, "alarm_high", chart.alarm_high);
    as_json_set_num(out, "final_low", chart.final_low);
    as_json_set_num(out, "final_high", chart.final_high);
    as_json_set_num(out, "max_low", chart.max_low);
    as_json_set_num(out, "max_high", chart.max_high);
    as_json_set_str(out, "reason", chart.is_defined ? NULL : "no run-to-run variation");
    return out;
}

#define MODELS_MAX 16

struct models {
    const char *names[MODELS_MAX];
    struct stats_point points[MODELS_MAX];
    size_t n;
    const struct table *table; /* for what is wrong */
};

static void add_model(void *ctx, const char *name, struct as_json *values)
{
    struct models *models = ctx;
    if (models->n == MODELS_MAX) {
        table_refuse(models->table, "options.models: more than %d", MODELS_MAX);
        return;
    }
    models->names[models->n] = name;
    for (size_t axis = 0; axis < STATS_AXES; axis++)
        models->points[models->n].value[axis] = as_json_num(as_json_at(values, axis), NAN);
    models->n++;
}

static struct as_json *scores_json(const struct models *models,
                                   const struct stats_axis_range *ranges, const double *weights)
{
    struct as_json *out = as_json_object();
    for (size_t i = 0; i < models->n; i++)
        as_json_set_num(out, models->names[i],
                        stats_composite(&models->points[i], ranges, weights));
    return out;
}

static struct as_json *pareto_json(const struct models *models)
{
    struct as_json *out = as_json_array();
    for (size_t i = 0; i < models->n; i++)
        if (stats_is_pareto(models->points, models->n, i))
            as_json_push_take(out, as_json_new_str(as_str_from(models->names[i])));
    return out;
}

struct as_json *golden_composite(const struct golden_input *input)
{
    struct models models = {.table = &input->table};
    double weights[STATS_AXES];
    struct stats_axis_range fixed[STATS_AXES];
    struct stats_axis_range spanned[STATS_AXES];
    for (size_t axis = 0; axis < STATS_AXES; axis++) {
        weights[axis] = as_json_num(as_json_at(as_json_get(input->options, "weights"), axis), NAN);
        const struct as_json *range =
            as_json_at(as_json_get(input->options, "ranges_worst_best"), axis);
        fixed[axis].worst = as_json_num(as_json_at(range, 0), NAN);
        fixed[axis].best = as_json_num(as_json_at(range, 1), NAN);
    }
    as_json_each(as_json_get(input->options, "models"), add_model, &models);
    struct as_json *out = as_json_object();
    as_json_set_take(out, "pareto", pareto_json(&models));
    as_json_set_take(out, "fixed", scores_json(&models, fixed, weights));
    stats_ranges_of(models.points, models.n, spanned);
    as_json_set_take(out, "minmax", scores_json(&models, spanned, weights));
    add_model(&models, "late", as_json_get(input->options, "extra"));
    as_json_set_take(out, "fixed_with_extra_model", scores_json(&models, fixed, weights));
    stats_ranges_of(models.points, models.n, spanned);
    as_json_set_take(out, "minmax_with_extra_model", scores_json(&models, spanned, weights));
    return out;
}
