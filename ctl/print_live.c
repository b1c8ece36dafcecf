/* run show --inflight and run why for people. */
#include "ctl/grid.h"
#include "ctl/print.h"

#include <math.h>

static struct text fmt_ago(const struct as_json *object, const char *key)
{
    double ms = as_json_get_num(object, key, NAN);
    return isnan(ms) ? (struct text){"-"} : fmt_duration(ms);
}

void print_inflight(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"CASE", 0, "case", NULL},
        {"MODEL", 0, "model", NULL},
        {"SAMPLE", GRID_RIGHT | GRID_WIDE, "sample", fmt_count},
        {"ROLE", 0, "role", NULL},
        {"WHERE", GRID_BOLD, "where", NULL},
        {"ATTEMPT", GRID_RIGHT, "attempt", fmt_count},
        {"AGE", GRID_RIGHT, "age_ms", fmt_ago},
        {"ON WIRE", GRID_RIGHT, "attempt_age_ms", fmt_ago},
        {"LAST BYTE", GRID_RIGHT, "last_byte_ms", fmt_ago},
        {"BYTES", GRID_RIGHT, "bytes", fmt_count},
        {"NEXT TRY", GRID_RIGHT, "wait_ms", fmt_ago},
        {0},
    };
    const struct as_json *calls = as_json_get(result, "calls");
    int64_t total = as_json_get_int(result, "total", 0);
    out_print(&ctl->out, "run %s %s: %s\n", fmt_count(result, "run").s,
              str_or(result, "state", "?"), fmt_counted(result, "total", "call").s);
    if (total)
        grid_print_list(&ctl->out, columns, calls);
    if (total > (int64_t)as_json_len(calls))
        out_styled(&ctl->out, STYLE_DIM, "the oldest %zu are shown; more with --limit\n",
                   as_json_len(calls));
}

void print_why(struct ctl *ctl, const struct as_json *result)
{
    out_print(&ctl->out, "run %s is %s; it waits for: %s\n", fmt_count(result, "run").s,
              str_or(result, "state", "?"), str_or(result, "why", "?"));
}
