/* What each eval is measured against: by whom a pin was set, when and why. Only ever added to; the
 * newest pin of each of the two meanings is in force. Conventions, threads and errors are those of
 * store.h.
 *
 * A run that is pinned is the reference of comparisons over time. A model that is pinned, or the
 * recorded answers, take the place of the baseline of the eval's file in runs that start from then
 * on. The one does not touch the other. */
#ifndef DAEMON_STORE_BASELINES_H
#define DAEMON_STORE_BASELINES_H

#include "daemon/store/store.h"

struct audit_entry;
struct event;

enum baseline_kind {
    BASELINE_RUN,      /* "run" */
    BASELINE_MODEL,    /* "model" */
    BASELINE_RECORDED, /* "recorded" */
    BASELINE_KIND_COUNT
};
const char *baseline_kind_name(enum baseline_kind kind);

struct baseline_pin {
    int64_t id; /* in the order of writing */
    const char *eval;
    enum baseline_kind kind;
    const char
        *model;  /* of the last two: a model's name, "recorded" or "recorded:NAME"; else NULL */
    int64_t run; /* of the first; else 0 */
    int64_t at_ms;
    const char *who; /* "uid 1000" */
    const char *why; /* NULL: it was not said */
};

/* One row, without a transaction of its own: it may be part of one. pin->id is not read. */
int store_baseline_set(struct store *store, const struct baseline_pin *pin,
                       int64_t *ret_id) AS_MUST_USE;
/* The same, its entry of the audit log and its event, in one transaction. */
int store_baseline_note(struct store *store, const struct baseline_pin *pin,
                        const struct audit_entry *entry, const struct event *event,
                        int64_t *ret_id) AS_MUST_USE;

/* The pins in force; AS_ENOENT: there is none. */
int store_baseline_run(struct store *store, const char *eval, struct as_arena *arena,
                       struct baseline_pin *ret_pin) AS_MUST_USE;
int store_baseline_member(struct store *store, const char *eval, struct as_arena *arena,
                          struct baseline_pin *ret_pin) AS_MUST_USE;
/* How old the run in force is. */
struct baseline_age {
    int64_t run, ended_ms;
    int64_t asked_ms; /* when the eval's newest run was made that `who` asked for; 0 = none */
};
/* AS_ENOENT: no run is pinned. */
int store_baseline_age(struct store *store, const char *eval, const char *who,
                       struct baseline_age *ret_age) AS_MUST_USE;
/* The newest first, ids below before_id (0 = from the newest). */
int store_baseline_page(struct store *store, const char *eval, int64_t before_id, uint32_t limit,
                        struct as_arena *arena, struct baseline_pin **ret_pins,
                        size_t *ret_count) AS_MUST_USE;

#endif
