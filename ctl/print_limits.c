/* The limits of provider accounts for people: one line an account. */
#include "ctl/grid.h"
#include "ctl/print.h"

static void add_names(struct as_buf *text, const struct as_json *names)
{
    as_buf_adds(text, "");
    for (size_t i = 0; i < as_json_len(names); i++)
        as_buf_addf(text, "%s%s", i ? ", " : "", as_json_cstr(as_json_at(names, i)));
}

/* "none" for a limit that is not set. */
static const char *limit_of(const struct as_json *row, const char *key, struct text *count)
{
    if (!as_json_get(row, key))
        return "none";
    *count = fmt_count(row, key);
    return count->s;
}

static void add_account(struct grid *grid, const struct as_json *row)
{
    struct as_buf names = {0};
    struct text count;
    double pace = as_json_get_num(row, "calls_per_s", 0);
    int64_t held_ms = as_json_get_int(row, "throttled_ms", 0);
    add_names(&names, as_json_get(row, "providers"));
    grid_add(grid, row, NULL);
    grid_cell(grid, "PROVIDER", "%s", names.ptr);
    grid_cell(grid, "MAX", "%s", limit_of(row, "concurrency", &count));
    grid_cell(grid, "RPM", "%s", limit_of(row, "rpm", &count));
    grid_cell(grid, "TPM", "%s", limit_of(row, "tpm", &count));
    if (pace > 0)
        grid_cell(grid, "PACE", "%.1f/s", pace);
    if (held_ms)
        grid_cell(grid, "HELD", "%s", fmt_duration((double)held_ms).s);
    as_buf_done(&names);
}

void print_limits(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"PROVIDER", GRID_BOLD, NULL, NULL},
        {"FLIGHT", GRID_RIGHT, "in_flight", fmt_count},
        {"NOW", GRID_RIGHT, "concurrency_now", fmt_count},
        {"MAX", GRID_RIGHT, NULL, NULL},
        {"RPM", GRID_RIGHT, NULL, NULL},
        {"TPM", GRID_RIGHT, NULL, NULL},
        {"PACE", GRID_RIGHT, NULL, NULL},
        {"QUEUED", GRID_RIGHT, "queued", fmt_count},
        {"HELD", GRID_RIGHT, NULL, NULL},
        {"SENT", GRID_RIGHT, "sent", fmt_count},
        {"429S", GRID_RIGHT, "refused", fmt_count},
        {"SET BY", 0, "set_by", NULL},
        {"WHY", GRID_TRUNC, "why", NULL},
        {0},
    };
    const struct as_json *rows = as_json_get(result, "providers");
    struct grid *grid = grid_new(&ctl->out, columns);
    for (size_t i = 0; i < as_json_len(rows); i++)
        add_account(grid, as_json_at(rows, i));
    grid_print_free(grid);
}

void print_limits_set(struct ctl *ctl, const struct as_json *result)
{
    struct text concurrency, rpm, tpm;
    out_print(&ctl->out, "limits of %s%s: concurrency %s, rpm %s, tpm %s\n",
              as_json_get_cstr_or(result, "provider", "?"),
              as_json_get_bool(result, "of_configuration", false) ? " are the configuration's again"
                                                                  : "",
              limit_of(result, "concurrency", &concurrency), limit_of(result, "rpm", &rpm),
              limit_of(result, "tpm", &tpm));
}
