/* Names of kinds, and an event as programs see it: in answers, in notices, and in what is sent to
 * people's own programs. */
#include "daemon/model/event.h"

#include <string.h>

static const char *const names[EVENT_KIND_COUNT] = {
    [EVENT_RUN_STARTED] = "run_started",
    [EVENT_RUN_ENDED] = "run_ended",
    [EVENT_RUN_FAILED] = "run_failed",
    [EVENT_GATE_PASS] = "gate_pass",
    [EVENT_GATE_FAIL] = "gate_fail",
    [EVENT_GATE_UNDECIDED] = "gate_undecided",
    [EVENT_RECOVERY] = "recovery",
    [EVENT_DRIFT] = "drift",
    [EVENT_DRIFT_CAUSE] = "drift_cause",
    [EVENT_NOT_COMPARABLE] = "not_comparable",
    [EVENT_BUDGET_STOP] = "budget_stop",
    [EVENT_ERROR_RATE] = "error_rate",
    [EVENT_SCHEDULE_MISSED] = "schedule_missed",
    [EVENT_SCHEDULE_FAILED] = "schedule_failed",
    [EVENT_BASELINE_SET] = "baseline_set",
    [EVENT_PROMOTED] = "promoted",
    [EVENT_DEMOTED] = "demoted",
    [EVENT_MODEL_ID_CHANGED] = "model_id_changed",
    [EVENT_CONFIG_RELOADED] = "config_reloaded",
    [EVENT_CONFIG_REFUSED] = "config_refused",
    [EVENT_PLUGIN_LIVE] = "plugin_live",
    [EVENT_PLUGIN_RETIRED] = "plugin_retired",
    [EVENT_PLUGIN_REFUSED] = "plugin_refused",
    [EVENT_PLUGIN_QUARANTINED] = "plugin_quarantined",
    [EVENT_INBOX_TAKEN] = "inbox_taken",
    [EVENT_INBOX_REFUSED] = "inbox_refused",
    [EVENT_INBOX_FAILED] = "inbox_failed",
    [EVENT_TEST] = "test",
};

const char *event_kind_name(enum event_kind kind)
{
    return names[kind];
}

bool event_kind_is_of_eval(enum event_kind kind)
{
    return kind < EVENT_CONFIG_RELOADED || kind > EVENT_INBOX_FAILED;
}

int event_kind_from(const char *name, enum event_kind *ret_kind)
{
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++) {
        if (strcmp(names[i], name))
            continue;
        *ret_kind = (enum event_kind)i;
        return 0;
    }
    return AS_EINVAL;
}

struct as_json *event_to_json(const struct event *event)
{
    struct as_json *json = as_json_object(), *detail = NULL;
    const char *text = event->detail_json;
    if (text && as_json_parse(text, strlen(text), &detail, NULL))
        detail = NULL;
    as_json_set_int(json, "id", event->id);
    as_json_set_int(json, "at_ms", event->at_ms);
    as_json_set_str(json, "kind", event_kind_name(event->kind));
    as_json_set_bool(json, "over", event->is_over);
    as_json_set_str(json, "eval", event->eval);
    as_json_set_str(json, "subject", event->subject);
    as_json_set_take(json, "run", event->run ? as_json_new_int(event->run) : NULL);
    as_json_set_str(json, "text", event->text);
    as_json_set_take(json, "detail", detail);
    return json;
}
