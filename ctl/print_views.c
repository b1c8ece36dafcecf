/* The views of a run: by scorer, by tag, by model, in detail, as histograms. */
#include "ctl/print_views.h"

#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/print_members.h"

#include <math.h>
#include <string.h>

#define BAR_COLUMNS 40
#define TESTED_PAIRS 20 /* of a tag, where the gate asks nothing of tags */

/* ---- by scorer ---- */

/* The candidates' paired differences by this metric. */
static void print_pairs(const struct output *out, const struct as_json *run, const char *metric)
{
    const struct as_json *pairs = as_json_get(run, "comparisons");
    struct text interval = fmt_interval_title(as_json_at(pairs, 0));
    const struct grid_column columns[] = {
        {"AGAINST THE BASELINE", 0, "candidate", NULL},
        {"PAIRS", GRID_RIGHT, "n_pairs", fmt_count},
        {"DIFFERENCE", GRID_RIGHT | GRID_BOLD, "diff", fmt_diff},
        {interval.s, 0, "ci", fmt_interval},
        {"P", GRID_RIGHT, "p", fmt_p},
        {"WINS", GRID_RIGHT, "wins", fmt_count},
        {"LOSSES", GRID_RIGHT, "losses", fmt_count},
        {"TIES", GRID_RIGHT, "ties", fmt_count},
        {0},
    };
    AS_CLEANUP_JSON struct as_json *own = as_json_array();
    for (size_t i = 0; i < as_json_len(pairs); i++)
        if (!strcmp(str_or(as_json_at(pairs, i), "metric", ""), metric))
            as_json_push_take(own, as_json_share(as_json_at(pairs, i)));
    if (as_json_len(own))
        grid_print_list(out, columns, own);
}

static void print_by_scorer(const struct output *out, const struct as_json *run, bool detailed)
{
    const struct as_json *members = as_json_get(run, "members");
    const struct as_json *metrics = as_json_get(as_json_at(members, 0), "metrics");
    for (size_t i = 0; i < as_json_len(metrics); i++) {
        const char *metric = str_or(as_json_at(metrics, i), "metric", "?");
        bool decides = !strcmp(metric, str_or(run, "primary", ""));
        print_members_of_metric(out, run, metric, decides ? "  decides" : "", detailed);
        print_pairs(out, run, metric);
    }
}

/* ---- by model ---- */

static void print_by_model(const struct output *out, const struct as_json *run, bool detailed)
{
    const struct as_json *members = as_json_get(run, "members");
    for (size_t i = 0; i < as_json_len(members); i++)
        print_metrics_of_member(out, run, as_json_at(members, i), detailed);
}

/* ---- by tag ---- */

static const struct as_json *pair_of(const struct as_json *tag, const struct as_json *member)
{
    const struct as_json *pairs = as_json_get(tag, "comparisons");
    for (size_t i = 0; i < as_json_len(pairs); i++)
        if (!strcmp(str_or(as_json_at(pairs, i), "candidate", ""), str_or(member, "model", "?")))
            return as_json_at(pairs, i);
    return NULL;
}

static void add_tag(struct grid *grid, const struct as_json *tag)
{
    const struct as_json *members = as_json_get(tag, "members");
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i), *pair = pair_of(tag, member);
        grid_add(grid, member, NULL);
        grid_cell(grid, "TAG", "%s", i ? "" : str_or(tag, "tag", "?"));
        grid_cell(grid, "CASES", "%s", i ? "" : fmt_count(tag, "cases").s);
        if (!pair)
            continue;
        grid_cell(grid, "DIFFERENCE", "%s", fmt_diff(pair, "diff").s);
        grid_cell(grid, "ITS INTERVAL", "%s", fmt_interval(pair, "ci").s);
        grid_cell(grid, "HOLM", "%s", fmt_p(pair, "p_holm").s);
        grid_cell(grid, "W/L/T", "%s/%s/%s", fmt_count(pair, "wins").s, fmt_count(pair, "losses").s,
                  fmt_count(pair, "ties").s);
        grid_cell(grid, "CHECK", "%s", str_or(pair, "outcome", ""));
    }
}

