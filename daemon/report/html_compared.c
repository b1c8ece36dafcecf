/* The section on an earlier run that this one was compared with: what may not be believed of it
 * first, then each model against itself of then. */
#include "daemon/report/html_own.h"

#include <inttypes.h>
#include <math.h>

static const struct as_json *compared_of(const struct render *render)
{
    return as_json_get(render->run, "compared");
}

bool html_has_compared(const struct render *render)
{
    return compared_of(render) != NULL;
}

static void add_sentences(struct as_buf *out, const char *element, const struct as_json *sentences)
{
    for (size_t i = 0; i < as_json_len(sentences); i++)
        html_element(out, element, as_json_cstr(as_json_at(sentences, i)));
}

/* Of what could not be paired there is a number of cases for each side, and none that won. */
static void add_counts(struct as_buf *out, const struct as_json *pair)
{
    if (as_json_has(pair, "n_pairs")) {
        html_count_cell(out, pair, "n_pairs");
        html_count_cell(out, pair, "wins");
        html_count_cell(out, pair, "losses");
        html_count_cell(out, pair, "ties");
        return;
    }
    as_buf_addf(out, "<td class=\"number\">%" PRId64 " and %" PRId64 ", unpaired</td>",
                as_json_get_int(pair, "baseline_n", 0), as_json_get_int(pair, "candidate_n", 0));
    for (size_t i = 0; i < 3; i++)
        as_buf_adds(out, "<td class=\"number\">n/a</td>");
}

static void add_pair(struct as_buf *out, const struct html_scale *scale, const struct as_json *pair)
{
    struct as_buf name = {0};
    double diff = as_json_get_num(pair, "diff", NAN);
    render_couple(&name, pair);
    as_buf_adds(out, "<tr>");
    html_head_cell(out, as_buf_str(&name).ptr);
    html_interval(out, scale, as_json_get(pair, "ci"), diff);
    html_cell(out, render_signed(diff, 3));
    html_cell(out, render_difference_interval(pair));
    html_cell(out, render_p(as_json_get_num(pair, "p", NAN)));
    html_cell(out, render_p(as_json_get_num(pair, "p_holm", NAN)));
    add_counts(out, pair);
    as_buf_adds(out, "</tr>\n");
    as_buf_done(&name);
}

void html_compared(const struct render *render)
{
    struct as_buf *out = render->out;
    const struct as_json *compared = compared_of(render);
    const struct as_json *list = as_json_get(compared, "comparisons");
    if (!compared)
        return;
    html_begin_section(out, "compared", "Against an earlier run");
    html_element(out, "p class=\"warning\"", as_json_get_cstr(compared, "error"));
    add_sentences(out, "p class=\"warning\"", as_json_get(compared, "forced"));
    add_sentences(out, "p class=\"note\"", as_json_get(compared, "notes"));
    if (as_json_len(list)) {
        struct html_scale scale = html_scale_of_differences(list, NAN);
        as_buf_adds(out, "<p class=\"note\">This run less the earlier one by ");
        render_markup_cstr(out, as_json_get_cstr(compared, "metric"));
        as_buf_adds(out, ": right of zero is better.</p>\n");
        html_begin_table(out, "against an earlier run",
                         "models|~|#difference|#95 % interval|#p|#p (Holm)|#n|#wins|#losses|#ties",
                         &scale);
        for (size_t i = 0; i < as_json_len(list); i++)
            add_pair(out, &scale, as_json_at(list, i));
        html_end_table(out);
    }
    as_buf_adds(out, "</section>\n");
}
