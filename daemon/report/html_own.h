/* Inside daemon/report: the parts of the HTML report. All append to the render's buffer. What
 * others said goes through render_markup; what is drawn is told in words or numbers beside it, and
 * no meaning is carried by a colour alone. */
#ifndef DAEMON_REPORT_HTML_OWN_H
#define DAEMON_REPORT_HTML_OWN_H

#include "daemon/report/render_own.h"

#define HTML_LONG_RUN_CASES 500  /* in a longer run a case that came out the same has no texts */
#define HTML_HUGE_RUN_CASES 5000 /* and in one that is longer still it is not listed */

/* ---- elements (html_parts.c) ---- */

/* "good", "bad", "unsure" or "", as the style sheet calls it, and a sign for who sees no colours;
 * of the outcomes of runs, gates, checks and recommendations. */
const char *html_kind(const char *outcome);
const char *html_sign(const char *outcome);
void html_chip(struct as_buf *out, const char *outcome);

/* An element with the text in it; the name may have attributes: "p class=\"note\"". Nothing when
 * the text is NULL or empty. */
void html_element(struct as_buf *out, const char *name, const char *text);

struct html_scale;
/* The names of the columns, "|" between them; "#" before one of numbers, "~" before one of
 * drawings, over which the scale's axis stands (NULL: none). The label is for who does not see. */
void html_begin_table(struct as_buf *out, const char *label, const char *columns,
                      const struct html_scale *scale);
void html_end_table(struct as_buf *out);
void html_head_cell(struct as_buf *out, const char *text);
void html_text_cell(struct as_buf *out, const char *text);
void html_cell(struct as_buf *out, struct render_number number);
void html_count_cell(struct as_buf *out, const struct as_json *object, const char *key);
/* "<section id=...><h2>title</h2>"; the caller ends it. */
void html_begin_section(struct as_buf *out, const char *id, const char *title);

/* What links of the file call a case: 'c' and some of the id's hash. */
struct html_anchor {
    char text[20];
};
struct html_anchor html_anchor(struct as_str case_id);
/* A link to the case, by its id. */
void html_case_link(struct as_buf *out, struct as_str case_id);

/* ---- drawings (html_chart.c, html_plot.c) ---- */

struct html_scale { /* from left to right */
    double low, high;
    double margin; /* marked when it is finite and within */
    bool is_log;   /* low is above 0 then */
    bool is_ms;
};

/* Around zero, and wide enough for every interval of the comparisons and for -margin. */
void html_scale_fit_differences(struct html_scale *scale, const struct as_json *comparisons);
struct html_scale html_scale_of_differences(const struct as_json *comparisons, double margin);
struct html_scale html_scale_of_means(const struct as_json *run);
struct html_scale html_scale_of_latencies(const struct as_json *run);

/* One line of values on the scale: the axis with its numbers, a value with its interval, and the
 * percentiles p50 to p99 of a member. */
void html_axis(struct as_buf *out, const struct html_scale *scale);
void html_interval(struct as_buf *out, const struct html_scale *scale, const struct as_json *ci,
                   double value);
void html_percentiles(struct as_buf *out, const struct html_scale *scale,
                      const struct as_json *member);
/* How the cases' scores are spread: ten bars. Nothing when the run has none stored. */
void html_histogram(struct as_buf *out, const struct as_json *metric);
/* The members by what they cost and how well they score. */
void html_scatter(const struct render *render);

/* ---- sections ---- */

bool html_has_verdict(const struct render *render);
void html_verdict(const struct render *render);
void html_comparisons(const struct render *render);
/* Only of a run that was compared with an earlier one. */
bool html_has_compared(const struct render *render);
void html_compared(const struct render *render);
void html_members(const struct render *render);
void html_latencies(const struct render *render);
void html_metrics(const struct render *render);
void html_tags(const struct render *render);
/* Only of a run that has a comparison. */
bool html_has_flips(const struct render *render);
void html_begin_flips(const struct render *render);
void html_flips(const struct render *render, const struct render_flips *flips);
void html_flip(const struct render *render, const struct render_flips *flips,
               const struct flip *flip, const struct render_case *shown);
void html_end_flips(const struct render *render);
void html_begin_cases(const struct render *render);
void html_case(const struct render *render, const struct render_case *shown);
void html_end_cases(const struct render *render);

/* The beginning of what the first user message says, on one line. */
void html_gist(struct as_buf *out, const struct case_record *record);
/* The case's input, and the answers with their scores side by side: of all members, or of the
 * baseline and one other alone. */
#define HTML_ALL_MEMBERS UINT32_MAX
void html_texts(const struct render *render, const struct render_case *shown, uint32_t member,
                size_t max_bytes);

#endif