static void print_by_tag(const struct output *out, const struct as_json *run)
{
    static const struct grid_column columns[] = {
        {"TAG", GRID_TRUNC, NULL, NULL},
        {"CASES", GRID_RIGHT, NULL, NULL},
        {"MEMBER", GRID_TRUNC, "model", NULL},
        {"N", GRID_RIGHT, "n", fmt_count},
        {"MEAN", GRID_RIGHT | GRID_BOLD, "mean", fmt_score},
        {"95 % INTERVAL", 0, "ci", fmt_interval},
        {"DIFFERENCE", GRID_RIGHT, NULL, NULL},
        {"ITS INTERVAL", 0, NULL, NULL},
        {"HOLM", GRID_RIGHT, NULL, NULL},
        {"W/L/T", GRID_RIGHT | GRID_WIDE, NULL, NULL},
        {"CHECK", 0, NULL, NULL},
        {0},
    };
    const struct as_json *tags = as_json_get(run, "tags");
    const struct as_json *rules =
        as_json_get(as_json_get(as_json_get(run, "pins"), "gate"), "tags");
    out_styled(out, STYLE_BOLD, "\n%s by tag", str_or(run, "primary", "?"));
    out_styled(out, STYLE_DIM, "  p by Holm, among %s with %lld pairs or more\n",
               as_json_get(rules, "only") ? "the tags that the gate names" : "tags",
               (long long)as_json_get_int(rules, "min_n", TESTED_PAIRS));
    if (!as_json_len(tags)) {
        out_print(out, "%s\n",
                  as_json_has(run, "tags")
                      ? "no case of this run has a tag"
                      : "not known: an older assayd made this result; run replay makes it anew");
        return;
    }
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(tags); i++)
        add_tag(grid, as_json_at(tags, i));
    grid_print_free(grid);
    if (as_json_get_int(run, "tags_left_out", 0))
        out_styled(out, STYLE_DIM, "and %s further tags, with fewer cases\n",
                   fmt_count(run, "tags_left_out").s);
}

/* ---- histograms ---- */

/* share of the tallest bar. In eighths of a column where blocks can be shown. */
static void print_bar(const struct output *out, double share)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    size_t eighths = (size_t)ceil(share * BAR_COLUMNS * 8);
    size_t whole = out->is_utf8 ? eighths / 8 : (eighths + 7) / 8;
    struct as_buf bar = {0};
    for (size_t i = 0; i < whole; i++)
        as_buf_adds(&bar, out->is_utf8 ? "█" : "#");
    if (out->is_utf8)
        as_buf_adds(&bar, parts[eighths % 8]);
    out_print(out, "%s", as_buf_str(&bar).ptr);
    as_buf_done(&bar);
}

static void print_bins(const struct output *out, const struct as_json *hist)
{
    double tallest = 1, all = 0;
    size_t count = as_json_len(hist);
    for (size_t i = 0; i < count; i++) {
        all += as_json_num(as_json_at(hist, i), 0);
        tallest = fmax(tallest, as_json_num(as_json_at(hist, i), 0));
    }
    for (size_t i = 0; i < count; i++) {
        double cases = as_json_num(as_json_at(hist, i), 0), width = 1.0 / (double)count;
        out_print(out, "  %.1f to %.1f %7.0f  %5.1f %%  ", (double)i * width,
                  (double)(i + 1) * width, cases, all > 0 ? 100 * cases / all : 0.0);
        print_bar(out, cases / tallest);
        out_print(out, "\n");
    }
}

static void print_histogram(const struct output *out, const struct as_json *member,
                            const struct as_json *metric)
{
    const struct as_json *hist = as_json_get(metric, "hist");
    out_styled(out, STYLE_BOLD, "\n%s, %s", str_or(metric, "metric", "?"),
               str_or(member, "model", "?"));
    out_styled(out, STYLE_DIM, "  n=%s, mean %s\n", fmt_count(metric, "n").s,
               fmt_score(metric, "mean").s);
    if (as_json_get_int(metric, "n", 0) && as_json_len(hist))
        print_bins(out, hist);
    else
        out_print(out, "  no case has a score\n");
}

static void print_histograms(const struct output *out, const struct as_json *run)
{
    const struct as_json *members = as_json_get(run, "members");
    size_t metric_count = as_json_len(as_json_get(as_json_at(members, 0), "metrics"));
    for (size_t m = 0; m < metric_count; m++)
        for (size_t i = 0; i < as_json_len(members); i++) {
            const struct as_json *member = as_json_at(members, i);
            print_histogram(out, member, as_json_at(as_json_get(member, "metrics"), m));
        }
}

/* ---- all of them ---- */

int run_view_check(const struct run_view *view, struct as_err *err)
{
    const char *by = view->by;
    bool is_known = !by || !strcmp(by, "scorer") || !strcmp(by, "tag") || !strcmp(by, "model");
    return is_known ? 0 : as_err_set(err, AS_EUSAGE, "--by is scorer, tag or model, not '%s'", by);
}

void print_run_view(struct ctl *ctl, const struct as_json *result, const struct run_view *view)
{
    const struct output *out = &ctl->out;
    const char *by = view->by ? view->by : "";
    if (!print_run_head(out, result))
        return;
    if (!strcmp(by, "scorer"))
        print_by_scorer(out, result, view->detailed);
    else if (!strcmp(by, "model"))
        print_by_model(out, result, view->detailed);
    else if (view->detailed)
        print_members(out, result, true);
    if (!strcmp(by, "tag"))
        print_by_tag(out, result);
    if (view->hist)
        print_histograms(out, result);
}
