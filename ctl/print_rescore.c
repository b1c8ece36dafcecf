/* run rescore, run scores and plugin shadow for people: what moved, who flipped, and the verdict
 * before and after. Every mean with its n. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/wrap.h"

#include <string.h>

#define ALARM (GRID_RIGHT | GRID_ALARM)

/* One table: where a member's numbers are, before and after. */
static void print_means(const struct output *out, const struct as_json *members)
{
    static const struct grid_column columns[] = {
        {"MEMBER", 0, "model", NULL},
        {"N", GRID_RIGHT, NULL, NULL},
        {"BEFORE", GRID_RIGHT | GRID_BOLD, NULL, NULL},
        {"95 % INTERVAL", 0, NULL, NULL},
        {"N AFTER", GRID_RIGHT, NULL, NULL},
        {"AFTER", GRID_RIGHT | GRID_BOLD, NULL, NULL},
        {"95 % INTERVAL AFTER", 0, NULL, NULL},
        {0},
    };
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i);
        const struct as_json *before = as_json_get(member, "before"),
                             *after = as_json_get(member, "after");
        grid_add(grid, member, NULL);
        grid_cell(grid, "N", "%s", fmt_count(before, "n").s);
        grid_cell(grid, "BEFORE", "%s", fmt_score(before, "mean").s);
        grid_cell(grid, "95 % INTERVAL", "%s", fmt_interval(before, "ci").s);
        grid_cell(grid, "N AFTER", "%s", fmt_count(after, "n").s);
        grid_cell(grid, "AFTER", "%s", fmt_score(after, "mean").s);
        grid_cell(grid, "95 % INTERVAL AFTER", "%s", fmt_interval(after, "ci").s);
    }
    grid_print_free(grid);
}

static void print_moves(const struct output *out, const struct as_json *members)
{
    static const struct grid_column columns[] = {
        {"MEMBER", 0, "model", NULL},
        {"ROWS", GRID_RIGHT, "rows", fmt_count},
        {"MOVED", GRID_RIGHT | GRID_BOLD, "moved", fmt_count},
        {"UP", GRID_RIGHT, "up", fmt_count},
        {"DOWN", GRID_RIGHT, "down", fmt_count},
        {"TO PASS", GRID_RIGHT, "to_pass", fmt_count},
        {"TO FAIL", GRID_RIGHT, "to_fail", fmt_count},
        {"NOW N/A", GRID_RIGHT, "now_na", fmt_count},
        {"WAS N/A", GRID_RIGHT, "no_longer_na", fmt_count},
        {"RECOVERED", GRID_RIGHT, "recovered", fmt_count},
        {"ERRORS", ALARM, "errors", fmt_count},
        {"NO OUTPUT", GRID_RIGHT, "skipped", fmt_count},
        {0},
    };
    out_print(out, "\n");
    grid_print_list(out, columns, members);
}

/* "first 20 of 31", when the list was cut. */
static void print_list_title(const struct output *out, const char *title, size_t shown,
                             int64_t total)
{
    out_styled(out, STYLE_BOLD, "\n%s", title);
    if (total > (int64_t)shown)
        out_styled(out, STYLE_DIM, "  the first %zu of %lld", shown, (long long)total);
    out_print(out, "\n");
}

static void print_flips(const struct output *out, const struct as_json *moved)
{
    static const struct grid_column columns[] = {
        {"CASE", GRID_TRUNC, "case", NULL},
        {"MEMBER", 0, "model", NULL},
        {"SAMPLE", GRID_RIGHT, "sample", fmt_count},
        {"BEFORE", GRID_RIGHT, "before", fmt_score},
        {"AFTER", GRID_RIGHT, "after", fmt_score},
        {"NOW", GRID_WORD, "to", NULL},
        {0},
    };
    const struct as_json *flips = as_json_get(moved, "flips");
    int64_t total = as_json_get_int(moved, "to_pass", 0) + as_json_get_int(moved, "to_fail", 0);
    if (!as_json_len(flips))
        return;
    print_list_title(out, "rows that flipped", as_json_len(flips), total);
    grid_print_list(out, columns, flips);
}

