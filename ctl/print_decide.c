/* run rank and run project for people: quality, cost and latency side by side, who is dominated by
 * whom; and what a month would cost. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/wrap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void print_notes(const struct output *out, const struct as_json *result)
{
    const struct as_json *notes = as_json_get(result, "notes");
    for (size_t i = 0; i < as_json_len(notes); i++)
        wrap_print_after(out, STYLE_WARN, "note: ", as_json_cstr(as_json_at(notes, i)));
}

/* ---- rank ---- */

/* A weight and its range: "quality 0.7 (0.5 to 1)". */
struct composite_text {
    const struct as_json *ranges;
    struct as_buf text;
};

static void add_weight(void *ctx, const char *axis, struct as_json *weight)
{
    struct composite_text *composite = ctx;
    const struct as_json *range = as_json_get(composite->ranges, axis);
    as_buf_addf(&composite->text, "%s%s %g (%g to %g)", composite->text.len ? ", " : "", axis,
                as_json_num(weight, NAN), as_json_num(as_json_at(range, 0), NAN),
                as_json_num(as_json_at(range, 1), NAN));
}

static void print_composite(const struct output *out, const struct as_json *result)
{
    const struct as_json *rules = as_json_get(result, "composite");
    struct composite_text composite = {.ranges = as_json_get(rules, "ranges")};
    as_json_each(as_json_get(rules, "weights"), add_weight, &composite);
    if (rules)
        wrap_print_after(out, STYLE_DIM, "composite of weights, each from worst to best: ",
                         as_buf_str(&composite.text).ptr);
    else
        wrap_print(out, STYLE_DIM,
                   AS_STR("no composite: the eval has no `rank`, and no --weights were given"));
    as_buf_done(&composite.text);
}

static const char *front_word(const struct as_json *member)
{
    const char *reason = as_json_get_cstr(member, "not_comparable");
    if (reason)
        return reason;
    return as_json_get_bool(member, "front", false) ? "on front" : "dominated";
}

static void print_dominators(const struct output *out, const struct as_json *members)
{
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i);
        const struct as_json *list = as_json_get(member, "dominated_by");
        if (as_json_len(list))
            out_styled(out, STYLE_BOLD, "\n%s is dominated\n", str_or(member, "model", "?"));
        for (size_t k = 0; k < as_json_len(list); k++)
            wrap_print_after(out, STYLE_PLAIN, "  ", str_or(as_json_at(list, k), "sentence", ""));
    }
}

void print_rank(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"MEMBER", 0, "model", NULL},
        {"N", GRID_RIGHT, "n", fmt_count},
        {"QUALITY", GRID_RIGHT | GRID_BOLD, "quality", fmt_score},
        {"95 % INTERVAL", 0, "ci", fmt_interval},
        {"COST", GRID_RIGHT, "cost_usd", fmt_usd},
        {"P50", GRID_RIGHT, "latency_p50_ms", fmt_latency},
        {"P95", GRID_RIGHT, "latency_p95_ms", fmt_latency},
        {"PARETO", 0, NULL, NULL},
        {"COMPOSITE", GRID_RIGHT | GRID_BOLD, "composite", fmt_score},
        {0},
    };
    const struct output *out = &ctl->out;
    const struct as_json *members = as_json_get(result, "members");
    out_styled(out, STYLE_BOLD, "run %s  %s", fmt_count(result, "run").s,
               str_or(result, "eval", "?"));
    out_styled(out, STYLE_DIM, "  quality: %s; cost: of one answer\n",
               str_or(result, "primary", "?"));
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(members); i++) {
        grid_add(grid, as_json_at(members, i), NULL);
        grid_cell(grid, "PARETO", "%s", front_word(as_json_at(members, i)));
    }
    grid_print_free(grid);
    print_composite(out, result);
    print_dominators(out, members);
    print_notes(out, result);
}

/* ---- project ---- */

