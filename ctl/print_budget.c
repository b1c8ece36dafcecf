/* A run group's budget: who spent what, what is reserved for calls under way, and the caps. */
#include "ctl/grid.h"
#include "ctl/print.h"

#include <string.h>

static void add_book(struct grid *grid, const struct as_json *book)
{
    const struct as_json *spent = as_json_get(book, "spent"),
                         *reserved = as_json_get(book, "reserved");
    grid_add(grid, book, NULL);
    grid_cell(grid, "REQUESTS", "%s", fmt_count(spent, "requests").s);
    grid_cell(grid, "TOKENS", "%s", fmt_count(spent, "tokens").s);
    grid_cell(grid, "SPENT", "%s", fmt_usd(spent, "cost_usd").s);
    if (as_json_get_int(reserved, "requests", 0))
        grid_cell(grid, "RESERVED", "%s for %s", fmt_usd(reserved, "cost_usd").s,
                  fmt_counted(reserved, "requests", "call").s);
}

static struct text fmt_cap(const struct as_json *caps, const char *key)
{
    return as_json_get(caps, key) ? fmt_count(caps, key) : (struct text){"no cap"};
}

static void add_caps(struct grid *grid, const struct as_json *caps)
{
    grid_add(grid, caps, NULL);
    grid_cell(grid, "BUDGET", "cap");
    grid_cell(grid, "REQUESTS", "%s", fmt_cap(caps, "max_requests").s);
    grid_cell(grid, "TOKENS", "%s", fmt_cap(caps, "max_tokens").s);
    grid_cell(grid, "SPENT", "%s",
              as_json_get(caps, "max_cost_usd") ? fmt_usd(caps, "max_cost_usd").s : "no cap");
}

static void print_notes(const struct output *out, const struct as_json *budget)
{
    const struct as_json *total = as_json_get(budget, "total"),
                         *unknown = as_json_get(total, "unknown"),
                         *assumed = as_json_get(budget, "assumed");
    int64_t overruns = as_json_get_int(total, "overruns", 0);
    if (as_json_get_int(unknown, "requests", 0))
        out_styled(out, STYLE_WARN,
                   "  %s of it, for %s, is a worst case: what these cost is not known\n",
                   fmt_usd(unknown, "cost_usd").s, fmt_counted(unknown, "requests", "call").s);
    if (overruns)
        out_styled(out, STYLE_BAD,
                   "  %lld replies cost more than was reserved for them: raise "
                   "budget.output_tokens, or set max_tokens among the models' params\n",
                   (long long)overruns);
    for (size_t i = 0; i < as_json_len(assumed); i++)
        out_styled(out, STYLE_DIM,
                   "  %s has no output limit: a reply is taken to have %s tokens at most\n",
                   as_json_cstr(as_json_at(assumed, i)),
                   fmt_count(as_json_get(budget, "caps"), "output_tokens").s);
}

void print_budget(const struct output *out, const struct as_json *budget)
{
    static const struct grid_column columns[] = {
        {"BUDGET", 0, "book", NULL},        {"REQUESTS", GRID_RIGHT, NULL, NULL},
        {"TOKENS", GRID_RIGHT, NULL, NULL}, {"SPENT", GRID_RIGHT, NULL, NULL},
        {"RESERVED", 0, NULL, NULL},        {0},
    };
    const struct as_json *books = as_json_get(budget, "books");
    if (!budget)
        return;
    out_styled(out, STYLE_BOLD, "\nbudget\n");
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(books); i++)
        add_book(grid, as_json_at(books, i));
    add_book(grid, as_json_get(budget, "total"));
    add_caps(grid, as_json_get(budget, "caps"));
    grid_print_free(grid);
    print_notes(out, budget);
}
