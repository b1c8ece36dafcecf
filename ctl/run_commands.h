/* The commands that take more than one call, or whose exit code is in the answer. */
#ifndef CTL_RUN_COMMANDS_H
#define CTL_RUN_COMMANDS_H

#include "ctl/command.h"

/* Each returns an exit code (0 or more), or a negative AS_E* with err set. */
int command_top(struct ctl *ctl, struct args *args, struct as_err *err);
int command_check(struct ctl *ctl, struct args *args, struct as_err *err);
int command_plugin_list(struct ctl *ctl, struct args *args, struct as_err *err);
int command_plugin_check(struct ctl *ctl, struct args *args, struct as_err *err);
int command_plugin_diff(struct ctl *ctl, struct args *args, struct as_err *err);
int command_plugin_new(struct ctl *ctl, struct args *args, struct as_err *err);
int command_plugin_test(struct ctl *ctl, struct args *args, struct as_err *err);
int command_dataset_import(struct ctl *ctl, struct args *args, struct as_err *err);
int command_run_plan(struct ctl *ctl, struct args *args, struct as_err *err);
int command_run_start(struct ctl *ctl, struct args *args, struct as_err *err);
int command_run_show(struct ctl *ctl, struct args *args, struct as_err *err);
int command_run_pause(struct ctl *ctl, struct args *args, struct as_err *err);
int command_run_watch(struct ctl *ctl, struct args *args, struct as_err *err);
int command_rescore(struct ctl *ctl, struct args *args, struct as_err *err);
int command_run_flips(struct ctl *ctl, struct args *args, struct as_err *err);
int command_report(struct ctl *ctl, struct args *args, struct as_err *err);
int command_run_compare(struct ctl *ctl, struct args *args, struct as_err *err);
int command_run_replay(struct ctl *ctl, struct args *args, struct as_err *err);
int command_schedule_explain(struct ctl *ctl, struct args *args, struct as_err *err);
int command_event_watch(struct ctl *ctl, struct args *args, struct as_err *err);
int command_notify_test(struct ctl *ctl, struct args *args, struct as_err *err);
int command_journal_verify(struct ctl *ctl, struct args *args, struct as_err *err);
int command_dossier(struct ctl *ctl, struct args *args, struct as_err *err);
int command_dossier_verify(struct ctl *ctl, struct args *args, struct as_err *err);
int command_promote(struct ctl *ctl, struct args *args, struct as_err *err);
int command_gate(struct ctl *ctl, struct args *args, struct as_err *err);

/* All pages of plugin.list as one: {plugins, refused, loading}. kind may be NULL. */
int ctl_list_plugins(struct ctl *ctl, const char *kind, struct as_json **ret_list,
                     struct as_err *err) AS_MUST_USE;

/* What `report RUN --format json` wrote, cut down to what run.compare takes as `report`. */
int ctl_read_report(const char *path, struct as_json **ret_report, struct as_err *err) AS_MUST_USE;

#endif
