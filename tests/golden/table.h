/* A small CSV file in memory, for the golden inputs: a header line, no quotes, blank = not there.
 * Reading fails with an AS_E* code; asking for a row or column that is not there gives blank.
 *
 * What is found to be wrong while the table is used (a cell that is no number, a case that stands
 * twice) is kept as a sentence, and nothing that was computed from the table counts then. */
#ifndef TESTS_GOLDEN_TABLE_H
#define TESTS_GOLDEN_TABLE_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

#define TABLE_FLAW_MAX 256

struct table {
    char *text;
    char **cells; /* rows x cols, the header first; they point into text */
    size_t rows;  /* without the header */
    size_t cols;
    char *flaw; /* the first thing that is wrong, TABLE_FLAW_MAX bytes; empty: nothing. The reader's
                 */
};

/* Fills all but the flaw. AS_EINVAL: a line with more or fewer cells than the first. */
int table_read(struct table *table, const char *path) AS_MUST_USE;
/* Keeps the sentence, unless there is one already. */
void table_refuse(const struct table *table, const char *fmt, ...) AS_PRINTF(2, 3);
void table_done(struct table *table);
void table_sort_by_first(struct table *table); /* rows by the bytes of their first cell */

int table_col(const struct table *table, const char *name); /* -1: no such column */
const char *table_cell(const struct table *table, size_t row, int col);
/* NaN when blank; NaN and a flaw when it is no finite number. */
double table_num(const struct table *table, size_t row, int col);
/* For each row the place of its cell among the sorted different texts of the column; -1 for blank.
 * The texts themselves are in ret_names (room for rows; borrowed), their number is returned. */
size_t table_rank_names(const struct table *table, int col, int32_t *ret_id,
                        const char **ret_names);

#endif
