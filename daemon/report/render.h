/* A run group's report in the formats that leave the house: Markdown for a pull request, JUnit for
 * a CI server, CSV and JSON lines for other programs, one HTML file for people.
 *
 * A report is written in pieces that follow each other: its head, its flips, its cases in order,
 * its tail; so that a long one never lies in memory as a whole. Where a format leaves cases out, to
 * stay of a size that people can open, it says how many. Pure: what is shown comes in as the object
 * of run.show and as rows of the store, text goes out. Everything that a model, a judge or a
 * dataset said is escaped as the format demands. A number that is not known is left empty or "n/a",
 * never 0. */
#ifndef DAEMON_REPORT_RENDER_H
#define DAEMON_REPORT_RENDER_H

#include "daemon/report/flips.h"
#include "daemon/store/store.h"
#include "lib/json.h"

struct render_format;

/* "md", "junit", "csv", "jsonl", "html". NULL: no such format. */
const struct render_format *render_format_find(const char *name);
/* False: the report is head and tail, and no case needs to be read. */
bool render_format_has_cases(const struct render_format *format);

/* True: the format shows cases that flipped, between its head and its cases. */
bool render_format_has_flips(const struct render_format *format);

struct render_case { /* what one case came to, in every member; all borrowed */
    const struct case_record *record;
    const struct row_listing *rows; /* by sample, then member */
    size_t row_count;
};

/* What came before in the report: a page goes on from the tally that the one before left. */
struct render_tally {
    size_t bytes;    /* of the head and the cases; the caller counts them */
    size_t brief;    /* cases that are listed without their texts */
    size_t left_out; /* cases that are not listed */
};

struct render {
    const struct render_format *format;
    /* As run.show gives it; and `compared` where there is an earlier run: as run.compare gives it,
     * or {error: why not}. */
    const struct as_json *run;
    struct as_buf *out;
    struct render_tally *tally;
};

struct render_flips { /* of one candidate against the baseline, by the primary metric */
    uint32_t member;
    const struct gate_rules *rules;
    const struct flip_list *list;
    size_t shown; /* so many of the list follow */
};

void render_head(const struct render *render);
/* For each candidate, and then for each flip of it, with the rows of the case. */
void render_flips(const struct render *render, const struct render_flips *flips);
void render_flip(const struct render *render, const struct render_flips *flips,
                 const struct flip *flip, const struct render_case *shown);
void render_body(const struct render *render); /* what stands before the first case */
void render_case(const struct render *render, const struct render_case *shown);
void render_tail(const struct render *render);

#endif
