/* Tables for people, by libsmartcols, which only this module includes.
 *
 * A table is data: each column names the member that it shows, and how. Cells are made safe and put
 * on one line. On a terminal that is too narrow the columns marked GRID_TRUNC give way; those
 * marked GRID_WIDE are left out before. */
#ifndef CTL_GRID_H
#define CTL_GRID_H

#include "ctl/output.h"

#define GRID_WIDE_FROM 110

enum {
    GRID_RIGHT = 1,
    GRID_TRUNC = 2,
    GRID_WORD = 4,  /* coloured by style_of_word */
    GRID_ALARM = 8, /* red when it is a number above 0 */
    GRID_BOLD = 16,
    GRID_WIDE = 32,  /* left out on a terminal of less than GRID_WIDE_FROM columns */
    GRID_DETAIL = 64 /* only in a table with details */
};

struct grid_column {
    const char *name; /* NULL ends the list */
    int flags;
    const char *key; /* NULL: set by grid_cell */
    /* NULL: a string */
    struct text (*fmt)(const struct as_json *object, const char *key);
};

struct grid;

struct grid *grid_new(const struct output *out, const struct grid_column *columns);
struct grid *grid_new_detailed(const struct output *out, const struct grid_column *columns,
                               bool has_details);
/* A row. A key that the object lacks is looked for in also, which may be NULL. */
void grid_add(struct grid *grid, const struct as_json *object, const struct as_json *also);
/* Overwrites a cell of the row that was added last. */
void grid_cell(struct grid *grid, const char *column_name, const char *fmt, ...) AS_PRINTF(3, 4);
void grid_print_free(struct grid *grid);

/* A table with a row for each object of the list. */
void grid_print_list(const struct output *out, const struct grid_column *columns,
                     const struct as_json *list);

#endif
