/* Golden kinds about judges and raters: agreement, Krippendorff, PPI, Rogan-Gladen,
 * Bradley-Terry. */
#include "daemon/stats/agree.h"
#include "daemon/stats/judge.h"
#include "daemon/stats/rating.h"
#include "tests/golden/golden.h"

#include <math.h>
#include <string.h>

/* The columns named as a matrix, row by row. */
static double *read_matrix(const struct table *table, const int *columns, size_t n_columns)
{
    double *values = as_xcalloc(table->rows * n_columns + 1, sizeof(*values));
    for (size_t row = 0; row < table->rows; row++)
        for (size_t i = 0; i < n_columns; i++)
            values[row * n_columns + i] = table_num(table, row, columns[i]);
    return values;
}

static uint32_t category_of(const struct table *table, const struct as_json *categories,
                            double value)
{
    for (size_t i = 0; i < as_json_len(categories); i++)
        if (as_json_num(as_json_at(categories, i), NAN) == value)
            return (uint32_t)i;
    table_refuse(table, "%g is none of the categories", value);
    return 0;
}

static void set_agreement(struct as_json *out, const struct stats_agreement *agreement)
{
    struct as_json *unweighted = as_json_object();
    as_json_set_int(unweighted, "n", (int64_t)agreement->n);
    as_json_set_num(unweighted, "agree", agreement->agree);
    as_json_set_num(unweighted, "kappa", agreement->kappa);
    as_json_set_num(unweighted, "se", agreement->kappa_se);
    as_json_set_take(out, "unweighted", unweighted);
    as_json_set_take(out, "agreement_ci", golden_bounds(agreement->ci.low, agreement->ci.high));
    as_json_set_num(out, "linear", agreement->kappa_linear);
    as_json_set_num(out, "quadratic", agreement->kappa_quadratic);
    as_json_set_num(out, "ac1", agreement->ac1);
    as_json_set_num(out, "sensitivity", agreement->sensitivity);
    as_json_set_num(out, "specificity", agreement->specificity);
}

struct as_json *golden_agreement(const struct golden_input *input)
{
    const struct as_json *categories = as_json_get(input->options, "categories");
    const struct table *table = &input->table;
    const int columns[] = {table_col(table, "judge"), table_col(table, "human")};
    AS_CLEANUP_FREE double *values = read_matrix(table, columns, 2);
    AS_CLEANUP_FREE uint32_t *numbers = as_xcalloc(2 * table->rows + 1, sizeof(*numbers));
    for (size_t row = 0; row < table->rows; row++) {
        numbers[row] = category_of(table, categories, values[2 * row]);
        numbers[table->rows + row] = category_of(table, categories, values[2 * row + 1]);
    }
    struct stats_ratings ratings = {numbers, numbers + table->rows, table->rows,
                                    as_json_len(categories)};
    struct stats_agreement agreement = stats_agreement_of(&ratings);
    struct stats_alpha alpha = stats_alpha_of(values, table->rows, 2);
    struct as_json *out = as_json_object();
    set_agreement(out, &agreement);
    as_json_set_num(out, "alpha_nominal", alpha.nominal);
    as_json_set_num(out, "alpha_ordinal", alpha.ordinal);
    as_json_set_num(out, "alpha_interval", alpha.interval);
    return out;
}

struct as_json *golden_krippendorff(const struct golden_input *input)
{
    size_t n_raters = input->table.cols ? input->table.cols - 1 : 0; /* the first names the item */
    AS_CLEANUP_FREE int *columns = as_xcalloc(n_raters + 1, sizeof(*columns));
    for (size_t i = 0; i < n_raters; i++)
        columns[i] = (int)i + 1;
    AS_CLEANUP_FREE double *values = read_matrix(&input->table, columns, n_raters);
    struct stats_alpha alpha = stats_alpha_of(values, input->table.rows, n_raters);
    struct as_json *out = as_json_object();
    as_json_set_num(out, "nominal", alpha.nominal);
    as_json_set_num(out, "ordinal", alpha.ordinal);
    as_json_set_num(out, "interval", alpha.interval);
    return out;
}

static struct as_json *ppi_json(const struct stats_judged *judged)
{
    struct stats_ppi ppi = stats_ppi_of(judged);
    struct as_json *out = as_json_object();
    as_json_set_int(out, "N", (int64_t)judged->n_unlabelled);
    as_json_set_int(out, "n", (int64_t)judged->n_labelled);
    as_json_set_num(out, "judge_only", ppi.judge_only);
    as_json_set_num(out, "human_only", ppi.human_only);
    as_json_set_num(out, "human_se", ppi.human_se);
    as_json_set_num(out, "ppi", ppi.ppi);
    as_json_set_num(out, "ppi_se", ppi.ppi_se);
    as_json_set_num(out, "lam", ppi.lambda);
    as_json_set_num(out, "ppipp", ppi.ppi_plus);
    as_json_set_num(out, "ppipp_se", ppi.ppi_plus_se);
    as_json_set_num(out, "ppipp_lo", ppi.ppi_plus_ci.low);
    as_json_set_num(out, "ppipp_hi", ppi.ppi_plus_ci.high);
    return out;
}

