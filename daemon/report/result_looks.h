/* Planned looks: what each of them sees and decides, and what a result says of them.
 *
 * A look compares the first cases of the group's order, all of them complete, at the interval that
 * O'Brien and Fleming leave it (stats/seq.h); the verdict of a group that a look ended is made of
 * the same cases at the same interval. A look ends the group when it decided the margin for every
 * candidate: a fail at once; a pass only when no other check of that candidate is undecided, for
 * those may still need the cases to come. Critical cases that it did not compare are run after it
 * and seen by their own check alone. Runs on a pool thread. */
#ifndef DAEMON_REPORT_RESULT_LOOKS_H
#define DAEMON_REPORT_RESULT_LOOKS_H

#include "daemon/report/result.h"
#include "daemon/store/looks.h"

/* How many cases look k (from 1) compares. */
int64_t looks_cases(const struct report_spec *spec, uint32_t look);

struct look_outcome {
    bool is_last; /* it ends the group: decided for all candidates, or the last that was planned */
    /* {look, n, candidates: [{candidate, n_pairs, critical, diff, ci, confidence, decision,
     * waits_for}]} */
    struct as_json *json; /* the caller's */
};
int looks_make(struct store *store, const struct report_spec *spec, uint32_t look,
               struct look_outcome *ret_outcome, struct as_err *err) AS_MUST_USE;

/* Sets *looks to what the looks that were made leave to be compared; nothing when none were
 * planned.
 */
int looks_scope(struct store *store, const struct report_spec *spec, struct report_looks *looks,
                struct as_err *err) AS_MUST_USE;
/* {planned, n_max, done, stopped_at, cases_left_out, calls_saved, sentence}, to be freed: of a
 * group that has ended, or how far one is. NULL and 0 when none were planned. */
int looks_tell(struct store *store, const struct report_spec *spec, bool has_ended,
               struct as_json **ret_json, struct as_err *err) AS_MUST_USE;

#endif
