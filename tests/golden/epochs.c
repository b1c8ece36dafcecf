/* Golden kind "epochs": rows of (case, cluster, model, epoch, score) into a matrix per model, the
 * case scores from it, and the comparison of these. */
#include "daemon/stats/num.h"
#include "daemon/stats/paired.h"
#include "daemon/stats/repeat.h"
#include "tests/golden/cases.h"
#include "tests/golden/golden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPOCHS_MAX 10000

static const size_t depths[] = {1, 3, 5};

struct matrix {
    struct stats_score *baseline;
    struct stats_score *candidate;
    struct stats_case *cases;
    size_t n_cases;
    size_t samples;
};

/* From 1; 1 for what is none, which is a flaw of the table. */
static size_t epoch_of(const struct table *table, size_t row)
{
    double epoch = table_num(table, row, table_col(table, "epoch"));
    if (epoch >= 1 && epoch <= EPOCHS_MAX)
        return (size_t)epoch;
    table_refuse(table, "row %zu: the epoch is no number from 1 to %d", row + 1, EPOCHS_MAX);
    return 1;
}

static void matrix_init(struct matrix *matrix, const struct table *table)
{
    size_t rows = table->rows;
    AS_CLEANUP_FREE int32_t *case_id = as_xcalloc(rows + 1, sizeof(*case_id));
    AS_CLEANUP_FREE int32_t *cluster_id = as_xcalloc(rows + 1, sizeof(*cluster_id));
    AS_CLEANUP_FREE const char **names = as_xcalloc(rows + 1, sizeof(*names));
    matrix->samples = 0;
    for (size_t row = 0; row < rows; row++) {
        size_t epoch = epoch_of(table, row);
        matrix->samples = epoch > matrix->samples ? epoch : matrix->samples;
    }
    matrix->n_cases = table_rank_names(table, table_col(table, "case_id"), case_id, names);
    table_rank_names(table, table_col(table, "cluster"), cluster_id, names);
    size_t size = matrix->n_cases * matrix->samples;
    matrix->baseline = as_xcalloc(size + 1, sizeof(*matrix->baseline));
    matrix->candidate = as_xcalloc(size + 1, sizeof(*matrix->candidate));
    matrix->cases = as_xcalloc(matrix->n_cases + 1, sizeof(*matrix->cases));
    for (size_t i = 0; i < size; i++)
        matrix->baseline[i].state = matrix->candidate[i].state = STATS_MISSING;
    for (size_t row = 0; row < rows; row++) {
        const char *model = table_cell(table, row, table_col(table, "model"));
        size_t epoch = epoch_of(table, row) - 1;
        struct stats_score *side = strcmp(model, "baseline") ? matrix->candidate : matrix->baseline;
        side[(size_t)case_id[row] * matrix->samples + epoch] =
            golden_score_of(table, row, table_col(table, "score"));
        matrix->cases[case_id[row]].cluster = cluster_id[row];
    }
}

static void matrix_done(struct matrix *matrix)
{
    free(matrix->baseline);
    free(matrix->candidate);
    free(matrix->cases);
}

static struct as_json *side_json(const struct stats_repeats *repeats)
{
    struct as_json *out = as_json_object();
    as_json_set_num(out, "within_var", stats_within_variance(repeats));
    for (size_t i = 0; i < AS_COUNT(depths); i++) {
        char key[32];
        struct stats_pass_k pass = stats_pass_k_of(repeats, depths[i]);
        snprintf(key, sizeof(key), "cases_k%zu", depths[i]);
        as_json_set_int(out, key, (int64_t)pass.n_cases);
        snprintf(key, sizeof(key), "pass_at_%zu", depths[i]);
        as_json_set_num(out, key, pass.pass_at);
        snprintf(key, sizeof(key), "pass_pow_%zu", depths[i]);
        as_json_set_num(out, key, pass.pass_pow);
    }
    return out;
}

static struct as_json *compare_json(const struct stats_paired *paired)
{
    struct as_json *out = golden_paired_json(paired);
    as_json_set_num(out, "se_paired", paired->se_paired);
    as_json_set_num(out, "se_clustered", paired->se_clustered);
    as_json_set_str(out, "ni", stats_ni_name(paired->ni));
    return out;
}

struct as_json *golden_epochs(const struct golden_input *input)
{
    struct matrix matrix;
    matrix_init(&matrix, &input->table);
    struct stats_repeats baseline = {matrix.baseline, matrix.n_cases, matrix.samples};
    struct stats_repeats candidate = {matrix.candidate, matrix.n_cases, matrix.samples};
    for (size_t i = 0; i < matrix.n_cases; i++) {
        size_t at = i * matrix.samples;
        matrix.cases[i].baseline = stats_case_score(matrix.baseline + at, matrix.samples);
        matrix.cases[i].candidate = stats_case_score(matrix.candidate + at, matrix.samples);
        matrix.cases[i].stratum = STATS_NO_STRATUM;
    }
    struct stats_pairs pairs;
    struct as_json *out = NULL;
    if (stats_pairs_init(&pairs, matrix.cases, matrix.n_cases, STATS_POLICY_ZERO) == 0) {
        double margin = as_json_get_num(input->options, "margin", NAN);
        struct stats_paired paired = stats_paired_of(&pairs, margin);
        struct stats_noise noise = stats_noise_of(&baseline, &candidate, &pairs);
        out = as_json_object();
        as_json_set_take(out, "baseline", side_json(&baseline));
        as_json_set_take(out, "candidate", side_json(&candidate));
        as_json_set_take(out, "compare", compare_json(&paired));
        as_json_set_num(out, "noise_part", noise.noise_part);
        as_json_set_num(out, "between_case_part", noise.between_case_part);
        as_json_set_num(out, "var_diff_of_case_means", stats_variance(pairs.diff, pairs.n));
        stats_pairs_done(&pairs);
    }
    matrix_done(&matrix);
    return out;
}
