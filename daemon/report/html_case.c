/* One case of the HTML report: a line with the members' scores that unfolds into the input and the
 * members' outputs side by side, each with its scores and their reasons, the judge's among them.
 * In a long run a case in which nothing happened is its line alone. */
#include "daemon/report/html_own.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define TEXT_SHOWN_BYTES 6000
#define LONG_RUN_CASES 500

static double primary_of(const struct render *render, const struct row_listing *row)
{
    const char *primary = as_json_get_cstr(render->run, "primary");
    for (size_t i = 0; i < row->score_count; i++) {
        const struct score_record *score = &row->scores[i];
        if (!score->is_na && primary &&
            !strcmp(primary, render_metric_name(render->run, score->metric)))
            return score->score;
    }
    return NAN;
}

/* The baseline's row of the same sample; NULL when there is none. */
static const struct row_listing *baseline_of(const struct render_case *shown,
                                             const struct row_listing *row)
{
    for (size_t i = 0; i < shown->row_count; i++)
        if (!shown->rows[i].row.key.member && shown->rows[i].row.key.sample == row->row.key.sample)
            return &shown->rows[i];
    return NULL;
}

enum case_class { CASE_SAME, CASE_BETTER, CASE_WORSE, CASE_FAILED };

/* What happened in a row, against the baseline's. */
static enum case_class class_of(const struct render *render, const struct render_case *shown,
                                const struct row_listing *row)
{
    const struct row_listing *baseline = baseline_of(shown, row);
    if (row->row.status != ROW_OK && row->row.status != ROW_SKIPPED)
        return CASE_FAILED;
    double own = primary_of(render, row), other = baseline ? primary_of(render, baseline) : NAN;
    if (own < other)
        return CASE_WORSE;
    return own > other ? CASE_BETTER : CASE_SAME;
}

static enum case_class worst_class(const struct render *render, const struct render_case *shown)
{
    enum case_class worst = CASE_SAME;
    for (size_t i = 0; i < shown->row_count; i++) {
        enum case_class own = class_of(render, shown, &shown->rows[i]);
        if (own > worst)
            worst = own;
    }
    return worst;
}

static const char *class_name(enum case_class class)
{
    switch (class) {
    case CASE_SAME: return "same";
    case CASE_BETTER: return "better";
    case CASE_WORSE: return "worse";
    case CASE_FAILED: return "failed";
    }
    return "";
}

static void add_text(struct as_buf *out, struct as_str text)
{
    struct as_str head = {text.ptr, text.len < TEXT_SHOWN_BYTES ? text.len : TEXT_SHOWN_BYTES};
    as_buf_adds(out, "<pre>");
    render_markup(out, head);
    as_buf_adds(out, "</pre>");
    if (head.len < text.len)
        as_buf_addf(out, "<p class=\"note\">%zu of %zu bytes are shown.</p>", head.len, text.len);
}

/* ---- the line ---- */

static void add_chip(const struct render *render, const struct render_case *shown,
                     const struct row_listing *row)
{
    struct as_buf *out = render->out;
    enum case_class class = class_of(render, shown, row);
    as_buf_addf(out, "<span class=\"chip %s\">", class_name(class));
    render_markup_cstr(out, render_member_name(render->run, row->row.key.member));
    as_buf_adds(out, " <b>");
    if (class == CASE_FAILED)
        as_buf_adds(out, row_status_name(row->row.status));
    else
        as_buf_adds(out, render_decimals(primary_of(render, row), 2).text);
    as_buf_adds(out, "</b></span> ");
}

static void add_line(const struct render *render, const struct render_case *shown)
{
    struct as_buf *out = render->out;
    as_buf_adds(out, "<span class=\"id\">");
    render_markup(out, shown->record->id);
    as_buf_adds(out, "</span> ");
    if (shown->record->is_critical)
        as_buf_adds(out, "<span class=\"chip critical\">critical</span> ");
    for (size_t i = 0; i < shown->row_count; i++)
        add_chip(render, shown, &shown->rows[i]);
}

/* ---- what unfolds ---- */

static void add_message(struct as_buf *out, const struct as_json *message)
{
    const struct as_json *content = as_json_get(message, "content");
    struct as_str text = as_json_str(content);
    struct as_buf whole = {0};
    if (!text.ptr && content) { /* parts: shown as they stand */
        as_json_write(content, &whole);
        text = as_buf_str(&whole);
    }
    as_buf_adds(out, "<p class=\"role\">");
    render_markup_cstr(out, as_json_get_cstr(message, "role"));
    as_buf_adds(out, "</p>");
    add_text(out, text);
    as_buf_done(&whole);
}

