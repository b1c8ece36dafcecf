/* A plan for people: what each model will take, low and high, and what so many cases can show. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/wrap.h"

#include <math.h>
#include <string.h>

static struct text fmt_count_of(double count)
{
    struct text text;
    if (isnan(count))
        return (struct text){"unknown"};
    snprintf(text.s, sizeof(text.s), "%.0f", count);
    return text;
}

static struct text fmt_range(const struct as_json *object, const char *key)
{
    const struct as_json *range = as_json_get(object, key);
    double low = as_json_get_num(range, "low", NAN), high = as_json_get_num(range, "high", NAN);
    struct text text, from = fmt_count_of(low), to = fmt_count_of(high);
    if (low == high)
        return from;
    snprintf(text.s, sizeof(text.s), "%.40s to %.40s", from.s, to.s);
    return text;
}

static struct text fmt_dollars(const struct as_json *object, const char *key)
{
    const struct as_json *range = as_json_get(object, key);
    struct text text;
    if (!as_json_get(range, "high"))
        return (struct text){"unpriced"};
    snprintf(text.s, sizeof(text.s), "%.40s to %.40s", fmt_usd(range, "low").s,
             fmt_usd(range, "high").s);
    return text;
}

static struct text fmt_seconds(const struct as_json *object, const char *key)
{
    double seconds = as_json_get_num(object, key, NAN);
    return isnan(seconds) ? (struct text){"unknown"} : fmt_duration(seconds * 1000);
}

static void add_basis(struct grid *grid, const struct as_json *lane)
{
    if (as_json_get(lane, "past_run"))
        grid_cell(grid, "LOW FROM", "run %s, %s a call", fmt_count(lane, "past_run").s,
                  fmt_latency(lane, "latency_ms").s);
    else
        grid_cell(grid, "LOW FROM", "sizes, no output");
    grid_cell(grid, "OUTPUT", "%s%s", fmt_count(lane, "output_tokens").s,
              as_json_get_bool(lane, "output_assumed", false) ? " assumed" : "");
}

static void print_models(const struct output *out, const struct as_json *plan)
{
    static const struct grid_column columns[] = {
        {"MODEL", 0, "model", NULL},
        {"ROLE", 0, "role", NULL},
        {"CALLS", GRID_RIGHT, "calls", fmt_range},
        {"TOKENS", GRID_RIGHT, "tokens", fmt_range},
        {"COST", GRID_RIGHT, "cost_usd", fmt_dollars},
        {"TIME", GRID_RIGHT, "time_s", fmt_seconds},
        {"OUTPUT", GRID_RIGHT, NULL, NULL},
        {"LOW FROM", GRID_TRUNC, NULL, NULL},
        {0},
    };
    const struct as_json *models = as_json_get(plan, "models"), *total = as_json_get(plan, "total");
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(models); i++) {
        grid_add(grid, as_json_at(models, i), NULL);
        add_basis(grid, as_json_at(models, i));
    }
    grid_add(grid, total, NULL);
    grid_cell(grid, "MODEL", "all");
    grid_print_free(grid);
    wrap_print_after(out, STYLE_DIM, "  ",
                     "low: every call answered at once, with the tokens of the run that is named, "
                     "or at least a token for every 4 bytes sent; high: a token for every byte, "
                     "every reply as long as it may be, the judge asked twice; what servers turn "
                     "down costs requests, no tokens");
}

static void print_reuse(const struct output *out, const struct as_json *plan)
{
    const struct as_json *models = as_json_get(plan, "models");
    const char *policy = str_or(plan, "journal", "live");
    int64_t reusable = 0;
    for (size_t i = 0; i < as_json_len(models); i++)
        reusable += as_json_get_int(as_json_at(models, i), "reusable", 0);
    if (!strcmp(policy, "replay"))
        out_field(out, "journal", "replay: nothing is called");
    else if (!strcmp(policy, "cache"))
        out_field(out, "journal", "cache: about %lld replies of past runs are reused",
                  (long long)reusable);
    else
        out_field(out, "journal", "live: nothing is reused; --cache would take about %lld replies",
                  (long long)reusable);
}

static void print_detectable(const struct output *out, const struct as_json *detectable)
{
    struct as_buf text = {0};
    const char *metric = str_or(detectable, "metric", "?");
    double margin = as_json_get_num(detectable, "margin", NAN);
    as_buf_addf(&text, "%s: %s can show a difference of %s (95 %% confidence, power 80 %%)", metric,
                fmt_counted(detectable, "cases", "case").s, fmt_score(detectable, "difference").s);
    if (!isnan(margin))
        as_buf_addf(&text, "; \"not worse by %.3g\" takes %s if the models are equal", margin,
                    fmt_counted(detectable, "cases_for_margin", "case").s);
    if (as_json_get(detectable, "sigma_run"))
        as_buf_addf(&text, "; with the spread of run %s: %s", fmt_count(detectable, "sigma_run").s,
                    fmt_score(detectable, "sigma").s);
    else
        as_buf_addf(&text, "; the spread is assumed to be %s: no past run tells",
                    fmt_score(detectable, "sigma").s);
    out_field(out, "power", "%s; cases are taken to be independent", text.ptr);
    as_buf_done(&text);
}

static void print_verdict_of(const struct output *out, const struct as_json *budget)
{
    const char *verdict = str_or(budget, "verdict", "");
    bool is_good = !strcmp(verdict, "fits"), is_bad = !strcmp(verdict, "will_stop");
    if (!budget) {
        out_field(out, "budget", "none");
        return;
    }
    out_print(out, "  budget      ");
    out_styled(out,
               is_good  ? STYLE_GOOD
               : is_bad ? STYLE_BAD
                        : STYLE_WARN,
               "%s\n", str_or(budget, "sentence", "?"));
}

void print_plan(struct ctl *ctl, const struct as_json *plan)
{
    const struct output *out = &ctl->out;
    out_styled(out, STYLE_BOLD, "plan of %s\n", str_or(plan, "eval", "?"));
    out_field(out, "dataset", "%s@%s, %s, %s", str_or(plan, "dataset", "?"),
              fmt_count(plan, "dataset_version").s, fmt_counted(plan, "cases", "case").s,
              fmt_counted(plan, "rows", "row").s);
    print_settings(out, plan, as_json_get(plan, "call_rules"));
    print_reuse(out, plan);
    print_detectable(out, as_json_get(plan, "detectable"));
    if (as_json_get(plan, "early_stop"))
        out_field(out, "early stop", "%s",
                  str_or(as_json_get(plan, "early_stop"), "sentence", "?"));
    print_verdict_of(out, as_json_get(plan, "budget"));
    out_print(out, "\n");
    print_models(out, plan);
}
