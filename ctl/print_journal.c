/* The journal as a whole: what it holds, what was found in it, what was taken out. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/wrap.h"

void print_journal_stats(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"MODEL", 0, "model", NULL},
        {"ROLE", 0, "role", NULL},
        {"OUTCOME", GRID_WORD, "outcome", NULL},
        {"EXCHANGES", GRID_RIGHT, "exchanges", fmt_count},
        {"REUSED", GRID_RIGHT, "reused", fmt_count},
        {"RAW", GRID_RIGHT, "raw_bytes", fmt_bytes},
        {"STORED", GRID_RIGHT, "stored_bytes", fmt_bytes},
        {0},
    };
    const struct output *out = &ctl->out;
    const struct as_json *models = as_json_get(result, "models"),
                         *prunable = as_json_get(result, "prunable");
    out_styled(out, STYLE_BOLD, "%s of %s", fmt_counted(result, "exchanges", "exchange").s,
               fmt_counted(result, "runs", "run").s);
    out_print(out, ", %s reused, %s raw, %s stored\n", fmt_count(result, "reused").s,
              fmt_bytes(result, "raw_bytes").s, fmt_bytes(result, "stored_bytes").s);
    if (as_json_get_int(result, "exchanges", 0))
        out_field(out, "sent", "%s to %s", fmt_time(result, "oldest_ms").s,
                  fmt_time(result, "newest_ms").s);
    if (as_json_get_int(result, "unsized", 0))
        out_field(out, "sizes", "not known of %s that an older assayd kept",
                  fmt_counted(result, "unsized", "exchange").s);
    out_field(out, "prunable", "%s, %s, %s stored: ended 30 days ago or more, without a tag",
              fmt_counted(prunable, "runs", "run").s,
              fmt_counted(prunable, "exchanges", "exchange").s,
              fmt_bytes(prunable, "stored_bytes").s);
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(models); i++)
        grid_add(grid, as_json_at(models, i), NULL);
    grid_print_free(grid);
}

/* "run 7, case c0042, sim-q94, sample 0, model, attempt 1: its body is damaged" */
static void print_finding(const struct output *out, const struct as_json *finding)
{
    struct as_buf text = {0};
    as_buf_addf(&text, "run %s", fmt_count(finding, "run").s);
    if (as_json_has(finding, "case"))
        as_buf_addf(&text, ", case %s, %s, sample %s", str_or(finding, "case", "?"),
                    str_or(finding, "model", "?"), fmt_count(finding, "sample").s);
    if (as_json_has(finding, "role"))
        as_buf_addf(&text, ", %s, attempt %s", str_or(finding, "role", "?"),
                    fmt_count(finding, "attempt").s);
    as_buf_addf(&text, ": %s", str_or(finding, "problem", "?"));
    wrap_print_after(out, STYLE_BAD, "  ", text.ptr);
    as_buf_done(&text);
}

void print_journal_verified(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *findings = as_json_get(result, "findings");
    bool is_ok = as_json_get_bool(result, "ok", false);
    out_styled(out, is_ok ? STYLE_GOOD : STYLE_BAD, is_ok ? "sound" : "not sound");
    out_print(out, ": %s of %s looked at, %s found\n",
              fmt_counted(result, "exchanges", "exchange").s, fmt_counted(result, "runs", "run").s,
              fmt_counted(result, "found", "fault").s);
    if (as_json_get_int(result, "unchained", 0))
        out_field(out, "no chain", "%s that an older assayd kept",
                  fmt_counted(result, "unchained", "exchange").s);
    for (size_t i = 0; i < as_json_len(findings); i++)
        print_finding(out, as_json_at(findings, i));
}

void print_journal_pruned(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"RUN", GRID_RIGHT, "run", fmt_count},
        {"EVAL", 0, "eval", NULL},
        {"ENDED", 0, "ended_ms", fmt_time},
        {"EXCHANGES", GRID_RIGHT, "exchanges", fmt_count},
        {"STORED", GRID_RIGHT, "stored_bytes", fmt_bytes},
        {0},
    };
    const struct output *out = &ctl->out;
    const struct as_json *runs = as_json_get(result, "runs");
    size_t count = as_json_len(runs);
    if (count) {
        struct grid *grid = grid_new(out, columns);
        for (size_t i = 0; i < count; i++)
            grid_add(grid, as_json_at(runs, i), NULL);
        grid_print_free(grid);
    }
    out_print(out, "%zu run%s, %s, %s %s\n", count, count == 1 ? "" : "s",
              fmt_counted(result, "exchanges", "exchange").s, fmt_bytes(result, "stored_bytes").s,
              as_json_get_bool(result, "dry_run", false) ? "would go; nothing was changed"
                                                         : "are gone");
}
