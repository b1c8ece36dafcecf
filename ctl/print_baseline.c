/* Baselines for people: what is in force, and who set it. */
#include "ctl/grid.h"
#include "ctl/print.h"

static struct text fmt_target(const struct as_json *pin)
{
    struct text text;
    if (as_json_get(pin, "run"))
        snprintf(text.s, sizeof(text.s), "run %.80s", fmt_count(pin, "run").s);
    else
        snprintf(text.s, sizeof(text.s), "%.90s", str_or(pin, "model", "?"));
    return text;
}

void print_baseline_set(struct ctl *ctl, const struct as_json *result)
{
    const struct as_json *pin = as_json_get(result, "pin");
    const char *eval = str_or(result, "eval", "?");
    if (as_json_get(pin, "run"))
        out_print(&ctl->out, "%s: later runs are compared with %s\n", eval, fmt_target(pin).s);
    else
        out_print(&ctl->out, "%s: the baseline of runs from now on is %s\n", eval,
                  fmt_target(pin).s);
}

static void print_pin(const struct output *out, const char *label, const struct as_json *pin)
{
    out_field(out, label, "%s, set by %s on %s", fmt_target(pin).s, str_or(pin, "who", "?"),
              fmt_time(pin, "at_ms").s);
}

static void print_in_force(const struct output *out, const struct as_json *result)
{
    const struct as_json *member = as_json_get(result, "member");
    const struct as_json *reference = as_json_get(result, "reference");
    if (member)
        print_pin(out, "baseline", member);
    out_field(out, member ? "" : "baseline", member ? "the file says %s" : "%s, as the file says",
              str_or(result, "file_baseline", "?"));
    if (reference)
        print_pin(out, "reference", reference);
    else
        out_field(out, "reference", "none: pin a run with `assayctl baseline set %s RUN`",
                  str_or(result, "eval", "EVAL"));
}

void print_baseline(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"ID", GRID_RIGHT, "id", fmt_count},
        {"WHEN", 0, "at_ms", fmt_time},
        {"WHO", 0, "who", NULL},
        {"SET", GRID_BOLD, NULL, NULL},
        {"WHY", GRID_TRUNC, "why", NULL},
        {0},
    };
    const struct output *out = &ctl->out;
    const struct as_json *history = as_json_get(result, "history");
    out_styled(out, STYLE_BOLD, "%s\n", str_or(result, "eval", "?"));
    print_in_force(out, result);
    print_warned(out, result);
    if (!as_json_len(history))
        return;
    out_print(out, "\n");
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(history); i++) {
        grid_add(grid, as_json_at(history, i), NULL);
        grid_cell(grid, "SET", "%s", fmt_target(as_json_at(history, i)).s);
    }
    grid_print_free(grid);
    if (as_json_has(result, "next"))
        out_styled(out, STYLE_DIM, "older ones with --before %s\n", fmt_count(result, "next").s);
}
