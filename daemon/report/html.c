/* The HTML report: one file that opens from disk without a network. Verdicts come first, then
 * comparisons, members, cost against quality, the other metrics, the cases, and last what the run
 * was made of. Style and script are files beside this one, built in; the script only filters cases,
 * all else works without it. */
#include "daemon/report/html_own.h"
#include "daemon/report/report_css.h"
#include "daemon/report/report_js.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static double number_of(const struct as_json *object, const char *key)
{
    return as_json_get_num(object, key, NAN);
}

static int64_t count_of(const struct as_json *object, const char *key)
{
    return as_json_get_int(object, key, 0);
}

static void cell(struct as_buf *out, const char *text)
{
    as_buf_addf(out, "<td class=\"number\">%s</td>", text);
}

static void count_cell(struct as_buf *out, const struct as_json *object, const char *key)
{
    as_buf_addf(out, "<td class=\"number\">%" PRId64 "</td>", count_of(object, key));
}

/* The names of the columns, "|" between them; "#" before one of numbers. */
static void begin_table(struct as_buf *out, const char *columns)
{
    as_buf_adds(out, "<div class=\"wide\"><table><thead><tr>");
    for (const char *at = columns; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        bool is_number = *at == '#';
        at += is_number;
        as_buf_addf(out, "<th%s>%.*s</th>", is_number ? " class=\"number\"" : "",
                    (int)strcspn(at, "|"), at);
    }
    as_buf_adds(out, "</tr></thead><tbody>\n");
}

static void end_table(struct as_buf *out)
{
    as_buf_adds(out, "</tbody></table></div>\n");
}

static void head_cell(struct as_buf *out, const char *text)
{
    as_buf_adds(out, "<th scope=\"row\">");
    render_markup_cstr(out, text);
    as_buf_adds(out, "</th>");
}

/* ---- the top ---- */

static void add_banner(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *run = render->run, *dataset = as_json_get(run, "dataset");
    const char *outcome = as_json_get_cstr(run, "outcome"), *error = as_json_get_cstr(run, "error");
    const char *word = outcome ? outcome : as_json_get_cstr_or(run, "state", "");
    as_buf_adds(out, "<header><p class=\"outcome ");
    render_markup_cstr(out, word);
    as_buf_adds(out, "\">");
    render_markup_cstr(out, word);
    as_buf_adds(out, "</p><h1>");
    render_markup_cstr(out, as_json_get_cstr(run, "eval"));
    as_buf_addf(out, "</h1><p>run %" PRId64 ", %s, on %" PRId64 " cases of ", count_of(run, "run"),
                render_time(count_of(run, "created_ms")).text, count_of(dataset, "cases"));
    render_markup_cstr(out, as_json_get_cstr(dataset, "name"));
    as_buf_addf(out, " version %" PRId64 "</p>", count_of(dataset, "version"));
    if (error) {
        as_buf_adds(out, "<p class=\"error\">");
        render_markup_cstr(out, error);
        as_buf_adds(out, "</p>");
    }
    as_buf_adds(out, "</header>\n");
}

