/* The HTML report: one file that opens from a disk without a network. The verdict comes first, then
 * comparisons, an earlier run, models, cost against quality, latency, scores, tags, flips, the
 * cases, and last what the run was made of. Style and script are files beside this one, built in.
 * The browser is told to load nothing and to run no script but this very one, should markup of
 * others ever get through. The script sorts, filters and marks differences; all else works without
 * it. */
#include "daemon/report/html_own.h"
#include "daemon/report/report_css.h"
#include "daemon/report/report_js.h"
#include "lib/base64.h"
#include "lib/hash.h"

#include <inttypes.h>
#include <string.h>

static void add_fact(struct as_buf *out, const char *name, const char *text)
{
    as_buf_addf(out, "<div><dt>%s</dt><dd>", name);
    render_markup_cstr(out, text);
    as_buf_adds(out, "</dd></div>");
}

static void add_count_fact(struct as_buf *out, const char *name, int64_t count)
{
    as_buf_addf(out, "<div><dt>%s</dt><dd>%" PRId64 "</dd></div>", name, count);
}

static void add_facts(const struct render *render)
{
    struct as_buf *out = render->out, name = {0}, took = {0};
    const struct as_json *run = render->run, *dataset = as_json_get(run, "dataset");
    int64_t created = as_json_get_int(run, "created_ms", 0);
    int64_t ended = as_json_get_int(run, "ended_ms", 0);
    as_buf_addf(&name, "%s, version %" PRId64, as_json_get_cstr_or(dataset, "name", "?"),
                as_json_get_int(dataset, "version", 0));
    as_buf_addf(&took, "%.1f s", (double)(ended - created) / 1000);
    as_buf_adds(out, "<dl class=\"facts\">");
    add_count_fact(out, "run", as_json_get_int(run, "run", 0));
    add_fact(out, "begun", render_time(created).text);
    if (ended)
        add_fact(out, "took", took.ptr);
    add_fact(out, "dataset", name.ptr);
    add_count_fact(out, "cases", as_json_get_int(dataset, "cases", 0));
    if (as_json_get(dataset, "selection"))
        add_fact(out, "chosen",
                 as_json_get_cstr_or(as_json_get(dataset, "selection"), "sentence", "?"));
    if (as_json_get_int(run, "samples", 1) > 1)
        add_count_fact(out, "samples a case", as_json_get_int(run, "samples", 1));
    add_fact(out, "baseline", render_member_name(run, 0));
    if (as_json_get_cstr(run, "tag"))
        add_fact(out, "tag", as_json_get_cstr(run, "tag"));
    as_buf_adds(out, "</dl>\n");
    as_buf_done(&name);
    as_buf_done(&took);
}

static void add_banner(const struct render *render)
{
    struct as_buf *out = render->out;
    const char *outcome = as_json_get_cstr(render->run, "outcome");
    const char *word = outcome ? outcome : as_json_get_cstr_or(render->run, "state", "?");
    as_buf_addf(out,
                "<header><div class=\"top\"><p class=\"outcome %s\"><span "
                "aria-hidden=\"true\">%s</span> ",
                html_kind(word), html_sign(word));
    render_markup_cstr(out, word);
    as_buf_adds(out, "</p>");
    html_element(out, "h1", as_json_get_cstr_or(render->run, "eval", "?"));
    as_buf_adds(out, "</div>");
    add_facts(render);
    as_buf_adds(out, "</header>\n");
}

static void add_link(struct as_buf *out, const char *id, const char *title, bool is_there)
{
    if (is_there)
        as_buf_addf(out, "<li><a href=\"#%s\">%s</a></li>", id, title);
}

static void add_contents(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *run = render->run;
    bool has_members = as_json_len(as_json_get(run, "members"));
    as_buf_adds(out, "<nav aria-label=\"Contents\"><ul>");
    add_link(out, "verdict", "Verdict", html_has_verdict(render));
    add_link(out, "comparison", "Against the baseline",
             as_json_len(as_json_get(run, "comparisons")));
    add_link(out, "compared", "Against an earlier run", html_has_compared(render));
    add_link(out, "models", "Models", has_members);
    add_link(out, "scatter", "Cost against quality", has_members);
    add_link(out, "latency", "Latency", has_members);
    add_link(out, "scores", "Scores", has_members);
    add_link(out, "tags", "Tags", as_json_len(as_json_get(run, "tags")));
    add_link(out, "flips", "Flips", html_has_flips(render));
    add_link(out, "cases", "Cases", true);
    add_link(out, "made-of", "What it was made of", true);
    as_buf_adds(out, "</ul></nav>\n");
}

static void add_warnings(const struct render *render)
{
    const struct as_json *run = render->run, *warnings = as_json_get(run, "warnings");
    const struct as_json *overrides = as_json_get(run, "overrides");
    for (size_t i = 0; i < as_json_len(overrides); i++)
        html_element(render->out, "p class=\"error\" role=\"alert\"",
                     as_json_cstr(as_json_at(overrides, i)));
    html_element(render->out, "p class=\"error\" role=\"alert\"", as_json_get_cstr(run, "error"));
    html_element(render->out, "p class=\"warning\"",
                 as_json_get_cstr(as_json_get(run, "stopped"), "sentence"));
    for (size_t i = 0; i < as_json_len(warnings); i++)
        html_element(render->out, "p class=\"warning\"", as_json_cstr(as_json_at(warnings, i)));
}