static void print_errors(const struct output *out, const struct as_json *moved)
{
    static const struct grid_column columns[] = {
        {"CASE", GRID_TRUNC, "case", NULL},          {"MEMBER", 0, "model", NULL},
        {"SAMPLE", GRID_RIGHT, "sample", fmt_count}, {"ERROR", GRID_WORD, "error_class", NULL},
        {"WHY", GRID_TRUNC, "error", NULL},          {0},
    };
    const struct as_json *rows = as_json_get(moved, "error_rows");
    if (!as_json_len(rows))
        return;
    print_list_title(out, "rows that the new version failed", as_json_len(rows),
                     as_json_get_int(moved, "errors", 0));
    grid_print_list(out, columns, rows);
}

static void print_outcome(const struct output *out, const char *outcome)
{
    out_styled(out, style_of_word(outcome), "%s", outcome);
}

/* "pass would be fail"; "pass, and still would be". */
static void print_change(const struct output *out, const struct as_json *object)
{
    const char *before = str_or(object, "before", "no gate");
    const char *after = str_or(object, "after", "no gate");
    print_outcome(out, before);
    out_print(out, strcmp(before, after) ? " would be " : ", and still would be");
    if (strcmp(before, after))
        print_outcome(out, after);
    out_print(out, "\n");
}

static void print_candidate(const struct output *out, const struct as_json *candidate)
{
    const struct as_json *checks = as_json_get(candidate, "checks");
    out_print(out, "  %s: ", str_or(candidate, "candidate", "?"));
    print_change(out, candidate);
    for (size_t i = 0; i < as_json_len(checks); i++) {
        const struct as_json *check = as_json_at(checks, i);
        out_print(out, "    %s: ", str_or(check, "name", "?"));
        print_change(out, check);
        wrap_print_after(out, STYLE_DIM, "      before: ", str_or(check, "sentence_before", ""));
        wrap_print_after(out, STYLE_DIM, "      after:  ", str_or(check, "sentence_after", ""));
    }
}

static void print_verdicts(const struct output *out, const struct as_json *moved)
{
    const struct as_json *verdict = as_json_get(moved, "verdict");
    const struct as_json *candidates = as_json_get(verdict, "candidates");
    if (!as_json_get_cstr(verdict, "before") && !as_json_get_cstr(verdict, "after"))
        return; /* the eval asks for no check */
    out_styled(out, STYLE_BOLD, "\nverdict");
    if (!as_json_get_bool(moved, "decides", false))
        out_styled(out, STYLE_DIM, "  another metric decides");
    out_print(out, "\n");
    for (size_t i = 0; i < as_json_len(candidates); i++)
        print_candidate(out, as_json_at(candidates, i));
}

static void print_moved(const struct output *out, const struct as_json *moved)
{
    const struct as_json *before = as_json_get(moved, "before"),
                         *after = as_json_get(moved, "after");
    out_styled(out, STYLE_BOLD, "run %s  %s  ", fmt_count(moved, "run").s,
               str_or(moved, "eval", "?"));
    out_print(out, "%s\n", str_or(moved, "metric", "?"));
    if (as_json_has(moved, "error")) {
        wrap_print_after(out, STYLE_BAD, "  ", str_or(moved, "error", "?"));
        return;
    }
    out_field(out, "before", "%s (%s)", str_or(before, "selector", "?"),
              fmt_hash(before, "hash").s);
    out_field(out, "after", "%s (%s)", str_or(after, "selector", "?"), fmt_hash(after, "hash").s);
    if (as_json_get_bool(moved, "asks_judge", false))
        wrap_print_after(out, STYLE_WARN, "  ",
                         "whether the judge was asked hung on this metric: the rubric's scores are "
                         "still those of the run");
    print_means(out, as_json_get(moved, "members"));
    print_moves(out, as_json_get(moved, "members"));
    print_flips(out, moved);
    print_errors(out, moved);
    print_verdicts(out, moved);
}

