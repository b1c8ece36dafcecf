/* Tables of a run's members, for print_run and the views of `run show`: run is run.show's answer on
 * a run that has a result. detailed adds columns: they need a wide terminal. */
#ifndef CTL_PRINT_MEMBERS_H
#define CTL_PRINT_MEMBERS_H

#include "ctl/output.h"

/* Answers, tokens and cost, and every metric: the one that decides first. */
void print_members(const struct output *out, const struct as_json *run, bool detailed);
/* One metric, the members below each other. note goes behind its name. */
void print_members_of_metric(const struct output *out, const struct as_json *run,
                             const char *metric, const char *note, bool detailed);
/* One member, its metrics below each other. */
void print_metrics_of_member(const struct output *out, const struct as_json *run,
                             const struct as_json *member, bool detailed);

/* A histogram's bins on one line, the tallest as the highest: blocks on a terminal that shows
 * them, else digits of which 9 is the tallest; "." is a bin without a case. "n/a": none. */
struct text fmt_bars(const struct output *out, const struct as_json *hist);

#endif
