/* An event that changes nothing costs no commit of its own: the mark moves with the next one that
 * does, or at the end of the page. A page is one piece of work in the writer's queue, so that many
 * events do not keep the rows of running groups waiting. */
#include "daemon/notify/decide.h"

#include "daemon/notify/change.h"
#include "lib/log.h"

#include <inttypes.h>

#define DECIDE_PAGE 64

/* ---- rules ---- */

static bool is_refused(const struct notify_sources *sources, const char *eval)
{
    const struct eval_set *evals = sources->evals;
    return evals && !eval_set_find(evals, eval) && eval_set_refusal(evals, eval);
}

static const struct notify_rules *rules_of(const struct notify_sources *sources, const char *eval)
{
    if (!eval || !*eval)
        return &sources->config->notify;
    const struct eval_set *evals = is_refused(sources, eval) ? sources->good : sources->evals;
    const struct eval_def *def = evals ? eval_set_find(evals, eval) : NULL;
    return def ? &def->notify : NULL;
}

bool notify_is_unknown(const struct notify_sources *sources, const char *eval)
{
    return *eval && is_refused(sources, eval) && !rules_of(sources, eval);
}

const struct notify_rule *notify_rule_of(const struct notify_sources *sources, const char *eval,
                                         const char *rule)
{
    const struct notify_rules *rules = rules_of(sources, eval);
    return rules ? notify_rule_find(rules, rule) : NULL;
}

/* Of a recovery hears who would have heard of what it ends. */
static bool is_for(const struct notify_rule *rule, const struct event *event)
{
    return event->kind == EVENT_TEST ||
           (notify_rule_wants(rule, event->kind) && rule->on & alert_recovered_kinds(event));
}

static void match_rules(const struct notify_rules *rules, const char *eval,
                        const struct event *event, int64_t now_ms, struct as_buf *deliveries)
{
    for (size_t i = 0; rules && i < rules->count; i++) {
        const struct notify_rule *rule = &rules->rules[i];
        struct delivery delivery = {
            .event_id = event->id, .eval = eval, .rule = rule->name, .made_ms = now_ms};
        if (is_for(rule, event))
            as_buf_add(deliveries, &delivery, sizeof(delivery));
    }
}

void notify_match(const struct notify_sources *sources, const struct event *event, int64_t now_ms,
                  struct as_buf *deliveries)
{
    match_rules(&sources->config->notify, "", event, now_ms, deliveries);
    if (event->eval)
        match_rules(rules_of(sources, event->eval), event->eval, event, now_ms, deliveries);
}

/* ---- what follows from one event ---- */

struct deciding {
    struct store *store;
    const struct notify_sources *sources;
    int64_t now_ms;
    struct as_buf records, events, deliveries;
    struct as_arena arena;
};

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static struct alert_state state_of(const struct alert_record *record)
{
    enum event_kind kind;
    if (event_kind_from(record->kind, &kind))
        return (struct alert_state){.is_known = false};
    return (struct alert_state){
        .is_known = true,
        .is_bad = record->is_bad,
        .kind = kind,
        .since_ms = record->since_ms,
        .since_run = record->since_run,
        .run = record->run,
        .times = record->times,
    };
}

static void add_recovery(struct deciding *deciding, const struct event *event,
                         const struct alert_state *before)
{
    AS_CLEANUP_JSON struct as_json *detail = as_json_object();
    struct as_buf text = {0};
    const char *kind = event_kind_name(before->kind);
    as_json_set_str(detail, "of", kind);
    as_json_set_int(detail, "since_ms", before->since_ms);
    as_json_set_take(detail, "since_run",
                     before->since_run ? as_json_new_int(before->since_run) : NULL);
    as_json_set_int(detail, "times", before->times);
    as_json_write(detail, &text);
    struct event recovery = {
        .at_ms = event->at_ms,
        .kind = EVENT_RECOVERY,
        .eval = event->eval,
        .subject = event->subject,
        .run = event->run,
        .text =
            as_arena_printf(&deciding->arena, "%s is over, met %" PRId64 " time%s%s%s: %s", kind,
                            before->times, before->times == 1 ? "" : "s",
                            event->subject ? " for " : "", or_empty(event->subject), event->text),
        .detail_json = as_arena_strdup(&deciding->arena, as_buf_str(&text).ptr),
    };
    as_buf_add(&deciding->events, &recovery, sizeof(recovery));
    as_buf_done(&text);
}