void print_rescored(struct ctl *ctl, const struct as_json *result)
{
    print_moved(&ctl->out, result);
    out_styled(&ctl->out, STYLE_DIM,
               "\nkept as score set %s; the run's own scores and verdict are as they were\n",
               fmt_count(result, "set").s);
}

static void print_set_list(const struct output *out, const struct as_json *sets)
{
    static const struct grid_column columns[] = {
        {"SET", GRID_RIGHT, "set", fmt_count},
        {"METRIC", 0, "metric", NULL},
        {"SCORED BY", 0, "selector", NULL},
        {"HASH", 0, "hash", fmt_hash},
        {"ROWS", GRID_RIGHT, "scored", fmt_count},
        {"ERRORS", ALARM, "errors", fmt_count},
        {"WHEN", 0, "created_ms", fmt_time},
        {"BY", 0, "requested_by", NULL},
        {0},
    };
    if (as_json_len(sets))
        grid_print_list(out, columns, sets);
    else
        out_print(out, "no score set is kept of this run; make one with: assayctl run rescore\n");
}

/* A list, or one set with what was told when it was made. */
void print_scores(struct ctl *ctl, const struct as_json *result)
{
    const struct as_json *sets = as_json_get(result, "score_sets"), *first = as_json_at(sets, 0);
    const struct as_json *summary = as_json_get(first, "summary");
    if (!as_json_has(first, "summary")) {
        print_set_list(&ctl->out, sets);
        return;
    }
    if (summary)
        print_moved(&ctl->out, summary);
    else
        out_print(&ctl->out, "what moved was not kept: an older assayd made this set\n");
    out_styled(&ctl->out, STYLE_DIM, "\nscore set %s, %s by %s\n", fmt_count(first, "set").s,
               fmt_time(first, "created_ms").s, str_or(first, "requested_by", "n/a"));
}

void print_dropped_scores(struct ctl *ctl, const struct as_json *result)
{
    out_print(&ctl->out, "score set %s of run %s is gone: %s by %s\n", fmt_count(result, "set").s,
              fmt_count(result, "run").s, str_or(result, "metric", "?"),
              str_or(result, "selector", "?"));
}

/* A line a run and metric, after all that is told of each. */
static void print_summary(const struct output *out, const struct as_json *runs)
{
    static const struct grid_column columns[] = {
        {"RUN", GRID_RIGHT, "run", fmt_count},
        {"EVAL", 0, "eval", NULL},
        {"METRIC", 0, "metric", NULL},
        {"ROWS", GRID_RIGHT, "rows", fmt_count},
        {"MOVED", GRID_RIGHT | GRID_BOLD, "moved", fmt_count},
        {"TO PASS", GRID_RIGHT, "to_pass", fmt_count},
        {"TO FAIL", GRID_RIGHT, "to_fail", fmt_count},
        {"ERRORS", ALARM, "errors", fmt_count},
        {"VERDICT", GRID_WORD, NULL, NULL},
        {"WOULD BE", GRID_WORD, NULL, NULL},
        {0},
    };
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(runs); i++) {
        const struct as_json *verdict = as_json_get(as_json_at(runs, i), "verdict");
        grid_add(grid, as_json_at(runs, i), NULL);
        grid_cell(grid, "VERDICT", "%s", str_or(verdict, "before", "n/a"));
        grid_cell(grid, "WOULD BE", "%s", str_or(verdict, "after", "n/a"));
    }
    grid_print_free(grid);
}

void print_shadow(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *runs = as_json_get(result, "runs");
    const char *selector = str_or(result, "selector", "?");
    if (!as_json_len(runs)) {
        out_print(out, "no run that is done has a metric made by a version of %s\n", selector);
        return;
    }
    for (size_t i = 0; i < as_json_len(runs); i++) {
        print_moved(out, as_json_at(runs, i));
        out_print(out, "\n");
    }
    print_summary(out, runs);
    out_styled(out, STYLE_BOLD, "\n%s: ", selector);
    out_print(out, "%s of %zu would flip; nothing was kept\n",
              fmt_counted(result, "flipped_verdicts", "verdict").s, as_json_len(runs));
}
