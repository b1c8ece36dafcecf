/* The cases of the HTML report: each a line with the members' scores that unfolds into the input
 * and the members' outputs side by side, each with its scores and their reasons, the judge's among
 * them. What keeps a long report small is said at the head of the list, and counted at its end. */
#include "daemon/report/html_own.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define TEXT_SHOWN_BYTES 6000
#define GIST_BYTES 140
#define REPORT_MAX_BYTES (24u << 20) /* no further case is begun above that */

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

struct texts { /* being written, each up to a length */
    const struct render *render;
    struct as_buf *out;
    size_t max_bytes;
};

static void add_text(const struct texts *texts, struct as_str text)
{
    struct as_buf *out = texts->out;
    struct as_str shown = render_cut(text, texts->max_bytes);
    as_buf_adds(out, "<pre>");
    render_markup(out, shown);
    as_buf_adds(out, "</pre>");
    if (shown.len < text.len)
        as_buf_addf(out, "<p class=\"note\">%zu of %zu bytes are shown.</p>", shown.len, text.len);
}

/* ---- the line ---- */

static void add_value(const struct render *render, const struct render_case *shown,
                      const struct row_listing *row)
{
    struct as_buf *out = render->out;
    enum case_class class = class_of(render, shown, row);
    double primary = primary_of(render, row);
    as_buf_addf(out, "<b class=\"%s\">", class_name(class));
    if (isfinite(primary))
        as_buf_adds(out, render_decimals(primary, 2).text);
    if (row->row.status != ROW_OK)
        as_buf_addf(out, "%s%s", isfinite(primary) ? " " : "", row_status_name(row->row.status));
    else if (!isfinite(primary))
        as_buf_adds(out, "n/a");
    if (class == CASE_WORSE || class == CASE_BETTER)
        as_buf_addf(out, "<i aria-hidden=\"true\">%s</i><span class=\"unseen\"> %s</span>",
                    class == CASE_WORSE ? "▼" : "▲", class_name(class));
    as_buf_adds(out, "</b> ");
}

/* A member's values: one a sample. */
static void add_values(const struct render *render, const struct render_case *shown,
                       uint32_t member)
{
    bool is_there = false;
    as_buf_adds(render->out, "<span class=\"value\"><span class=\"who\">");
    render_markup_cstr(render->out, render_member_name(render->run, member));
    as_buf_adds(render->out, " </span>");
    for (size_t i = 0; i < shown->row_count; i++) {
        if (shown->rows[i].row.key.member != member)
            continue;
        add_value(render, shown, &shown->rows[i]);
        is_there = true;
    }
    as_buf_adds(render->out, is_there ? "</span>" : "–</span>");
}

void html_gist(struct as_buf *out, const struct case_record *record)
{
    AS_CLEANUP_JSON struct as_json *messages = NULL;
    struct as_str gist = {0};
    if (record->messages_json.ptr &&
        as_json_parse(record->messages_json.ptr, record->messages_json.len, &messages, NULL))
        messages = NULL;
    for (size_t i = 0; !gist.ptr && i < as_json_len(messages); i++) {
        const struct as_json *message = as_json_at(messages, i);
        if (!strcmp(as_json_get_cstr_or(message, "role", ""), "user"))
            gist = as_json_get_str(message, "content");
    }
    as_buf_adds(out, "<span class=\"gist\">");
    render_markup(out, render_cut(gist, GIST_BYTES));
    as_buf_adds(out, gist.len > GIST_BYTES ? "…</span>" : "</span>");
}

static void add_line(const struct render *render, const struct render_case *shown)
{
    struct as_buf *out = render->out;
    as_buf_adds(out, "<span class=\"id\">");
    render_markup(out, shown->record->id);
    if (shown->record->is_critical)
        as_buf_adds(out, " <span class=\"chip unsure\">critical</span>");
    as_buf_adds(out, "</span>");
    html_gist(out, shown->record);
    for (size_t m = 0; m < render_member_count(render->run); m++)
        add_values(render, shown, (uint32_t)m);
}

/* ---- what unfolds ---- */

static void add_message(const struct texts *texts, const struct as_json *message)
{
    struct as_buf *out = texts->out;
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
    add_text(texts, text);
    as_buf_done(&whole);
}

static void add_tags(struct as_buf *out, const struct as_json *tags)
{
    for (size_t i = 0; i < as_json_len(tags); i++) {
        as_buf_adds(out, "<span class=\"chip\">");
        render_markup(out, as_json_str(as_json_at(tags, i)));
        as_buf_adds(out, "</span> ");
    }
}

