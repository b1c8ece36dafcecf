/* Reports of a small run in any format, for the tests of daemon/report/render. */
#ifndef TESTS_UNIT_RENDER_FIXTURE_H
#define TESTS_UNIT_RENDER_FIXTURE_H

#include "daemon/report/render.h"

/* A run of one case and two models that is done and failed its gate, as run.show tells it. What a
 * person named in it is markup. */
extern const char render_run_text[];

struct report {
    struct as_json *run;
    struct as_buf text;
    struct render_tally tally;
};
void report_done(struct report *report);

/* The whole report, with two rows of one case: a good answer, and one that tries to be markup.
 * compared: what run.compare told of an earlier run, or NULL. */
struct report report_with(const char *format, const char *compared);
struct report report_in(const char *format);
/* Of a run with one verdict, whose only check failed on these cases. */
struct report report_of_cases(const char *format, const char *const *ids, size_t count);

void assert_report_has(const struct report *report, const char *wanted);
void assert_report_lacks(const struct report *report, const char *unwanted);

#endif