static void add_member_as_json(void *ctx, const char *key, struct as_json *value)
{
    struct as_buf *out = ctx, text = {0};
    if (strcmp(key, "expected") != 0 && strcmp(key, "reference") != 0)
        return;
    as_buf_addf(out, "<p class=\"role\">%s</p>", key);
    if (as_json_str(value).ptr) {
        add_text(out, as_json_str(value));
        return;
    }
    as_json_write(value, &text);
    add_text(out, as_buf_str(&text));
    as_buf_done(&text);
}

static void add_input(struct as_buf *out, const struct case_record *record)
{
    AS_CLEANUP_JSON struct as_json *messages = NULL, *whole = NULL;
    if (record->messages_json.ptr &&
        as_json_parse(record->messages_json.ptr, record->messages_json.len, &messages, NULL))
        messages = NULL;
    for (size_t i = 0; i < as_json_len(messages); i++)
        add_message(out, as_json_at(messages, i));
    if (record->json.ptr && !as_json_parse(record->json.ptr, record->json.len, &whole, NULL))
        as_json_each(whole, add_member_as_json, out);
}

static void add_score(const struct render *render, const struct score_record *score)
{
    struct as_buf *out = render->out;
    as_buf_adds(out, "<tr><th scope=\"row\">");
    render_markup_cstr(out, render_metric_name(render->run, score->metric));
    as_buf_addf(out, "</th><td>%s</td><td>",
                render_decimals(score->is_na ? NAN : score->score, 3).text);
    render_markup(out, score->label);
    as_buf_adds(out, score->label.len && score->reason.len ? ": " : "");
    render_markup(out, score->reason);
    as_buf_adds(out, "</td></tr>");
}

static void add_facts(struct as_buf *out, const struct row_record *row)
{
    as_buf_addf(out, "<p class=\"note\">%s", row_status_name(row->status));
    if (isfinite(row->latency_ms))
        as_buf_addf(out, ", %s", render_ms(row->latency_ms).text);
    if (isfinite(row->cost_usd))
        as_buf_addf(out, ", %s", render_usd(row->cost_usd).text);
    if (row->output_tokens >= 0)
        as_buf_addf(out, ", %" PRId64 " tokens out", row->output_tokens);
    if (row->attempts > 1)
        as_buf_addf(out, ", %" PRIu32 " attempts", row->attempts);
    as_buf_adds(out, "</p>");
}

static void add_row(const struct render *render, const struct row_listing *listing)
{
    struct as_buf *out = render->out;
    const struct row_record *row = &listing->row;
    as_buf_adds(out, "<section class=\"answer\"><h4>");
    render_markup_cstr(out, render_member_name(render->run, row->key.member));
    if (row->key.sample)
        as_buf_addf(out, ", sample %" PRIu32, row->key.sample);
    as_buf_adds(out, "</h4>");
    add_facts(out, row);
    if (row->error.len) {
        as_buf_adds(out, "<p class=\"error\">");
        render_markup(out, row->error);
        as_buf_adds(out, "</p>");
    }
    if (row->text.ptr)
        add_text(out, row->text);
    if (row->tool_calls_json.len)
        add_text(out, row->tool_calls_json);
    if (listing->score_count)
        as_buf_adds(out, "<table class=\"scores\">");
    for (size_t i = 0; i < listing->score_count; i++)
        add_score(render, &listing->scores[i]);
    as_buf_adds(out, listing->score_count ? "</table></section>" : "</section>");
}

void html_case(const struct render *render, const struct render_case *shown)
{
    struct as_buf *out = render->out;
    enum case_class class = worst_class(render, shown);
    int64_t cases = as_json_get_int(as_json_get(render->run, "dataset"), "cases", 0);
    bool is_brief = class == CASE_SAME && cases > LONG_RUN_CASES && !shown->record->is_critical;
    const char *element = is_brief ? "div" : "details";
    as_buf_addf(out, "<%s class=\"case\" data-class=\"%s\"%s>%s", element, class_name(class),
                shown->record->is_critical ? " data-critical" : "", is_brief ? "" : "<summary>");
    add_line(render, shown);
    if (!is_brief) {
        as_buf_adds(out, "</summary><div class=\"input\">");
        add_input(out, shown->record);
        as_buf_adds(out, "</div><div class=\"answers\">");
        for (size_t i = 0; i < shown->row_count; i++)
            add_row(render, &shown->rows[i]);
        as_buf_adds(out, "</div>");
    }
    as_buf_addf(out, "</%s>\n", element);
}
