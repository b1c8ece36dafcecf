/* When people are told: once for each change of a condition, not for each run that meets it. Pure.
 *
 * An event touches conditions of its eval and subject. Its own kind's condition it brings
 * (gate_fail: the gate's word is now "fail"); others it ends, for they no longer hold (a run that
 * ended, and none of its events said that the budget stopped it: so that is over). A condition that
 * comes to be, or changes its kind, is told; one that is bad and ends becomes a recovery; what
 * stays as it was is counted. Kinds without a condition are told each time. */
#ifndef DAEMON_NOTIFY_CHANGE_H
#define DAEMON_NOTIFY_CHANGE_H

#include "daemon/model/event.h"

enum alert_condition {
    ALERT_NO_CONDITION,
    ALERT_GATE,      /* "gate": of a candidate */
    ALERT_DRIFT,     /* "drift": of a model */
    ALERT_REFERENCE, /* "reference": of an eval, can its runs be compared with the pinned one? */
    ALERT_BUDGET,    /* "budget": of an eval, as is the next but one */
    ALERT_ERRORS,    /* "error_rate": of a candidate */
    ALERT_RUN,       /* "run": it can be run at all */
    ALERT_SCHEDULE,  /* "schedule" */
    ALERT_CONFIG,    /* "config" */
    ALERT_PLUGIN,    /* "plugin": of a file */
    ALERT_INBOX,     /* "inbox": it can take files in at all, of an inbox as the next one */
    ALERT_FILES,     /* "inbox_files": all of them are taken in */
    ALERT_CONDITION_COUNT
};
const char *alert_condition_name(enum alert_condition condition);
/* False: there is one of it for each eval, whatever the event's subject. */
bool alert_condition_has_subject(enum alert_condition condition);

struct alert_effect {
    enum alert_condition condition;
    bool is_own; /* the condition of the event's kind; else one that it can only end */
    bool is_bad; /* never of one that it ends */
};
#define ALERT_EFFECTS_MAX 3

/* Returns how many conditions the event touches. */
size_t alert_effects(const struct event *event, struct alert_effect effects[ALERT_EFFECTS_MAX]);
/* It has no condition of its own, so it is told whenever it happens. */
bool alert_is_told_each_time(const struct event *event);

/* What a recovery is of: a bit for each kind that speaks of the condition which has ended, whatever
 * it was called when it did. All bits of any other event. */
uint64_t alert_recovered_kinds(const struct event *event);

/* A condition as it was told last. */
struct alert_state {
    bool is_known; /* false: it was never met */
    bool is_bad;
    enum event_kind kind; /* that brought it */
    int64_t since_ms, since_run, run, times;
};

enum alert_change {
    ALERT_SAME,     /* nobody is told */
    ALERT_CHANGED,  /* the event is told */
    ALERT_RECOVERED /* a recovery is told; and the event, if it is the condition's own good word */
};
enum alert_change alert_apply(struct alert_state *state, const struct event *event,
                              const struct alert_effect *effect);

#endif