/* The one script that may run, by its hash. */
static void add_policy(struct as_buf *out)
{
    struct as_sha256 hash = as_sha256_of(report_js, sizeof(report_js));
    as_buf_adds(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; script-src "
                     "'sha256-");
    as_base64_encode((struct as_str){(const char *)hash.bytes, sizeof(hash.bytes)}, out);
    as_buf_adds(out, "'\">");
}

static void add_head(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *run = render->run;
    as_buf_adds(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                     "<meta name=\"color-scheme\" content=\"light dark\">");
    add_policy(out);
    as_buf_adds(out, "<title>");
    render_markup_cstr(out, as_json_get_cstr_or(run, "outcome", as_json_get_cstr(run, "state")));
    as_buf_adds(out, ": ");
    render_markup_cstr(out, as_json_get_cstr(run, "eval"));
    as_buf_addf(out, ", run %" PRId64 "</title><style>", as_json_get_int(run, "run", 0));
    as_buf_add(out, report_css, sizeof(report_css));
    as_buf_adds(out, "</style></head><body>\n<a class=\"skip\" href=\"#main\">to the report</a>\n");
}

static void html_head(const struct render *render)
{
    add_head(render);
    add_banner(render);
    add_contents(render);
    as_buf_adds(render->out, "<main id=\"main\" tabindex=\"-1\">\n");
    add_warnings(render);
    html_verdict(render);
    html_comparisons(render);
    html_compared(render);
    html_members(render);
    if (as_json_len(as_json_get(render->run, "members")))
        html_scatter(render);
    html_latencies(render);
    html_metrics(render);
    html_tags(render);
    html_begin_flips(render);
}

static void html_body(const struct render *render)
{
    html_end_flips(render);
    html_begin_cases(render);
}

static void add_pin(struct as_buf *out, const char *what, const struct as_json *pin,
                    const char *name, const char *hash)
{
    as_buf_adds(out, "<tr>");
    html_head_cell(out, what);
    html_text_cell(out, as_json_get_cstr(pin, name));
    as_buf_adds(out, "<td><code>");
    render_markup_cstr(out, as_json_get_cstr(pin, hash));
    as_buf_adds(out, "</code></td></tr>\n");
}

/* The names under which the API says that it answered. */
static void add_returned_ids(struct as_buf *out, const struct as_json *member)
{
    const struct as_json *ids = as_json_get(member, "returned_ids");
    int64_t left_out = as_json_get_int(member, "returned_ids_left_out", 0);
    const char *before = " <span class=\"note\">answered as ";
    for (size_t i = 0; i < as_json_len(ids); i++) {
        const struct as_json *one = as_json_at(ids, i);
        as_buf_adds(out, before);
        render_markup_cstr(out, as_json_get_cstr(one, "id"));
        as_buf_addf(out, " (%" PRId64 " rows)", as_json_get_int(one, "rows", 0));
        before = ", ";
    }
    if (left_out)
        as_buf_addf(out, " and %" PRId64 " more", left_out);
    as_buf_adds(out, as_json_len(ids) ? "</span>" : "");
}

static void add_model_pin(const struct render *render, size_t index)
{
    struct as_buf *out = render->out;
    const struct as_json *pins = as_json_get(render->run, "pins");
    const struct as_json *model = as_json_at(as_json_get(pins, "models"), index);
    as_buf_adds(out, "<tr>");
    html_head_cell(out, "model");
    html_text_cell(out, as_json_get_cstr(model, "model"));
    as_buf_adds(out, "<td><code>");
    render_markup_cstr(out, as_json_get_cstr(model, "id"));
    as_buf_adds(out, "</code>");
    add_returned_ids(out, as_json_at(as_json_get(render->run, "members"), index));
    as_buf_adds(out, "</td></tr>\n");
}

static void html_tail(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *pins = as_json_get(render->run, "pins");
    const struct as_json *plugins = as_json_get(pins, "plugins");
    html_end_cases(render);
    html_begin_section(out, "made-of", "What the run was made of");
    html_begin_table(out, "what the run was made of", "part|name|id or sha256", NULL);
    add_pin(out, "dataset", as_json_get(render->run, "dataset"), "name", "hash");
    for (size_t i = 0; i < render_member_count(render->run); i++)
        add_model_pin(render, i);
    if (as_json_get(pins, "judge"))
        add_pin(out, "judge", as_json_get(pins, "judge"), "model", "id");
    for (size_t i = 0; i < as_json_len(plugins); i++)
        add_pin(out, "scorer", as_json_at(plugins, i), "selector", "hash");
    html_end_table(out);
    as_buf_adds(out, "</section>\n</main><script>");
    as_buf_add(out, report_js, sizeof(report_js));
    as_buf_adds(out, "</script></body></html>\n");
}

const struct render_format render_html = {
    .name = "html",
    .head = html_head,
    .flips = html_flips,
    .each_flip = html_flip,
    .body = html_body,
    .each_case = html_case,
    .tail = html_tail,
};
