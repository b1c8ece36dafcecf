/* A run group for people: head, members, metrics, comparisons, verdicts. Every mean with its n. */
#include "ctl/grid.h"
#include "ctl/print.h"

#include <math.h>
#include <string.h>

#define ALARM (GRID_RIGHT | GRID_ALARM)

void print_started(struct ctl *ctl, const struct as_json *result)
{
    struct text run = fmt_count(result, "run");
    out_print(&ctl->out, "run %s started; watch it with: assayctl run watch %s\n", run.s, run.s);
}

void print_cancelled(struct ctl *ctl, const struct as_json *result)
{
    out_print(&ctl->out, "run %s: %s\n", fmt_count(result, "run").s, str_or(result, "state", "?"));
}

/* From start to end; "" for a run that has not ended. */
static struct text fmt_took(const struct as_json *run)
{
    double created_ms = as_json_get_num(run, "created_ms", NAN);
    double ended_ms = as_json_get_num(run, "ended_ms", NAN);
    return isnan(ended_ms) ? (struct text){""} : fmt_duration(ended_ms - created_ms);
}

void print_run_list(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"RUN", GRID_RIGHT, "run", fmt_count},
        {"EVAL", 0, "eval", NULL},
        {"STATE", GRID_WORD, "state", NULL},
        {"OUTCOME", GRID_WORD, "outcome", NULL},
        {"DATASET", 0, "dataset", NULL},
        {"CASES", GRID_RIGHT, "cases", fmt_count},
        {"TAG", 0, "tag", NULL},
        {"STARTED", 0, "created_ms", fmt_time},
        {"TOOK", GRID_RIGHT, NULL, NULL},
        {"ERROR", GRID_TRUNC, "error", NULL},
        {0},
    };
    const struct as_json *runs = as_json_get(result, "runs");
    struct grid *grid = grid_new(&ctl->out, columns);
    for (size_t i = 0; i < as_json_len(runs); i++) {
        grid_add(grid, as_json_at(runs, i), NULL);
        grid_cell(grid, "TOOK", "%s", fmt_took(as_json_at(runs, i)).s);
    }
    grid_print_free(grid);
    if (as_json_has(result, "next"))
        out_styled(&ctl->out, STYLE_DIM, "older ones with --before %s\n",
                   fmt_count(result, "next").s);
}

/* ---- the head ---- */

static void print_title(const struct output *out, const struct as_json *run)
{
    const char *state = str_or(run, "state", "?"), *outcome = as_json_get_cstr(run, "outcome");
    out_styled(out, STYLE_BOLD, "run %s  %s  ", fmt_count(run, "run").s, str_or(run, "eval", "?"));
    out_styled(out, style_of_word(state), "%s", state);
    if (outcome) {
        out_print(out, "  ");
        out_styled(out, style_of_word(outcome), "%s", outcome);
    }
    out_print(out, "\n");
    if (as_json_get_str(run, "headline").len)
        out_print(out, "%s\n", str_or(run, "headline", ""));
    if (as_json_get_cstr(run, "error"))
        out_styled(out, STYLE_BAD, "%s\n", as_json_get_cstr(run, "error"));
}

static void print_when(const struct output *out, const struct as_json *run)
{
    struct text took = fmt_took(run);
    out_field(out, "started", "%s by %s%s%s", fmt_time(run, "created_ms").s,
              str_or(run, "requested_by", "n/a"), *took.s ? ", took " : "", took.s);
}

static void print_pins(const struct output *out, const struct as_json *pins)
{
    const struct as_json *models = as_json_get(pins, "models"), *judge = as_json_get(pins, "judge");
    const struct as_json *plugins = as_json_get(pins, "plugins");
    for (size_t i = 0; i < as_json_len(models); i++) {
        const struct as_json *model = as_json_at(models, i);
        out_field(out, "model", "%s = %s (%s)", str_or(model, "model", "?"),
                  str_or(model, "id", "no id"), str_or(model, "provider", "no provider"));
    }
    if (judge)
        out_field(out, "judge", "%s = %s", str_or(judge, "model", "?"), str_or(judge, "id", "?"));
    for (size_t i = 0; i < as_json_len(plugins); i++) {
        const struct as_json *plugin = as_json_at(plugins, i);
        out_field(out, "metric", "%s = %s (%s)", str_or(plugin, "metric", "?"),
                  str_or(plugin, "selector", "?"), fmt_hash(plugin, "hash").s);
    }
}

static void print_head(const struct output *out, const struct as_json *run)
{
    const struct as_json *dataset = as_json_get(run, "dataset");
    const struct as_json *warnings = as_json_get(run, "warnings");
    int64_t unknown_fate = as_json_get_int(run, "unknown_fate", 0);
    print_title(out, run);
    out_field(out, "dataset", "%s@%s (%s cases, %s)", str_or(dataset, "name", "?"),
              fmt_count(dataset, "version").s, fmt_count(dataset, "cases").s,
              fmt_hash(dataset, "hash").s);
    print_when(out, run);
    if (as_json_get_cstr(run, "tag"))
        out_field(out, "tag", "%s", as_json_get_cstr(run, "tag"));
    print_pins(out, as_json_get(run, "pins"));
    if (unknown_fate)
        out_styled(out, STYLE_WARN,
                   "  %lld calls were in flight when assayd died: whether they were answered is "
                   "not known; they were sent again\n",
                   (long long)unknown_fate);
    for (size_t i = 0; i < as_json_len(warnings); i++)
        out_styled(out, STYLE_WARN, "  warning: %s\n", as_json_cstr(as_json_at(warnings, i)));
}

