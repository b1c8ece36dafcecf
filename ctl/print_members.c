/* What the members of a run did: answers and their latency, tokens and cost, metrics. */
#include "ctl/print_members.h"

#include "ctl/grid.h"
#include "ctl/print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ALARM (GRID_RIGHT | GRID_ALARM)

/* ---- bars ---- */

struct text fmt_bars(const struct output *out, const struct as_json *hist)
{
    static const char *const blocks[] = {"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const digits[] = {".", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    double most = out->is_utf8 ? AS_COUNT(blocks) - 1 : AS_COUNT(digits) - 1, tallest = 0;
    struct text text = {""};
    size_t used = 0;
    for (size_t i = 0; i < as_json_len(hist); i++)
        tallest = fmax(tallest, as_json_num(as_json_at(hist, i), 0));
    for (size_t i = 0; i < as_json_len(hist) && used < sizeof(text.s); i++) {
        double share = as_json_num(as_json_at(hist, i), 0) / fmax(tallest, 1);
        size_t level = (size_t)ceil(share * most); /* a single case is seen */
        used += (size_t)snprintf(text.s + used, sizeof(text.s) - used, "%s",
                                 out->is_utf8 ? blocks[level] : digits[level]);
    }
    return used ? text : (struct text){"n/a"};
}

/* ---- answers ---- */

/* "model_error 3, timeout 1": what the rows that are not ok ended in. */
static void add_status(void *ctx, const char *status, struct as_json *count)
{
    struct as_buf *text = ctx;
    if (strcmp(status, "ok"))
        as_buf_addf(text, "%s%s %lld", text->len ? ", " : "", status,
                    (long long)as_json_int(count, 0));
}

static const struct grid_column answer_columns[] = {
    {"MEMBER", 0, "model", NULL},
    {"ROLE", 0, "role", NULL},
    {"ROWS", GRID_RIGHT, "rows", fmt_count},
    {"OK", GRID_RIGHT, "ok", fmt_count},
    {"FAILED", ALARM, "failed", fmt_count},
    {"MISSING", ALARM, "missing", fmt_count},
    {"TIMED", GRID_RIGHT, "latency_n", fmt_count},
    {"P50", GRID_RIGHT, "latency_p50_ms", fmt_latency},
    {"P95", GRID_RIGHT, "latency_p95_ms", fmt_latency},
    {"P99", GRID_RIGHT | GRID_DETAIL, "latency_p99_ms", fmt_latency},
    {"NOT OK", GRID_TRUNC, NULL, NULL},
    {0},
};

static void print_answers(const struct output *out, const struct as_json *members, bool detailed)
{
    out_styled(out, STYLE_BOLD, "\nanswers and their latency\n");
    struct grid *grid = grid_new_detailed(out, answer_columns, detailed);
    for (size_t i = 0; i < as_json_len(members); i++) {
        struct as_buf statuses = {0};
        as_json_each(as_json_get(as_json_at(members, i), "statuses"), add_status, &statuses);
        grid_add(grid, as_json_at(members, i), NULL);
        grid_cell(grid, "NOT OK", "%s", as_buf_str(&statuses).ptr);
        as_buf_done(&statuses);
    }
    grid_print_free(grid);
}

/* ---- costs ---- */

/* Unpriced is what was spent at an unknown price. Without a token there is nothing to price, and
 * without a pass no price of one. */
static struct text fmt_cost(const struct as_json *member, const char *key)
{
    bool has_usage = as_json_get(member, "output_tokens"),
         is_priced = as_json_get(member, "cost_usd");
    if (!as_json_get(member, key) && (is_priced || !has_usage))
        return (struct text){"n/a"};
    return fmt_usd(member, key);
}

/* Of all its tokens, in and out. */
static struct text fmt_cost_per_1k(const struct as_json *member, const char *key)
{
    AS_CLEANUP_JSON struct as_json *price = as_json_object();
    double tokens =
        as_json_get_num(member, "input_tokens", 0) + as_json_get_num(member, "output_tokens", 0);
    if (!as_json_get(member, key) || !(tokens > 0))
        return fmt_cost(member, key);
    as_json_set_num(price, key, as_json_get_num(member, key, NAN) / tokens * 1000);
    return fmt_usd(price, key);
}

static const struct grid_column cost_columns[] = {
    {"MEMBER", 0, "model", NULL},
    {"TOKENS IN", GRID_RIGHT, "input_tokens", fmt_count},
    {"TOKENS OUT", GRID_RIGHT, "output_tokens", fmt_count},
    {"COST", GRID_RIGHT, "cost_usd", fmt_cost},
    {"PER 1K TOKENS", GRID_RIGHT | GRID_DETAIL, "cost_usd", fmt_cost_per_1k},
    {"PER PASSED CASE", GRID_RIGHT, "cost_per_pass_usd", fmt_cost},
    {"JUDGE COST", GRID_RIGHT, "judge_cost_usd", fmt_usd},
    {0},
};

static void print_costs(const struct output *out, const struct as_json *run,
                        const struct as_json *members, bool detailed)
{
    bool has_judge = as_json_get(as_json_get(run, "pins"), "judge");
    out_styled(out, STYLE_BOLD, "\ntokens and cost\n");
    struct grid *grid = grid_new_detailed(out, cost_columns, detailed);
    for (size_t i = 0; i < as_json_len(members); i++) {
        grid_add(grid, as_json_at(members, i), NULL);
        if (!has_judge)
            grid_cell(grid, "JUDGE COST", "n/a");
    }
    grid_print_free(grid);
}

/* ---- metrics ---- */

#define BARS "FROM 0 TO 1"
#define METRIC_COLUMNS                                                                         \
    {"N", GRID_RIGHT, "n", fmt_count}, {"MEAN", GRID_RIGHT | GRID_BOLD, "mean", fmt_score},    \
        {"95 % INTERVAL", 0, "ci", fmt_interval}, {"MIN", GRID_RIGHT, "min", fmt_score},       \
        {"P10", GRID_RIGHT, "p10", fmt_score}, {"MEDIAN", GRID_RIGHT, "median", fmt_score},    \
        {"MAX", GRID_RIGHT, "max", fmt_score}, {"PASS", GRID_RIGHT, "pass_rate", fmt_percent}, \
        {"N/A", GRID_RIGHT, "na", fmt_count}, {"ERRORS", ALARM, "errors", fmt_count},          \
    {                                                                                          \
        BARS, GRID_DETAIL, NULL, NULL                                                          \
    }

static const struct grid_column member_columns[] = {
    {"MEMBER", 0, "model", NULL}, METRIC_COLUMNS, {0}};
static const struct grid_column metric_columns[] = {
    {"METRIC", 0, "metric", NULL}, METRIC_COLUMNS, {0}};

static const struct as_json *metric_of(const struct as_json *member, const char *name)
{
    const struct as_json *metrics = as_json_get(member, "metrics");
    for (size_t i = 0; i < as_json_len(metrics); i++)
        if (!strcmp(str_or(as_json_at(metrics, i), "metric", ""), name))
            return as_json_at(metrics, i);
    return NULL;
}

static void set_bars(const struct output *out, struct grid *grid, const struct as_json *metric)
{
    grid_cell(grid, BARS, "%s", fmt_bars(out, as_json_get(metric, "hist")).s);
}

void print_members_of_metric(const struct output *out, const struct as_json *run,
                             const char *metric, const char *note, bool detailed)
{
    const struct as_json *members = as_json_get(run, "members");
    out_styled(out, STYLE_BOLD, "\n%s", metric);
    out_styled(out, STYLE_DIM, "%s\n", note);
    struct grid *grid = grid_new_detailed(out, member_columns, detailed);
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *of = metric_of(as_json_at(members, i), metric);
        grid_add(grid, of, as_json_at(members, i));
        set_bars(out, grid, of);
    }
    grid_print_free(grid);
}

