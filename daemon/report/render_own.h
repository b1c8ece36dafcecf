/* Inside daemon/report: what the formats share. */
#ifndef DAEMON_REPORT_RENDER_OWN_H
#define DAEMON_REPORT_RENDER_OWN_H

#include "daemon/report/render.h"

struct render_format {
    const char *name;
    void (*head)(const struct render *render);
    /* All three or none. */
    void (*flips)(const struct render *render, const struct render_flips *flips);
    void (*each_flip)(const struct render *render, const struct render_flips *flips,
                      const struct flip *flip, const struct render_case *shown);
    void (*body)(const struct render *render);
    void (*each_case)(const struct render *render, const struct render_case *shown); /* or NULL */
    void (*tail)(const struct render *render);                                       /* or NULL */
};

extern const struct render_format render_csv, render_html, render_jsonl, render_junit,
    render_markdown;

/* Names by their place in the group's pins; "?" when there is none such. */
const char *render_member_name(const struct as_json *run, uint32_t member);
size_t render_member_count(const struct as_json *run);
const char *render_metric_name(const struct as_json *run, uint32_t metric);
size_t render_metric_count(const struct as_json *run);
/* The comparison of a candidate by the primary metric, and the gate's verdict on it; NULL when
 * there is none. */
const struct as_json *render_comparison(const struct as_json *run, const char *candidate);
const struct as_json *render_verdict(const struct as_json *run, const char *candidate);
/* The member's summary of the primary metric. */
const struct as_json *render_primary(const struct as_json *run, const struct as_json *member);

/* Numbers as people read them; "n/a" for what is not known. */
struct render_number {
    char text[48];
};
struct render_number render_decimals(double value, int decimals);
struct render_number render_signed(double value, int decimals);
struct render_number render_short(double value); /* two digits: "0.00025", "1200" */
struct render_number render_usd(double usd);
struct render_number render_ms(double ms);
struct render_number render_p(double p);
struct render_number render_interval(const struct as_json *pair, int decimals); /* "[0.1, 0.2]" */
/* Of a comparison; with its confidence where planned looks made it another than 95 %. */
struct render_number render_difference_interval(const struct as_json *compared);
struct render_number render_time(int64_t ms); /* UTC, "2026-01-31 12:00:00Z" */

/* Of a comparison of two runs: "small of run 9 against small of run 7". */
void render_couple(struct as_buf *out, const struct as_json *pair);

/* The text, or its first bytes, at most so many, up to a whole character. */
struct as_str render_cut(struct as_str text, size_t max_bytes);

/* The text as XML and HTML take it, within elements and quoted attributes; what such a file cannot
 * hold becomes U+FFFD. */
void render_markup(struct as_buf *out, struct as_str text);
void render_markup_cstr(struct as_buf *out, const char *text); /* NULL writes nothing */

#endif
