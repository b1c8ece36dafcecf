/* Rows for people: the list, and one case with what every member made of it.
 *
 * What models and judges wrote stands behind bars, so that no answer can pass for a line of ours.
 */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/wrap.h"

#include <math.h>
#include <string.h>

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
        {"SCORES", GRID_TRUNC, NULL, NULL},
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

/* ---- texts of others ---- */

/* Ends the line that began at from: what others put into it does not make it two. */
static void end_line(struct as_buf *text, size_t from)
{
    for (size_t i = from; i < text->len; i++)
        if (text->ptr[i] == '\n')
            text->ptr[i] = ' ';
    as_buf_addc(text, '\n');
}

static void add_quoted(struct as_buf *text, struct as_str quoted)
{
    for (size_t at = 0; at < quoted.len;) {
        const char *line = quoted.ptr + at, *end = memchr(line, '\n', quoted.len - at);
        size_t len = end ? (size_t)(end - line) : quoted.len - at;
        as_buf_adds(text, "| ");
        as_buf_add(text, line, len);
        as_buf_addc(text, '\n');
        at += len + 1;
    }
}

static void add_readable(void *ctx, const char *key, struct as_json *value)
{
    struct as_buf *text = ctx;
    struct as_str string = as_json_str(value);
    if (string.len && (!strcmp(key, "content") || !strcmp(key, "text") || !strcmp(key, "system"))) {
        as_buf_add(text, string.ptr, string.len);
        as_buf_addc(text, '\n');
    }
    as_json_each(value, add_readable, ctx);
    for (size_t i = 0; as_json_type_of(value) == AS_JSON_ARRAY && i < as_json_len(value); i++)
        add_readable(ctx, key, as_json_at(value, i));
}

/* The prompt or the answer in a body of any of the providers' formats; where none is found, and
 * where it is no JSON, the body as it is. */
static void add_body(struct as_buf *text, struct as_json *body)
{
    struct as_buf readable = {0};
    add_readable(&readable, "", body);
    if (!readable.len && as_json_str(body).ptr)
        as_buf_add(&readable, as_json_str(body).ptr, as_json_str(body).len);
    else if (!readable.len)
        out_add_json(&readable, body, true);
    add_quoted(text, as_buf_str(&readable));
    as_buf_done(&readable);
}

/* ---- the case and what was sent ---- */

static void add_messages(struct as_buf *text, const struct as_json *messages)
{
    for (size_t i = 0; i < as_json_len(messages); i++) {
        struct as_json *message = as_json_at(messages, i);
        size_t from = text->len;
        as_buf_addf(text, "[%s]", str_or(message, "role", "?"));
        end_line(text, from);
        add_body(text, message);
    }
}

static void add_case_field(void *ctx, const char *key, struct as_json *value)
{
    struct as_buf *text = ctx;
    if (!strcmp(key, "id") || !strcmp(key, "messages") || !strcmp(key, "input"))
        return;
    as_buf_addf(text, "%s\n", key);
    struct as_buf shown = {0};
    if (as_json_str(value).ptr)
        as_buf_add(&shown, as_json_str(value).ptr, as_json_str(value).len);
    else
        out_add_json(&shown, value, false);
    add_quoted(text, as_buf_str(&shown));
    as_buf_done(&shown);
}

static void print_case(const struct output *out, struct as_json *item)
{
    struct as_buf text = {0};
    if (as_json_get(item, "messages"))
        add_messages(&text, as_json_get(item, "messages"));
    else
        add_body(&text, item);
    as_json_each(item, add_case_field, &text);
    wrap_print(out, STYLE_PLAIN, as_buf_str(&text));
    as_buf_done(&text);
}

static void add_but_model(void *ctx, const char *key, struct as_json *value)
{
    struct as_buf *text = ctx;
    if (!strcmp(key, "model"))
        return;
    as_buf_adds(text, key);
    as_json_write_canonical(value, text);
}

/* True when it differs from the last one in nothing but the model. It becomes the last one. */
static bool is_repeated(const struct as_json *request, struct as_buf *last)
{
    struct as_buf own = {0};
    as_json_each(request, add_but_model, &own);
    bool is_same =
        own.len == last->len && !memcmp(as_buf_str(&own).ptr, as_buf_str(last).ptr, own.len);
    as_buf_done(last);
    *last = own;
    return is_same;
}

static void print_requests(const struct output *out, const struct as_json *rows)
{
    struct as_buf last = {0}, text = {0};
    for (size_t i = 0; i < as_json_len(rows); i++) {
        const struct as_json *row = as_json_at(rows, i), *request = as_json_get(row, "request");
        if (!request || is_repeated(request, &last))
            continue;
        out_styled(out, STYLE_BOLD, "\nrequest to %s, as it was sent\n", str_or(row, "model", "?"));
        out_add_json(&text, request, true);
        wrap_print(out, STYLE_PLAIN, as_buf_str(&text));
        as_buf_reset(&text);
    }
    as_buf_done(&last);
    as_buf_done(&text);
}

/* ---- one member's answer ---- */

static void add_usage(struct as_buf *text, const struct as_json *row)
{
    bool has_usage = as_json_get(row, "output_tokens");
    size_t from = text->len;
    as_buf_addf(text, "%s, %s", str_or(row, "model_id", "no model id"),
                fmt_latency(row, "latency_ms").s);
    if (has_usage)
        as_buf_addf(text, ", %s tokens in, %s out, %s", fmt_count(row, "input_tokens").s,
                    fmt_count(row, "output_tokens").s, fmt_usd(row, "cost_usd").s);
    as_buf_addf(text, ", %s", str_or(row, "finish_reason", "no finish reason"));
    end_line(text, from);
}