/* 0, and *ret_is_told: the condition changed to what the event says. */
static int apply(struct deciding *deciding, const struct event *event,
                 const struct alert_effect *effect, bool *ret_is_told)
{
    bool has_subject = alert_condition_has_subject(effect->condition);
    struct alert_record record = {
        .eval = or_empty(event->eval),
        .subject = has_subject ? or_empty(event->subject) : "",
        .condition = alert_condition_name(effect->condition),
    };
    int rc = store_alert_get(deciding->store, &record, &deciding->arena, &record);
    if (rc && rc != AS_ENOENT)
        return rc;
    struct alert_state before = {.is_known = false};
    if (!rc)
        before = state_of(&record);
    struct alert_state state = before;
    enum alert_change change = alert_apply(&state, event, effect);
    *ret_is_told = effect->is_own && change != ALERT_SAME && !event->is_over;
    if (change == ALERT_RECOVERED)
        add_recovery(deciding, event, &before);
    if (change == ALERT_SAME && state.times == before.times)
        return 0;
    record.kind = event_kind_name(state.kind);
    record.is_bad = state.is_bad;
    record.since_ms = state.since_ms;
    record.since_run = state.since_run;
    record.run = state.run;
    record.times = state.times;
    as_buf_add(&deciding->records, &record, sizeof(record));
    return 0;
}

static int decide_event(struct deciding *deciding, const struct event *event)
{
    struct alert_effect effects[ALERT_EFFECTS_MAX];
    size_t count = alert_effects(event, effects);
    bool is_told = alert_is_told_each_time(event);
    for (size_t i = 0; i < count; i++) {
        bool is_changed = false;
        int rc = apply(deciding, event, &effects[i], &is_changed);
        if (rc)
            return rc;
        is_told = is_told || is_changed;
    }
    if (is_told)
        notify_match(deciding->sources, event, deciding->now_ms, &deciding->deliveries);
    return 0;
}

/* ---- writing it down ---- */

/* Writes what was decided of an event, if there is something, or if the mark alone is to be. */
static int commit(struct deciding *deciding, int64_t mark, bool must)
{
    struct alert_decision decision = {
        .mark = mark,
        .records = (const void *)deciding->records.ptr,
        .record_count = deciding->records.len / sizeof(struct alert_record),
        .events = (const void *)deciding->events.ptr,
        .event_count = deciding->events.len / sizeof(struct event),
        .deliveries = (const void *)deciding->deliveries.ptr,
        .delivery_count = deciding->deliveries.len / sizeof(struct delivery),
    };
    bool is_due = must || decision.record_count || decision.delivery_count;
    int rc = is_due ? store_alert_decide(deciding->store, &decision) : 0;
    as_buf_reset(&deciding->records);
    as_buf_reset(&deciding->events);
    as_buf_reset(&deciding->deliveries);
    return rc;
}

/* A recovery that is added here is decided with the next page. */
static int decide_page(struct deciding *deciding, int64_t mark, bool *ret_has_more)
{
    struct event_filter filter = {.after_id = mark};
    struct event *events = NULL;
    size_t count = 0;
    int rc = store_events_page(deciding->store, &filter, false, DECIDE_PAGE, &deciding->arena,
                               &events, &count);
    for (size_t i = 0; i < count && !rc; i++) {
        rc = decide_event(deciding, &events[i]);
        if (!rc)
            rc = commit(deciding, events[i].id, i + 1 == count);
    }
    *ret_has_more = count > 0;
    as_arena_reset(&deciding->arena);
    return rc;
}

/* What was before the first time is old news. */
static int begin(struct deciding *deciding, int64_t *ret_mark)
{
    int rc = store_alert_mark(deciding->store, ret_mark);
    if (rc != AS_ENOENT)
        return rc;
    rc = store_event_last(deciding->store, ret_mark);
    return rc ? rc : commit(deciding, *ret_mark, true);
}

int notify_decide(struct store *store, const struct notify_sources *sources, int64_t now_ms,
                  bool *ret_has_more)
{
    struct deciding deciding = {.store = store, .sources = sources, .now_ms = now_ms};
    int64_t mark = 0;
    int rc = begin(&deciding, &mark);
    if (!rc)
        rc = decide_page(&deciding, mark, ret_has_more);
    if (rc)
        as_log_err("what people are to be told of cannot be decided: %s; it is tried again",
                   store_error(store));
    as_buf_done(&deciding.records);
    as_buf_done(&deciding.events);
    as_buf_done(&deciding.deliveries);
    as_arena_done(&deciding.arena);
    return rc;
}
