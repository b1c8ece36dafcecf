/* A table: which condition a kind brings, and which it ends. A kind without a row, or without a
 * condition in it, touches none and is told each time. */
#include "daemon/notify/change.h"

#include <string.h>

struct kind_row {
    enum alert_condition own;
    bool is_good; /* it is the condition's good word */
    enum alert_condition ends[ALERT_EFFECTS_MAX - 1];
};

static const struct kind_row rows[EVENT_KIND_COUNT] = {
    [EVENT_RUN_STARTED] = {.ends = {ALERT_SCHEDULE}},
    [EVENT_RUN_ENDED] = {.ends = {ALERT_BUDGET, ALERT_RUN}},
    [EVENT_RUN_FAILED] = {ALERT_RUN},
    [EVENT_GATE_PASS] = {ALERT_GATE, .is_good = true, .ends = {ALERT_ERRORS}},
    [EVENT_GATE_FAIL] = {ALERT_GATE, .ends = {ALERT_ERRORS}},
    [EVENT_GATE_UNDECIDED] = {ALERT_GATE, .ends = {ALERT_ERRORS}},
    [EVENT_DRIFT] = {ALERT_DRIFT},
    [EVENT_NOT_COMPARABLE] = {ALERT_REFERENCE},
    [EVENT_BUDGET_STOP] = {ALERT_BUDGET},
    [EVENT_ERROR_RATE] = {ALERT_ERRORS},
    [EVENT_SCHEDULE_MISSED] = {ALERT_SCHEDULE},
    [EVENT_SCHEDULE_FAILED] = {ALERT_SCHEDULE},
    [EVENT_BASELINE_SET] = {.ends = {ALERT_REFERENCE}},
    [EVENT_CONFIG_RELOADED] = {.ends = {ALERT_CONFIG}},
    [EVENT_CONFIG_REFUSED] = {ALERT_CONFIG},
    [EVENT_PLUGIN_LIVE] = {.ends = {ALERT_PLUGIN}},
    [EVENT_PLUGIN_RETIRED] = {.ends = {ALERT_PLUGIN}},
    [EVENT_PLUGIN_REFUSED] = {ALERT_PLUGIN},
    [EVENT_PLUGIN_QUARANTINED] = {ALERT_PLUGIN},
    [EVENT_INBOX_TAKEN] = {.ends = {ALERT_INBOX, ALERT_FILES}},
    [EVENT_INBOX_REFUSED] = {ALERT_FILES},
    [EVENT_INBOX_FAILED] = {ALERT_INBOX},
};

const char *alert_condition_name(enum alert_condition condition)
{
    static const char *const names[ALERT_CONDITION_COUNT] = {
        [ALERT_NO_CONDITION] = "none", [ALERT_GATE] = "gate",
        [ALERT_DRIFT] = "drift",       [ALERT_REFERENCE] = "reference",
        [ALERT_BUDGET] = "budget",     [ALERT_ERRORS] = "error_rate",
        [ALERT_RUN] = "run",           [ALERT_SCHEDULE] = "schedule",
        [ALERT_CONFIG] = "config",     [ALERT_PLUGIN] = "plugin",
        [ALERT_INBOX] = "inbox",       [ALERT_FILES] = "inbox_files",
    };
    return names[condition];
}

bool alert_condition_has_subject(enum alert_condition condition)
{
    return condition != ALERT_BUDGET && condition != ALERT_RUN && condition != ALERT_REFERENCE;
}

/* A replay tells of another run, and one that did not come to its end of nothing. */
static bool has_come_to_its_end(const struct as_json *detail)
{
    return !strcmp(as_json_get_cstr_or(detail, "state", ""), "done") &&
           !as_json_get_int(detail, "replay_of", 0);
}

static bool has_left_none(const struct as_json *detail)
{
    return !as_json_get_int(detail, "refused", 1) && !as_json_get_int(detail, "kept_back", 1);
}

/* Some kinds end a condition only if their detail says so. */
static bool does_end(const struct event *event, enum alert_condition condition)
{
    AS_CLEANUP_JSON struct as_json *detail = NULL;
    const char *text = event->detail_json;
    if (condition == ALERT_NO_CONDITION)
        return false;
    if (event->kind != EVENT_RUN_ENDED && condition != ALERT_FILES)
        return true;
    if (!text || as_json_parse(text, strlen(text), &detail, NULL))
        return false;
    return condition == ALERT_FILES ? has_left_none(detail) : has_come_to_its_end(detail);
}

size_t alert_effects(const struct event *event, struct alert_effect effects[ALERT_EFFECTS_MAX])
{
    const struct kind_row *row = &rows[event->kind];
    size_t count = 0;
    if (row->own != ALERT_NO_CONDITION)
        effects[count++] = (struct alert_effect){row->own, true, !row->is_good && !event->is_over};
    for (size_t i = 0; i < AS_COUNT(row->ends); i++)
        if (does_end(event, row->ends[i]))
            effects[count++] = (struct alert_effect){row->ends[i], false, false};
    return count;
}

bool alert_is_told_each_time(const struct event *event)
{
    return rows[event->kind].own == ALERT_NO_CONDITION && event->kind != EVENT_TEST;
}

uint64_t alert_recovered_kinds(const struct event *event)
{
    AS_CLEANUP_JSON struct as_json *detail = NULL;
    const char *text = event->detail_json;
    enum event_kind of;
    if (event->kind != EVENT_RECOVERY || !text ||
        as_json_parse(text, strlen(text), &detail, NULL) ||
        event_kind_from(as_json_get_cstr_or(detail, "of", ""), &of))
        return UINT64_MAX;
    uint64_t kinds = 0;
    for (unsigned kind = 0; kind < EVENT_KIND_COUNT; kind++)
        if (rows[kind].own == rows[of].own)
            kinds |= UINT64_C(1) << kind;
    return kinds;
}

/* What a run brought ends with another one. */
static bool is_of_this_run(const struct alert_state *state, const struct event *event)
{
    return event->run && state->run == event->run;
}

enum alert_change alert_apply(struct alert_state *state, const struct event *event,
                              const struct alert_effect *effect)
{
    bool was_bad = state->is_known && state->is_bad;
    if (!effect->is_own && (!was_bad || is_of_this_run(state, event)))
        return ALERT_SAME;
    if (event->is_over && !was_bad)
        return ALERT_SAME;
    if (state->is_known && state->is_bad == effect->is_bad && state->kind == event->kind) {
        state->run = event->run;
        state->times++;
        return ALERT_SAME;
    }
    *state = (struct alert_state){
        .is_known = true,
        .is_bad = effect->is_bad,
        .kind = effect->is_own ? event->kind : state->kind,
        .since_ms = event->at_ms,
        .since_run = event->run,
        .run = event->run,
        .times = 1,
    };
    return was_bad && !effect->is_bad ? ALERT_RECOVERED : ALERT_CHANGED;
}