static void print_metrics(const struct output *out, const struct as_json *run, bool detailed)
{
    const struct as_json *members = as_json_get(run, "members");
    const struct as_json *metrics = as_json_get(as_json_at(members, 0), "metrics");
    const char *primary = str_or(run, "primary", "");
    print_members_of_metric(out, run, primary,
                            "  decides; n: cases with a score, n/a: those it does not apply to",
                            detailed);
    for (size_t i = 0; i < as_json_len(metrics); i++) {
        const char *metric = str_or(as_json_at(metrics, i), "metric", "?");
        if (strcmp(metric, primary))
            print_members_of_metric(out, run, metric, "", detailed);
    }
}

void print_members(const struct output *out, const struct as_json *run, bool detailed)
{
    const struct as_json *members = as_json_get(run, "members");
    print_answers(out, members, detailed);
    print_costs(out, run, members, detailed);
    print_budget(out, as_json_get(run, "budget"));
    print_metrics(out, run, detailed);
}

void print_metrics_of_member(const struct output *out, const struct as_json *run,
                             const struct as_json *member, bool detailed)
{
    AS_CLEANUP_JSON struct as_json *alone = as_json_array();
    const struct as_json *metrics = as_json_get(member, "metrics");
    as_json_push_take(alone, as_json_share((struct as_json *)member));
    out_styled(out, STYLE_BOLD, "\n%s", str_or(member, "model", "?"));
    out_styled(out, STYLE_DIM, "  %s\n", str_or(member, "role", ""));
    struct grid *grid = grid_new_detailed(out, metric_columns, detailed);
    for (size_t i = 0; i < as_json_len(metrics); i++) {
        grid_add(grid, as_json_at(metrics, i), NULL);
        set_bars(out, grid, as_json_at(metrics, i));
    }
    grid_print_free(grid);
    print_answers(out, alone, detailed);
    print_costs(out, run, alone, detailed);
}
