/* run compare for people: what was forced first, then for each pair of members a sentence, both
 * means, the difference with its interval, what pairing saved, strata and tags. Every mean with its
 * n. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/wrap.h"

#include <math.h>

#define FORCED "FORCED, not comparable as they stand: "

static void print_title(const struct output *out, const struct as_json *result)
{
    const struct as_json *a = as_json_get(result, "a"), *b = as_json_get(result, "b");
    out_styled(out, STYLE_BOLD, "run %s  %s", fmt_count(a, "run").s, str_or(a, "eval", "?"));
    if (as_json_get_int(a, "run", 0) != as_json_get_int(b, "run", 0))
        out_styled(out, STYLE_BOLD, "  and run %s  %s", fmt_count(b, "run").s,
                   str_or(b, "eval", "?"));
    out_print(out, "  %s\n", str_or(result, "metric", "?"));
}

static void print_list(const struct output *out, enum style style, const char *before,
                       const struct as_json *sentences)
{
    for (size_t i = 0; i < as_json_len(sentences); i++)
        wrap_print_after(out, style, before, as_json_cstr(as_json_at(sentences, i)));
}

/* "458", where every score is 0 or 1. */
static struct text fmt_passes(const struct as_json *object, const char *key)
{
    return as_json_has(object, key) ? fmt_count(object, key) : (struct text){""};
}

/* "baseline_mean": which name a side's number has. */
static const char *key_of(const char *side, const char *what, char ret_key[32])
{
    snprintf(ret_key, 32, "%s_%s", side, what);
    return ret_key;
}

static void add_side(struct grid *grid, const struct as_json *pair, const char *side)
{
    char key[32];
    bool is_paired = as_json_has(pair, "n_pairs");
    grid_add(grid, pair, NULL);
    grid_cell(grid, "MEMBER", "%s", str_or(pair, side, "?"));
    grid_cell(grid, "", "%s", side);
    grid_cell(grid, "RUN", "%s", fmt_count(pair, key_of(side, "run", key)).s);
    grid_cell(grid, "N", "%s", fmt_count(pair, is_paired ? "n_pairs" : key_of(side, "n", key)).s);
    grid_cell(grid, "MEAN", "%s", fmt_score(pair, key_of(side, "mean", key)).s);
    grid_cell(grid, "95 % INTERVAL", "%s", fmt_interval(pair, key_of(side, "ci", key)).s);
    grid_cell(grid, "PASSED", "%s", fmt_passes(pair, key_of(side, "passes", key)).s);
    grid_cell(grid, "FAILED", "%s", fmt_count(pair, key_of(side, "failed", key)).s);
    grid_cell(grid, "MISSING", "%s", fmt_count(pair, key_of(side, "missing", key)).s);
}

static void print_sides(const struct output *out, const struct as_json *pair)
{
    static const struct grid_column columns[] = {
        {"MEMBER", GRID_BOLD, NULL, NULL},   {"", 0, NULL, NULL},
        {"RUN", GRID_RIGHT, NULL, NULL},     {"N", GRID_RIGHT, NULL, NULL},
        {"MEAN", GRID_RIGHT, NULL, NULL},    {"95 % INTERVAL", 0, NULL, NULL},
        {"PASSED", GRID_RIGHT, NULL, NULL},  {"FAILED", GRID_RIGHT, NULL, NULL},
        {"MISSING", GRID_RIGHT, NULL, NULL}, {0},
    };
    struct grid *grid = grid_new(out, columns);
    add_side(grid, pair, "baseline");
    add_side(grid, pair, "candidate");
    grid_print_free(grid);
}

static void print_difference(const struct output *out, const struct as_json *pair)
{
    const struct as_json *mcnemar = as_json_get(pair, "mcnemar");
    double diff = as_json_get_num(pair, "diff", NAN);
    double dropped = as_json_get_num(pair, "diff_if_dropped", NAN);
    if (!as_json_has(pair, "n_pairs")) {
        out_field(out, "difference", "%s %s, unpaired", fmt_diff(pair, "diff").s,
                  fmt_interval(pair, "ci").s);
        return;
    }
    if (as_json_get(pair, "p"))
        out_field(out, "difference", "%s %s, p %s, by Holm %s", fmt_diff(pair, "diff").s,
                  fmt_interval(pair, "ci").s, fmt_p(pair, "p").s, fmt_p(pair, "p_holm").s);
    else
        out_field(out, "difference", "%s %s, the interval at %g %%", fmt_diff(pair, "diff").s,
                  fmt_interval(pair, "ci").s, 100 * as_json_get_num(pair, "confidence", NAN));
    if (fabs(diff - dropped) > 1e-9)
        out_field(out, "", "%s without the calls that failed", fmt_diff(pair, "diff_if_dropped").s);
    out_field(out, "cases", "%s better, %s worse, %s the same", fmt_count(pair, "wins").s,
              fmt_count(pair, "losses").s, fmt_count(pair, "ties").s);
    if (as_json_get_int(pair, "only_baseline", 0) || as_json_get_int(pair, "only_candidate", 0))
        out_field(out, "left out", "%s that only the baseline's run has, %s only the candidate's",
                  fmt_count(pair, "only_baseline").s, fmt_count(pair, "only_candidate").s);
    if (mcnemar)
        out_field(out, "McNemar", "p %s exact, %s mid-p", fmt_p(mcnemar, "exact").s,
                  fmt_p(mcnemar, "midp").s);
}