/* ---- members ---- */

static const struct as_json *metric_of(const struct as_json *member, const char *name)
{
    const struct as_json *metrics = as_json_get(member, "metrics");
    for (size_t i = 0; i < as_json_len(metrics); i++)
        if (!strcmp(str_or(as_json_at(metrics, i), "metric", ""), name))
            return as_json_at(metrics, i);
    return NULL;
}

static void print_quality(const struct output *out, const struct as_json *members,
                          const char *primary)
{
    static const struct grid_column columns[] = {
        {"MEMBER", 0, "model", NULL},
        {"ROLE", 0, "role", NULL},
        {"ROWS", GRID_RIGHT, "rows", fmt_count},
        {"OK", GRID_RIGHT, "ok", fmt_count},
        {"FAILED", ALARM, "failed", fmt_count},
        {"MISSING", ALARM, "missing", fmt_count},
        {"N", GRID_RIGHT, "n", fmt_count},
        {"MEAN", GRID_RIGHT | GRID_BOLD, "mean", fmt_score},
        {"95 % INTERVAL", 0, "ci", fmt_interval},
        {"MIN", GRID_RIGHT, "min", fmt_score},
        {"P10", GRID_RIGHT, "p10", fmt_score},
        {"MEDIAN", GRID_RIGHT, "median", fmt_score},
        {"MAX", GRID_RIGHT, "max", fmt_score},
        {"PASS", GRID_RIGHT, "pass_rate", fmt_percent},
        {0},
    };
    out_styled(out, STYLE_BOLD, "\n%s", primary);
    out_styled(out, STYLE_DIM, "  decides; rows are answers, n is the cases with a score\n");
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i);
        grid_add(grid, member, metric_of(member, primary));
    }
    grid_print_free(grid);
}

static void print_effort(const struct output *out, const struct as_json *members)
{
    static const struct grid_column columns[] = {
        {"MEMBER", 0, "model", NULL},
        {"P50", GRID_RIGHT, "latency_p50_ms", fmt_latency},
        {"P95", GRID_RIGHT, "latency_p95_ms", fmt_latency},
        {"TOKENS IN", GRID_RIGHT, "input_tokens", fmt_count},
        {"TOKENS OUT", GRID_RIGHT, "output_tokens", fmt_count},
        {"COST", GRID_RIGHT, "cost_usd", fmt_usd},
        {"JUDGE COST", GRID_RIGHT, "judge_cost_usd", fmt_usd},
        {"COST PER PASS", GRID_RIGHT, "cost_per_pass_usd", fmt_usd},
        {0},
    };
    out_styled(out, STYLE_BOLD, "\nlatency and cost\n");
    grid_print_list(out, columns, members);
}

/* Every other metric by member. */
static void print_metrics(const struct output *out, const struct as_json *members,
                          const char *primary)
{
    static const struct grid_column columns[] = {
        {"METRIC", 0, "metric", NULL},
        {"MEMBER", 0, "model", NULL},
        {"N", GRID_RIGHT, "n", fmt_count},
        {"MEAN", GRID_RIGHT, "mean", fmt_score},
        {"95 % INTERVAL", 0, "ci", fmt_interval},
        {"PASS", GRID_RIGHT, "pass_rate", fmt_percent},
        {"N/A", GRID_RIGHT, "na", fmt_count},
        {0},
    };
    const struct as_json *metrics = as_json_get(as_json_at(members, 0), "metrics");
    if (as_json_len(metrics) < 2)
        return;
    out_styled(out, STYLE_BOLD, "\nother metrics\n");
    struct grid *grid = grid_new(out, columns);
    for (size_t m = 0; m < as_json_len(metrics); m++) {
        const char *name = str_or(as_json_at(metrics, m), "metric", "?");
        for (size_t i = 0; strcmp(name, primary) && i < as_json_len(members); i++)
            grid_add(grid, metric_of(as_json_at(members, i), name), as_json_at(members, i));
    }
    grid_print_free(grid);
}

/* ---- comparisons and verdicts ---- */

static void print_failures(const struct output *out, const struct as_json *pair)
{
    int64_t baseline = as_json_get_int(pair, "baseline_failed", 0);
    int64_t candidate = as_json_get_int(pair, "candidate_failed", 0);
    bool is_zero = !strcmp(str_or(pair, "policy", "zero"), "zero");
    if (!baseline && !candidate)
        return;
    out_styled(out, STYLE_DIM, "  %-11s ", "failures");
    out_print(out, "baseline %lld, candidate %lld, %s", (long long)baseline, (long long)candidate,
              is_zero ? "counted as 0" : "left out");
    if (is_zero && as_json_get(pair, "diff_if_dropped"))
        out_print(out, "; without them the difference is %s", fmt_diff(pair, "diff_if_dropped").s);
    out_print(out, "\n");
}

