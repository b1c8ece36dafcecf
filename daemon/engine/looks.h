/* Planned looks of a live group: the feed stands at the end of each look's cases until the look is
 * made and stored; then it goes on, or the group ends. Nothing is sent beyond a look that has not
 * decided, so a stop gives up no call, and which rows there are depends on the looks alone. Private
 * to daemon/engine. */
#ifndef DAEMON_ENGINE_LOOKS_H
#define DAEMON_ENGINE_LOOKS_H

#include "daemon/engine/pins.h"
#include "daemon/engine/selection.h"

struct group;

/* How far a group's looks are: from the store, for a group that is brought back or a replay. */
struct look_progress {
    uint32_t made;
    bool is_over;  /* the last one that was made ended the group */
    int64_t cases; /* of that one */
};
int looks_load(struct store *store, int64_t group_id, const struct pins *pins,
               struct look_progress *ret_progress) AS_MUST_USE;
/* Can the eval's looks be made of these cases of the dataset? The error names its key. */
int looks_check(struct store *store, const struct eval_def *eval,
                const struct dataset_info *dataset, const struct selection *selection,
                struct as_err *err) AS_MUST_USE;

/* What a plan says of them: {planned, cases: [after so many], sentence}; NULL: none are planned. */
struct as_json *looks_plan_json(const struct pins *pins, int64_t case_count);

/* Sets the group's order, and up to where its feed may go. */
void group_looks_begin(struct group *group);
/* The feed has come there, and no row is under way: makes the look that is due, or after the last
 * one lets the critical cases be fed that it did not compare. False: nothing is left to do. */
bool group_looks_go_on(struct group *group);

#endif