struct as_json *golden_ppi(const struct golden_input *input)
{
    const struct table *table = &input->table;
    const int columns[] = {table_col(table, "judge_baseline"), table_col(table, "judge_candidate"),
                           table_col(table, "human_baseline"), table_col(table, "human_candidate")};
    AS_CLEANUP_FREE double *values = read_matrix(table, columns, 4);
    AS_CLEANUP_FREE double *room = as_xcalloc(3 * table->rows + 1, sizeof(*room));
    double *labelled = room;
    double *human = room + table->rows;
    double *unlabelled = room + 2 * table->rows;
    struct stats_judged judged = {
        .judge_labelled = labelled, .human = human, .judge_unlabelled = unlabelled};
    for (size_t row = 0; row < table->rows; row++) {
        const double *cell = values + 4 * row;
        if (isnan(cell[2])) {
            unlabelled[judged.n_unlabelled++] = cell[1] - cell[0];
        } else {
            human[judged.n_labelled] = cell[3] - cell[2];
            labelled[judged.n_labelled++] = cell[1] - cell[0];
        }
    }
    return ppi_json(&judged);
}

static struct as_json *corrected_json(const struct as_json *given)
{
    static const char *const keys[] = {"tp", "fn", "tn", "fp", "x", "N"};
    struct stats_judge_counts counts;
    double *fields[] = {&counts.true_pass,  &counts.false_fail, &counts.true_fail,
                        &counts.false_pass, &counts.passes,     &counts.n};
    struct as_json *out = as_json_object();
    for (size_t i = 0; i < AS_COUNT(keys); i++) {
        *fields[i] = as_json_get_num(given, keys[i], NAN);
        as_json_set_num(out, keys[i], *fields[i]);
    }
    struct stats_corrected_rate rate = stats_corrected_rate_of(&counts);
    as_json_set_num(out, "sens", rate.sensitivity);
    as_json_set_num(out, "spec", rate.specificity);
    as_json_set_num(out, "est", rate.rate);
    as_json_set_num(out, "se", rate.se);
    as_json_set_num(out, "lo", rate.ci.low);
    as_json_set_num(out, "hi", rate.ci.high);
    as_json_set_str(out, "reason", stats_judge_flaw_text(rate.flaw));
    return out;
}

struct as_json *golden_rogan_gladen(const struct golden_input *input)
{
    struct as_json *out = as_json_array();
    for (size_t i = 0; i < as_json_len(input->expect); i++)
        as_json_push_take(out, corrected_json(as_json_at(input->expect, i)));
    return out;
}

struct names {
    const char *name[STATS_RATING_MODELS_MAX];
    size_t n;
};

/* 0 for one model too many, which is a flaw of the table. */
static size_t number_of(const struct table *table, struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (!strcmp(names->name[i], name))
            return i;
    if (names->n == STATS_RATING_MODELS_MAX) {
        table_refuse(table, "more than %d models", STATS_RATING_MODELS_MAX);
        return 0;
    }
    names->name[names->n] = name;
    return names->n++;
}

struct as_json *golden_bradley_terry(const struct golden_input *input)
{
    const struct table *table = &input->table;
    struct names names = {.n = 0};
    size_t base = number_of(table, &names, as_json_get_cstr_or(input->options, "base", ""));
    const char *columns[] = {"model_a", "model_b"};
    for (size_t row = 0; row < table->rows; row++)
        for (int i = 0; i < 2; i++)
            number_of(table, &names, table_cell(table, row, table_col(table, columns[i])));
    AS_CLEANUP_FREE double *wins = as_xcalloc(names.n * names.n, sizeof(*wins));
    for (size_t row = 0; row < table->rows; row++) {
        size_t a = number_of(table, &names, table_cell(table, row, table_col(table, "model_a")));
        size_t b = number_of(table, &names, table_cell(table, row, table_col(table, "model_b")));
        const char *outcome = table_cell(table, row, table_col(table, "outcome"));
        double share = !strcmp(outcome, "a") ? 1 : !strcmp(outcome, "b") ? 0 : 0.5;
        wins[a * names.n + b] += share;
        wins[b * names.n + a] += 1 - share;
    }
    struct stats_rating ratings[STATS_RATING_MODELS_MAX];
    if (stats_rate_models(wins, names.n, base, ratings) < 0)
        return NULL; /* not every model can be reached from every other: not defined */
    struct as_json *out = as_json_object();
    for (size_t i = 0; i < names.n; i++) {
        struct as_json *row = as_json_object();
        as_json_set_num(row, "beta", ratings[i].beta);
        as_json_set_num(row, "elo", ratings[i].elo);
        as_json_set_take(out, names.name[i], row);
    }
    return out;
}
