/* A small CSV file in memory, for the golden inputs: a header line, no quotes, blank = not there.
 * Reading fails with an AS_E* code; asking for a row or column that is not there gives blank. */
#ifndef TESTS_GOLDEN_TABLE_H
#define TESTS_GOLDEN_TABLE_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

struct table {
    char *text;
    char **cells; /* rows x cols, the header first; they point into text */
    size_t rows;  /* without the header */
    size_t cols;
};

int table_read(struct table *table, const char *path) AS_MUST_USE;
void table_done(struct table *table);
void table_sort_by_first(struct table *table); /* rows by the bytes of their first cell */

int table_col(const struct table *table, const char *name); /* -1: no such column */
const char *table_cell(const struct table *table, size_t row, int col);
double table_num(const struct table *table, size_t row, int col); /* NaN when blank */
/* For each row the place of its cell among the sorted different texts of the column; -1 for blank.
 * The texts themselves are in ret_names (room for rows; borrowed), their number is returned. */
size_t table_rank_names(const struct table *table, int col, int32_t *ret_id,
                        const char **ret_names);

#endif
