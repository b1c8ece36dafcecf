/* An event: something that happened and that somebody may want to be told of. Plain data.
 *
 * Who meets it fills one in and hands it to events_emit (engine/events.h), or writes it in the
 * transaction that it belongs to (store/events.h). Strings are borrowed. The text is one sentence
 * for people, without the eval's name where eval is set; neither it nor the detail holds anything
 * that a model, a judge or a provider said. */
#ifndef DAEMON_MODEL_EVENT_H
#define DAEMON_MODEL_EVENT_H

#include "lib/err.h"
#include "lib/json.h"

enum event_kind {
    EVENT_RUN_STARTED, /* subject: the schedule that it runs for, or NULL */
    EVENT_RUN_ENDED,   /* of every run, after all other events of its end */
    EVENT_RUN_FAILED,  /* it ended without a result */
    EVENT_GATE_PASS,   /* subject: the candidate, as with the next two */
    EVENT_GATE_FAIL,
    EVENT_GATE_UNDECIDED,
    EVENT_RECOVERY,        /* what was told of before is over; the detail names its kind */
    EVENT_DRIFT,           /* subject: the model, as with the next one */
    EVENT_DRIFT_CAUSE,     /* whose a drift is, that was told before, is known now */
    EVENT_NOT_COMPARABLE,  /* the run cannot be compared with the one that is pinned */
    EVENT_BUDGET_STOP,     /* a run made no more calls */
    EVENT_ERROR_RATE,      /* the candidate's failure rate is above the gate's cap */
    EVENT_SCHEDULE_MISSED, /* subject: the schedule, as with the next one */
    EVENT_SCHEDULE_FAILED, /* its run could not be started */
    EVENT_BASELINE_SET,
    EVENT_PROMOTED, /* subject: the model, as with the next two */
    EVENT_DEMOTED,
    EVENT_MODEL_ID_CHANGED, /* the provider answers as another model than before */
    EVENT_CONFIG_RELOADED,  /* from here to EVENT_INBOX_FAILED: of no eval */
    EVENT_CONFIG_REFUSED,   /* the one before stays in force; with a subject, an eval file: it does
                               not */
    EVENT_PLUGIN_LIVE,      /* subject: the file, as with the next three */
    EVENT_PLUGIN_RETIRED,
    EVENT_PLUGIN_REFUSED,
    EVENT_PLUGIN_QUARANTINED,
    EVENT_INBOX_TAKEN,   /* subject: the inbox, by its dataset, as with the next two */
    EVENT_INBOX_REFUSED, /* files were not taken in */
    EVENT_INBOX_FAILED,  /* nothing can be taken in */
    EVENT_TEST,          /* a person tries whether notifications arrive */
    EVENT_KIND_COUNT
};

struct event {
    int64_t id;    /* in the order of writing; 0: not written yet */
    int64_t at_ms; /* wall clock; 0: now */
    enum event_kind kind;
    bool is_over;            /* what the kind tells of (drift, say) holds no longer */
    const char *eval;        /* NULL: of no eval */
    const char *subject;     /* whom or what it is about, as the kind says; NULL */
    int64_t run;             /* 0: of no run */
    const char *text;        /* for people */
    const char *detail_json; /* an object for programs; NULL: nothing more to tell */
};

typedef void (*event_emit_fn)(void *ctx, const struct event *event);

const char *event_kind_name(enum event_kind kind); /* "gate_fail" */
/* False for what is of assayd itself: configuration, plugins, inboxes. */
bool event_kind_is_of_eval(enum event_kind kind);
/* AS_EINVAL: no kind has that name. */
int event_kind_from(const char *name, enum event_kind *ret_kind) AS_MUST_USE;
/* {id, at_ms, kind, over, eval, subject, run, text, detail}: what is not there is null. */
struct as_json *event_to_json(const struct event *event);

#endif
