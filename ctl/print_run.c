/* A run group for people: head, members, metrics, comparisons, verdicts. Every mean with its n. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/print_members.h"
#include "ctl/wrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_NAMED_MAX 50 /* of one model and role; a crash leaves a few hundred at most */

void print_started(struct ctl *ctl, const struct as_json *result)
{
    struct text run = fmt_count(result, "run");
    out_print(&ctl->out, "run %s started; watch it with: assayctl run watch %s\n", run.s, run.s);
    print_warned(&ctl->out, result);
}

void print_steered(struct ctl *ctl, const struct as_json *result)
{
    out_print(&ctl->out, "run %s: %s\n", fmt_count(result, "run").s, str_or(result, "state", "?"));
}

void print_requeued(struct ctl *ctl, const struct as_json *result)
{
    struct text run = fmt_count(result, "run");
    out_print(&ctl->out, "run %s: %s will be done again; watch it with: assayctl run watch %s\n",
              run.s, fmt_counted(result, "rows", "row").s, run.s);
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
    if (!as_json_len(runs))
        out_print(&ctl->out, "No such run: `assayctl run start EVAL` makes one.\n");
    if (as_json_has(result, "next"))
        out_styled(&ctl->out, STYLE_DIM, "older ones with --before %s\n",
                   fmt_count(result, "next").s);
}

/* ---- the head ---- */

static void print_title(const struct output *out, const struct as_json *run)
{
    const char *state = str_or(run, "state", "?"), *outcome = as_json_get_cstr(run, "outcome");
    print_overrides(out, run);
    out_styled(out, STYLE_BOLD, "run %s  %s  ", fmt_count(run, "run").s, str_or(run, "eval", "?"));
    out_styled(out, style_of_word(state), "%s", state);
    if (outcome) {
        out_print(out, "  ");
        out_styled(out, style_of_word(outcome), "%s", outcome);
    }
    out_print(out, "\n");
    wrap_print_after(out, STYLE_PLAIN, "", str_or(run, "headline", ""));
    wrap_print_after(out, STYLE_BAD, "", str_or(run, "error", ""));
}

static void print_when(const struct output *out, const struct as_json *run)
{
    struct text took = fmt_took(run);
    out_field(out, "started", "%s by %s%s%s", fmt_time(run, "created_ms").s,
              str_or(run, "requested_by", "n/a"), *took.s ? ", took " : "", took.s);
}

/* "run 3, run 7"; a run that reused nothing says nothing, unless it was to call nothing. */
static void print_journal(const struct output *out, const struct as_json *journal)
{
    const char *policy = str_or(journal, "policy", "live");
    const struct as_json *from = as_json_get(journal, "reused_from");
    int64_t of_run = as_json_get_int(journal, "of_run", 0);
    struct as_buf runs = {0};
    if (of_run)
        out_field(out, "journal", "a replay of run %lld: nothing was called", (long long)of_run);
    if (of_run || !strcmp(policy, "live"))
        return;
    for (size_t i = 0; i < as_json_len(from); i++)
        as_buf_addf(&runs, "%srun %s", i ? ", " : " of ", fmt_count(as_json_at(from, i), "run").s);
    out_field(out, "journal", "policy %s: %s reused%s, %s saved, %s spent", policy,
              fmt_counted(journal, "reused", "call").s, runs.len ? runs.ptr : "",
              fmt_usd(journal, "saved_usd").s, fmt_usd(journal, "spent_usd").s);
    as_buf_done(&runs);
}

static void print_pins(const struct output *out, const struct as_json *pins)
{
    const struct as_json *models = as_json_get(pins, "models"), *judge = as_json_get(pins, "judge");
    const struct as_json *plugins = as_json_get(pins, "plugins");
    for (size_t i = 0; i < as_json_len(models); i++) {
        const struct as_json *model = as_json_at(models, i);
        if (as_json_get(model, "id"))
            out_field(out, "model", "%s = %s (%s)", str_or(model, "model", "?"),
                      str_or(model, "id", "?"), str_or(model, "provider", "?"));
        else
            out_field(out, "model", "%s: the dataset's own answers", str_or(model, "model", "?"));
    }
    if (judge)
        out_field(out, "judge", "%s = %s", str_or(judge, "model", "?"), str_or(judge, "id", "?"));
    for (size_t i = 0; i < as_json_len(plugins); i++) {
        const struct as_json *plugin = as_json_at(plugins, i);
        const struct as_json *params = as_json_get(plugin, "params");
        struct as_buf text = {0};
        if (as_json_len(params))
            out_add_json(&text, params, false);
        out_field(out, "metric", "%s = %s %s%s(%s)", str_or(plugin, "metric", "?"),
                  str_or(plugin, "selector", "?"), as_buf_str(&text).ptr, text.len ? " " : "",
                  fmt_hash(plugin, "hash").s);
        as_buf_done(&text);
    }
}

