/* The tables of the HTML report: candidates against the baseline, models, latency, scores by
 * metric, and tags. */
#include "daemon/report/html_own.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static double number_of(const struct as_json *object, const char *key)
{
    return as_json_get_num(object, key, NAN);
}

static bool is_of_primary(const struct render *render, const struct as_json *compared)
{
    const char *primary = as_json_get_cstr(render->run, "primary");
    return primary && !strcmp(as_json_get_cstr_or(compared, "metric", ""), primary);
}

static double margin_of(const struct render *render)
{
    return number_of(as_json_get(as_json_get(render->run, "pins"), "gate"), "margin");
}

/* ---- against the baseline ---- */

static void add_difference(struct as_buf *out, const struct html_scale *scale,
                           const struct as_json *compared)
{
    html_interval(out, scale, as_json_get(compared, "ci"), number_of(compared, "diff"));
    html_cell(out, render_signed(number_of(compared, "diff"), 3));
    html_cell(out, render_difference_interval(compared));
}

static void add_counts(struct as_buf *out, const struct as_json *compared)
{
    html_count_cell(out, compared, "n_pairs");
    html_count_cell(out, compared, "wins");
    html_count_cell(out, compared, "losses");
    html_count_cell(out, compared, "ties");
}

static void add_comparisons(const struct render *render, const struct html_scale *scale,
                            bool is_primary)
{
    const struct as_json *list = as_json_get(render->run, "comparisons");
    struct as_buf *out = render->out;
    bool has_holm = as_json_has(as_json_at(list, 0), "p_holm") && is_primary;
    html_begin_table(out, is_primary ? "candidates against the baseline" : "the other metrics",
                     !is_primary ? "candidate|metric|~|#difference|#95 % interval|#p|#pairs|#wins|"
                                   "#losses|#ties"
                     : has_holm  ? "candidate|~|#difference|#95 % interval|#p|#p (Holm)|#pairs|"
                                   "#wins|#losses|#ties"
                                 : "candidate|~|#difference|#95 % interval|#p|#pairs|#wins|"
                                   "#losses|#ties",
                     scale);
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *one = as_json_at(list, i);
        if (is_of_primary(render, one) != is_primary)
            continue;
        as_buf_adds(out, "<tr>");
        html_head_cell(out, as_json_get_cstr(one, "candidate"));
        if (!is_primary)
            html_text_cell(out, as_json_get_cstr(one, "metric"));
        add_difference(out, scale, one);
        html_cell(out, render_p(number_of(one, "p")));
        if (has_holm)
            html_cell(out, render_p(number_of(one, "p_holm")));
        add_counts(out, one);
        as_buf_adds(out, "</tr>\n");
    }
    html_end_table(out);
}

void html_comparisons(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *list = as_json_get(render->run, "comparisons");
    if (!as_json_len(list))
        return;
    struct html_scale scale = html_scale_of_differences(list, margin_of(render));
    html_begin_section(out, "comparison", "Against the baseline");
    as_buf_adds(out, "<p class=\"note\">Candidate less <b>");
    render_markup_cstr(out, as_json_get_cstr(as_json_at(list, 0), "baseline"));
    as_buf_adds(out, "</b> by ");
    render_markup_cstr(out, as_json_get_cstr(render->run, "primary"));
    as_buf_addf(out, ", on the same cases: right of zero is better. Bars are the intervals%s.</p>",
                isfinite(scale.margin) ? ", the dashed line is the margin of the gate" : "");
    add_comparisons(render, &scale, true);
    if (render_metric_count(render->run) > 1) {
        as_buf_adds(out, "<details class=\"more\"><summary>the other metrics</summary>");
        add_comparisons(render, &scale, false);
        as_buf_adds(out, "</details>");
    }
    as_buf_adds(out, "</section>\n");
}

/* ---- models ---- */

static void add_member(const struct render *render, const struct html_scale *scale,
                       const struct as_json *member)
{
    struct as_buf *out = render->out;
    const struct as_json *primary = render_primary(render->run, member);
    bool is_baseline = !strcmp(as_json_get_cstr_or(member, "role", ""), "baseline");
    as_buf_adds(out, "<tr><th scope=\"row\">");
    render_markup_cstr(out, as_json_get_cstr(member, "model"));
    as_buf_adds(out, is_baseline ? " <span class=\"note\">baseline</span></th>" : "</th>");
    html_interval(out, scale, as_json_get(primary, "ci"), number_of(primary, "mean"));
    html_cell(out, render_decimals(number_of(primary, "mean"), 3));
    html_cell(out, render_interval(as_json_get(primary, "ci"), 3));
    html_count_cell(out, primary, "n");
    html_count_cell(out, member, "ok");
    html_count_cell(out, member, "failed");
    html_count_cell(out, member, "missing");
    html_cell(out, render_usd(number_of(member, "cost_usd")));
    html_cell(out, render_usd(number_of(member, "cost_per_pass_usd")));
    as_buf_adds(out, "</tr>\n");
}

