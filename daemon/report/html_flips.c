/* Flips in the HTML report: for each candidate the cases that it has right and the baseline wrong,
 * or the other way round, the surest first; each unfolds into what both said. */
#include "daemon/report/html_own.h"

#include <inttypes.h>

#define FLIP_TEXT_BYTES 1500 /* the list of cases has more of it */

bool html_has_flips(const struct render *render)
{
    return as_json_len(as_json_get(render->run, "comparisons"));
}

void html_begin_flips(const struct render *render)
{
    struct as_buf *out = render->out;
    if (!html_has_flips(render))
        return;
    html_begin_section(out, "flips", "Flips");
    as_buf_adds(out, "<p class=\"note\">Cases that one side has right and the other wrong by ");
    render_markup_cstr(out, as_json_get_cstr(render->run, "primary"));
    as_buf_adds(out, ", the surest first. Each unfolds into what both said.</p>\n");
}

void html_flips(const struct render *render, const struct render_flips *flips)
{
    struct as_buf *out = render->out;
    const struct flip_list *list = flips->list;
    const char *candidate = render_member_name(render->run, flips->member);
    html_element(out, "h3", candidate);
    as_buf_addf(out,
                "<p>%" PRId64 " from right to wrong, %" PRId64 " from wrong to right, of %" PRId64
                " compared",
                list->to_fail, list->to_pass, list->compared);
    if (list->not_compared)
        as_buf_addf(out, "; %" PRId64 " could not be compared", list->not_compared);
    as_buf_adds(out, ".");
    if (flips->shown < list->count) {
        as_buf_addf(out,
                    " The surest %zu are here; <code>assayctl run flips %" PRId64 " --candidate ",
                    flips->shown, as_json_get_int(render->run, "run", 0));
        render_markup_cstr(out, candidate);
        as_buf_adds(out, "</code> has more.");
    }
    as_buf_adds(out, "</p>\n");
}

void html_flip(const struct render *render, const struct render_flips *flips,
               const struct flip *flip, const struct render_case *shown)
{
    struct as_buf *out = render->out;
    bool is_worse = flip->to == FLIP_TO_FAIL;
    as_buf_addf(out,
                "<details class=\"flip\"><summary class=\"line\"><span class=\"%s\"><span "
                "aria-hidden=\"true\">%s</span> %s</span><span class=\"id\">",
                is_worse ? "worse" : "better", is_worse ? "▼" : "▲",
                is_worse ? "right to wrong" : "wrong to right");
    render_markup(out, flip->case_id);
    if (shown->record->is_critical)
        as_buf_adds(out, " <span class=\"chip unsure\">critical</span>");
    as_buf_adds(out, "</span>");
    html_gist(out, shown->record);
    as_buf_addf(out, "<span class=\"value\">%s → %s</span></summary>\n",
                render_decimals(flip_side_score(&flip->baseline, flips->rules), 2).text,
                render_decimals(flip_side_score(&flip->candidate, flips->rules), 2).text);
    html_texts(render, shown, flips->member, FLIP_TEXT_BYTES);
    as_buf_adds(out, "<p class=\"note after\">");
    html_case_link(out, flip->case_id);
    as_buf_adds(out, " in the list of cases</p></details>\n");
}

void html_end_flips(const struct render *render)
{
    if (html_has_flips(render))
        as_buf_adds(render->out, "</section>\n");
}