static void print_pair(const struct output *out, const struct as_json *pair)
{
    out_field(out, "difference", "%s %s, %s, n=%s pairs, %s cases unpaired",
              fmt_diff(pair, "diff").s, fmt_interval(pair, "ci").s, fmt_p(pair, "p").s,
              fmt_count(pair, "n_pairs").s, fmt_count(pair, "unpaired").s);
    out_field(out, "means", "baseline %s, candidate %s", fmt_score(pair, "baseline_mean").s,
              fmt_score(pair, "candidate_mean").s);
    out_field(out, "cases", "%s wins, %s losses, %s ties", fmt_count(pair, "wins").s,
              fmt_count(pair, "losses").s, fmt_count(pair, "ties").s);
    print_failures(out, pair);
}

static void print_other_pairs(const struct output *out, const struct as_json *pairs,
                              const char *candidate, const char *primary)
{
    static const struct grid_column columns[] = {
        {"METRIC", 0, "metric", NULL},
        {"PAIRS", GRID_RIGHT, "n_pairs", fmt_count},
        {"DIFFERENCE", GRID_RIGHT, "diff", fmt_diff},
        {"95 % INTERVAL", 0, "ci", fmt_interval},
        {"P", 0, "p", fmt_p},
        {"WINS", GRID_RIGHT, "wins", fmt_count},
        {"LOSSES", GRID_RIGHT, "losses", fmt_count},
        {"TIES", GRID_RIGHT, "ties", fmt_count},
        {0},
    };
    struct grid *grid = NULL;
    for (size_t i = 0; i < as_json_len(pairs); i++) {
        const struct as_json *pair = as_json_at(pairs, i);
        bool is_his = !strcmp(str_or(pair, "candidate", ""), candidate);
        if (!is_his || !strcmp(str_or(pair, "metric", "?"), primary))
            continue;
        if (!grid)
            grid = grid_new(out, columns);
        grid_add(grid, pair, NULL);
    }
    if (grid)
        grid_print_free(grid);
}

static void print_verdict_of(const struct output *out, const struct as_json *run,
                             const char *candidate)
{
    const struct as_json *verdicts = as_json_get(run, "verdicts");
    for (size_t i = 0; i < as_json_len(verdicts); i++) {
        const struct as_json *verdict = as_json_at(verdicts, i);
        const char *outcome = str_or(verdict, "outcome", "?");
        if (strcmp(str_or(verdict, "candidate", ""), candidate))
            continue;
        out_print(out, "  ");
        out_styled(out, style_of_word(outcome), "%s", outcome);
        out_print(out, ": %s\n", str_or(verdict, "sentence", ""));
        if (as_json_get_str(verdict, "advice").len)
            out_print(out, "  %s\n", str_or(verdict, "advice", ""));
        print_checks(out, as_json_get(verdict, "checks"), true);
    }
}

static void print_candidates(const struct output *out, const struct as_json *run)
{
    const struct as_json *members = as_json_get(run, "members");
    const struct as_json *pairs = as_json_get(run, "comparisons");
    const char *primary = str_or(run, "primary", "");
    for (size_t m = 0; m < as_json_len(members); m++) {
        const char *name = str_or(as_json_at(members, m), "model", "?");
        if (strcmp(str_or(as_json_at(members, m), "role", ""), "candidate"))
            continue;
        out_styled(out, STYLE_BOLD, "\n%s against %s", name,
                   str_or(as_json_at(members, 0), "model", "the baseline"));
        out_styled(out, STYLE_DIM, "  %s, case by case\n", primary);
        for (size_t i = 0; i < as_json_len(pairs); i++) {
            const struct as_json *pair = as_json_at(pairs, i);
            if (!strcmp(str_or(pair, "candidate", ""), name) &&
                !strcmp(str_or(pair, "metric", ""), primary))
                print_pair(out, pair);
        }
        print_verdict_of(out, run, name);
        print_other_pairs(out, pairs, name, primary);
    }
}

void print_run(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *members = as_json_get(result, "members");
    const char *primary = str_or(result, "primary", "");
    print_head(out, result);
    if (!as_json_len(members)) {
        const struct as_json *progress = as_json_get(result, "progress");
        out_field(out, "progress", "%s of %s rows", fmt_count(progress, "done").s,
                  fmt_count(progress, "total").s);
        return;
    }
    print_quality(out, members, primary);
    print_effort(out, members);
    print_metrics(out, members, primary);
    print_candidates(out, result);
}

/* After a watch: one line, and where to read on. */
void print_run_end(struct ctl *ctl, const struct as_json *result)
{
    print_title(&ctl->out, result);
    out_styled(&ctl->out, STYLE_DIM, "read it with: assayctl run show %s\n",
               fmt_count(result, "run").s);
}
