/* What people see of each answer: one printer a method, used by the table of commands. Shapes are
 * those of lib/proto.h; what is absent or null prints as "n/a" or not at all. */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H

#include "ctl/command.h"

void print_status(struct ctl *ctl, const struct as_json *result);
void print_top(struct ctl *ctl, const struct as_json *result);
void print_metrics_page(struct ctl *ctl, const struct as_json *result);
void print_check(struct ctl *ctl, const struct as_json *result);
void print_reload(struct ctl *ctl, const struct as_json *result);
void print_plugin_list(struct ctl *ctl, const struct as_json *result);
void print_plugin(struct ctl *ctl, const struct as_json *result);
void print_plugin_versions(struct ctl *ctl, const struct as_json *result);
void print_plugin_diff(struct ctl *ctl, const struct as_json *result);
void print_plugin_new(struct ctl *ctl, const struct as_json *result);
void print_plugin_check(struct ctl *ctl, const struct as_json *result);
void print_plugin_test(struct ctl *ctl, const struct as_json *result);
void print_eval_list(struct ctl *ctl, const struct as_json *result);
void print_eval(struct ctl *ctl, const struct as_json *result);
void print_import(struct ctl *ctl, const struct as_json *result);
void print_from_run(struct ctl *ctl, const struct as_json *result);
void print_dataset_list(struct ctl *ctl, const struct as_json *result);
void print_dataset(struct ctl *ctl, const struct as_json *result);
void print_plan(struct ctl *ctl, const struct as_json *result);
void print_rank(struct ctl *ctl, const struct as_json *result);
void print_project(struct ctl *ctl, const struct as_json *result);
void print_started(struct ctl *ctl, const struct as_json *result);
void print_run_list(struct ctl *ctl, const struct as_json *result);
void print_run(struct ctl *ctl, const struct as_json *result);
void print_run_end(struct ctl *ctl, const struct as_json *result);
void print_compared(struct ctl *ctl, const struct as_json *result);
void print_replayed(struct ctl *ctl, const struct as_json *result);
void print_rescored(struct ctl *ctl, const struct as_json *result);
void print_scores(struct ctl *ctl, const struct as_json *result);
void print_dropped_scores(struct ctl *ctl, const struct as_json *result);
void print_shadow(struct ctl *ctl, const struct as_json *result);
void print_limits(struct ctl *ctl, const struct as_json *result);
void print_limits_set(struct ctl *ctl, const struct as_json *result);
void print_log(struct ctl *ctl, const struct as_json *result);
void print_requeued(struct ctl *ctl, const struct as_json *result);
void print_inflight(struct ctl *ctl, const struct as_json *result);
void print_why(struct ctl *ctl, const struct as_json *result);
void print_steered(struct ctl *ctl, const struct as_json *result);
void print_run_flips(struct ctl *ctl, const struct as_json *result);
void print_row_list(struct ctl *ctl, const struct as_json *result);
void print_row(struct ctl *ctl, const struct as_json *result);
void print_journal_stats(struct ctl *ctl, const struct as_json *result);
void print_journal_verified(struct ctl *ctl, const struct as_json *result);
void print_journal_pruned(struct ctl *ctl, const struct as_json *result);
void print_verdict(struct ctl *ctl, const struct as_json *result);
void print_promoted(struct ctl *ctl, const struct as_json *result);
void print_demoted(struct ctl *ctl, const struct as_json *result);
void print_dossier_written(struct ctl *ctl, const char *path, const struct as_json *sealed);
void print_dossier_verified(struct ctl *ctl, const struct as_json *result);
void print_promotions(struct ctl *ctl, const struct as_json *result);

/* What run start or run plan was told: which cases were chosen (chosen has cases and selection),
 * and what holds for the calls. Nothing where nothing was said. */
void print_settings(const struct output *out, const struct as_json *chosen,
                    const struct as_json *calls);
/* What a run is; of one without a result how far it is. True: it has one. */
bool print_run_head(const struct output *out, const struct as_json *run);
/* The gate's word on a candidate: outcome, sentence, checks with the cases that are their evidence.
 * With only_bad the checks that passed share a line; without it those that were not asked do. */
void print_gate(const struct output *out, const char *candidate, const struct as_json *verdict,
                bool only_bad);

/* An answer's overrides, which stand above all else. */
void print_overrides(const struct output *out, const struct as_json *answer);
/* An answer's warnings. */
void print_warned(const struct output *out, const struct as_json *answer);
/* The tags within which the candidate is clearly worse; nothing when there is none. */
void print_worse_tags(const struct output *out, const struct as_json *run, const char *candidate);

/* What to do about that candidate, and the word on the best of several; of a result that has them.
 */
void print_recommendation(const struct output *out, const struct as_json *result,
                          const char *candidate);
void print_best_of(const struct output *out, const struct as_json *result);

/* Does nothing without a budget (NULL). */
void print_budget(const struct output *out, const struct as_json *budget);
/* Which plugins are quarantined, and why. */
void print_troubles(const struct output *out, const struct as_json *plugins);
/* Files that were refused, and why; for plugins and evals. */
void print_refused(const struct output *out, const struct as_json *refused);
void print_inbox_list(struct ctl *ctl, const struct as_json *result);
void print_schedule_list(struct ctl *ctl, const struct as_json *result);
void print_schedule_history(struct ctl *ctl, const struct as_json *result);
void print_schedule_switch(struct ctl *ctl, const struct as_json *result);
void print_schedule_trigger(struct ctl *ctl, const struct as_json *result);
void print_history(struct ctl *ctl, const struct as_json *result);
/* How a run compares with the one that is pinned; nothing where none is. */
void print_against_reference(const struct output *out, const struct as_json *run);
void print_baseline_set(struct ctl *ctl, const struct as_json *result);
void print_baseline(struct ctl *ctl, const struct as_json *result);
void print_schedule_explain(struct ctl *ctl, const struct as_json *result);
void print_event_list(struct ctl *ctl, const struct as_json *result);
void print_event(struct ctl *ctl, const struct as_json *event);
void print_notify_list(struct ctl *ctl, const struct as_json *result);
void print_notify_test(struct ctl *ctl, const struct as_json *result);

#endif