void html_members(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *members = as_json_get(render->run, "members");
    struct html_scale scale = html_scale_of_means(render->run);
    if (!as_json_len(members))
        return;
    html_begin_section(out, "models", "Models");
    as_buf_adds(out, "<p class=\"note\">Mean of ");
    render_markup_cstr(out, as_json_get_cstr(render->run, "primary"));
    as_buf_adds(out, " with its 95 % interval; n is the number of cases in it.</p>\n");
    html_begin_table(out, "models",
                     "model|~|#mean|#95 % interval|#n|#ok|#failed|#missing|#cost|#per pass",
                     &scale);
    for (size_t i = 0; i < as_json_len(members); i++)
        add_member(render, &scale, as_json_at(members, i));
    html_end_table(out);
    as_buf_adds(out, "</section>\n");
}

void html_latencies(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *members = as_json_get(render->run, "members");
    struct html_scale scale = html_scale_of_latencies(render->run);
    if (!as_json_len(members))
        return;
    html_begin_section(out, "latency", "Latency");
    as_buf_addf(
        out,
        "<p class=\"note\">Of the calls that answered, and of timeouts as long as they were waited "
        "for: half were as quick as the dot, 95 %% as the mark, 99 %% as the end of the "
        "line%s.</p>\n",
        scale.is_log ? "; by powers of ten" : "");
    html_begin_table(out, "latency", "model|~|#p50|#p95|#p99|#n", &scale);
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i);
        as_buf_adds(out, "<tr>");
        html_head_cell(out, as_json_get_cstr(member, "model"));
        html_percentiles(out, &scale, member);
        html_cell(out, render_ms(number_of(member, "latency_p50_ms")));
        html_cell(out, render_ms(number_of(member, "latency_p95_ms")));
        html_cell(out, render_ms(number_of(member, "latency_p99_ms")));
        html_count_cell(out, member, "latency_n");
        as_buf_adds(out, "</tr>\n");
    }
    html_end_table(out);
    as_buf_adds(out, "</section>\n");
}

/* ---- scores by metric ---- */

#define METRIC_COLUMNS                                                                      \
    "model|~0 to 1|#n|#mean|#95 % interval|#min|#p10|#median|#max|#pass %|#does not apply|" \
    "#errors"

static void add_metric(struct as_buf *out, const struct as_json *member,
                       const struct as_json *metric)
{
    as_buf_adds(out, "<tr>");
    html_head_cell(out, as_json_get_cstr(member, "model"));
    as_buf_adds(out, "<td class=\"drawing\">");
    html_histogram(out, metric);
    as_buf_adds(out, "</td>");
    html_count_cell(out, metric, "n");
    html_cell(out, render_decimals(number_of(metric, "mean"), 3));
    html_cell(out, render_interval(as_json_get(metric, "ci"), 3));
    html_cell(out, render_decimals(number_of(metric, "min"), 2));
    html_cell(out, render_decimals(number_of(metric, "p10"), 2));
    html_cell(out, render_decimals(number_of(metric, "median"), 2));
    html_cell(out, render_decimals(number_of(metric, "max"), 2));
    html_cell(out, render_decimals(100 * number_of(metric, "pass_rate"), 1));
    html_count_cell(out, metric, "na");
    html_count_cell(out, metric, "errors");
    as_buf_adds(out, "</tr>\n");
}

void html_metrics(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *members = as_json_get(render->run, "members");
    if (!as_json_len(members))
        return;
    html_begin_section(out, "scores", "Scores by scorer");
    as_buf_adds(out, "<p class=\"note\">How many cases scored how much, in ten steps from 0 to 1."
                     "</p>\n");
    for (size_t m = 0; m < render_metric_count(render->run); m++) {
        const char *name = render_metric_name(render->run, (uint32_t)m);
        html_element(out, "h3", name);
        html_begin_table(out, name, METRIC_COLUMNS, NULL);
        for (size_t i = 0; i < as_json_len(members); i++) {
            const struct as_json *member = as_json_at(members, i);
            add_metric(out, member, as_json_at(as_json_get(member, "metrics"), m));
        }
        html_end_table(out);
    }
    as_buf_adds(out, "</section>\n");
}

/* ---- tags ---- */

#define TAG_COLUMNS                                                                              \
    "|~|#difference|#95 % interval|#p (Holm)|#baseline|#candidate|#pairs|#wins / losses / ties|" \
    "check"

static double mean_in_tag(const struct as_json *tag, const char *model)
{
    const struct as_json *members = as_json_get(tag, "members");
    for (size_t i = 0; model && i < as_json_len(members); i++)
        if (!strcmp(as_json_get_cstr_or(as_json_at(members, i), "model", ""), model))
            return number_of(as_json_at(members, i), "mean");
    return NAN;
}