static void add_evidence(struct as_buf *out, const struct as_json *check)
{
    const struct as_json *cases = as_json_get(check, "evidence");
    size_t count = as_json_len(cases);
    int64_t total = as_json_get_int(check, "evidence_total", (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        as_buf_adds(out, i ? ", " : "<br><span class=\"note\">");
        render_markup(out, as_json_str(as_json_at(cases, i)));
    }
    if (total > (int64_t)count)
        as_buf_addf(out, " and %" PRId64 " more", total - (int64_t)count);
    as_buf_adds(out, count ? "</span>" : "");
}

static void add_checks(struct as_buf *out, const struct as_json *checks)
{
    begin_table(out, "check|outcome|why");
    for (size_t i = 0; i < as_json_len(checks); i++) {
        const struct as_json *check = as_json_at(checks, i);
        const char *outcome = as_json_get_cstr_or(check, "outcome", "");
        as_buf_adds(out, "<tr>");
        head_cell(out, as_json_get_cstr(check, "name"));
        as_buf_addf(out, "<td><span class=\"chip %s\">%s</span></td><td>", outcome, outcome);
        render_markup_cstr(out, as_json_get_cstr_or(check, "sentence", ""));
        if (strcmp(outcome, "PASS") != 0)
            add_evidence(out, check);
        as_buf_adds(out, "</td></tr>");
    }
    end_table(out);
}

static void add_verdicts(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *verdicts = as_json_get(render->run, "verdicts");
    for (size_t i = 0; i < as_json_len(verdicts); i++) {
        const struct as_json *verdict = as_json_at(verdicts, i);
        const char *outcome = as_json_get_cstr_or(verdict, "outcome", "no gate");
        as_buf_adds(out, "<section class=\"verdict\"><h2>");
        render_markup_cstr(out, as_json_get_cstr(verdict, "candidate"));
        as_buf_addf(out, " <span class=\"chip %s\">%s</span></h2><p>", outcome, outcome);
        render_markup_cstr(out, as_json_get_cstr(verdict, "sentence"));
        as_buf_adds(out, "</p><p>");
        render_markup_cstr(out, as_json_get_cstr(verdict, "advice"));
        as_buf_adds(out, "</p><details><summary>the gate's checks</summary>");
        add_checks(out, as_json_get(verdict, "checks"));
        as_buf_adds(out, "</details></section>\n");
    }
}

static void add_warnings(const struct render *render)
{
    const struct as_json *warnings = as_json_get(render->run, "warnings");
    for (size_t i = 0; i < as_json_len(warnings); i++) {
        as_buf_adds(render->out, "<p class=\"warning\">");
        render_markup(render->out, as_json_str(as_json_at(warnings, i)));
        as_buf_adds(render->out, "</p>\n");
    }
}

/* ---- the tables ---- */

static void add_comparison(const struct render *render, const struct as_json *comparison)
{
    struct as_buf *out = render->out;
    as_buf_adds(out, "<tr>");
    head_cell(out, as_json_get_cstr(comparison, "candidate"));
    as_buf_adds(out, "<td>");
    render_markup_cstr(out, as_json_get_cstr(comparison, "metric"));
    as_buf_adds(out, "</td><td>");
    html_difference(render, comparison);
    as_buf_adds(out, "</td>");
    cell(out, render_signed(number_of(comparison, "diff"), 3).text);
    cell(out, render_interval(as_json_get(comparison, "ci"), 3).text);
    as_buf_adds(out, "<td class=\"number\">");
    render_markup_cstr(out, render_p(number_of(comparison, "p")).text);
    as_buf_adds(out, "</td>");
    count_cell(out, comparison, "n_pairs");
    count_cell(out, comparison, "wins");
    count_cell(out, comparison, "losses");
    count_cell(out, comparison, "ties");
    as_buf_adds(out, "</tr>\n");
}

static void add_comparisons(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *list = as_json_get(render->run, "comparisons");
    if (!as_json_len(list))
        return;
    as_buf_adds(out, "<section><h2>Against the baseline, ");
    render_markup_cstr(out, as_json_get_cstr(as_json_at(list, 0), "baseline"));
    as_buf_adds(out,
                "</h2><p class=\"note\">Candidate less baseline on the same cases, with its 95 % "
                "interval. The dashed line is the margin of the gate.</p>");
    begin_table(out, "candidate|metric||#difference|#95 % interval|#p|#pairs|#wins|#losses|#ties");
    for (size_t i = 0; i < as_json_len(list); i++)
        add_comparison(render, as_json_at(list, i));
    end_table(out);
    as_buf_adds(out, "</section>\n");
}

static void add_member(const struct render *render, const struct as_json *member)
{
    struct as_buf *out = render->out;
    const struct as_json *primary = render_primary(render->run, member);
    as_buf_adds(out, "<tr>");
    head_cell(out, as_json_get_cstr(member, "model"));
    as_buf_adds(out, "<td>");
    html_mean(out, primary);
    as_buf_adds(out, "</td>");
    cell(out, render_decimals(number_of(primary, "mean"), 3).text);
    cell(out, render_interval(as_json_get(primary, "ci"), 3).text);
    count_cell(out, primary, "n");
    count_cell(out, member, "ok");
    count_cell(out, member, "failed");
    count_cell(out, member, "missing");
    cell(out, render_ms(number_of(member, "latency_p50_ms")).text);
    cell(out, render_ms(number_of(member, "latency_p95_ms")).text);
    cell(out, render_ms(number_of(member, "latency_p99_ms")).text);
    cell(out, render_usd(number_of(member, "cost_usd")).text);
    cell(out, render_usd(number_of(member, "cost_per_pass_usd")).text);
    as_buf_adds(out, "</tr>\n");
}

static void add_members(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *members = as_json_get(render->run, "members");
    as_buf_adds(out, "<section><h2>Models, by ");
    render_markup_cstr(out, as_json_get_cstr(render->run, "primary"));
    as_buf_adds(out, "</h2>");
    begin_table(
        out, "model||#mean|#95 % interval|#n|#ok|#failed|#missing|#p50|#p95|#p99|#cost|#per pass");
    for (size_t i = 0; i < as_json_len(members); i++)
        add_member(render, as_json_at(members, i));
    end_table(out);
    as_buf_adds(out, "</section>\n<section><h2>Cost against quality</h2>");
    html_scatter(render);
    as_buf_adds(out, "</section>\n");
}

static void add_metric(struct as_buf *out, const struct as_json *member,
                       const struct as_json *metric)
{
    as_buf_adds(out, "<tr>");
    head_cell(out, as_json_get_cstr(metric, "metric"));
    as_buf_adds(out, "<td>");
    render_markup_cstr(out, as_json_get_cstr(member, "model"));
    as_buf_adds(out, "</td><td>");
    html_histogram(out, metric);
    as_buf_adds(out, "</td>");
    count_cell(out, metric, "n");
    cell(out, render_decimals(number_of(metric, "mean"), 3).text);
    cell(out, render_interval(as_json_get(metric, "ci"), 3).text);
    cell(out, render_decimals(number_of(metric, "min"), 2).text);
    cell(out, render_decimals(number_of(metric, "p10"), 2).text);
    cell(out, render_decimals(number_of(metric, "median"), 2).text);
    cell(out, render_decimals(number_of(metric, "max"), 2).text);
    cell(out, render_decimals(100 * number_of(metric, "pass_rate"), 1).text);
    as_buf_adds(out, "</tr>\n");
}

/* By metric first, so that the members stand below each other. */
static void add_metrics(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *members = as_json_get(render->run, "members");
    as_buf_adds(out, "<section><h2>Scores, by metric</h2>");
    begin_table(out, "metric|model|0 to 1|#n|#mean|#95 % interval|#min|#p10|#median|#max|#pass %");
    for (size_t m = 0; m < render_metric_count(render->run); m++)
        for (size_t i = 0; i < as_json_len(members); i++) {
            const struct as_json *member = as_json_at(members, i);
            add_metric(out, member, as_json_at(as_json_get(member, "metrics"), m));
        }
    end_table(out);
    as_buf_adds(out, "</section>\n");
}

/* ---- head and tail ---- */

static void html_head(const struct render *render)
{
    struct as_buf *out = render->out;
    as_buf_adds(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                     "<meta name=\"color-scheme\" content=\"light dark\">"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'; script-src 'unsafe-inline'\"><title>");
    render_markup_cstr(out, as_json_get_cstr(render->run, "eval"));
    as_buf_addf(out, ", run %" PRId64 "</title><style>", count_of(render->run, "run"));
    as_buf_add(out, report_css, sizeof(report_css));
    as_buf_adds(out, "</style></head><body><main>\n");
    add_banner(render);
    add_warnings(render);
    add_verdicts(render);
    add_comparisons(render);
    add_members(render);
    add_metrics(render);
    as_buf_adds(out, "<section id=\"cases\"><h2>Cases</h2><p class=\"filters\" hidden>"
                     "<label>find <input type=\"search\" id=\"find\"></label> "
                     "<label>show <select id=\"show\"><option value=\"\">all</option>"
                     "<option value=\"worse\">worse than the baseline</option>"
                     "<option value=\"better\">better than the baseline</option>"
                     "<option value=\"failed\">failed</option><option "
                     "value=\"critical\">critical</option></select>"
                     "</label> <span id=\"shown\" role=\"status\"></span></p>\n");
}

static void add_pin(struct as_buf *out, const char *what, const struct as_json *pin,
                    const char *name, const char *hash)
{
    as_buf_adds(out, "<tr>");
    head_cell(out, what);
    as_buf_adds(out, "<td>");
    render_markup_cstr(out, as_json_get_cstr(pin, name));
    as_buf_adds(out, "</td><td><code>");
    render_markup_cstr(out, as_json_get_cstr(pin, hash));
    as_buf_adds(out, "</code></td></tr>");
}

static void html_tail(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *pins = as_json_get(render->run, "pins");
    const struct as_json *models = as_json_get(pins, "models"),
                         *plugins = as_json_get(pins, "plugins");
    as_buf_adds(out, "</section>\n<section><h2>What the run was made of</h2>");
    begin_table(out, "part|name|id or sha256");
    add_pin(out, "dataset", as_json_get(render->run, "dataset"), "name", "hash");
    for (size_t i = 0; i < as_json_len(models); i++)
        add_pin(out, "model", as_json_at(models, i), "model", "id");
    if (as_json_get(pins, "judge"))
        add_pin(out, "judge", as_json_get(pins, "judge"), "model", "id");
    for (size_t i = 0; i < as_json_len(plugins); i++)
        add_pin(out, "scorer", as_json_at(plugins, i), "selector", "hash");
    end_table(out);
    as_buf_adds(out, "</section>\n</main><script>");
    as_buf_add(out, report_js, sizeof(report_js));
    as_buf_adds(out, "</script></body></html>\n");
}

const struct render_format render_html = {"html", html_head, html_case, html_tail};