static void print_score_sets(const struct output *out, const struct as_json *sets)
{
    for (size_t i = 0; i < as_json_len(sets); i++) {
        const struct as_json *set = as_json_at(sets, i);
        out_field(out, "score set", "%s: %s by %s (%s), %s by %s", fmt_count(set, "set").s,
                  str_or(set, "metric", "?"), str_or(set, "selector", "?"), fmt_hash(set, "hash").s,
                  fmt_time(set, "created_ms").s, str_or(set, "requested_by", "n/a"));
    }
}

static void print_rescoring(const struct output *out, const struct as_json *list)
{
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *at = as_json_at(list, i);
        out_field(out, "re-scoring", "%s by %s for %s: %s of %s rows", str_or(at, "metric", "?"),
                  str_or(at, "selector", "?"), str_or(at, "requested_by", "n/a"),
                  fmt_count(at, "done").s, fmt_count(at, "total").s);
    }
}

/* Of the calls for this model in this role, from `from` on: "c0001, c0007 (sample 2)". Those that
 * were named are marked. */
static size_t add_calls_like(struct as_buf *text, const struct as_json *calls, size_t from,
                             bool *is_named)
{
    const struct as_json *first = as_json_at(calls, from);
    size_t count = 0;
    for (size_t i = from; i < as_json_len(calls); i++) {
        const struct as_json *call = as_json_at(calls, i);
        int64_t sample = as_json_get_int(call, "sample", 0);
        if (is_named[i] || strcmp(str_or(call, "model", ""), str_or(first, "model", "")) ||
            strcmp(str_or(call, "role", ""), str_or(first, "role", "")))
            continue;
        is_named[i] = true;
        if (count++ >= CALLS_NAMED_MAX)
            continue;
        as_buf_addf(text, "%s%s", count > 1 ? ", " : "", str_or(call, "case", "?"));
        if (sample)
            as_buf_addf(text, " (sample %lld)", (long long)sample);
    }
    return count;
}

/* Which calls may have been made and paid for without their reply: by model and role. */
static void print_unknown_calls(const struct output *out, const struct as_json *run)
{
    const struct as_json *calls = as_json_get(run, "unknown_calls");
    int64_t unknown_fate = as_json_get_int(run, "unknown_fate", 0);
    size_t count = as_json_len(calls);
    bool *is_named = as_xcalloc(count + 1, sizeof(*is_named));
    if (unknown_fate)
        out_styled(
            out, STYLE_WARN,
            "  the fate of %lld call%s is unknown: under way when assayd ended or the run was "
            "cancelled, and perhaps paid for\n",
            (long long)unknown_fate, unknown_fate == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++) {
        if (is_named[i])
            continue;
        const struct as_json *call = as_json_at(calls, i);
        bool is_judge = !strcmp(str_or(call, "role", ""), "judge");
        struct as_buf names = {0}, text = {0};
        size_t alike = add_calls_like(&names, calls, i, is_named);
        as_buf_addf(&text, "    %zu %s%s: %s", alike, is_judge ? "of the judge on " : "to ",
                    str_or(call, "model", "?"), as_buf_str(&names).ptr);
        if (alike > CALLS_NAMED_MAX)
            as_buf_addf(&text, " and %zu more (--json names them)", alike - CALLS_NAMED_MAX);
        wrap_print(out, STYLE_WARN, as_buf_str(&text));
        as_buf_done(&names);
        as_buf_done(&text);
    }
    free(is_named);
}

