/* From CSV rows to struct stats_case: ERR is a failed call, blank is missing. */
#include "tests/golden/cases.h"

#include <stdlib.h>
#include <string.h>

struct stats_score golden_score_of(const struct table *table, size_t row, int col)
{
    const char *cell = table_cell(table, row, col);
    if (!*cell)
        return (struct stats_score){0, STATS_MISSING};
    if (!strcmp(cell, "ERR"))
        return (struct stats_score){0, STATS_FAILED};
    double score = table_num(table, row, col);
    if (!(score >= 0 && score <= 1))
        table_refuse(table, "case \"%s\": a score of %s", table_cell(table, row, 0), cell);
    return (struct stats_score){score, STATS_SCORED};
}

static void refuse_repeats(const struct table *table)
{
    for (size_t row = 1; row < table->rows; row++)
        if (!strcmp(table_cell(table, row, 0), table_cell(table, row - 1, 0)))
            table_refuse(table, "case \"%s\" stands there twice", table_cell(table, row, 0));
}

void golden_cases_init(struct golden_cases *cases, struct table *table)
{
    table_sort_by_first(table);
    refuse_repeats(table);
    size_t n = table->rows;
    AS_CLEANUP_FREE int32_t *cluster = as_xcalloc(n + 1, sizeof(*cluster));
    AS_CLEANUP_FREE int32_t *stratum = as_xcalloc(n + 1, sizeof(*stratum));
    AS_CLEANUP_FREE const char **clusters = as_xcalloc(n + 1, sizeof(*clusters));
    *cases = (struct golden_cases){
        .rows = as_xcalloc(n + 1, sizeof(*cases->rows)),
        .n = n,
        .strata = as_xcalloc(n + 1, sizeof(*cases->strata)),
    };
    table_rank_names(table, table_col(table, "cluster"), cluster, clusters);
    cases->n_strata = table_rank_names(table, table_col(table, "stratum"), stratum, cases->strata);
    int baseline = table_col(table, "baseline");
    int candidate = table_col(table, "candidate");
    for (size_t i = 0; i < n; i++)
        cases->rows[i] = (struct stats_case){
            .baseline = golden_score_of(table, i, baseline),
            .candidate = golden_score_of(table, i, candidate),
            .cluster = cluster[i],
            .stratum = stratum[i],
        };
}

void golden_cases_done(struct golden_cases *cases)
{
    free(cases->rows);
    free(cases->strata);
    *cases = (struct golden_cases){0};
}
