/* The audit log for people: one line an entry, the newest last. */
#include "ctl/grid.h"
#include "ctl/print.h"

#include <string.h>

static bool is_empty_list(const struct as_json *value)
{
    return as_json_type_of(value) == AS_JSON_ARRAY && !as_json_len(value);
}

/* "done: 12, total: 40" of the entry's detail. */
static void add_detail(void *ctx, const char *key, struct as_json *value)
{
    struct as_buf *text = ctx;
    const char *word = as_json_cstr(value);
    if (is_empty_list(value))
        return;
    as_buf_addf(text, "%s%s: ", text->len ? ", " : "", key);
    if (word)
        as_buf_adds(text, word);
    else
        out_add_json(text, value, false);
}

void print_log(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"ID", GRID_RIGHT, "id", fmt_count},
        {"WHEN", 0, "at_ms", fmt_time},
        {"WHO", 0, "who", NULL},
        {"WHAT", GRID_BOLD, "action", NULL},
        {"TARGET", 0, "target", NULL},
        {"WHY", GRID_TRUNC, "why", NULL},
        {"DETAIL", GRID_TRUNC, NULL, NULL},
        {0},
    };
    const struct as_json *entries = as_json_get(result, "entries");
    struct grid *grid = grid_new(&ctl->out, columns);
    for (size_t i = 0; i < as_json_len(entries); i++) {
        const struct as_json *entry = as_json_at(entries, i);
        struct as_buf detail = {0};
        as_json_each(as_json_get(entry, "detail"), add_detail, &detail);
        grid_add(grid, entry, NULL);
        grid_cell(grid, "DETAIL", "%s", as_buf_str(&detail).ptr);
        as_buf_done(&detail);
    }
    grid_print_free(grid);
    if (as_json_has(result, "next"))
        out_styled(&ctl->out, STYLE_DIM, "older ones with --before %s\n",
                   fmt_count(result, "next").s);
}