void print_settings(const struct output *out, const struct as_json *chosen,
                    const struct as_json *calls)
{
    const struct as_json *selection = as_json_get(chosen, "selection");
    struct as_buf text = {0};
    if (selection)
        out_field(out, "cases", "%s of %s: %s", fmt_count(chosen, "cases").s,
                  fmt_count(selection, "of").s, str_or(selection, "sentence", "?"));
    if (as_json_get(calls, "temperature"))
        as_buf_addf(&text, "temperature %g of all members",
                    as_json_get_num(calls, "temperature", NAN));
    if (as_json_get(calls, "max_concurrent"))
        as_buf_addf(&text, "%s%s in flight at most", text.len ? ", " : "",
                    fmt_count(calls, "max_concurrent").s);
    if (as_json_get(calls, "request_delay_s"))
        as_buf_addf(&text, "%s%g s between calls", text.len ? ", " : "",
                    as_json_get_num(calls, "request_delay_s", NAN));
    if (text.len)
        out_field(out, "calls", "%s", text.ptr);
    as_buf_done(&text);
}

static void print_head(const struct output *out, const struct as_json *run)
{
    const struct as_json *dataset = as_json_get(run, "dataset");
    print_title(out, run);
    out_field(out, "dataset", "%s@%s (%s, %s)", str_or(dataset, "name", "?"),
              fmt_count(dataset, "version").s, fmt_counted(dataset, "cases", "case").s,
              fmt_hash(dataset, "hash").s);
    print_settings(out, dataset, as_json_get(run, "calls"));
    print_when(out, run);
    if (as_json_get_cstr(run, "tag"))
        out_field(out, "tag", "%s", as_json_get_cstr(run, "tag"));
    print_pins(out, as_json_get(run, "pins"));
    print_journal(out, as_json_get(run, "journal"));
    print_score_sets(out, as_json_get(run, "score_sets"));
    print_rescoring(out, as_json_get(run, "rescoring"));
    print_unknown_calls(out, run);
    print_warned(out, run);
}

/* ---- comparisons and verdicts ---- */

static void print_failures(const struct output *out, const struct as_json *pair)
{
    int64_t baseline = as_json_get_int(pair, "baseline_failed", 0);
    int64_t candidate = as_json_get_int(pair, "candidate_failed", 0);
    bool is_zero = !strcmp(str_or(pair, "policy", "zero"), "zero");
    struct text dropped = fmt_diff(pair, "diff_if_dropped");
    if (baseline || candidate)
        out_field(out, "failures", "baseline %lld, candidate %lld, %s%s%s", (long long)baseline,
                  (long long)candidate, is_zero ? "counted as 0" : "left out",
                  is_zero ? "; without them the difference is " : "", is_zero ? dropped.s : "");
}

static void print_pair(const struct output *out, const struct as_json *pair, bool has_rivals)
{
    out_field(out, "difference", "%s, %s interval %s, p %s", fmt_diff(pair, "diff").s,
              fmt_level(pair).s, fmt_interval(pair, "ci").s, fmt_p(pair, "p").s);
    if (has_rivals && as_json_get(pair, "p_holm"))
        out_field(out, "p, by Holm", "%s: adjusted over all candidates", fmt_p(pair, "p_holm").s);
    out_field(out, "means", "baseline %s, candidate %s, n=%s pairs, %s unpaired",
              fmt_score(pair, "baseline_mean").s, fmt_score(pair, "candidate_mean").s,
              fmt_count(pair, "n_pairs").s, fmt_counted(pair, "unpaired", "case").s);
    out_field(out, "cases", "%s wins, %s losses, %s ties", fmt_count(pair, "wins").s,
              fmt_count(pair, "losses").s, fmt_count(pair, "ties").s);
    print_failures(out, pair);
}

/* The candidate's comparison by that metric; NULL: there is none. */
static const struct as_json *pair_of(const struct as_json *pairs, const char *candidate,
                                     const char *metric)
{
    for (size_t i = 0; i < as_json_len(pairs); i++) {
        const struct as_json *pair = as_json_at(pairs, i);
        if (!strcmp(str_or(pair, "candidate", ""), candidate) &&
            !strcmp(str_or(pair, "metric", ""), metric))
            return pair;
    }
    return NULL;
}