static void add_tag_name(struct as_buf *out, const struct as_json *tag)
{
    render_markup_cstr(out, as_json_get_cstr(tag, "tag"));
    as_buf_addf(out, " <span class=\"note\">%" PRId64 "&nbsp;cases</span></th>",
                as_json_get_int(tag, "cases", 0));
}

/* What follows the name. */
static void add_tag_cells(struct as_buf *out, const struct html_scale *scale,
                          const struct as_json *tag, const struct as_json *compared)
{
    const char *baseline = as_json_get_cstr(as_json_at(as_json_get(tag, "members"), 0), "model");
    const char *outcome = as_json_get_cstr_or(compared, "outcome", "SKIP");
    add_difference(out, scale, compared);
    html_cell(out, render_p(number_of(compared, "p_holm")));
    html_cell(out, render_decimals(mean_in_tag(tag, baseline), 3));
    html_cell(out, render_decimals(mean_in_tag(tag, as_json_get_cstr(compared, "candidate")), 3));
    html_count_cell(out, compared, "n_pairs");
    as_buf_addf(out, "<td class=\"number\">%" PRId64 " / %" PRId64 " / %" PRId64 "</td><td>",
                as_json_get_int(compared, "wins", 0), as_json_get_int(compared, "losses", 0),
                as_json_get_int(compared, "ties", 0));
    if (!strcmp(outcome, "SKIP"))
        as_buf_adds(out, "–");
    else
        html_chip(out, outcome);
    as_buf_adds(out, "</td></tr>\n");
}

/* One candidate: a row a tag. Several: a row each below the tag's name. */
static void add_tag(struct as_buf *out, const struct html_scale *scale, const struct as_json *tag,
                    bool is_grouped)
{
    const struct as_json *list = as_json_get(tag, "comparisons");
    if (is_grouped) {
        as_buf_adds(out,
                    "</tbody><tbody><tr class=\"group\"><th colspan=\"10\" scope=\"rowgroup\">");
        add_tag_name(out, tag);
        as_buf_adds(out, "</tr>\n");
    }
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *one = as_json_at(list, i);
        as_buf_adds(out, is_grouped ? "<tr>" : "<tr><th scope=\"row\">");
        if (is_grouped)
            html_head_cell(out, as_json_get_cstr(one, "candidate"));
        else
            add_tag_name(out, tag);
        add_tag_cells(out, scale, tag, one);
    }
}

/* What a tag's check says of itself, where one was asked and did not pass. */
static void add_tag_checks(struct as_buf *out, const struct as_json *tag)
{
    const struct as_json *list = as_json_get(tag, "comparisons");
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *one = as_json_at(list, i);
        const char *outcome = as_json_get_cstr_or(one, "outcome", "SKIP");
        if (!strcmp(outcome, "PASS") || !strcmp(outcome, "SKIP"))
            continue;
        as_buf_adds(out, "<p>");
        html_chip(out, outcome);
        as_buf_adds(out, " <b>");
        render_markup_cstr(out, as_json_get_cstr(tag, "tag"));
        as_buf_adds(out, "</b>, ");
        render_markup_cstr(out, as_json_get_cstr(one, "candidate"));
        as_buf_adds(out, ": ");
        render_markup_cstr(out, as_json_get_cstr(one, "sentence"));
        as_buf_adds(out, "</p>\n");
    }
}

void html_tags(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *tags = as_json_get(render->run, "tags");
    int64_t left_out = as_json_get_int(render->run, "tags_left_out", 0);
    bool is_grouped = render_member_count(render->run) > 2;
    struct html_scale scale = html_scale_of_differences(NULL, NAN);
    if (!as_json_len(tags))
        return;
    for (size_t i = 0; i < as_json_len(tags); i++)
        html_scale_fit_differences(&scale, as_json_get(as_json_at(tags, i), "comparisons"));
    html_begin_section(out, "tags", "Tags");
    as_buf_adds(out,
                "<p class=\"note\">Each tag's cases alone, candidate less baseline. A case may "
                "have several tags.</p>\n");
    html_begin_table(out, "differences by tag",
                     is_grouped ? "candidate" TAG_COLUMNS : "tag" TAG_COLUMNS, &scale);
    for (size_t i = 0; i < as_json_len(tags); i++)
        add_tag(out, &scale, as_json_at(tags, i), is_grouped);
    html_end_table(out);
    for (size_t i = 0; i < as_json_len(tags); i++)
        add_tag_checks(out, as_json_at(tags, i));
    if (left_out)
        as_buf_addf(out, "<p class=\"note\">%" PRId64 " more tags are left out.</p>\n", left_out);
    as_buf_adds(out, "</section>\n");
}
