/* Rows for people: the list, and one case with what every member made of it. */
#include "ctl/columns.h"
#include "ctl/grid.h"
#include "ctl/print.h"

#include <math.h>

static void add_score(void *ctx, const char *metric, struct as_json *value)
{
    struct as_buf *text = ctx;
    double score = as_json_num(value, NAN);
    as_buf_addf(text, "%s%s ", text->len ? "  " : "", metric);
    if (isnan(score))
        as_buf_adds(text, "n/a");
    else
        as_buf_addf(text, "%.3f", score);
}

void print_row_list(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"CASE", 0, "case", NULL},
        {"MODEL", 0, "model", NULL},
        {"SAMPLE", GRID_RIGHT, "sample", fmt_count},
        {"STATUS", GRID_WORD, "status", NULL},
        {"TIME", GRID_RIGHT, "latency_ms", fmt_latency},
        {"SCORES", 0, NULL, NULL},
        {"ERROR", GRID_TRUNC, "error", NULL},
        {0},
    };
    const struct as_json *rows = as_json_get(result, "rows");
    struct grid *grid = grid_new(&ctl->out, columns);
    for (size_t i = 0; i < as_json_len(rows); i++) {
        struct as_buf scores = {0};
        as_json_each(as_json_get(as_json_at(rows, i), "scores"), add_score, &scores);
        grid_add(grid, as_json_at(rows, i), NULL);
        grid_cell(grid, "SCORES", "%s", as_buf_str(&scores).ptr);
        as_buf_done(&scores);
    }
    grid_print_free(grid);
    if (as_json_get_cstr(result, "next"))
        out_styled(&ctl->out, STYLE_DIM, "more with --after %s\n", str_or(result, "next", ""));
}

/* ---- one case ---- */

static void add_scores(struct as_buf *text, const struct as_json *scores)
{
    for (size_t i = 0; i < as_json_len(scores); i++) {
        const struct as_json *score = as_json_at(scores, i);
        const struct as_json *pass = as_json_get(score, "pass");
        bool is_na = as_json_get_bool(score, "na", false);
        as_buf_addf(text, "%s: %s", str_or(score, "metric", "?"),
                    is_na ? "does not apply" : fmt_score(score, "score").s);
        if (pass && !is_na)
            as_buf_adds(text, as_json_bool(pass, false) ? " pass" : " fail");
        if (as_json_get_str(score, "label").len)
            as_buf_addf(text, " (%s)", str_or(score, "label", ""));
        if (as_json_get_str(score, "reason").len)
            as_buf_addf(text, " - %s", str_or(score, "reason", ""));
        as_buf_addc(text, '\n');
    }
}

static void add_attempts(struct as_buf *text, const struct as_json *attempts)
{
    for (size_t i = 0; i < as_json_len(attempts); i++) {
        const struct as_json *attempt = as_json_at(attempts, i);
        as_buf_addf(text, "%s attempt %s: %s, HTTP %s, %s, first byte %s",
                    str_or(attempt, "role", "?"), fmt_count(attempt, "attempt").s,
                    str_or(attempt, "outcome", "?"), fmt_count(attempt, "http_status").s,
                    fmt_latency(attempt, "total_ms").s, fmt_latency(attempt, "first_byte_ms").s);
        if (as_json_get_str(attempt, "error").len)
            as_buf_addf(text, ", %s", str_or(attempt, "error", ""));
        as_buf_addc(text, '\n');
    }
}

static void add_judge(struct as_buf *text, const struct as_json *judge)
{
    if (!judge)
        return;
    as_buf_addf(text, "\n-- the judge was asked --\n%s\n", str_or(judge, "question", "n/a"));
    as_buf_addf(text, "\n-- the judge replied --\n%s\n", str_or(judge, "reply", "n/a"));
}

/* Everything about one member's answer, as one text. */
static void add_row(struct as_buf *text, const struct as_json *row)
{
    int64_t sample = as_json_get_int(row, "sample", 0);
    as_buf_addf(text, "== %s", str_or(row, "model", "?"));
    if (sample)
        as_buf_addf(text, ", sample %lld", (long long)sample);
    as_buf_addf(text, ": %s ==\n", str_or(row, "status", "?"));
    as_buf_addf(text, "%s, %s, tokens %s in %s out, %s, %s\n",
                str_or(row, "model_id", "no model id"), fmt_latency(row, "latency_ms").s,
                fmt_count(row, "input_tokens").s, fmt_count(row, "output_tokens").s,
                fmt_usd(row, "cost_usd").s, str_or(row, "finish_reason", "no finish reason"));
    if (as_json_get_cstr(row, "error"))
        as_buf_addf(text, "%s: %s\n", str_or(row, "error_class", "error"),
                    str_or(row, "error", ""));
    as_buf_addf(text, "\n%s\n\n", str_or(row, "text", "(no output)"));
    add_scores(text, as_json_get(row, "scores"));
    add_attempts(text, as_json_get(row, "attempts"));
    add_judge(text, as_json_get(row, "judge"));
}

static void print_json_block(const struct output *out, const char *title,
                             const struct as_json *value)
{
    struct as_buf text = {0};
    as_json_write_pretty(value, &text);
    out_styled(out, STYLE_BOLD, "%s\n", title);
    out_print(out, "%s\n\n", text.ptr);
    as_buf_done(&text);
}

static void print_side_by_side(const struct output *out, const struct as_buf *texts, size_t count)
{
    struct as_str columns[COLUMNS_MAX];
    for (size_t i = 0; i < count; i++)
        columns[i] = as_buf_str(&texts[i]);
    columns_print(out, columns, count);
}

static void print_rows(const struct output *out, const struct as_json *rows)
{
    size_t count = as_json_len(rows);
    bool is_wide = columns_fit(out, count);
    struct as_buf texts[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < count; i++) {
        struct as_buf *text = &texts[is_wide ? i : 0];
        add_row(text, as_json_at(rows, i));
        if (is_wide)
            continue;
        out_print(out, "%s\n", text->ptr);
        as_buf_reset(text);
    }
    if (is_wide)
        print_side_by_side(out, texts, count);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        as_buf_done(&texts[i]);
}

void print_row(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *item = as_json_get(result, "case"), *rows = as_json_get(result, "rows");
    out_styled(out, STYLE_BOLD, "run %s, case %s\n\n", fmt_count(result, "run").s,
               str_or(item, "id", "?"));
    print_json_block(out, "case", as_json_get(item, "json"));
    for (size_t i = 0; i < as_json_len(rows); i++) {
        const struct as_json *request = as_json_get(as_json_at(rows, i), "request");
        if (request) { /* the members' requests differ in the model's name alone: one is enough */
            print_json_block(out, "request, as it was sent", request);
            break;
        }
    }
    print_rows(out, rows);
}
