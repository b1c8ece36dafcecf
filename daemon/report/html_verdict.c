/* The verdict on each candidate, with the checks that it is made of, and what a reader must know
 * before believing it: recommendation, planned looks, the best of several. */
#include "daemon/report/html_own.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void add_evidence(struct as_buf *out, const struct as_json *check)
{
    const struct as_json *cases = as_json_get(check, "evidence");
    size_t count = as_json_len(cases);
    int64_t total = as_json_get_int(check, "evidence_total", (int64_t)count);
    if (!count)
        return;
    as_buf_adds(out, "<div class=\"note\">");
    for (size_t i = 0; i < count; i++) {
        as_buf_adds(out, i ? ", " : "");
        html_case_link(out, as_json_str(as_json_at(cases, i)));
    }
    if (total > (int64_t)count)
        as_buf_addf(out, " and %" PRId64 " more", total - (int64_t)count);
    as_buf_adds(out, "</div>");
}

static void add_check(struct as_buf *out, const struct as_json *check)
{
    const char *outcome = as_json_get_cstr_or(check, "outcome", "");
    as_buf_adds(out, "<tr>");
    html_head_cell(out, as_json_get_cstr(check, "name"));
    as_buf_adds(out, "<td>");
    html_chip(out, outcome);
    as_buf_adds(out, "</td><td>");
    render_markup_cstr(out, as_json_get_cstr_or(check, "sentence", ""));
    if (strcmp(outcome, "PASS") != 0)
        add_evidence(out, check);
    as_buf_adds(out, "</td></tr>\n");
}

static bool is_asked(const struct as_json *check)
{
    return strcmp(as_json_get_cstr_or(check, "outcome", "SKIP"), "SKIP") != 0;
}

static void add_checks(struct as_buf *out, const struct as_json *checks, bool is_open)
{
    const char *before = "<p class=\"note\">not asked: ";
    as_buf_addf(out, "<details class=\"more\"%s><summary>the gate's checks</summary>",
                is_open ? " open" : "");
    html_begin_table(out, "the gate's checks", "check|outcome|why", NULL);
    for (size_t i = 0; i < as_json_len(checks); i++)
        if (is_asked(as_json_at(checks, i)))
            add_check(out, as_json_at(checks, i));
    html_end_table(out);
    for (size_t i = 0; i < as_json_len(checks); i++) {
        if (is_asked(as_json_at(checks, i)))
            continue;
        as_buf_adds(out, before);
        render_markup_cstr(out, as_json_get_cstr(as_json_at(checks, i), "name"));
        before = ", ";
    }
    as_buf_adds(out, *before == '<' ? "</details>" : "</p></details>");
}

static void add_recommendation(const struct render *render, const char *candidate)
{
    const struct as_json *list = as_json_get(render->run, "recommendations");
    for (size_t i = 0; candidate && i < as_json_len(list); i++) {
        const struct as_json *one = as_json_at(list, i);
        if (strcmp(as_json_get_cstr_or(one, "candidate", ""), candidate) != 0)
            continue;
        as_buf_adds(render->out, "<p class=\"advice\">");
        html_chip(render->out, as_json_get_cstr_or(one, "action", "undecided"));
        as_buf_addc(render->out, ' ');
        render_markup_cstr(render->out, as_json_get_cstr(one, "sentence"));
        as_buf_adds(render->out, "</p>\n");
    }
}

static void add_candidate(const struct render *render, const struct as_json *verdict, bool is_open)
{
    struct as_buf *out = render->out;
    const char *outcome = as_json_get_cstr_or(verdict, "outcome", "no gate");
    const char *candidate = as_json_get_cstr(verdict, "candidate");
    bool is_failed = strcmp(html_kind(outcome), "good") != 0;
    as_buf_addf(out, "<article class=\"verdict %s\"><h3>", html_kind(outcome));
    html_chip(out, outcome);
    as_buf_addc(out, ' ');
    render_markup_cstr(out, candidate);
    as_buf_adds(out, "</h3>\n");
    html_element(out, "p", as_json_get_cstr(verdict, "sentence"));
    html_element(out, "p", as_json_get_cstr(verdict, "advice"));
    add_recommendation(render, candidate);
    add_checks(out, as_json_get(verdict, "checks"), is_open && is_failed);
    as_buf_adds(out, "</article>\n");
}

/* ---- planned looks ---- */

static void add_look(struct as_buf *out, const struct as_json *look)
{
    const struct as_json *list = as_json_get(look, "candidates");
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *one = as_json_at(list, i);
        as_buf_adds(out, "<tr>");
        html_count_cell(out, look, "look");
        html_count_cell(out, look, "n");
        html_text_cell(out, as_json_get_cstr(one, "candidate"));
        html_cell(out, render_signed(as_json_get_num(one, "diff", NAN), 3));
        html_cell(out, render_interval(as_json_get(one, "ci"), 3));
        html_cell(out, render_decimals(as_json_get_num(one, "critical", NAN), 3));
        html_text_cell(out, as_json_get_cstr(one, "decision"));
        as_buf_adds(out, "</tr>\n");
    }
}

static void add_looks(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *looks = as_json_get(render->run, "looks"),
                         *done = as_json_get(looks, "done");
    if (!looks)
        return;
    as_buf_adds(out, "<h3>Planned looks</h3>\n");
    html_element(out, "p", as_json_get_cstr(looks, "sentence"));
    if (!as_json_len(done))
        return;
    html_begin_table(out, "planned looks",
                     "#look|#cases|candidate|#difference|#interval of the look|#critical "
                     "value|decision",
                     NULL);
    for (size_t i = 0; i < as_json_len(done); i++)
        add_look(out, as_json_at(done, i));
    html_end_table(out);
}

/* Looks were planned: a run under way shows those that it has come to, and nothing else. */
bool html_has_verdict(const struct render *render)
{
    return as_json_len(as_json_get(render->run, "verdicts")) || as_json_get(render->run, "looks");
}

void html_verdict(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *verdicts = as_json_get(render->run, "verdicts");
    size_t count = as_json_len(verdicts);
    if (!html_has_verdict(render))
        return;
    html_begin_section(out, "verdict", count > 1 ? "Verdicts" : "Verdict");
    html_element(out, "p class=\"warning\"", as_json_get_cstr(render->run, "best_of"));
    for (size_t i = 0; i < count; i++)
        add_candidate(render, as_json_at(verdicts, i), count == 1);
    if (!count)
        as_buf_adds(out, "<p>There is none yet.</p>\n");
    add_looks(render);
    as_buf_adds(out, "</section>\n");
}
