/* Alerts for people: the rules, what they were told of last, and what was sent. */
#include "ctl/grid.h"
#include "ctl/print.h"

#include <string.h>

static void print_rules(const struct output *out, const struct as_json *rules)
{
    static const struct grid_column columns[] = {
        {"RULE", GRID_BOLD, NULL, NULL},
        {"TO", 0, "to", NULL},
        {"SIGNED BY", 0, NULL, NULL},
        {"ON", GRID_TRUNC, NULL, NULL},
        {0},
    };
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(rules); i++) {
        const struct as_json *rule = as_json_at(rules, i), *on = as_json_get(rule, "on");
        struct as_buf kinds = {0};
        for (size_t k = 0; k < as_json_len(on); k++)
            as_buf_addf(&kinds, "%s%s", k ? ", " : "", as_json_cstr(as_json_at(on, k)));
        grid_add(grid, rule, NULL);
        grid_cell(grid, "RULE", "%s/%s", str_or(rule, "eval", "assay.yaml"),
                  str_or(rule, "rule", ""));
        grid_cell(grid, "SIGNED BY", "%s", str_or(rule, "secret", "-"));
        grid_cell(grid, "ON", "%s", as_buf_str(&kinds).ptr);
        as_buf_done(&kinds);
    }
    grid_print_free(grid);
    if (!as_json_len(rules))
        out_print(out, "No rule: see `notify` in etc/evals and etc/assay.yaml.\n");
}

static void print_conditions(const struct output *out, const struct as_json *conditions)
{
    static const struct grid_column columns[] = {
        {"EVAL", GRID_BOLD, NULL, NULL},           {"OF", 0, NULL, NULL},
        {"CONDITION", 0, "condition", NULL},       {"NOW", 0, NULL, NULL},
        {"SINCE", 0, "since_ms", fmt_time},        {"RUN", GRID_RIGHT, NULL, NULL},
        {"TIMES", GRID_RIGHT, "times", fmt_count}, {0},
    };
    if (!as_json_len(conditions))
        return;
    out_print(out, "\n");
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(conditions); i++) {
        const struct as_json *condition = as_json_at(conditions, i);
        bool is_bad = !strcmp(str_or(condition, "state", ""), "bad");
        grid_add(grid, condition, NULL);
        grid_cell(grid, "EVAL", "%s", str_or(condition, "eval", "-"));
        grid_cell(grid, "OF", "%s", str_or(condition, "subject", "-"));
        grid_cell(grid, "NOW", "%s", is_bad ? str_or(condition, "kind", "bad") : "good");
        grid_cell(grid, "RUN", "%s",
                  as_json_get_int(condition, "since_run", 0) ? fmt_count(condition, "since_run").s
                                                             : "-");
    }
    grid_print_free(grid);
}

static void print_deliveries(const struct output *out, const struct as_json *deliveries)
{
    static const struct grid_column columns[] = {
        {"ID", GRID_RIGHT, "id", fmt_count},
        {"WHEN", 0, "made_ms", fmt_time},
        {"EVENT", GRID_RIGHT | GRID_WIDE, "event", fmt_count},
        {"RULE", GRID_BOLD, NULL, NULL},
        {"STATE", GRID_WORD, "state", NULL},
        {"TRIES", GRID_RIGHT | GRID_WIDE, "tries", fmt_count},
        {"OUTCOME", GRID_TRUNC, NULL, NULL},
        {0},
    };
    if (!as_json_len(deliveries))
        return;
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(deliveries); i++) {
        const struct as_json *delivery = as_json_at(deliveries, i);
        grid_add(grid, delivery, NULL);
        grid_cell(grid, "RULE", "%s/%s", str_or(delivery, "eval", "assay.yaml"),
                  str_or(delivery, "rule", ""));
        grid_cell(grid, "OUTCOME", "%s", str_or(delivery, "outcome", "-"));
    }
    grid_print_free(grid);
}

void print_notify_list(struct ctl *ctl, const struct as_json *result)
{
    const struct as_json *deliveries = as_json_get(result, "deliveries");
    print_rules(&ctl->out, as_json_get(result, "rules"));
    print_conditions(&ctl->out, as_json_get(result, "conditions"));
    if (as_json_len(deliveries))
        out_print(&ctl->out, "\n");
    print_deliveries(&ctl->out, deliveries);
    if (as_json_has(result, "next"))
        out_styled(&ctl->out, STYLE_DIM, "older ones with --before %s\n",
                   fmt_count(result, "next").s);
}

void print_notify_test(struct ctl *ctl, const struct as_json *result)
{
    print_deliveries(&ctl->out, as_json_get(result, "deliveries"));
}
