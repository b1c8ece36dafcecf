/* CSV for the golden inputs: split in place on commas and newlines. */
#include "tests/golden/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t len = 0;
    size_t cap = 1 << 16;
    char *text = as_xmalloc(cap);
    size_t got;
    while ((got = fread(text + len, 1, cap - len - 1, file)) > 0) {
        len += got;
        if (cap - len < 2)
            text = as_xrealloc(text, cap *= 2);
    }
    text[len] = '\0';
    fclose(file);
    return text;
}

static size_t count_char(const char *text, const char *end, char c)
{
    size_t count = 0;
    for (; text < end; text++)
        count += *text == c;
    return count;
}

static void split_line(struct table *table, char *line)
{
    char **row = &table->cells[table->rows++ * table->cols];
    for (size_t col = 0; col < table->cols; col++)
        row[col] = strsep(&line, ",");
}

int table_read(struct table *table, const char *path)
{
    char *text = read_file(path);
    if (!text)
        return AS_ENOENT;
    char *line_end = text + strcspn(text, "\n");
    int rc = 0;
    table->text = text;
    table->rows = 0;
    table->cols = count_char(text, line_end, ',') + 1;
    size_t lines = count_char(text, text + strlen(text), '\n') + 1;
    table->cells = as_xcalloc(lines * table->cols, sizeof(*table->cells));
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        line[strcspn(line, "\r")] = '\0';
        if (!*line)
            continue;
        if (count_char(line, line + strlen(line), ',') + 1 != table->cols)
            rc = AS_EINVAL;
        else
            split_line(table, line);
    }
    table->rows -= table->rows > 0; /* the header */
    if (rc)
        table_done(table);
    return rc;
}

void table_done(struct table *table)
{
    free(table->cells);
    free(table->text);
    *table = (struct table){.flaw = table->flaw};
}

void table_refuse(const struct table *table, const char *fmt, ...)
{
    if (table->flaw[0])
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(table->flaw, TABLE_FLAW_MAX, fmt, args);
    va_end(args);
}

static int compare_cells(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void table_sort_by_first(struct table *table)
{
    if (table->rows > 1)
        qsort(table->cells + table->cols, table->rows, table->cols * sizeof(char *), compare_cells);
}

int table_col(const struct table *table, const char *name)
{
    for (size_t col = 0; table->text && col < table->cols; col++)
        if (!strcmp(table->cells[col], name))
            return (int)col;
    return -1;
}

const char *table_cell(const struct table *table, size_t row, int col)
{
    if (col < 0 || row >= table->rows)
        return "";
    return table->cells[(row + 1) * table->cols + (size_t)col];
}

static const char *column_name(const struct table *table, int col)
{
    return table->cells[(size_t)col];
}

double table_num(const struct table *table, size_t row, int col)
{
    const char *cell = table_cell(table, row, col);
    char *end;
    double number = strtod(cell, &end);
    if (*cell && (*end || !isfinite(number)))
        table_refuse(table, "row %zu: \"%s\" in column \"%s\" is no number", row + 1, cell,
                     column_name(table, col));
    return *cell && !*end ? number : NAN;
}

size_t table_rank_names(const struct table *table, int col, int32_t *ret_id, const char **ret_names)
{
    size_t count = 0;
    for (size_t row = 0; row < table->rows; row++)
        if (*table_cell(table, row, col))
            ret_names[count++] = table_cell(table, row, col);
    qsort(ret_names, count, sizeof(*ret_names), compare_cells);
    size_t unique = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(ret_names[i], ret_names[unique - 1]))
            ret_names[unique++] = ret_names[i];
    for (size_t row = 0; row < table->rows; row++) {
        const char *cell = table_cell(table, row, col);
        const char **found = bsearch(&cell, ret_names, unique, sizeof(*ret_names), compare_cells);
        ret_id[row] = *cell && found ? (int32_t)(found - ret_names) : -1;
    }
    return unique;
}