static void add_member_as_json(void *ctx, const char *key, struct as_json *value)
{
    const struct texts *texts = ctx;
    struct as_buf *out = texts->out, text = {0};
    if (!strcmp(key, "tags"))
        add_tags(out, value);
    if (strcmp(key, "expected") != 0 && strcmp(key, "reference") != 0)
        return;
    as_buf_addf(out, "<p class=\"role\">%s</p>", key);
    if (as_json_str(value).ptr) {
        add_text(texts, as_json_str(value));
        return;
    }
    as_json_write(value, &text);
    add_text(texts, as_buf_str(&text));
    as_buf_done(&text);
}

static void add_input(struct texts *texts, const struct case_record *record)
{
    AS_CLEANUP_JSON struct as_json *messages = NULL, *whole = NULL;
    if (record->messages_json.ptr &&
        as_json_parse(record->messages_json.ptr, record->messages_json.len, &messages, NULL))
        messages = NULL;
    for (size_t i = 0; i < as_json_len(messages); i++)
        add_message(texts, as_json_at(messages, i));
    if (record->json.ptr && !as_json_parse(record->json.ptr, record->json.len, &whole, NULL))
        as_json_each(whole, add_member_as_json, texts);
}

static void add_score(const struct render *render, const struct score_record *score)
{
    struct as_buf *out = render->out;
    as_buf_adds(out, "<tr><th scope=\"row\">");
    render_markup_cstr(out, render_metric_name(render->run, score->metric));
    as_buf_addf(out, "</th><td class=\"number\">%s</td><td>",
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

static void add_answer(const struct texts *texts, const struct row_record *row,
                       const struct row_listing *baseline)
{
    if (!row->text.ptr)
        return;
    const struct row_record *other = baseline ? &baseline->row : NULL;
    if (other && other != row && other->text.ptr && other->text.len == row->text.len &&
        !memcmp(other->text.ptr, row->text.ptr, row->text.len))
        as_buf_adds(texts->out, "<p class=\"note\">word for word as the baseline</p>");
    add_text(texts, row->text);
}

static void add_row(const struct texts *texts, const struct render_case *shown,
                    const struct row_listing *listing)
{
    const struct render *render = texts->render;
    struct as_buf *out = texts->out;
    const struct row_record *row = &listing->row;
    as_buf_addf(out, "<section class=\"answer\" data-member=\"%" PRIu32 "\"><h3>", row->key.member);
    render_markup_cstr(out, render_member_name(render->run, row->key.member));
    if (row->key.sample)
        as_buf_addf(out, ", sample %" PRIu32, row->key.sample + 1);
    as_buf_adds(out, "</h3>");
    add_facts(out, row);
    if (row->error.len) {
        as_buf_adds(out, "<p class=\"error\">");
        render_markup(out, render_cut(row->error, texts->max_bytes));
        as_buf_adds(out, "</p>");
    }
    add_answer(texts, row, baseline_of(shown, listing));
    if (row->tool_calls_json.len)
        add_text(texts, row->tool_calls_json);
    if (listing->score_count)
        as_buf_adds(out, "<table class=\"scores\">");
    for (size_t i = 0; i < listing->score_count; i++)
        add_score(render, &listing->scores[i]);
    as_buf_adds(out, listing->score_count ? "</table></section>" : "</section>");
}

void html_texts(const struct render *render, const struct render_case *shown, uint32_t member,
                size_t max_bytes)
{
    struct texts texts = {render, render->out, max_bytes};
    as_buf_adds(texts.out, "<div class=\"input\">");
    add_input(&texts, shown->record);
    as_buf_adds(texts.out, "</div><div class=\"answers\">");
    for (size_t i = 0; i < shown->row_count; i++) {
        uint32_t own = shown->rows[i].row.key.member;
        if (member == HTML_ALL_MEMBERS || own == member || !own)
            add_row(&texts, shown, &shown->rows[i]);
    }
    as_buf_adds(texts.out, "</div>");
}

/* ---- the list ---- */

static int64_t case_count(const struct render *render)
{
    return as_json_get_int(as_json_get(render->run, "dataset"), "cases", 0);
}

void html_begin_cases(const struct render *render)
{
    struct as_buf *out = render->out;
    size_t members = render_member_count(render->run);
    html_begin_section(out, "cases", "Cases");
    as_buf_adds(out, "<p class=\"note\">Each unfolds into its texts, scores and their reasons. ▼ "
                     "and ▲ are worse and better than the baseline.");
    if (case_count(render) > HTML_LONG_RUN_CASES)
        as_buf_addf(out, " Cases that came out the same are %s, unless they are critical.",
                    case_count(render) > HTML_HUGE_RUN_CASES ? "not listed"
                                                             : "listed without their texts");
    as_buf_adds(
        out, "</p>\n<p class=\"printed note\">Cases that came out the same are not printed.</p>\n"
             "<div class=\"filters\" hidden>"
             "<label>Find <input type=\"search\" id=\"find\"></label>"
             "<label>Show <select id=\"show\"><option value=\"\">all</option>"
             "<option value=\"worse\">worse</option><option value=\"better\">better</option>"
             "<option value=\"failed\">failed</option><option value=\"critical\">critical</option>"
             "</select></label>"
             "<label>Order <select id=\"order\"><option value=\"\">of the dataset</option>"
             "<option value=\"low\">worst first</option><option value=\"high\">best first</option>"
             "</select></label>"
             "<label><input type=\"checkbox\" id=\"marks\" checked> mark differences from the "
             "baseline</label><span id=\"shown\" role=\"status\"></span></div>\n");
    as_buf_addf(out,
                "<div class=\"list\"><div class=\"rows\" style=\"--members:%zu\">"
                "<div class=\"line names\" aria-hidden=\"true\"><span "
                "class=\"id\">case</span><span class=\"gist\"></span>",
                members);
    for (size_t m = 0; m < members; m++) {
        as_buf_adds(out, "<span class=\"value\" title=\"");
        render_markup_cstr(out, render_member_name(render->run, (uint32_t)m));
        as_buf_adds(out, "\">");
        render_markup_cstr(out, render_member_name(render->run, (uint32_t)m));
        as_buf_adds(out, "</span>");
    }
    as_buf_adds(out, "</div>\n");
}

/* Candidates less baseline, the largest change of any. */
static double change_of(const struct render *render, const struct render_case *shown)
{
    double change = 0;
    for (size_t i = 0; i < shown->row_count; i++) {
        const struct row_listing *row = &shown->rows[i], *baseline = baseline_of(shown, row);
        double own = baseline ? primary_of(render, row) - primary_of(render, baseline) : NAN;
        if (fabs(own) > fabs(change))
            change = own;
    }
    return change;
}

static void add_case(const struct render *render, const struct render_case *shown,
                     enum case_class class, bool is_brief)
{
    struct as_buf *out = render->out;
    const char *element = is_brief ? "div" : "details";
    double change = change_of(render, shown);
    as_buf_addf(out, "<%s class=\"case\" id=\"%s\" data-class=\"%s\"", element,
                html_anchor(shown->record->id).text, class_name(class));
    if (change != 0)
        as_buf_addf(out, " data-change=\"%.3f\"", change);
    as_buf_addf(out, "%s>%s", shown->record->is_critical ? " data-critical" : "",
                is_brief ? "<div class=\"line\">" : "<summary class=\"line\">");
    add_line(render, shown);
    as_buf_adds(out, is_brief ? "</div>" : "</summary>");
    if (!is_brief)
        html_texts(render, shown, HTML_ALL_MEMBERS, TEXT_SHOWN_BYTES);
    as_buf_addf(out, "</%s>\n", element);
}

void html_case(const struct render *render, const struct render_case *shown)
{
    enum case_class class = worst_class(render, shown);
    bool is_dull = class == CASE_SAME && !shown->record->is_critical;
    bool is_brief = is_dull && case_count(render) > HTML_LONG_RUN_CASES;
    bool is_left_out = (is_dull && case_count(render) > HTML_HUGE_RUN_CASES) ||
                       render->tally->bytes > REPORT_MAX_BYTES;
    render->tally->left_out += is_left_out;
    render->tally->brief += !is_left_out && is_brief;
    if (!is_left_out)
        add_case(render, shown, class, is_brief);
}

void html_end_cases(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct render_tally *tally = render->tally;
    as_buf_adds(out, "</div></div>\n");
    if (tally->brief)
        as_buf_addf(out, "<p class=\"note\">Listed without their texts: %zu.</p>\n", tally->brief);
    if (tally->left_out)
        as_buf_addf(out, "<p class=\"warning\">Not listed, to keep this file small: %zu.</p>\n",
                    tally->left_out);
    if (tally->brief || tally->left_out)
        as_buf_addf(out,
                    "<p class=\"note\"><code>assayctl report %" PRId64
                    " --format jsonl</code> has every row with its texts.</p>\n",
                    as_json_get_int(render->run, "run", 0));
    as_buf_adds(out, "</section>\n");
}
