/* libsmartcols behind our names. */
#include "ctl/grid.h"

#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct grid {
    const struct output *out;
    const struct grid_column *columns;
    struct libscols_table *table;
    struct libscols_line *line; /* the last */
};

static int flags_of(const struct output *out, const struct grid_column *column, bool has_details)
{
    bool is_narrow = out->width && out->width < GRID_WIDE_FROM;
    bool is_hidden =
        (column->flags & GRID_WIDE && is_narrow) || (column->flags & GRID_DETAIL && !has_details);
    return (column->flags & GRID_RIGHT ? SCOLS_FL_RIGHT : 0) |
           (column->flags & GRID_TRUNC ? SCOLS_FL_TRUNC : 0) | (is_hidden ? SCOLS_FL_HIDDEN : 0);
}

struct grid *grid_new_detailed(const struct output *out, const struct grid_column *columns,
                               bool has_details)
{
    struct grid *grid = as_xcalloc(1, sizeof(*grid));
    grid->out = out;
    grid->columns = columns;
    grid->table = scols_new_table();
    AS_ASSERT(grid->table);
    scols_table_set_stream(grid->table, out->stream);
    scols_table_enable_colors(grid->table, out->use_color);
    for (const struct grid_column *column = columns; column->name; column++) {
        struct libscols_column *made = scols_table_new_column(grid->table, column->name, 0,
                                                              flags_of(out, column, has_details));
        AS_ASSERT(made);
        if (out->use_color)
            scols_cell_set_color(scols_column_get_header(made), "bold");
    }
    return grid;
}

struct grid *grid_new(const struct output *out, const struct grid_column *columns)
{
    return grid_new_detailed(out, columns, false);
}

static void set_cell(struct grid *grid, size_t index, enum style style, const char *text)
{
    static const char *const colors[] = {NULL, "bold", "darkgray", "green", "yellow", "red"};
    struct as_buf safe = {0};
    as_buf_add_utf8_safe(&safe, text, strlen(text));
    for (size_t i = 0; i < safe.len; i++)
        if (safe.ptr[i] == '\n' || safe.ptr[i] == '\t')
            safe.ptr[i] = ' ';
    struct libscols_cell *cell = scols_line_get_cell(grid->line, index);
    AS_ASSERT(cell);
    scols_cell_set_data(cell, as_buf_str(&safe).ptr);
    if (colors[style])
        scols_cell_set_color(cell, colors[style]);
    as_buf_done(&safe);
}

static enum style style_of(const struct grid_column *column, const struct as_json *object,
                           const char *text)
{
    if (column->flags & GRID_WORD)
        return style_of_word(text);
    if (column->flags & GRID_ALARM && as_json_get_num(object, column->key, 0) > 0)
        return STYLE_BAD;
    return column->flags & GRID_BOLD ? STYLE_BOLD : STYLE_PLAIN;
}

void grid_add(struct grid *grid, const struct as_json *object, const struct as_json *also)
{
    grid->line = scols_table_new_line(grid->table, NULL);
    AS_ASSERT(grid->line);
    for (size_t i = 0; grid->columns[i].name; i++) {
        const struct grid_column *column = &grid->columns[i];
        if (!column->key)
            continue;
        const struct as_json *source = as_json_has(object, column->key) ? object : also;
        struct text number = column->fmt ? column->fmt(source, column->key) : (struct text){""};
        const char *text = column->fmt ? number.s : str_or(source, column->key, "");
        set_cell(grid, i, style_of(column, source, text), text);
    }
}

void grid_cell(struct grid *grid, const char *column_name, const char *fmt, ...)
{
    char *text = NULL;
    size_t index = 0;
    va_list args;
    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    while (grid->columns[index].name && strcmp(grid->columns[index].name, column_name))
        index++;
    AS_ASSERT(len >= 0 && grid->columns[index].name);
    set_cell(grid, index, STYLE_PLAIN, text);
    free(text);
}

void grid_print_free(struct grid *grid)
{
    fflush(grid->out->stream);
    scols_print_table(grid->table);
    scols_unref_table(grid->table);
    free(grid);
}

void grid_print_list(const struct output *out, const struct grid_column *columns,
                     const struct as_json *list)
{
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(list); i++)
        grid_add(grid, as_json_at(list, i), NULL);
    grid_print_free(grid);
}