static void print_other_pairs(const struct output *out, const struct as_json *pairs,
                              const char *candidate, const char *primary)
{
    struct text interval = fmt_interval_title(as_json_at(pairs, 0));
    const struct grid_column columns[] = {
        {"OTHER METRIC", 0, "metric", NULL},
        {"PAIRS", GRID_RIGHT, "n_pairs", fmt_count},
        {"DIFFERENCE", GRID_RIGHT, "diff", fmt_diff},
        {interval.s, 0, "ci", fmt_interval},
        {"P", GRID_RIGHT, "p", fmt_p},
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

static const struct as_json *verdict_of(const struct as_json *run, const char *candidate)
{
    const struct as_json *verdicts = as_json_get(run, "verdicts");
    for (size_t i = 0; i < as_json_len(verdicts); i++)
        if (!strcmp(str_or(as_json_at(verdicts, i), "candidate", ""), candidate))
            return as_json_at(verdicts, i);
    return NULL;
}

static void print_candidate(const struct output *out, const struct as_json *run,
                            const struct as_json *member)
{
    const char *name = str_or(member, "model", "?"), *primary = str_or(run, "primary", "");
    const struct as_json *baseline = as_json_at(as_json_get(run, "members"), 0);
    const struct as_json *pairs = as_json_get(run, "comparisons");
    const struct as_json *verdict = verdict_of(run, name);
    out_styled(out, STYLE_BOLD, "\n%s against %s", name, str_or(baseline, "model", "the baseline"));
    out_styled(out, STYLE_DIM, "  %s, case by case\n", primary);
    if (pair_of(pairs, name, primary))
        print_pair(out, pair_of(pairs, name, primary),
                   as_json_len(as_json_get(run, "recommendations")) > 1);
    print_other_pairs(out, pairs, name, primary);
    print_worse_tags(out, run, name);
    if (verdict)
        print_gate(out, name, verdict, true);
    print_recommendation(out, run, name);
}

static void print_look(const struct output *out, const struct as_json *look)
{
    const struct as_json *candidates = as_json_get(look, "candidates");
    for (size_t i = 0; i < as_json_len(candidates); i++) {
        const struct as_json *one = as_json_at(candidates, i);
        const char *waits_for = as_json_get_cstr(one, "waits_for");
        out_field(out, "look", "%s, after %s, %s: %s%s%s, difference %s, %s interval %s",
                  fmt_count(look, "look").s, fmt_counted(look, "n", "case").s,
                  str_or(one, "candidate", "?"), str_or(one, "decision", "?"),
                  waits_for ? ", waits for " : "", waits_for ? waits_for : "",
                  fmt_diff(one, "diff").s, fmt_level(one).s, fmt_interval(one, "ci").s);
    }
}

/* What the looks saw. Of a run that is under way it is all that is told of its scores; of one that
 * has ended the headline says how. */
static void print_looks(const struct output *out, const struct as_json *run)
{
    const struct as_json *looks = as_json_get(run, "looks"), *done = as_json_get(looks, "done");
    if (looks && !as_json_get(run, "headline"))
        out_field(out, "looks", "%s", str_or(looks, "sentence", "?"));
    for (size_t i = 0; i < as_json_len(done); i++)
        print_look(out, as_json_at(done, i));
}

bool print_run_head(const struct output *out, const struct as_json *run)
{
    const struct as_json *progress = as_json_get(run, "progress");
    print_head(out, run);
    print_looks(out, run);
    if (as_json_len(as_json_get(run, "members")))
        return true;
    out_field(out, "progress", "%s of %s rows", fmt_count(progress, "done").s,
              fmt_count(progress, "total").s);
    print_budget(out, as_json_get(run, "budget"));
    return false;
}

void print_run(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *members = as_json_get(result, "members");
    if (!print_run_head(out, result))
        return;
    print_members(out, result, false);
    for (size_t i = 1; i < as_json_len(members); i++) /* the first is the baseline */
        print_candidate(out, result, as_json_at(members, i));
    print_best_of(out, result);
    print_against_reference(out, result);
}

/* After a watch: one line, and where to read on. */
void print_run_end(struct ctl *ctl, const struct as_json *result)
{
    print_title(&ctl->out, result);
    out_styled(&ctl->out, STYLE_DIM, "read it with: assayctl run show %s\n",
               fmt_count(result, "run").s);
}