/* So many unpaired cases tell as much as one pair: the square of the errors' ratio. */
static void print_pairing(const struct output *out, const struct as_json *pair)
{
    double paired = as_json_get_num(pair, "se_paired", NAN),
           unpaired = as_json_get_num(pair, "se_unpaired", NAN),
           clustered = as_json_get_num(pair, "se_clustered", NAN);
    if (isnan(paired) || isnan(unpaired))
        return;
    out_field(out, "std. error", "%.2f points paired, %.2f unpaired", 100 * paired, 100 * unpaired);
    if (paired > 0)
        out_field(out, "", "unpaired it would take %.2f times the cases",
                  unpaired * unpaired / (paired * paired));
    bool is_clustered = as_json_get_int(pair, "clusters", 0) < as_json_get_int(pair, "n_pairs", 0);
    if (is_clustered && isnan(clustered))
        out_field(out, "", "all cases are of one cluster: no error can be told");
    else if (is_clustered)
        out_field(out, "", "%.2f points over %s: cases of one are alike", 100 * clustered,
                  fmt_counted(pair, "clusters", "cluster").s);
}

/* kind: "strata" or "tags". */
static void print_parts(const struct output *out, const struct as_json *pair, const char *kind,
                        const char *left_out)
{
    struct text interval = fmt_interval_title(pair);
    const struct grid_column columns[] = {
        {"WITHIN", GRID_TRUNC, NULL, NULL},
        {"PAIRS", GRID_RIGHT, "n_pairs", fmt_count},
        {"BASELINE", GRID_RIGHT, "baseline_mean", fmt_score},
        {"CANDIDATE", GRID_RIGHT, "candidate_mean", fmt_score},
        {"DIFF", GRID_RIGHT | GRID_BOLD, "diff", fmt_diff},
        {interval.s, 0, "ci", fmt_interval},
        {"P", GRID_RIGHT, "p", fmt_p},
        {"HOLM", GRID_RIGHT, "p_holm", fmt_p},
        {"BETTER", GRID_RIGHT, "wins", fmt_count},
        {"WORSE", GRID_RIGHT, "losses", fmt_count},
        {"SAME", GRID_RIGHT | GRID_WIDE, "ties", fmt_count},
        {0},
    };
    const struct as_json *parts = as_json_get(pair, kind);
    if (!as_json_len(parts))
        return;
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(parts); i++) {
        const struct as_json *part = as_json_at(parts, i);
        const char *tag = as_json_get_cstr(part, "tag");
        grid_add(grid, part, NULL);
        grid_cell(grid, "WITHIN", "%s %s", tag ? "tag" : "stratum",
                  tag ? tag : str_or(part, "stratum", "?"));
    }
    grid_print_free(grid);
    if (as_json_get_int(pair, left_out, 0))
        out_styled(out, STYLE_DIM, "and %s further %s\n", fmt_count(pair, left_out).s, kind);
}

/* All of them at a glance. */
static void print_overview(const struct output *out, const struct as_json *pairs)
{
    struct text interval = fmt_interval_title(as_json_at(pairs, 0));
    const struct grid_column columns[] = {
        {"CANDIDATE", GRID_BOLD, "candidate", NULL},
        {"BASELINE", 0, "baseline", NULL},
        {"PAIRS", GRID_RIGHT, "n_pairs", fmt_count},
        {"DIFF", GRID_RIGHT | GRID_BOLD, "diff", fmt_diff},
        {interval.s, 0, "ci", fmt_interval},
        {"P", GRID_RIGHT, "p", fmt_p},
        {"HOLM", GRID_RIGHT, "p_holm", fmt_p},
        {0},
    };
    out_print(out, "\n");
    grid_print_list(out, columns, pairs);
}

void print_compared(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *pairs = as_json_get(result, "comparisons");
    const struct as_json *forced = as_json_get(result, "forced");
    print_title(out, result);
    print_list(out, STYLE_BAD, FORCED, forced);
    print_list(out, STYLE_DIM, "note: ", as_json_get(result, "notes"));
    if (as_json_len(pairs) > 1)
        print_overview(out, pairs);
    for (size_t i = 0; i < as_json_len(pairs); i++) {
        const struct as_json *pair = as_json_at(pairs, i);
        out_print(out, "\n");
        wrap_print_after(out, STYLE_BOLD, as_json_len(forced) ? "FORCED: " : "",
                         str_or(pair, "sentence", ""));
        print_sides(out, pair);
        print_difference(out, pair);
        print_pairing(out, pair);
        print_parts(out, pair, "strata", "strata_left_out");
        print_parts(out, pair, "tags", "tags_left_out");
    }
}
