/* status, check and evals, for people. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/wrap.h"

#include <math.h>
#include <string.h>
#include <time.h>

static void print_live_runs(const struct output *out, const struct as_json *runs)
{
    static const struct grid_column columns[] = {
        {"RUN", GRID_RIGHT, "run", fmt_count},
        {"EVAL", 0, "eval", NULL},
        {"STATE", GRID_WORD, "state", NULL},
        {"DONE", GRID_RIGHT, "done", fmt_count},
        {"OF", GRID_RIGHT, "total", fmt_count},
        {"ERROR", GRID_TRUNC, "error", NULL},
        {0},
    };
    if (!as_json_len(runs)) {
        out_field(out, "runs", "none");
        return;
    }
    out_print(out, "\n");
    grid_print_list(out, columns, runs);
}

/* "12, 1 refused" */
static void print_counted(const struct output *out, const char *label, struct text count,
                          int64_t refused)
{
    out_styled(out, STYLE_DIM, "  %-11s ", label);
    out_print(out, "%s", count.s);
    if (refused)
        out_styled(out, STYLE_BAD, ", %lld refused", (long long)refused);
    out_print(out, "\n");
}

void print_status(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    int64_t started_ms = as_json_get_int(result, "started_ms", 0);
    double up_ms = fmax(0, (double)time(NULL) * 1000 - (double)started_ms); /* of whole seconds */
    out_styled(out, STYLE_BOLD, "assayd %s", str_or(result, "version", "?"));
    out_print(out, " is running, process %s, for %s\n", fmt_count(result, "pid").s,
              fmt_duration(started_ms ? up_ms : -1).s);
    if (as_json_get_bool(result, "stopping", false))
        out_styled(out, STYLE_WARN,
                   "  it is stopping: no row begins, those under way have `shutdown.drain_ms` to "
                   "end\n");
    out_field(out, "config", "%s", str_or(result, "config", "n/a"));
    out_field(out, "socket", "%s", str_or(result, "socket", "n/a"));
    out_field(out, "state", "%s", str_or(result, "state_dir", "n/a"));
    out_field(out, "promoted", "%s", str_or(result, "promoted_dir", "n/a"));
    out_field(out, "models", "%s", fmt_count(result, "models").s);
    print_counted(out, "evals", fmt_count(result, "evals"),
                  as_json_get_int(result, "evals_refused", 0));
    print_counted(out, "plugins", fmt_count(result, "plugins"),
                  as_json_get_int(result, "plugins_refused", 0));
    out_field(out, "workers", "%s", fmt_count(result, "workers").s);
    out_field(out, "clients", "%s", fmt_count(result, "connections").s);
    out_field(out, "memory", "%s", fmt_bytes(result, "rss_bytes").s);
    print_live_runs(out, as_json_get(result, "runs"));
}

void print_metrics_page(struct ctl *ctl, const struct as_json *result)
{
    out_print(&ctl->out, "%s", str_or(result, "text", ""));
}

void print_check(struct ctl *ctl, const struct as_json *result)
{
    const struct as_json *problems = as_json_get(result, "problems");
    for (size_t i = 0; i < as_json_len(problems); i++)
        out_print(&ctl->out, "%s\n", as_json_cstr(as_json_at(problems, i)));
    if (!as_json_len(problems))
        out_styled(&ctl->out, STYLE_GOOD, "configuration and evals are good\n");
}

static void print_keys(const struct output *out, const char *label, const struct as_json *keys)
{
    for (size_t i = 0; i < as_json_len(keys); i++)
        out_field(out, label, "%s", as_json_cstr(as_json_at(keys, i)));
}

void print_reload(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *problems = as_json_get(result, "problems");
    const struct as_json *evals = as_json_get(result, "evals");
    for (size_t i = 0; i < as_json_len(problems); i++)
        out_print(out, "%s\n", as_json_cstr(as_json_at(problems, i)));
    if (as_json_len(problems)) {
        out_styled(out, STYLE_BAD,
                   "nothing was changed: configuration and evals stay as they were\n");
        return;
    }
    out_styled(out, STYLE_GOOD, "configuration and evals are in force\n");
    print_keys(out, "changed", as_json_get(result, "applied"));
    for (size_t i = 0; i < as_json_len(evals); i++)
        out_field(out, str_or(as_json_at(evals, i), "change", "?"), "eval %s",
                  str_or(as_json_at(evals, i), "eval", "?"));
    print_keys(out, "after restart", as_json_get(result, "needs_restart"));
}

/* ---- evals ---- */

void print_refused(const struct output *out, const struct as_json *refused)
{
    for (size_t i = 0; i < as_json_len(refused); i++) {
        const struct as_json *file = as_json_at(refused, i);
        const char *path = str_or(file, "path", "?"), *reason = str_or(file, "reason", "?");
        out_styled(out, STYLE_BAD, "\nrefused ");
        if (strncmp(reason, path, strlen(path))) /* a reason mostly begins with file:line */
            out_print(out, "%s: ", path);
        out_print(out, "%s\n", reason);
    }
}

/* "a, b, c" */
static void add_list(struct as_buf *text, const struct as_json *strings)
{
    as_buf_adds(text, "");
    for (size_t i = 0; i < as_json_len(strings); i++)
        as_buf_addf(text, "%s%s", i ? ", " : "", as_json_cstr(as_json_at(strings, i)));
}

