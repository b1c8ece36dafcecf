/* Inside daemon/report: the parts of the HTML report. All append to the render's buffer. */
#ifndef DAEMON_REPORT_HTML_OWN_H
#define DAEMON_REPORT_HTML_OWN_H

#include "daemon/report/render_own.h"

/* A difference with its interval, on the scale that all comparisons of the run share; the zero and
 * the margin are marked. */
void html_difference(const struct render *render, const struct as_json *comparison);
/* A mean with its interval, on the scale 0 to 1. */
void html_mean(struct as_buf *out, const struct as_json *metric);
/* How the cases' scores are spread: ten bars. Nothing when the run has none stored. */
void html_histogram(struct as_buf *out, const struct as_json *metric);
/* The members by what they cost and how well they score. */
void html_scatter(const struct render *render);

void html_case(const struct render *render, const struct render_case *shown);

#endif
