/* What the sections of the HTML report are put together from: chips, tables, links. */
#include "daemon/report/html_own.h"
#include "lib/hash.h"

#include <inttypes.h>
#include <string.h>

struct outcome_look {
    const char *outcome, *kind, *sign, *word;
};

static const struct outcome_look looks[] = {
    {"pass", "good", "✓", "pass"},
    {"PASS", "good", "✓", "pass"},
    {"deploy", "good", "✓", "deploy"},
    {"fail", "bad", "✕", "fail"},
    {"FAIL", "bad", "✕", "fail"},
    {"failed", "bad", "✕", "failed"},
    {"cancelled", "bad", "✕", "cancelled"},
    {"keep", "bad", "✕", "keep the baseline"},
    {"undecided", "unsure", "?", "undecided"},
    {"INCONCLUSIVE", "unsure", "?", "undecided"},
    {"SKIP", "", "–", "not asked"},
};

static const struct outcome_look *look_of(const char *outcome)
{
    for (size_t i = 0; outcome && i < AS_COUNT(looks); i++)
        if (!strcmp(looks[i].outcome, outcome))
            return &looks[i];
    return NULL;
}

const char *html_kind(const char *outcome)
{
    const struct outcome_look *look = look_of(outcome);
    return look ? look->kind : "";
}

const char *html_sign(const char *outcome)
{
    const struct outcome_look *look = look_of(outcome);
    return look ? look->sign : "•";
}

void html_chip(struct as_buf *out, const char *outcome)
{
    const struct outcome_look *look = look_of(outcome);
    as_buf_addf(out, "<span class=\"chip %s\"><span aria-hidden=\"true\">%s</span> ",
                html_kind(outcome), html_sign(outcome));
    render_markup_cstr(out, look ? look->word : outcome);
    as_buf_adds(out, "</span>");
}

void html_element(struct as_buf *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    as_buf_addf(out, "<%s>", name);
    render_markup_cstr(out, text);
    as_buf_addf(out, "</%.*s>\n", (int)strcspn(name, " "), name);
}

/* ---- tables ---- */

static void add_column(struct as_buf *out, const char *column, const struct html_scale *scale)
{
    bool is_number = *column == '#', is_drawing = *column == '~';
    const char *name = column + (is_number || is_drawing);
    as_buf_addf(out, "<th scope=\"col\"%s>%.*s",
                is_number    ? " class=\"number\""
                : is_drawing ? " class=\"drawing\""
                             : "",
                (int)strcspn(name, "|"), name);
    if (is_drawing && scale)
        html_axis(out, scale);
    as_buf_adds(out, "</th>");
}

void html_begin_table(struct as_buf *out, const char *label, const char *columns,
                      const struct html_scale *scale)
{
    as_buf_adds(out, "<div class=\"wide\" role=\"region\" aria-label=\"");
    render_markup_cstr(out, label);
    as_buf_adds(out, "\"><table><thead><tr>");
    for (const char *at = columns; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        add_column(out, at, scale);
    as_buf_adds(out, "</tr></thead><tbody>\n");
}

void html_end_table(struct as_buf *out)
{
    as_buf_adds(out, "</tbody></table></div>\n");
}

void html_head_cell(struct as_buf *out, const char *text)
{
    html_element(out, "th scope=\"row\"", text ? text : "?");
}

void html_text_cell(struct as_buf *out, const char *text)
{
    as_buf_adds(out, "<td>");
    render_markup_cstr(out, text);
    as_buf_adds(out, "</td>");
}

void html_cell(struct as_buf *out, struct render_number number)
{
    as_buf_adds(out, "<td class=\"number\">");
    render_markup_cstr(out, number.text);
    as_buf_adds(out, "</td>");
}

void html_count_cell(struct as_buf *out, const struct as_json *object, const char *key)
{
    as_buf_addf(out, "<td class=\"number\">%" PRId64 "</td>", as_json_get_int(object, key, 0));
}

void html_begin_section(struct as_buf *out, const char *id, const char *title)
{
    as_buf_addf(out, "<section id=\"%s\" aria-labelledby=\"%s-title\"><h2 id=\"%s-title\">", id, id,
                id);
    render_markup_cstr(out, title);
    as_buf_adds(out, "</h2>\n");
}

/* ---- links ---- */

struct html_anchor html_anchor(struct as_str case_id)
{
    struct html_anchor anchor = {"c"};
    struct as_sha256 hash = as_sha256_of(case_id.ptr, case_id.len);
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(&hash, hex);
    memcpy(anchor.text + 1, hex, sizeof(anchor.text) - 2);
    return anchor;
}

void html_case_link(struct as_buf *out, struct as_str case_id)
{
    as_buf_addf(out, "<a href=\"#%s\">", html_anchor(case_id).text);
    render_markup(out, case_id);
    as_buf_adds(out, "</a>");
}