static struct text usd_text(double usd, bool is_change)
{
    struct text text = {"unpriced"};
    double size = fabs(usd);
    if (!isnan(usd))
        snprintf(text.s, sizeof(text.s), "%s$%.*f",
                 usd < 0     ? "-"
                 : is_change ? "+"
                             : "",
                 size >= 1 || size == 0 ? 2 : 6, size);
    return text;
}

static struct text fmt_month(const struct as_json *object, const char *key)
{
    return usd_text(as_json_get_num(object, key, NAN), false);
}

static struct text fmt_change(const struct as_json *object, const char *key)
{
    if (!as_json_has(object, key)) /* the baseline has no difference to itself */
        return (struct text){""};
    return usd_text(as_json_get_num(object, key, NAN), true);
}

static struct text fmt_usd_range(const struct as_json *object, const char *key)
{
    const struct as_json *pair = as_json_get(object, key);
    struct text text = {""};
    if (as_json_len(pair) == 2)
        snprintf(text.s, sizeof(text.s), "%.40s to %.40s",
                 usd_text(as_json_num(as_json_at(pair, 0), NAN), false).s,
                 usd_text(as_json_num(as_json_at(pair, 1), NAN), false).s);
    return text;
}

static struct text fmt_tokens(const struct as_json *object, const char *key)
{
    double tokens = as_json_get_num(object, key, NAN);
    struct text text = {"n/a"};
    if (!isnan(tokens))
        snprintf(text.s, sizeof(text.s), "%.1f", tokens);
    return text;
}

/* Where the answers have a cost and none passed there is no such number. */
static struct text fmt_cost_per_pass(const struct as_json *member, const char *key)
{
    if (as_json_get(member, "cost_usd") && !as_json_get(member, key))
        return (struct text){"n/a"};
    return fmt_usd(member, key);
}

static void print_per_answer(const struct output *out, const struct as_json *members)
{
    static const struct grid_column columns[] = {
        {"MEMBER", 0, "model", NULL},
        {"CASES", GRID_RIGHT, "n", fmt_count},
        {"TOKENS IN", GRID_RIGHT, "input_tokens", fmt_tokens},
        {"TOKENS OUT", GRID_RIGHT, "output_tokens", fmt_tokens},
        {"COST", GRID_RIGHT, "cost_usd", fmt_usd},
        {"COST PER PASS", GRID_RIGHT, "cost_per_pass_usd", fmt_cost_per_pass},
        {0},
    };
    out_styled(out, STYLE_BOLD, "\nof one answer\n");
    grid_print_list(out, columns, members);
}

void print_project(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"MEMBER", 0, "model", NULL},
        {"A MONTH", GRID_RIGHT | GRID_BOLD, "month_usd", fmt_month},
        {"95 % INTERVAL", 0, "month_ci", fmt_usd_range},
        {"TO BASELINE", GRID_RIGHT | GRID_BOLD, "difference_month_usd", fmt_change},
        {"95 % INTERVAL", 0, "difference_ci", fmt_usd_range},
        {0},
    };
    const struct output *out = &ctl->out;
    const struct as_json *members = as_json_get(result, "members"),
                         *judge = as_json_get(result, "judge");
    out_styled(out, STYLE_BOLD, "run %s  %s", fmt_count(result, "run").s,
               str_or(result, "eval", "?"));
    out_styled(out, STYLE_DIM, "  %g requests a day, a month of %g days\n",
               as_json_get_num(result, "requests_per_day", NAN),
               as_json_get_num(result, "days_per_month", NAN));
    grid_print_list(out, columns, members);
    print_per_answer(out, members);
    if (judge)
        out_print(out,
                  "\nThe judge is no part of this: it cost %s in this run, %s an answer judged.\n",
                  fmt_usd(judge, "run_usd").s, fmt_usd(judge, "answer_usd").s);
    out_styled(out, STYLE_DIM, "%sIt holds if the cases are like production's requests.\n",
               judge ? "" : "\n");
    print_notes(out, result);
}
