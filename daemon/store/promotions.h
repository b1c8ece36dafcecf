/* Promotions: which model a person put in force for an eval, by the evidence of which run, and what
 * was taken back. Conventions, threads and errors are those of store.h.
 *
 * Rows are only ever added. A promotion points to the one that was in force before it, so that a
 * demotion finds its way back, however often; what is in force follows from the last row. A row
 * holds all that deploy jobs read of it, so it outlives its run. */
#ifndef DAEMON_STORE_PROMOTIONS_H
#define DAEMON_STORE_PROMOTIONS_H

#include "daemon/store/audit.h"

struct promotion {
    int64_t id;       /* in the order of writing */
    bool is_demotion; /* model and run are those that were taken back */
    const char *eval;
    const char *model; /* a member of the run */
    int64_t run;
    int64_t at_ms;
    const char *who, *why;        /* "uid 1000"; why may be NULL */
    const char *outcome;          /* the gate's word on it; NULL: it had none */
    const char *reason;           /* of an override; NULL: nothing was overridden */
    const char *differences_json; /* what was overridden, as an array of sentences; or NULL */
    const char *model_json;       /* {id, provider, params} */
    const char *baseline;         /* of the eval before it; a demotion's: since it */
    int64_t previous;             /* the promotion that was in force before it; 0 = none */
};

/* Each of the two writes its row, an entry of the audit log whose target is set to the run, the
 * eval's baseline and an event, in one transaction.
 *
 * The model becomes the baseline. Sets id and previous. */
int store_promotion_add(struct store *store, struct promotion *promotion,
                        const struct audit_entry *entry) AS_MUST_USE;
/* Takes back what is in force: eval, at_ms, who and why are given, the rest is set. The baseline is
 * again what it was. AS_ENOENT: none is in force. */
int store_promotion_demote(struct store *store, struct promotion *demotion, struct as_arena *arena,
                           const struct audit_entry *entry) AS_MUST_USE;
/* AS_ENOENT: none is in force. */
int store_promotion_in_force(struct store *store, const char *eval, struct as_arena *arena,
                             struct promotion *ret_promotion) AS_MUST_USE;
/* How many evals have one in force, by what it was put in force. */
struct promotion_counts {
    int64_t by_gate, by_override;
};
int store_promotions_count(struct store *store, struct promotion_counts *ret_counts) AS_MUST_USE;
/* The last limit rows with an id below before_id (0 = the newest), the newest first. */
int store_promotions_page(struct store *store, const char *eval, int64_t before_id, uint32_t limit,
                          struct as_arena *arena, struct promotion **ret_promotions,
                          size_t *ret_count) AS_MUST_USE;
/* Every eval that was ever promoted, by name. */
int store_promotion_evals(struct store *store, struct as_arena *arena, const char ***ret_evals,
                          size_t *ret_count) AS_MUST_USE;
/* The overrides that a report on such a run has to tell: those of the run itself, and the one that
 * was in force when it was created. The oldest first. */
int store_overrides_of_run(struct store *store, const struct group_record *group,
                           struct as_arena *arena, struct promotion **ret_promotions,
                           size_t *ret_count) AS_MUST_USE;

#endif
