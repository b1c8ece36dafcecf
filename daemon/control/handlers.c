/* The routes, and what many handlers need. */
#include "daemon/control/handlers.h"

#include <stdio.h>

const struct control_route control_routes[] = {
    {"daemon.status", handle_daemon_status},
    {"daemon.check", handle_daemon_check},
    {"daemon.reload", handle_daemon_reload},
    {"daemon.metrics", handle_daemon_metrics},
    {"daemon.log", handle_daemon_log},
    {"daemon.limits", handle_daemon_limits},
    {"daemon.limits_set", handle_daemon_limits_set},
    {"plugin.list", handle_plugin_list},
    {"plugin.show", handle_plugin_show},
    {"plugin.versions", handle_plugin_versions},
    {"plugin.check", handle_plugin_check},
    {"plugin.test", handle_plugin_test},
    {"plugin.shadow", handle_plugin_shadow},
    {"eval.list", handle_eval_list},
    {"eval.show", handle_eval_show},
    {"dataset.import_begin", handle_dataset_import_begin},
    {"dataset.import_chunk", handle_dataset_import_chunk},
    {"dataset.import_end", handle_dataset_import_end},
    {"dataset.import_abort", handle_dataset_import_abort},
    {"dataset.from_run", handle_dataset_from_run},
    {"dataset.list", handle_dataset_list},
    {"dataset.show", handle_dataset_show},
    {"run.start", handle_run_start},
    {"run.plan", handle_run_plan},
    {"run.list", handle_run_list},
    {"run.show", handle_run_show},
    {"run.watch", handle_run_watch},
    {"run.pause", handle_run_steer},
    {"run.resume", handle_run_steer},
    {"run.cancel", handle_run_steer},
    {"run.requeue", handle_run_requeue},
    {"run.inflight", handle_run_inflight},
    {"run.why", handle_run_why},
    {"run.log", handle_run_log},
    {"run.flips", handle_run_flips},
    {"run.report", handle_run_report},
    {"run.compare", handle_run_compare},
    {"run.replay", handle_run_replay},
    {"run.replay_check", handle_run_replay_check},
    {"run.rescore", handle_run_rescore},
    {"run.scores", handle_run_scores},
    {"run.drop_scores", handle_run_drop_scores},
    {"run.rank", handle_run_rank},
    {"run.project", handle_run_project},
    {"row.list", handle_row_list},
    {"row.show", handle_row_show},
    {"row.retry", handle_row_retry},
    {"schedule.list", handle_schedule_list},
    {"schedule.history", handle_schedule_history},
    {"schedule.enable", handle_schedule_switch},
    {"schedule.disable", handle_schedule_switch},
    {"schedule.trigger", handle_schedule_trigger},
    {"event.list", handle_event_list},
    {"event.watch", handle_event_watch},
    {"run.history", handle_run_history},
    {"notify.list", handle_notify_list},
    {"notify.test", handle_notify_test},
    {"baseline.set", handle_baseline_set},
    {"baseline.show", handle_baseline_show},
    {"inbox.list", handle_inbox_list},
    {"run.dossier", handle_run_dossier},
    {"promotion.make", handle_promotion_make},
    {"promotion.list", handle_promotion_list},
    {"promotion.demote", handle_promotion_demote},
    {"journal.stats", handle_journal_stats},
    {"journal.verify", handle_journal_verify},
    {"journal.prune", handle_journal_prune},
    {"verdict.show", handle_verdict_show},
    {NULL, NULL},
};

void control_store_failed(struct store *store, struct control_query *query, int rc,
                          const char *what)
{
    query->rc = rc;
    if (rc == AS_ENOENT)
        as_err_set(&query->err, rc, "%s is not there", what);
    else
        as_err_set(&query->err, rc, "%s: %s", what, store_error(store));
}

uint32_t control_limit(const struct control_call *call)
{
    int64_t limit = as_json_get_int(call->params, "limit", CONTROL_PAGE_DEFAULT);
    return limit > CONTROL_PAGE_MAX ? CONTROL_PAGE_MAX : (uint32_t)limit;
}

void control_who(const struct control_call *call, char ret_who[CONTROL_WHO_BYTES])
{
    snprintf(ret_who, CONTROL_WHO_BYTES, "uid %u", (unsigned)call->uid);
}

void control_set_hash(struct as_json *json, const char *key, const struct as_sha256 *hash)
{
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(hash, hex);
    as_json_set_str(json, key, hex);
}

void control_set_time(struct as_json *json, const char *key, int64_t ms)
{
    as_json_set_take(json, key, ms ? as_json_new_int(ms) : NULL);
}

struct as_json *control_shown_text(struct control_query *query, struct as_str text)
{
    if (text.len <= CONTROL_TEXT_SHOWN_BYTES)
        return as_json_new_str(text);
    char *cut = as_arena_printf(&query->arena, "%.*s... (%zu bytes in all)",
                                (int)CONTROL_TEXT_SHOWN_BYTES, text.ptr, text.len);
    return as_json_new_str(as_str_from(cut));
}