void print_eval_list(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"EVAL", 0, "name", NULL},         {"DATASET", 0, "dataset", NULL},
        {"BASELINE", 0, "baseline", NULL}, {"CANDIDATES", GRID_TRUNC, NULL, NULL},
        {"PRIMARY", 0, "primary", NULL},   {"METRICS", GRID_TRUNC, NULL, NULL},
        {"JUDGE", 0, "judge", NULL},       {0},
    };
    const struct as_json *evals = as_json_get(result, "evals");
    struct grid *grid = grid_new(&ctl->out, columns);
    for (size_t i = 0; i < as_json_len(evals); i++) {
        const struct as_json *eval = as_json_at(evals, i);
        struct as_buf candidates = {0}, metrics = {0};
        add_list(&candidates, as_json_get(eval, "candidates"));
        add_list(&metrics, as_json_get(eval, "metrics"));
        grid_add(grid, eval, NULL);
        grid_cell(grid, "CANDIDATES", "%s", as_buf_str(&candidates).ptr);
        grid_cell(grid, "METRICS", "%s", metrics.ptr);
        as_buf_done(&candidates);
        as_buf_done(&metrics);
    }
    grid_print_free(grid);
    print_refused(&ctl->out, as_json_get(result, "refused"));
}

static void print_eval_plugin(const struct output *out, const char *label,
                              const struct as_json *plugin)
{
    const char *name = str_or(plugin, "name", "?"), *selector = str_or(plugin, "selector", "?");
    struct as_buf text = {0};
    as_buf_adds(&text, name);
    if (strcmp(name, selector))
        as_buf_addf(&text, " = %s", selector);
    if (as_json_len(as_json_get(plugin, "params"))) {
        as_buf_addc(&text, ' ');
        out_add_json(&text, as_json_get(plugin, "params"), false);
    }
    out_field(out, label, "%s", text.ptr);
    as_buf_done(&text);
}

static void print_member(const struct output *out, const char *label, const char *name,
                         const struct as_json *value)
{
    struct as_buf text = {0};
    out_add_json(&text, value, false);
    if (value) /* null: it is not asked for */
        out_field(out, label, "%s: %s", name, text.ptr);
    as_buf_done(&text);
}

static void print_rule(void *ctx, const char *name, struct as_json *value)
{
    print_member(ctx, "gate", name, value);
}

static void print_cap(void *ctx, const char *name, struct as_json *value)
{
    print_member(ctx, "budget", name, value);
}

/* What the clock starts, and who is told. */
static void print_watch(const struct output *out, const struct as_json *result)
{
    const struct as_json *schedules = as_json_get(result, "schedules");
    struct as_buf rules = {0};
    add_list(&rules, as_json_get(result, "notify"));
    for (size_t i = 0; i < as_json_len(schedules); i++) {
        const struct as_json *schedule = as_json_at(schedules, i);
        out_field(out, "schedule", "%s: %s in %s%s", str_or(schedule, "name", "?"),
                  str_or(schedule, "cron", "?"), str_or(schedule, "timezone", "?"),
                  as_json_get_bool(schedule, "enabled", true) ? "" : ", off");
    }
    if (rules.len)
        out_field(out, "notify", "%s", rules.ptr);
    as_buf_done(&rules);
}

void print_eval(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *scorers = as_json_get(result, "scorers");
    int64_t max_cases = as_json_get_int(result, "max_cases", 0);
    struct as_buf candidates = {0};
    add_list(&candidates, as_json_get(result, "candidates"));
    out_styled(out, STYLE_BOLD, "%s\n", str_or(result, "name", "?"));
    wrap_print_after(out, STYLE_PLAIN, "  ", str_or(result, "description", ""));
    out_field(out, "file", "%s", str_or(result, "path", "n/a"));
    out_field(out, "dataset", "%s", str_or(result, "dataset", "n/a"));
    out_field(out, "baseline", "%s", str_or(result, "baseline", "n/a"));
    if (as_json_get(result, "baseline_max_age_ms"))
        out_field(out, "", "a fresh run when the pinned one is older than %s",
                  fmt_duration(as_json_get_num(result, "baseline_max_age_ms", 0)).s);
    out_field(out, "candidates", "%s", candidates.len ? candidates.ptr : "none");
    for (size_t i = 0; i < as_json_len(scorers); i++)
        print_eval_plugin(out, "scorer", as_json_at(scorers, i));
    if (as_json_get(result, "rubric")) {
        print_eval_plugin(out, "rubric", as_json_get(result, "rubric"));
        out_field(out, "judge", "%s", str_or(result, "judge", "none"));
    }
    out_field(out, "primary", "%s", str_or(result, "primary", "n/a"));
    out_field(out, "samples", "%s", fmt_count(result, "samples").s);
    out_field(out, "cases", "%s", max_cases ? fmt_count(result, "max_cases").s : "all");
    as_json_each(as_json_get(result, "budget"), print_cap, (void *)(uintptr_t)out);
    as_json_each(as_json_get(result, "gate"), print_rule, (void *)(uintptr_t)out);
    if (as_json_get(result, "early_stop"))
        out_field(out, "early stop", "%s looks",
                  fmt_count(as_json_get(result, "early_stop"), "looks").s);
    if (as_json_get(result, "drift"))
        out_field(out, "anchor", "%s", str_or(as_json_get(result, "drift"), "anchor", "?"));
    print_watch(out, result);
    print_warned(out, result);
    as_buf_done(&candidates);
}