static void add_error(struct as_buf *text, const struct as_json *row)
{
    size_t from = text->len;
    if (!as_json_get_cstr(row, "error"))
        return;
    as_buf_addf(text, "%s: %s", str_or(row, "error_class", "error"), str_or(row, "error", ""));
    end_line(text, from);
}

static void add_output(struct as_buf *text, const struct as_json *row)
{
    struct as_str output = as_json_get_str(row, "text");
    if (output.len)
        add_quoted(text, output);
    else
        as_buf_addf(text, "(%s)\n", output.ptr ? "an empty output" : "no output");
    if (as_json_get(row, "tool_calls")) {
        as_buf_adds(text, "tool calls\n");
        add_body(text, as_json_get(row, "tool_calls"));
    }
}

static void add_score_line(struct as_buf *text, const struct as_json *score)
{
    const struct as_json *pass = as_json_get(score, "pass");
    bool is_na = as_json_get_bool(score, "na", false);
    const char *error_class = as_json_get_cstr(score, "error_class");
    size_t from = text->len;
    as_buf_adds(text, str_or(score, "metric", "?"));
    if (as_json_has(score, "set"))
        as_buf_addf(text, " by %s (score set %s)", str_or(score, "selector", "?"),
                    fmt_count(score, "set").s);
    as_buf_addf(text, ": %s",
                is_na         ? "does not apply"
                : error_class ? error_class
                              : fmt_score(score, "score").s);
    if (pass && !is_na)
        as_buf_adds(text, as_json_bool(pass, false) ? " pass" : " fail");
    if (as_json_get_str(score, "label").len)
        as_buf_addf(text, " (%s)", str_or(score, "label", ""));
    if (as_json_get_str(score, "reason").len)
        as_buf_addf(text, " - %s", str_or(score, "reason", ""));
    end_line(text, from);
}

static void add_scores(struct as_buf *text, const struct as_json *scores)
{
    for (size_t i = 0; i < as_json_len(scores); i++) {
        const struct as_json *details = as_json_get(as_json_at(scores, i), "details");
        add_score_line(text, as_json_at(scores, i));
        if (!details)
            continue;
        as_buf_adds(text, "  ");
        out_add_json(text, details, false);
        as_buf_addc(text, '\n');
    }
}

static void add_attempt(struct as_buf *text, const struct as_json *attempt)
{
    size_t from = text->len;
    as_buf_addf(text, "%s attempt %s: %s", str_or(attempt, "role", "?"),
                fmt_count(attempt, "attempt").s, str_or(attempt, "outcome", "?"));
    if (as_json_get(attempt, "http_status"))
        as_buf_addf(text, ", HTTP %s", fmt_count(attempt, "http_status").s);
    as_buf_addf(text, ", %s", fmt_latency(attempt, "total_ms").s);
    if (as_json_get_num(attempt, "first_byte_ms", 0) > 0)
        as_buf_addf(text, ", first byte %s", fmt_latency(attempt, "first_byte_ms").s);
    if (as_json_get_str(attempt, "error").len)
        as_buf_addf(text, ", %s", str_or(attempt, "error", ""));
    end_line(text, from);
}

static void add_attempts(struct as_buf *text, const struct as_json *attempts)
{
    for (size_t i = 0; i < as_json_len(attempts); i++)
        add_attempt(text, as_json_at(attempts, i));
}

static void add_judge(struct as_buf *text, const struct as_json *judge)
{
    if (!judge)
        return;
    as_buf_adds(text, "\nthe judge was asked\n");
    add_body(text, as_json_get(judge, "question"));
    as_buf_adds(text, "\nthe judge replied\n");
    add_body(text, as_json_get(judge, "reply"));
}

static void add_row(struct wrap_column *column, const struct as_json *row)
{
    struct as_buf *text = &column->text;
    const char *status = str_or(row, "status", "?");
    int64_t sample = as_json_get_int(row, "sample", 0);
    as_buf_adds(&column->title, str_or(row, "model", "?"));
    if (sample)
        as_buf_addf(&column->title, ", sample %lld", (long long)sample);
    as_buf_addf(&column->title, ": %s", status);
    column->style = style_of_word(status);
    add_usage(text, row);
    add_error(text, row);
    as_buf_addc(text, '\n');
    add_output(text, row);
    as_buf_addc(text, '\n');
    add_scores(text, as_json_get(row, "scores"));
    add_scores(text, as_json_get(row, "rescored"));
    add_attempts(text, as_json_get(row, "attempts"));
    add_judge(text, as_json_get(row, "judge"));
}

static void print_rows(const struct output *out, const struct as_json *rows)
{
    size_t count = as_json_len(rows), fit = wrap_columns_fit(out);
    for (size_t first = 0; first < count; first += fit) {
        struct wrap_column columns[WRAP_COLUMNS_MAX] = {0};
        size_t shown = count - first < fit ? count - first : fit;
        for (size_t i = 0; i < shown; i++)
            add_row(&columns[i], as_json_at(rows, first + i));
        out_print(out, "\n");
        wrap_columns_print(out, columns, shown);
        for (size_t i = 0; i < shown; i++)
            wrap_column_done(&columns[i]);
    }
}

void print_row(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *item = as_json_get(result, "case"), *rows = as_json_get(result, "rows");
    out_styled(out, STYLE_BOLD, "run %s, case %s\n", fmt_count(result, "run").s,
               str_or(item, "id", "?"));
    print_case(out, as_json_get(item, "json"));
    print_requests(out, rows);
    print_rows(out, rows);
}
